"""Automations and the history of air quality in GraphQL."""

from datetime import UTC, datetime
import json
from typing import Any

from alexa_sim import smart_home
from alexa_sim.graphql import GraphqlError
from alexa_sim.operations import OperationError
from alexa_sim.smart_home import timestamp

from . import Call

type Json = dict[str, Any]

_STEPS = {"FIVE_MINS": 300, "ONE_HOUR": 3600, "ONE_DAY": 86400}
_MOST = 1000
"""Maximum number of values in a history."""


def _routine(key: str, held: Json) -> Json:
    """Return a routine as a GraphQL object."""
    ran = held.get("lastActivatedAt")
    return {
        "__typename": "Routine",
        "id": key,
        "name": held["name"],
        "type": "ROUTINE",
        "createdAt": timestamp(held["creationTimeEpochMillis"] / 1000),
        "lastActivatedAt": None if ran is None else timestamp(ran),
        "tags": None,
    }


def automations(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002 - the schema's name
    """Return the account's routines, the only automations of a household, in pages of ``limit``."""
    types = (input.get("filter") or {}).get("types")
    found = (
        [_routine(key, held) for key, held in call.account["automations"].items()]
        if types is None or "ROUTINE" in types
        else []
    )
    if sort := input.get("sort"):
        found.sort(key=lambda each: each["lastActivatedAt"] or "", reverse=sort.get("direction") == "DESC")
    token = str(input.get("nextToken") or "0")
    start = int(token) if token.isdecimal() else 0
    end = start + (input.get("limit") or _MOST)
    return {"items": found[start:end], "nextToken": str(end) if end < len(found) else None}


def automation(call: Call, info: Any, *, input: Json) -> Json:  # noqa: A002
    """Run a routine; other operations, such as disabling a routine, are not supported here."""
    key = input["automationId"]
    held = call.account["automations"].get(key)
    if held is None:
        raise GraphqlError("There is no such automation")
    if info.field_name != "activateAutomation":
        raise GraphqlError(f"{input['automationType']} is not supported")
    try:
        call.services.sequences.preview(call.account_id, _run(call, key, held))
    except OperationError as err:
        raise GraphqlError(str(err)) from err
    held["lastActivatedAt"] = call.state.now()
    return {"automation": _routine(key, held)}


def _run(call: Call, key: str, held: Json) -> Json:
    """Return the request that runs a routine, with its owner filled in."""
    sequence = {"@type": "com.amazon.alexa.behaviors.model.Sequence", "startNode": held["startNode"]}
    text = json.dumps(sequence).replace("ALEXA_CUSTOMER_ID", call.account_id)
    return {"behaviorId": key, "status": held["status"], "sequenceJson": text}


def air_quality_history(call: Call, _info: Any, *, airQualityHistoryInput: Json) -> Json:  # noqa: N803
    """Return the values of a monitor's range: its present value, because a household keeps no history."""
    given = airQualityHistoryInput
    device = next(iter(given["devices"]), None)
    if device is None:
        raise GraphqlError("devices is required")
    endpoint_id, instance = device["endpointId"], device.get("instance")
    key = f"range.{instance}" if instance else "range"
    feature = smart_home.feature_of(call.account, smart_home.entity_id(endpoint_id), key)
    if feature is None:
        raise GraphqlError("There is no such range")
    start, end = (_epoch(given[name]) for name in ("startDate", "endDate"))
    step = _STEPS[given["aggregationResolution"]]
    count = min(max(0, int((min(end, call.state.now()) - start) // step)), _MOST)
    value = float(feature.get("rangeValue") or 0)
    return {
        "data": [
            {"endpointIds": [endpoint_id], "timestamp": timestamp(start + number * step), "value": value}
            for number in range(count)
        ],
        "resolution": given["aggregationResolution"],
        "interfaceName": device["interfaceName"],
        "instance": instance,
        "averageValue": value,
    }


def _epoch(text: Any) -> float:
    """Return a time in the request as epoch seconds; raises ``GraphqlError``."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as err:
        raise GraphqlError("A date cannot be read") from err
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
