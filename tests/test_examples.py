"""Tests that run every YAML block of the README and the documentation with the simulated cloud."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
import re
from typing import Any, Final, cast

from homeassistant import config
from homeassistant.const import CONF_DELAY, EVENT_CALL_SERVICE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    restore_state,
    script,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, quiet, set_up, state_of, until

ROOT: Final = Path(__file__).resolve().parent.parent
BLOCK: Final = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROPERTY: Final = "docs/smart-properties.md"

OTHERS: Final = {
    "binary_sensor.doorbell": "off",
    "binary_sensor.front_door": "off",
    "cover.bedroom": "closed",
    "cover.garage": "open",
    "input_button.dinner": "unknown",
    "light.bedroom": "off",
    "sensor.pool_temperature": "24",
    "sensor.rain_probability": "80",
    "sensor.washing_machine_power": "400",
    "tts.piper": "unknown",
    "zone.home": "1",
}
"""Entities of other integrations that examples use, and their states."""

SHORT: Final = {
    "alarm_control_panel.alexa_guard_60057": "alarm_control_panel.alexa_guard",
}
"""Entity ids that the pages shorten, like users do."""

ELSEWHERE: Final = {"notify.mobile_app_phone", "tts.speak"}
"""Actions of other integrations in the examples."""

CARDS: Final = {"button", "calendar", "entities", "grid", "heading", "markdown", "media-control", "tile", "todo-list"}
"""Home Assistant's cards in the examples."""


@dataclass(frozen=True, slots=True)
class Example:
    """A block of YAML."""

    name: str
    content: dict[str, Any]

    @property
    def automation(self) -> dict[str, Any] | None:
        """Return the block as an automation; a block of actions is triggered by an event."""
        if "triggers" in self.content:
            return self.content
        started = {"alias": self.name, "triggers": [{"trigger": "event", "event_type": "example"}]}
        if "actions" in self.content:
            return started | self.content
        return started | {"actions": [self.content]} if "action" in self.content else None


def examples() -> Iterator[Example]:
    """Yield the blocks of all pages."""
    for path in PAGES:
        text = path.read_text()
        for match in BLOCK.finditer(text):
            name = f"{path.relative_to(ROOT)}:{text.count('\n', 0, match.start()) + 1}"
            yield Example(name, yaml.safe_load(match[1]))


EXAMPLES: Final = list(examples())
AUTOMATIONS: Final = [found for found in EXAMPLES if found.automation and not found.name.startswith(PROPERTY)]
AUTOMATED: Final = {
    page: list(found) for page, found in groupby(AUTOMATIONS, lambda example: example.name.partition(":")[0])
}
"""The automations of each page."""

SPECIAL: Final = {"import_air_quality": "recorder", "assist_satellite": "broadcasts"}
"""Words of examples that need a special home, and what the home has."""


def home_for(page: str) -> str:
    """Return what the home for a page has: "recorder", "broadcasts", or "nothing special"."""
    contents = str([example.content for example in AUTOMATED[page]])
    return " ".join(found for word, found in SPECIAL.items() if word in contents) or "nothing special"


PAGES_OF_HOME: Final = {has: list(pages) for has, pages in groupby(sorted(AUTOMATED, key=home_for), home_for)}
"""The pages by what their home has."""

VIEWS: Final = [found for found in EXAMPLES if "sections" in found.content]


def name_of(example: Example) -> str:
    """Return the test id of an example."""
    return example.name


def needs(request: pytest.FixtureRequest, special: str) -> bool:
    """Return whether the home of a test has something special."""
    callspec = getattr(request.node, "callspec", None)
    return callspec is not None and special in callspec.params.get("has", "")


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Set up the recorder for examples that need it, before Home Assistant."""
    if needs(request, "recorder"):
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


def add_television(household: Household) -> None:
    """Add a Fire TV, which the demo household doesn't have."""
    household.add(
        "G0SIM000TELEVIS1",
        "Office Spot",
        accountName="Television",
        deviceFamily="FIRE_TV",
        deviceType="A2LWARUGJLBYEW",
        capabilities=[],
        fireTv={"on": False, "paused": False, "home": False, "search": None},
    )


