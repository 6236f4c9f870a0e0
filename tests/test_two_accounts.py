"""Tests of two accounts in one Home Assistant: similar email addresses, shared Echos, and separate data."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
import json
from pathlib import Path
import re
from typing import Any
from urllib.parse import parse_qs

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.account import transport
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from custom_components.alexa_media.diagnostics import async_get_config_entry_diagnostics

from .conftest import Household, quiet, set_up, state_of, until

HOUSEHOLD: dict[str, Any] = json.loads(
    (Path(alexa_sim.__file__).parent / "households" / "two_accounts.json").read_text()
)
JOHN, JACK = HOUSEHOLD["accounts"]
NAMES = {JOHN: "john", JACK: "jack"}

# Entities of each account; their entity ids are those that result if John's account is set up first.
PLAYERS = {
    "john": {
        "Hall Echo": "media_player.hall_echo",
        "Study Dot": "media_player.study_dot",
        "Bedroom Dot": "media_player.bedroom_dot",
        "Kitchen Show": "media_player.kitchen_show",
        "Everywhere": "media_player.everywhere",
    },
    "jack": {
        "Hall Echo": "media_player.hall_echo_2",
        "Workshop Studio": "media_player.workshop_studio",
        "Bedroom Dot": "media_player.bedroom_dot_2",
        "Kitchen Show": "media_player.kitchen_show_2",
        "Everywhere": "media_player.everywhere_2",
    },
}
OTHER = {"john": "jack", "jack": "john"}


def sign_out_john(sim: ControlClient) -> None:
    """Let Amazon refuse the sign-in of the account in America from now on."""
    for path in ("/auth/token", "/ap/exchangetoken/cookies"):
        sim.fault(host="*.amazon.com", path=path, status=400, body={"error": "invalid_grant"})
    for host, path in (("*.amazon.com", "/api/*"), ("api.amazonalexa.com", "*")):
        sim.fault(host=host, path=path, status=401)


@dataclass
class Pair:
    """Both accounts in Home Assistant; ``credentials`` are those in the requests of each account."""

    hass: HomeAssistant
    sim: ControlClient
    entries: dict[str, MockConfigEntry]
    credentials: dict[str, set[str]] = field(default_factory=dict)

    def senders(self) -> list[str | None]:
        """Return the account that sent each request since the last reset, according to the credentials.

        Requests with new credentials have None.
        """
        return [self.sender(request) for request in self.sim.ledger() if request["path"] != "/ping"]

    def sender(self, request: Mapping[str, Any]) -> str | None:
        """Return the account whose credentials a request contains, or None."""
        found = credentials_in([request])
        owners = [name for name, known in self.credentials.items() if not found.isdisjoint(known)]
        assert len(owners) < 2, f"{request['path']} contains credentials of both"
        return owners[0] if owners else None

    def commands(self) -> list[tuple[str | None, str]]:
        """Return the sender and the serials of each sequence since the last reset."""
        return [
            (self.sender(request), ",".join(re.findall(r'deviceSerialNumber\\*": ?\\*"(\w+)', request["body"])))
            for request in self.sim.ledger(path="/api/behaviors/preview")
        ]

    def connects(self, name: str) -> Any:
        """Return the number of streams that an account has opened."""
        return self.entries[name].runtime_data.backend.stats["stream"]["connects"]

    @contextmanager
    def changes(self) -> Iterator[dict[str, set[str]]]:
        """Collect the entity ids whose state is written, by account."""
        registry = er.async_get(self.hass)
        owners = {entry.entry_id: name for name, entry in self.entries.items()}
        by_entity = {item.entity_id: owners.get(item.config_entry_id or "") for item in registry.entities.values()}
        written: dict[str, set[str]] = {"john": set(), "jack": set()}

        @callback
        def _changed(event: Event[EventStateChangedData]) -> None:
            if (name := by_entity.get(event.data["entity_id"])) is not None:
                written[name].add(event.data["entity_id"])

        stop = self.hass.bus.async_listen(EVENT_STATE_CHANGED, _changed)
        try:
            yield written
        finally:
            stop()


def credentials_in(ledger: list[Mapping[str, Any]] | list[dict[str, Any]]) -> set[str]:
    """Return the cookies (except csrf, which is only a number), bearer and refresh tokens in requests."""
    found: set[str] = set()
    for request in ledger:
        headers = request["headers"]
        pairs = (pair.partition("=") for pair in headers.get("cookie", "").split("; ") if pair)
        found |= {value.strip('"') for name, _, value in pairs if name != "csrf"}
        if bearer := headers.get("authorization"):
            found.add(bearer.removeprefix("Bearer ").strip())
        if request["path"] in ("/auth/token", "/ap/exchangetoken/cookies"):
            found |= set(parse_qs(request["body"]).get("source_token", []))
    return found


async def until_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until an account is loaded and its push is up."""
    await until(hass, lambda: entry.state is ConfigEntryState.LOADED and entry.runtime_data.push.up)


