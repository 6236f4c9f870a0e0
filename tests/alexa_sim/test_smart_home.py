"""The simulated smart home: GraphQL answers what it is asked, controls do what they say, changes are pushed."""

import json
from typing import Any

import pytest

from alexa_sim.graphql import MAX_DEPTH, GraphqlError, Schema, execute, parse
from alexa_sim.household import HouseholdError, check_household, load_household

from .cloud_driver import JO, KITCHEN, Driver, operation

GRAPHQL, STATE = "/nexus/v1/graphql", "/api/phoenix/state"
ID = "5e000000-0000-4000-8000-0000000000{:02x}".format
HALL, COFFEE, GARDEN, MONITOR, GLOW, THERMOSTAT, LOCK, FAN, PORCH = (ID(n) for n in (1, 3, 5, 8, 9, 10, 11, 12, 15))
GUARD = "AAA_SonarCloudService_8213460057"
SCHEMA: Schema = {"Query": {"all": "Thing"}, "Thing": {"name": None, "part": "Thing"}, "Other": {"size": None}}
THINGS = [{"name": "a", "part": {"name": "b"}}, {"__typename": "Other", "name": "c", "part": None, "size": 3}]


def ask(query: str, **variables: Any) -> Any:
    """Return the answer to a query for things."""
    return execute(parse(query, variables), SCHEMA, {"all": lambda _: THINGS})


def test_a_query_gets_what_it_asks_for_and_no_more() -> None:
    assert ask("{ all { name } }") == {"all": [{"name": "a"}, {"name": "c"}]}
    fragments = (
        "query q { things: all { ...F ... on Other { size } __typename } } fragment F on Thing { part { name } }"
    )
    assert ask(fragments) == {
        "things": [
            {"part": {"name": "b"}, "__typename": "Thing"},
            {"part": None, "size": 3, "__typename": "Other"},
        ]
    }
    read = parse(
        'query ($x: [Int]!) { all(a: {b: [1, 2.5, LOW, null, true], c: "d\\"e"}, x: $x) { name } }', {"x": [7]}
    )
    assert read.selections[0].arguments == {"a": {"b": [1, 2.5, "LOW", None, True], "c": 'd"e'}, "x": [7]}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{ all",
        "{ all { } }",
        "{ all }",
        "{ all { name { x } } }",
        "{ all { age } }",
        "{ all { ... on Nothing { x } } }",
        "{ all { ...Missing } }",
        "subscription { all { name } }",
        "{ all { name } } { all { name } }",
        "{ all { name ; } }",
        "{ all { " + "part { " * (MAX_DEPTH + 1) + "name" + "}" * (MAX_DEPTH + 3),
        "{ all { ...F } } fragment F on Thing { part { ...F } }",
        "#" * 70000,
    ],
)
def test_what_cannot_be_answered_is_refused_as_a_whole(query: str) -> None:
    with pytest.raises(GraphqlError):
        ask(query)


class Home(Driver):
    """Commands for appliances."""

    def feature(self, appliance: str, key: str) -> Any:
        """Return a feature as the cloud holds it."""
        return self.cloud.state()["accounts"][JO]["appliances"][appliance]["features"][key]

    def change(self, appliance: str, **values: Any) -> None:
        """Change an appliance."""
        self.cloud.patch({"accounts": {JO: {"appliances": {appliance: values}}}})

    async def graphql(self, query: str, **options: Any) -> Any:
        """Ask GraphQL."""
        variables = options.pop("variables", {})
        return await self.request("POST", GRAPHQL, data={"query": query, "variables": variables}, **options)

    async def control(self, *requests: dict[str, Any], **options: Any) -> Any:
        """Have features set; return the result, or the whole answer where there is none."""
        query = """mutation m($input: SetEndpointFeaturesInput!) {
            setEndpointFeatures(setEndpointFeaturesInput: $input) {
                featureControlResponses { endpointId code } errors { endpointId code }
            }
        }"""
        return await self.graphql(query, variables={"input": {"featureControlRequests": list(requests)}}, **options)

    async def phoenix(self, entity: str, kind: str = "ENTITY", **parameters: Any) -> Any:
        """Have phoenix do something."""
        request = {"entityId": entity, "entityType": kind, "parameters": parameters}
        return (await self.request("PUT", STATE, data={"controlRequests": [request]})).json


