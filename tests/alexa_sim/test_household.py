"""Tests of households: their content, and the validation of invalid ones."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
import pytest

import alexa_sim.household as module
from alexa_sim.household import HouseholdError, household_names, load_household

from .cloud_driver import ALEX, BEDROOM, DOWNSTAIRS, JO, KITCHEN, Driver

SCHEMA = json.loads((Path(module.__file__).parent / "households" / "schema.json").read_text())


def test_all_households_are_listed() -> None:
    assert household_names() == ["demo", "forty", "property", "two_accounts", "two_hundred"]


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "echos", "groups"), [("demo", 6, 1), ("forty", 40, 2), ("two_hundred", 200, 2)])
def test_households_have_their_sizes(name: str, echos: int, groups: int) -> None:
    household = load_household(name)
    families = [device["deviceFamily"] for device in household["accounts"][JO]["devices"].values()]
    assert len([family for family in families if family in ("ECHO", "KNIGHT", "ROOK")]) == echos
    assert families.count("WHA") == groups
    names = [device["accountName"] for device in household["accounts"][JO]["devices"].values()]
    assert len(set(names)) == len(names)
    assert household["registrations"][0]["refresh_token"] == "Atnr|demo-jo"
    assert load_household(name) == household
    Draft202012Validator(SCHEMA).validate(household)


@pytest.mark.parametrize("name", ["forty", "two_hundred"])
async def test_big_households_are_quiet(name: str) -> None:
    driver = Driver(name)
    await driver.renew()
    stream = await driver.open()
    driver.advance(3000)
    assert await stream.pushes() == []
    assert len((await driver.get("/api/devices-v2/device"))["devices"]) == int(name == "forty") * -160 + 203


def broken(change: Callable[[Any], Any]) -> dict[str, Any]:
    household = load_household("demo")
    change(household)
    return household


def jo(household: Any) -> Any:
    return household["accounts"][JO]


def twin(household: Any) -> None:
    household["accounts"][ALEX] = {"email": "alex@example.org", "name": "Alex", "devices": jo(household)["devices"]}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param(lambda data: data.update(lists={}), "lists", id="unknown key"),
        pytest.param(lambda data: data.update(accounts={}), "accounts", id="no account"),
        pytest.param(lambda data: jo(data).pop("email"), f"accounts/{JO}", id="no e-mail"),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(volume=130),
            f"accounts/{JO}/devices/{KITCHEN}/volume: 130 is greater",
            id="too loud",
        ),
        pytest.param(
            lambda data: jo(data)["devices"][DOWNSTAIRS].update(clusterMembers=["G0SIMNOBODY00001"]),
            f"accounts/{JO}/devices/{DOWNSTAIRS}/clusterMembers: G0SIMNOBODY00001",
            id="unknown member",
        ),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(clusterMembers=[BEDROOM]),
            f"{KITCHEN}/clusterMembers: Only a group",
            id="no group",
        ),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(sharedWith=[ALEX]), "sharedWith", id="shared with nobody"
        ),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(player={"queue": ["x"]}), "player/queue", id="no track"
        ),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(player={"state": "PLAYING"}), "/player:", id="no queue"
        ),
        pytest.param(
            lambda data: jo(data)["devices"][KITCHEN].update(player={"provider": "X"}), "provider X", id="no provider"
        ),
        pytest.param(lambda data: jo(data)["devices"].pop(BEDROOM), "There is no device", id="alarm on nothing"),
        pytest.param(lambda data: jo(data).update(marketplace="amazon.xx"), "marketplace", id="no marketplace"),
        pytest.param(lambda data: jo(data).update(defaultMusicProvider="X"), "provider X", id="no default"),
        pytest.param(lambda data: data["registrations"][0].update(account=ALEX), "registrations/0", id="no owner"),
        pytest.param(twin, "is in the account", id="serial twice"),
    ],
)
def test_invalid_households_are_refused_in_a_sentence(change: Callable[[Any], Any], place: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(broken(change)))
    with pytest.raises(HouseholdError) as caught:
        load_household(str(path))
    message = str(caught.value)
    assert message.startswith("mine.json: ")
    assert message.endswith(".")
    assert place in message


def test_same_address_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    account = {"email": "jo@example.org", "name": "Jo"}
    path.write_text(json.dumps({"accounts": {JO: account, ALEX: account}}))
    with pytest.raises(HouseholdError, match="belongs to another account"):
        load_household(str(path))


def test_files_without_a_household_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HouseholdError, match="There is no household nope; there are demo"):
        load_household("nope")
    with pytest.raises(HouseholdError, match="cannot be read"):
        load_household(str(tmp_path / "nope.json"))
    path = tmp_path / "text.json"
    path.write_text("{")
    with pytest.raises(HouseholdError, match="is not JSON"):
        load_household(str(path))


def test_a_small_household_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    path.write_text(json.dumps({"accounts": {JO: {"email": "jo@example.org", "name": "Jo"}}}))
    driver = Driver(load_household(str(path)))
    assert driver.cloud.state()["accounts"][JO]["devices"] == {}
