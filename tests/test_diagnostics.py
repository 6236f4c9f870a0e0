"""Tests of diagnostics: they contain useful data, but nothing that identifies the household."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any, cast

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.alexa_media.cloud.errors import AlexaConnectionError
from custom_components.alexa_media.cloud.json import Drift
from custom_components.alexa_media.cloud.model.api import AlexaBackend, Capability
from custom_components.alexa_media.cloud.model.devices import (
    Account,
    Device,
    DeviceFamily,
    Media,
    Notification,
    NotificationStatus,
    NotificationType,
    Player,
    PlayerState,
    Repeat,
    Session,
    Volume,
)
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.runtime import AlexaRuntimeData
from custom_components.alexa_media.entity import account_device_info, player_unique_id

SECRETS = {
    "email": "robin.planted@example.org",
    "name": "Robin Planted",
    "serial": "PLANTEDAPP0000000000000000000001",
    "refresh_token": "Atnr|planted-refresh",
    "adp_token": "{enc:planted-adp}",
    "private_key": "planted-private-key",
    "customer_id": "A0PLANTEDCUSTOMER",
    "account_id": "amzn1.account.PLANTED",
    "password": "planted horse",
    "otp_secret": "PLANTED OTP SECRET",
    "cookie": "at-main=planted-cookie",
    "kitchen": "G0PLANTEDKITCHEN",
    "kitchen_name": "Planted Kitchen",
    "den": "G0PLANTEDDEN0001",
    "den_name": "Planted Den",
    "group": "planted-group-serial",
    "group_name": "Planted Everywhere",
    "title": "Planted Song",
    "artist": "Planted Artist",
    "album": "Planted Album",
    "art": "https://art.example.org/planted.jpg",
    "media_id": "planted-media-id",
    "queue_id": "planted-queue-id",
    "session_id": "planted-session-id",
    "label": "Planted reminder label",
    "notification_id": "planted-notification-id",
    "time_zone": "Europe/Planted",
    "excluded": "Planted Attic",
}


@dataclass
class QuietBackend:
    """The parts of a backend that diagnostics use."""

    capabilities: Capability = Capability.PLAYERS | Capability.NOTIFICATIONS | Capability.DND
    management: None = None
    intervals: Mapping[str, Any] = field(default_factory=dict)
    account: Account = field(
        default_factory=lambda: Account(
            customer_id=SECRETS["customer_id"], email=SECRETS["email"], name=SECRETS["name"], domain="amazon.com"
        )
    )
    alarms: None = None
    lists: None = None
    settings: None = None
    media: None = None
    smart_home: None = None
    own_serial: str = SECRETS["serial"]
    routines: None = None
    kids: None = None
    history: None = None
    drift: Drift = field(default_factory=Drift)
    stats: dict[str, Any] = field(
        default_factory=lambda: {
            "requests": {"GET /api/np/player": {"count": 4, "errors": Counter({"429": 1})}},
            "last": f"https://alexa.amazon.com/api/np/player?deviceSerialNumber={SECRETS['kitchen']}",
        }
    )

    def watch(self, topic: str, watched: Callable[[], frozenset[str]]) -> None:
        """Do nothing, because everything is read."""


def a_device(serial: str, name: str, **values: Any) -> Device:
    """Return a device with a value in every field."""
    known: dict[str, Any] = {
        "device_type": "A1EIANJ7PNB0Q7",
        "family": DeviceFamily.ECHO,
        "family_raw": "ECHO",
        "online": True,
        "owner_customer_id": SECRETS["customer_id"],
        "account_id": SECRETS["account_id"],
        "capabilities": frozenset({"AUDIO_PLAYER", "REMINDERS"}),
        "software_version": "24394849412",
        "locale": "en-US",
        "time_zone": SECRETS["time_zone"],
    }
    return Device(serial=serial, name=name, **known | values)


def a_notification(kind: str, status: str, **values: Any) -> Notification:
    """Return a notification with the JSON object that Amazon sent."""
    return Notification(
        notification_id=SECRETS["notification_id"],
        serial=SECRETS["kitchen"],
        device_type="A1EIANJ7PNB0Q7",
        type=NotificationType(kind),
        status=NotificationStatus(status),
        label=SECRETS["label"],
        raw={
            "type": kind,
            "status": status,
            "reminderLabel": SECRETS["label"],
            "deviceSerialNumber": SECRETS["kitchen"],
        },
        **values,
    )


@pytest.fixture(params=["", SECRETS["email"]], ids=["bare", "suffixed"])
def planted(request: pytest.FixtureRequest) -> MockConfigEntry:
    """Return an entry with secrets in every field."""
    return MockConfigEntry(
        domain=DOMAIN,
        version=2,
        title=f"{SECRETS['email']} - amazon.com",
        unique_id=SECRETS["customer_id"],
        data={
            "url": "amazon.com",
            "email": SECRETS["email"],
            "serial": SECRETS["serial"],
            "refresh_token": SECRETS["refresh_token"],
            "mac_dms": {"adp_token": SECRETS["adp_token"], "device_private_key": SECRETS["private_key"]},
            "customer_id": SECRETS["customer_id"],
            "account_id": SECRETS["account_id"],
            "id_suffix": request.param,
            "password": SECRETS["password"],
            "otp_secret": SECRETS["otp_secret"],
            "oauth": {"cookies": [SECRETS["cookie"]]},
            "scan_interval": 60,
            "queue_delay": 1.5,
        },
        options={"exclude_devices": SECRETS["excluded"], "scan_interval": 120},
    )


def sessions() -> tuple[Session, Session]:
    """Return the session of the kitchen, which plays, and that of the den, whose state is unknown."""
    media = Media(
        media_id=SECRETS["media_id"],
        queue_id=SECRETS["queue_id"],
        title=SECRETS["title"],
        artist=SECRETS["artist"],
        album=SECRETS["album"],
        art_url=SECRETS["art"],
        provider="SPOTIFY",
    )
    playing = Session(
        serials=(SECRETS["kitchen"],),
        state=PlayerState.PLAYING,
        state_raw="PLAYING",
        media=media,
        controls=frozenset({"previous", "next"}),
        shuffle=True,
        repeat=Repeat.OFF,
        session_id=SECRETS["session_id"],
    )
    unknown = Session(serials=(SECRETS["den"],), state=PlayerState.UNKNOWN, state_raw="BREWING", media=media)
    return playing, unknown


@pytest.fixture
def entry(hass: HomeAssistant, planted: MockConfigEntry) -> Iterator[MockConfigEntry]:
    """Return the entry in the loaded state, with data in every coordinator."""
    planted.add_to_hass(hass)
    planted.mock_state(hass, ConfigEntryState.LOADED)
    hass.config.components.add(DOMAIN)
    kitchen, den, group = SECRETS["kitchen"], SECRETS["den"], SECRETS["group"]
    runtime = AlexaRuntimeData.create(hass, planted, cast("AlexaBackend", QuietBackend()))
    planted.runtime_data = runtime
    runtime.devices.data = {
        kitchen: a_device(kitchen, SECRETS["kitchen_name"], parents=(group,)),
        den: a_device(den, SECRETS["den_name"], family=DeviceFamily.UNKNOWN, family_raw="TOASTER", online=False),
        group: a_device(
            group, SECRETS["group_name"], family=DeviceFamily.WHA, family_raw="WHA", members=(kitchen, den)
        ),
    }
    assert runtime.players
    assert runtime.notifications
    assert runtime.dnd
    playing, unknown = sessions()
    runtime.players.data = {
        kitchen: Player(volume=Volume(level=30, muted=False), session=playing),
        den: Player(session=unknown),
        group: Player(),
    }
    runtime.notifications.data = {
        kitchen: (
            a_notification("Alarm", "ON", pattern="P1D", alarm_time=datetime(2026, 11, 22, 7, tzinfo=UTC)),
            a_notification("Teapot", "STEAMING"),
        )
    }
    runtime.dnd.data = {kitchen: True}
    failed = UpdateFailed(SECRETS["kitchen"])
    failed.__cause__ = AlexaConnectionError(SECRETS["email"], endpoint="GET /api/notifications")
    runtime.notifications.last_update_success = False
    runtime.notifications.last_exception = failed
    runtime.push.up = True
    runtime.push.received.update(["VolumeChanged", "VolumeChanged", "DirectiveUnknown"])
    runtime.push.unknown.update(["PUSH_TEAPOT", f"PUSH_{SECRETS['kitchen']}"])
    yield planted
    planted.mock_state(hass, ConfigEntryState.NOT_LOADED)


def assert_nothing_planted(diagnostics: object) -> None:
    """Fail if the diagnostics contain a secret."""
    text = json.dumps(diagnostics, ensure_ascii=False).casefold()
    assert {name for name, secret in SECRETS.items() if secret.casefold() in text} == set()
    assert "planted" not in text


@pytest.mark.contract("diagnostics")
async def test_diagnostics_of_an_account_hide_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert_nothing_planted(diagnostics)
    stored = diagnostics["entry"]
    assert stored["id_form"] == ("with the account" if entry.data["id_suffix"] else "bare")
    assert (stored["version"], stored["state"]) == (2, "loaded")
    assert stored["unique_id"] == "**REDACTED**"
    assert stored["data"]["url"] == "amazon.com"
    assert stored["data"]["scan_interval"] == 60
    assert stored["data"]["refresh_token"] == "**REDACTED**"
    assert stored["options"] == {"exclude_devices": "**REDACTED**", "scan_interval": 120}
    assert diagnostics["backend"]["capabilities"] == "Capability.PLAYERS|NOTIFICATIONS|DND"
    assert diagnostics["backend"]["stats"]["requests"] == {"GET /api/np/player": {"count": 4, "errors": {"429": 1}}}
    assert diagnostics["push"] == {
        "up": True,
        "received": {"VolumeChanged": 2, "DirectiveUnknown": 1},
        "unknown": {"PUSH_TEAPOT": 1, "PUSH_**REDACTED**": 1},
        "failed": {},
    }


@pytest.mark.contract("diagnostics")
async def test_diagnostics_of_an_account_describe_its_topics_and_devices(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    by_topic = {item["topic"]: item for item in diagnostics["coordinators"]}
    assert set(by_topic) == {"devices", "players", "notifications", "dnd"}
    assert by_topic["devices"] == {
        "topic": "devices",
        "last_update_success": True,
        "last_exception": None,
        "last_exception_cause": None,
        "interval": 600.0,
        "keys": 3,
    }
    assert by_topic["notifications"]["last_update_success"] is False
    assert by_topic["notifications"]["last_exception"] == "UpdateFailed"
    assert by_topic["notifications"]["last_exception_cause"] == "AlexaConnectionError"
    assert diagnostics["players"] == {
        "states": {"PLAYING": 1, "UNKNOWN": 1, "IDLE": 1},
        "unknown_states": {"BREWING": 1},
    }
    assert diagnostics["notifications"] == {
        "types": {"Alarm": 1, "Teapot": 1},
        "statuses": {"ON": 1, "STEAMING": 1},
        "recurring": 1,
    }
    assert sorted(diagnostics["devices"]) == ["device 1", "device 2", "device 3"]
    families = {device["family"]: device for device in diagnostics["devices"].values()}
    assert families["ECHO"]["capabilities"] == ["AUDIO_PLAYER", "REMINDERS"]
    assert families["ECHO"]["parents"] == 1
    assert families["ECHO"]["family_raw"] is None
    assert families["UNKNOWN"]["family_raw"] == "TOASTER"
    assert families["UNKNOWN"]["online"] is False
    assert families["WHA"]["members"] == 2


async def test_short_secrets_are_redacted_as_whole_words(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    """They are parts of many words that the diagnostics need, such as "on" in "connected"."""
    hass.config_entries.async_update_entry(entry, title="on")
    entry.runtime_data.push.unknown.update(["PUSH.on.off", "on", "connection"])
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    unknown = set(diagnostics["push"]["unknown"]) - {"PUSH_TEAPOT", "PUSH_**REDACTED**"}
    assert unknown == {"PUSH.**REDACTED**.off", "**REDACTED**", "connection"}
    assert "version" in diagnostics["entry"]


async def test_diagnostics_of_a_minimal_backend_are_complete(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    runtime = entry.runtime_data
    runtime.players = runtime.notifications = runtime.dnd = None
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert [item["topic"] for item in diagnostics["coordinators"]] == ["devices"]
    assert diagnostics["players"] == {"states": {}, "unknown_states": {}}
    assert diagnostics["notifications"] == {"types": {}, "statuses": {}, "recurring": 0}
    diagnostics = await get_diagnostics_for_device(hass, hass_client, entry, echo(hass, entry, SECRETS["den"]))
    assert (diagnostics["player"], diagnostics["dnd"]) == (None, None)


async def test_diagnostics_of_an_account_that_is_not_loaded(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    entry.mock_state(hass, ConfigEntryState.SETUP_RETRY)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert_nothing_planted(diagnostics)
    assert set(diagnostics) == {"entry"}
    assert diagnostics["entry"]["state"] == "setup_retry"
    device = echo(hass, entry, SECRETS["kitchen"])
    assert await get_diagnostics_for_device(hass, hass_client, entry, device) == diagnostics


def echo(hass: HomeAssistant, entry: MockConfigEntry, serial: str) -> dr.DeviceEntry:
    """Return the registered device of an Echo."""
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, player_unique_id(entry, serial))},
        name=SECRETS["kitchen_name"],
        serial_number=serial,
    )


@pytest.mark.contract("diagnostics")
async def test_diagnostics_of_a_device_hide_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    device = echo(hass, entry, SECRETS["kitchen"])
    diagnostics: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert_nothing_planted(diagnostics)
    assert diagnostics["number"] == "device 2"
    assert diagnostics["device"]["type"] == "A1EIANJ7PNB0Q7"
    assert diagnostics["device"]["time_zone_known"] is True
    assert diagnostics["player"] == {
        "state": "PLAYING",
        "state_raw": None,
        "provider": "SPOTIFY",
        "controls": ["next", "previous"],
        "shuffle": True,
        "repeat": "off",
        "played_on": 1,
        "volume_known": True,
    }
    assert diagnostics["dnd"] is True
    assert diagnostics["notifications"]["types"] == {"Alarm": 1, "Teapot": 1}


async def test_diagnostics_of_an_idle_device_are_complete(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    device = echo(hass, entry, SECRETS["group"])
    diagnostics: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert_nothing_planted(diagnostics)
    assert diagnostics["player"]["state"] == "IDLE"
    assert diagnostics["player"]["volume_known"] is False
    assert diagnostics["dnd"] is None


async def test_diagnostics_of_a_device_in_an_unknown_state(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    diagnostics: Any = await get_diagnostics_for_device(hass, hass_client, entry, echo(hass, entry, SECRETS["den"]))
    assert diagnostics["player"]["state_raw"] == "BREWING"


async def test_diagnostics_of_a_removed_device_contain_no_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    device = echo(hass, entry, "G0PLANTEDGONE001")
    diagnostics: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert_nothing_planted(diagnostics)
    assert diagnostics["device"] is None


async def test_diagnostics_of_the_accounts_device_contain_no_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    info = account_device_info(entry)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, entry_type=DeviceEntryType.SERVICE, identifiers=info["identifiers"]
    )
    diagnostics: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert_nothing_planted(diagnostics)
    assert diagnostics["push"]["up"] is True
    assert "device" not in diagnostics
