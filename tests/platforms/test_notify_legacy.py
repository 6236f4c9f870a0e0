"""Tests of ``notify.alexa_media`` and related actions, called like in automations for alexa_media_player."""

import json
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Household, quiet, until

pytestmark = [pytest.mark.platforms("media_player"), pytest.mark.usefixtures("brief_speech")]

KITCHEN = "media_player.kitchen_show"
OFFICE = "media_player.office_spot"
KIDS = "media_player.kids_dot"
GARAGE = "media_player.garage_echo"
DOWNSTAIRS = "media_player.downstairs"
LAST_CALLED = ("alexa_media_last_called", "alexa_media_last_called_jo_example_org")
PREVIEW = "POST /api/behaviors/preview"


async def notify(hass: HomeAssistant, message: str = "Hello", service: str = "alexa_media", **fields: Any) -> None:
    """Call an action like an automation does."""
    await hass.services.async_call("notify", service, {"message": message, **fields}, blocking=True)


def services(hass: HomeAssistant) -> set[str]:
    """Return the names of the notify actions."""
    return {name for name in hass.services.async_services_for_domain("notify") if name.startswith("alexa_media")}


def devices(sim: ControlClient) -> list[str]:
    """Return the names of the Echos that spoke."""
    return sorted(item["device"] for item in sim.spoken())


