"""Diagnostics without private data."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
import re
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType

from .cloud.json import observed
from .cloud.model.devices import (
    BluetoothState,
    Device,
    DeviceFamily,
    Notification,
    NotificationStatus,
    NotificationType,
    Player,
    PlayerState,
)
from .const import (
    CONF_ACCOUNT_ID,
    CONF_CUSTOMER_ID,
    CONF_EMAIL,
    CONF_EXCLUDE_DEVICES,
    CONF_ID_SUFFIX,
    CONF_INCLUDE_DEVICES,
    CONF_MAC_DMS,
    CONF_REFRESH_TOKEN,
    CONF_SCAN_INTERVAL,
    CONF_SERIAL,
    CONF_URL,
    DOMAIN,
)
from .coordinator.base import TopicCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import player_unique_id
from .features.appliances import appliance_diagnostics, appliances_diagnostics

# Keys that are redacted anywhere in the diagnostics.
TO_REDACT: Final = frozenset(
    {
        CONF_ACCOUNT_ID,
        CONF_CUSTOMER_ID,
        CONF_EMAIL,
        CONF_EXCLUDE_DEVICES,
        CONF_ID_SUFFIX,
        CONF_INCLUDE_DEVICES,
        CONF_MAC_DMS,
        CONF_REFRESH_TOKEN,
        CONF_SERIAL,
        "access_token",
        "adp_token",
        "authorization_code",
        "code_verifier",
        "cookies",
        "csrf",
        "device_private_key",
        "label",
        "name",
        "otp_secret",
        "owner_customer_id",
        "password",
        "securitycode",
        "title",
        "unique_id",
    }
)

# The only keys of an entry's data and options whose values are included; old entries may contain anything.
_SHOWN: Final = frozenset({CONF_URL, CONF_SCAN_INTERVAL})

_SHORT: Final = 3
"""Maximum length of the private texts that are only redacted as whole words, because many words contain them."""


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: AlexaConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an account, without private data; only the entry if the account isn't loaded."""
    data: dict[str, Any] = {"entry": _entry(entry)}
    if entry.state is ConfigEntryState.LOADED:
        runtime = entry.runtime_data
        numbers = _numbers(runtime)
        data |= {
            "backend": {"capabilities": str(runtime.backend.capabilities), "stats": runtime.backend.stats},
            "drift": observed(runtime.backend.drift),
            "push": _push(runtime),
            "coordinators": [_coordinator(coordinator) for coordinator in runtime.coordinators],
            "players": _players(runtime),
            "notifications": _notifications([n for items in _all_notifications(runtime).values() for n in items]),
            "devices": {numbers[serial]: _device(device) for serial, device in runtime.devices.data.items()},
            "smart_home": appliances_diagnostics(runtime),
        }
    return _clean(entry, data)


async def async_get_device_diagnostics(
    _hass: HomeAssistant, entry: AlexaConfigEntry, device_entry: DeviceEntry
) -> dict[str, Any]:
    """Return the diagnostics of one device, without private data.

    They contain only the entry and the push stream for the account's own device, and only the entry unless the account
    is loaded.
    """
    data: dict[str, Any] = {"entry": _entry(entry)}
    if entry.state is not ConfigEntryState.LOADED:
        return _clean(entry, data)
    runtime = entry.runtime_data
    if device_entry.entry_type is DeviceEntryType.SERVICE:
        return _clean(entry, data | {"push": _push(runtime)})
    serial = next(
        (s for s in runtime.devices.data if (DOMAIN, player_unique_id(entry, s)) in device_entry.identifiers), None
    )
    if serial is None:
        return _clean(entry, data | {"device": None, "appliance": appliance_diagnostics(entry, device_entry)})
    player = runtime.players.data.get(serial) if runtime.players else None
    data |= {
        "number": _numbers(runtime)[serial],
        "device": _device(runtime.devices.data[serial]),
        "player": _player(player) if player else None,
        "dnd": runtime.dnd.data.get(serial) if runtime.dnd else None,
        "bluetooth": _bluetooth(runtime.bluetooth.data.get(serial) if runtime.bluetooth else None),
        "notifications": _notifications(_all_notifications(runtime).get(serial, ())),
    }
    return _clean(entry, data)


def _entry(entry: AlexaConfigEntry) -> dict[str, Any]:
    """Return the entry with its data and options redacted, except for the keys in ``_SHOWN``."""
    return {
        "version": entry.version,
        "minor_version": entry.minor_version,
        "source": entry.source,
        "state": entry.state.value,
        "unique_id": entry.unique_id,
        "id_form": "with the account" if entry.data.get(CONF_ID_SUFFIX) else "bare",
        "data": {key: value if key in _SHOWN else REDACTED for key, value in entry.data.items()},
        "options": {key: value if key in _SHOWN else REDACTED for key, value in entry.options.items()},
    }


