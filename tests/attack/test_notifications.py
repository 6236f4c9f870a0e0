"""Tests with invalid notifications, time zones and dates: the account is set up, and valid data is shown."""

from collections.abc import Callable
import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud import http as cloud_http
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import until

from .tools import collecting, watching_loop

pytestmark = pytest.mark.platforms("calendar", "event", "media_player", "number", "select", "sensor", "switch", "todo")

ZONES = ["https://", "/etc/localtime", "../UTC", "UTC\x00", "Mars/Phobos", "x" * 300, ".", "America", "a/../../b"]


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None]) -> None:
    """Change the JSON of every response before it is parsed."""
    real = cloud_http._body

    async def body(response: Any, endpoint: Any) -> bytes:
        raw: bytes = await real(response, endpoint)
        try:
            data = json.loads(raw)
        except ValueError:
            return raw
        change(data)
        return json.dumps(data).encode()

    monkeypatch.setattr(cloud_http, "_body", body)


# Type of the notification, and invalid fields.
INVALID: list[tuple[str, dict[str, Any]]] = [
    ("Alarm", {"originalDate": "9999-12-31", "originalTime": "23:59:59.000"}),
    ("Alarm", {"originalDate": "0001-01-01", "originalTime": "00:00:00.000"}),
    ("Reminder", {"originalDate": "9999-12-31", "originalTime": "23:59:59.000", "alarmTime": None}),
    ("Reminder", {"alarmTime": 253_402_300_799_000}),
    ("Timer", {"triggerTime": 253_402_300_799_000, "remainingTime": 10**18}),
    ("Alarm", {"rRuleData": {"recurrenceRules": ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"]}}),
    ("Alarm", {"rRuleData": {"recurrenceRules": ["FREQ=HOURLY;COUNT=999999999"]}, "originalDate": "1970-01-01"}),
    ("Alarm", {"recurringPattern": "P1D", "originalDate": "9999-12-31"}),
    ("Alarm", {"recurringPattern": "P999Y", "rRuleData": None}),
]


def with_fields(kind: str, fields: dict[str, Any]) -> Callable[[Any], None]:
    """Return a change of a response that sets fields of all notifications of a type."""

    def change(data: Any) -> None:
        for item in data.get("notifications", ()) if isinstance(data, dict) else ():
            if item.get("type") == kind:
                item.update(fields)

    return change


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Read the notifications, which must succeed."""
    await entry.runtime_data.notifications.async_refresh()
    await hass.async_block_till_done()
    assert entry.runtime_data.notifications.last_update_success


@pytest.mark.parametrize(("kind", "fields"), INVALID)
async def test_one_invalid_notification_in_the_first_read_does_not_affect_others(
    hass: HomeAssistant,
    sim: ControlClient,
    monkeypatch: pytest.MonkeyPatch,
    config_entry: MockConfigEntry,
    kind: str,
    fields: dict[str, Any],
) -> None:
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    spoil(monkeypatch, with_fields(kind, fields))
    with collecting() as log, watching_loop(0.1) as blocks:
        await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
        assert config_entry.state is ConfigEntryState.LOADED
        await refresh(hass, config_entry)
    assert log.bad() == []
    assert blocks.worst < 2
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_one_invalid_notification_does_not_affect_others(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for kind, fields in INVALID:
        with subtests.test(f"{kind}-{fields}"):
            await refresh(hass, entry)
            with pytest.MonkeyPatch.context() as patch, collecting() as log, watching_loop(0.1) as blocks:
                spoil(patch, with_fields(kind, fields))
                await refresh(hass, entry)
            assert log.bad() == []
            assert blocks.worst < 2


@pytest.mark.parametrize("zone", ZONES)
async def test_one_invalid_time_zone_does_not_affect_others(
    hass: HomeAssistant, sim: ControlClient, monkeypatch: pytest.MonkeyPatch, config_entry: MockConfigEntry, zone: str
) -> None:
    """An Echo with an invalid time zone uses Home Assistant's time zone."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)

    def odd(data: Any) -> None:
        if isinstance(data, dict) and data.get("devicePreferences"):
            data["devicePreferences"][0]["timeZoneId"] = zone

    spoil(monkeypatch, odd)
    with collecting() as log:
        await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.LOADED
    assert log.bad() == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_user_cannot_set_an_invalid_time_zone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    item = next(item for item in entities if item.domain == "select" and "zone" in item.entity_id)
    registry.async_update_entity(item.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: hass.states.get(item.entity_id) is not None)
    for zone in ZONES:
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                "select", "select_option", {"entity_id": item.entity_id, "option": zone}, blocking=True
            )


async def test_a_date_far_away_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    items = [item for each in entry.runtime_data.notifications.data.values() for item in each]
    reminder = next(item for item in items if item.type.value == "Reminder").notification_id
    actions: dict[str, dict[str, Any]] = {
        "create_reminder": {"entity_id": "media_player.kitchen_show", "message": "x"},
        "create_alarm": {"entity_id": "media_player.kitchen_show"},
        "edit_reminder": {"notification_id": reminder},
    }
    for action, data in actions.items():
        for at in ("9999-12-31 23:59:59", "9999-12-31T23:59:59+00:00", "9998-01-01 00:00:00", "0001-01-01 00:00:00"):
            with subtests.test(f"{action}-{at}"):
                sim.reset_ledger()
                with pytest.raises(HomeAssistantError):
                    await hass.services.async_call(DOMAIN, action, {**data, "at": at}, blocking=True)
                assert sim.ledger(method="PUT") == sim.ledger(method="POST", path="/v1/alerts/alarms") == []


async def test_half_an_emoji_leaves_the_states_of_home_assistant_readable(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def odd(data: Any) -> None:
        for item in data.get("notifications", ()) if isinstance(data, dict) else ():
            item.update(extra="Call Mum \ud83d", reminderLabel="Call Mum \ud83d", big=2**70)

    spoil(monkeypatch, odd)
    assert await async_setup_component(hass, "api", {})
    client = await hass_client()
    await entry.runtime_data.notifications.async_refresh()
    await hass.async_block_till_done()
    assert (await client.get("/api/states")).status == 200
