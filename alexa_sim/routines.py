"""Routines: listing them, updating them, and finding the routine for a sequence."""

from collections.abc import Mapping
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from .marketplaces import Marketplace

LIMIT = 2000
"""Default number of listed routines."""

_OPTIONAL = ("presentationDataList", "tags")

_MODEL = "com.amazon.alexa.behaviors.model."


def complete(automation: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a routine completed with default values; ``now`` is in epoch seconds."""
    made = round(now * 1000)
    return {
        "status": "ENABLED",
        "utterances": [],
        "creationTimeEpochMillis": made,
        "lastUpdatedTimeEpochMillis": made,
        "runs": 0,
        **automation,
    }


class RoutineError(Exception):
    """An invalid body of a routine."""


def update(automation: dict[str, Any], key: str, body: Mapping[str, Any], now: float) -> None:
    """Replace a routine with the body that the app sends; raises ``RoutineError``.

    The body is flat: triggers, sequence and presentation data are JSON in strings, and the payload of a trigger is a
    string inside that JSON. Anything missing in the body is lost.
    """
    try:
        triggers = [json.loads(text) for text in body.get("triggerJsonList") or []]
        payloads = [json.loads(trigger["payload"]) for trigger in triggers]
        node = json.loads(body["sequenceJson"])["startNode"]
    except (KeyError, TypeError, ValueError) as err:
        raise RoutineError from err
    if body.get("behaviorId") != key or body.get("status") not in ("ENABLED", "DISABLED"):
        raise RoutineError
    if triggers and body.get("triggerJson") != body["triggerJsonList"][0]:
        raise RoutineError
    lost = automation.pop("losesActions", False)
    automation.update(
        name=body.get("name"),
        status=body["status"],
        utterances=[said for payload in payloads for said in payload.get("utterances") or []],
        startNode={"@type": f"{_MODEL}SerialNode", "nodesToExecute": []} if lost else node,
        lastUpdatedTimeEpochMillis=round(now * 1000),
        **{name: json.loads(body[name]) if body.get(name) else None for name in _OPTIONAL},
    )


def listing(
    account_id: str, automations: Mapping[str, Any], marketplace: Marketplace, limit: int
) -> list[dict[str, Any]]:
    """Return an account's routines in the format of ``v2/automations``."""
    return [_listed(account_id, key, automation, marketplace) for key, automation in automations.items()][:limit]


def _listed(account_id: str, key: str, automation: Mapping[str, Any], marketplace: Marketplace) -> dict[str, Any]:
    """Return one element of the list."""
    trigger = {
        "payload": {
            # the placeholder for the account's id, as in the sequence
            "customerId": account_id,
            "utterance": next(iter(automation["utterances"]), None),
            "utterances": automation["utterances"],
            "locale": marketplace.locale,
            "marketplaceId": marketplace.id,
        },
        "id": f"amzn1.alexa.trigger.{uuid5(NAMESPACE_URL, key)}",
        "type": "CustomUtterance",
    }
    return {
        "@type": f"{_MODEL}Automation",
        "automationId": key,
        "name": automation["name"],
        "status": automation["status"],
        "creationTimeEpochMillis": automation["creationTimeEpochMillis"],
        "lastUpdatedTimeEpochMillis": automation["lastUpdatedTimeEpochMillis"],
        "triggers": [trigger] if automation["utterances"] else [],
        "sequence": {
            "@type": f"{_MODEL}Sequence",
            "sequenceId": f"amzn1.alexa.sequence.{uuid5(NAMESPACE_URL, key)}",
            "startNode": automation["startNode"],
        },
        **{name: automation.get(name) for name in _OPTIONAL},
    }
