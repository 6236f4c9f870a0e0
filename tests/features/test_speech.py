"""Tests of ``alexa_media.speak`` with the simulated cloud: spoken texts, devices and requests."""

import asyncio
import json
from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Volume
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, end_speech, quiet, received, set_up, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "media_player.kitchen_show"
BEDROOM = "media_player.bedroom_dot"
STUDIO = "media_player.living_room_studio"
OFFICE = "media_player.office_spot"
KIDS = "media_player.kids_dot"
GARAGE = "media_player.garage_echo"
DOWNSTAIRS = "media_player.downstairs"
PREVIEW = "POST /api/behaviors/preview"


async def speak(hass: HomeAssistant, target: str | list[str], message: str = "Hello", **data: Any) -> Any:
    """Call the action and return its response."""
    return await hass.services.async_call(
        DOMAIN, "speak", {"entity_id": target, "message": message, **data}, blocking=True, return_response=True
    )


def heard(sim: ControlClient) -> list[tuple[str, str]]:
    """Return the device and the text of all messages in order."""
    return [(item["device"], item["text"]) for item in sim.spoken()]


def volumes_sent(sim: ControlClient) -> list[int]:
    """Return the volumes that the only sequence since the reset sets, in order."""
    (request,) = sim.ledger(path="/api/behaviors/preview")
    nodes = json.loads(json.loads(request["body"])["sequenceJson"])["startNode"]["nodesToExecute"]
    return [node["operationPayload"]["value"] for node in nodes if node["type"] == "Alexa.DeviceControls.Volume"]


@pytest.mark.usefixtures("brief_speech")
async def test_many_echos_speak_in_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """A speaker group and single Echos share one request, and each Echo speaks once."""
    names = ["Garage Echo", "Kitchen Show", "Living Room Studio", "Office Spot"]
    with subtests.test("a group, one of its members and other Echos"):
        before = len(heard(sim))
        sim.reset_ledger()
        response = await speak(hass, [DOWNSTAIRS, KITCHEN, OFFICE, GARAGE], "Dinner & a <film>")
        assert household.requests() == [PREVIEW]
        assert sorted(heard(sim)[before:]) == [(name, "Dinner &amp; a &lt;film&gt;") for name in names]
        assert sorted(item["name"] for item in response["sent"]) == names
        assert {(item["type"], item["volume"]) for item in response["sent"]} == {("speak", None)}
        assert {item["entity_id"] for item in response["sent"]} == {GARAGE, KITCHEN, STUDIO, OFFICE}
    with subtests.test("an announcement to a group and other Echos"):
        before = len(heard(sim))
        sim.reset_ledger()
        await speak(hass, [DOWNSTAIRS, OFFICE, GARAGE], "Dinner", type="announce")
        assert len(sim.ledger(path="/api/behaviors/preview")) == 1
        assert {item["device"] for item in sim.spoken()[before:]} == set(names)