def _coordinator(coordinator: TopicCoordinator[Any]) -> dict[str, Any]:
    """Return the status of a topic's reads."""
    interval = coordinator.update_interval
    error = coordinator.last_exception
    return {
        "topic": coordinator.topic,
        "last_update_success": coordinator.last_update_success,
        "last_exception": type(error).__name__ if error else None,
        "last_exception_cause": type(error.__cause__).__name__ if error and error.__cause__ else None,
        "interval": interval.total_seconds() if interval else None,
        "keys": len(coordinator.data),
    }


def _push(runtime: AlexaRuntimeData) -> dict[str, Any]:
    """Return the state and the statistics of the push stream."""
    push = runtime.push
    return {"up": push.up, "received": push.received, "unknown": push.unknown, "failed": push.failed}


def _players(runtime: AlexaRuntimeData) -> dict[str, Any]:
    """Return counts of the players by state, and of those in an unknown state by Amazon's name for it."""
    players = runtime.players.data.values() if runtime.players else ()
    return {
        "states": Counter(player.state.value for player in players),
        "unknown_states": Counter(p.session.state_raw for p in players if p.session and p.state is PlayerState.UNKNOWN),
    }


def _player(player: Player) -> dict[str, Any]:
    """Return the state of a player, without the current track."""
    session, volume = player.session, player.volume
    return {
        "state": player.state,
        "state_raw": session.state_raw if session and player.state is PlayerState.UNKNOWN else None,
        "provider": session.media.provider if session else None,
        "controls": sorted(session.controls) if session else [],
        "shuffle": session.shuffle if session else None,
        "repeat": session.repeat if session else None,
        "played_on": len(session.serials) if session else 0,
        "volume_known": volume is not None and volume.level is not None,
    }


def _bluetooth(state: BluetoothState | None) -> list[dict[str, Any]] | None:
    """Return the paired devices without names and addresses; None if unknown."""
    if state is None or state.paired is None:
        return None
    return [{"connected": paired.connected, "profiles": sorted(paired.profiles)} for paired in state.paired]


def _all_notifications(runtime: AlexaRuntimeData) -> Mapping[str, tuple[Notification, ...]]:
    """Return the notifications by serial."""
    return runtime.notifications.data if runtime.notifications else {}


def _notifications(notifications: list[Notification] | tuple[Notification, ...]) -> dict[str, Any]:
    """Return the counts of notifications by type and by status, and that of recurring ones."""
    return {
        "types": Counter(
            str(n.raw.get("type") if n.type is NotificationType.UNKNOWN else n.type.value) for n in notifications
        ),
        "statuses": Counter(
            str(n.raw.get("status") if n.status is NotificationStatus.UNKNOWN else n.status.value)
            for n in notifications
        ),
        "recurring": sum(bool(n.pattern or n.rules) for n in notifications),
    }


def _device(device: Device) -> dict[str, Any]:
    """Return type, connectivity and capabilities of a device, without its name and ids."""
    return {
        "family": device.family,
        "family_raw": device.family_raw if device.family is DeviceFamily.UNKNOWN else None,
        "type": device.device_type,
        "software_version": device.software_version,
        "online": device.online,
        "capabilities": sorted(device.capabilities),
        "members": len(device.members),
        "parents": len(device.parents),
        "locale": device.locale,
        "time_zone_known": device.time_zone is not None,
    }


def _numbers(runtime: AlexaRuntimeData) -> dict[str, str]:
    """Return a substitute name for each device, by serial."""
    return {serial: f"device {number}" for number, serial in enumerate(sorted(runtime.devices.data), 1)}


def _clean(entry: AlexaConfigEntry, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as plain JSON, with private fields and known private texts redacted."""
    secrets = {entry.title, entry.unique_id, *_texts([v for key, v in entry.data.items() if key not in _SHOWN])}
    if entry.state is ConfigEntryState.LOADED:
        runtime = entry.runtime_data
        for device in runtime.devices.data.values():
            secrets |= {device.serial, device.account_id, device.owner_customer_id}
        secrets |= {runtime.backend.own_serial, runtime.backend.account.email, runtime.backend.account.customer_id}
    return async_redact_data(_plain(data, _redactor(secrets)), TO_REDACT)


def _redactor(secrets: Iterable[str | None]) -> Callable[[str], str]:
    """Return a function that returns a text with the private texts in it redacted."""
    # Longest first: one text may be part of another.
    known = sorted((secret for secret in secrets if secret), key=len, reverse=True)
    long = [secret for secret in known if len(secret) > _SHORT]
    short = "|".join(re.escape(secret) for secret in known if len(secret) <= _SHORT)
    words = re.compile(rf"(?<!\w)(?:{short})(?!\w)") if short else None

    def redacted(text: str) -> str:
        for secret in long:
            text = text.replace(secret, REDACTED)
        return words.sub(REDACTED, text) if words else text

    return redacted


def _texts(value: object) -> set[str]:
    """Return all texts in a value, at any depth, except the keys of mappings."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return _texts(list(value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return {text for item in value for text in _texts(item)}
    return set()


def _plain(value: object, redacted: Callable[[str], str]) -> Any:
    """Return a value as plain JSON, with the texts in it ``redacted``."""
    if isinstance(value, Mapping):
        return {_plain(str(key), redacted): _plain(item, redacted) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, redacted) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))
