"""Tests of Smart Properties: endpoints, features, settings and the lifecycle of an endpoint."""

from typing import Any

from jsonschema import Draft202012Validator
import pytest

from alexa_sim.household import HouseholdError, check_household, load_household
from alexa_sim.http import HttpError

from .cloud_driver import START
from .property_driver import ENDPOINT, LOCKER, UNIT, Property, refusal
from .test_household import SCHEMA


@pytest.fixture
async def hotel() -> Property:
    hotel = Property()
    assert (await hotel.refresh()).status == 200
    return hotel


async def names(hotel: Property, query: str) -> set[str]:
    """Return the names of the endpoints on all pages of a list."""
    found: list[str] = []
    token = ""
    for _ in range(20):
        answer = await hotel.ask("GET", f"/v2/endpoints?{query}{token}")
        assert answer.status == 200, answer.text
        found += [each["id"].removeprefix(ENDPOINT) for each in answer.json["results"]]
        if "paginationContext" not in answer.json:
            assert len(found) == len(set(found))
            return set(found)
        token = f"&nextToken={answer.json['paginationContext']['nextToken']}"
    raise AssertionError("The pages have no end")


def test_the_household_of_the_property_is_valid() -> None:
    household = load_household("property")
    Draft202012Validator(SCHEMA).validate(household)
    given = household["smartProperties"]
    echos = [each for each in given["endpoints"].values() if "displayCategory" not in each]
    assert len(echos) == 12
    assert len([each for each in echos if each["unit"] is None]) == 1
    assert len([each for each in echos if not each.get("online", True)]) == 1
    assert len([unit for unit in given["units"].values() if unit["parentId"] == UNIT + "HARBOUR"]) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"operator": "A2SIMNOBODY0000"}, "There is no account A2SIMNOBODY0000."),
        ({"organization": f"{UNIT}NONE"}, "There is no unit"),
        ({"grants": [{"refreshToken": "Atzr|x", "client": "none"}]}, "There is no client none."),
        ({"units": {f"{UNIT}ORGANIZATION": {"name": "A"}, f"{UNIT}LOST": {"name": "B"}}}, "Its parents do not lead"),
        ({"endpoints": {f"{ENDPOINT}1": {"friendlyName": "A", "unit": f"{UNIT}NONE"}}}, "There is no unit"),
        ({"endpoints": {f"{ENDPOINT}{n}": {"friendlyName": "A"} for n in (1, 2)}}, "A is that of"),
        ({"country": "GB"}, "'GB' is not one of"),
    ],
)
def test_an_invalid_household_is_refused(change: dict[str, Any], message: str) -> None:
    household = load_household("property")
    household["smartProperties"].update(change)
    with pytest.raises(HouseholdError, match=message):
        check_household(household, "wrong")


async def test_lists_and_their_filters(hotel: Property) -> None:
    assert await names(hotel, "owner=~caller") == {"STOCK"}
    lobby = {"LOBBYDESK", "LOBBYBAR", "LOBBYLIFT", "LOBBYSIGN", "LOBBYAIR"}
    assert await names(hotel, f"associatedUnits.id={UNIT}LOBBY&maxResults=2") == lobby
    assert await names(hotel, f"associatedUnits.id={UNIT}HARBOUR") == set()
    serial = "serialNumber.value.text=G0SIMASP00000004"
    assert await names(hotel, f"{serial}&expand=all") == {"101BED"}
    assert await names(hotel, serial) == set()
    room = f"associatedUnits.id={UNIT}ROOM102"
    offline = "features[name:connectivity].properties[name:reachability].value.value=UNREACHABLE"
    assert await names(hotel, f"{room}&{offline}&expand=feature:connectivity") == {"102DESK"}
    assert await names(hotel, f"{room}&{offline}") == set()
    assert await names(hotel, f"{room}&displayCategories.primary.value=LIGHT") == {"102LAMP", "102HALL"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "owner=me",
        "associatedUnits.id=room",
        *(f"owner=~caller&{more}" for more in ("maxResults=0", "maxResults=51", "maxResults=x", "expand=speaker")),
        *(f"owner=~caller&{more}" for more in ("expand=all&expand=all", "nextToken=x", "nextToken=MTI6OA==")),
    ],
)
async def test_lists_that_are_refused(hotel: Property, query: str) -> None:
    assert refusal(await hotel.ask("GET", f"/v2/endpoints?{query}")) == (400, "BAD_REQUEST")


