"""Settings of Echos: single ones, several at once, and the address."""

from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

from alexa_sim.http import Response, json_response
from alexa_sim.state import Json

from .api import Api, Call, RefusalError, Route, Shape, empty, page
from .bodies import ADDRESS_FIELDS, BodyError, Schema, any_body, fits
from .organization import SCREEN_DEFAULTS, is_echo, reachable

_LOCALES = ("de-DE", "en-CA", "en-GB", "en-US", "es-ES", "es-US", "fr-CA", "fr-FR", "it-IT", "ja-JP")
_TONE: Schema = {"enum": ["TONE", "NONE"]}
_SWITCH: Schema = {"enum": ["ENABLED", "DISABLED"]}
_WITHOUT_CAPTIONS = ("en-GB", "fr-FR")
"""Locales without captions, magnifier and inverted colors on screens."""

_TIME_FORMAT = "Alexa.DataFormat.Time.timeFormat"
_ERROR_SUPPRESSION = "Alexa.ManagedDevice.Settings.errorSuppression"
_SETUP_MODE = "Alexa.ManagedDevice.Settings.setupModePrivileges"
_TIME_ZONE = "System.timeZone"

_VALUES: dict[str, Schema] = {
    "Alexa.DoNotDisturb.doNotDisturb": {"type": "boolean"},
    "System.locales": {
        "type": "array",
        "items": {"enum": list(_LOCALES)},
        "minItems": 1,
        "maxItems": 2,
        "uniqueItems": True,
    },
    "SpeechRecognizer.wakeWords": {
        "type": "array",
        "items": {"enum": ["ALEXA", "AMAZON", "COMPUTER", "ECHO"]},
        "minItems": 1,
        "maxItems": 1,
    },
    "SpeechRecognizer.wakeWordConfirmation": _TONE,
    "SpeechRecognizer.speechConfirmation": _TONE,
    _ERROR_SUPPRESSION: {"type": "array", "items": {"const": "CONNECTIVITY"}, "uniqueItems": True},
    _SETUP_MODE: {"type": "array", "items": {"const": "ALL_SETTINGS"}, "uniqueItems": True},
    "Alexa.ManagedDevice.Settings.maximumVolumeLimit": {"type": "integer", "minimum": 0, "maximum": 100},
    _TIME_FORMAT: {"enum": ["12_HOURS", "24_HOURS"]},
    _TIME_ZONE: {"type": "string"},
    "System.temperatureUnit": {"enum": ["CELSIUS", "FAHRENHEIT"]},
    "System.distanceUnits": {"enum": ["METRIC", "IMPERIAL"]},
    **dict.fromkeys(SCREEN_DEFAULTS, _SWITCH),
    "SpeechRecognizer.FollowUp.mode": {"type": "boolean"},
    "SpeechSynthesizer.speakingRate": {"type": "number", "enum": [0.75, 0.85, 1, 1.25, 1.5, 1.75, 2]},
}
"""Schema of each setting except the address."""

_REFUSED_VALUE = {_ERROR_SUPPRESSION: "INVALID_REQUEST", _TIME_FORMAT: "INVALID_STRING_LENGTH"}
"""Error codes for invalid values, for settings that do not use INVALID_VALUE."""

_WRITE_ONLY_IN_SPAIN = (
    "SpeechRecognizer.wakeWordConfirmation",
    "SpeechRecognizer.FollowUp.mode",
    "SpeechSynthesizer.speakingRate",
)
"""Settings that can only be written in Spain; in Spain all other settings can only be read."""


def add_settings(api: Api) -> None:
    """Add the operations that read and write settings."""
    base = "/v2/endpoints/{endpointId}/settings"
    api.add("GET", base, Route(_read_several))
    api.add("GET", f"{base}/address", Route(_read_address))
    api.add("POST", f"{base}/address", Route(_write_address, absent=("ES",)))
    for key in _VALUES:
        shape = Shape.CODE if key == _TIME_FORMAT else Shape.TYPE
        reading, writing = (("ES",), ()) if key in _WRITE_ONLY_IN_SPAIN else ((), ("ES",))
        api.add("GET", f"{base}/{key}", Route(partial(_read, key), shape=shape, absent=reading))
        api.add("PUT", f"{base}/{key}", Route(partial(_write, key), shape=shape, absent=writing))
    api.close("PUT", f"{base}/address")
    api.add("GET", f"{base}/{{settingName}}", Route(_unknown))
    api.add("PUT", f"{base}/{{settingName}}", Route(_unknown))


def _supports(endpoint: Json, key: str) -> bool:
    """Return whether a device has a setting."""
    if not is_echo(endpoint) or key in endpoint["unsupportedSettings"]:
        return False
    return key in _VALUES and (endpoint["screen"] or key not in SCREEN_DEFAULTS)


def _unknown(call: Call) -> Response:
    """Refuse an unknown setting."""
    call.endpoint()
    raise RefusalError(400, "INVALID_REQUEST", "There is no such setting")


def _read(key: str, call: Call) -> Response:
    """Return a setting as a plain value; 204 if it has none."""
    endpoint = call.endpoint()
    if key in endpoint["deniedSettings"]:
        raise RefusalError(403, "FORBIDDEN", "The caller may not read this setting")
    if not _supports(endpoint, key):
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no such setting")
    if key not in endpoint["settings"]:
        if key == _TIME_FORMAT:  # only this setting is never answered with 204
            raise RefusalError(404, "NOT_FOUND", "The setting has no value")
        return empty(204)
    return json_response(endpoint["settings"][key])


