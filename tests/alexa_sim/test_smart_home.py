"""Tests of the simulated smart home: GraphQL queries, controls and pushes."""

from datetime import datetime
import json
from typing import Any

from graphql import Executor, build_client_schema, get_introspection_query, lexicographic_sort_schema
import pytest

from alexa_sim import graphql
from alexa_sim.graphql import schema
from alexa_sim.household import HouseholdError, check_household, load_household
from alexa_sim.smart_home import echo_entity_id

from .cloud_driver import JO, KITCHEN, Driver, operation

GRAPHQL, STATE = "/nexus/v1/graphql", "/api/phoenix/state"
ID = "5e000000-0000-4000-8000-0000000000{:02x}".format
HALL, COFFEE, GARDEN, MONITOR, GLOW, THERMOSTAT, LOCK, FAN, PORCH = (ID(n) for n in (1, 3, 5, 8, 9, 10, 11, 12, 15))
GUARD = "AAA_OnGuardSmartHomeBridgeService_8213460057"


class Home(Driver):
    """A cloud with helpers for appliances."""

    def feature(self, appliance: str, key: str) -> Any:
        """Return a feature of an appliance in the cloud."""
        return self.cloud.state()["accounts"][JO]["appliances"][appliance]["features"][key]

    def change(self, appliance: str, **values: Any) -> None:
        """Change an appliance in the cloud."""
        self.cloud.patch({"accounts": {JO: {"appliances": {appliance: values}}}})

    async def graphql(self, query: str, **options: Any) -> Any:
        """Send a GraphQL query and return the response."""
        variables = options.pop("variables", {})
        return await self.request("POST", GRAPHQL, data={"query": query, "variables": variables}, **options)

    async def control(self, *requests: dict[str, Any], **options: Any) -> Any:
        """Send control requests; return the result, or the whole response if there is none."""
        query = """mutation m($input: SetEndpointFeaturesInput!) {
            setEndpointFeatures(setEndpointFeaturesInput: $input) {
                featureControlResponses { endpointId code } errors { endpointId code }
            }
        }"""
        return await self.graphql(query, variables={"input": {"featureControlRequests": list(requests)}}, **options)

    async def phoenix(self, entity: str, kind: str = "ENTITY", **parameters: Any) -> Any:
        """Send a control request to phoenix."""
        request = {"entityId": entity, "entityType": kind, "parameters": parameters}
        return (await self.request("PUT", STATE, data={"controlRequests": [request]})).json


@pytest.fixture
async def home() -> Home:
    """Return Jo's smart home, with Jo signed in."""
    home = Home()
    await home.renew()
    return home


def order(appliance: str, feature: str, name: str, instance: str | None = None, **payload: Any) -> dict[str, Any]:
    """Return one control request of a mutation."""
    return {
        "endpointId": f"amzn1.alexa.endpoint.{appliance}",
        "featureName": feature,
        "featureOperationName": name,
        "instance": instance,
        "payload": payload,
    }


def codes(answer: Any) -> list[str]:
    """Return the codes in a mutation's response, those of successes first."""
    result = answer.json["data"]["setEndpointFeatures"]
    return [each["code"] for each in (*result["featureControlResponses"], *result["errors"])]


