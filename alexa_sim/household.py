"""Households: read from a file or generated, and validated with the schema and for consistency."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
import json
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from . import alerts
from .catalogue import PROVIDERS, TRACKS
from .defaults import GROUP_TYPE
from .marketplaces import MARKETPLACES
from .merge import copied
from .smart_properties import checks

_FOLDER = Path(__file__).parent / "households"
_GENERATED = {"forty": 40, "two_hundred": 200}
_KINDS = (
    ("Echo Dot", "A4ZXE0RM7LQ7A", "ECHO"),
    ("Echo Show", "A1EIANJ7PNB0Q7", "KNIGHT"),
    ("Echo", "A7WXQPH584YP", "ECHO"),
    ("Echo Studio", "A3RBAYBE7VM004", "ECHO"),
    ("Echo Spot", "A10A33FOX2NUBK", "ROOK"),
)
_WARM = {"value": 20.0, "scale": "CELSIUS"}


class HouseholdError(Exception):
    """An invalid household; the message is one sentence with the place of the error."""


def household_names() -> list[str]:
    """Return the names of the households that ``load_household`` accepts."""
    return sorted({path.stem for path in _FOLDER.glob("*.json")} - {"schema"} | set(_GENERATED))


def load_household(name_or_path: str) -> dict[str, Any]:
    """Return a household by name (``demo``, ``property`` …) or from a JSON file; raises ``HouseholdError``."""
    if name_or_path in _GENERATED:
        return generate_household(name_or_path, _GENERATED[name_or_path])
    path = _FOLDER / f"{name_or_path}.json"
    if name_or_path not in household_names():
        path = Path(name_or_path)
        if path.suffix != ".json":
            raise HouseholdError(f"There is no household {name_or_path}; there are {', '.join(household_names())}.")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise HouseholdError(f"{path} cannot be read: {err.strerror}.") from err
    household: dict[str, Any] = copied(_parsed(text, path))
    return household


@lru_cache(maxsize=8)
def _parsed(text: str, path: Path) -> dict[str, Any]:
    """Return the household in the text of a file; a test suite loads the same ones again and again."""
    try:
        data: dict[str, Any] = json.loads(text)
    except ValueError as err:
        raise HouseholdError(f"{path} is not JSON: {err}.") from err
    check_household(data, path.name)
    return data


def generate_household(name: str, echos: int) -> dict[str, Any]:
    """Return Jo's account with a number of Echos, two speaker groups, and alarms far in the future."""
    demo = load_household("demo")
    (customer_id, jo), *_ = demo["accounts"].items()
    devices: dict[str, Any] = {}
    for number in range(1, echos + 1):
        kind, device_type, family = _KINDS[number % len(_KINDS)]
        devices[f"G0SIM{name.upper().replace('_', '')[:6]:0<6}{number:05}"] = {
            "accountName": f"{kind} {number}",
            "deviceType": device_type,
            "deviceFamily": family,
            "volume": 10 + number % 60,
        }
    serials = list(devices)
    half = len(serials) // 2
    for number, members in enumerate((serials[:half], serials[half:]), 1):
        devices[f"{number:032x}"] = {
            "accountName": f"Floor {number}",
            "deviceType": GROUP_TYPE,
            "deviceFamily": "WHA",
            "clusterMembers": members,
        }
    notifications = {
        f"2f0c3d52-7a51-4c0e-9d39-{number:012x}": {
            "type": "Alarm",
            "deviceSerialNumber": serial,
            "originalDate": "2099-01-01",
            "originalTime": "07:00:00.000",
        }
        for number, serial in enumerate(serials[::4])
    }
    account = {
        **jo,
        "household": [],
        "devices": devices,
        "notifications": notifications,
        "automations": {},
        "appliances": _appliances(serials, jo["appliances"]),
    }
    household = {"name": name, "accounts": {customer_id: account}, "registrations": demo["registrations"]}
    check_household(household, name)
    return household


def _appliances(serials: list[str], demo: Mapping[str, Any]) -> dict[str, Any]:
    """Return one appliance per Echo (lights, plugs and sensors), and Guard."""
    kinds: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("Lamp", "LIGHT", {"power": {"powerState": "OFF"}, "brightness": {"brightness": 50}}),
        ("Plug", "SMARTPLUG", {"power": {"powerState": "OFF"}}),
        ("Door", "CONTACT_SENSOR", {"contactSensor": {"detectionState": "NOT_DETECTED"}}),
        ("Thermometer", "TEMPERATURE_SENSOR", {"temperatureSensor": {"temperature": dict(_WARM)}}),
    )
    found: dict[str, Any] = {}
    for number, serial in enumerate(serials):
        kind, category, features = kinds[number % len(kinds)]
        found[f"5e000000-0000-4000-9000-{number:012x}"] = {
            "name": f"{kind} {number}",
            "category": category,
            "manufacturer": "Example Lighting",
            "connectedVia": serial,
            "room": f"Room {number % 10}",
            "features": features,
        }
    found |= {key: appliance for key, appliance in demo.items() if appliance.get("armState")}
    return found


