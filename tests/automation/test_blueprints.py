"""Tests of the blueprints, imported and run in a real Home Assistant."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.echo_events import VOICE, has_listeners
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.automation.test_alarm_triggers import bread, change
from tests.conftest import Clock, Household, end_speech, set_up, until
from tests.features.test_alarms import act

pytestmark = pytest.mark.platforms("binary_sensor", "calendar", "light", "media_player", "sensor")

FOLDER: Final = Path(__file__).resolve().parents[2] / "blueprints" / "automation" / "alexa_media"
KITCHEN: Final = "media_player.kitchen_show"
STUDIO: Final = "media_player.living_room_studio"
BEDROOM: Final = "media_player.bedroom_dot"
ASKS: Final = [{"trigger": "event", "event_type": "now"}]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.03)


class Importer:
    """Imports blueprints, and sets up automations that use them."""

    def __init__(self, hass: HomeAssistant, clients: WebSocketGenerator) -> None:
        """Initialize with Home Assistant and a client of its websocket API."""
        self._hass = hass
        self._clients = clients
        self._imported: set[str] = set()

    async def use(self, name: str, **inputs: Any) -> None:
        """Import a blueprint if it is new, and set up an automation with its inputs."""
        assert await async_setup_component(self._hass, "automation", {})
        if name not in self._imported:
            await self._import(name)
        config = {"alias": name, "use_blueprint": {"path": f"alexa_media/{name}.yaml", "input": inputs}}
        assert await async_setup_component(self._hass, "automation", {})
        await self._reload([config])
        state = self._hass.states.get(f"automation.{name}")
        assert state, "the automation was not accepted"
        assert state.state == "on"

    async def _import(self, name: str) -> None:
        """Import a blueprint like the UI does."""
        client = await self._clients(self._hass)
        text = (FOLDER / f"{name}.yaml").read_text()
        saved = {"domain": "automation", "path": f"alexa_media/{name}", "yaml": text}
        await client.send_json_auto_id({"type": "blueprint/save", **saved})
        assert (await client.receive_json())["success"]
        await client.send_json_auto_id({"type": "blueprint/list", "domain": "automation"})
        assert "metadata" in (await client.receive_json())["result"][f"alexa_media/{name}.yaml"]
        self._imported.add(name)

    async def _reload(self, automations: list[Mapping[str, Any]]) -> None:
        """Load automations, replacing earlier ones."""
        with pytest.MonkeyPatch.context() as patch:

            async def configuration(*_: Any, **__: Any) -> dict[str, Any]:
                return {"automation": automations}

            patch.setattr("homeassistant.helpers.entity_component.conf_util.async_hass_config_yaml", configuration)
            await self._hass.services.async_call("automation", "reload", blocking=True)
        await self._hass.async_block_till_done()


@pytest.fixture
def importer(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Importer:
    """Return an importer that stores blueprints in a folder of the test."""
    path = hass.config.path
    monkeypatch.setattr(
        hass.config, "path", lambda *parts: str(tmp_path.joinpath(*parts)) if "blueprints" in parts else path(*parts)
    )
    return Importer(hass, hass_ws_client)


def spoken(sim: ControlClient) -> list[tuple[str, str]]:
    """Return the device and the text of each message, as plain text."""
    return sorted((item["device"], item["text"]) for item in sim.spoken())


async def test_the_doorbell_is_announced_except_where_do_not_disturb_is_on(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, importer: Importer
) -> None:
    serial = household.serial("Living Room Studio")
    household.change("Living Room Studio", dnd=True)
    await until(hass, lambda: entry.runtime_data.dnd.data[serial])
    hass.states.async_set("event.doorbell", "2026-01-01T00:00:00+00:00")
    await importer.use("doorbell", doorbell=["event.doorbell"], echos={"entity_id": [KITCHEN, STUDIO]})
    hass.states.async_set("event.doorbell", "2026-01-01T00:01:00+00:00")
    await until(hass, sim.spoken)
    await hass.async_block_till_done()
    assert spoken(sim) == [("Kitchen Show", "Someone is at the door.")]


async def test_an_answer_is_spoken_where_the_question_was(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, importer: Importer
) -> None:
    await importer.use(
        "answer",
        text="how warm is the {what}",
        answer="The {{ trigger.slots.what }} has 21 degrees.",
        echos={"entity_id": [KITCHEN, STUDIO]},
    )
    sim.say(household.serial("Living Room Studio"), "how warm is the pool")
    await until(hass, sim.spoken)
    assert spoken(sim) == [("Living Room Studio", "The pool has 21 degrees.")]


async def test_a_light_turns_on_before_the_alarm(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock, importer: Importer
) -> None:
    await set_up(hass, config_entry)
    await clock.settle()
    calls = async_mock_service(hass, "light", "turn_on")
    at = (dt_util.now() + timedelta(minutes=30)).replace(microsecond=0)
    await act(hass, "create_alarm", entity_id=BEDROOM, at=at)
    await clock.settle()
    await importer.use(
        "wake_up_light",
        next_alarm="sensor.bedroom_dot_next_alarm",
        light={"entity_id": "light.bedroom"},
        ahead="-00:20:00",
        seconds=600,
    )
    await clock.advance(8 * 60, 60)
    assert calls == []
    await clock.advance(3 * 60, 60)
    assert [(call.data["entity_id"], call.data["transition"]) for call in calls] == [(["light.bedroom"], 600)]


async def test_good_night_activates_a_scene(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, importer: Importer
) -> None:
    calls = async_mock_service(hass, "scene", "turn_on")
    more = async_capture_events(hass, "more")
    await importer.use(
        "good_night", echos={"entity_id": [BEDROOM]}, scene="scene.night", more=[{"event": "more", "event_data": {}}]
    )
    sim.say(household.serial("Kitchen Show"), "good night")
    await until(hass, lambda: (last := entry.runtime_data.history.last) and last.text == "good night")
    sim.say(household.serial("Bedroom Dot"), "good night")
    await until(hass, lambda: more)
    assert [call.data["entity_id"] for call in calls] == [["scene.night"]]
    assert len(more) == 1


async def test_an_event_of_a_calendar_sets_a_reminder(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    importer: Importer,
) -> None:
    """The test uses the calendar of the integration; any other calendar also works."""
    await set_up(hass, config_entry)
    await clock.settle()
    at = (dt_util.now() + timedelta(minutes=25)).replace(microsecond=0)
    await act(hass, "create_reminder", entity_id=BEDROOM, at=at, message="Paper")
    await clock.settle()
    calendar = next(iter(hass.states.async_entity_ids("calendar")))
    await importer.use(
        "bins", calendar=calendar, word="paper", offset="-00:10:00", echos={"entity_id": [KITCHEN]}, prefix="Bins"
    )
    await clock.advance(17 * 60, 60)
    labels = [
        (item["reminderLabel"], item["deviceSerialNumber"])
        for account in household.accounts.values()
        for item in account["notifications"].values()
    ]
    assert ("Bins: Paper", household.serial("Kitchen Show")) in labels
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.bins"}, blocking=True)


async def test_a_question_is_answered_or_not(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    importer: Importer,
    subtests: pytest.Subtests,
) -> None:
    answers = async_capture_events(hass, "answered")
    chosen = {
        f"{name}_actions": [{"event": "answered", "event_data": {"it": name}}] for name in ("yes", "no", "silent")
    }
    for said, answer in (("close it", "yes"), ("leave it", "no"), (None, "silent")):
        before = len(sim.spoken())
        end_speech(entry)
        answers.clear()
        wait = {"seconds": 20} if said else {"milliseconds": 100}
        await importer.use("question", triggers=ASKS, echo=KITCHEN, question="The garage is open.", wait=wait, **chosen)
        with subtests.test(answer):
            hass.bus.async_fire("now")
            async with asyncio.timeout(15):
                # ``until`` would wait for the end of the automation
                while not has_listeners(hass, VOICE):
                    await asyncio.sleep(0.02)
                if said:
                    sim.say(household.serial("Kitchen Show"), said)
                while not answers:
                    await asyncio.sleep(0.02)
            assert spoken(sim)[before:] == [("Kitchen Show", "The garage is open.")]
            assert [event.data["it"] for event in answers] == [answer]


async def test_the_volume_depends_on_the_time(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    importer: Importer,
    subtests: pytest.Subtests,
) -> None:
    for begins, ends, volume in (("00:00:00", "23:59:59", 20), ("23:59:58", "23:59:59", 70)):
        before = len(sim.spoken())
        end_speech(entry)
        await importer.use(
            "quiet_at_night",
            triggers=ASKS,
            message="Washing is done",
            echos={"entity_id": [KITCHEN]},
            night_begins=begins,
            night_ends=ends,
            day_volume=0.7,
            night_volume=0.2,
        )
        with subtests.test(f"{begins}-{ends}"):
            hass.bus.async_fire("now")
            await until(hass, lambda before=before: sim.spoken()[before:])  # type: ignore[misc]
            said = [(item["text"], item["volume"]) for item in sim.spoken()[before:]]
            assert said == [("Washing is done", volume)]


async def test_a_finished_timer_is_announced_on_another_echo(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    importer: Importer,
) -> None:
    account, key = bread(household)
    change(sim, household, {"remainingTime": 300_000})
    serial = household.accounts[account]["notifications"][key]["deviceSerialNumber"]
    name = household.accounts[account]["devices"][serial]["accountName"]
    await set_up(hass, config_entry)
    await clock.settle()
    player = f"media_player.{name.lower().replace(' ', '_')}"
    await importer.use("timer", timers={"entity_id": player}, echos={"entity_id": STUDIO})
    change(sim, household, {"remainingTime": 30_000, "timerLabel": "Pasta"})
    await clock.settle()
    await clock.advance(40, 40)
    assert [text for device, text in spoken(sim) if device == "Living Room Studio"] == [
        f"The Pasta timer on {name} has finished."
    ]


async def test_a_smoke_alarm_that_an_echo_hears_turns_on_the_lights(
    hass: HomeAssistant, importer: Importer, entry: MockConfigEntry
) -> None:
    lights = async_mock_service(hass, "light", "turn_on")
    notified = async_mock_service(hass, "notify", "send_message")
    sound = "binary_sensor.kitchen_show_smoke_alarm_heard"
    hass.states.async_set(sound, "off", {"friendly_name": "Smoke alarm heard"})
    message = {"action": "notify.send_message", "data": {"message": "{{ heard }}"}}
    await importer.use("smoke_alarm", sounds=[sound], lights={"entity_id": "light.hall_hall_light"}, notify=[message])
    hass.states.async_set(sound, "on", {"friendly_name": "Smoke alarm heard"})
    await until(hass, lambda: bool(lights and notified))
    assert lights[0].data["entity_id"] == ["light.hall_hall_light"]
    assert notified[0].data["message"] == "Smoke alarm heard"


def test_every_blueprint_is_run_and_described() -> None:
    tests = Path(__file__).read_text()
    page = (FOLDER.parents[2] / "docs" / "recipes.md").read_text()
    for path in FOLDER.glob("*.yaml"):
        assert f'"{path.stem}"' in tests
        assert path.name in page
