"""Amazon Kids as models; pure and tolerant."""

from typing import Any

from custom_components.alexa_media.backend.kids import Child
from custom_components.alexa_media.errors import AlexaBadResponseError
from custom_components.alexa_media.json_values import flag, mapping, mappings, text

from .endpoints.kids import CHILDREN, KIDS_MODE
from .parse_values import required_list


def parse_kids_mode(data: Any) -> bool:
    """Parse whether a device is a child's; raises ``AlexaBadResponseError`` where Amazon does not say."""
    value = flag(mapping(data).get("isChildDirectedDevice"))
    if value is None:
        raise AlexaBadResponseError(
            f"{KIDS_MODE.label} was answered without isChildDirectedDevice", endpoint=KIDS_MODE.label
        )
    return value


def parse_children(data: Any) -> tuple[Child, ...]:
    """Parse the children of a household, of which there may be none; raises ``AlexaBadResponseError``."""
    return tuple(
        Child(child_id=child_id, name=text(member.get("firstName")) or child_id)
        for member in mappings(required_list(data, "members", CHILDREN))
        if member.get("role") == "CHILD" and (child_id := text(member.get("directedId")))
    )