async def test_a_query_returns_exactly_the_selected_fields(home: Home) -> None:
    query = """query q($id: String!) {
        lamp: endpoint(id: $id) { __typename ...Name features { name properties { ... on Power { powerStateValue } } } }
        nothing: endpoint(id: "amzn1.alexa.endpoint.none") { id }
    }
    fragment Name on Endpoint { friendlyName friendlyNameObject { value { text } } }"""
    answer = (await home.graphql(query, variables={"id": f"amzn1.alexa.endpoint.{HALL}"})).json
    assert answer.keys() == {"data"}
    lamp = answer["data"]["lamp"]
    assert lamp["__typename"] == "Endpoint"
    assert (lamp["friendlyName"], lamp["friendlyNameObject"]) == ("Hall Light", {"value": {"text": "Hall Light"}})
    assert lamp["features"][0] == {"name": "power", "properties": [{"powerStateValue": "ON"}]}
    assert answer["data"]["nothing"] is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{ endpoints",
        "{ endpoints { } }",
        "{ endpoints }",
        "{ users { id } }",
        "{ endpoints { items { id { x } } } }",
        "{ endpoints { items { age } } }",
        "{ endpoints { items { ... on Nothing { x } } } }",
        "{ endpoints { items { ...Missing } } }",
        "subscription { endpoints { items { id } } }",
        "{ homes { items { id } } } { endpoints { items { id } } }",
        "{ endpoints { items { id ; } } }",
        "{ endpoints " + "{ items " * 90 + "{ id }" + "}" * 90 + "}",
        "{ endpoints { items { ...F } } } fragment F on Endpoint { parentComponent { ...F } }",
        "query q($id: Int!) { endpoint(id: $id) { id } }",
        "{ listEndpoints(listEndpointsInput: {latencyTolerance: SOME}) { completeResult } }",
        "{ endpoints { items { features { properties { ...V ...S } } } } }"  # noqa: ISC004 - one document
        " fragment V on Volume { value { value } } fragment S on Setpoint { value { value } }",
        "#" * 70000,
    ],
    ids=lambda query: query[:40],
)
async def test_an_unknown_field_fails_the_whole_document(home: Home, query: str) -> None:
    answer = await home.graphql(query)
    assert answer.status == 200
    assert answer.json["data"] is None
    assert {error["extensions"]["errorCode"] for error in answer.json["errors"]} == {"BAD_REQUEST"}


async def test_several_requests_return_a_list_and_a_document_runs_the_named_operation(home: Home) -> None:
    document = (
        "query a { homes(input: {ids: []}) { nextToken } } query b { habitTrackingStatus { habitTrackingEnabled } }"
    )
    both = [{"query": document, "operationName": name} for name in ("a", "b", "c")]
    first, second, third = (await home.request("POST", GRAPHQL, data=both)).json
    assert first == {"data": {"homes": {"nextToken": None}}}
    assert second == {"data": {"habitTrackingStatus": {"habitTrackingEnabled": False}}}
    assert third["errors"]


async def test_the_schema_supports_introspection(home: Home) -> None:
    answer = (await home.graphql(get_introspection_query())).json
    result = build_client_schema(answer["data"])
    assert lexicographic_sort_schema(result).type_map.keys() == schema().type_map.keys()
    properties = {each.name for each in schema().get_possible_types(schema().type_map["FeatureProperty"])}  # type: ignore[arg-type]
    assert len(properties) == 64
    assert answer["data"]["__schema"]["subscriptionType"] is None


async def test_every_type_of_property_can_be_stored_and_queried(home: Home) -> None:
    """Each property of the cloud is returned with the type in the schema, without an error."""
    values = {
        "humiditySensor": {"relativeHumidity": 41.5},
        "speaker": {"volume": 30},
        "percentage": {"percentage": 40},
        "powerLevel": {"powerLevel": 7},
        "hvac": {"primaryHeaterStage": "STAGE_1", "auxiliaryHeaterStage": "OFF"},
        "thermostatSchedule": {"scheduleEnabled": True, "lastActivityType": "SLEEP"},
        "thermostatAutomation": {"lastActivityType": "ASLEEP"},
        "endpointHealth": {"battery": {"levelPercentage": 80, "health": {"state": "OK", "reasons": []}}},
        "securityPanel": {"fireAlarm": "OK", "sirenState": {"state": "OFF", "playOrder": []}},
        "action": {"actionState": {"status": "IDLE"}},
        "statusCode": {"statusCode": {"value": [{"code": "A1"}]}},
        "inventory": {"level": {"type": "Percentage", "value": 12}},
        "deviceUsageMeter": {"electricityReading": 1200},
        "customYaleDoorLock": {"lockState": "Unlatched", "oneTouchLocking": False},
        "acousticEventSensor": {"smokeAlarmDetectionState": "NOT_DETECTED"},
        "motionSensor": {"detectionState": "UNKNOWN", "enablement": "ENABLED", "detectionRange": "LOW"},
        "commissionable": {},
    }
    home.change(HALL, features=values)
    query = """{ endpoint(id: "amzn1.alexa.endpoint.%s") { features { name properties {
        __typename name type error { type }
        ... on RelativeHumidity { relativeHumidityValue { value } } ... on Battery { batteryValue { levelPercentage } }
        ... on Volume { volumeValue: value { value } } ... on DeviceUsageMeterElectricityReading { reading: value }
        ... on CustomYaleLockState { customYaleLockStateValue { value } } ... on FireAlarm { fireAlarmValue }
        ... on GenericFeatureProperty { genericValue } ... on InventoryLevel { inventoryLevelValue { value unit } }
    } } } }"""
    answer = (await home.graphql(query % HALL)).json
    assert "errors" not in answer
    features = {each["name"]: each["properties"] for each in answer["data"]["endpoint"]["features"]}
    assert features["commissionable"] is None
    assert {name for name, held in values.items() if held} <= features.keys()
    result = {held["name"]: held for name in values for held in features[name] or ()}
    assert result["relativeHumidity"]["relativeHumidityValue"] == {"value": 41.5}
    assert result["volume"]["volumeValue"] == {"value": 30}
    assert result["electricityReading"]["reading"] == 1200
    assert result["battery"]["batteryValue"] == {"levelPercentage": 80}
    assert result["lockState"]["customYaleLockStateValue"] == {"value": "Unlatched"}
    assert result["smokeAlarmDetectionState"]["genericValue"] == "NOT_DETECTED"
    assert result["level"]["inventoryLevelValue"] == {"value": 12, "unit": None}
    home.change(HALL, reachable=False)
    answer = (await home.graphql(query % HALL)).json
    (power, *_) = answer["data"]["endpoint"]["features"]
    assert [(each["type"], each["error"]["type"]) for each in power["properties"]] == [
        ("ERROR", "ENDPOINT_UNREACHABLE")
    ]


