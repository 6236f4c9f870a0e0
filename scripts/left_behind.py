"""Configuration folder of alexa_media_player 5.15.7, created from a household of the simulated cloud.

The formats are those of its documented config entry and files, and of the registries of Home Assistant 2025.5, which
later releases convert at startup. Entities are renamed, moved, assigned to areas and labeled as users do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
import json
from pathlib import Path
import re
from typing import Any, Final

INSTANCE: Final = "0123456789abcdef0123456789abcdef"
"""Id of the Home Assistant installation; the serial of each registration depends on it."""

_APPLIANCE: Final = "5e000000-0000-4000-8000-0000000000"
_MONITOR: Final = f"{_APPLIANCE}08"
_MONITOR_SERIAL: Final = "G0SIM00000AIRQ01"

SMART_HOME: Final[Mapping[str, tuple[str, ...]]] = {
    "light": (f"{_APPLIANCE}01",),
    "switch": (f"{_APPLIANCE}03",),
    "binary_sensor": (f"{_APPLIANCE}06",),
    "alarm_control_panel": (f"{_APPLIANCE}ff",),
    "sensor": (
        f"{_APPLIANCE}07_temperature",
        f"{_MONITOR}_temperature",
        f"{_MONITOR}_particulate_matter",
        f"{_MONITOR}_carbon_monoxide",
        f"{_MONITOR}_indoor_air_quality",
        f"{_MONITOR}_humidity",
        f"{_MONITOR}_volatile_organic_compounds",
    ),
}
"""Unique ids of entities from extended discovery in the household ``demo``; they begin with Alexa's id of an appliance.
"""

_TIME: Final = "2025-05-04T03:02:01.000000+00:00"
_SWITCHES: Final = ("do not disturb", "shuffle", "repeat")
_SENSORS: Final = ("next Alarm", "next Timer", "next Reminder")


@dataclass(frozen=True, slots=True, kw_only=True)
class OldAccount:
    """An account of alexa_media_player: its customer id in the household, its form of ids, and its data."""

    customer_id: str
    suffix: str = ""
    secure: bool = False
    smart_home: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A configuration folder to create.

    It consists of the household with alexa_media_player's registrations, and of files by path.
    """

    household: Mapping[str, Any]
    files: Mapping[str, bytes]

    def write(self, folder: Path) -> None:
        """Write the files."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def stored(self, key: str) -> Any:
        """Return the data of a file in ``.storage``."""
        return json.loads(self.files[f".storage/{key}"])["data"]

    @property
    def leftovers(self) -> list[str]:
        """Return the files that migration must delete, which are all except Home Assistant's own."""
        return [name for name in self.files if not name.startswith(".storage/core.")]


def registered_serial(position: int, email: str, url: str) -> str:
    """Return the serial of alexa_media_player's registration for the account at a position, starting from 0."""
    salt = int(sha256((email + url).lower().encode()).hexdigest(), 16)
    return hex(int(INSTANCE, 16) + position + salt)[-32:]


def left_behind(
    household: Mapping[str, Any], accounts: Sequence[OldAccount], *, domain: str = "amazon.com"
) -> LeftBehind:
    """Return the folder for accounts, given in the order in which they were added."""
    entries: list[dict[str, Any]] = []
    devices: list[dict[str, Any]] = []
    entities: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    registrations: list[dict[str, Any]] = []
    for position, old in enumerate(accounts):
        account = household["accounts"][old.customer_id]
        registration = next(item for item in household["registrations"] if item["account"] == old.customer_id)
        registration = registration | {"serial": registered_serial(position, account["email"], domain)}
        registrations.append(registration)
        entry = _entry(position, old, account["email"], domain, registration)
        entries.append(entry)
        _register(entry["entry_id"], old, _visible(household, old.customer_id), devices, entities)
        files |= _files(account["email"])
        if old.secure:
            name = f"alexa_media.secure_credentials.{entry['entry_id']}"
            files |= dict([_stored(name, _credentials(registration, domain), 1, 1)])
    labels = [_label("mine"), _label("echo")]
    files |= dict(
        [
            _stored("core.uuid", {"uuid": INSTANCE}, 1, 1),
            _stored("core.config_entries", {"entries": entries}, 1, 5),
            _stored("core.device_registry", {"devices": devices, "deleted_devices": []}, 1, 9),
            _stored("core.entity_registry", {"entities": entities, "deleted_entities": []}, 1, 16),
            _stored("core.area_registry", {"areas": [_area("ground_floor"), _area("upstairs")]}, 1, 8),
            _stored("core.label_registry", {"labels": labels}, 1, 2),
        ]
    )
    return LeftBehind({**household, "registrations": registrations}, files)


