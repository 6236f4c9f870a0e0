"""Hooks for schemathesis: add tokens, use ids of existing endpoints, and restore endpoints afterward.

Schemathesis loads this module through ``SCHEMATHESIS_HOOKS``; ``python -m alexa_sim run`` sets the environment.
"""

import json
import os
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import schemathesis

_TOKEN_URL = "https://api.amazon.com/auth/o2/token"
_REFRESH = {
    "grant_type": "refresh_token",
    "refresh_token": "Atzr|property",
    "client_id": "amzn1.application-oa2-client.sim",
    "client_secret": "amzn1.oa2-cs.v1.sim",
}
_DESTRUCTIVE = ("/deregister", "/forget", "/associatedUnits")


def _control(method: str, path: str, data: Any = None) -> Any:
    """Send a request to the control plane."""
    body = None if data is None else json.dumps(data).encode()
    with urlopen(Request(os.environ["ALEXA_SIM_CONTROL"] + path, body, method=method), timeout=30) as answer:
        return json.load(answer)


_PROPERTY = _control("GET", "/state")["smartProperties"]
_OPERATION = "example-operation-7f3c"
_NETWORK = '"Guest-WLAN"'
_UNITS = sorted(_PROPERTY["units"])
_LISTS_OF_NAMES = ("keys",)
_SCREEN_SETTINGS = ("Captions", "Display")


@schemathesis.auth()
class Token:
    """An access token of the operator, in both headers."""

    def get(self, _case: Any, _context: Any) -> str:
        """Return a new token."""
        with urlopen(_TOKEN_URL, urlencode(_REFRESH).encode(), timeout=30) as answer:
            return str(json.load(answer)["access_token"])

    def set(self, case: Any, data: str, _context: Any) -> None:
        """Add a token to a request."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}
        if "credentiallocker" in case.path:
            case.headers["x-amz-access-token"] = data


def _endpoints(path: str) -> list[str]:
    """Return the endpoints that the operations of a path accept."""
    _, _, feature = path.partition("/features/")
    feature = feature.partition("/")[0]
    echo = not feature and not path.endswith("/forget")
    screen = any(name in path for name in _SCREEN_SETTINGS)
    return [
        endpoint_id
        for endpoint_id, endpoint in _PROPERTY["endpoints"].items()
        if (feature == "connectivity" or not feature or feature in endpoint["features"])
        and (feature or echo == (endpoint["displayCategory"] == "ALEXA_VOICE_ENABLED"))
        and (endpoint["screen"] or not screen)
    ]


def _existing(value: Any, path: str) -> Any:
    """Return a value with most of its well-formed invented ids replaced by existing ones."""
    match value:
        case str():
            known = {"endpoint": _endpoints(path), "unit": _UNITS}.get(
                value.removeprefix("amzn1.alexa.").split(".")[0], []
            )
            which = sum(map(ord, value))
            return known[which % len(known)] if value.startswith("amzn1.") and known and which % 10 else value
        case list():
            return [_existing(item, path) for item in value]
        case dict():
            return {key: _existing(item, path) for key, item in value.items()}
    return value


def before_load_schema(_context: Any, raw_schema: Any) -> None:
    """Use existing ids in the examples, and exclude the address, which has separate operations."""
    raw_schema["components"]["schemas"]["SettingName"]["enum"].remove("address")
    parameter = raw_schema["components"]["parameters"]["endpointId"]
    for path, operations in raw_schema["paths"].items():
        own = {**parameter, "example": _endpoints(path)[0]}
        for operation in operations.values():
            if isinstance(operation, dict) and "parameters" in operation:
                operation["parameters"] = [
                    own if given.get("$ref", "").endswith("/endpointId") else given for given in operation["parameters"]
                ]


def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Use ids of existing endpoints in paths."""
    return _existing(path_parameters, context.operation.path)


def map_query(context: Any, query: Any) -> Any:
    """Use ids of existing units and endpoints in queries."""
    return _existing(query, context.operation.path)


def filter_query(_context: Any, query: Any) -> bool:
    """Exclude queries that are no longer invalid once they are encoded.

    A query has no types: a boolean or a number instead of a list of names is a valid name, and an empty object is
    empty.
    """
    return not any(
        value == {} or (name in _LISTS_OF_NAMES and isinstance(value, bool | int | float))
        for name, value in (query or {}).items()
    )


def map_body(context: Any, body: Any) -> Any:
    """Use ids of existing units in bodies."""
    return _existing(body, context.operation.path)


def after_call(_context: Any, case: Any, response: Any) -> None:
    """Restore what a request has removed."""
    if response.status_code == 200 and case.path.endswith(_DESTRUCTIVE):
        now = _control("GET", "/state")["smartProperties"]
        endpoints = {**dict.fromkeys(now["endpoints"]), **_PROPERTY["endpoints"]}
        _control("PATCH", "/state", {"smartProperties": {"endpoints": endpoints, "moved": dict.fromkeys(now["moved"])}})


_control(
    "PATCH",
    "/state",
    {
        "smartProperties": {
            "wifiNetworks": {_NETWORK: {"keyManagement": "WPAPSK"}},
            "wifiOperations": {
                _OPERATION: {
                    "endpoint": _endpoints("/features/connectivity")[0],
                    "ssid": _NETWORK,
                    "keyManagement": "WPAPSK",
                    "started": 0,
                    "status": "SUCCESS",
                }
            },
        }
    },
)
for hook in (before_load_schema, map_path_parameters, map_query, filter_query, map_body, after_call):
    schemathesis.hook(hook)