async def test_a_null_in_a_non_null_field_makes_the_object_null(home: Home) -> None:
    """As at Amazon, the error of the field is reported, and all other fields are returned."""
    home.change(HALL, features={"inventory": {"level": {"value": 3}}})
    query = '{ endpoint(id: "amzn1.alexa.endpoint.%s") { features { name properties {'
    query += " ... on InventoryLevel { inventoryLevelValue { type value } } } } } }"
    answer = (await home.graphql(query % HALL)).json
    (error,) = answer["errors"]
    assert error["path"][-2:] == ["inventoryLevelValue", "type"]
    held = {each["name"]: each["properties"] for each in answer["data"]["endpoint"]["features"]}
    assert held["inventory"] == [{"inventoryLevelValue": None}]


@pytest.mark.parametrize("level", [{"value": 3}, {"type": {}, "value": "x"}, {"type": "PERCENTAGE", "value": []}])
async def test_invalid_values_have_the_response_of_graphql_core(
    home: Home, monkeypatch: pytest.MonkeyPatch, level: Any
) -> None:
    """The simulation reads scalar values itself, but not those that cause an error."""
    home.change(HALL, features={"inventory": {"level": level}})
    query = '{ endpoint(id: "amzn1.alexa.endpoint.%s") { __typename id features { name instance properties {'
    query += " __typename ... on InventoryLevel { inventoryLevelValue { type value } } } } } }"
    answer = (await home.graphql(query % HALL)).json
    monkeypatch.setattr(graphql, "_Executor", Executor)
    assert answer == (await home.graphql(query % HALL)).json
    assert answer["errors"]


async def test_the_newer_mutation_accepts_names_that_the_older_one_lacks(home: Home) -> None:
    home.change(HALL, features={"humiditySensor": {"relativeHumidity": 40}})
    query = """mutation m($input: SetGenericEndpointFeaturesInput!) { setEndpointFeaturesV2(input: $input) {
        featureControlResponses { featureName code responsePayload { type } } errors { featureName code message } } }"""
    requests = [
        order(HALL, "power", "turnOff"),
        order(HALL, "humiditySensor", "setEnablement"),
        order(THERMOSTAT, "thermostat", "setTargetSetpoint", targetSetpoint={"value": "22.5", "scale": "CELSIUS"}),
    ]
    answer = (await home.graphql(query, variables={"input": {"featureControlRequests": requests}})).json
    result = answer["data"]["setEndpointFeaturesV2"]
    assert [each["featureName"] for each in result["featureControlResponses"]] == ["power", "thermostat"]
    assert [(each["featureName"], each["code"]) for each in result["errors"]] == [("humiditySensor", "INTERNAL_ERROR")]
    assert home.feature(THERMOSTAT, "thermostat")["targetSetpoint"] == {"value": 22.5, "scale": "CELSIUS"}
    older = await home.control(requests[1])
    assert older.json["data"] is None, "the older mutation only accepts names in an enumeration"