# --- files -------------------------------------------------------------------------------


def _stored(key: str, data: Any, version: int, minor_version: int) -> tuple[str, bytes]:
    """Return a file of ``.storage`` and its content."""
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    return f".storage/{key}", json.dumps(content, indent=2).encode()


def _files(email: str) -> dict[str, bytes]:
    """Return the cookies and pages of an account; loading a pickle would end Home Assistant."""
    pickled = b"cos\n_exit\n(I86\ntR."
    names = (
        f".storage/alexa_media.{email}.cookies",
        f".storage/alexa_media.{email}.pickle",
        f".storage/alexa_media.{email}.txt",
        f"alexa_media.{email}.pickle",
        f"alexa_media{email}post.html",
        f"alexa_media{email}get.html",
    )
    return {name: pickled if name.endswith("pickle") else b"<html>old</html>" for name in names}


def _credentials(registration: Mapping[str, Any], domain: str) -> dict[str, Any]:
    """Return the path and the content of a file in ``.storage``."""
    return {
        "refresh_token": registration["refresh_token"],
        "mac_dms": registration["mac_dms"],
        "serial": registration["serial"],
        "customer_id": f"amzn1.account.{registration['account']}",
        "domain": domain,
        "pending_validation": False,
    }


def _entry(position: int, old: OldAccount, email: str, domain: str, registration: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config entry."""
    data: dict[str, Any] = {
        "url": domain,
        "email": email,
        "public_url": "/",
        "include_devices": "",
        "exclude_devices": "",
        "scan_interval": 60,
        "queue_delay": 1.5,
        "extended_entity_discovery": old.smart_home,
        "debug": False,
    }
    if old.secure:
        data["secure_enrollment"] = True
    else:
        data |= {
            "password": "a password of old",
            "otp_secret": "",
            "oauth": {
                "access_token": "Atna|of-old",
                "refresh_token": registration["refresh_token"],
                "expires_in": 1746327721.5,
                "mac_dms": registration["mac_dms"],
                "code_verifier": "verifier",
                "authorization_code": "ANofold",
            },
        }
    title = f"{email} - {domain}"
    return {
        "created_at": _TIME,
        "data": {**data, **old.data},
        "disabled_by": None,
        "discovery_keys": {},
        "domain": "alexa_media",
        "entry_id": f"01JTCHANGEOVER{position:012}",
        "minor_version": 1,
        "modified_at": _TIME,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": [],
        "title": title,
        "unique_id": f"amzn1.account.{old.customer_id}" if old.secure else title,
        "version": 2 if old.secure else 1,
    }


# --- registries --------------------------------------------------------------------------


def _visible(household: Mapping[str, Any], customer_id: str) -> dict[str, Any]:
    """Return the devices that an account sees by serial: its own and shared ones."""
    return {
        serial: echo
        for owner, account in household["accounts"].items()
        for serial, echo in account["devices"].items()
        if (owner == customer_id or customer_id in echo.get("sharedWith", ())) and echo["deviceFamily"] != "VOX"
    }


def _register(
    entry_id: str,
    old: OldAccount,
    echos: Mapping[str, Any],
    devices: list[dict[str, Any]],
    entities: list[dict[str, Any]],
) -> None:
    """Register all entities of an account; every second Echo has changes made by a user."""
    for number, (serial, echo) in enumerate(echos.items()):
        player = _slug(f"{serial}_{old.suffix}") if old.suffix else serial
        device = _device(entry_id, player, echo, devices, is_own=number % 2 == 0)
        keys = [("media_player", ""), *(("switch", key) for key in _SWITCHES)]
        if echo["deviceFamily"] != "WHA":
            keys += [("sensor", key) for key in _SENSORS]
        for platform, key in keys:
            unique_id = f"{player}_{key}" if key else player
            name = f"{echo['accountName']} {key}".strip()
            own = f"home {name}" if number % 2 == 0 else None
            entities.append(_entity(entry_id, platform, unique_id, name, own, entities, device))
    if old.smart_home:
        monitor = _device(entry_id, _MONITOR_SERIAL, {"accountName": "Air Monitor"}, devices, is_own=True)
        for platform, unique_ids in SMART_HOME.items():
            for number, unique_id in enumerate(unique_ids):
                device_id = monitor if unique_id.startswith(_MONITOR) else None
                name = f"Old {platform} {number}"
                entities.append(_entity(entry_id, platform, unique_id, name, None, entities, device_id))


def _device(
    entry_id: str, identifier: str, echo: Mapping[str, Any], devices: list[dict[str, Any]], *, is_own: bool
) -> str:
    """Register a device, which is its own hub; return its id."""
    name, device_id = echo["accountName"], sha256(f"{entry_id} {identifier}".encode()).hexdigest()[:32]
    devices.append(
        {
            "area_id": "ground_floor" if is_own else None,
            "config_entries": [entry_id],
            "config_entries_subentries": {entry_id: [None]},
            "configuration_url": None,
            "connections": [],
            "created_at": _TIME,
            "disabled_by": None,
            "entry_type": None,
            "hw_version": None,
            "id": device_id,
            "identifiers": [["alexa_media", identifier]],
            "labels": ["echo"] if is_own else [],
            "manufacturer": "Amazon",
            "model": "an old name of the model",
            "model_id": None,
            "modified_at": _TIME,
            "name_by_user": f"My {name}" if is_own else None,
            "name": name,
            "primary_config_entry": entry_id,
            "serial_number": identifier,
            "sw_version": "1",
            "via_device_id": device_id,
        }
    )
    return device_id


def _entity(
    entry_id: str,
    platform: str,
    unique_id: str,
    name: str,
    own: str | None,
    entities: Sequence[Mapping[str, Any]],
    device_id: str | None,
) -> dict[str, Any]:
    """Return an entity; ``own`` is the user's name for it, if any."""
    taken = {item["entity_id"] for item in entities}
    entity_id = next(item for item in _entity_ids(platform, own or name) if item not in taken)
    return {
        "aliases": ["what I call it"] if own else [],
        "area_id": "upstairs" if own else None,
        "capabilities": None,
        "categories": {},
        "config_entry_id": entry_id,
        "config_subentry_id": None,
        "created_at": _TIME,
        "device_class": None,
        "device_id": device_id,
        "disabled_by": None,
        "entity_category": "config" if platform == "switch" else None,
        "entity_id": entity_id,
        "has_entity_name": platform != "media_player",
        "hidden_by": None,
        "icon": "mdi:ear-hearing" if own else None,
        "id": sha256(f"{entry_id} {platform} {unique_id}".encode()).hexdigest()[:32],
        "labels": ["mine"] if own else [],
        "modified_at": _TIME,
        "name": f"Old {name}" if own else None,
        "options": {},
        "original_device_class": None,
        "original_icon": None,
        "original_name": name,
        "platform": "alexa_media",
        "previous_unique_id": None,
        "supported_features": 0,
        "translation_key": None,
        "unique_id": unique_id,
        "unit_of_measurement": None,
    }


def _entity_ids(platform: str, name: str) -> Iterator[str]:
    """Yield the entity ids that Home Assistant tries for a name, in order."""
    first = f"{platform}.{_slug(name)}"
    yield first
    yield from (f"{first}_{number}" for number in range(2, 100))


def _slug(text: str) -> str:
    """Return a text as an object id."""
    return re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")


def _area(area_id: str) -> dict[str, Any]:
    """Return an area."""
    return {
        "aliases": [],
        "created_at": _TIME,
        "floor_id": None,
        "humidity_entity_id": None,
        "icon": None,
        "id": area_id,
        "labels": [],
        "modified_at": _TIME,
        "name": area_id.replace("_", " ").capitalize(),
        "picture": None,
        "temperature_entity_id": None,
    }


def _label(label_id: str) -> dict[str, Any]:
    """Return a label."""
    return {
        "color": None,
        "created_at": _TIME,
        "description": None,
        "icon": None,
        "label_id": label_id,
        "modified_at": _TIME,
        "name": label_id,
    }
