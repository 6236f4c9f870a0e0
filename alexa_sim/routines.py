"""Routines: how they are listed, and which of them a sequence is run for."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from .marketplaces import Marketplace

LIMIT = 2000
"""Default number of listed routines."""

_MODEL = "com.amazon.alexa.behaviors.model."


def complete(automation: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a routine with what was not given; ``now`` is in epoch seconds."""
    made = round(now * 1000)
    return {
        "status": "ENABLED",
        "utterances": [],
        "creationTimeEpochMillis": made,
        "lastUpdatedTimeEpochMillis": made,
        "runs": 0,
        **automation,
    }


def listing(
    account_id: str, automations: Mapping[str, Any], marketplace: Marketplace, limit: int
) -> list[dict[str, Any]]:
    """Return an account's routines as ``v2/automations`` lists them."""
    return [_listed(account_id, key, automation, marketplace) for key, automation in automations.items()][:limit]


def _listed(account_id: str, key: str, automation: Mapping[str, Any], marketplace: Marketplace) -> dict[str, Any]:
    """Return one element of the list."""
    trigger = {
        "payload": {
            # whose routine it is stands for itself, as it does in the sequence
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
        "presentationDataList": None,
        "tags": None,
    }
