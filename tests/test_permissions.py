"""Tests of the permissions of users who are not administrators, for every action."""

from datetime import timedelta
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

pytestmark = pytest.mark.platforms("button", "calendar", "light", "media_player", "notify", "sensor", "switch", "todo")

KITCHEN: Final = "media_player.kitchen_show"
BEDROOM: Final = "media_player.bedroom_dot"
DOWNSTAIRS: Final = "media_player.downstairs"
STUDIO: Final = "media_player.living_room_studio"
OTHERS_OF_GROUP: Final = {"notify.downstairs_speak": True, "notify.downstairs_announce": True} | {
    "switch.downstairs_do_not_disturb": True
}

_ECHO: Final = {"entity_id": KITCHEN}
_ENTRY: Final = {"config_entry_id": "ENTRY"}
_ALARM: Final = {"notification_id": "ALARM"}
_DEVICE: Final = {"device_id": "anything"}
_SERIAL: Final = {**_DEVICE, "serial_number": "x", "confirm": True}

# A valid call of every action; "ENTRY" and "ALARM" are placeholders.
CALLS: Final[dict[str, dict[str, Any]]] = {
    "adjust_endpoint": {**_DEVICE, "brightness": 10},
    "amazon_kids_disable": _ECHO,
    "amazon_kids_enable": {**_ECHO, "child": "Kim"},
    "announce_in_units": {**_ENTRY, "units": ["Lobby"], "message": "x"},
    "create_alarm": {**_ECHO, "at": "07:00"},
    "create_list": {**_ENTRY, "name": "x"},
    "create_reminder": {"at": "07:00", "message": "x", "all_devices": True},
    "create_timer": {**_ECHO, "duration": "00:10:00"},
    "delete_list": {"entity_id": "todo.jo_example_org_amazon_com_holiday", "confirm": True},
    "delete_notification": _ALARM,
    "delete_timers": _DEVICE,
    "deregister_endpoint": _SERIAL,
    "discover_appliances": _ENTRY,
    "edit_alarm": {**_ALARM, "at": "07:00"},
    "edit_reminder": {**_ALARM, "at": "07:00"},
    "enable_appliance": {**_DEVICE, "enabled": True},
    "enable_network_discovery": {},
    "force_logout": {},
    "forget_endpoint": _SERIAL,
    "forward": _ECHO,
    "get_alarm_sounds": _ECHO,
    "clear_history": {**_ENTRY, "confirm": True},
    "get_flash_briefing": _ENTRY,
    "set_flash_briefing": {**_ENTRY, "feed": "x"},
    "get_contacts": _ENTRY,
    "get_history_records": _ECHO,
    "get_household": _ENTRY,
    "import_air_quality": {"entity_id": "sensor.living_room_air_monitor_humidity"},
    "get_queue": _ECHO,
    "install_wifi": {**_DEVICE, "ssid": "x"},
    "move_to_unit": {**_DEVICE, "unit": "x", "confirm": True},
    "query_endpoints": _ENTRY,
    "record": _ENTRY,
    "remove_appliance": {**_DEVICE, "confirm": True},
    "remove_from_unit": {**_DEVICE, "confirm": True},
    "rename_appliance": {**_DEVICE, "name": "x"},
    "rename_endpoint": {**_DEVICE, "name": "x"},
    "restore_volume": _ECHO,
    "rewind": _ECHO,
    "rooms_from_areas": _ENTRY,
    "run_routine": {**_ECHO, "routine": "Good night"},
    "run_sequence": {**_ECHO, "steps": [{"text_command": "unlock the front door"}]},
    "save_wifi": {**_ENTRY, "ssid": "x"},
    "ask": {**_ECHO, "text_command": "unlock the front door"},
    "send_fire_tv_command": {**_ECHO, "command": "home"},
    "send_message": {**_ENTRY, "message": "x"},
    "send_text_command": {**_ECHO, "text_command": "unlock the front door"},
    "set_address": {**_DEVICE, "line1": "x", "country": "US"},
    "set_alarm_volume": {**_ALARM, "volume": 0.5},
    "set_do_not_disturb": _ECHO,
    "set_sleep_timer": {**_ECHO, "duration": "00:10:00"},
    "skip_next": _ALARM,
    "snooze_alarm": _ECHO,
    "speak": {**_ECHO, "message": "boo"},
    "stop_alarm": _ECHO,
    "pause_timer": _ECHO,
    "resume_timer": _ECHO,
    "add_to_timer": {**_ECHO, "duration": {"minutes": 5}},
    "stop_all": {},
    "unpair_bluetooth": {**_ECHO, "source": "x"},
    "update_last_called": {},
    "wifi_status": {**_DEVICE, "operation_id": "x"},
}