def _read_several(call: Call) -> Response:
    """Return the settings in ``keys``; each that cannot be read has an error."""
    endpoint = call.endpoint()
    query = call.request.query
    keys = list(dict.fromkeys(query.get("keys", "").split(",")))
    if not all(keys):
        raise RefusalError(400, "INVALID_REQUEST", "keys is required")
    size = call.number("maxResults", None, len(keys), "INVALID_REQUEST")
    wanted, following = page(keys, query.get("nextToken"), size, [call.endpoint_id, keys], "INVALID_REQUEST")
    read = [_entry(endpoint, key) for key in wanted]
    values = [entry for entry in read if "value" in entry]
    errors = [entry for entry in read if "value" not in entry]
    if not values and following is None and all(entry["code"] == "NO_CONTENT" for entry in errors):
        return empty(204)
    answer: Json = {"settings": values, "paginationContext": {"nextToken": following} if following else {}}
    return json_response(answer | ({"errors": errors} if errors else {}))


def _entry(endpoint: Json, key: str) -> Json:
    """Return a key with its value, or with its error."""
    address = key == "address" and is_echo(endpoint)
    if key in endpoint["deniedSettings"]:
        return {"status": 403, "key": key, "code": "ACCESS_DENIED", "message": "The setting may not be read"}
    if not address and not _supports(endpoint, key):
        return {"status": 404, "key": key, "code": "INVALID_KEY", "message": "There is no such setting"}
    if address and endpoint["address"] is not None:
        return {"key": key, "value": {"address": endpoint["address"]}}
    if key in endpoint["settings"]:
        return {"key": key, "value": endpoint["settings"][key]}
    return {"status": 204, "key": key, "code": "NO_CONTENT", "message": "The setting has no value"}


def _write(key: str, call: Call) -> Response:
    """Write a setting from its plain value."""
    endpoint = call.writable()
    muting = key == _ERROR_SUPPRESSION
    try:
        value = any_body(call.request.text)
    except BodyError as err:
        raise RefusalError(400, "INVALID_REQUEST", str(err)) from err
    if not fits(value, _VALUES[key]) or not _is_possible(endpoint, key, value):
        raise RefusalError(400, _REFUSED_VALUE.get(key, "INVALID_VALUE"), "The value is not accepted")
    captions = key in SCREEN_DEFAULTS and set(endpoint["settings"].get("System.locales", ())) & set(_WITHOUT_CAPTIONS)
    if not _supports(endpoint, key) or captions:
        raise RefusalError(405, "METHOD_NOT_ALLOWED", "The device does not support this setting")
    if not reachable(endpoint):
        raise RefusalError(400, "INVALID_REQUEST" if muting else "DEVICE_UNREACHABLE", "The device is offline")
    endpoint["settings"][key] = value
    return empty(204)


def _is_possible(endpoint: Json, key: str, value: Any) -> bool:
    """Return whether a valid value exists, such as a time zone; COMPUTER does not exist in French of France."""
    if key == _TIME_ZONE:
        return value in _time_zones()
    if value == ["COMPUTER"] and key == "SpeechRecognizer.wakeWords":
        return "fr-FR" not in endpoint["settings"].get("System.locales", ())
    return True


def _read_address(call: Call) -> Response:
    """Return the address of an Echo."""
    endpoint = call.endpoint()
    if "address" in endpoint["deniedSettings"]:
        raise RefusalError(403, "FORBIDDEN", "The caller may not read this setting")
    if endpoint["address"] is None:
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no address")
    return json_response({"address": endpoint["address"]})


def _write_address(call: Call) -> Response:
    """Write the address of an Echo; an invalid one is answered with its problems or with a suggestion."""
    endpoint = call.writable()
    if not is_echo(endpoint):
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no such setting")
    given = call.body("address", "INVALID_REQUEST")["address"]
    address: dict[str, str] = {name: given[name] for name in ADDRESS_FIELDS}
    rejected: Json | None = None
    if errors := _address_errors(address):
        rejected = {"addressErrors": errors}
    elif (better := {name: value.strip() for name, value in address.items()}) != address:
        rejected = {"addressSuggestions": [{"address": better}]}
    if rejected is not None:
        answer = {**rejected, "code": 400, "description": "The address is not valid"}
        raise RefusalError(400, "INVALID_REQUEST", "The address is not valid", answer)
    endpoint["address"] = address
    location = f"/v2/endpoints/{call.endpoint_id}/settings/address"
    return json_response({"address": address}, 201, [("location", location)])


def _address_errors(address: dict[str, str]) -> list[Json]:
    """Return the problems of an address: empty fields, and an invalid zip code."""
    needed = {"addressLine1": "ADDRESS_1", "city": "CITY", "postalCode": "ZIP"}
    american = address["countryCode"] == "US"
    if american:
        needed["stateOrRegion"] = "STATE"
    errors = [
        {"code": "ELEMENT_REQUIRED", "subCode": "FIELD_EMPTY", "message": f"{name} is empty", "element": element}
        for name, element in needed.items()
        if not address[name].strip()
    ]
    digits = address["postalCode"].strip().replace("-", "", 1)
    if not errors and american and not (digits.isascii() and digits.isdecimal() and len(digits) in (5, 9)):
        message = "The zip code has 5 or 9 digits"
        errors.append(
            {"code": "ELEMENT_INVALID", "subCode": "ADDRESS_ZIP_INVALID", "message": message, "element": "ZIP"}
        )
    return errors


@cache
def _time_zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())
