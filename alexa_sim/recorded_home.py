"""The household for a recording: the recorded Echos, with everything else from the demo household."""

from collections.abc import Iterator, Mapping
import json
import re
from typing import Any

from . import defaults
from .household import load_household
from .recording import Recording

DEVICES = "/api/devices-v2/device"

_SERIAL = re.compile(r"[0-9A-Za-z]{8,40}")
_TYPE = re.compile(r"A[0-9A-Z]{9,15}")
_OTHER_PERSON = "A2SIMALEX0RAY2"
"""Another adult of the demo household, who owns the recorded devices of other people."""

_OWN = frozenset({"deviceOwnerCustomerId", "sharedWith", "heardBy", "capabilities"})
"""Fields that a recorded device does not take over from the most similar device of the demo household."""

_FAMILIES = frozenset({"ECHO", "KNIGHT", "ROOK", "VOX", "WHA", "FIRE_TV", "TABLET", "REAVER", "MANTIS"})


def home_of(recording: Recording) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a household with the Echos of a recording, and its ids by recorded id.

    Only families and capabilities that the simulated cloud knows are taken over, so that a comparison still reports
    unknown ones. Each Echo has the state of the most similar Echo of the demo household. The lists, routines,
    appliances and notifications of that household belong to the recorded Echos.
    """
    head = recording.head
    if recording.is_property:
        household = recording.household()
        return household, {str(head["unit_id"]): household["smartProperties"]["organization"]}
    household = load_household("demo")
    [(customer, account)] = household["accounts"].items()
    [app] = household["registrations"]
    ids = {
        str(head["customer_id"]): customer,
        str(head.get("account_id")): account["directedId"],
        str(head["serial"]): app["serial"],
    }
    examples = account.pop("devices")
    devices = _devices(recording, examples, ids)
    rest = json.dumps(account)
    for serial, example in examples.items() if devices else ():
        alike = max(devices, key=lambda each: _likeness(devices[each], example))
        rest = rest.replace(serial, alike).replace(example["deviceType"], devices[alike]["deviceType"])
    household["accounts"][customer] = {**json.loads(rest), "devices": devices or examples}
    return household, ids


def _devices(recording: Recording, examples: Mapping[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """Return the devices of all recorded device lists by serial; add replaced ids to ``ids``."""
    found: dict[str, Any] = {}
    for item in _listed(recording):
        serial, device_type = item.get("serialNumber"), item.get("deviceType")
        if isinstance(serial, str) and _SERIAL.fullmatch(serial) and isinstance(device_type, str) and serial not in ids:
            found.setdefault(serial, _device(item, device_type, examples, ids))
    for device in found.values():
        device["clusterMembers"] = [serial for serial in device["clusterMembers"] if serial in found]
    return found


def _listed(recording: Recording) -> Iterator[Mapping[str, Any]]:
    for line in recording.requests:
        body = line.get("body")
        if line["template"] == DEVICES and isinstance(body, dict):
            yield from (item for item in body.get("devices") or () if isinstance(item, dict))


def _device(
    item: Mapping[str, Any], device_type: str, examples: Mapping[str, Any], ids: dict[str, str]
) -> dict[str, Any]:
    """Return a recorded device in the format of a household, with the state of the most similar example."""
    family, owner = item.get("deviceFamily"), item.get("deviceOwnerCustomerId")
    capabilities, members = item.get("capabilities"), item.get("clusterMembers")
    device: dict[str, Any] = {
        "accountName": str(item.get("accountName") or "Echo"),
        "deviceType": device_type,
        "deviceFamily": family if family in _FAMILIES else "UNKNOWN",
        "online": item.get("online") is not False,
        "clusterMembers": [each for each in members if isinstance(each, str)] if isinstance(members, list) else [],
    }
    if isinstance(owner, str) and owner not in ids:
        ids[owner] = _OTHER_PERSON
    if isinstance(owner, str) and ids[owner] == _OTHER_PERSON:
        device["deviceOwnerCustomerId"] = _OTHER_PERSON
    if isinstance(capabilities, list):
        device["capabilities"] = [each for each in capabilities if each in defaults.CAPABILITIES]
    example = max(examples.values(), key=lambda each: _likeness(device, each))
    if not _TYPE.fullmatch(device_type):
        device["deviceType"] = ids[device_type] = example["deviceType"]
    kept = {name: value for name, value in example.items() if name not in _OWN}
    return {**(kept if device["deviceFamily"] == example["deviceFamily"] else {}), **device}


def _likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return how similar two devices are: whether their types match, and whether their families match."""
    return one["deviceType"] == other["deviceType"], one["deviceFamily"] == other["deviceFamily"]
