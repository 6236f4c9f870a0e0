"""Tests of the backend: reads return models, and commands send requests."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
import json
from typing import Any, Never

from aiohttp import ClientSession
import pytest

from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.cloud.account.endpoints import (
    ACCOUNT,
    BEHAVIOR,
    BLUETOOTH,
    DEVICES,
    DND,
    NOTIFICATIONS,
    PLAYER_COMMAND,
    PREFERENCES,
    SESSIONS,
    SET_DND,
    VOLUMES,
)
from custom_components.alexa_media.cloud.errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.api import Capability
from custom_components.alexa_media.cloud.model.commands import Announce, PlayerCommand, SetVolume, Speak, Stop
from custom_components.alexa_media.cloud.model.devices import Account, BluetoothState, Credentials, PairedDevice, Volume

from . import captures
from .captures import APP, GROUP, KITCHEN, STUDIO
from .conftest import Amazon, answer

JO = Account(customer_id="A1EXAMPLE0JODO", email="jo@example.org", name="Jo Doe", domain="amazon.de")


def no_stream() -> Never:
    """Fail if a stream is opened; these tests need none."""
    raise AssertionError("no stream is wanted here")


@pytest.fixture
async def backend(http: ClientSession, credentials: Credentials, amazon: Amazon) -> AsyncIterator[AccountBackend]:
    """Return a connected backend of a small household, with an empty ledger."""
    amazon.script(DEVICES.path, answer(captures.DEVICES))
    amazon.script(PREFERENCES.path, answer(captures.PREFERENCES))
    amazon.script(SESSIONS.path, answer(captures.SESSIONS))
    amazon.script(VOLUMES.path, answer(captures.VOLUMES))
    backend = AccountBackend(http, credentials, client_factory=no_stream, account=JO)
    backend._session.transport.retry_pause = 0
    await backend.async_connect()
    await backend._session.async_renew_csrf(None)
    amazon.ledger.clear()
    yield backend
    await backend.async_close()


def _sequences(amazon: Amazon) -> list[dict[str, Any]]:
    """Return the sequences that the cloud received."""
    found = []
    for hit in amazon.hits(BEHAVIOR.path):
        assert (hit.json["behaviorId"], hit.json["status"]) == ("PREVIEW", "ENABLED")
        found.append(json.loads(hit.json["sequenceJson"]))
    return found


def _serials(node: Any) -> list[str]:
    """Return every serial in a sequence, in order."""
    if isinstance(node, dict):
        own = [node["deviceSerialNumber"]] if "deviceSerialNumber" in node else []
        return own + [serial for value in node.values() for serial in _serials(value)]
    return [serial for value in node for serial in _serials(value)] if isinstance(node, list) else []


async def test_the_account_is_requested_if_it_is_unknown(
    http: ClientSession, credentials: Credentials, amazon: Amazon
) -> None:
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    backend = AccountBackend(http, credentials, client_factory=no_stream)
    with pytest.raises(RuntimeError):
        _ = backend.account
    await backend.async_connect()
    assert backend.account == Account(
        customer_id="A1EXAMPLE0JODO",
        email="jo@example.org",
        name="Jo Doe",
        domain="amazon.de",
        account_id="amzn1.account.EXAMPLE",
    )
    assert backend.own_serial == APP
    assert len(amazon.ledger) == 4
    await backend.async_close()


async def test_the_backend_offers_its_families(backend: AccountBackend) -> None:
    assert backend.capabilities == ~Capability.ANNOUNCEMENTS
    assert backend.account is JO


async def test_devices_with_their_preferences(backend: AccountBackend, amazon: Amazon) -> None:
    devices = await backend.async_devices()
    assert list(devices) == [APP, KITCHEN, STUDIO, GROUP]
    assert (devices[STUDIO].locale, devices[STUDIO].time_zone) == ("de-DE", "Europe/Berlin")
    assert (devices[KITCHEN].locale, devices[KITCHEN].time_zone) == (None, None)
    assert set(amazon.paths) == {DEVICES.path, PREFERENCES.path}


async def test_the_csrf_cookie_comes_with_the_devices(
    backend: AccountBackend, http: ClientSession, amazon: Amazon
) -> None:
    """The cookie is stored for a restart.

    A page is only requested for it if the response with the devices sets none.
    """
    http.cookie_jar.clear(lambda morsel: morsel.key == "csrf")
    stored: list[str | None] = []
    backend._session.on_change = lambda: stored.append(backend._session.csrf)
    cookie = {"Set-Cookie": "csrf=77; Domain=.amazon.de; Path=/; Secure"}
    amazon.script(DEVICES.path, answer(captures.DEVICES, headers=cookie), answer(captures.DEVICES))
    await backend.async_devices()
    assert stored == ["77"]
    assert amazon.hits("/api/language") == []
    http.cookie_jar.clear(lambda morsel: morsel.key == "csrf")
    await backend.async_devices()
    await backend._session.async_renew_csrf(None)
    assert len(amazon.hits("/api/language")) == 1
    assert backend._session.csrf


async def test_preferences_that_cannot_be_read_are_kept(backend: AccountBackend, amazon: Amazon) -> None:
    await backend.async_devices()
    amazon.script(PREFERENCES.path, answer({}, 404))
    assert (await backend.async_devices())[STUDIO].locale == "de-DE"


async def test_a_failed_device_list_is_not_an_empty_list(backend: AccountBackend, amazon: Amazon) -> None:
    before = await backend.async_devices()
    for reply in (answer({}, 500), answer({"devices": []}), answer([])):
        amazon.script(DEVICES.path, reply)
        with pytest.raises((AlexaConnectionError, AlexaBadResponseError)):
            await backend.async_devices()
    assert backend._devices is before
    requests: Any = backend.stats["requests"]
    assert requests["endpoints"]["devices"]["errors"] == {"AlexaBadResponseError": 2, "AlexaConnectionError": 1}


async def test_sessions_are_requested_with_an_online_speaker_once_the_devices_are_known(
    backend: AccountBackend, amazon: Amazon
) -> None:
    (session,) = await backend.async_sessions()
    assert session.serials == (STUDIO,)
    await backend.async_devices()
    await backend.async_sessions()
    assert [hit.query for hit in amazon.hits(SESSIONS.path)] == [
        {},
        {"deviceSerialNumber": STUDIO, "deviceType": "A3RBAYBE7VM004"},
    ]


@pytest.mark.parametrize(
    ("reply", "idle"),
    [
        (answer({}, 404, {"x-amzn-ErrorType": "UnsupportedProviderException:http://x"}), True),
        (answer({}, 400, {"x-amzn-error": "QUEUE_EXPIRED"}), True),
        (answer({"message": "ExpiredPlayQueueException"}, 400), True),
        (answer([]), True),
        (answer({}, 404), False),
        (answer({}, 400), False),
    ],
)
async def test_an_idle_player_is_not_a_failure(backend: AccountBackend, amazon: Amazon, reply: Any, idle: bool) -> None:
    amazon.script(SESSIONS.path, reply)
    if idle:
        assert await backend.async_sessions() == ()
    else:
        with pytest.raises((AlexaUnsupportedError, AlexaBadResponseError)):
            await backend.async_sessions()


async def test_volumes_notifications_and_dnd_are_read(backend: AccountBackend, amazon: Amazon) -> None:
    amazon.script(NOTIFICATIONS.path, answer(captures.NOTIFICATIONS))
    amazon.script(DND.path, answer(captures.DND))
    assert await backend.async_volumes() == {STUDIO: Volume(level=35, muted=False)}
    assert len(await backend.async_notifications()) == 4
    assert await backend.async_dnd() == {STUDIO: False, KITCHEN: True}
    assert amazon.hits(NOTIFICATIONS.path)[0].query == {"cached": "true"}


async def test_dnd_is_set_when_amazon_says_so(backend: AccountBackend, amazon: Amazon) -> None:
    device = (await backend.async_devices())[STUDIO]
    amazon.script(SET_DND.path, answer({"enabled": True}))
    await backend.async_set_dnd(device, True)
    (hit,) = amazon.hits(SET_DND.path)
    assert hit.method == "PUT"
    assert hit.json == {"deviceSerialNumber": STUDIO, "deviceType": "A3RBAYBE7VM004", "enabled": True}
    with pytest.raises(AlexaCommandError) as error:
        await backend.async_set_dnd(device, False)
    assert error.value.code == "not_confirmed"


async def test_bluetooth_devices_are_read(backend: AccountBackend, amazon: Amazon) -> None:
    amazon.script(
        BLUETOOTH.path,
        answer(
            {
                "bluetoothStates": [
                    {"deviceSerialNumber": STUDIO, "pairedDeviceList": [{"address": "00:53:10:00:00:01"}]}
                ]
            }
        ),
    )
    states = await backend.async_bluetooth()
    paired = PairedDevice(address="00:53:10:00:00:01", name="00:53:10:00:00:01", connected=False)
    assert states == {STUDIO: BluetoothState(paired=(paired,))}
    assert amazon.hits(BLUETOOTH.path)[0].query == {"cached": "false"}
    device = (await backend.async_devices())[STUDIO]
    connect = f"/api/bluetooth/pair-sink/A3RBAYBE7VM004/{STUDIO}"
    disconnect = f"/api/bluetooth/disconnect-sink/A3RBAYBE7VM004/{STUDIO}"
    amazon.script(connect, answer())
    amazon.script(disconnect, answer())
    await backend.async_connect_bluetooth(device, "00:53:10:00:00:01")
    await backend.async_disconnect_bluetooth(device)
    (hit,) = amazon.hits(connect)
    assert (hit.method, hit.json) == ("POST", {"bluetoothDeviceAddress": "00:53:10:00:00:01"})
    assert [hit.method for hit in amazon.hits(disconnect)] == ["POST"]
    amazon.script(connect, answer({"message": "not paired"}, 400))
    with pytest.raises(AlexaCommandError):
        await backend.async_connect_bluetooth(device, "00:53:10:00:00:09")


async def test_a_player_command_is_sent(backend: AccountBackend, amazon: Amazon) -> None:
    device = (await backend.async_devices())[STUDIO]
    amazon.script(PLAYER_COMMAND.path, answer())
    await backend.async_player_command(
        PlayerCommand(type="SeekCommand", fields={"mediaPosition": 73, "contentFocusClientId": None}), device
    )
    (hit,) = amazon.hits(PLAYER_COMMAND.path)
    assert hit.query == {"deviceSerialNumber": STUDIO, "deviceType": "A3RBAYBE7VM004"}
    assert hit.json == {"type": "SeekCommand", "mediaPosition": 73, "contentFocusClientId": None}


@pytest.mark.parametrize(
    "command",
    [Speak(text="Dinner"), Announce(text="Dinner"), SetVolume(level=40)],
    ids=["speak", "announce", "set the volume"],
)
async def test_speech_and_volume_are_sent_once_to_each_member_of_a_group(
    backend: AccountBackend, amazon: Amazon, command: Speak | Announce | SetVolume
) -> None:
    devices = await backend.async_devices()
    amazon.script(BEHAVIOR.path, answer())
    await backend.async_execute(command, [devices[GROUP], devices[KITCHEN], devices[GROUP]])
    (sequence,) = _sequences(amazon)
    assert sequence["@type"] == "com.amazon.alexa.behaviors.model.Sequence"
    counts = Counter(_serials(sequence))
    assert counts[KITCHEN] == counts[STUDIO] == counts.total() / 2


async def test_other_commands_are_sent_to_the_group_itself(backend: AccountBackend, amazon: Amazon) -> None:
    devices = await backend.async_devices()
    amazon.script(BEHAVIOR.path, answer())
    await backend.async_execute(Stop(), [devices[GROUP]])
    (sequence,) = _sequences(amazon)
    assert set(_serials(sequence)) == {GROUP}


async def test_a_group_without_known_members_speaks_itself(backend: AccountBackend, amazon: Amazon) -> None:
    group = (await backend.async_devices())[GROUP]
    backend._devices = {}
    amazon.script(BEHAVIOR.path, answer())
    await backend.async_execute(Speak(text="Dinner"), [group])
    (sequence,) = _sequences(amazon)
    assert set(_serials(sequence)) == {GROUP}


async def test_ten_texts_at_once_are_one_request(backend: AccountBackend, amazon: Amazon) -> None:
    answer_with = captures.DEVICES | {
        "devices": [captures.device(f"G000BB00000000{n:02}", f"Echo {n}", "ECHO", "A3") for n in range(10)]
    }
    amazon.script(DEVICES.path, answer(answer_with))
    amazon.script(BEHAVIOR.path, answer())
    devices = await backend.async_devices()
    await asyncio.gather(*(backend.async_execute(Speak(text=f"This is {d.name}"), [d]) for d in devices.values()))
    (sequence,) = _sequences(amazon)
    assert set(_serials(sequence)) == set(devices)


async def test_a_refused_command_reaches_its_caller(backend: AccountBackend, amazon: Amazon) -> None:
    devices = await backend.async_devices()
    amazon.script(BEHAVIOR.path, answer({"message": "Invalid customerId"}, 400))
    with pytest.raises(AlexaCommandError) as error:
        await backend.async_execute(Stop(), [devices[STUDIO]])
    assert error.value.placeholders == {"reason": "Invalid customerId"}
    assert error.value.details == "POST /api/behaviors/preview: Invalid customerId"


async def test_fewer_requests_are_concurrent_after_setup(backend: AccountBackend) -> None:
    backend.setup_done()
    assert backend._session.transport._slots._limit == 2


async def test_diagnostics_are_json_without_private_data(backend: AccountBackend) -> None:
    await backend.async_devices()
    shown = json.dumps(backend.stats)
    for private in (STUDIO, APP, "jo@example.org", "Atna|", "Atnr|", "A1EXAMPLE0JODO"):
        assert private not in shown


async def test_deregistration_is_one_request(backend: AccountBackend, amazon: Amazon) -> None:
    amazon.script("/auth/deregister", answer({}))
    await backend.async_deregister()
    assert len(amazon.hits("/auth/deregister")) == 1