async def test_a_room_is_a_group_that_can_be_changed(home: Home) -> None:
    async def groups() -> dict[str, Any]:
        query = """{ listDeviceGroups(listDeviceGroupsInput: {devicesPaginationParams: {disablePagination: true}}) {
            deviceGroups { id friendlyName { value { text } } memberDevices { items { id } }
            powerState { overallPowerState devicesOnCount } } } }"""
        answer = (await home.graphql(query)).json["data"]["listDeviceGroups"]["deviceGroups"]
        return {each["friendlyName"]["value"]["text"]: each for each in answer}

    async def change(name: str, kind: str, **values: Any) -> Any:
        field = name[0].lower() + name[1:]
        query = f"mutation m($i: {name}Input!) {{ {field}({field}Input: $i) {{ {kind} }} }}"
        return (await home.graphql(query, variables={"i": values})).json

    hall = (await groups())["Hall"]
    assert f"amzn1.alexa.endpoint.{HALL}" in [each["id"] for each in hall["memberDevices"]["items"]]
    assert hall["powerState"]["overallPowerState"] == "ON"
    coffee = f"amzn1.alexa.endpoint.{COFFEE}"
    ids = {"deviceGroupId": hall["id"], "friendlyName": "Entrance", "memberDeviceIds": [coffee]}
    await change("UpdateDeviceGroup", "deviceGroup { id }", **ids, memberDeviceIdsUpdateOperation="ADD")
    entrance = (await groups())["Entrance"]
    assert entrance["id"] == hall["id"]
    assert len(entrance["memberDevices"]["items"]) == len(hall["memberDevices"]["items"]) + 1
    assert "Hall" not in await groups()
    made = await change("CreateDeviceGroup", "deviceGroup { id }", friendlyName="Attic", memberDeviceIds=[coffee])
    attic = made["data"]["createDeviceGroup"]["deviceGroup"]["id"]
    refused = await change("CreateDeviceGroup", "deviceGroup { id }", friendlyName="Attic-2")
    assert refused["errors"][0]["extensions"]["errorCode"] == "BAD_REQUEST"
    assert (await change("DeleteDeviceGroup", "deviceGroupId", deviceGroupId=attic))["data"]
    assert (await groups()).keys().isdisjoint({"Attic", "Attic-2"})


async def test_other_queries_and_mutations_work(home: Home) -> None:
    """Covers names, enablement, settings, modes, routines, air quality history, and all devices of a type."""

    async def ask(query: str) -> Any:
        answer = (await home.graphql(query)).json
        assert "errors" not in answer, answer
        (data,) = answer["data"].values()
        return data

    echo = f"amzn1.alexa.endpoint.{echo_entity_id(KITCHEN)}"
    lamp = f"amzn1.alexa.endpoint.{HALL}"
    renamed = f'mutation {{ setEndpointFriendlyName(input: {{endpointId: "{lamp}", friendlyName: "Lamp"}})'
    assert await ask(renamed + " { endpoint { friendlyName } } }") == {"endpoint": {"friendlyName": "Lamp"}}
    off = f'mutation {{ setEndpointEnablement(input: {{endpointId: "{lamp}", enablement: DISABLED_BY_CUSTOMER}})'
    off += " { endpoint { endpointStatus enablement } error { __typename } } }"
    result = {"endpoint": {"endpointStatus": "DISABLED", "enablement": "DISABLED_BY_CUSTOMER"}, "error": None}
    assert await ask(off) == result
    dnd = f'mutation {{ updateEndpointSettingToggle(input: {{endpointId: "{echo}"'
    dnd += ', settingName: "doNotDisturb", value: true})'
    assert await ask(dnd + " { setting { toggleValue } } }") == {"setting": {"toggleValue": True}}
    asked = f'{{ endpoint(id: "{echo}") {{ dmsIdentifier {{ dsn }} settings {{ doNotDisturb {{ toggleValue }} }} }} }}'
    assert await ask(asked) == {
        "dmsIdentifier": {"dsn": KITCHEN},
        "settings": {"doNotDisturb": {"toggleValue": True}},
    }
    away = "mutation { setHomeModeState(setHomeModeStateInput: {newModeState: {type: AWAY}}) { success } }"
    assert await ask(away) == {"success": True}
    mode = '{ homeModeDetails(homeModeDetailsInput: {locale: "en-US"}) { modeDetails { currentModeState } } }'
    assert await ask(mode) == {"modeDetails": {"currentModeState": "AWAY"}}
    routines = (await ask("{ automations(input: {filter: {types: [ROUTINE]}}) { items { id name type } } }"))["items"]
    assert {each["type"] for each in routines} == {"ROUTINE"}
    lights = await ask(
        '{ deviceTypeGroup(input: {id: "amzn1.alexa.dtg.Light.1", locale: "en-US"}) { endpoints { id } } }'
    )
    assert {"id": lamp} in lights["endpoints"]
    history = f"""{{ airQualityHistory(airQualityHistoryInput: {{
        devices: [{{endpointId: "amzn1.alexa.endpoint.{MONITOR}", interfaceName: "Alexa.RangeController",
        instance: "4"}}],
        startDate: "2026-11-20T00:00:00Z", endDate: "2026-11-20T03:00:00Z", aggregationResolution: ONE_HOUR
    }}) {{ data {{ timestamp value }} averageValue }} }}"""
    assert len((await ask(history))["data"]) == 3