def filled(data: dict[str, Any], entry: MockConfigEntry) -> dict[str, Any]:
    """Return the data of a call, with the ids that are only known at runtime."""
    alarms = [item for items in entry.runtime_data.notifications.data.values() for item in items]
    known = {"ENTRY": entry.entry_id, "ALARM": alarms[0].notification_id}
    return {key: known.get(value, value) if isinstance(value, str) else value for key, value in data.items()}


async def act(hass: HomeAssistant, user: MockUser | str, action: str, data: dict[str, Any]) -> object:
    """Call an action as a user."""
    domain, _, name = action.rpartition(".")
    domain = domain or DOMAIN
    responds = hass.services.supports_response(domain, name) is not SupportsResponse.NONE
    context = Context(user_id=user if isinstance(user, str) else user.id)
    return await hass.services.async_call(domain, name, data, blocking=True, context=context, return_response=responds)


def sent(sim: ControlClient) -> list[str]:
    """Return the writes received by the cloud."""
    return [
        f"{one['method']} {one['path']}" for one in sim.ledger() if one["method"] != "GET" and "ping" not in one["path"]
    ]


async def test_every_action_is_tried(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The test fails if an action is missing in the table above."""
    assert set(hass.services.async_services_for_domain(DOMAIN)) == set(CALLS)


async def test_a_read_only_user_and_a_removed_user_change_nothing(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    hass_read_only_user: MockUser,
    subtests: pytest.Subtests,
) -> None:
    sim.reset_ledger()
    users: tuple[tuple[str, MockUser | str, type[Exception]], ...] = (
        ("read-only", hass_read_only_user, Unauthorized),
        ("removed", "missing", UnknownUser),
    )
    for name, user, error in users:
        with subtests.test(name):
            for action, data in CALLS.items():
                with pytest.raises(error):
                    pytest.fail(f"{action}: {await act(hass, user, action, filled(data, entry))}")
            assert sent(sim) == []
    with subtests.test("a read-only user cannot notify"):
        for service in ("alexa_media", "alexa_media_kitchen_show"):
            for kind in ("tts", "announce", "push", "dropin_notification"):
                data = {"message": "boo", "target": [KITCHEN], "data": {"type": kind}}
                with pytest.raises(Unauthorized):
                    await act(hass, hass_read_only_user, f"notify.{service}", data)
        assert sent(sim) == []


@pytest.fixture
def guest(hass: HomeAssistant, hass_read_only_user: MockUser) -> MockUser:
    """Return a user who may only control the Bedroom Dot and the speaker group."""
    allowed = {"media_player.bedroom_dot": True, DOWNSTAIRS: True}
    hass_read_only_user.mock_policy({"entities": {"entity_ids": allowed}})
    return hass_read_only_user


GROUPED: Final[list[tuple[str, dict[str, Any]]]] = [
    ("speak", {"entity_id": DOWNSTAIRS, "message": "x"}),
    ("speak", {"entity_id": [BEDROOM, KITCHEN], "message": "x"}),
    ("speak", {"entity_id": [BEDROOM, "light.nothing"], "message": "x"}),
    ("run_sequence", {"entity_id": DOWNSTAIRS, "steps": [{"text_command": "x"}]}),
    (
        "run_sequence",
        {"entity_id": BEDROOM, "steps": [{"speak": "x"}, {"parallel": [{"stop": True, "entity_id": KITCHEN}]}]},
    ),
    ("run_sequence", {"entity_id": "group.mine", "steps": [{"speak": "x"}]}),
    ("stop_all", {}),
    ("notify.alexa_media", {"message": "x", "target": "group.mine"}),
    ("notify.alexa_media", {"message": "x", "target": f"{BEDROOM}, Downstairs"}),
]


ON_GROUP: Final[list[tuple[str, dict[str, Any]]]] = [
    ("send_text_command", {"text_command": "x"}),
    ("set_do_not_disturb", {}),
    ("set_do_not_disturb", {"duration": 60}),
    ("media_player.volume_set", {"volume_level": 0.3}),
    ("media_player.volume_mute", {"is_volume_muted": True}),
    ("media_player.media_play", {}),
    ("media_player.play_media", {"media_content_type": "AMAZON_MUSIC", "media_content_id": "x"}),
    ("media_player.play_media", {"media_content_type": "custom", "media_content_id": "x"}),
]


async def test_a_group_requires_permission_for_every_speaker(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, guest: MockUser, subtests: pytest.Subtests
) -> None:
    """Speaker groups and Home Assistant's groups are replaced by their members.

    One forbidden member stops the action. Home Assistant only checks the permission for the group's entity.
    """
    hass.states.async_set("group.mine", "on", {"entity_id": [BEDROOM, STUDIO]})
    sim.reset_ledger()
    with subtests.test("groups are resolved before permissions are checked"):
        for action, data in GROUPED:
            with pytest.raises(Unauthorized):
                pytest.fail(f"{action} {data}: {await act(hass, guest, action, data)}")
        assert sent(sim) == []
    with subtests.test("permission for the entities of the group is not enough"):
        guest.mock_policy({"entities": {"entity_ids": {DOWNSTAIRS: True, BEDROOM: True, **OTHERS_OF_GROUP}}})
        for action, data in ON_GROUP:
            with pytest.raises(Unauthorized):
                pytest.fail(f"{action} {data}: {await act(hass, guest, action, {'entity_id': DOWNSTAIRS, **data})}")
        for kind in ("speak", "announce"):
            data = {"entity_id": f"notify.downstairs_{kind}", "message": "x"}
            with pytest.raises(Unauthorized):
                await act(hass, guest, "notify.send_message", data)
        with pytest.raises(Unauthorized):
            await act(hass, guest, "switch.turn_on", {"entity_id": "switch.downstairs_do_not_disturb"})
        assert sent(sim) == []
        await act(hass, guest, "media_player.media_pause", {"entity_id": BEDROOM})
    with subtests.test("permission for every speaker is enough"):
        every = dict.fromkeys(hass.states.async_entity_ids("media_player"), True)
        guest.mock_policy({"entities": {"entity_ids": every}})
        sim.reset_ledger()
        await act(hass, guest, "media_player.volume_set", {"entity_id": DOWNSTAIRS, "volume_level": 0.3})
        assert sent(sim) == ["POST /api/behaviors/preview"]


async def test_a_routine_needs_every_echo_that_it_names(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, guest: MockUser
) -> None:
    """The routine "Good night" speaks on the Bedroom Dot, whichever Echo it is run on."""
    buttons = [entity_id for entity_id in hass.states.async_entity_ids("button") if "good_night" in entity_id]
    guest.mock_policy({"entities": {"entity_ids": {KITCHEN: True, **dict.fromkeys(buttons, True)}}})
    routine = {"media_content_type": "routine", "media_content_id": "Good night"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("run_routine", {"entity_id": KITCHEN, "routine": "Good night"}),
        ("run_sequence", {"entity_id": KITCHEN, "steps": [{"routine": "Good night"}]}),
        ("media_player.play_media", {"entity_id": KITCHEN, **routine}),
        *(("button.press", {"entity_id": button}) for button in buttons),
    ]
    sim.reset_ledger()
    for action, data in calls:
        with pytest.raises(Unauthorized):
            pytest.fail(f"{action} {data}: {await act(hass, guest, action, data)}")
    assert sent(sim) == []
    guest.mock_policy({"entities": {"entity_ids": {KITCHEN: True, BEDROOM: True}}})
    await act(hass, guest, "run_routine", {"entity_id": KITCHEN, "routine": "Good night"})
    assert sent(sim) == ["POST /api/behaviors/preview"]


async def test_an_event_needs_the_echo_that_its_location_names(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, guest: MockUser
) -> None:
    (calendar,) = hass.states.async_entity_ids("calendar")
    guest.mock_policy({"entities": {"entity_ids": {calendar: True, BEDROOM: True}}})
    start = dt_util.now() + timedelta(days=1)
    times = {"start_date_time": start.isoformat(), "end_date_time": (start + timedelta(hours=1)).isoformat()}
    sim.reset_ledger()
    data = {"entity_id": calendar, "summary": "Feed the cat", **times}
    with pytest.raises(Unauthorized):
        await act(hass, guest, "calendar.create_event", {**data, "location": "Kitchen Show"})
    assert sent(sim) == []
    await act(hass, guest, "calendar.create_event", {**data, "location": "Bedroom Dot"})
    assert len(sent(sim)) == 1


async def test_only_administrators_and_automations_change_statistics(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, guest: MockUser, hass_admin_user: MockUser
) -> None:
    """A user who may control a sensor is not allowed to change its long-term statistics."""
    data = CALLS["import_air_quality"]
    guest.mock_policy({"entities": {"entity_ids": {data["entity_id"]: True}}})
    sim.reset_ledger()
    with pytest.raises(Unauthorized):
        await act(hass, guest, "import_air_quality", data)
    assert sent(sim) == []
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, hass_admin_user, "import_air_quality", data)
    assert raised.value.translation_key == "recorder_missing"


@pytest.mark.usefixtures("brief_speech")
async def test_permitted_actions_run(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, guest: MockUser
) -> None:
    await act(hass, guest, "speak", {"entity_id": BEDROOM, "message": "One", "override_dnd": True})
    await act(hass, guest, "run_sequence", {"entity_id": BEDROOM, "steps": [{"text_command": "two"}]})
    await act(hass, guest, "notify.alexa_media_bedroom_dot", {"message": "Three"})
    assert {said["device"] for said in sim.spoken()} == {"Bedroom Dot"}
    assert len(sim.spoken()) == 3
