"""Groups of appliances and Echos: the rooms of a household, and groups made by clients.

An appliance's ``room`` is the group that it is in. ``deviceGroups`` of an account contains what a room does not
describe: groups that clients created or changed, additional members, and nested groups.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from . import smart_home

type Json = dict[str, Any]

_PREFIX = "amzn1.alexa.endpointGroup."


def listing(account: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Yield (id, group); a group has ``name``, ``members`` (endpoint ids) and ``children`` (group ids)."""
    rooms: dict[str, list[str]] = {}
    for entity_id, appliance in account["appliances"].items():
        if appliance["room"]:
            rooms.setdefault(appliance["room"], []).append(smart_home.endpoint_id(entity_id))
    for group_id, group in account["deviceGroups"].items():
        members = rooms.pop(group["name"], [])
        yield group_id, {**group, "members": [*members, *(each for each in group["members"] if each not in members)]}
    for name, members in rooms.items():
        yield f"{_PREFIX}{smart_home.echo_entity_id(name)}", {"name": name, "members": members, "children": []}


def create(account: Json, name: str, members: Iterable[str], children: Iterable[str]) -> str:
    """Create a group and return its id."""
    group_id = f"{_PREFIX}{uuid4()}"
    account["deviceGroups"][group_id] = {"name": name, "members": [], "children": list(children)}
    _add(account, account["deviceGroups"][group_id], members)
    return group_id


def held(account: Json, group_id: str) -> Json | None:
    """Return a changeable group, or ``None`` if the id is unknown."""
    if group_id not in account["deviceGroups"]:
        group = dict(listing(account)).get(group_id)
        if group is None:
            return None
        account["deviceGroups"][group_id] = {**group, "members": [], "children": []}
    stored: Json = account["deviceGroups"][group_id]
    return stored


def rename(account: Json, group: Json, name: str) -> None:
    """Rename a group, and the room of its appliances."""
    for appliance in account["appliances"].values():
        if appliance["room"] == group["name"]:
            appliance["room"] = name
    group["name"] = name


def change_members(account: Json, group: Json, operation: str, members: Iterable[str]) -> None:
    """Add members (ADD), remove members (REMOVE), or replace all members (REPLACE)."""
    wanted = list(members)
    if operation in ("REMOVE", "REPLACE"):
        for entity_id, appliance in account["appliances"].items():
            gone = operation == "REPLACE" or smart_home.endpoint_id(entity_id) in wanted
            if gone and appliance["room"] == group["name"]:
                appliance["room"] = None
        group["members"] = [] if operation == "REPLACE" else [each for each in group["members"] if each not in wanted]
    if operation != "REMOVE":
        _add(account, group, wanted)


def change_children(group: Json, operation: str, children: Iterable[str]) -> None:
    """Add child groups (ADD), remove child groups (REMOVE), or replace all of them (REPLACE)."""
    wanted = list(children)
    kept = [] if operation == "REPLACE" else [each for each in group["children"] if each not in wanted]
    group["children"] = kept if operation == "REMOVE" else [*kept, *wanted]


def delete(account: Json, group_id: str) -> bool:
    """Delete a group without its appliances; return whether it existed."""
    group = held(account, group_id)
    if group is None:
        return False
    change_members(account, group, "REPLACE", ())
    del account["deviceGroups"][group_id]
    return True


def _add(account: Json, group: Json, members: Iterable[str]) -> None:
    """Add members to a group; an appliance without a room gets this room."""
    for member in members:
        appliance = account["appliances"].get(smart_home.entity_id(member))
        if appliance is not None and appliance["room"] in (None, group["name"]):
            appliance["room"] = group["name"]
        elif member not in group["members"]:
            group["members"].append(member)