@pytest.fixture
async def home() -> Home:
    """Return Jo's smart home, and Jo signed in."""
    home = Home()
    await home.renew()
    return home


def order(appliance: str, feature: str, name: str, instance: str | None = None, **payload: Any) -> dict[str, Any]:
    """Return one request of a mutation."""
    return {
        "endpointId": f"amzn1.alexa.endpoint.{appliance}",
        "featureName": feature,
        "featureOperationName": name,
        "instance": instance,
        "payload": payload,
    }


def codes(answer: Any) -> list[str]:
    """Return the codes of a mutation's answer, successes first."""
    result = answer.json["data"]["setEndpointFeatures"]
    return [each["code"] for each in (*result["featureControlResponses"], *result["errors"])]


async def test_controls_do_what_they_say_each_for_itself(home: Home) -> None:
    answer = await home.control(
        order(HALL, "power", "turnOff"),
        order(HALL, "color", "setColor", color={"hue": 120, "saturation": 1, "brightness": 0.5}),
        order(GLOW, "mode", "setMode", "1", mode="Rainbow"),
        order(GLOW, "toggle", "turnOff", "3"),
        order(LOCK, "lock", "unlock"),
        order(FAN, "range", "setRangeValue", "Fan.Speed", rangeValue=4),
        order(GARDEN, "power", "turnOn"),
        order(MONITOR, "range", "setRangeValue", "4", rangeValue=4),
        order("nothing", "power", "turnOn"),
        order(PORCH, "power", "turnOn"),
        order(THERMOSTAT, "thermostat", "setThermostatMode", mode="COOL"),
        order(FAN, "range", "setRangeValue", "Fan.Speed", rangeValue=9),
        order(GLOW, "mode", "setMode", "1", mode="Disco"),
    )
    assert codes(answer) == [
        *["SUCCESS"] * 6,
        "ENDPOINT_UNREACHABLE",
        "UNSUPPORTED_OPERATION",
        "TargetApplianceNotFoundException",
        *["UNSUPPORTED_OPERATION"] * 2,
        *["INVALID_VALUE"] * 2,
    ]
    assert home.feature(HALL, "color")["color"]["hue"] == 120
    assert home.feature(HALL, "power")["powerState"] == "ON", "a colour switches on"
    assert home.feature(GLOW, "mode.1")["mode"] == "Rainbow"
    assert home.feature(LOCK, "lock")["lockState"] == "UNLOCKED"
    assert home.feature(FAN, "range.Fan.Speed")["rangeValue"] == 4
    assert (await home.control(order(HALL, "power", "turnOff"), csrf=False)).status == 403
    assert (await home.graphql("mutation { setEndpointFeatures { errors { code } } }")).json["errors"]


async def test_phoenix_does_in_its_own_words(home: Home) -> None:
    good: list[tuple[str, dict[str, Any]]] = [
        (PORCH, {"action": "turnOn"}),
        (PORCH, {"action": "setBrightness", "brightness": "55"}),
        (PORCH, {"action": "setColor", "colorName": "blue"}),
        (PORCH, {"action": "setColorTemperature", "colorTemperatureName": "soft_white"}),
        (LOCK, {"action": "lockAction", "targetLockState.value": "UNLOCKED"}),
        (GLOW, {"action": "setModeValue", "instance": "1", "mode": "Campfire"}),
        (FAN, {"action": "setRangeValue", "instance": "Fan.Speed", "rangeValue": 3}),
        (THERMOSTAT, {"action": "setThermostatMode", "thermostatMode.value": "COOL"}),
        (
            THERMOSTAT,
            {
                "action": "setTargetTemperature",
                "upperSetTemperature.value": 25,
                "upperSetTemperature.scale": "CELSIUS",
                "lowerSetTemperature.value": 18,
                "lowerSetTemperature.scale": "CELSIUS",
            },
        ),
    ]
    for appliance, parameters in good:
        answer = await home.phoenix(appliance, **parameters)
        assert answer == {
            "controlResponses": [{"entityId": appliance, "code": "SUCCESS", "data": None}],
            "errors": [],
        }, parameters
    assert home.feature(PORCH, "brightness")["brightness"] == 55
    assert home.feature(PORCH, "colorTemperature")["colorTemperatureInKelvin"] == 2700
    assert home.feature(THERMOSTAT, "thermostat")["lowerSetpoint"] == {"value": 18, "scale": "CELSIUS"}
    bad: list[tuple[str, dict[str, Any], str]] = [
        (PORCH, {"action": "setColor", "colorName": "sky blue pink"}, "INVALID_VALUE"),
        (PORCH, {"action": "setBrightness", "brightness": "bright"}, "INVALID_VALUE"),
        (PORCH, {"action": "explode"}, "UNSUPPORTED_OPERATION"),
        (LOCK, {"action": "setThermostatMode", "thermostatMode.value": "HEAT"}, "UNSUPPORTED_OPERATION"),
        (LOCK, {"action": "controlSecurityPanel", "armState": "ARMED_AWAY"}, "UNSUPPORTED_OPERATION"),
        (GARDEN, {"action": "turnOn"}, "ENDPOINT_UNREACHABLE"),
        ("nothing", {"action": "turnOn"}, "TargetApplianceNotFoundException"),
    ]
    for appliance, parameters, code in bad:
        (error,) = (await home.phoenix(appliance, **parameters))["errors"]
        assert (error["code"], error["entity"]["entityId"]) == (code, appliance), parameters
    assert (await home.request("PUT", STATE, data={})).status == 400