async def test_a_page_token_is_only_valid_for_the_same_query(hotel: Property) -> None:
    first = await hotel.ask("GET", f"/v2/endpoints?associatedUnits.id={UNIT}LOBBY&maxResults=2")
    token = first.json["paginationContext"]["nextToken"]
    other = await hotel.ask("GET", f"/v2/endpoints?associatedUnits.id={UNIT}ROOM101&maxResults=2&nextToken={token}")
    assert refusal(other) == (400, "BAD_REQUEST")


async def test_expand_adds_parts_to_an_endpoint(hotel: Property) -> None:
    assert (await hotel.at("LOBBYDESK")).json == {"id": f"{ENDPOINT}LOBBYDESK"}
    full = (await hotel.at("LOBBYDESK", "?expand=all&expand=feature:connectivity")).json
    assert full["friendlyName"] == {"type": "PLAIN", "value": {"text": "Reception"}}
    assert full["associatedUnits"] == [{"id": f"{UNIT}LOBBY"}]
    assert full["displayCategories"]["primary"]["value"] == "ALEXA_VOICE_ENABLED"
    inline = {feature["name"]: feature.get("properties") for feature in full["features"]}
    assert inline["speaker"] is None
    assert inline["connectivity"][0]["value"] == {"value": "OK"}
    thermostat = (await hotel.at("102HVAC", "?expand=feature:thermostat")).json
    assert set(thermostat) == {"id", "features"}
    (feature,) = thermostat["features"]
    assert feature["configuration"] == {"supportedModes": ["HEAT", "COOL", "AUTO", "OFF"]}
    assert "adjustTargetSetpoint" not in [operation["name"] for operation in feature["operations"]]


async def test_a_search_returns_matching_endpoints(hotel: Property) -> None:
    rooms = [{"match": {"associatedUnits.id": f"{UNIT}{room}"}} for room in ("ROOM101", "ROOM102")]
    query: dict[str, Any] = {"and": [{"or": rooms}, {"match": {"model.value.text": "Echo Show 5"}}]}
    answer = await hotel.ask("POST", "/v2/endpointQuery", {"query": query, "expand": ["all"]})
    assert {each["friendlyName"]["value"]["text"] for each in answer.json["results"]} == {
        "Room 101 bed",
        "Room 102 bed",
    }
    for page in ({"maxResults": 1}, {"maxResults": 50}, {"nextToken": "x"}):
        wrong = await hotel.ask("POST", "/v2/endpointQuery", {"query": query, "paginationContext": page})
        assert refusal(wrong) == (400, "BAD_REQUEST")
    assert (await hotel.ask("POST", "/v2/endpointQuery", {"query": rooms[0]})).status == 400


async def test_a_lamp_runs_its_commands(hotel: Property) -> None:
    color = {"hue": 120, "saturation": 1, "brightness": 0.2}
    answer = await hotel.command("101LAMP", "color", "setColor", color=color)
    assert (answer.status, answer.body) == (200, b"")
    await hotel.command("101LAMP", "brightness", "adjustBrightness", brightnessDelta=-50)
    await hotel.command("101LAMP", "colorTemperature", "setColorTemperature", colorTemperatureInKelvin=9800)
    await hotel.command("101LAMP", "colorTemperature", "increaseColorTemperature")
    await hotel.command("101LAMP", "power", "turnOff")
    features = hotel.endpoint("101LAMP")["features"]
    assert features["color"]["color"] == {"hue": 120, "saturation": 1, "brightness": 0}
    assert features["brightness"] == {"brightness": 0}
    assert features["power"] == {"powerState": "OFF"}
    read = (await hotel.at("101LAMP", "/features/colorTemperature")).json["properties"]
    assert [each["value"] for each in read] == [{"value": "10000"}]


async def test_a_speaker_limits_its_volume(hotel: Property) -> None:
    answer = await hotel.command("LOBBYBAR", "speaker", "setVolume", volume=80)
    assert (answer.status, answer.body) == (202, b"")
    await hotel.command("LOBBYBAR", "speaker", "adjustVolume", volumeDelta=30)
    assert (await hotel.at("LOBBYBAR", "/features/speaker")).json["properties"][0]["value"] == {"value": 100}