def rename_entities(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """Give the entities the ids that the pages use."""
    registry = er.async_get(hass)
    for found in er.async_entries_for_config_entry(registry, config_entry.entry_id):
        device = dr.async_get(hass).async_get(found.device_id or "")
        assert isinstance(device, dr.DeviceEntry)
        if device.entry_type is dr.DeviceEntryType.SERVICE:
            wanted = f"{found.domain}.alexa_{slugify(found.original_name or '')}"
            if found.entity_id != wanted:
                registry.async_update_entity(found.entity_id, new_entity_id=wanted)
        if found.entity_id in SHORT:
            registry.async_update_entity(found.entity_id, new_entity_id=SHORT[found.entity_id])


@pytest.fixture
async def home(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    brief_speech: None,
) -> AsyncIterator[MockConfigEntry]:
    """Return an account whose entities have the ids on the pages, and entities of other integrations."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)
    registry = er.async_get(hass)
    registry.async_get_or_create(
        "number",
        "alexa_media",
        f"{household.serial('Kitchen Show')}_brightness",
        config_entry=config_entry,
        suggested_object_id="kitchen_show_brightness",
    )
    add_television(household)
    if needs(request, "broadcasts"):
        assert await async_setup_component(hass, "homeassistant", {})
        hass.config_entries.async_update_entry(config_entry, options={"broadcast": True})
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.4, rest=0.03)
    rename_entities(hass, config_entry)
    upstairs = ar.async_get(hass).async_create("Upstairs", aliases=set())
    spot = registry.async_get("media_player.office_spot")
    assert spot
    dr.async_get(hass).async_update_device(spot.device_id or "", area_id=upstairs.id)
    for entity_id, state in OTHERS.items():
        hass.states.async_set(entity_id, state)
    await hass.async_block_till_done()
    yield config_entry
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()


def referenced(content: object) -> Iterator[str]:
    """Yield the entities in a block, including those in templates."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key in {"action", "perform_action", "trigger"} and isinstance(value, str):
                continue
            yield from referenced(value)
    elif isinstance(content, list):
        for value in content:
            yield from referenced(value)
    elif isinstance(content, str):
        domains = (
            "media_player|sensor|binary_sensor|switch|light|cover|notify|todo|calendar|number|alarm_control_panel"
            "|assist_satellite"
        )
        yield from re.findall(rf"\b(?:{domains})\.[a-z0-9_]+", content)


def called(content: object) -> Iterator[str]:
    """Yield the actions in a block."""
    if isinstance(content, Mapping):
        if isinstance(content.get("action"), str) and "." in content["action"]:
            yield content["action"]
        for value in content.values():
            yield from called(value)
    elif isinstance(content, list):
        for value in content:
            yield from called(value)


def writes(sim: ControlClient) -> int:
    """Return the number of write requests."""
    return sum(entry["method"] != "GET" and "/auth/" not in entry["path"] for entry in sim.ledger())


def reaches_amazon(actions: object) -> bool:
    """Return whether actions change something at Amazon; other actions concern other integrations or files."""
    foreign = set(called(actions)) <= {*ELSEWHERE, "alexa_media.record"}
    return not foreign and any(found not in OTHERS for found in referenced(actions))


async def start(hass: HomeAssistant, sim: ControlClient, household: Household, automation: dict[str, Any]) -> None:
    """Cause the trigger of an automation by speaking its command, or trigger the automation manually."""
    trigger = automation["triggers"][0]
    if "last_spoken_to" in str(automation):
        sim.say(household.serial("Bedroom Dot"), "what time is it")
        await until(hass, lambda: state_of(hass, "sensor.alexa_last_spoken_to_echo").state == "Bedroom Dot")
    if trigger["trigger"] == "event":
        hass.bus.async_fire(trigger["event_type"])
    elif trigger["trigger"] == "alexa_media.voice_command":
        heard = trigger["target"]["entity_id"]
        state = hass.states.get(heard[0] if isinstance(heard, list) else heard)
        assert state
        sim.say(household.serial(state.name), re.sub(r"\{\w+\}", "pool", trigger["options"]["text"]))
    else:
        entity_id = f"automation.{slugify(automation['alias'])}"
        await hass.services.async_call("automation", "trigger", {"entity_id": entity_id}, blocking=True)


def automations_of(page: str, home: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """Return copies of the automations of a page by the names of their examples, with the account's id."""
    automations = {}
    for example in AUTOMATED[page]:
        automation = cast("dict[str, Any]", yaml.safe_load(yaml.safe_dump(example.automation)))
        for action in automation["actions"]:
            if "config_entry_id" in action.get("data", {}):
                action["data"]["config_entry_id"] = home.entry_id
        automations[example.name] = automation
    return automations


async def run(hass: HomeAssistant, sim: ControlClient, household: Household, automation: dict[str, Any]) -> None:
    """Turn on an automation, cause its trigger, and wait until it has called an action, which may change Amazon."""
    actions = set(called(automation))
    calls = async_capture_events(hass, EVENT_CALL_SERVICE)
    before = writes(sim)
    entity_id = f"automation.{slugify(automation['alias'])}"
    await hass.services.async_call("automation", "turn_on", {"entity_id": entity_id}, blocking=True)
    await start(hass, sim, household, automation)
    await until(hass, lambda: {f"{call.data['domain']}.{call.data['service']}" for call in calls} & actions)
    if reaches_amazon(automation["actions"]):
        await until(hass, lambda: writes(sim) > before)
    assert state_of(hass, entity_id).attributes["last_triggered"], "it did not run"


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the errors in the log."""
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


@pytest.fixture
def brief_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the delays in automations to a hundredth."""
    period_of = script._ScriptRun._get_pos_time_period_template

    def shortened(run: Any, key: str) -> timedelta:
        return period_of(run, key) / (100 if key == CONF_DELAY else 1)

    monkeypatch.setattr(script._ScriptRun, "_get_pos_time_period_template", shortened)


async def replace_automations(hass: HomeAssistant, automations: list[dict[str, Any]]) -> None:
    """Reload the automations, as if these were the ones in Home Assistant's configuration.

    Those of the same name that were there before, and whether they were on, are forgotten.
    """
    for configured in ([], automations):
        restore_state.async_get(hass).last_states.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(config, "load_yaml_config_file", lambda *_, found=configured: {"automation": found})
            await hass.services.async_call("automation", "reload", blocking=True)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("brief_delays")
@pytest.mark.parametrize("has", PAGES_OF_HOME)
async def test_the_automations_of_the_pages_run_unchanged(
    hass: HomeAssistant,
    sim: ControlClient,
    home: MockConfigEntry,
    household: Household,
    has: str,
    caplog: pytest.LogCaptureFixture,
    subtests: pytest.Subtests,
) -> None:
    """Only one of the automations of a page is on at a time."""
    existing = {state.entity_id for state in hass.states.async_all()}
    assert await async_setup_component(hass, "automation", {"automation": []})
    for page in PAGES_OF_HOME[has]:
        automations = automations_of(page, home)
        for action in set(called(list(automations.values()))) & ELSEWHERE:
            async_mock_service(hass, *action.split("."))
        caplog.clear()
        await replace_automations(hass, list(automations.values()))
        states = {name: hass.states.get(f"automation.{slugify(each['alias'])}") for name, each in automations.items()}
        with subtests.test(f"{page} set-up"):
            assert len({slugify(each["alias"]) for each in automations.values()}) == len(automations), "a name is taken"
            assert errors(caplog) == []
        for example in AUTOMATED[page]:
            caplog.clear()
            await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
            await quiet(hass, sim, calm=0.4, rest=0.03)
            with subtests.test(example.name):
                unknown = set(referenced(example.content)) - existing
                assert [found for found in unknown if not hass.services.has_service(*found.split("."))] == []
                state = states[example.name]
                assert state, "the automation was not accepted"
                assert state.state == "on", "the automation is not valid"
                await run(hass, sim, household, automations[example.name])
                assert errors(caplog) == []


@pytest.mark.parametrize("example", VIEWS, ids=name_of)
async def test_a_view_on_the_pages_shows_existing_entities(
    hass: HomeAssistant, home: MockConfigEntry, example: Example, hass_ws_client: Any
) -> None:
    assert await async_setup_component(hass, "lovelace", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "lovelace/config/save", "config": {"views": [example.content]}})
    assert (await client.receive_json())["success"]
    await client.send_json_auto_id({"type": "lovelace/config"})
    assert (await client.receive_json())["result"]["views"] == [example.content]
    assert [found for found in referenced(example.content) if not hass.states.get(found)] == []
    for section in example.content["sections"]:
        assert {card["type"] for card in section["cards"]} <= CARDS
        for card in section["cards"]:
            if action := card.get("tap_action", {}).get("perform_action"):
                assert hass.services.has_service(*action.split("."))


def test_every_block_is_tested() -> None:
    tested = {found.name for found in (*AUTOMATIONS, *VIEWS)}
    rest = [found.name for found in EXAMPLES if found.name not in tested]
    assert [name for name in rest if not name.startswith(PROPERTY)] == []
    assert len(AUTOMATIONS) >= 30
