"""Tests of the account client with the simulated cloud, from sign-in to deregistration."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
import ssl

from aiohttp import ClientSession, DummyCookieJar
import httpx
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.cloud.account.enrollment import Enrollment
from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaConnectionError,
    AlexaUnsupportedError,
    EnrollmentError,
)
from custom_components.alexa_media.cloud.model.commands import PlayerCommand, SetVolume, Speak
from custom_components.alexa_media.cloud.model.devices import Credentials, Device, PlayerState
from custom_components.alexa_media.cloud.model.events import DndChanged, PushEvent, StreamOpened, VolumeChanged
from custom_components.alexa_media.cloud.model.settings import Setting, SettingSource

DEMO = Credentials(domain="amazon.com", serial="D0E1F2A3B4C5D6E7F8091A2B3C4D5E6F", refresh_token="Atnr|demo-jo")


@pytest.fixture
async def http(sim: ControlClient) -> AsyncIterator[ClientSession]:
    """Return a plain aiohttp session for which Amazon is the simulation."""
    async with ClientSession() as session:
        yield session


def create_client() -> httpx.AsyncClient:
    """Return an HTTP client for one stream."""
    return httpx.AsyncClient(http2=True, verify=ssl.create_default_context())


@pytest.fixture
async def backend(http: ClientSession) -> AsyncIterator[AccountBackend]:
    """Return a backend with a stored sign-in."""
    backend = AccountBackend(http, DEMO, client_factory=create_client)
    await backend.async_connect()
    yield backend
    await backend.async_close()


async def _named(backend: AccountBackend, name: str) -> Device:
    devices = await backend.async_devices()
    return next(device for device in devices.values() if device.name == name)


async def _until(events: AsyncGenerator[PushEvent], wanted: Callable[[PushEvent], bool]) -> PushEvent:
    """Read events until one matches."""
    async with asyncio.timeout(20):
        async for event in events:
            if wanted(event):
                return event
    raise AssertionError("the events ended")


@pytest.mark.parametrize("marketplace", ["amazon.com", "amazon.de"])
async def test_from_the_sign_in_to_the_removal(sim: ControlClient, http: ClientSession, marketplace: str) -> None:
    sim.household("demo", domain=marketplace)
    enrollment = Enrollment(marketplace)
    code = enrollment.code_from(sim.sign_in(enrollment.url))
    credentials = await enrollment.async_register(http, code)
    with pytest.raises(EnrollmentError) as error:
        await enrollment.async_register(http, code)
    assert error.value.key == "code_refused"
    backend = AccountBackend(http, credentials, client_factory=create_client)
    await backend.async_connect()
    assert backend.account.email == "jo@example.org"
    assert backend.account.domain == marketplace
    assert backend.own_serial in await backend.async_devices()
    await backend.async_deregister()
    http.cookie_jar.clear()
    later = AccountBackend(http, credentials, client_factory=create_client)
    with pytest.raises(AlexaAuthError):
        await later.async_connect()
    for one in (backend, later):
        await one.async_close()


async def test_every_read_succeeds(sim: ControlClient, backend: AccountBackend) -> None:
    sim.reset_ledger()
    devices = await backend.async_devices()
    names = {device.name for device in devices.values()}
    assert {"Kitchen Show", "Living Room Studio", "Downstairs"} <= names
    group = next(device for device in devices.values() if device.is_group)
    assert {devices[member].name for member in group.members} == {"Kitchen Show", "Living Room Studio"}
    assert all(devices[member].parents == (group.serial,) for member in group.members)
    assert await backend.async_volumes()
    assert isinstance(await backend.async_sessions(), tuple)
    assert {notification.type for notification in (await backend.async_notifications()).values()} >= {"Alarm", "Timer"}
    assert set((await backend.async_dnd()).values()) <= {True, False}
    assert {entry["status"] for entry in sim.ledger()} == {200}
    assert len(sim.ledger()) == 6


async def test_commands_have_their_effects(sim: ControlClient, backend: AccountBackend) -> None:
    studio = await _named(backend, "Living Room Studio")
    await backend.async_execute(Speak(text="Dinner is ready"), [studio])
    spoken = sim.spoken()
    assert [(entry["serial"], entry["text"]) for entry in spoken] == [(studio.serial, "Dinner is ready")]
    await backend.async_execute(SetVolume(level=23), [await _named(backend, "Downstairs")])
    volumes = await backend.async_volumes()
    assert volumes[studio.serial].level == 23
    for enabled in (True, False):
        await backend.async_set_dnd(studio, enabled)
        assert (await backend.async_dnd())[studio.serial] is enabled


async def test_pushes_arrive_as_events_and_a_player_runs_commands(sim: ControlClient, backend: AccountBackend) -> None:
    studio = await _named(backend, "Living Room Studio")
    events = backend.events()
    opened = await _until(events, lambda event: isinstance(event, StreamOpened))
    assert isinstance(opened, StreamOpened)
    assert opened.resync
    await backend.async_execute(SetVolume(level=61), [studio])
    volume = await _until(events, lambda event: isinstance(event, VolumeChanged) and event.serial == studio.serial)
    assert isinstance(volume, VolumeChanged)
    assert volume.volume.level == 61
    await backend.async_set_dnd(studio, True)
    await _until(events, lambda event: event == DndChanged(serial=studio.serial, enabled=True))
    playing = [session for session in await backend.async_sessions() if session.state is PlayerState.PLAYING]
    if playing:
        device = (await backend.async_devices())[playing[0].serials[0]]
        await backend.async_player_command(PlayerCommand(type="PauseCommand", fields={}), device)
        states = {s.state for s in await backend.async_sessions() if device.serial in s.serials}
        assert PlayerState.PLAYING not in states
    await events.aclose()


async def test_expired_tokens_and_cookies_are_renewed_on_the_way(sim: ControlClient, backend: AccountBackend) -> None:
    sim.fault(expire_tokens=True)
    sim.reset_ledger()
    assert await backend.async_devices()
    assert [entry["path"] for entry in sim.ledger()].count("/ap/exchangetoken/cookies") == 1
    assert len(sim.ledger(path="/auth/register")) == 0


async def test_a_revoked_grant_ends_the_session_once(sim: ControlClient, backend: AccountBackend) -> None:
    sim.fault(revoke=True)
    sim.reset_ledger()
    for _ in range(3):
        with pytest.raises(AlexaAuthError):
            await backend.async_devices()
    assert len(sim.ledger(path="/auth/token")) == 1


async def test_a_session_without_cookies_cannot_be_mistaken_for_a_dead_grant(sim: ControlClient) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        backend = AccountBackend(session, DEMO, client_factory=create_client)
        with pytest.raises(AlexaConnectionError) as error:
            await backend.async_connect()
        assert error.value.status == 401
        await backend.async_close()


async def test_communications_are_known_by_the_cookies_of_the_marketplace(
    http: ClientSession, sim: ControlClient
) -> None:
    """The host for all marketplaces accepts an account of amazon.de.

    After a restart, requests to this host need the token as well as cookies.
    """
    sim.household("demo", domain="amazon.de")
    account_id = "amzn1.account.SIMJODOE00000000000000000000"
    credentials = replace(DEMO, domain="amazon.de", account_id=account_id)
    backend = AccountBackend(http, credentials, client_factory=create_client)
    await backend.async_connect()
    try:
        office = await _named(backend, "Office Spot")
        values = await backend.settings.async_for_account(SettingSource.COMMUNICATIONS)
        assert values[office.serial] == {Setting.COMMUNICATIONS: True, Setting.DROP_IN: "Home"}
        await backend.settings.async_set(office, Setting.DROP_IN, "Off", {})
        values = await backend.settings.async_for_account(SettingSource.COMMUNICATIONS)
        assert values[office.serial][Setting.DROP_IN] == "Off"
        assert [r["path"].rpartition("/")[2] for r in sim.ledger(path="/users/*")] == ["identities"], (
            "the id is requested once"
        )
        nobody = AccountBackend(http, replace(credentials, account_id=None), client_factory=create_client)
        with pytest.raises(AlexaUnsupportedError):
            await nobody.settings.async_for_account(SettingSource.COMMUNICATIONS)
        await nobody.async_close()
        await backend.settings.async_restart(office)
        assert not (await _named(backend, "Office Spot")).online
    finally:
        await backend.async_close()
