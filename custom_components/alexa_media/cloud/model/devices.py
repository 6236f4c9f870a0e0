"""Accounts, devices, groups, players and notifications as immutable values, and the protocol for Amazon Kids.

An ``OpenEnum`` maps unknown values to ``UNKNOWN``. Fields named ``…_raw`` usually contain the text that Amazon sent. A
speaker group may contain other groups, such as a stereo pair.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol, Self, override

from ..json import UNKNOWN_VALUES
from ..names import by_name


class OpenEnum(StrEnum):
    """Base class for Amazon's enumerations; an unlisted value becomes ``UNKNOWN``."""

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self | None:
        """Count the value, and return ``UNKNOWN``, which every subclass has to define."""
        if value == "UNKNOWN":
            return None
        UNKNOWN_VALUES.value(cls.__name__, value)
        return cls("UNKNOWN")


class DeviceFamily(OpenEnum):
    """``deviceFamily`` of the device list; ``VOX`` is an app, ``WHA`` a speaker group."""

    ECHO = "ECHO"
    KNIGHT = "KNIGHT"
    ROOK = "ROOK"
    VOX = "VOX"
    WHA = "WHA"
    FIRE_TV = "FIRE_TV"
    TABLET = "TABLET"
    REAVER = "REAVER"
    MANTIS = "MANTIS"
    THIRD_PARTY_AVS_MEDIA_DISPLAY = "THIRD_PARTY_AVS_MEDIA_DISPLAY"
    THIRD_PARTY_AVS_SONOS_BOOTLEG = "THIRD_PARTY_AVS_SONOS_BOOTLEG"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The signed-in account.

    In the account API, ``customer_id`` is the ``id`` of ``users/me`` (``A…``), and ``account_id`` the
    ``amzn1.account…`` id of the registration, if known. In Smart Properties, ``customer_id`` is the id of the managed
    unit, and ``email`` and ``domain`` are empty.
    """

    customer_id: str
    email: str
    name: str
    domain: str
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Credentials of the registration, as stored in the config entry."""

    domain: str
    serial: str
    refresh_token: str = field(repr=False)
    mac_dms: Mapping[str, str] = field(default_factory=dict, repr=False)
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePreferences:
    """Preferences of a device; ``None`` or empty for those that Amazon does not report.

    ``temperature_scale`` is CELSIUS or FAHRENHEIT, ``distance_units`` METRIC or IMPERIAL. ``locales`` are the languages
    that the device supports. ``notification_sound`` is whether notifications are audible.
    """

    locale: str | None = None
    locales: tuple[str, ...] = ()
    time_zone: str | None = None
    temperature_scale: str | None = None
    distance_units: str | None = None
    follow_up: bool | None = None
    notification_sound: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of the device list, with its preferences if they are known.

    ``members`` are the serials of a group's members, ``parents`` those of the groups that contain the device.
    ``online`` is True unless the device is known to be offline, or has only been restored from disk.
    """

    serial: str
    device_type: str
    name: str
    family: DeviceFamily
    family_raw: str
    online: bool
    owner_customer_id: str | None
    account_id: str | None
    capabilities: frozenset[str]
    members: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    software_version: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    preferences: DevicePreferences | None = None
    model: str | None = None
    """Name of the model, if the cloud reports it."""
    room: str | None = None
    mac_address: str | None = None
    listed_online: bool | None = None
    """``online`` in the device list; ``None`` if it is missing, which does not mean offline."""

    @classmethod
    def standing_for_all(
        cls, serial: str, *, device_type: str = "", capabilities: frozenset[str] = frozenset()
    ) -> Self:
        """Return a device that stands for all devices; ``serial`` and ``device_type`` are Amazon's words for them."""
        return cls(
            serial=serial,
            device_type=device_type,
            name="All devices",
            family=DeviceFamily.UNKNOWN,
            family_raw="",
            online=True,
            owner_customer_id=None,
            account_id=None,
            capabilities=capabilities,
        )

    @property
    def is_group(self) -> bool:
        """Return whether this is a speaker group."""
        return self.family is DeviceFamily.WHA


class PlayerState(OpenEnum):
    """``playerState`` of a media session, or ``audioPlayerState`` of a push.

    FINISHED is the end of a track, INTERRUPTED a pause or the end of playback.
    """

    PLAYING = "PLAYING"
    PAUSED = "PAUSED"
    IDLE = "IDLE"
    INTERRUPTED = "INTERRUPTED"
    FINISHED = "FINISHED"
    UNKNOWN = "UNKNOWN"