async def test_guard_is_armed_by_graphql_too(home: Home) -> None:
    panel = f"amzn1.alexa.endpoint.{ID(255)}"
    armed = (
        f'mutation {{ armSecurityPanel(input: {{endpointId: "{panel}", armState: ARMED_AWAY, bypassSensors: false}})'
    )
    answer = (await home.graphql(armed + " { isSuccess error { __typename } } }")).json
    assert answer == {"data": {"armSecurityPanel": {"isSuccess": True, "error": None}}}
    asked = f'{{ endpoint(id: "{panel}") {{ legacyAppliance {{ applianceId driverIdentity capabilities }}'
    asked += " features { name properties { ... on ArmState { armStateValue timeOfSample } } } } }"
    found = (await home.graphql(asked)).json["data"]["endpoint"]
    assert found["legacyAppliance"]["applianceId"] == GUARD
    assert found["legacyAppliance"]["driverIdentity"]["identifier"] == "OnGuardSmartHomeBridgeService"
    (capability,) = found["legacyAppliance"]["capabilities"]
    assert capability["properties"]["supported"] == [{"name": "armState"}]
    ((held,),) = [each["properties"] for each in found["features"]]
    assert held["armStateValue"] == "ARMED_AWAY"


async def test_each_control_of_a_request_has_a_separate_result(home: Home) -> None:
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
        order(THERMOSTAT, "thermostat", "setThermostatMode", thermostatMode="DRY"),
        order(FAN, "range", "setRangeValue", "Fan.Speed", rangeValue=9),
        order(GLOW, "mode", "setMode", "1", mode="Disco"),
    )
    assert codes(answer) == [
        *["OK"] * 6,
        "ENDPOINT_UNREACHABLE",
        *["INTERNAL_ERROR"] * 6,
    ]
    assert home.feature(HALL, "color")["color"]["hue"] == 120
    assert home.feature(HALL, "power")["powerState"] == "ON", "setting a color also turns the lamp on"
    assert home.feature(GLOW, "mode.1")["mode"] == "Rainbow"
    assert home.feature(LOCK, "lock")["lockState"] == "UNLOCKED"
    assert home.feature(FAN, "range.Fan.Speed")["rangeValue"] == 4
    assert (await home.control(order(HALL, "power", "turnOff"), csrf=False)).status == 403
    assert (await home.graphql("mutation { setEndpointFeatures { errors { code } } }")).json["errors"]


PHOENIX_ACTIONS: list[tuple[str, dict[str, Any]]] = [
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

PHOENIX_REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    (PORCH, {"action": "setColor", "colorName": "sky blue pink"}, "INVALID_VALUE"),
    (PORCH, {"action": "setBrightness", "brightness": "bright"}, "INVALID_VALUE"),
    (PORCH, {"action": "explode"}, "UNSUPPORTED_OPERATION"),
    (LOCK, {"action": "setThermostatMode", "thermostatMode.value": "HEAT"}, "UNSUPPORTED_OPERATION"),
    (LOCK, {"action": "controlSecurityPanel", "armState": "ARMED_AWAY"}, "UNSUPPORTED_OPERATION"),
    (GARDEN, {"action": "turnOn"}, "ENDPOINT_UNREACHABLE"),
    ("nothing", {"action": "turnOn"}, "TargetApplianceNotFoundException"),
]


