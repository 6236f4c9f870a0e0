"""Devices of the account and their connectivity."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, ClassVar, Final, NamedTuple, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..backends import DelayedSave, Stored, async_stored, entry_store
from ..cloud.errors import AlexaAuthError, AlexaConnectionError, AlexaError, AlexaRateLimitedError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import Device, DeviceFamily, DevicePreferences, leaves, members_of
from ..cloud.names import filter_names, folded
from ..const import CONF_EXCLUDE_DEVICES, CONF_INCLUDE_DEVICES, Topic
from .absences import Absences
from .base import LOGGER, TopicCoordinator
from .removal import Timer

# Minimum interval (seconds) between reads of the list that are caused by pushes about unknown serials.
UNKNOWN_SERIAL_COOLDOWN: Final = 600.0

# A device whose read failed is read once more after this time (seconds), and then with the next poll.
RETRY_DELAY: Final = 600.0

# Maximum number of unlisted serials, which may be new devices, for which data is kept.
MAX_UNKNOWN: Final = 50

# A device needs one of these capabilities to get entities; one without any capabilities (some third-party ones) gets
# them too.
_USEFUL: Final = frozenset({"MUSIC_SKILL", "AUDIO_PLAYER", "TIMERS_AND_ALARMS", "REMINDERS"})


class _Group(NamedTuple):
    """A speaker group, the serials of all its members, and the result of ``DevicesCoordinator.leaves`` for it."""

    device: Device
    members: tuple[str, ...]
    leaves: tuple[Device, ...]


class DevicesCoordinator(TopicCoordinator[Device]):
    """Devices that get entities, by serial; ``listed`` contains all devices of the last list."""

    topic: ClassVar[str] = Topic.DEVICES
    is_list: ClassVar[bool] = True
    interval_without_push: ClassVar[timedelta] = timedelta(minutes=10)

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend) -> None:
        """Initialize with the filters of the entry."""
        super().__init__(hass, entry, backend)
        self._store = entry_store(hass, entry.entry_id, Stored.DEVICES)
        self._save = DelayedSave(entry, self._store, self._to_store)
        self._absences = Absences(hass, entry, self.async_hint)
        self._listed: set[str] = set()
        self.listed: Mapping[str, Device] = {}
        self._unknown_at: float | None = None
        self._announced_settled = False
        # The shown connectivity; ``_listed_connectivity`` is that of the last list. A list that repeats "offline" does
        # not count as evidence.
        self._connectivity: dict[str, bool] = {}
        self._unlisted: set[str] = set()
        self._listed_connectivity: dict[str, bool] = {}
        self._groups: dict[str, _Group] = {}
        self._groups_as_of: tuple[Mapping[str, Device], Mapping[str, Device]] = (self.listed, self.data)
        self._include = _filter(entry, CONF_INCLUDE_DEVICES)
        self._exclude = _filter(entry, CONF_EXCLUDE_DEVICES)

    async def async_restore(self) -> bool:
        """Restore the devices stored on disk, all of them offline; return whether there are any."""
        devices = await async_stored(self._store, lambda stored: [_from_json(item) for item in stored["devices"]])
        if not devices:
            return False
        self.data = {device.serial: device for device in devices}
        self._announced = self.data
        self._listed = set(self.data)
        return True

    @override
    async def _async_read(self) -> Mapping[str, Device]:
        """Read the list of devices."""
        listed = await self.backend.async_devices()
        self._listed = set(listed)
        self._unlisted -= self._listed
        self.listed = listed
        devices = self._wanted(listed)
        kept = self._absences.keep(self.data, listed)
        devices |= {serial: device for serial, device in self.data.items() if serial in kept}
        self._apply_listed_connectivity(listed)
        devices = self._with_connectivity(devices)
        if devices != self.data:
            self._save.async_schedule()
        return devices

    def _to_store(self) -> dict[str, Any]:
        """Return the devices as stored on disk."""
        return {"devices": [_to_json(device) for device in self.data.values()]}

    # --- connectivity --------------------------------------------------------------------

    def _apply_listed_connectivity(self, listed: Mapping[str, Device]) -> None:
        """Apply the connectivity in a list; ignore a repeated "offline".

        Amazon lists tablets as offline at all times, although they push volume and playback.
        """
        for serial, device in listed.items():
            listed_online = device.listed_online
            if listed_online is None:
                continue
            if listed_online or self._listed_connectivity.get(serial) is not False:
                self._connectivity[serial] = listed_online
            self._listed_connectivity[serial] = listed_online
        for known in (self._connectivity, self._listed_connectivity):
            for serial in known.keys() - listed.keys() - self.data.keys():
                del known[serial]

    def _with_connectivity(self, devices: Mapping[str, Device]) -> dict[str, Device]:
        """Return devices by serial with the connectivity to show; a group is also online if a member is known to be."""
        known = {**self.listed, **devices}

        def _is_online(device: Device) -> bool:
            return self._connectivity.get(device.serial, device.online)

        found: dict[str, Device] = {}
        for serial, device in devices.items():
            below = leaves(device, known) if device.is_group else ()
            online = _is_online(device) or any(_is_online(leaf) for leaf in below if leaf.serial in self._connectivity)
            found[serial] = device if device.online is online else replace(device, online=online)
        return found

    @callback
    def async_set_online(self, serial: str, *, online: bool) -> None:
        """Apply evidence of one device's connectivity, and call the listeners of changed devices and groups."""
        if serial not in self.data and serial not in self.listed:
            return
        self._connectivity[serial] = online
        found = self._with_connectivity(self.data)
        self.async_apply({key: device for key, device in found.items() if device is not self.data[key]})

    @callback
    def async_alive(self, serial: str) -> None:
        """Mark a device that was known to be offline as online, because of evidence such as a pushed volume."""
        if not self._connectivity.get(serial, True):
            self.async_set_online(serial, online=True)

    @override
    @callback
    def async_set_push(self, up: bool) -> None:
        """Set the state of the push stream; if it is down, the next list counts even if it repeats "offline"."""
        if not up:
            self._listed_connectivity.clear()
        super().async_set_push(up)

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Also call the listeners without a context when ``settled`` becomes True."""
        super()._async_refresh_finished()
        if self.settled and not self._announced_settled:
            self._announced_settled = True
            self._notify(())

    @property
    def settled(self) -> bool:
        """Return whether devices in neither ``data`` nor ``listed`` are gone: two successful reads lacked them."""
        return self._absences.settled

    def listener(self, device: Device) -> Device:
        """Return the device that receives text commands; for a group, one of its ``leaves``, online if possible."""
        found = self.leaves(device)
        return next((leaf for leaf in found if leaf.online), found[0])

    def leaves(self, device: Device) -> tuple[Device, ...]:
        """Return the leaf devices of a device (``cloud.model.devices.leaves``) that get entities, each once.

        Excluding a nested group does not exclude its members. A single device is returned itself, and so is a group if
        none are left.
        """
        return self._group(device).leaves if device.is_group else (device,)

    def members_of(self, device: Device) -> tuple[str, ...]:
        """Return the serials of all direct and nested members of a group; an empty tuple for a single device."""
        return self._group(device).members if device.is_group else ()

    def _group(self, device: Device) -> _Group:
        """Return a group with its members and leaves, which are cached until the devices or their list change."""
        if self._groups_as_of[0] is not self.listed or self._groups_as_of[1] is not self.data:
            self._groups_as_of = (self.listed, self.data)
            self._groups.clear()
        if (group := self._groups.get(device.serial)) is None or group.device is not device:
            known = {**self.listed, **self.data}
            below = tuple(leaf for leaf in leaves(device, known) if leaf.serial in self.data)
            group = _Group(device, tuple(members_of(device, known)), below or (device,))
            self._groups[device.serial] = group
        return group

    def has_use(self, device: Device) -> bool:
        """Return whether a device can get entities."""
        if device.serial == self.backend.own_serial:
            return False
        return not device.capabilities or bool(device.capabilities & _USEFUL)

    def _wanted(self, devices: Mapping[str, Device]) -> dict[str, Device]:
        """Return the devices that can get entities and are selected by the options."""
        names = {folded(device.name) for device in devices.values()}
        include, exclude = ({*map(folded, filter_names(value, names))} for value in (self._include, self._exclude))
        found: dict[str, Device] = {}
        for serial, device in devices.items():
            keys = {folded(device.name), folded(serial)}
            if self.has_use(device) and (not include or keys & include) and not keys & exclude:
                found[serial] = device
        return found

    @callback
    def async_options_changed(self) -> None:
        """Apply changed options: add and remove devices without a reload."""
        self._include = _filter(self.entry, CONF_INCLUDE_DEVICES)
        self._exclude = _filter(self.entry, CONF_EXCLUDE_DEVICES)
        self.data = self._wanted({**self.listed, **self.data})
        self._save.async_schedule()
        self.async_update_listeners()

    @callback
    def async_take_preferences(self, preferences: Mapping[str, DevicePreferences]) -> None:
        """Apply preferences by serial that were read without the device list."""
        self.async_apply(
            {
                serial: replace(device, locale=known.locale, time_zone=known.time_zone, preferences=known)
                for serial, device in self.data.items()
                if (known := preferences.get(serial))
            }
        )

    def takes(self, serial: str) -> bool:
        """Return whether to store data about a serial; the number of unlisted serials is limited."""
        if serial in self._listed or serial in self.data or serial in self._unlisted:
            return True
        if len(self._unlisted) >= MAX_UNKNOWN:
            return False
        self._unlisted.add(serial)
        return True

    @callback
    def async_seen(self, serial: str) -> None:
        """Read the list soon if a push named an unlisted serial (maybe a new device), but at most every ten minutes."""
        if serial in self._listed or not self._listed:
            return
        now = self.hass.loop.time()
        if self._unknown_at is None or now - self._unknown_at >= UNKNOWN_SERIAL_COOLDOWN:
            self._unknown_at = now
            self.async_hint()


def _filter(entry: ConfigEntry[Any], key: str) -> str | tuple[str, ...]:
    """Return a filter: a list of serials and names, or a comma-separated text of alexa_media_player."""
    value = entry.options.get(key, entry.data.get(key)) or ()
    return value if isinstance(value, str) else tuple(value)


def _to_json(device: Device) -> dict[str, Any]:
    """Return a device as JSON without its preferences, which are read together with the list."""
    return asdict(device) | {"capabilities": sorted(device.capabilities), "preferences": None}


def _from_json(data: dict[str, Any]) -> Device:
    """Return a stored device, marked as offline."""
    if not all(isinstance(data[key], str) and data[key] for key in ("serial", "device_type", "name", "family_raw")):
        raise TypeError("not a device")
    return Device(
        **data
        | {
            "family": DeviceFamily(data["family"]),
            "capabilities": frozenset(data["capabilities"]),
            "members": tuple(data["members"]),
            "parents": tuple(data["parents"]),
            "online": False,
            "listed_online": None,
        }
    )


class DeviceTopicCoordinator[V, A](TopicCoordinator[V]):
    """A topic that is read through one API of the backend, for the devices of the account."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: A, devices: DevicesCoordinator
    ) -> None:
        """Initialize with the API and the devices."""
        super().__init__(hass, entry, backend)
        self.api = api
        self.devices = devices
        self._failed_serials: set[str] = set()
        self._second_try = Timer(hass, entry)

    async def _async_read_each(self, read: Callable[[Device], Awaitable[V]]) -> dict[str, V]:
        """Read the devices that have listeners one at a time, and return the values by serial.

        A device that fails keeps its last value.
        """
        known = [device for serial, device in self.devices.data.items() if serial in self._by_context]
        wanted = [device for device in known if device.serial in self._failed_serials] if self._is_partial else known
        kept = {device.serial: self.data[device.serial] for device in known if device.serial in self.data}
        found: dict[str, V] = {}
        error: AlexaError | None = None
        for device in wanted:
            try:
                found[device.serial] = await read(device)
            except AlexaError as err:
                if is_out_of_reach(err):
                    raise
                LOGGER.debug("Could not read %s of a device: %s", self.topic, err.details)
                error = err
        if error is not None and not found and not self._is_partial:
            raise error
        self._failed_serials = {device.serial for device in wanted} - found.keys()
        if self._failed_serials and not self._is_partial:
            self._second_try.call_later(RETRY_DELAY, self._async_part_hint)
        return {**kept, **found}


def is_out_of_reach(err: AlexaError) -> bool:
    """Return whether an error means that further requests are pointless for now."""
    if isinstance(err, AlexaConnectionError):
        return err.status is None
    return isinstance(err, (AlexaAuthError, AlexaRateLimitedError))