async def test_thermostats_convert_setpoints(hotel: Property) -> None:
    assert (await hotel.command("101HVAC", "thermostat", "setThermostatMode", thermostatMode="ECO")).status == 200
    warmer = {"value": 9, "scale": "FAHRENHEIT"}
    assert (
        await hotel.command("101HVAC", "thermostat", "adjustTargetSetpoint", targetSetpointDelta=warmer)
    ).status == 200
    state = hotel.endpoint("101HVAC")["features"]["thermostat"]
    assert (state["thermostatMode"], state["targetSetpoint"]) == ("ECO", {"value": 27, "scale": "CELSIUS"})
    low, high = {"value": 20, "scale": "CELSIUS"}, {"value": 25, "scale": "CELSIUS"}
    both = await hotel.command("102HVAC", "thermostat", "setTargetSetpoint", lowerSetpoint=low, upperSetpoint=high)
    assert both.status == 200
    state = hotel.endpoint("102HVAC")["features"]["thermostat"]
    assert (state["lowerSetpoint"]["value"], state["upperSetpoint"]["value"]) == (68, 77)
    answer = await hotel.at("LOBBYAIR", "/features/temperatureSensor")
    assert answer.json["name"] == "temperatureSensor"
    assert answer.json["properties"][0]["value"] == {"value": 295.15, "scale": "KELVIN"}


WARM = {"value": 300, "scale": "KELVIN"}


@pytest.mark.parametrize(
    ("name", "feature", "operation", "payload", "refused"),
    [
        ("101LAMP", "brightness", "setBrightness", {"brightness": 101}, (400, "BAD_REQUEST")),
        ("101LAMP", "brightness", "setBrightness", {}, (400, "BAD_REQUEST")),
        ("101LAMP", "colorTemperature", "setColorTemperature", {"colorTemperatureInKelvin": 999}, (400, "BAD_REQUEST")),
        ("101LAMP", "color", "setColor", {"color": {"hue": 1, "saturation": 1}}, (400, "BAD_REQUEST")),
        ("102LAMP", "color", "setColor", {"color": {}}, (404, "NOT_FOUND")),
        ("NONE", "power", "turnOn", {}, (404, "NOT_FOUND")),
        ("102DESK", "speaker", "setVolume", {"volume": 10}, (503, "ENDPOINT_UNREACHABLE")),
        ("101HVAC", "thermostat", "setThermostatMode", {"thermostatMode": "AUTO"}, (400, "BAD_REQUEST")),
        (
            "101HVAC",
            "thermostat",
            "setTargetSetpoint",
            {"lowerSetpoint": WARM, "upperSetpoint": WARM},
            (400, "BAD_REQUEST"),
        ),
        ("102HVAC", "thermostat", "setTargetSetpoint", {"targetSetpoint": WARM}, (400, "BAD_REQUEST")),
        (
            "102HVAC",
            "thermostat",
            "setTargetSetpoint",
            {"lowerSetpoint": WARM, "upperSetpoint": WARM},
            (400, "BAD_REQUEST"),
        ),
        ("102HVAC", "thermostat", "adjustTargetSetpoint", {"targetSetpointDelta": WARM}, (404, "NOT_FOUND")),
    ],
)
async def test_commands_that_are_refused(
    hotel: Property, name: str, feature: str, operation: str, payload: dict[str, Any], refused: tuple[int, str]
) -> None:
    before = hotel.properties()
    assert refusal(await hotel.command(name, feature, operation, **payload)) == refused
    assert hotel.properties() == before


async def test_states_that_cannot_be_read(hotel: Property) -> None:
    connectivity = (await hotel.at("102DESK", "/features/connectivity")).json
    assert connectivity["properties"][0]["value"] == {"value": "UNREACHABLE"}
    (volume,) = (await hotel.at("102DESK", "/features/speaker")).json["properties"]
    assert (volume["type"], volume["error"]["type"], "value" in volume) == ("RETRIEVABLE", "DEVICE_UNREACHABLE", False)
    hotel.patch("102LAMP", {"notRetrievable": ["power"], "propertyErrors": {"brightness": "ENDPOINT_BUSY"}})
    (power,) = (await hotel.at("102LAMP", "/features/power")).json["properties"]
    assert power == {"name": "powerState", "type": "NOT_RETRIEVABLE"}
    (brightness,) = (await hotel.at("102LAMP", "/features/brightness")).json["properties"]
    assert (brightness["type"], brightness["error"]["type"]) == ("ERROR", "ENDPOINT_BUSY")
    assert refusal(await hotel.at("LOBBYSIGN", "/features/color")) == (404, "NOT_FOUND")
    assert refusal(await hotel.at("NONE", "/features/connectivity")) == (403, "FORBIDDEN")