def check_household(data: Any, name: str) -> None:
    """Raise ``HouseholdError`` for a household that does not match the schema or is inconsistent."""
    _raise_best(_validator("household").iter_errors(data), f"{name}: ")
    for place, problem in contradictions(data["accounts"]):
        raise HouseholdError(f"{name}: {place}: {problem}")
    if "smartProperties" in data:
        for place, problem in checks.contradictions(data["smartProperties"], data["accounts"]):
            raise HouseholdError(f"{name}: {place}: {problem}")
    for number, registration in enumerate(data.get("registrations", [])):
        if registration["account"] not in data["accounts"]:
            place = f"registrations/{number}/account"
            raise HouseholdError(f"{name}: {place}: There is no account {registration['account']}.")


def check_part(kind: str, data: Any, place: str) -> None:
    """Raise ``HouseholdError`` for an account, a device or a notification that does not match its schema."""
    _raise_best(_validator(kind).iter_errors(data), f"{place}/")


def contradictions(accounts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each inconsistency: its place, and a sentence."""
    serials: dict[str, str] = {}
    emails: set[str] = set()
    for customer_id, account in accounts.items():
        place = f"accounts/{customer_id}"
        if (email := account["email"].lower()) in emails:
            yield f"{place}/email", f"{email} belongs to another account already."
        emails.add(email)
        marketplace = account.get("marketplace")
        if marketplace is not None and marketplace not in MARKETPLACES:
            yield f"{place}/marketplace", f"{marketplace} is no retail domain of Amazon's that is known here."
        if account.get("defaultMusicProvider", "AMAZON_MUSIC") not in PROVIDERS:
            yield f"{place}/defaultMusicProvider", f"There is no provider {account['defaultMusicProvider']}."
        devices = account.get("devices", {})
        for serial, device in devices.items():
            if serial in serials:
                yield f"{place}/devices/{serial}", f"The serial is in the account {serials[serial]} already."
            serials[serial] = customer_id
            yield from _of_device(f"{place}/devices/{serial}", device, customer_id, accounts)
        for key, notification in account.get("notifications", {}).items():
            if (serial := notification["deviceSerialNumber"]) not in devices:
                yield f"{place}/notifications/{key}", f"There is no device {serial} in the account."
            if not alerts.is_understood(notification):
                yield f"{place}/notifications/{key}", "A date, a time or a recurrence rule cannot be read."


def seen(customer_id: str, accounts: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the devices that an account sees by serial: its own, and those shared with it."""
    return {
        serial: device
        for other, account in accounts.items()
        for serial, device in account.get("devices", {}).items()
        if other == customer_id or customer_id in device.get("sharedWith", [])
    }


def _of_device(
    place: str, device: Mapping[str, Any], customer_id: str, accounts: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield each inconsistency of one device of an account."""
    members = device.get("clusterMembers", [])
    if members and device["deviceFamily"] != "WHA":
        yield f"{place}/clusterMembers", "Only a group (deviceFamily WHA) has members."
    devices = seen(customer_id, accounts) if members else {}
    for member in members:
        if member not in devices:
            yield f"{place}/clusterMembers", f"{member} is no speaker of the account."
    hearing = device.get("heardBy", [])
    visible = seen(customer_id, accounts) if hearing else {}
    for other in hearing:
        if other not in visible or {device["deviceFamily"], visible[other]["deviceFamily"]} & {"WHA", "VOX"}:
            yield f"{place}/heardBy", f"{other} is no Echo of the account that could hear it."
    for other in device.get("sharedWith", []):
        if other not in accounts:
            yield f"{place}/sharedWith", f"There is no account {other}."
    if (zone := device.get("preferences", {}).get("timeZoneId")) and zone not in _time_zones():
        yield f"{place}/preferences/timeZoneId", f"There is no time zone {zone}."
    player = device.get("player", {})
    for media_id in player.get("queue", []):
        if media_id not in TRACKS:
            yield f"{place}/player/queue", f"The catalogue has no {media_id}."
    if player.get("state", "IDLE") != "IDLE" and player.get("index", 0) >= len(player.get("queue", [])):
        yield f"{place}/player", "A player needs a queue and an index inside it."
    if (provider := player.get("provider")) is not None and provider not in PROVIDERS:
        yield f"{place}/player/provider", f"There is no provider {provider}."


@cache
def _time_zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


@cache
def _validator(kind: str) -> Draft202012Validator:
    """Return the JSON schema validator for a household or a part of it."""
    schema = json.loads((_FOLDER / "schema.json").read_text(encoding="utf-8"))
    if kind != "household":
        schema = {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema)


def _raise_best(errors: Iterator[ValidationError], start: str) -> None:
    """Raise the most relevant of the errors as a sentence; ``start`` precedes the place."""
    error = best_match(errors)
    if error is None:
        return
    place = start + "/".join(str(part) for part in error.absolute_path)
    raise HouseholdError(f"{place.rstrip(':/ ')}: {error.message.rstrip('.')}.")
