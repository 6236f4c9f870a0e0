"""JSON schemas of the bodies that the API accepts."""

from functools import cache
import json
import math
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

UNIT_ID = r"^amzn1\.alexa\.unit\.did\..+$"
"""Pattern of a unit id."""

ADDRESS_FIELDS = (
    *("addressLine1", "addressLine2", "addressLine3", "city", "stateOrRegion", "districtOrCounty"),
    *("postalCode", "countryCode"),
)
"""Fields of an address."""

OUT_OF_UNIT = "~caller.defaultUnitId"
"""Unit id that stands for no unit."""

EXPAND = (
    "all",
    "feature:brightness",
    "feature:color",
    "feature:colorTemperature",
    "feature:speaker",
    "feature:temperatureSensor",
    "feature:thermostat",
    "feature:power",
    "feature:connectivity",
)
"""Valid values of ``expand``."""

type Schema = dict[str, Any]


class BodyError(Exception):
    """A refused body; the message is one sentence."""


def body_of(body: str, name: str) -> Any:
    """Return a body as JSON after validation with a schema; raises ``BodyError``."""
    data = any_body(body)
    check(data, name)
    return data


def any_body(body: str) -> Any:
    """Return a body as JSON without validation; raises ``BodyError`` if it is not JSON."""
    try:
        return json.loads(body, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as err:
        raise BodyError("The body is no JSON") from err


def check(data: Any, name: str) -> None:
    """Raise ``BodyError`` if a value does not match a schema."""
    try:
        error = best_match(_validator(name).iter_errors(data))
    except RecursionError as err:
        raise BodyError("The body goes too deep") from err
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path)
        raise BodyError(f"{place or 'The body'} is not valid")


def fits(value: Any, schema: Schema) -> bool:
    """Return whether a value matches a schema."""
    return bool(Draft202012Validator(schema).is_valid(value))


def _no_number(text: str) -> float:
    """Refuse NaN and Infinity, which are not valid JSON."""
    raise ValueError(text)


def _finite(text: str) -> float:
    """Return a finite number; raises ``BodyError`` for one that is too large."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


@cache
def _validator(name: str) -> Draft202012Validator:
    """Return the validator for a body."""
    return Draft202012Validator(_SCHEMAS[name])


def _object(properties: Schema, **more: Any) -> Schema:
    """Return the schema of an object whose properties are all required."""
    return {"type": "object", "required": list(properties), "properties": properties, **more}


def _payload(properties: Schema) -> Schema:
    """Return the schema of a command's body."""
    return _object({"payload": _object(properties)})


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _number(most: float) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": most}