async def test_settings_are_read_and_written_one_at_a_time(hotel: Property) -> None:
    assert (await hotel.at("101DESK", "/settings/Alexa.DoNotDisturb.doNotDisturb")).json is True
    missing = await hotel.at("101DESK", "/settings/SpeechSynthesizer.speakingRate")
    assert (missing.status, missing.body) == (204, b"")
    answer = await hotel.put("101DESK", "SpeechSynthesizer.speakingRate", 1.25)
    assert (answer.status, answer.body) == (204, b"")
    assert (await hotel.at("101DESK", "/settings/SpeechSynthesizer.speakingRate")).json == 1.25
    assert (await hotel.put("101BED", "Accessibility.Display.Magnifier.enablement", "ENABLED")).status == 204
    assert refusal(await hotel.at("102SOFA", "/settings/System.timeZone")) == (403, "FORBIDDEN")
    assert refusal(await hotel.at("101DESK", "/settings/System.nothing")) == (400, "INVALID_REQUEST")
    unknown = await hotel.at("101DESK", "/settings/Accessibility.Display.Magnifier.enablement")
    assert refusal(unknown) == (404, "NOT_FOUND")
    assert (await hotel.at("101DESK", "/settings/Alexa.DataFormat.Time.timeFormat")).json == "12_HOURS"


@pytest.mark.parametrize(
    ("name", "key", "value", "refused"),
    [
        ("101BED", "System.timeZone", "Middle/Earth", (400, "INVALID_VALUE")),
        ("101BED", "System.locales", [], (400, "INVALID_VALUE")),
        ("101BED", "System.locales", ["en-US", "en-US"], (400, "INVALID_VALUE")),
        ("101BED", "SpeechRecognizer.wakeWords", ["ZIGGY"], (400, "INVALID_VALUE")),
        ("101BED", "SpeechSynthesizer.speakingRate", 1.1, (400, "INVALID_VALUE")),
        ("101BED", "Alexa.DoNotDisturb.doNotDisturb", "true", (400, "INVALID_VALUE")),
        ("101BED", "Alexa.ManagedDevice.Settings.maximumVolumeLimit", 101, (400, "INVALID_VALUE")),
        ("101BED", "Alexa.ManagedDevice.Settings.errorSuppression", ["ALL"], (400, "INVALID_REQUEST")),
        ("101BED", "Alexa.ManagedDevice.Settings.setupModePrivileges", ["ONE_SETTING"], (400, "INVALID_VALUE")),
        ("101BED", "Alexa.DataFormat.Time.timeFormat", {"setting": "12_HOURS"}, (400, "INVALID_STRING_LENGTH")),
        ("101BED", "Alexa.DataFormat.Time.timeFormat", "13_HOURS", (400, "INVALID_STRING_LENGTH")),
        ("101DESK", "Accessibility.Display.ColorInversion.enablement", "ENABLED", (405, "METHOD_NOT_ALLOWED")),
        ("102DESK", "System.timeZone", "Europe/Berlin", (400, "DEVICE_UNREACHABLE")),
        ("102DESK", "Alexa.ManagedDevice.Settings.errorSuppression", [], (400, "INVALID_REQUEST")),
        ("NONE", "System.timeZone", "Europe/Berlin", (404, "NOT_FOUND")),
    ],
)
async def test_settings_that_are_refused(
    hotel: Property, name: str, key: str, value: Any, refused: tuple[int, str]
) -> None:
    before = hotel.properties()
    answer = await hotel.put(name, key, value)
    assert refusal(answer) == refused
    assert ("code" in answer.json) == ("timeFormat" in key)
    assert hotel.properties() == before


async def test_a_locale_excludes_values(hotel: Property) -> None:
    assert (await hotel.put("101BED", "System.locales", ["fr-FR", "en-US"])).status == 204
    assert refusal(await hotel.put("101BED", "SpeechRecognizer.wakeWords", ["COMPUTER"])) == (400, "INVALID_VALUE")
    captions = await hotel.put("101BED", "Accessibility.Captions.AlexaCaptions.enablement", "ENABLED")
    assert refusal(captions) == (405, "METHOD_NOT_ALLOWED")