async def test_guard_is_named_by_its_appliance_id(home: Home) -> None:
    async def armed() -> Any:
        request = {"entityId": GUARD, "entityType": "APPLIANCE"}
        answer = (await home.request("POST", STATE, data={"stateRequests": [request]})).json
        return [json.loads(each)["value"] for each in answer["deviceStates"][0]["capabilityStates"]]

    assert await armed() == ["ARMED_STAY"]
    away = {"action": "controlSecurityPanel", "armState": "ARMED_AWAY"}
    assert (await home.phoenix(GUARD, "APPLIANCE", **away))["errors"] == []
    assert await armed() == ["ARMED_AWAY"]
    wrong = [(GUARD, "APPLIANCE", "armed_away"), (ID(255), "APPLIANCE", "ARMED_AWAY")]
    for entity, kind, state in wrong:
        assert (await home.phoenix(entity, kind, action="controlSecurityPanel", armState=state))["errors"], entity
    payload = home.payload(KITCHEN, target="8213460057", operationId="controlGuardState", state="HOME")
    assert (await home.preview(operation("controlGuardState", payload))).status == 200
    assert await armed() == ["ARMED_STAY"]
    for change in ({"target": "5"}, {"state": "ARMED_AWAY"}, {"operationId": None}):
        assert (await home.preview(operation("controlGuardState", payload | change))).status == 400, change


async def test_changes_are_pushed_with_the_time_of_their_sample(home: Home) -> None:
    stream = await home.open()
    await stream.pieces()
    home.advance(60)
    home.change(HALL, features={"brightness": {"brightness": 5}})
    home.change(ID(7), features={"motionSensor": {"detectionState": "DETECTED"}})
    home.change(GARDEN, reachable=True)
    directives = await stream.directives()
    updates = [update for each in directives for update in each["directive"]["payload"]["renderingUpdates"]]
    (update,) = [each for each in updates if each["route"] == "EventBus:AlexaMobile::FDAL"]
    metadata = json.loads(update["resourceMetadata"])
    assert metadata["metricName"] == "EndpointBrightness"
    assert metadata["payload"]["entity"] == {"id": f"amzn1.alexa.endpoint.{HALL}"}
    (feature,) = metadata["payload"]["data"]["features"]
    (held,) = feature["properties"]
    assert (held["brightnessStateValue"], feature["name"]) == (5, "brightness")
    assert home.feature(HALL, "brightness")["sampled"] == pytest.approx(home.clock.now())
    assert home.feature(HALL, "power")["sampled"] < home.feature(HALL, "brightness")["sampled"]


def test_a_household_with_a_feature_that_nobody_knows_is_refused() -> None:
    household = load_household("demo")
    household["accounts"][JO]["appliances"][HALL]["features"]["teleport"] = {}
    with pytest.raises(HouseholdError):
        check_household(household, "demo")