async def test_ten_echos_speak_in_one_request(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The Echos speak at a given volume."""
    household = Household(sim)
    for number in range(10):
        household.add(f"G0SIM000000TEN{number:02}", like="Office Spot", accountName=f"Ten {number}", volume=10 + number)
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    sim.reset_ledger()
    await speak(hass, [f"media_player.ten_{number}" for number in range(10)], volume=0.6)
    assert household.requests() == [PREVIEW]
    assert {item["device"] for item in sim.spoken()} == {f"Ten {number}" for number in range(10)}
    assert {item["volume"] for item in sim.spoken()} == {60}
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_the_volume_only_applies_while_speaking(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Each Echo speaks at the given volume, then restores the previous one; no volume is read."""
    sim.reset_ledger()
    response = await speak(hass, [KITCHEN, STUDIO], "Dinner", type="announce", volume=0.8)
    assert household.requests() == [PREVIEW]
    assert [(item["device"], item["volume"]) for item in sim.spoken()] == [
        ("Kitchen Show", 80),
        ("Living Room Studio", 80),
    ]
    assert [item["volume"] for item in response["sent"]] == [0.8, 0.8]
    sim.advance(60)
    assert (household.device("Kitchen Show")["volume"], household.device("Living Room Studio")["volume"]) == (35, 45)


async def test_the_original_volume_is_restored_after_several_messages(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """While an Echo speaks at a temporary volume, a further message still restores the original volume."""
    await speak(hass, KITCHEN, 'One <break time="10s"/>', volume=0.8)
    players = entry.runtime_data.players
    await until(hass, lambda: players.data[household.serial("Kitchen Show")].volume.level == 80)
    end_speech(entry)
    sim.reset_ledger()
    await speak(hass, KITCHEN, "Two", volume=0.6)
    assert volumes_sent(sim) == [60, 35]


async def test_the_original_volume_is_restored_if_the_entry_is_reloaded_during_a_message(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The volume of a message that is being spoken does not become the volume of the Echo."""
    await speak(hass, KITCHEN, 'One <break time="10s"/>', volume=0.8)
    assert await hass.config_entries.async_reload(entry.entry_id)
    players = entry.runtime_data.players
    await until(hass, lambda: players.data[household.serial("Kitchen Show")].volume.level == 80)
    sim.reset_ledger()
    await speak(hass, KITCHEN, "Two", volume=0.6)
    assert volumes_sent(sim) == [60, 35]


async def test_a_message_whose_account_is_unloaded_before_it_is_sent_fails(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The error names the Echo and the reason."""
    entry.runtime_data.players.data = {}
    sim.reset_ledger()
    volumes = "/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes"
    sim.fault(path=volumes, latency=60)
    caller = asyncio.create_task(speak(hass, KITCHEN, volume=0.8))
    await received(sim, volumes)
    assert await hass.config_entries.async_unload(entry.entry_id)
    sim.clear_faults()
    with pytest.raises(HomeAssistantError, match="the account is being unloaded"):
        await caller
    assert sim.spoken() == []


async def test_an_unknown_volume_is_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """One read covers all Echos, and is followed by the request.

    A volume that was just written is restored, although the read does not contain it yet.
    """
    players = entry.runtime_data.players
    players.data = {}
    sim.reset_ledger()
    with players.writing_volume([household.serial("Kitchen Show")], Volume(level=55, muted=False)):
        await speak(hass, [KITCHEN, STUDIO, BEDROOM], volume=0.8)
    assert len(household.requests()) == 2
    assert household.requests()[-1] == PREVIEW
    sim.advance(60)
    names = ("Kitchen Show", "Living Room Studio", "Bedroom Dot")
    assert [household.device(name)["volume"] for name in names] == [55, 45, 20]


async def test_messages_can_be_announced_or_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await speak(hass, KITCHEN, "Dinner", type="announce", title="Kitchen")
    await speak(hass, OFFICE, "Read me", type="show", title="Office")
    first, second = sim.spoken()
    assert (first["kind"], first["title"], first["text"], first["display"]) == (
        "announce",
        "Kitchen",
        "Dinner",
        "Dinner",
    )
    assert (second["kind"], second["title"], second["text"], second["display"]) == ("announce", "Office", "", "Read me")
    assert second["volume"] == 30
    with pytest.raises(ServiceValidationError, match=r"volume has no effect on this kind of message \(show\)"):
        await speak(hass, OFFICE, "Read me", type="show", volume=0.9)


# HOLE@@
async def test_text_is_spoken_in_the_given_language(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await speak(hass, KITCHEN, "Bonjour & merci", language="fr-FR")
    assert heard(sim) == [
        ("Kitchen Show", '<speak><lang xml:lang="fr-FR">Bonjour &amp; merci</lang></speak>'),
    ]


async def test_a_long_text_is_cut_between_sentences(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A long text is cut between sentences, and spoken in order with one request."""
    text = " ".join(f"This is sentence number {number} of a long story." for number in range(20))
    sim.reset_ledger()
    await speak(hass, [KITCHEN, OFFICE], text, volume=0.5)
    assert household.requests() == [PREVIEW]
    for name in ("Kitchen Show", "Office Spot"):
        said = [item for item in sim.spoken() if item["device"] == name]
        assert " ".join(item["text"] for item in said) == text
        assert all(len(item["text"]) <= 250 and item["text"].endswith(".") for item in said)
        assert [item["offset"] for item in said] == sorted({item["offset"] for item in said})


INVALID: Final = (
    (" ", "empty_message"),
    ("<speak>Tom & Jerry</speak>", "ssml_malformed"),
    ("<speak>Wait</speak> <break time='1s'/>", "ssml_malformed"),
    ("<speak><b>Hello</b></speak>", "ssml_unknown_element"),
)
"""Messages that are refused, and the errors."""


async def test_an_invalid_message_is_refused_with_a_reason(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """No request is sent."""
    for message, key in INVALID:
        sim.reset_ledger()
        with subtests.test(message):
            with pytest.raises(ServiceValidationError) as raised:
                await speak(hass, KITCHEN, message, volume=0.5)
            assert raised.value.translation_key == key
            assert sim.ledger(method="POST") == []


@pytest.mark.usefixtures("brief_speech")
async def test_announcements_respect_do_not_disturb(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Plain speech ignores Do Not Disturb, like at Amazon. Announcements are skipped and reported.

    Options change both.
    """
    for data in ({"type": "announce"}, {"type": "show"}, {"override_dnd": False}):
        response = await speak(hass, [BEDROOM, OFFICE], **data)
        assert response["skipped"] == [{"entity_id": BEDROOM, "name": "Bedroom Dot", "reason": "do_not_disturb"}]
    assert {item["device"] for item in sim.spoken()} == {"Office Spot"}
    response = await speak(hass, BEDROOM, "Fire", type="show", override_dnd=True)
    assert (response["sent"], len(response["skipped"])) == ([], 1)
    await speak(hass, BEDROOM, "Fire", type="announce", override_dnd=True)
    await speak(hass, BEDROOM, "Hello")
    assert [(item["kind"], item["text"]) for item in sim.spoken() if item["device"] == "Bedroom Dot"] == [
        ("speak", "Fire"),
        ("speak", "Hello"),
    ]


async def test_a_message_that_is_skipped_everywhere_is_an_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Without a response, the caller gets an error."""
    for data in ({"type": "announce"}, {"type": "show", "override_dnd": True}, {"override_dnd": False}):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                DOMAIN, "speak", {"entity_id": BEDROOM, "message": "Hello", **data}, blocking=True
            )
        assert raised.value.translation_placeholders == {"failed": "Bedroom Dot (do not disturb)"}
    assert sim.spoken() == []


@pytest.mark.usefixtures("brief_speech")
async def test_broken_targets_are_named_in_the_error(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    area_registry: ar.AreaRegistry,
    subtests: pytest.Subtests,
) -> None:
    """Other Echos get the message, and the error names the targets that did not."""
    with subtests.test("an offline Echo and an unknown one"):
        before = len(heard(sim))
        with pytest.raises(HomeAssistantError) as raised:
            await speak(hass, [KITCHEN, KIDS, "media_player.missing"])
        assert raised.value.translation_key == "speech_failed"
        assert raised.value.translation_placeholders == {"failed": "Kids Dot (offline), media_player.missing (unknown)"}
        assert heard(sim)[before:] == [("Kitchen Show", "Hello")]
    with subtests.test("an unknown Echo"):
        before = len(heard(sim))
        with pytest.raises(ServiceValidationError) as invalid:
            await speak(hass, [KITCHEN, "media_player.missing"])
        assert invalid.value.translation_placeholders == {"targets": "media_player.missing"}
        assert heard(sim)[before:] == [("Kitchen Show", "Hello")]
    with subtests.test("an area without Echos"):
        area = area_registry.async_create("Cellar")
        with pytest.raises(ServiceValidationError) as invalid:
            await hass.services.async_call(DOMAIN, "speak", {"area_id": area.id, "message": "Hello"}, blocking=True)
        assert invalid.value.translation_key == "speech_no_target"


async def test_one_unknown_echo_does_not_affect_the_others(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An Echo that Amazon no longer knows does not affect the others."""
    household.remove(household.serial("Garage Echo"))
    with pytest.raises(HomeAssistantError) as raised:
        await speak(hass, [GARAGE, KITCHEN, OFFICE])
    placeholders = raised.value.translation_placeholders
    assert placeholders is not None
    assert placeholders["failed"].startswith("Garage Echo (")
    assert "Kitchen" not in placeholders["failed"]
    assert sorted(heard(sim)) == [("Kitchen Show", "Hello"), ("Office Spot", "Hello")]


async def test_areas_devices_and_groups_are_resolved(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """Groups and areas are resolved to Echos; offline Echos among them are skipped."""
    area = area_registry.async_create("Upstairs")
    ids = {}
    for name in ("Office Spot", "Kids Dot", "Kitchen Show"):
        device = device_registry.async_get_device_by_identifier((DOMAIN, household.serial(name)), entry.entry_id)
        assert device is not None
        ids[name] = device.id
    for name in ("Office Spot", "Kids Dot"):
        device_registry.async_update_device(ids[name], area_id=area.id)
    hass.states.async_set("group.more", "idle", {"entity_id": ["media_player.helper"]})
    hass.states.async_set("media_player.helper", "idle", {"entity_id": [GARAGE, KIDS, "media_player.radio"]})
    response = await hass.services.async_call(
        DOMAIN,
        "speak",
        {
            "area_id": area.id,
            "device_id": ids["Kitchen Show"],
            "entity_id": "group.more",
            "message": "Hello",
        },
        blocking=True,
        return_response=True,
    )
    assert {device for device, _ in heard(sim)} == {"Office Spot", "Kitchen Show", "Garage Echo"}
    assert response is not None
    assert response["skipped"] == [{"entity_id": KIDS, "name": "Kids Dot", "reason": "offline"}]


async def test_every_echo_speaks_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """``all`` contains every Echo, also in a speaker group; offline ones are skipped, other players are ignored."""
    hass.states.async_set("media_player.radio", "idle")
    response = await speak(hass, "all")
    devices = [device for device, _ in heard(sim)]
    assert {"Kitchen Show", "Bedroom Dot", "Living Room Studio", "Office Spot", "Garage Echo"} <= set(devices)
    assert len(set(devices)) == len(devices), "each Echo speaks once"
    assert {"entity_id": KIDS, "name": "Kids Dot", "reason": "offline"} in response["skipped"]
    assert DOWNSTAIRS not in {item["entity_id"] for item in response["sent"]}


async def test_an_unreachable_group_is_an_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An error is raised if no Echo in a target can be reached."""
    for name in ("Kitchen Show", "Living Room Studio"):
        household.change(name, online=False)
    devices = entry.runtime_data.devices
    await until(hass, lambda: not devices.data[household.serial("Living Room Studio")].online)
    with pytest.raises(HomeAssistantError) as raised:
        await speak(hass, DOWNSTAIRS)
    assert raised.value.translation_placeholders == {"failed": "Kitchen Show (offline), Living Room Studio (offline)"}


async def test_an_unloaded_account_is_named_in_the_error(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as raised:
        await speak(hass, KITCHEN)
    assert raised.value.translation_key == "speech_failed_account_not_loaded"
    assert raised.value.translation_placeholders == {
        "failed": f"{KITCHEN} (account not loaded)",
        "accounts": "jo@e*********g",
    }


async def test_a_user_without_permission_cannot_speak(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    hass_read_only_user: MockUser,
    entity_registry: er.EntityRegistry,
) -> None:
    """A user without permission for an Echo cannot speak on it."""
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "speak", {"entity_id": KITCHEN, "message": "Hello"}, blocking=True, context=context
        )
    assert sim.spoken() == []


async def test_simultaneous_calls_share_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Each call has a separate result."""
    sim.reset_ledger()
    results = await asyncio.gather(
        speak(hass, KITCHEN, "One", volume=0.7), speak(hass, OFFICE, "Two"), speak(hass, KIDS), return_exceptions=True
    )
    assert len(sim.ledger(path="/api/behaviors/preview")) == 1
    assert sorted(heard(sim)) == [("Kitchen Show", "One"), ("Office Spot", "Two")]
    assert isinstance(results[2], HomeAssistantError)
    assert hass.states.async_entity_ids(MEDIA_PLAYER_DOMAIN)
