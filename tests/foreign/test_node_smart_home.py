"""Tests of the smart home with unmodified homebridge-alexa-smarthome and alexa-remote2."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import JO, run


@pytest.fixture(scope="module")
def done(node: str, node_packages: Path) -> dict[str, Any]:
    """Return the results of both clients after all their requests."""
    result: dict[str, Any] = run(node, Path(__file__).with_name("node_smart_home_program.mjs"), node_packages)
    return result


def test_all_their_requests_are_served(done: dict[str, Any]) -> None:
    assert {name: one for name, one in done["found"].items() if "error" in one} == {}
    assert len(done["found"]) > 20


def test_appliances_are_found_in_both_forms(done: dict[str, Any]) -> None:
    answers = {name: one["answer"] for name, one in done["found"].items()}
    names = {"Hall Light", "Coffee Maker", "Hall Thermostat", "Front Door Lock", "Air Monitor"}
    assert names <= {device["displayName"] for device in answers["devices"]}
    assert names <= {device["friendlyName"] for device in answers["appliances"]}
    assert names <= {entity["displayName"] for entity in answers["smart home entities"]}
    assert answers["state of an appliance"]["errors"] == []
    assert answers["appliance switched"]["controlResponses"][0]["code"] == "SUCCESS"


def test_their_commands_change_appliances_and_are_read_back(done: dict[str, Any]) -> None:
    appliances = {one["name"]: one["features"] for one in done["accounts"][JO]["appliances"].values()}
    light = appliances["Hall Light"]
    assert (light["power"]["powerState"], light["brightness"]["brightness"]) == ("ON", 33)
    assert appliances["Front Door Lock"]["lock"]["lockState"] == "UNLOCKED"
    assert appliances["Coffee Maker"]["power"]["powerState"] == "ON"
    _, states = done["found"]["state of a thermostat"]["answer"]
    read = {state["name"]: state["value"] for state in states}
    assert float(read["targetSetpoint"]["value"]) == 23
    _, states = done["found"]["state of a lock"]["answer"]
    assert {"UNLOCKED"} == {state["value"] for state in states if state["name"] == "lockState"}