async def test_several_settings_are_read_at_once(hotel: Property) -> None:
    keys = "System.locales,address,System.nothing,SpeechSynthesizer.speakingRate,System.locales"
    answer = (await hotel.at("101DESK", f"/settings?keys={keys}")).json
    assert answer["settings"] == [{"key": "System.locales", "value": ["en-US"]}]
    errors = {error["key"]: (error["status"], error["code"]) for error in answer["errors"]}
    assert errors == {
        "address": (204, "NO_CONTENT"),
        "System.nothing": (404, "INVALID_KEY"),
        "SpeechSynthesizer.speakingRate": (204, "NO_CONTENT"),
    }
    assert answer["paginationContext"] == {}
    denied = (await hotel.at("102SOFA", "/settings?keys=System.timeZone")).json
    assert [(error["status"], error["code"]) for error in denied["errors"]] == [(403, "ACCESS_DENIED")]
    assert (await hotel.at("101DESK", "/settings?keys=address")).status == 204
    first = (await hotel.at("101DESK", "/settings?keys=System.locales,System.timeZone&maxResults=1")).json
    token = first["paginationContext"]["nextToken"]
    query = f"/settings?keys=System.locales,System.timeZone&maxResults=1&nextToken={token}"
    assert (await hotel.at("101DESK", query)).json["settings"][0]["key"] == "System.timeZone"
    assert refusal(await hotel.at("101DESK", "/settings")) == (400, "INVALID_REQUEST")


async def test_the_address_is_checked(hotel: Property) -> None:
    good = (await hotel.at("LOBBYDESK", "/settings/address")).json
    answer = await hotel.at("101BED", "/settings/address", good)
    assert (answer.status, answer.json) == (201, good)
    assert answer.header("location") == f"/v2/endpoints/{ENDPOINT}101BED/settings/address"
    assert hotel.endpoint("101BED")["address"] == good["address"]
    wrong = await hotel.at("101BED", "/settings/address", {"address": {**good["address"], "postalCode": "627"}})
    assert (wrong.status, wrong.json["addressErrors"][0]["subCode"]) == (400, "ADDRESS_ZIP_INVALID")
    empty = await hotel.at("101BED", "/settings/address", {"address": {**good["address"], "city": ""}})
    assert [(error["subCode"], error["element"]) for error in empty.json["addressErrors"]] == [("FIELD_EMPTY", "CITY")]
    loose = await hotel.at("101BED", "/settings/address", {"address": {**good["address"], "city": " Springfield "}})
    assert (loose.status, loose.json["addressSuggestions"]) == (400, [good])
    assert refusal(await hotel.at("101BED", "/settings/address", {"address": {}})) == (400, "INVALID_REQUEST")
    assert refusal(await hotel.at("101BATH", "/settings/address")) == (404, "NOT_FOUND")
    put = await hotel.at("101BED", "/settings/address", good, "PUT")
    assert (put.status, put.header("allow")) == (405, "GET, POST")


async def test_a_move_changes_the_id_and_clears_the_settings(hotel: Property) -> None:
    answer = await hotel.at("101BED", "/associatedUnits", [{"id": f"{UNIT}ROOM102"}], "PUT")
    new_id = answer.json["endpoint"]["id"]
    assert answer.json == {"endpoint": {"id": new_id, "associatedUnits": [{"id": f"{UNIT}ROOM102"}]}}
    assert refusal(await hotel.at("101BED")) == (404, "NOT_FOUND")
    moved = hotel.properties()["endpoints"][new_id]
    assert (moved["serialNumber"], moved["settings"]) == ("G0SIMASP00000004", {})
    assert new_id != f"{ENDPOINT}101BED"
    connectivity = f"/v2/endpoints/{new_id}/features/connectivity"
    assert "UNREACHABLE" in (await hotel.ask("GET", connectivity)).text
    again = await hotel.ask("PUT", f"/v2/endpoints/{new_id}/associatedUnits", [{"id": f"{UNIT}LOBBY"}])
    assert refusal(again) == (400, "ENDPOINT_UNREACHABLE")
    hotel.advance(120)
    assert "UNREACHABLE" not in (await hotel.ask("GET", connectivity)).text
    out = await hotel.ask("PUT", f"/v2/endpoints/{new_id}/associatedUnits", [{"id": "~caller.defaultUnitId"}])
    assert out.json["endpoint"]["associatedUnits"] == []
    assert len(await names(hotel, "owner=~caller")) == 2


