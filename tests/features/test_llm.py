"""Tests of the tools for language models: effects at Amazon, exposure and permissions."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, intent, llm
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, quiet, until

pytestmark = [pytest.mark.platforms("event", "media_player", "sensor", "todo"), pytest.mark.usefixtures("brief_speech")]

ASSISTANT = "conversation"
KITCHEN = "media_player.kitchen_show"
OFFICE = "media_player.office_spot"


@pytest.fixture(autouse=True)
async def assist(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up Assist's tools, and expose two Echos."""
    for domain in ("homeassistant", "conversation", "llm", "intent"):
        assert await async_setup_component(hass, domain, {})
    for state in hass.states.async_all():
        async_expose_entity(hass, ASSISTANT, state.entity_id, state.entity_id in (KITCHEN, OFFICE))


async def api(hass: HomeAssistant, context: Context | None = None, device_id: str | None = None) -> llm.APIInstance:
    """Return Assist's tools for a caller."""
    caller = llm.LLMContext(
        platform="test", context=context or Context(), language="en", assistant=ASSISTANT, device_id=device_id
    )
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, caller)


async def use(hass: HomeAssistant, tool: str, context: Context | None = None, **args: Any) -> dict[str, Any]:
    """Call a tool of the integration."""
    instance = await api(hass, context)
    result = await instance.async_call_tool(llm.ToolInput(f"alexa_media__{tool}", args))
    assert not result.error
    return dict(result.data)


async def test_tools_only_exist_while_an_echo_is_exposed(hass: HomeAssistant) -> None:
    """The names of the tools start with the domain, and the prompt only names exposed Echos."""
    instance = await api(hass)
    tools = [tool for tool in instance.tools if tool.integration == "alexa_media"]
    assert len(tools) == 10
    assert all(tool.name.startswith("alexa_media__") and tool.title and tool.description for tool in tools)
    assert "Amazon Echo devices: Kitchen Show, Office Spot." in instance.api_prompt
    for entity_id in (KITCHEN, OFFICE):
        async_expose_entity(hass, ASSISTANT, entity_id, False)
    assert not [tool for tool in (await api(hass)).tools if tool.integration == "alexa_media"]


async def test_a_message_is_spoken_on_one_echo_or_announced_on_all_that_are_exposed(
    hass: HomeAssistant, sim: ControlClient, household: Household
) -> None:
    """Blank arguments, which language models send, are ignored."""
    assert (await use(hass, "speak", message="Dinner", echo_name="kitchen show", echo_area=""))["success"]
    assert [(said["text"], said["serial"]) for said in sim.spoken()] == [("Dinner", household.serial("Kitchen Show"))]
    answer = await use(hass, "speak", message="All in", announce=True, everywhere=True)
    assert answer["echos"] == ["Kitchen Show", "Office Spot"]
    assert {said["serial"] for said in sim.spoken() if said["text"] == "All in"} == {
        household.serial("Kitchen Show"),
        household.serial("Office Spot"),
    }


async def test_the_echo_in_the_area_of_the_user_is_used(
    hass: HomeAssistant, sim: ControlClient, household: Household
) -> None:
    """Without a name, the Echo in the area of the voice satellite is used; without an area, the tool asks."""
    registered = er.async_get(hass).async_get(OFFICE)
    assert registered is not None
    assert registered.device_id is not None
    area = ar.async_get(hass).async_get_or_create("Study")
    dr.async_get(hass).async_update_device(registered.device_id, area_id=area.id)
    with pytest.raises(intent.MatchFailedError):
        await use(hass, "speak", message="Here")
    await use(hass, "speak", message="Here", echo_area="study")
    instance = await api(hass, device_id=registered.device_id)
    await instance.async_call_tool(llm.ToolInput("alexa_media__speak", {"message": "There"}))
    assert [said["serial"] for said in sim.spoken()] == [household.serial("Office Spot")] * 2