_TEXT: Schema = {"type": "string"}
_TEMPERATURE = _object({"value": {"type": "number"}, "scale": {"enum": ["CELSIUS", "FAHRENHEIT", "KELVIN"]}})
_QUOTED: Schema = {"type": "string", "pattern": '^".*"$'}
_NETWORK = {"ssid": _QUOTED, "keyManagement": {"enum": ["NONE", "WPAPSK", "WPA2_EAP"]}}
_EAP = _object(
    {
        "eapAuthenticationMethod": {"const": "EAP_TLS"},
        "certificateAuthority": _object({"providerName": _TEXT, "id": _TEXT}),
        "authenticationServerCertificates": {"type": "array", "items": _TEXT},
    }
)
_MATCH: Schema = {
    "type": "object",
    "properties": {
        "associatedUnits.id": {"type": "string", "pattern": UNIT_ID},
        "manufacturer.value.text": _TEXT,
        "model.value.text": _TEXT,
    },
    "additionalProperties": False,
    "minProperties": 1,
}
_CLAUSES: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/clause"}}
_GROUP: Schema = {
    "type": "object",
    "properties": {"and": _CLAUSES, "or": _CLAUSES},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_NAME = _object({"type": {"const": "PLAIN"}, "value": _object({"text": _TEXT})})

_SCHEMAS: dict[str, Schema] = {
    "query": {
        "$defs": {
            "clause": {"oneOf": [{"$ref": "#/$defs/group"}, _object({"match": _MATCH}, additionalProperties=False)]},
            "group": _GROUP,
        },
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": {"$ref": "#/$defs/group"},
            "paginationContext": {
                "type": "object",
                "properties": {"maxResults": _whole(2, 10), "nextToken": _TEXT},
            },
            "expand": {"type": "array", "items": {"enum": list(EXPAND)}},
        },
    },
    "associatedUnits": {
        "type": "array",
        "items": _object({"id": {"type": "string", "pattern": f"{UNIT_ID}|^{OUT_OF_UNIT}$"}}),
    },
    "friendlyName": _NAME,
    "setColor": _payload({"color": _object({"hue": _number(360), "saturation": _number(1), "brightness": _number(1)})}),
    "setBrightness": _payload({"brightness": _whole(0, 100)}),
    "adjustBrightness": _payload({"brightnessDelta": _whole(-100, 100)}),
    "setColorTemperature": _payload({"colorTemperatureInKelvin": _whole(1000, 10000)}),
    "setThermostatMode": _payload({"thermostatMode": {"enum": ["AUTO", "COOL", "HEAT", "ECO", "OFF"]}}),
    "adjustTargetSetpoint": _payload({"targetSetpointDelta": _TEMPERATURE}),
    "setTargetSetpoint": _object(
        {
            "payload": {
                "oneOf": [
                    _object({"targetSetpoint": _TEMPERATURE}, additionalProperties=False),
                    _object({"lowerSetpoint": _TEMPERATURE, "upperSetpoint": _TEMPERATURE}, additionalProperties=False),
                ]
            }
        }
    ),
    "setVolume": _payload({"volume": _whole(0, 100)}),
    "adjustVolume": _payload({"volumeDelta": _whole(-100, 100)}),
    "address": _object(
        {
            "address": _object(
                {
                    **dict.fromkeys(ADDRESS_FIELDS, _TEXT),
                    "countryCode": {"type": "string", "pattern": "^[A-Z]{2}$"},
                }
            )
        }
    ),
    "saveWifi": _object(
        {
            "wifiConfigurations": {
                "type": "array",
                "minItems": 1,
                "items": {
                    **_object(_NETWORK),
                    "oneOf": [
                        {
                            "properties": {
                                "keyManagement": {"const": "WPAPSK"},
                                "credentialConfiguration": _object({"privateSharedKey": _QUOTED}),
                            },
                            "required": ["credentialConfiguration"],
                        },
                        {
                            "properties": {"keyManagement": {"const": "WPA2_EAP"}, "credentialConfiguration": _EAP},
                            "required": ["credentialConfiguration"],
                        },
                        {
                            "properties": {
                                "keyManagement": {"const": "NONE"},
                                "credentialConfiguration": {"type": "object"},
                            }
                        },
                    ],
                },
            }
        }
    ),
    "addWifi": _payload({"wifiConfigurations": {"type": "array"}}),
    "wifiConfiguration": _object(_NETWORK),
    "notification": _object(
        {
            "recipients": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": _object({"type": {"enum": ["Unit", "Endpoint"]}, "id": _TEXT}),
            },
            "notification": _object(
                {
                    "variants": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 1,
                        "items": _object(
                            {
                                "type": {"enum": ["Announcement", "DeviceNotification"]},
                                "content": _object(
                                    {
                                        "variants": {
                                            "type": "array",
                                            "minItems": 1,
                                            "items": _object(
                                                {
                                                    "type": {"const": "SpokenText"},
                                                    "values": {
                                                        "type": "array",
                                                        "minItems": 1,
                                                        "items": _object({"locale": _TEXT, "text": _TEXT}),
                                                    },
                                                }
                                            ),
                                        }
                                    }
                                ),
                            }
                        ),
                    }
                }
            ),
        }
    ),
}