async def until_volume(hass: HomeAssistant, entity_id: str, level: float) -> None:
    """Wait until a player has a volume (0–1)."""
    await until(hass, lambda: state_of(hass, entity_id).attributes["volume_level"] == level)


async def until_state(hass: HomeAssistant, entity_id: str, state: str) -> None:
    """Wait until an entity has a state."""
    await until(hass, lambda: state_of(hass, entity_id).state == state)


def serials(household: Household) -> dict[str, set[str]]:
    """Return the serials of each account's own devices, including apps."""
    return {customer_id: set(account["devices"]) for customer_id, account in household.accounts.items()}


def entry_of(customer_id: str, domain: str, suffix: str) -> MockConfigEntry:
    """Return the entry of an account with a registration in the household."""
    account = HOUSEHOLD["accounts"][customer_id]
    registration = next(item for item in HOUSEHOLD["registrations"] if item["account"] == customer_id)
    return MockConfigEntry(
        domain=DOMAIN,
        version=2,
        title=f"{account['email']} - {domain}",
        unique_id=customer_id,
        data={
            "url": domain,
            "email": account["email"],
            "serial": registration["serial"],
            "refresh_token": registration["refresh_token"],
            "mac_dms": registration["mac_dms"],
            "customer_id": customer_id,
            "account_id": account["directedId"],
            "id_suffix": suffix,
        },
    )


def start_cloud(sim: ControlClient, domains: Mapping[str, str]) -> None:
    """Start a cloud with both accounts, each at its marketplace."""
    accounts = {
        customer_id: account | {"marketplace": domains[NAMES[customer_id]]}
        for customer_id, account in HOUSEHOLD["accounts"].items()
    }
    sim.household(HOUSEHOLD | {"accounts": accounts}, domain="amazon.com")


@pytest.fixture
def domains() -> dict[str, str]:
    """Return the marketplaces of the accounts: one in Europe and one in America, so that their hosts differ."""
    return {"john": "amazon.com", "jack": "amazon.de"}