@pytest.mark.parametrize(
    ("name", "units", "refused"),
    [
        ("101BED", [], (400, "TOO_FEW_UNIT_ASSOCIATIONS")),
        ("101BED", [{"id": f"{UNIT}LOBBY"}, {"id": f"{UNIT}ROOM102"}], (400, "TOO_MANY_UNIT_ASSOCIATIONS")),
        ("101BED", [{"id": f"{UNIT}NONE"}], (400, "NO_SUCH_UNIT")),
        ("101BED", {"id": f"{UNIT}LOBBY"}, (400, "BAD_REQUEST")),
        ("101LAMP", [{"id": f"{UNIT}LOBBY"}], (400, "ENDPOINT_NOT_SUPPORTED")),
        ("102DESK", [{"id": f"{UNIT}LOBBY"}], (400, "ENDPOINT_UNREACHABLE")),
        ("NONE", [{"id": f"{UNIT}LOBBY"}], (404, "NO_SUCH_ENDPOINT")),
    ],
)
async def test_moves_that_are_refused(hotel: Property, name: str, units: Any, refused: tuple[int, str]) -> None:
    assert refusal(await hotel.at(name, "/associatedUnits", units, "PUT")) == refused


async def test_names_are_valid_and_unique(hotel: Property) -> None:
    async def rename(text: Any) -> Any:
        return await hotel.at("101LAMP", "/friendlyName", {"type": "PLAIN", "value": {"text": text}})

    assert (await rename("Zoë's lampe de chevet 2")).status == 200
    assert hotel.endpoint("101LAMP")["friendlyName"] == "Zoë's lampe de chevet 2"
    assert refusal(await rename("RECEPTION")) == (400, "DUPLICATE_NAME")
    for wrong in ("", "a" * 129, "Lamp!", "' '", 7):
        assert refusal(await rename(wrong)) == (400, "INVALID_FRIENDLY_NAME")
    missing = await hotel.at("NONE", "/friendlyName", {"type": "PLAIN", "value": {"text": "Any"}})
    assert refusal(missing) == (404, "NO_SUCH_ENDPOINT")


async def test_endpoints_and_timers_are_removed(hotel: Property) -> None:
    assert (await hotel.ask("DELETE", f"/v1/alerts/timers?endpoint={ENDPOINT}101BED")).status == 204
    assert hotel.endpoint("101BED")["timers"] == []
    offline = await hotel.ask("DELETE", f"/v1/alerts/timers?endpoint={ENDPOINT}102DESK")
    assert (offline.status, offline.json["errors"][0]["type"]) == (504, "DEVICE_UNREACHABLE")
    unknown = await hotel.ask("DELETE", f"/v1/alerts/timers?endpoint={ENDPOINT}NONE")
    assert (unknown.status, unknown.json["errors"][0]["type"]) == (404, "NOT_FOUND")
    assert (await hotel.ask("DELETE", "/v1/alerts/timers")).status == 400
    assert refusal(await hotel.at("101LAMP", "/deregister", method="POST")) == (400, "BAD_REQUEST")
    echo = await hotel.at("101BED", "/forget", method="POST")
    assert (echo.status, set(echo.json)) == (400, {"message"})
    assert (await hotel.at("101BED", "/deregister", method="POST")).status == 200
    assert (await hotel.at("101LAMP", "/forget", method="POST")).status == 200
    assert {f"{ENDPOINT}101BED", f"{ENDPOINT}101LAMP"}.isdisjoint(hotel.properties()["endpoints"])
    assert refusal(await hotel.at("101BED", "/deregister", method="POST")) == (403, "FORBIDDEN")


async def test_a_read_only_endpoint_cannot_be_changed(hotel: Property) -> None:
    hotel.patch("101LAMP", {"readOnly": True})
    assert (await hotel.at("101LAMP", "/features/power")).status == 200
    assert refusal(await hotel.command("101LAMP", "power", "turnOff")) == (403, "FORBIDDEN")
    assert hotel.endpoint("101LAMP")["features"]["power"] == {"powerState": "ON"}


INSTALL = "/features/connectivity/addOrUpdateWifiConfigurations"
GUESTS = {"ssid": '"Guests"', "keyManagement": "WPAPSK"}


async def save(hotel: Property, *networks: dict[str, Any], token: str | None = None) -> Any:
    """Store networks in the locker."""
    headers = {"x-amz-access-token": hotel.token if token is None else token}
    data = {"wifiConfigurations": list(networks)}
    return await hotel.request("POST", LOCKER, data=data, bearer=hotel.token, headers=headers)