class Repeat(StrEnum):
    """Repeat mode; Amazon supports only the whole queue or off."""

    OFF = "off"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """The current track; ``duration`` and ``position`` (measured at ``position_at``) are in seconds."""

    media_id: str | None = None
    queue_id: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    art_url: str | None = None
    provider: str | None = None
    quality: str | None = None
    duration: float | None = None
    position: float | None = None
    position_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A media session of the account; ``serials`` are those of its devices, empty if unknown.

    ``controls`` are Amazon's names for the available controls. ``shuffle`` and ``repeat`` are ``None`` if unknown.
    """

    serials: tuple[str, ...]
    state: PlayerState
    state_raw: str
    media: Media
    controls: frozenset[str] = frozenset()
    shuffle: bool | None = None
    repeat: Repeat | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Volume level (0–100) and mute state of one device; ``None`` for a value that Amazon does not report."""

    level: int | None
    muted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Playback and volume of one device; a device without a session is idle."""

    volume: Volume | None = None
    session: Session | None = None

    @property
    def state(self) -> PlayerState:
        """Return the state of the session; IDLE without a session."""
        return self.session.state if self.session else PlayerState.IDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDevice:
    """A Bluetooth device paired with an Echo; ``profiles`` uses Amazon's names, such as ``A2DP-SOURCE``."""

    address: str
    name: str
    connected: bool
    profiles: frozenset[str] = frozenset()

    @property
    def can_be_source(self) -> bool:
        """Return whether the device can play audio through the Echo, as a phone can and a loudspeaker cannot."""
        return "A2DP-SOURCE" in self.profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothState:
    """Paired devices of one Echo; ``paired`` is ``None`` if they are unknown, as for an offline Echo."""

    paired: tuple[PairedDevice, ...] | None

    def named(self, reserved: str) -> dict[str, PairedDevice]:
        """Return the paired devices by name; the address is added to a name that is taken or is ``reserved``."""
        paired = self.paired or ()
        return by_name(((one.name, f"{one.name} ({one.address})", one) for one in paired), reserved=reserved)


EVERYWHERE: Final = "ALL_DEVICES"
"""Serial number that stands for all devices in reminders; Amazon's value of ``deliveryType``."""


class NotificationType(OpenEnum):
    """Amazon's ``type`` of a notification."""

    ALARM = "Alarm"
    MUSIC_ALARM = "MusicAlarm"
    REMINDER = "Reminder"
    TIMER = "Timer"
    UNKNOWN = "UNKNOWN"


class NotificationStatus(OpenEnum):
    """Amazon's ``status`` of a notification."""

    ON = "ON"
    OFF = "OFF"
    PAUSED = "PAUSED"
    SNOOZED = "SNOOZED"
    INSTANCE_CANCELED = "INSTANCE_CANCELED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """An alarm, timer or reminder as stored in the cloud.

    ``local_date`` and ``local_seconds`` (seconds after midnight) are in the device's time zone.
    ``alarm_time``, ``trigger_time``, ``snoozed_to`` and ``deferred`` are instants. ``rang`` is when it last rang.
    ``remaining`` is in seconds. ``index`` is the part of the id that addresses an alarm. ``rules`` are RFC 5545 rules,
    ``pattern`` is Amazon's ``recurringPattern``. ``raw`` is the received object, cleaned so that it can be stored.
    """

    notification_id: str
    serial: str
    device_type: str
    type: NotificationType
    status: NotificationStatus
    version: str | None = None
    label: str | None = None
    local_date: date | None = None
    local_seconds: float | None = None
    alarm_time: datetime | None = None
    trigger_time: datetime | None = None
    snoozed_to: datetime | None = None
    deferred: datetime | None = None
    remaining: float | None = None
    created: datetime | None = None
    updated: datetime | None = None
    rang: datetime | None = None
    pattern: str | None = None
    rules: tuple[str, ...] = ()
    index: str | None = None
    raw: Mapping[str, object] = field(default_factory=dict, compare=True)


def members_of(device: Device, devices: Mapping[str, Device]) -> Iterator[str]:
    """Yield the serials of all direct and nested members of a group, including nested groups, each once.

    ``devices`` are the known devices by serial; the serials of unknown members are yielded too. A single device yields
    nothing.
    """
    seen = {device.serial}
    waiting = list(reversed(device.members)) if device.is_group else []
    while waiting:
        serial = waiting.pop()
        if serial in seen:
            continue
        seen.add(serial)
        yield serial
        if (found := devices.get(serial)) is not None and found.is_group:
            waiting.extend(reversed(found.members))


def leaves(device: Device, devices: Mapping[str, Device]) -> tuple[Device, ...]:
    """Return the leaf devices of a group, each once and in the order of the members.

    A single device is its own leaf, and so is a group in which no leaf is known. Unknown members are skipped.
    """
    below = (devices[serial] for serial in members_of(device, devices) if serial in devices)
    return tuple(found for found in below if not _is_branch(found, devices)) or (device,)


def _is_branch(device: Device, devices: Mapping[str, Device]) -> bool:
    """Return whether a device is a group with a known member."""
    return device.is_group and any(member in devices for member in device.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child of the Amazon household; ``child_id`` is Amazon's ``directedId``."""

    child_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KidsMode:
    """Whether Amazon Kids is on; ``child_id`` is ``None`` if it is off or if the child is unknown or was not read."""

    enabled: bool
    child_id: str | None = None


class KidsApi(Protocol):
    """Amazon Kids of one account; every method raises an ``AlexaError`` on failure."""

    async def async_kids_mode(self, device: Device) -> bool:
        """Return whether Amazon Kids is enabled on a device."""

    async def async_child(self, device: Device) -> str | None:
        """Return the id of the child that a device is assigned to, or None."""

    async def async_children(self) -> tuple[Child, ...]:
        """Return the children of the household."""

    async def async_enable_kids(self, device: Device, child: Child) -> None:
        """Turn on Amazon Kids on a device for a child."""

    async def async_disable_kids(self, device: Device) -> None:
        """Turn off Amazon Kids on a device."""