@pytest.fixture
async def pair(
    hass: HomeAssistant, sim: ControlClient, domains: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    """Return both accounts, loaded one after the other, with push up and no requests in flight."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    monkeypatch.setattr(transport, "RETRY_PAUSE_SECONDS", 0.02)
    start_cloud(sim, domains)
    entries = {
        "john": entry_of(JOHN, domains["john"], ""),
        "jack": entry_of(JACK, domains["jack"], "jack.doe@example.org"),
    }
    pair = Pair(hass, sim, entries)
    for name, entry in entries.items():
        sim.reset_ledger()
        entry.add_to_hass(hass)
        await set_up(hass, entry)
        await quiet(hass, sim, 0.6)
        pair.credentials[name] = credentials_in(
            [request for request in sim.ledger() if not pair.credentials or pair.sender(request) is None]
        )
    sim.reset_ledger()
    yield pair
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    "domains",
    [{"john": "amazon.com", "jack": "amazon.com"}, {"john": "amazon.co.uk", "jack": "amazon.com.au"}],
    ids=str,
)
async def test_ids_are_separate(
    hass: HomeAssistant, pair: Pair, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    """Every shared Echo has two devices; no id, device or entity belongs to both accounts."""
    unique_ids: dict[str, set[tuple[str, str]]] = {}
    for name, entry in pair.entries.items():
        items = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        unique_ids[name] = {(item.domain, item.unique_id) for item in items}
        players = {item.entity_id for item in items if item.domain == "media_player"}
        assert players == set(PLAYERS[name].values())
        assert all(state_of(hass, player).state == "idle" for player in players)
        sensor = f"binary_sensor.{name}_doe_example_org_{entry.data['url'].replace('.', '_')}_live_updates"
        assert state_of(hass, sensor).state == "on"
        devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        assert len(devices) == 6
        assert {item.device_id for item in items} == {device.id for device in devices}
        assert all(device.config_entry_id == entry.entry_id for device in devices)
    assert unique_ids["john"].isdisjoint(unique_ids["jack"])
    assert ("media_player", "G0SIM00000HALL01") in unique_ids["john"]
    assert ("media_player", "g0sim00000hall01_jack_doe_example_org") in unique_ids["jack"]


async def test_sessions_are_separate(pair: Pair, domains: dict[str, str]) -> None:
    """No request of one account contains a cookie or token of the other, or is sent to its hosts."""
    assert pair.credentials["john"].isdisjoint(pair.credentials["jack"])
    assert {"Atnr|two-john", "Atnr|two-jack"} <= pair.credentials["john"] | pair.credentials["jack"]
    for name, entry in pair.entries.items():
        pair.sim.reset_ledger()
        for coordinator in entry.runtime_data.coordinators:
            await coordinator.async_refresh()
        assert set(pair.senders()) == {name}
        foreign = domains[OTHER[name]]
        assert not [request for request in pair.sim.ledger() if request["host"].endswith(foreign)]


@pytest.mark.platforms("media_player")
async def test_sessions_are_separate_at_one_marketplace(hass: HomeAssistant, sim: ControlClient) -> None:
    """Accounts set up at the same time with the same hosts have separate cookies and devices."""
    start_cloud(sim, {"john": "amazon.com", "jack": "amazon.com"})
    entries = {"john": entry_of(JOHN, "amazon.com", ""), "jack": entry_of(JACK, "amazon.com", "jack.doe@example.org")}
    for entry in entries.values():
        entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entries["john"].entry_id)
    await hass.async_block_till_done()
    for name, entry in entries.items():
        await until_up(hass, entry)
        devices = {device.name for device in entry.runtime_data.devices.data.values()}
        assert devices == set(PLAYERS[name])
    cookies = {
        value
        for request in sim.ledger(path="/api/devices-v2/device")
        for value in re.findall(r"(?<!-)\bat-main=\"?([^\";]+)", request["headers"].get("cookie", ""))
    }
    assert len(cookies) == 2
    for entry in entries.values():
        await hass.config_entries.async_unload(entry.entry_id)


def dnd_of(player: str) -> str:
    """Return the entity id of the Do Not Disturb switch for a player."""
    echo = player.removesuffix("_2")
    return f"{echo.replace('media_player', 'switch')}_do_not_disturb{player[len(echo) :]}"


async def change_and_fence(hass: HomeAssistant, household: Household, name: str, *, volume: int, dnd: bool) -> str:
    """Change an Echo, then Do Not Disturb of another one that both accounts see, and wait until all of it is shown.

    Pushes arrive in order, so no push about the first one follows. Returns the name of the other one.
    """
    last = "Hall Echo" if name == "Kitchen Show" else "Kitchen Show"
    household.change(name, volume=volume, dnd=dnd)
    for players in PLAYERS.values():
        if name in players:
            await until_volume(hass, players[name], volume / 100)
    household.change(last, dnd=dnd)
    for players in PLAYERS.values():
        await until_state(hass, dnd_of(players[last]), "on" if dnd else "off")
    return last


VIEWERS = {
    "Study Dot": {"john"},
    "Workshop Studio": {"jack"},
    "Hall Echo": {"john", "jack"},
    "Kitchen Show": {"john", "jack"},
}
"""The accounts that see an Echo, by its name."""


@pytest.mark.platforms("media_player", "switch")
@pytest.mark.contract("accounts with look-alike addresses share signals")
async def test_a_push_reaches_every_account_that_sees_the_echo(
    hass: HomeAssistant, pair: Pair, household: Household, subtests: pytest.Subtests
) -> None:
    """A change at an Echo is written to the entities of all accounts that see the Echo, without a request."""
    for name, viewers in VIEWERS.items():
        before = household.device(name)["volume"]
        pair.sim.reset_ledger()
        with subtests.test(name):
            with pair.changes() as written:
                last = await change_and_fence(hass, household, name, volume=77, dnd=True)
            for account in ("john", "jack"):
                others = {PLAYERS[account][last], dnd_of(PLAYERS[account][last])}
                mine = {entity_id for entity_id in written[account] - others if "everywhere" not in entity_id}
                seen = PLAYERS[account].get(name) if account in viewers else None
                assert mine == ({seen, dnd_of(seen)} if seen else set())
            assert pair.senders() == []
        await change_and_fence(hass, household, name, volume=before, dnd=False)


@pytest.mark.platforms("media_player")
async def test_a_command_is_sent_by_the_account_of_the_entity(
    hass: HomeAssistant, pair: Pair, subtests: pytest.Subtests
) -> None:
    """A shared Echo receives one command, from the account of the entity; both accounts show the result.

    A call for both entities of one Echo sends two commands to it, one per account.
    """
    shared = {"Hall Echo": "G0SIM00000HALL01", "Kitchen Show": "G0SIM000KITCHEN2"}
    for number, (account, (name, serial)) in enumerate(product(("john", "jack"), shared.items())):
        pair.sim.reset_ledger()
        with subtests.test(f"{name}-{account}"):
            level = 0.61 + number / 100
            data = {"entity_id": PLAYERS[account][name], "volume_level": level}
            await hass.services.async_call("media_player", "volume_set", data, blocking=True)
            assert pair.commands() == [(account, serial)]
            for viewer in ("john", "jack"):
                await until_volume(hass, PLAYERS[viewer][name], level)
            assert pair.senders() == [account]
    pair.sim.reset_ledger()
    with subtests.test("both entities of an Echo in one call"):
        both = [PLAYERS[account]["Hall Echo"] for account in ("john", "jack")]
        data = {"entity_id": both, "text_command": "good morning"}
        await hass.services.async_call(DOMAIN, "send_text_command", data, blocking=True)
        assert sorted(str(sender) for sender, _ in pair.commands()) == ["jack", "john"]
        assert [said["device"] for said in pair.sim.spoken()] == ["Hall Echo", "Hall Echo"]


@pytest.mark.platforms("media_player")
async def test_playback_on_a_shared_echo_is_shown_for_both(hass: HomeAssistant, pair: Pair) -> None:
    """Music that one account plays on the other's Echo is shown for both; a pause by the owner stops it for both."""
    data = {
        "entity_id": PLAYERS["jack"]["Hall Echo"],
        "media_content_type": "AMAZON_MUSIC",
        "media_content_id": "harbour",
    }
    await hass.services.async_call("media_player", "play_media", data, blocking=True)
    for player in ("media_player.hall_echo", "media_player.hall_echo_2"):
        await until_state(hass, player, "playing")
        assert state_of(hass, player).attributes["media_title"]
    await hass.services.async_call(
        "media_player", "media_pause", {"entity_id": "media_player.hall_echo"}, blocking=True
    )
    for player in ("media_player.hall_echo", "media_player.hall_echo_2"):
        await until_state(hass, player, "paused")
    assert state_of(hass, "media_player.bedroom_dot").state == "idle"
    assert state_of(hass, "media_player.bedroom_dot_2").state == "idle"


@pytest.mark.platforms("media_player", "notify")
async def test_a_group_has_the_members_that_the_account_sees(
    hass: HomeAssistant, pair: Pair, subtests: pytest.Subtests
) -> None:
    """The group has the members for which the account has entities, and speaks on all of them."""
    for account, notifier in (("john", "notify.everywhere_speak"), ("jack", "notify.everywhere_speak_2")):
        pair.sim.reset_ledger()
        before = len(pair.sim.spoken())
        with subtests.test(account):
            players = PLAYERS[account]
            members = state_of(hass, players["Everywhere"]).attributes["group_members"]
            assert members == [players["Hall Echo"], players["Kitchen Show"]]
            data = {"entity_id": notifier, "message": "Hello"}
            await hass.services.async_call("notify", "send_message", data, blocking=True)
            assert {said["device"] for said in pair.sim.spoken()[before:]} == {"Hall Echo", "Kitchen Show"}
            assert [sender for sender, _ in pair.commands()] == [account]


@pytest.mark.platforms("media_player")
async def test_group_with_a_member_that_is_not_shared(hass: HomeAssistant, pair: Pair, household: Household) -> None:
    """A member that only the owner of the group sees does not exist for the other account.

    The group works without this member.
    """
    serials = [household.serial(name) for name in ("Hall Echo", "Study Dot")]
    household.change("Everywhere", clusterMembers=serials)
    for entry in pair.entries.values():
        await entry.runtime_data.devices.async_refresh()
        await entry.runtime_data.players.async_refresh()
    await hass.async_block_till_done()
    john, jack = (state_of(hass, PLAYERS[name]["Everywhere"]).attributes for name in ("john", "jack"))
    assert john["group_members"] == ["media_player.hall_echo", "media_player.study_dot"]
    assert jack["group_members"] == ["media_player.hall_echo_2"]
    data = {"entity_id": PLAYERS["jack"]["Everywhere"], "volume_level": 0.33}
    await hass.services.async_call("media_player", "volume_set", data, blocking=True)
    await until(hass, lambda: state_of(hass, "media_player.hall_echo").attributes["volume_level"] == 0.33)


@pytest.mark.platforms("sensor")
async def test_alarms_are_the_accounts_own(hass: HomeAssistant, pair: Pair) -> None:
    """An alarm that John created on a shared Echo is not shown for Jack."""
    known = {
        sensor: state_of(hass, f"sensor.{sensor}").state not in ("unknown", "unavailable")
        for sensor in (f"{echo}_next_alarm{end}" for echo in ("hall_echo", "kitchen_show") for end in ("", "_2"))
    }
    assert known == {
        "hall_echo_next_alarm": True,
        "hall_echo_next_alarm_2": False,
        "kitchen_show_next_alarm": False,
        "kitchen_show_next_alarm_2": True,
    }


@pytest.mark.platforms("media_player")
async def test_an_echo_that_is_no_longer_shared_is_removed(
    hass: HomeAssistant, pair: Pair, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Echo is only removed from the account that it is no longer shared with."""
    household.change("Kitchen Show", sharedWith=[])
    devices = pair.entries["john"].runtime_data.devices
    await devices.async_refresh()
    await hass.async_block_till_done()
    # the first list without the Echo causes a second read
    assert hass.states.get("media_player.kitchen_show")
    monkeypatch.setattr("custom_components.alexa_media.coordinator.absences.ABSENCE", 0.0)
    await devices.async_refresh()
    await until(hass, lambda: hass.states.get("media_player.kitchen_show") is None)
    assert state_of(hass, "media_player.kitchen_show_2").state == "idle"
    assert state_of(hass, "media_player.everywhere").attributes["group_members"] == ["media_player.hall_echo"]


@pytest.mark.parametrize("account", ["john", "jack"])
@pytest.mark.parametrize("action", ["reload", "remove", "disable"])
async def test_the_other_account_is_not_affected(
    hass: HomeAssistant, pair: Pair, household: Household, account: str, action: str
) -> None:
    """Changes of one account cause no request and no write for the other account, and do not affect its push."""
    other = OTHER[account]
    entry = pair.entries[account]
    connects = pair.connects(other)
    with pair.changes() as written:
        if action == "reload":
            assert await hass.config_entries.async_reload(entry.entry_id)
            await until_up(hass, entry)
        elif action == "remove":
            await hass.config_entries.async_remove(entry.entry_id)
        else:
            await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        await quiet(hass, pair.sim, 0.6)
    assert written[other] == set()
    assert written[account]
    assert other not in pair.senders()
    assert pair.entries[other].state is ConfigEntryState.LOADED
    assert pair.entries[other].runtime_data.push.up
    assert pair.connects(other) == connects
    apps = [r["serial"] for r in HOUSEHOLD["registrations"] if action != "remove" or r["account"] != entry.unique_id]
    assert {
        s for a in household.accounts.values() for s, d in a["devices"].items() if d["deviceFamily"] == "VOX"
    } == set(apps)
    household.change("Hall Echo", volume=9)
    hall = PLAYERS[other]["Hall Echo"]
    await until_volume(hass, hall, 0.09)
    await hass.services.async_call(
        "media_player", "volume_set", {"entity_id": hall, "volume_level": 0.5}, blocking=True
    )
    assert pair.commands() == [(other, "G0SIM00000HALL01")]


async def test_ids_stay_when_the_first_account_goes(
    hass: HomeAssistant, pair: Pair, entity_registry: er.EntityRegistry
) -> None:
    """The form of an account's ids never changes; Jack's ids are kept when his account is the only one left."""
    jack = pair.entries["jack"]
    before = {
        item.entity_id: item.unique_id for item in er.async_entries_for_config_entry(entity_registry, jack.entry_id)
    }
    await hass.config_entries.async_remove(pair.entries["john"].entry_id)
    assert await hass.config_entries.async_reload(jack.entry_id)
    await until_up(hass, jack)
    after = er.async_entries_for_config_entry(entity_registry, jack.entry_id)
    assert {item.entity_id: item.unique_id for item in after} == before
    assert all(state_of(hass, player).state == "idle" for player in PLAYERS["jack"].values())


@pytest.mark.parametrize("account", ["john", "jack"])
async def test_only_the_signed_out_account_asks_for_a_sign_in(hass: HomeAssistant, pair: Pair, account: str) -> None:
    """Only the user who was signed out at Amazon is asked to sign in; the other account is not affected."""
    other, entry = OTHER[account], pair.entries[account]
    connects = pair.connects(other)
    with pair.changes() as written:
        pair.sim.patch_state({"accounts": {entry.unique_id: {"devices": {entry.data["serial"]: None}}}})
        flows = await until(hass, lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN))
        assert [(f["context"]["source"], f["context"]["entry_id"]) for f in flows] == [(SOURCE_REAUTH, entry.entry_id)]
        done = await sign_in(hass, pair.sim, flows[0]["flow_id"], f"{account}.doe@example.org")
        assert done["reason"] == "reauth_successful"
        await until_up(hass, entry)
    assert written[other] == set()
    assert pair.entries[other].runtime_data.push.up
    assert pair.connects(other) == connects
    assert other not in pair.senders()
    assert state_of(hass, PLAYERS[account]["Hall Echo"]).state == "idle"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


@pytest.mark.platforms("media_player")
async def test_signing_in_with_the_account_of_the_other(
    hass: HomeAssistant, pair: Pair, household: Household, subtests: pytest.Subtests
) -> None:
    """A browser that is signed in to the other account is detected before registering, so no sign-in is lost.

    A migrated entry does not know its account yet.
    """
    for way, account in product(("reauth", "reconfigure"), ("john", "jack")):
        pair.sim.reset_ledger()
        entry = pair.entries[account]
        before = serials(household), dict(entry.data)
        with subtests.test(f"{way}-{account}"):
            if way == "reauth":
                entry.async_start_reauth(hass)
                (flow,) = await until(hass, lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN))
            else:
                flow = await entry.start_reconfigure_flow(hass)
            result = await sign_in(hass, pair.sim, flow["flow_id"], f"{OTHER[account]}.doe@example.org")
            assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "wrong_account")
            assert pair.senders() == []
            assert (serials(household), dict(entry.data)) == before
            for each in pair.entries.values():
                assert each.state is ConfigEntryState.LOADED
                assert each.runtime_data.push.up
    migrated = pair.entries["john"]
    unknown = {"customer_id": "", "account_id": None}
    hass.config_entries.async_update_entry(migrated, data={**migrated.data, **unknown})
    flow = await migrated.start_reconfigure_flow(hass)
    result = await sign_in(hass, pair.sim, flow["flow_id"], "jack.doe@example.org")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert pair.senders() == []


@pytest.mark.platforms("media_player", "switch")
@pytest.mark.contract("throttling is a traceback")
async def test_throttling_of_one_account_does_not_affect_the_other(hass: HomeAssistant, pair: Pair) -> None:
    """Reads of the throttled account pause, those of the other account continue, and commands are sent."""
    pair.sim.fault(path="/api/dnd/device-status-list", status=429, headers={"Retry-After": 600}, times=1)
    john, jack = (pair.entries[account].runtime_data for account in ("john", "jack"))
    await jack.dnd.async_refresh()
    pair.sim.reset_ledger()
    await jack.dnd.async_refresh()
    assert not jack.dnd.last_update_success
    assert pair.senders() == []
    await john.dnd.async_refresh()
    assert john.dnd.last_update_success
    assert set(pair.senders()) == {"john"}
    pair.sim.reset_ledger()
    await hass.services.async_call(
        "media_player", "volume_set", {"volume_level": 0.44, "entity_id": PLAYERS["jack"]["Hall Echo"]}, blocking=True
    )
    assert pair.commands() == [("jack", "G0SIM00000HALL01")]
    for account in ("jack", "john"):
        await until_volume(hass, PLAYERS[account]["Hall Echo"], 0.44)


@pytest.mark.platforms("binary_sensor")
async def test_one_marketplace_is_down(hass: HomeAssistant, pair: Pair) -> None:
    """While Amazon is unreachable for one account, the other account is still read."""
    pair.sim.fault(host="*.amazon.de", status=503)
    for entry in pair.entries.values():
        devices = entry.runtime_data.devices
        devices.read_at = (devices.read_at or 0.0) - 66 * 60
        await devices.async_refresh()
        await devices.async_refresh()
    await hass.async_block_till_done()
    assert not pair.entries["jack"].runtime_data.devices.last_update_success
    assert pair.entries["john"].runtime_data.devices.last_update_success
    assert state_of(hass, "binary_sensor.hall_echo_connectivity").state == "on"
    assert state_of(hass, "binary_sensor.hall_echo_connectivity_2").state == "unavailable"


@pytest.mark.contract("diagnostics hold other accounts")
async def test_diagnostics_contain_nothing_of_the_other_account(
    hass: HomeAssistant, pair: Pair, subtests: pytest.Subtests
) -> None:
    """The diagnostics also contain nothing that identifies their own account."""
    secrets = {"john.doe", "jack.doe", JOHN, JACK, "example.org", "Hall Echo", "Workshop", "Study"}
    secrets |= {serial for held in HOUSEHOLD["accounts"].values() for serial in held["devices"]}
    secrets |= {item["serial"] for item in HOUSEHOLD["registrations"]}
    for account, entry in pair.entries.items():
        with subtests.test(account):
            text = json.dumps(await async_get_config_entry_diagnostics(hass, entry))
            assert [secret for secret in secrets if secret in text] == []


async def sign_in(hass: HomeAssistant, sim: ControlClient, flow_id: str, email: str) -> Any:
    """Complete the forms of a flow, and paste the final URL of the account's browser."""
    flow: Any = await hass.config_entries.flow.async_configure(flow_id, {})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "paste"})
    landed = sim.sign_in(flow["description_placeholders"]["url"], email)
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"redirect_url": landed})
    await hass.async_block_till_done()
    return flow


