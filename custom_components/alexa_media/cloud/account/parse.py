"""Parsers of single values, and of the account, devices, Do Not Disturb, players and Bluetooth."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from ..errors import AlexaBadResponseError
from ..json import by_key, listed, mapping, mappings, name, number, percent, reading, text, texts
from ..model.devices import (
    Account,
    BluetoothState,
    Device,
    DeviceFamily,
    Media,
    PairedDevice,
    PlayerState,
    Repeat,
    Session,
    Volume,
)
from .endpoints import ACCOUNT, BLUETOOTH, DEVICES, DND, SESSIONS, VOLUMES, Endpoint

EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2199
"""Latest valid year of a time; near the end of the calendar, a time zone offset would overflow ``datetime``."""

_LATEST: Final = 7_258_118_400_000
"""End of ``LATEST_YEAR`` in epoch milliseconds."""


def seconds(value: Any) -> float | None:
    """Return milliseconds as seconds; None for negative and other invalid values."""
    milliseconds = number(value)
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000


def instant(value: Any) -> datetime | None:
    """Return epoch milliseconds as an aware UTC time; None for 0, which means "no time", and for invalid values."""
    milliseconds = number(value)
    if milliseconds is None or not 0 < milliseconds < _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def required_list(data: Any, key: str | None, endpoint: Endpoint) -> list[Any]:
    """Return the list under ``key``, or the response itself if ``key`` is None.

    An empty list is valid. Raises ``AlexaBadResponseError`` for anything but a list, and for a list in which most
    elements are not objects.
    """
    value = listed(data if key is None else mapping(data).get(key))
    if value is None:
        raise endpoint.error(AlexaBadResponseError, f"was answered without {key or 'a list'}")
    return value


def required_texts(data: Any, key: str, endpoint: Endpoint) -> tuple[str, ...]:
    """Return the strings in the required list under ``key``; raises ``AlexaBadResponseError``.

    An empty list is valid; one that only contains other values is not.
    """
    value = mapping(data).get(key)
    if not isinstance(value, list) or (value and not texts(value)):
        raise endpoint.error(AlexaBadResponseError, f"was answered without {key}")
    return texts(value)


def by_serial[V](
    data: Any,
    key: str,
    endpoint: Endpoint,
    parse: Callable[[Mapping[str, Any]], V | None],
    *,
    serial_key: str = "deviceSerialNumber",
) -> dict[str, V]:
    """Parse the required list of objects under ``key``, by serial; skip those without a serial or a value.

    Raises like ``required_list``.
    """
    return {
        serial: value
        for element in mappings(required_list(data, key, endpoint))
        if (serial := text(element.get(serial_key))) and (value := parse(element)) is not None
    }


def address_of(device: Device) -> dict[str, str]:
    """Return the fields that identify a device in a query or a body."""
    return {"deviceSerialNumber": device.serial, "deviceType": device.device_type}


def place_of(device: Device) -> dict[str, str]:
    """Return the fields that identify a device in a path."""
    return {"type": device.device_type, "serial": device.serial}


_RETAIL_HOST: Final = re.compile(r"(?:www\.|alexa\.)?(amazon(?:\.[a-z]{2,3}){1,2})")
_ART_KEYS: Final = ("fullUrl", "largeUrl", "mediumUrl", "url", "smallUrl", "tinyUrl")
_USABLE: Final = ("ENABLED", "SELECTED")
_RANK: Final = {PlayerState.PAUSED: 1, PlayerState.PLAYING: 2}


class Region(NamedTuple):
    """Addresses (scheme and host) in the response of ``/api/endpoints``; ``None`` if missing or not accepted."""

    website: str | None
    alexa_api: str | None


# --- account ----------------------------------------------------------------------------


def parse_account(data: Any, domain: str) -> Account:
    """Parse ``users/me``; ``domain`` is the default for the marketplace.

    Raises ``AlexaBadResponseError`` if there is no customer id.
    """
    me = mapping(data)
    if (customer_id := text(me.get("id"))) is None:
        raise ACCOUNT.error(AlexaBadResponseError, "was answered without id")
    found = _RETAIL_HOST.fullmatch(_host(me.get("marketPlaceDomainName")) or "")
    return Account(
        customer_id=customer_id,
        email=text(me.get("email")) or "",
        name=text(me.get("fullName")) or "",
        domain=found[1] if found else domain,
    )


def parse_region(data: Any, domain: str) -> Region:
    """Parse ``/api/endpoints``; an address is None unless it may receive the credentials.

    The website must be below ``domain``, to which the cookies are sent, and the API below ``amazonalexa.com``.
    """
    region = mapping(data)
    website, api = _host(region.get("websiteApiUrl")), _host(region.get("alexaApiUrl"))
    return Region(
        website=f"https://{website}" if website and website.endswith(f".{domain}") else None,
        alexa_api=f"https://{api}" if api and api.endswith(".amazonalexa.com") else None,
    )


def _host(value: Any) -> str | None:
    """Return the host of an https URL without a port, else None."""
    try:
        parts = urlsplit(text(value) or "")
        plain = parts.scheme == "https" and parts.port is None
    except ValueError:
        return None
    return parts.hostname if plain else None


# --- devices ----------------------------------------------------------------------------


def parse_devices(data: Any) -> dict[str, Device]:
    """Parse the devices by serial; raises ``AlexaBadResponseError`` if there is none, as every real account has one.

    Groups and their members refer to each other in two fields, either of which may be missing. The result has both
    directions.
    """
    elements = (_device(element) for element in mappings(required_list(data, "devices", DEVICES)))
    devices = by_key(((device.serial, device) for device in elements if device), "devices")
    if not devices:
        raise DEVICES.error(AlexaBadResponseError, "was answered without a device")
    members = {serial: dict.fromkeys(device.members) for serial, device in devices.items()}
    parents = {serial: dict.fromkeys(device.parents) for serial, device in devices.items()}
    for serial, device in devices.items():
        for member in device.members:
            parents.get(member, {})[serial] = None
        for parent in device.parents:
            members.get(parent, {})[serial] = None
    kinds: dict[frozenset[str], frozenset[str]] = {}
    return {
        serial: replace(
            device,
            members=tuple(members[serial]),
            parents=tuple(parents[serial]),
            capabilities=kinds.setdefault(device.capabilities, device.capabilities),
        )
        for serial, device in devices.items()
    }


def _device(element: Mapping[str, Any]) -> Device | None:
    serial, device_type = text(element.get("serialNumber")), text(element.get("deviceType"))
    if serial is None or device_type is None:
        return None
    family = text(element.get("deviceFamily")) or ""
    online = reading(element.get("online"))
    return Device(
        serial=serial,
        device_type=device_type,
        name=name(element.get("accountName")) or serial,
        family=DeviceFamily(family),
        family_raw=family,
        online=online is not False,
        listed_online=online,
        owner_customer_id=text(element.get("deviceOwnerCustomerId")),
        account_id=text(element.get("deviceAccountId")),
        capabilities=frozenset(texts(element.get("capabilities"))),
        members=texts(element.get("clusterMembers")),
        parents=texts(element.get("parentClusters")),
        software_version=text(element.get("softwareVersion")),
    )


# --- Do Not Disturb ---------------------------------------------------------------------


def parse_dnd(data: Any) -> dict[str, bool]:
    """Parse the list of Do Not Disturb states, by serial."""
    return by_serial(data, "doNotDisturbDeviceStatusList", DND, lambda element: reading(element.get("enabled")))


def parse_dnd_echo(data: Any) -> bool | None:
    """Parse the response to a change of Do Not Disturb: the resulting state, or None."""
    return reading(mapping(data).get("enabled"))


# --- players ----------------------------------------------------------------------------


def parse_volumes(data: Any) -> dict[str, Volume]:
    """Parse the volumes by serial; skip devices with an error, and those with neither level nor mute state."""
    return by_serial(data, "volumes", VOLUMES, _volume, serial_key="dsn")


def _volume(element: Mapping[str, Any]) -> Volume | None:
    level, muted = percent(element.get("speakerVolume")), reading(element.get("speakerMuted"))
    if element.get("error") or (level is None and muted is None):
        return None
    return Volume(level=level, muted=muted)


def parse_sessions(data: Any, now: datetime) -> tuple[Session, ...]:
    """Parse the media sessions that name a device; ``now`` is the time of the response (aware, UTC).

    If nothing is playing, Amazon sends an empty list, either as the response or as ``mediaSessionList``. Playing
    sessions come last.
    """
    elements = required_list(data, None if isinstance(data, list) else "mediaSessionList", SESSIONS)
    sessions = (
        parse_now_playing(
            mapping(element.get("nowPlayingData")),
            tuple(dict.fromkeys(_serials(element.get("endpointList")))),
            text(element.get("taskSessionId")),
            now,
        )
        for element in mappings(elements)
    )
    of_devices = (session for session in sessions if session.serials)
    return tuple(sorted(of_devices, key=lambda session: _RANK.get(session.state, 0)))


def _serials(endpoints: Any, depth: int = 3) -> Iterator[str]:
    """Yield the serials in a list of endpoints, including the members of group endpoints."""
    for endpoint in mappings(endpoints):
        for source in (mapping(endpoint.get("id")), endpoint):
            if serial := text(source.get("deviceSerialNumber")):
                yield serial
                break
        if depth:
            for inner in endpoint.values():
                yield from _serials(inner, depth - 1)


def parse_now_playing(
    data: Mapping[str, Any], serials: tuple[str, ...], session_id: str | None, now: datetime
) -> Session:
    """Parse ``nowPlayingData`` of a media session or of a NotifyNowPlayingUpdated push.

    ``now`` (aware, UTC) is the time at which the progress was measured. Shuffle and repeat are known only if they can
    be changed: their control is then SELECTED (on) or ENABLED (off).
    """
    data = mapping(data)
    state = text(data.get("playerState")) or text(data.get("state")) or ""
    transport = {name: value for name, value in mapping(data.get("transport")).items() if isinstance(value, str)}
    shuffle, repeat = _switched(transport.get("shuffle")), _switched(transport.get("repeat"))
    return Session(
        serials=serials,
        state=PlayerState(state) if state else PlayerState.IDLE,
        state_raw=state,
        media=_media(data, now),
        controls=frozenset(name for name, value in transport.items() if value in _USABLE),
        shuffle=shuffle,
        repeat=None if repeat is None else Repeat.ALL if repeat else Repeat.OFF,
        session_id=session_id,
    )


def _switched(control: str | None) -> bool | None:
    return control == "SELECTED" if control in _USABLE else None


def _media(data: Mapping[str, Any], now: datetime) -> Media:
    info, progress = mapping(data.get("infoText")), mapping(data.get("progress"))
    provider = mapping(data.get("provider"))
    position = seconds(progress.get("mediaProgress"))
    return Media(
        media_id=text(data.get("mediaId")),
        queue_id=text(data.get("queueId")),
        title=text(info.get("title")),
        artist=text(info.get("subText1")),
        album=text(info.get("subText2")),
        art_url=_art(data),
        provider=text(provider.get("providerName")) or text(provider.get("providerDisplayName")),
        quality=text(mapping(data.get("quality")).get("name")),
        # a stream without an end has the length 0
        duration=seconds(progress.get("mediaLength")) or None,
        position=position,
        position_at=None if position is None else now,
    )


def _art(data: Mapping[str, Any]) -> str | None:
    """Return the URL of the largest main picture, else of the largest mini picture, else None."""
    for picture in (mapping(data.get("mainArt")), mapping(data.get("miniArt"))):
        for key in _ART_KEYS:
            if (url := text(picture.get(key))) and url.startswith(("https://", "http://")):
                return url
    return None


def parse_bluetooth(data: Any) -> dict[str, BluetoothState]:
    """Parse the Bluetooth states by serial; raises ``AlexaBadResponseError`` if the response has no list.

    ``pairedDeviceList`` is null for Echos that are offline.
    """
    return by_serial(
        data,
        "bluetoothStates",
        BLUETOOTH,
        lambda element: BluetoothState(paired=_paired(element.get("pairedDeviceList"))),
    )


def _paired(value: Any) -> tuple[PairedDevice, ...] | None:
    """Parse the paired devices of one Echo; None if there is no list."""
    if not isinstance(value, list):
        return None
    found = {device.address: device for element in mappings(value) if (device := _bluetooth_device(element))}
    return tuple(found.values())


def _bluetooth_device(element: Mapping[str, Any]) -> PairedDevice | None:
    """Parse one paired device; its name defaults to its address. None without an address."""
    if (address := text(element.get("address"))) is None:
        return None
    return PairedDevice(
        address=address,
        name=name(element.get("friendlyName")) or address,
        connected=reading(element.get("connected")) or False,
        profiles=frozenset(texts(element.get("profiles"))),
    )
