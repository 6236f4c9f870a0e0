"""Tests of the switches for Do Not Disturb and routines with the simulated cloud."""

import asyncio
from functools import partial
from itertools import product
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.routines import AccountRoutines
from custom_components.alexa_media.cloud.model.devices import Device
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator import base
from custom_components.alexa_media.coordinator.absences import ABSENCE
from custom_components.alexa_media.coordinator.base import EXISTENCE
from custom_components.alexa_media.coordinator.recovery import Recovery
from tests.conftest import Clock, Household, act, quiet, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player", "switch")

KITCHEN = "switch.kitchen_show_do_not_disturb"


@pytest.mark.contract("entities, Do Not Disturb")
async def test_the_unique_id_is_that_of_alexa_media_player(
    entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """The unique id contains spaces like in alexa_media_player; groups have the switch too."""
    kitchen = entity_registry.async_get(KITCHEN)
    assert kitchen is not None
    assert kitchen.unique_id == f"{household.serial('Kitchen Show')}_do not disturb"
    assert kitchen.entity_category == "config"
    assert entity_registry.async_get("switch.downstairs_do_not_disturb")


@pytest.mark.contract("entities, Do Not Disturb")
async def test_switching_is_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The command is the only request, and the shown state comes from its push."""
    assert state_of(hass, "switch.bedroom_dot_do_not_disturb").state == "on"
    assert state_of(hass, KITCHEN).state == "off"
    for action, enabled in (("turn_on", True), ("turn_off", False)):
        sim.reset_ledger()
        await act(hass, action, KITCHEN)
        assert household.device("Kitchen Show")["dnd"] is enabled
        await until(hass, partial(hass.states.is_state, KITCHEN, "on" if enabled else "off"))
        await clock.advance(base.CONFIRM_DELAY + base.HINT_DELAY + 0.5, step=0.5)
        assert household.requests() == ["PUT /api/dnd/status"]


async def test_push_is_faster_than_the_answer(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that a push confirmed before the response arrived is not read."""
    backend = entry.runtime_data.backend
    put = backend.async_set_dnd

    async def answer_late(device: Device, enabled: bool) -> None:
        await put(device, enabled)
        while not hass.states.is_state(KITCHEN, "on"):
            await asyncio.to_thread(time.sleep, 0.01)

    monkeypatch.setattr(backend, "async_set_dnd", answer_late)
    sim.reset_ledger()
    await act(hass, "turn_on", KITCHEN)
    await clock.advance(base.CONFIRM_DELAY + base.HINT_DELAY + 0.5, step=0.5)
    assert [entry["method"] for entry in sim.ledger(path="/api/dnd/*")] == ["PUT"]


async def test_a_refusal_leaves_the_state_unchanged(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The refusal reaches the caller."""
    sim.fault(path="/api/dnd/status", status=400, body={"message": "no"})
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "turn_on", KITCHEN)
    assert raised.value.translation_key == "command_refused"
    assert state_of(hass, KITCHEN).state == "off"
    assert household.device("Kitchen Show")["dnd"] is False


async def test_a_late_list_adds_the_switches(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The switches appear once the list can be read; a device that a later list lacks keeps its switch."""
    fault = sim.fault(path="/api/dnd/device-status-list", status=500)
    assert fault
    await set_up(hass, config_entry)
    assert hass.states.get(KITCHEN) is None
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    sim.remove_fault(fault)
    dnd = config_entry.runtime_data.dnd
    await dnd.async_refresh()
    await until(hass, lambda: hass.states.get(KITCHEN))
    everything = dict(dnd.data)
    dnd.async_set_updated_data({})
    assert state_of(hass, KITCHEN).state == "unknown"
    dnd.async_set_updated_data(everything)
    await hass.async_block_till_done()
    assert state_of(hass, KITCHEN).state == "off"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("entities, shuffle and repeat")
async def test_shuffle_and_repeat_are_available_during_playback(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    subtests: pytest.Subtests,
) -> None:
    """Rows "ShuffleSwitch" and "RepeatSwitch": available while music is playing; a change is one request."""
    switches = {mode: f"switch.kitchen_show_{mode}" for mode in ("shuffle", "repeat")}
    for mode, entity_id in switches.items():
        registered = entity_registry.async_get(entity_id)
        assert registered is not None
        assert registered.unique_id == f"{household.serial('Kitchen Show')}_{mode}"
        assert registered.entity_category == "config"
        assert state_of(hass, entity_id).state == "unavailable"
    data = {"entity_id": "media_player.kitchen_show", "media_content_type": "AMAZON_MUSIC", "media_content_id": "quill"}
    await hass.services.async_call("media_player", "play_media", data, blocking=True)
    for entity_id in switches.values():
        await until(hass, partial(hass.states.is_state, entity_id, "off"))
    await quiet(hass, sim)
    written = {entity_id: state_of(hass, entity_id).last_reported for entity_id in switches.values()}
    household.change("Kitchen Show", volume=13)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes["volume_level"] == 0.13)
    for entity_id in switches.values():
        assert state_of(hass, entity_id).last_reported == written[entity_id], (
            "a volume change does not write the switch"
        )
    for (mode, entity_id), (action, shown) in product(switches.items(), (("turn_on", "on"), ("turn_off", "off"))):
        sim.reset_ledger()
        with subtests.test(f"{mode}-{shown}"):
            await act(hass, action, entity_id)
            await until(hass, partial(hass.states.is_state, entity_id, shown))
            assert household.device("Kitchen Show")["player"][mode] is (shown == "on")
            assert household.requests("POST", "/api/np/command") == ["POST /api/np/command"]


@pytest.mark.contract("entities, shuffle and repeat")
async def test_the_mode_of_a_group_is_changed_by_its_members(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The switch of each member changes the mode of the group that is playing."""
    data = {"entity_id": "media_player.kitchen_show", "media_content_type": "AMAZON_MUSIC", "media_content_id": "quill"}
    await hass.services.async_call("media_player", "play_media", data, blocking=True)
    music = household.device("Kitchen Show")["player"]
    household.change("Downstairs", player=music)
    member = "switch.living_room_studio_shuffle"
    await until(hass, partial(hass.states.is_state, member, "off"))
    await quiet(hass, sim)
    sim.reset_ledger()
    await act(hass, "turn_on", member)
    (request,) = sim.ledger(method="POST", path="/api/np/command")
    assert household.serial("Downstairs") in str(request["query"])
    await until(hass, partial(hass.states.is_state, member, "on"))
    await until(hass, partial(hass.states.is_state, "switch.downstairs_shuffle", "on"))


async def test_a_volume_push_does_not_write_the_modes(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """Even the first push after startup does not write the switches for shuffle and repeat."""
    modes = ("switch.kitchen_show_shuffle", "switch.kitchen_show_repeat")
    before = [state_of(hass, mode).last_reported for mode in modes]
    household.change("Kitchen Show", volume=63)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes.get("volume_level") == 0.63)
    assert [state_of(hass, mode).last_reported for mode in modes] == before


SWITCH = "switch.jo_example_org_amazon_com_routine_dinner_time"
ROUTINES = "/api/behaviors/v2/automations"
ROUTINE = "/api/behaviors/automations/*"


class Dinner:
    """A routine with an enabled switch, in Home Assistant and in the cloud."""

    def __init__(self, hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
        """Initialize with the routine in the cloud."""
        self.hass, self.sim, self.entry = hass, sim, entry
        self.key = next(key for key, each in self._all.items() if each["name"] == "Dinner time")

    @property
    def _all(self) -> dict[str, Any]:
        accounts = self.sim.state()["accounts"]
        routines: dict[str, Any] = next(account["automations"] for account in accounts.values())
        return routines

    @property
    def there(self) -> dict[str, Any]:
        """Return the routine in the cloud, without the times at which it was changed."""
        return {name: value for name, value in self._all[self.key].items() if "Millis" not in name}

    def change(self, **values: Any) -> None:
        """Change the routine in the cloud."""
        account = next(iter(self.sim.state()["accounts"]))
        self.sim.patch_state({"accounts": {account: {"automations": {self.key: values}}}})

    async def turn(self, service: str) -> None:
        """Turn the routine on or off in Home Assistant."""
        await self.hass.services.async_call("switch", service, {"entity_id": SWITCH}, blocking=True)

    async def error(self) -> str | None:
        """Turn the routine off in Home Assistant, and return the key of the error, or None."""
        with pytest.raises(HomeAssistantError) as raised:
            await self.turn("turn_off")
        return raised.value.translation_key


@pytest.fixture
async def dinner(hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry) -> Dinner:
    """Return a routine whose switch is enabled."""
    dinner = Dinner(hass, sim, config_entry)
    dinner.change(tags=["EXPLORE"], presentationDataList=[{"requiresInput": False}])
    er.async_get(hass).async_get_or_create(
        "switch",
        DOMAIN,
        f"{config_entry.unique_id}_routine_{dinner.key}",
        config_entry=config_entry,
        object_id_base="jo_example_org_amazon_com_routine_dinner_time",
    )
    await set_up(hass, config_entry)
    await until(hass, lambda: (state := hass.states.get(SWITCH)) and state.state == "on")
    sim.reset_ledger()
    return dinner


async def test_a_routine_is_turned_off_and_on_unchanged(hass: HomeAssistant, dinner: Dinner) -> None:
    before = dinner.there
    for service, status, state in (("turn_off", "DISABLED", "off"), ("turn_on", "ENABLED", "on")):
        await dinner.turn(service)
        assert dinner.there == {**before, "status": status}
        assert state_of(hass, SWITCH).state == state
    requests = [(one["method"], one["path"]) for one in dinner.sim.ledger() if "automations" in one["path"]]
    written = ("PUT", f"/api/behaviors/automations/{dinner.key}")
    assert requests == [("GET", ROUTINES), written, ("GET", ROUTINES)] * 2


async def test_a_routine_that_loses_its_actions_is_restored_or_reported(
    dinner: Dinner, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subtests.test("a routine that loses its actions is restored"):
        before = dinner.there
        dinner.change(losesActions=True)
        assert await dinner.error() == "routine_restored"
        assert dinner.there == before
        assert len(dinner.sim.ledger(method="PUT", path=ROUTINE)) == 2
    put = AccountRoutines._put
    with subtests.test("a routine that cannot be restored is reported"), monkeypatch.context() as patch:

        async def put_once(self: AccountRoutines, *args: Any) -> None:
            """Write the routine, which loses its actions; later writes fail."""
            await put(self, *args)
            dinner.sim.fault(path=ROUTINE, method="PUT", status=500)

        patch.setattr(AccountRoutines, "_put", put_once)
        dinner.change(losesActions=True)
        assert await dinner.error() == "routine_not_restored"


async def test_a_routine_that_cannot_be_changed_stays_as_it_was(
    dinner: Dinner, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subtests.test("a routine with unknown parts is not sent"):
        answer = [
            {
                "automationId": dinner.key,
                "name": "Dinner time",
                "status": "ENABLED",
                "triggers": [],
                "sequence": {"startNode": {"type": "Alexa.Speak"}},
                "conditions": [{"type": "TimeRange"}],
            }
        ]
        dinner.sim.fault(path=ROUTINES, status=200, body=answer)
        assert await dinner.error() == "routine_unknown_parts"
        assert dinner.sim.ledger(method="PUT", path=ROUTINE) == []
    dinner.sim.clear_faults()
    dinner.sim.reset_ledger()
    with subtests.test("Amazon does not change it"):
        dinner.sim.fault(path=ROUTINE, method="PUT", status=200, body={"message": "Input failed to validate."})
        assert await dinner.error() == "not_confirmed"
    dinner.sim.clear_faults()
    dinner.sim.reset_ledger()
    with subtests.test("an unknown outcome is read back"):
        dinner.sim.fault(path=ROUTINE, method="PUT", status=500)
        assert await dinner.error() == "cannot_connect"
        requests = [one["method"] for one in dinner.sim.ledger() if "automations" in one["path"]]
        assert requests == ["GET", "PUT", "GET"]
    dinner.sim.clear_faults()
    dinner.sim.reset_ledger()
    with subtests.test("a refused change does not overwrite an edit in the app"), monkeypatch.context() as patch:
        put = AccountRoutines._put

        async def edit_and_put(self: AccountRoutines, *args: Any) -> None:
            """Edit the routine after it was read, then write it."""
            dinner.change(startNode={"@type": "x", "nodesToExecute": []})
            await put(self, *args)

        patch.setattr(AccountRoutines, "_put", edit_and_put)
        dinner.sim.fault(path=ROUTINE, method="PUT", status=400)
        assert await dinner.error() == "command_refused"
        assert len(dinner.sim.ledger(method="PUT", path=ROUTINE)) == 1


@pytest.mark.parametrize("writes", [0, 1])
async def test_the_switch_of_a_deleted_routine_says_that_it_no_longer_exists(
    dinner: Dinner, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The routine was deleted in the app since the list was read, or during the write: it is not created again."""
    put, account = AccountRoutines._put, next(iter(dinner.sim.state()["accounts"]))
    deleted = {"accounts": {account: {"automations": {dinner.key: None}}}}

    async def put_before_deletion(self: AccountRoutines, *args: Any) -> None:
        """Write the routine, which is then deleted."""
        await put(self, *args)
        dinner.sim.patch_state(deleted)

    if writes:
        monkeypatch.setattr(AccountRoutines, "_put", put_before_deletion)
    else:
        dinner.sim.patch_state(deleted)
    assert await dinner.error() == "routine_gone"
    assert len(dinner.sim.ledger(method="PUT", path=ROUTINE)) == writes


async def test_a_refused_change_of_routines_is_sent_once(hass: HomeAssistant, dinner: Dinner) -> None:
    dinner.sim.fault(path=ROUTINE, method="PUT", status=404)
    assert [await dinner.error() for _ in range(2)] == ["unsupported"] * 2
    assert len(dinner.sim.ledger(method="PUT", path=ROUTINE)) == 1
    assert dinner.entry.runtime_data.backend.unsupported == ("update_routine",)
    assert state_of(hass, SWITCH).state == "on"


@pytest.mark.parametrize("reads", ["turn_off", "async_read_now"])
async def test_reading_the_routines_for_a_command_counts_as_a_poll(
    hass: HomeAssistant, dinner: Dinner, clock: Clock, reads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends a series of failed polls, and finds out that a routine known from before a restart is gone."""
    # as shortly after an attempt to recover has failed
    monkeypatch.setattr(Recovery, "_async_begin", lambda _self: None)
    routines = dinner.entry.runtime_data.routines
    gone: list[bool] = []
    routines.async_remember(["before the restart"])
    routines.async_add_listener(lambda: gone.append(routines.is_gone("before the restart")), EXISTENCE)
    dinner.sim.fault(path=ROUTINES, status=400, times=2)
    for _ in range(2):
        await routines.async_refresh()
    gone.clear()
    clock.freezer.tick(ABSENCE)
    began = hass.loop.time()
    await (dinner.turn("turn_off") if reads == "turn_off" else routines.async_read_now())
    assert state_of(hass, SWITCH).state == ("off" if reads == "turn_off" else "on")
    assert any(gone), "the listeners were told that the routine is gone"
    assert routines.is_read_since(began), (began, routines.read_whole_at)

    routines.async_set_push(False)
    dinner.sim.fault(path=ROUTINES, status=400, times=1)
    await routines.async_refresh()
    assert not routines.last_update_success
    assert state_of(hass, SWITCH).state != "unavailable"