async def test_wifi_credentials_are_saved_and_installed(hotel: Property) -> None:
    key = {"credentialConfiguration": {"privateSharedKey": '"correct horse"'}}
    assert (await save(hotel, {**GUESTS, **key})).status == 200
    assert (await save(hotel, {**GUESTS, **key}, token="other")).status == 401
    for wrong in (GUESTS, {**GUESTS, **key, "ssid": "Guests"}, {**GUESTS, **key, "keyManagement": "WEP"}):
        assert (await save(hotel, wrong)).status == 400
    answer = await hotel.at("101BED", INSTALL, {"payload": {"wifiConfigurations": [GUESTS]}})
    status = f"{INSTALL}/submittedOperations/{answer.json['submittedOperationId']}"
    assert (answer.status, (await hotel.at("101BED", status)).json) == (202, {"status": "IN_PROGRESS"})
    assert refusal(await hotel.at("101DESK", status)) == (404, "NOT_FOUND")
    hotel.advance(30)
    assert (await hotel.at("101BED", status)).json == {"status": "SUCCESS"}
    assert hotel.endpoint("101BED")["wifiNetworks"] == {'"Guests"': "WPAPSK"}
    moved = await hotel.at("101BED", "/associatedUnits", [{"id": f"{UNIT}ROOM102"}], "PUT")
    elsewhere = await hotel.at("101BED", status)
    assert (elsewhere.status, elsewhere.json) == (301, f"/v2/endpoints/{moved.json['endpoint']['id']}")


async def test_wifi_installation_fails_on_an_unreachable_echo(hotel: Property) -> None:
    await save(hotel, {"ssid": '"Open"', "keyManagement": "NONE"})
    network = {"ssid": '"Open"', "keyManagement": "NONE"}
    hotel.patch("101BED", {"wifiOutcome": "FAILURE"})
    operations = {}
    for name in ("101BED", "101DESK"):
        answer = await hotel.at(name, INSTALL, {"payload": {"wifiConfigurations": [network]}})
        operations[name] = f"{INSTALL}/submittedOperations/{answer.json['submittedOperationId']}"
    hotel.patch("101DESK", {"online": False})
    hotel.advance(30)
    assert (await hotel.at("101BED", operations["101BED"])).json == {"status": "FAILURE"}
    assert (await hotel.at("101DESK", operations["101DESK"])).json == {"status": "IN_PROGRESS"}
    hotel.advance(40)
    assert (await hotel.at("101DESK", operations["101DESK"])).json == {"status": "TIMEOUT"}


@pytest.mark.parametrize(
    ("name", "networks", "refused"),
    [
        ("101BED", [], (400, "TOO_MANY_CONFIGURATIONS")),
        ("101BED", [GUESTS, GUESTS], (400, "TOO_MANY_CONFIGURATIONS")),
        ("101BED", [{"ssid": '"Guests"'}], (400, "INVALID_CONFIGURATION")),
        ("101BED", [GUESTS], (404, "NO_SUCH_CONFIGURATION")),
        ("101LAMP", [GUESTS], (400, "ENDPOINT_NOT_SUPPORTED")),
        ("NONE", [GUESTS], (404, "NO_SUCH_ENDPOINT")),
    ],
)
async def test_installations_that_are_refused(
    hotel: Property, name: str, networks: Any, refused: tuple[int, str]
) -> None:
    assert refusal(await hotel.at(name, INSTALL, {"payload": {"wifiConfigurations": networks}})) == refused


async def test_wifi_on_an_echo_that_is_offline_or_full(hotel: Property) -> None:
    await save(hotel, {"ssid": '"Open"', "keyManagement": "NONE"})
    body = {"payload": {"wifiConfigurations": [{"ssid": '"Open"', "keyManagement": "NONE"}]}}
    assert refusal(await hotel.at("102DESK", INSTALL, body)) == (504, "ENDPOINT_UNREACHABLE")
    hotel.patch("101BED", {"wifiNetworks": {f'"{number}"': "NONE" for number in range(32)}})
    assert refusal(await hotel.at("101BED", INSTALL, body)) == (400, "TOO_MANY_CONFIGURATIONS")