@pytest.mark.contract("notify, names")
async def test_actions_are_named_after_media_players(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The actions of single media players are named after their entity ids.

    There is also one for all Echos, and one for the last called Echo.
    """
    wanted = {
        f"alexa_media_{entity_id.partition('.')[2]}" for entity_id in hass.states.async_entity_ids("media_player")
    }
    assert "alexa_media_kitchen_show" in wanted
    assert services(hass) == {"alexa_media", *LAST_CALLED, *wanted}


@pytest.mark.contract("notify, names")
async def test_names_follow_the_media_players(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
) -> None:
    """The actions follow media players that are renamed, removed or added."""
    entity_registry.async_update_entity(KITCHEN, new_entity_id="media_player.cooking")
    await until(hass, lambda: "alexa_media_cooking" in services(hass))
    assert "alexa_media_kitchen_show" not in services(hass)
    await notify(hass, service="alexa_media_cooking")
    assert devices(sim) == ["Kitchen Show"]
    household.add("G0SIM0000000NEW1", like="Office Spot", accountName="Attic")
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: "alexa_media_attic" in services(hass))
    entity_registry.async_remove(OFFICE)
    await until(hass, lambda: "alexa_media_office_spot" not in services(hass))


async def test_actions_depend_on_the_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A call fails with a reason while the account is not loaded.

    After the removal of the account, only the general actions remain.
    """
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as raised:
        await notify(hass, service="alexa_media_kitchen_show")
    assert raised.value.translation_key == "speech_failed_account_not_loaded"
    assert raised.value.translation_placeholders == {
        "failed": f"{KITCHEN} (account not loaded)",
        "accounts": "jo@e*********g",
    }
    await hass.config_entries.async_remove(entry.entry_id)
    await until(hass, lambda: services(hass) == {"alexa_media", "alexa_media_last_called"})


async def test_the_action_of_one_device_speaks_on_it(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await notify(hass, "Dinner & more", service="alexa_media_office_spot")
    (said,) = sim.spoken()
    assert (said["device"], said["kind"], said["text"]) == ("Office Spot", "speak", "Dinner &amp; more")


TARGETS: Final[dict[str, str | list[str]]] = {
    "list": [KITCHEN, OFFICE],
    "commas": f"{KITCHEN}, {OFFICE}",
    "json": json.dumps([KITCHEN, OFFICE]),
    "names": ["Kitchen Show", "office spot"],
    "names and commas": "Kitchen Show,Office Spot",
    "serials": ["G0SIM00KITCHEN01", "G0SIM000OFFICE01"],
    "group": ["group.speakers"],
    "group of players": ["media_player.speakers"],
    "named twice": [KITCHEN, "Kitchen Show", "group.speakers", "G0SIM00KITCHEN01"],
}


@pytest.mark.contract("notify, target")
async def test_all_forms_of_the_target_select_the_same_echos(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    """All forms select the same two Echos, and each call sends one request."""
    hass.states.async_set("group.speakers", "idle", {"entity_id": ["media_player.speakers"]})
    hass.states.async_set("media_player.speakers", "idle", {"entity_id": [KITCHEN, OFFICE]})
    for case, target in TARGETS.items():
        before = len(sim.spoken())
        sim.reset_ledger()
        with subtests.test(case):
            await notify(hass, target=target)
            assert household.requests() == [PREVIEW]
            assert sorted(str(item["device"]) for item in sim.spoken()[before:]) == ["Kitchen Show", "Office Spot"]


@pytest.mark.contract("notify, target")
async def test_a_target_can_be_a_unique_id_or_a_name_with_a_comma(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
) -> None:
    """The name is only kept whole if a device has it."""
    registered = entity_registry.async_get(OFFICE)
    assert registered is not None
    await notify(hass, target=[registered.unique_id])
    assert devices(sim) == ["Office Spot"]
    household.change("Office Spot", accountName="Office, upstairs")
    await entry.runtime_data.devices.async_refresh()
    await notify(hass, target="Office, upstairs")
    assert [item["device"] for item in sim.spoken()[1:]] == ["Office, upstairs"]


@pytest.mark.contract("an announcement to a speaker group drops all others")
async def test_a_speaker_group_omits_no_device(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A speaker group before other targets does not omit any device."""
    sim.reset_ledger()
    await notify(hass, target=[DOWNSTAIRS, OFFICE, GARAGE], data={"type": "announce"})
    assert household.requests() == [PREVIEW]
    assert devices(sim) == ["Garage Echo", "Kitchen Show", "Living Room Studio", "Office Spot"]


ANNOUNCED: Final[tuple[tuple[dict[str, str], str, str, str], ...]] = (
    ({}, "Hello", "Hello", "Home Assistant"),
    ({"method": "all", "title": "Kitchen"}, "Hello", "Hello", "Kitchen"),
    ({"method": "speak", "title": "Kitchen"}, "Hello", "", ""),
    ({"method": "show", "title": "Kitchen"}, "", "Hello", "Kitchen"),
)
"""Data of announcements with their text, display and title."""


@pytest.mark.contract("notify, type and method")
async def test_an_announcement_has_title_and_display(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for data, text, display, title in ANNOUNCED:
        before = len(sim.spoken())
        with subtests.test(data.get("method", "no method")):
            await notify(hass, target=[OFFICE], data={"type": "announce", **data})
            (said,) = sim.spoken()[before:]
            shown = (said["kind"], said["text"], said["display"], said["title"] or "")
            assert shown == ("announce", text, display, title)
    before = len(sim.spoken())
    with subtests.test("a title beside the data"):
        await notify(hass, target=[OFFICE], title="Laundry", data={"type": "announce"})
        assert sim.spoken()[before]["title"] == "Laundry"


@pytest.mark.contract("notify, type and method")
async def test_ssml_is_spoken_as_before(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """SSML without a root element is spoken, a canned phrase is recognized, and Amazon handles Do Not Disturb."""
    canned = "alexa.cannedtts.speak.curatedtts-category-goodbye/alexa.cannedtts.speak.curatedtts-random"
    await notify(hass, "Wait <break time='1s'/> here", target=[KITCHEN])
    await notify(hass, canned, target=[OFFICE], data={"type": "tts"})
    await notify(hass, "Wake up", target=["Bedroom Dot"])
    await notify(hass, "Not heard", target=["Bedroom Dot"], data={"type": "announce"})
    assert [(item["device"], item["kind"], item["text"]) for item in sim.spoken()] == [
        ("Kitchen Show", "speak", "<speak>Wait <break time='1s'/> here</speak>"),
        ("Office Spot", "canned", canned),
        ("Bedroom Dot", "speak", "Wake up"),
    ]


@pytest.mark.contract("notify, type and method")
async def test_do_not_disturb_is_an_error_only_on_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Amazon drops an announcement silently, as before; ``override_dnd: false`` is an error if all are skipped."""
    await notify(hass, service="alexa_media_bedroom_dot", data={"type": "announce"})
    for kind in ("tts", "announce"):
        with pytest.raises(HomeAssistantError) as raised:
            await notify(hass, service="alexa_media_bedroom_dot", data={"type": kind, "override_dnd": False})
        assert raised.value.translation_placeholders == {"failed": "Bedroom Dot (do not disturb)"}
    assert sim.spoken() == []
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            "notify", "alexa_media_bedroom_dot", {"message": "Hello"}, blocking=True, return_response=True
        )
    assert refused.value.translation_key == "service_does_not_support_response"


async def test_a_name_in_the_target_is_the_name_in_the_alexa_app(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A new name in Home Assistant changes no target. A new name in the Alexa app replaces the old one."""
    registered = er.async_get(hass).async_get(OFFICE)
    assert registered is not None
    dr.async_get(hass).async_update_device(registered.device_id or "", name_by_user="Study")
    await notify(hass, target=["Office Spot"])
    household.change("Office Spot", accountName="Den")
    await entry.runtime_data.devices.async_refresh()
    await notify(hass, target=["Den"])
    assert len(sim.spoken()) == 2
    with pytest.raises(ServiceValidationError) as raised:
        await notify(hass, target=["Office Spot"])
    assert raised.value.translation_placeholders == {"targets": "Office Spot"}
    assert "alexa_media_office_spot" in services(hass)


@pytest.mark.contract("notify, type and method", "as many messages to the apps as Echos")
async def test_the_apps_receive_one_message(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    """The number of Echos in the target doesn't matter, even if one is offline."""
    text, target = "Water in the cellar", [KITCHEN, OFFICE, GARAGE, KIDS]
    for kind, node in (("push", "mobilepush"), ("dropin_notification", "dropin")):
        before = len(sim.spoken())
        sim.reset_ledger()
        with subtests.test(kind):
            await notify(hass, text, target=target, data={"type": kind, "title": "Leak"})
            assert household.requests() == [PREVIEW]
            (said,) = sim.spoken()[before:]
            assert (said["kind"], said["serial"], said["text"], said["title"]) == (node, None, text, "Leak")


@pytest.mark.contract("no target is a TypeError")
async def test_a_missing_target_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    cases: dict[str, dict[str, Any]] = {
        "no target": {},
        "an empty target": {"target": []},
        "an empty text": {"target": ""},
        "spaces and commas": {"target": ["  ", " , "]},
        "an empty JSON list": {"target": "[]", "data": {"type": "announce"}},
        "nothing in a JSON list": {"target": '[""]', "data": {"type": "push"}},
    }
    for case, fields in cases.items():
        with subtests.test(case):
            with pytest.raises(ServiceValidationError) as raised:
                await notify(hass, **fields)
            assert raised.value.translation_key == "notify_target_missing"


@pytest.mark.contract("an unknown target is passed over")
async def test_an_unknown_target_is_named_in_the_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The error names the unknown target after all others have received the message."""
    for kind in ("tts", "announce", "push"):
        before = len(sim.spoken())
        with subtests.test(kind):
            with pytest.raises(ServiceValidationError) as raised:
                await notify(hass, target=[OFFICE, "Nowhere", "[broken"], data={"type": kind})
            assert raised.value.translation_key == "speech_target_unknown"
            assert raised.value.translation_placeholders == {"targets": "Nowhere, [broken"}
            assert len(sim.spoken()) == before + 1


UNKNOWN_DATA: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"type": "shout"}, "type"),
    ({"method": "sing"}, "method"),
    ({"volume": True}, "volume"),
    ({"volume": float("nan")}, "volume"),
    ({"volume": [0.3]}, "volume"),
)
"""Data that are refused, and the field that the error names."""


@pytest.mark.contract("notify, type and method")
async def test_unknown_data_and_empty_messages_are_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for data, field in UNKNOWN_DATA:
        with subtests.test(str(data)):
            with pytest.raises(ServiceValidationError) as raised:
                await notify(hass, target=[OFFICE], data=data)
            assert raised.value.translation_key == "notify_data_unknown"
            assert (raised.value.translation_placeholders or {})["field"] == field
            assert sim.spoken() == []
    with subtests.test("an empty message"), pytest.raises(ServiceValidationError, match="contains no text"):
        await notify(hass, " ", target=[OFFICE])


@pytest.mark.contract("an error is missing when all Echos are offline")
async def test_offline_echos_are_skipped(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """If all Echos are offline, an error is raised."""
    await notify(hass, target=[KIDS, OFFICE])
    assert devices(sim) == ["Office Spot"]
    with pytest.raises(HomeAssistantError) as raised:
        await notify(hass, service="alexa_media_kids_dot")
    assert raised.value.translation_placeholders == {"failed": "Kids Dot (offline)"}


async def test_one_refusal_does_not_affect_the_others(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The error names the Echos that Amazon refused; the others speak."""
    household.remove(household.serial("Garage Echo"))
    with pytest.raises(HomeAssistantError) as raised:
        await notify(hass, target=[GARAGE, KITCHEN, OFFICE])
    assert (raised.value.translation_placeholders or {})["failed"].startswith("Garage Echo (")
    assert devices(sim) == ["Kitchen Show", "Office Spot"]


async def test_a_refusal_reaches_the_caller(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for kind in ("tts", "push"):
        sim.clear_faults()
        sim.fault(path="/api/behaviors/preview", times=5, status=400, body={"message": "no"})
        with subtests.test(kind):
            with pytest.raises(HomeAssistantError):
                await notify(hass, target=[OFFICE], data={"type": kind})
            assert sim.spoken() == []


async def test_the_actions_work_after_a_reload(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The names of the actions are unchanged."""
    before = services(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await quiet(hass, sim)
    assert services(hass) == before
    await notify(hass, service="alexa_media_office_spot")
    assert devices(sim) == ["Office Spot"]