async def test_phoenix_controls_appliances_by_its_own_action_names(home: Home) -> None:
    for appliance, parameters in PHOENIX_ACTIONS:
        answer = await home.phoenix(appliance, **parameters)
        assert answer == {
            "controlResponses": [{"entityId": appliance, "code": "SUCCESS", "data": None}],
            "errors": [],
        }, parameters
    assert home.feature(PORCH, "brightness")["brightness"] == 55
    assert home.feature(PORCH, "colorTemperature")["colorTemperatureInKelvin"] == 2700
    assert home.feature(THERMOSTAT, "thermostat")["lowerSetpoint"] == {"value": 18, "scale": "CELSIUS"}
    await home.phoenix(PORCH, action="setBrightness", brightness="50.196")
    assert home.feature(PORCH, "brightness")["brightness"] == 50
    await home.phoenix(PORCH, "APPLIANCE", action="setColor", colorName="rebecca_purple")
    assert home.feature(PORCH, "color")["color"]["hue"] == 270


async def test_phoenix_controls_the_appliances_of_a_group(home: Home) -> None:
    rooms = (await home.request("GET", "/api/phoenix/group")).json["applianceGroups"]
    (hall,) = [each["groupId"] for each in rooms if each["name"] == "Hall"]
    await home.phoenix(hall, "GROUP", action="turnOff")
    assert home.feature(HALL, "power")["powerState"] == "OFF"


async def test_phoenix_reads_states_without_a_csrf_value(home: Home) -> None:
    asked = {"stateRequests": [{"entityId": PORCH, "entityType": "ENTITY"}]}
    assert (await home.request("POST", STATE, data=asked, csrf=False)).status == 200


async def test_phoenix_refuses_unsupported_actions(home: Home) -> None:
    for appliance, parameters, code in PHOENIX_REFUSALS:
        (error,) = (await home.phoenix(appliance, **parameters))["errors"]
        assert (error["code"], error["entity"]["entityId"]) == (code, appliance), parameters
    assert (await home.request("PUT", STATE, data={})).status == 400


async def test_guard_is_controlled_by_its_appliance_id(home: Home) -> None:
    async def armed() -> Any:
        request = {"entityId": GUARD, "entityType": "APPLIANCE"}
        answer = (await home.request("POST", STATE, data={"stateRequests": [request]})).json
        return [json.loads(each)["value"] for each in answer["deviceStates"][0]["capabilityStates"]]

    assert await armed() == ["ARMED_STAY"]
    away = {"action": "controlSecurityPanel", "armState": "ARMED_AWAY"}
    assert (await home.phoenix(GUARD, "APPLIANCE", **away))["errors"] == []
    assert await armed() == ["ARMED_AWAY"]
    wrong = [(GUARD, "APPLIANCE", "armed_away"), (GUARD, "ENTITY", "ARMED_AWAY")]
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
    home.change(ID(255), armState="ARMED_AWAY")
    directives = await stream.directives()
    updates = [update for each in directives for update in each["directive"]["payload"]["renderingUpdates"]]
    update, guard = [each for each in updates if each["route"] == "EventBus:AlexaMobile::FDAL"]
    panel = json.loads(guard["resourceMetadata"])
    assert panel["metricName"] == "EndpointSecurityPanel"
    assert panel["payload"]["data"]["features"][0]["properties"][0]["armStateValue"] == "ARMED_AWAY"
    metadata = json.loads(update["resourceMetadata"])
    assert isinstance(metadata["payload"]["fragment"], str)
    assert datetime.fromisoformat(metadata["timestamp"]).timestamp() == pytest.approx(home.clock.now(), abs=1)
    assert metadata["metricName"] == "EndpointBrightness"
    assert metadata["payload"]["entity"] == {"id": f"amzn1.alexa.endpoint.{HALL}"}
    (feature,) = metadata["payload"]["data"]["features"]
    (held,) = feature["properties"]
    assert (held["brightnessStateValue"], feature["name"]) == (5, "brightness")
    assert home.feature(HALL, "brightness")["sampled"] == pytest.approx(home.clock.now())
    assert home.feature(HALL, "power")["sampled"] < home.feature(HALL, "brightness")["sampled"]


def test_a_household_with_an_unknown_feature_is_refused() -> None:
    household = load_household("demo")
    household["accounts"][JO]["appliances"][HALL]["features"]["teleport"] = {}
    with pytest.raises(HouseholdError):
        check_household(household, "demo")
