"""Tests of actions with targets: entities, devices, areas, floors and labels; groups are replaced by their members."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Household, quiet

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "media_player.kitchen_show"
STUDIO = "media_player.living_room_studio"
BEDROOM = "media_player.bedroom_dot"
GROUP = "media_player.downstairs"


@pytest.fixture
def targets(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return different targets that all select the kitchen and the studio."""
    area = ar.async_get(hass).async_create("Ground")
    floor = fr.async_get(hass).async_create("Floor")
    ar.async_get(hass).async_update(area.id, floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Loud")
    registry = er.async_get(hass)
    for entity_id in (KITCHEN, STUDIO):
        registered = registry.async_update_entity(entity_id, labels={label.label_id})
        dr.async_get(hass).async_update_device(registered.device_id or "", area_id=area.id)
    hass.states.async_set("group.loud", "on", {"entity_id": [KITCHEN, STUDIO]})
    devices = [item.device_id for entity_id in (KITCHEN, STUDIO) if (item := registry.async_get(entity_id))]
    return [
        {"entity_id": [KITCHEN, STUDIO]},
        {"entity_id": f"{KITCHEN}, {STUDIO}"},
        {"entity_id": "group.loud"},
        {"device_id": devices},
        {"area_id": area.id},
        {"floor_id": floor.floor_id},
        {"label_id": label.label_id},
    ]


async def act(hass: HomeAssistant, action: str, data: dict[str, Any], *, response: bool = True) -> dict[str, Any]:
    """Call an action."""
    found = await hass.services.async_call("alexa_media", action, data, blocking=True, return_response=response)
    return dict(found or {})


async def test_text_commands_of_alarm_actions_are_one_request_whatever_the_target(
    hass: HomeAssistant, sim: ControlClient, household: Household, targets: list[dict[str, Any]]
) -> None:
    """All forms of a target select the same Echos; several Echos need one request."""
    for target in targets:
        sim.reset_ledger()
        before = len(sim.spoken())
        await act(hass, "stop_alarm", target)
        assert {said["device"] for said in sim.spoken()[before:]} == {"Kitchen Show", "Living Room Studio"}, target
        assert household.requests("POST", "/api/behaviors/*") == ["POST /api/behaviors/preview"], target


async def test_sequences_take_all_forms_of_a_target(
    hass: HomeAssistant, sim: ControlClient, household: Household, targets: list[dict[str, Any]]
) -> None:
    """Steps without devices run on the Echos of the target."""
    for target in targets:
        before = len(sim.spoken())
        await act(hass, "run_sequence", {**target, "steps": [{"text_command": "hi"}]}, response=False)
        assert {said["device"] for said in sim.spoken()[before:]} == {"Kitchen Show", "Living Room Studio"}, target
    with pytest.raises(ServiceValidationError, match="No enabled media player of an Echo in a loaded account"):
        await act(hass, "run_sequence", {"area_id": "nowhere", "steps": [{"text_command": "hi"}]}, response=False)


async def test_alarms_and_reminders_are_created_on_every_echo_or_on_none(
    hass: HomeAssistant, sim: ControlClient, household: Household, targets: list[dict[str, Any]]
) -> None:
    """The response contains an id for each Echo; if one request is refused, the other alarms are deleted."""
    serials = {household.serial("Kitchen Show"), household.serial("Living Room Studio")}

    def made(ids: list[str]) -> set[str]:
        return {
            item["deviceSerialNumber"]
            for account in household.accounts.values()
            for item in account["notifications"].values()
            if item["id"] in ids
        }

    for action, data in (("create_alarm", {}), ("create_reminder", {"message": "Bins"})):
        for target in (targets[0], targets[4]):
            response = await act(hass, action, {**target, "at": "07:00", **data})
            assert response["id"] == response["ids"][0]
            assert (len(response["ids"]), made(response["ids"])) == (2, serials)
    timers = await act(hass, "create_timer", {**targets[3], "duration": {"minutes": 5}})
    assert (len(timers["ids"]), made(timers["ids"])) == (2, serials)
    held = {key for account in household.accounts.values() for key in account["notifications"]}
    kept = [name for name in household.device("Living Room Studio")["capabilities"] if name != "REMINDERS"]
    household.change("Living Room Studio", capabilities=kept)
    with pytest.raises(HomeAssistantError):
        await act(hass, "create_reminder", {**targets[0], "at": "07:00", "message": "x"})
    await quiet(hass, sim)
    assert {key for account in household.accounts.values() for key in account["notifications"]} == held


async def test_unsupported_members_are_skipped_and_unsupported_targets_are_an_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An offline Echo in a group or an area does not prevent the alarms of the others."""
    response = await act(hass, "create_alarm", {"entity_id": GROUP, "at": "07:00"})
    members = len(response["ids"])
    assert members > 1
    household.change("Kitchen Show", online=False)
    await entry.runtime_data.devices.async_refresh_shared()
    response = await act(hass, "create_alarm", {"entity_id": GROUP, "at": "07:30"})
    assert len(response["ids"]) == members - 1
    with pytest.raises(ServiceValidationError, match="offline"):
        await act(hass, "create_alarm", {"entity_id": [KITCHEN, BEDROOM], "at": "08:00"})


async def test_a_target_without_an_echo_is_an_error_before_anything_is_sent(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    area = ar.async_get(hass).async_create("Empty")
    nothing: list[dict[str, Any]] = [{"entity_id": []}, {"entity_id": "none"}, {"device_id": [], "label_id": []}]
    sim.reset_ledger()
    needed = {"at": "07:00", "message": "x", "duration": {"minutes": 1}}
    fields = {"create_alarm": ("at",), "create_reminder": ("at", "message"), "create_timer": ("duration",)}
    for name in ("create_alarm", "create_reminder", "create_timer", "snooze_alarm", "stop_alarm", "get_alarm_sounds"):
        data = {key: needed[key] for key in fields.get(name, ())}
        with pytest.raises(ServiceValidationError, match="contains no Echo"):
            await act(hass, name, {"area_id": area.id, **data})
        with pytest.raises(ServiceValidationError, match=r"aren't available for light\.none"):
            await act(hass, name, {"entity_id": "light.none", **data})
        for empty in nothing:
            with pytest.raises(ServiceValidationError, match="contains no Echo"):
                await act(hass, name, {**empty, **data})
            if name == "create_reminder":
                with pytest.raises(ServiceValidationError, match="contains no Echo"):
                    await act(hass, name, {**empty, **data, "all_devices": True})
    assert [one for one in sim.ledger() if one["method"] != "GET" and "ping" not in one["path"]] == []
