"""Tests of the notify entities with the simulated cloud."""

from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily
from custom_components.alexa_media.features.speech import can_speak
from tests.conftest import Household, state_of, until

pytestmark = pytest.mark.platforms("notify")

SPEAK = "notify.kitchen_show_speak"
ANNOUNCE = "notify.kitchen_show_announce"


async def send(hass: HomeAssistant, entity_id: str | list[str], message: str, **data: Any) -> None:
    """Send a message and wait for the end of the action."""
    data = {"entity_id": entity_id, "message": message, **data}
    await hass.services.async_call("notify", "send_message", data, blocking=True)


async def test_every_device_has_two_notify_entities(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """Only announcements have a title; the entities of an offline Echo are unavailable."""
    serial = household.serial("Kitchen Show")
    for entity_id, key, features in ((SPEAK, "speak", 0), (ANNOUNCE, "announce", 1)):
        registered = entity_registry.async_get(entity_id)
        assert registered is not None
        assert registered.unique_id == f"{serial}_{key}"
        assert state_of(hass, entity_id).attributes["supported_features"] == features
    assert state_of(hass, "notify.kids_dot_speak").state == "unavailable"


async def test_a_message_is_spoken_on_one_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Only that Echo speaks the message; the state is the time of the message."""
    assert state_of(hass, SPEAK).state == "unknown"
    await send(hass, SPEAK, "Dinner & a <film>")
    assert state_of(hass, SPEAK).state not in ("unknown", "unavailable")
    await until(hass, sim.spoken)
    (said,) = sim.spoken()
    assert (said["kind"], said["serial"]) == ("speak", household.serial("Kitchen Show"))
    assert "Dinner" in said["text"]


async def test_an_announcement_shows_its_title(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The title is shown; without one there is a default."""
    await send(hass, ANNOUNCE, "The washing is done", title="Laundry")
    await until(hass, sim.spoken)
    await send(hass, "notify.bedroom_dot_announce", "Never heard: do not disturb")
    await send(hass, "notify.office_spot_announce", "Untitled")
    await until(hass, lambda: len(sim.spoken()) == 2)
    first, second = sim.spoken()
    assert (first["kind"], first["title"]) == ("announce", "Laundry")
    assert "The washing is done" in first["text"]
    assert second["title"] == "Home Assistant"


async def test_a_message_to_a_group_is_spoken_by_its_members(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Each member speaks the message."""
    members = {household.serial("Kitchen Show"), household.serial("Living Room Studio")}
    await send(hass, "notify.downstairs_speak", "Hello")
    await until(hass, lambda: {said["serial"] for said in sim.spoken()} == members)


async def test_several_messages_are_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    sim.reset_ledger()
    await send(hass, [SPEAK, "notify.garage_echo_speak", "notify.office_spot_speak"], "Hello")
    assert len(sim.ledger(path="/api/behaviors/preview")) == 1
    await until(hass, lambda: len(sim.spoken()) == 3)


async def test_an_empty_message_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The caller gets a validation error, and no request is sent."""
    for entity_id in (SPEAK, ANNOUNCE):
        sim.reset_ledger()
        with subtests.test(entity_id):
            with pytest.raises(ServiceValidationError, match="contains no text"):
                await send(hass, entity_id, " \n")
            assert sim.ledger(path="/api/behaviors/*") == []


async def test_a_refused_message_is_not_recorded(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A message that Amazon refuses is not recorded as sent."""
    sim.fault(path="/api/behaviors/preview", status=400, body={"message": "no"})
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, SPEAK, "Hello")
    assert raised.value.translation_key == "command_refused"
    assert state_of(hass, SPEAK).state == "unknown"
    assert sim.spoken() == []


async def test_a_message_to_the_app_needs_an_enabled_player(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    sim.reset_ledger()
    for registered in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        if registered.domain == "media_player":
            entity_registry.async_remove(registered.entity_id)
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, "notify.jo_example_org_amazon_com_alexa_app", "Hello")
    assert raised.value.translation_key == "app_no_player"
    assert sim.ledger(path="/api/behaviors/*") == []


def test_a_device_without_sound_has_no_notify_entities() -> None:
    """A device with unknown capabilities has notify entities."""
    device = Device(
        serial="G0SIM00KITCHEN01",
        device_type="A4ZXE0RM7LQ7A",
        name="Kitchen",
        family=DeviceFamily.ECHO,
        family_raw="ECHO",
        online=True,
        owner_customer_id=None,
        account_id=None,
        capabilities=frozenset({"TIMERS_AND_ALARMS"}),
    )
    assert not can_speak(device)
    assert can_speak(replace(device, capabilities=frozenset({"AUDIO_PLAYER"})))
    assert can_speak(replace(device, capabilities=frozenset()))
    assert can_speak(replace(device, family=DeviceFamily.WHA))
