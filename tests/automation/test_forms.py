"""Tests of actions with fields that the automation editor fills in."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import ObjectSelector
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media.features.sequences import _COMMANDS, _FIELDS, _GROUPS
from tests.conftest import Household
from tests.features.test_alarms import act, held

pytestmark = pytest.mark.platforms("media_player")

COMPONENT: Final = Path("custom_components/alexa_media")
KITCHEN = "media_player.kitchen_show"
BEDROOM = "media_player.bedroom_dot"


async def test_a_time_field_needs_no_date(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The fields of the editor and the text form create the same alarms."""
    daily = {"weekdays": ["mo", "tu", "we", "th", "fr"]}
    by_field = (await act(hass, "create_alarm", entity_id=BEDROOM, time="07:05:00", **daily))["id"]
    by_text = (await act(hass, "create_alarm", entity_id=BEDROOM, at="07:05", **daily))["id"]
    for key in ("originalDate", "originalTime", "rRuleData"):
        assert held(household, by_field)[key] == held(household, by_text)[key]
    year = dt_util.now().year + 1
    dated = await act(hass, "create_reminder", entity_id=KITCHEN, time="09:30:00", date=f"{year}-12-24", message="Tree")
    item = held(household, dated["id"])
    assert (item["originalDate"], item["originalTime"]) == (f"{year}-12-24", "09:30:00.000")
    await act(hass, "edit_reminder", notification_id=dated["id"], time="10:00:00", date=f"{year}-12-25")
    item = held(household, dated["id"])
    assert (item["originalDate"], item["originalTime"]) == (f"{year}-12-25", "10:00:00.000")


TIMES: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({}, "time is missing"),
    ({"date": "2030-01-01"}, "time is missing"),
    ({"at": "07:00", "time": "08:00:00"}, "can't be used together"),
    ({"at": "07:00", "date": "2030-01-01"}, "can't be used together"),
)


async def test_exactly_one_time_is_required(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for data, words in TIMES:
        with subtests.test(str(data)):
            sim.reset_ledger()
            with pytest.raises(ServiceValidationError, match=words):
                await act(hass, "create_alarm", entity_id=BEDROOM, **data)
            assert [one for one in sim.ledger() if one["method"] not in ("GET", "HEAD")] == []


async def test_the_form_of_steps_has_every_step(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The test fails for a kind of step, or a field of a step, that the form lacks."""
    services = yaml.safe_load((COMPONENT / "services.yaml").read_text())
    form = services["run_sequence"]["fields"]["steps"]["selector"]
    fields = set(form["object"]["fields"])
    assert fields == {*_COMMANDS, *_GROUPS, *set().union(*_FIELDS.values()), "wait", "routine", "entity_id"}
    steps = [{"speak": "Good morning", "entity_id": [KITCHEN]}, {"wait": 2}, {"do_not_disturb": {"minutes": 30}}]
    assert ObjectSelector(form["object"])(steps) == steps


async def test_steps_take_a_timer_parameters_and_do_not_disturb(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """All steps are sent in one request, in Amazon's format."""
    sim.reset_ledger()
    steps = [
        {"do_not_disturb": "00:30:00"},
        {"play": "Alexa.Weather.Play", "parameters": {"units": "metric"}},
        {"music": "jazz", "timer": 600},
    ]
    await hass.services.async_call("alexa_media", "run_sequence", {"entity_id": KITCHEN, "steps": steps}, blocking=True)
    (body,) = [one["body"] for one in sim.ledger(path="/api/behaviors/preview")]
    for part in ("metric", "DURATION#PT0H30M0S", "waitTimeInSeconds"):
        assert part in str(body)
    assert household.device("Kitchen Show")["dnd"] is True
    for wrong in ({"do_not_disturb": "13:00:00"}, {"do_not_disturb": "soon"}, {"play": "x", "parameters": [1]}):
        with pytest.raises(ServiceValidationError, match="Step 1"):
            await hass.services.async_call(
                "alexa_media", "run_sequence", {"entity_id": KITCHEN, "steps": [wrong]}, blocking=True
            )


async def test_a_step_sends_one_message_to_the_apps_however_many_echos_there_are(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The message is part of the same request as the other steps."""
    sim.reset_ledger()
    steps = [{"app_push": "Dinner is ready", "title": "Kitchen"}, {"speak": "Dinner"}]
    data = {"entity_id": [KITCHEN, BEDROOM], "steps": steps}
    await hass.services.async_call("alexa_media", "run_sequence", data, blocking=True)
    (body,) = [str(one["body"]) for one in sim.ledger(path="/api/behaviors/preview")]
    assert body.count("SendMobilePush") == 1
    for part in ("Dinner is ready", "Kitchen", entry.data["customer_id"]):
        assert part in body
    assert {said["text"] for said in sim.spoken()} >= {"Dinner"}


def selects(form: Any) -> Iterator[dict[str, Any]]:
    """Yield the selectors with options in a YAML file of forms."""
    for key, value in form.items() if isinstance(form, dict) else ():
        if key == "select":
            yield value
        yield from selects(value)


@pytest.mark.parametrize("file", ["services", "triggers", "conditions"])
def test_an_option_has_its_name_before_the_frontend_has_loaded_the_texts(file: str) -> None:
    """The editor draws its first form before the texts are loaded, and keeps the option labels from that moment."""
    options = json.loads((COMPONENT / "translations/en.json").read_text())["selector"]
    for select in selects(yaml.safe_load((COMPONENT / f"{file}.yaml").read_text())):
        if "translation_key" not in select:
            continue
        names = options[select["translation_key"]]["options"]
        assert select["options"] == [{"value": value, "label": label} for value, label in names.items()]