async def add_account(hass: HomeAssistant, sim: ControlClient, email: str, domain: str) -> Any:
    """Add an account with the config flow."""
    flow: Any = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"marketplace": domain})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "paste"})
    landed = sim.sign_in(flow["description_placeholders"]["url"], email)
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"redirect_url": landed})
    assert flow["type"] is FlowResultType.CREATE_ENTRY, flow
    await hass.async_block_till_done()
    return flow["result"]


@pytest.mark.platforms("media_player")
async def test_both_accounts_are_set_up_by_the_config_flow(
    hass: HomeAssistant, sim: ControlClient, domains: dict[str, str], entity_registry: er.EntityRegistry
) -> None:
    """The ids of the second account contain its address; a shared Echo exists for both accounts."""
    start_cloud(sim, domains)
    entries = [await add_account(hass, sim, f"{name}.doe@example.org", domains[name]) for name in ("john", "jack")]
    assert [entry.title for entry in entries] == [
        "Alexa",
        "Alexa (Jack)",
    ]
    for entry in entries:
        await until_up(hass, entry)
    hall = {
        entity_id: item.unique_id
        for entity_id in ("media_player.hall_echo", "media_player.hall_echo_2")
        if (item := entity_registry.async_get(entity_id))
    }
    assert hall == {
        "media_player.hall_echo": "G0SIM00000HALL01",
        "media_player.hall_echo_2": "g0sim00000hall01_jack_doe_example_org",
    }
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.platforms("media_player")
async def test_similar_addresses_have_different_ids(hass: HomeAssistant, sim: ControlClient) -> None:
    """Two addresses that only differ in characters that ids omit result in different ids."""
    household = json.loads(json.dumps(HOUSEHOLD).replace('"john.doe@example.org"', '"jack_doe@example.org"'))
    sim.household(household, domain="amazon.com")
    first = MockConfigEntry(
        domain=DOMAIN, version=2, unique_id="A2SIMFIRST00000", title="x", disabled_by=ConfigEntryDisabler.USER
    )
    first.add_to_hass(hass)
    entries = [
        await add_account(hass, sim, email, "amazon.com") for email in ("jack_doe@example.org", "jack.doe@example.org")
    ]
    for entry in entries:
        await until_up(hass, entry)
    assert entries[0].data["id_suffix"] == "jack_doe@example.org"
    assert hass.states.get("media_player.hall_echo_2")
    assert {device.name for device in entries[1].runtime_data.devices.data.values()} == set(PLAYERS["jack"])
    assert len(hass.states.async_entity_ids("media_player")) == 10
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.platforms("event", "media_player")
async def test_a_command_to_a_shared_echo_triggers_once_per_targeted_account(
    hass: HomeAssistant, sim: ControlClient, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An automation for the player of one account runs once per command.

    The player of the other account is not in the target.
    """
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)
    action = {"event": "triggered", "event_data_template": {"trigger": "{{ trigger }}"}}
    automations = [
        {
            "alias": entity_id,
            "triggers": [{"trigger": "alexa_media.voice_command", "target": {"entity_id": entity_id}}],
            "actions": [action],
        }
        for entity_id in (PLAYERS["john"]["Hall Echo"], PLAYERS["jack"]["Workshop Studio"])
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    triggered = async_capture_events(hass, "triggered")
    household = Household(sim)
    for name in ("Hall Echo", "Workshop Studio"):
        sim.say(household.serial(name), f"words to {name}")
    await until(hass, lambda: len(triggered) > 1)
    await quiet(hass, sim, 0.6)
    assert sorted((event.data["trigger"]["entity_id"], event.data["trigger"]["text"]) for event in triggered) == [
        (PLAYERS["john"]["Hall Echo"], "words to Hall Echo"),
        (PLAYERS["jack"]["Workshop Studio"], "words to Workshop Studio"),
    ]


@pytest.mark.platforms("media_player")
async def test_an_echo_of_two_accounts_is_one_satellite(pair: Pair) -> None:
    """The satellite stays with the account that had it first.

    When broadcasts are turned off there, the other account gets it. A broadcast is spoken once.
    """
    hass, registry = pair.hass, er.async_get(pair.hass)
    assert await async_setup_component(hass, "homeassistant", {})

    def satellites(name: str) -> set[str]:
        items = er.async_entries_for_config_entry(registry, pair.entries[name].entry_id)
        return {item.unique_id.partition("_")[0].upper() for item in items if item.domain == "assist_satellite"}

    async def switch(name: str, *, on: bool) -> None:
        hass.config_entries.async_update_entry(pair.entries[name], options={"broadcast": on})
        await hass.config_entries.async_reload(pair.entries[name].entry_id)
        await quiet(hass, pair.sim, 0.6)

    await switch("john", on=True)
    johns = satellites("john")
    await switch("jack", on=True)
    shared = serial_set(pair, "john") & serial_set(pair, "jack")
    assert shared & johns
    assert not satellites("jack") & johns
    await switch("john", on=False)
    assert satellites("john") == set()
    assert shared & johns <= satellites("jack")


@pytest.mark.platforms("media_player")
async def test_a_disabled_account_leaves_its_satellites_to_the_other_one_until_it_is_enabled(pair: Pair) -> None:
    """A broadcast is spoken once: before one account is disabled, while it is disabled, and after it is enabled."""
    hass, registry = pair.hass, er.async_get(pair.hass)
    assert await async_setup_component(hass, "homeassistant", {})
    shared = serial_set(pair, "john") & serial_set(pair, "jack")

    def owners() -> dict[str, list[str]]:
        names = {entry.entry_id: name for name, entry in pair.entries.items()}
        found: dict[str, list[str]] = {}
        for item in registry.entities.values():
            serial = item.unique_id.partition("_")[0].upper()
            if item.domain == "assist_satellite" and item.disabled_by is None and serial in shared:
                found.setdefault(serial, []).append(names[item.config_entry_id or ""])
        return found

    for name in ("john", "jack"):
        hass.config_entries.async_update_entry(pair.entries[name], options={"broadcast": True})
        await hass.config_entries.async_reload(pair.entries[name].entry_id)
        await quiet(hass, pair.sim, 0.6)
    before = owners()
    assert before
    assert all(found == ["john"] for found in before.values())
    entry_id = pair.entries["john"].entry_id
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    await until(hass, lambda: owners() == {serial: ["jack"] for serial in before})
    await hass.config_entries.async_set_disabled_by(entry_id, None)
    await quiet(hass, pair.sim, 0.6)
    assert owners() == before


@pytest.mark.platforms("media_player")
async def test_two_accounts_that_start_together_have_one_satellite_of_an_echo(pair: Pair) -> None:
    """If neither account had the satellite before, it belongs to the first account."""
    hass, registry = pair.hass, er.async_get(pair.hass)
    assert await async_setup_component(hass, "homeassistant", {})
    for entry in pair.entries.values():
        await hass.config_entries.async_unload(entry.entry_id)
        hass.config_entries.async_update_entry(entry, options={"broadcast": True})
    await asyncio.gather(*(hass.config_entries.async_setup(entry.entry_id) for entry in pair.entries.values()))
    await quiet(hass, pair.sim, 0.6)
    owners = [
        (item.unique_id.partition("_")[0].upper(), item.config_entry_id)
        for item in registry.entities.values()
        if item.domain == "assist_satellite"
    ]
    serials = [serial for serial, _ in owners]
    assert serial_set(pair, "john") & serial_set(pair, "jack") & set(serials)
    assert len(serials) == len(set(serials))


def serial_set(pair: Pair, name: str) -> set[str]:
    """Return the serials that an account lists."""
    return set(pair.entries[name].runtime_data.devices.data)


def reminders(pair: Pair, customer_id: str, label: str) -> list[str]:
    """Return the ids of the reminders of an account in the cloud that have a label."""
    notifications = pair.sim.state()["accounts"][customer_id]["notifications"].values()
    return [item["id"] for item in notifications if item["reminderLabel"] == label]


async def test_a_reminder_for_all_devices_of_two_accounts_is_created_in_both_or_in_none(
    hass: HomeAssistant, pair: Pair, domains: dict[str, str], subtests: pytest.Subtests
) -> None:
    """The target has Echos of both accounts."""
    data = {
        "entity_id": ["media_player.study_dot", "media_player.workshop_studio"],
        "time": "18:00:00",
        "all_devices": True,
    }
    create = partial(hass.services.async_call, DOMAIN, "create_reminder", blocking=True, return_response=True)
    with subtests.test("accepted"):
        response = await create(service_data=data | {"message": "Dinner"})
        assert response is not None
        johns, jacks = (reminders(pair, customer_id, "Dinner") for customer_id in (JOHN, JACK))
        assert len(johns) == len(jacks) == 1
        assert response["ids"] == johns + jacks
    with subtests.test("one-account-fails"):
        host = f"*.{domains['jack']}"
        pair.sim.fault(path="/api/notifications/createReminder", host=host, method="PUT", status=503)
        with pytest.raises(HomeAssistantError) as raised:
            await create(service_data=data | {"message": "Supper"})
        assert raised.value.translation_key == "cannot_connect"
        assert reminders(pair, JOHN, "Supper") + reminders(pair, JACK, "Supper") == []


def alarms(pair: Pair) -> set[str]:
    """Return the ids of all alarms, timers and reminders in the cloud."""
    accounts = pair.sim.state()["accounts"].values()
    return {item["id"] for account in accounts for item in account["notifications"].values()}


@pytest.mark.platforms("media_player")
async def test_one_working_account_is_enough_for_an_alarm_on_a_shared_echo(hass: HomeAssistant, pair: Pair) -> None:
    """The target has the Echo through both accounts; the sign-in of the first one ends, then it is not loaded.

    If both work, the owner's is used, because Amazon refuses a reminder of the other one. The error names the ended
    sign-in if the other account doesn't work either, or doesn't have the Echo.
    """
    shared = {"entity_id": [PLAYERS["john"]["Kitchen Show"], PLAYERS["jack"]["Kitchen Show"]]}
    of_john = {"entity_id": [PLAYERS["john"]["Hall Echo"], PLAYERS["jack"]["Hall Echo"]]}
    act = partial(hass.services.async_call, DOMAIN, blocking=True, return_response=True)
    for target in (shared, of_john):
        await act("create_reminder", target | {"time": "07:00:00", "message": "Both accounts work"})
    sign_out_john(pair.sim)
    calls: dict[str, dict[str, Any]] = {
        "create_alarm": {"time": "07:00:00", "sound": "Timers"},
        "create_reminder": {"time": "07:00:00", "message": "Tea"},
        "create_timer": {"duration": {"minutes": 5}},
        "pause_timer": {},
        "get_alarm_sounds": {},
        "stop_alarm": {},
    }
    for is_loaded in (True, False):
        for action, data in calls.items():
            before = alarms(pair)
            response: Any = await act(action, shared | data)
            made = response["ids"] if action.startswith("create_") else []
            assert (alarms(pair) - before, len(made)) == ({*made}, action.startswith("create_"))
        if is_loaded:
            for refused in (of_john, {"entity_id": PLAYERS["john"]["Study Dot"]}):
                with pytest.raises(HomeAssistantError) as raised:
                    await act("create_reminder", refused | {"time": "07:00:00", "message": "Tea"})
                assert raised.value.translation_key == "auth_failed"
            await hass.config_entries.async_unload(pair.entries["john"].entry_id)