async def test_alarms_reminders_and_timers_are_set_listed_and_deleted(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Notifications are deleted by the ids that the list contains."""
    alarm = await use(hass, "set_alarm", time="06:45", weekdays=["MO", "FR"], echo_name="Office Spot")
    reminder = await use(hass, "set_reminder", time="23:59", message="Bins", echo_name="Office Spot")
    await use(hass, "set_timer", minutes=10, label="eggs", echo_name="Office Spot")
    await quiet(hass, sim)
    items = (await use(hass, "list_alarms", echo_name="Office Spot"))["items"]
    found = {item["id"]: item for item in items if item["echo"] == "Office Spot"}
    assert found[alarm["id"]]["type"] in ("alarm", "musicalarm")
    assert "T06:45:00" in found[alarm["id"]]["next"]
    assert found[reminder["id"]]["label"] == "Bins"
    timers = [item for item in found.values() if item["type"] == "timer"]
    assert [timer["label"] for timer in timers] == ["eggs"]
    await use(hass, "change_timer", change="pause", label="eggs", echo_name="Office Spot")
    assert sim.spoken()[-1]["text"] == "pause the eggs timer"
    for number in (alarm["id"], reminder["id"]):
        await use(hass, "delete_alarm", id=number)
    await quiet(hass, sim)
    left = {item["id"] for item in (await use(hass, "list_alarms"))["items"]}
    assert not left & {alarm["id"], reminder["id"]}


async def test_bad_arguments_and_users_without_permission_change_nothing(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    hass_read_only_user: MockUser,
    subtests: pytest.Subtests,
) -> None:
    with subtests.test("a timer without a duration, an unknown weekday and an invalid time"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError):
            await use(hass, "set_timer", minutes=0, echo_name="Office Spot")
        with pytest.raises(vol.Invalid):
            await use(hass, "set_alarm", time="07:00", weekdays=["someday"], echo_name="Office Spot")
        with pytest.raises((vol.Invalid, HomeAssistantError)):
            await use(hass, "set_alarm", time="at seven", echo_name="Office Spot")
        assert household.requests() == []
    with subtests.test("the permissions of the user who talks to Assist apply"):
        context = Context(user_id=hass_read_only_user.id)
        sim.reset_ledger()
        for tool, args in (
            ("speak", {"message": "Hello"}),
            ("set_alarm", {"time": "07:00"}),
            ("run_routine", {"routine": "Good night"}),
            ("play_music", {"query": "jazz"}),
        ):
            with pytest.raises(Unauthorized):
                await use(hass, tool, context, echo_name="Kitchen Show", **args)
        assert household.requests() == []
        hass_read_only_user.mock_policy({})
        assert (await use(hass, "list_alarms", context))["items"] == []
        assert (await use(hass, "get_last_command", context))["last"] is None


async def test_unexposed_entities_can_neither_be_read_nor_changed(
    hass: HomeAssistant, sim: ControlClient, household: Household
) -> None:
    """Covers Echos by name, their alarms by id, and their last commands."""
    other = (await use(hass, "set_alarm", time="06:45", echo_name="Office Spot"))["id"]
    sim.say(household.serial("Office Spot"), "open the garage", "OK")
    await quiet(hass, sim)
    async_expose_entity(hass, ASSISTANT, OFFICE, False)
    with pytest.raises(intent.MatchFailedError):
        await use(hass, "speak", message="Hello", echo_name="Office Spot")
    with pytest.raises(ServiceValidationError) as err:
        await use(hass, "delete_alarm", id=other)
    assert err.value.translation_key == "alarm_gone"
    assert other not in {item["id"] for item in (await use(hass, "list_alarms"))["items"]}
    assert "garage" not in str(await use(hass, "get_last_command"))


async def test_the_last_command_is_returned(
    hass: HomeAssistant, sim: ControlClient, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result contains the text and the answer if the options enable transcripts."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.15)
    sim.say(household.serial("Kitchen Show"), "what's for dinner", "Pasta")
    await until(hass, lambda: hass.states.get(KITCHEN))
    await quiet(hass, sim)
    last = (await use(hass, "get_last_command"))["last"]
    assert (last["echo"], last["text"], last["response"]) == ("Kitchen Show", "what's for dinner", "Pasta")


async def test_a_routine_runs_and_music_plays(hass: HomeAssistant, sim: ControlClient, household: Household) -> None:
    """Both tools use the given Echo."""
    await use(hass, "play_music", query="jazz", echo_name="Kitchen Show")
    await until(hass, lambda: (state := hass.states.get(KITCHEN)) and state.state == "playing")
    sim.reset_ledger()
    assert (await use(hass, "run_routine", routine="Good night", echo_name="Kitchen Show"))["success"]
    assert household.requests("POST", "/api/behaviors/preview")


async def test_lists_are_used_by_the_tools_of_home_assistant(hass: HomeAssistant, household: Household) -> None:
    """Home Assistant's tools read and change an exposed list of Alexa; there is no second tool."""
    lists = hass.states.async_entity_ids("todo")
    shopping = next(entity_id for entity_id in lists if "shopping" in entity_id)
    async_expose_entity(hass, ASSISTANT, shopping, True)
    state = hass.states.get(shopping)
    assert state is not None
    instance = await api(hass)
    await instance.async_call_tool(llm.ToolInput("todo__HassListAddItem", {"item": "Saffron", "name": state.name}))
    result = await instance.async_call_tool(llm.ToolInput("todo__get_items", {"todo_list": state.name}))
    assert "Saffron" in str(result.data)
    assert "Saffron" in str(household.accounts)