async def test_units_are_listed_and_read(hotel: Property) -> None:
    direct = await hotel.ask("GET", f"/v2/units?parentId={UNIT}ORGANIZATION&expand=all")
    assert direct.json == {
        "results": [
            {
                "id": f"{UNIT}HARBOUR",
                "name": {"type": "PLAIN", "value": {"text": "Harbour Hotel"}},
                "level": 1,
                "parentId": f"{UNIT}ORGANIZATION",
            }
        ]
    }
    deep = await hotel.ask("GET", f"/v2/units?parentId={UNIT}ORGANIZATION&queryDepth=2&maxResults=3")
    assert (len(deep.json["results"]), set(deep.json["results"][0])) == (3, {"id"})
    token = deep.json["paginationContext"]["nextToken"]
    rest = await hotel.ask("GET", f"/v2/units?parentId={UNIT}ORGANIZATION&queryDepth=2&maxResults=3&nextToken={token}")
    assert len(rest.json["results"]) == 1
    root = (await hotel.ask("GET", f"/v2/units/{UNIT}ORGANIZATION")).json
    assert (root["level"], "parentId" in root) == (0, False)
    assert refusal(await hotel.ask("GET", f"/v2/units?parentId={UNIT}NONE")) == (404, "NOT_FOUND")
    assert refusal(await hotel.ask("GET", f"/v2/units/{UNIT}NONE")) == (404, "NOT_FOUND")
    for query in ("", f"parentId={UNIT}HARBOUR&queryDepth=16", f"parentId={UNIT}HARBOUR&expand=some"):
        assert refusal(await hotel.ask("GET", f"/v2/units?{query}")) == (400, "BAD_REQUEST")


def message(kind: str, texts: dict[str, str], *recipients: tuple[str, str]) -> dict[str, Any]:
    """Return the body of a notification."""
    values = [{"locale": locale, "text": text} for locale, text in texts.items()]
    content = {"variants": [{"type": "SpokenText", "values": values}]}
    return {
        "recipients": [{"type": kind, "id": key} for kind, key in recipients],
        "notification": {"variants": [{"type": kind, "content": content}]},
    }


async def test_notifications_reach_units_and_endpoints(hotel: Property) -> None:
    room = ("Unit", f"{UNIT}ROOM101")
    answer = await hotel.ask(
        "POST",
        "/v3/notifications",
        message("Announcement", {"en-US": "Breakfast"}, room, ("Endpoint", f"{ENDPOINT}101BED")),
    )
    assert (answer.status, answer.body) == (202, b"")
    said = {(each["device"], each["text"], each["display"], each["volume"]) for each in hotel.cloud.spoken()}
    assert said == {
        ("Room 101 bed", "Breakfast", "Breakfast", 25),
        ("Room 101 bath", "Breakfast", None, 35),
        ("Room 101 balcony", "Breakfast", None, 20),
    }
    assert {each["time"] for each in hotel.cloud.spoken()} == {START}
    texts = {"en-US": "Towels", "es-US": "Toallas"}
    quiet = message("DeviceNotification", texts, ("Endpoint", f"{ENDPOINT}102BED"))
    assert (await hotel.ask("POST", "/v3/notifications", quiet)).status == 202
    assert hotel.endpoint("102BED")["notifications"] == ["Towels"]
    assert len(hotel.cloud.spoken()) == 3
    nobody = message("Announcement", texts, ("Unit", f"{UNIT}NONE"))
    assert refusal(await hotel.ask("POST", "/v3/notifications", nobody)) == (404, "NOT_FOUND")
    many = message("Announcement", texts, *[room] * 101)
    assert refusal(await hotel.ask("POST", "/v3/notifications", many)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "patch",
    [
        [],
        {"units": {f"{UNIT}LOBBY": None}},
        {"endpoints": {f"{ENDPOINT}101BED": {"features": {"speaker": {"volume": 101}}}}},
        {"endpoints": {f"{ENDPOINT}101HVAC": {"features": {"thermostat": {"thermostatMode": "AUTO"}}}}},
        {"endpoints": {f"{ENDPOINT}101HVAC": {"features": {"thermostat": {"targetSetpoint": None}}}}},
    ],
    ids=["a list", "a deleted unit", "a volume above 100", "an unknown mode", "without a setpoint"],
)
def test_invalid_patches_are_refused(patch: Any) -> None:
    hotel = Property()
    before = hotel.properties()
    with pytest.raises(HttpError, match="smartProperties"):
        hotel.cloud.patch({"smartProperties": patch})
    assert hotel.properties() == before


def test_a_patch_keeps_cleared_settings_and_completes_new_endpoints() -> None:
    hotel = Property()
    hotel.patch("101BED", {"settings": {"System.timeZone": None}})
    hotel.patch("NEW", {"friendlyName": "New Echo", "features": {"speaker": {"volume": 5}}})
    assert "System.timeZone" not in hotel.endpoint("101BED")["settings"]
    assert hotel.endpoint("NEW")["settings"]["System.timeZone"] == "America/Los_Angeles"
