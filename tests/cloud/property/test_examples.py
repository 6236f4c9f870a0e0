"""Tests that run the YAML blocks of the documentation page about Smart Properties."""

from typing import Any, cast

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from alexa_sim.client import ControlClient
from tests.conftest import until
from tests.test_examples import EXAMPLES, PROPERTY, Example, name_of


@pytest.mark.parametrize("example", [found for found in EXAMPLES if found.name.startswith(PROPERTY)], ids=name_of)
async def test_an_example_of_the_page_runs_unchanged(
    hass: HomeAssistant,
    sim: ControlClient,
    hotel: MockConfigEntry,
    example: Example,
    caplog: pytest.LogCaptureFixture,
) -> None:
    automation = cast("dict[str, Any]", yaml.safe_load(yaml.safe_dump(example.automation)))
    for action in automation["actions"]:
        if "config_entry_id" in action["data"]:
            action["data"]["config_entry_id"] = hotel.entry_id
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    hass.bus.async_fire("example")
    await until(hass, sim.ledger)
    state = hass.states.get(f"automation.{slugify(automation['alias'])}")
    assert state
    assert state.attributes["last_triggered"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
