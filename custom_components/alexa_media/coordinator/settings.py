"""Coordinators for the settings of devices, of an account and of a property."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import timedelta
from functools import partial
import logging
from typing import Any, ClassVar, Final, NamedTuple, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.errors import (
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnsupportedError,
)
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import Device
from ..cloud.model.events import EqualizerChanged
from ..cloud.model.property import DeviceSettings, ManagementApi
from ..cloud.model.settings import (
    EQUALIZER,
    SOURCES,
    PreferenceChanges,
    Setting,
    SettingsApi,
    SettingSource,
    SettingValue,
    SettingValues,
)
from ..const import DOMAIN, Topic
from .base import TopicCoordinator
from .devices import RETRY_DELAY, DevicesCoordinator, DeviceTopicCoordinator, is_out_of_reach
from .removal import Timer

_LOGGER = logging.getLogger(__name__)

INTERVAL: Final = timedelta(hours=6)

# Maximum age (seconds) of values that cost a request per device, and of the others; a poll may come a little early.
DEVICE_AGE: Final = 24 * 3600.0
ACCOUNT_AGE: Final = INTERVAL.total_seconds()
POLL_TOLERANCE: Final = 600.0

# Interval (seconds) at which failed sources are retried, one source at a time, and the time (seconds) after which
# this becomes rare.
PROBE_INTERVAL: Final = 20.0
PROBE_TIME: Final = 65 * 60.0

# Delay (seconds) of the last read of a setting whose written value has not been confirmed.
SECOND_READ_DELAY: Final = 5.0


class SettingsSource(NamedTuple):
    """A source of settings, of one device or of the whole account (``serial`` is None)."""

    source: SettingSource
    serial: str | None


def setting_key(serial: str, setting: str) -> str:
    """Return the key of a device's setting in a coordinator's data or own writes."""
    return f"{serial}/{setting}"


def equalizer_key(serial: str) -> str:
    """Return the key for listening to a device's equalizer without causing reads."""
    return f"{serial}/equalizer"


def _unit_of(serial: str, setting: Setting) -> SettingsSource:
    """Return the source that contains a setting."""
    source = SOURCES[setting]
    return SettingsSource(source, None if source.is_for_account else serial)


class SettingsCoordinator(DeviceTopicCoordinator[SettingValue, SettingsApi]):
    """Settings by ``setting_key``.

    Only settings with listeners are polled. A source of the whole account is read every six hours; a source that costs
    a request per device, once a day. Both are also read for a listener whose setting is not up to date, and after a
    change by the integration.
    A device that refuses a read keeps its last values and does not affect the others.
    """

    topic: ClassVar[str] = "settings"
    interval_with_push: ClassVar[timedelta] = INTERVAL
    interval_without_push: ClassVar[timedelta] = INTERVAL

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        api: SettingsApi,
        devices: DevicesCoordinator,
    ) -> None:
        """Initialize without values."""
        super().__init__(hass, entry, backend, api, devices)
        self._due_at: dict[SettingsSource, float] = {}
        self._refused: set[SettingsSource] = set()
        # Times of the first failure and of the last attempt of each failing source.
        self._failed_units: dict[SettingsSource, float] = {}
        self._tried_at: dict[SettingsSource, float] = {}
        self._unconfirmed: set[SettingsSource] = set()
        # How often each source was read or pushed.
        self._updates: Counter[SettingsSource] = Counter()
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._wanting: asyncio.Task[None] | None = None

    # --- reading ---------------------------------------------------------------------

    @override
    async def _async_read(self) -> Mapping[str, SettingValue]:
        """Read the due sources; raises ``AlexaError`` only if further requests are pointless for now."""
        self._due_at = {unit: at for unit, at in self._due_at.items() if self._is_there(unit)}
        self._failed_units = {unit: at for unit, at in self._failed_units.items() if self._is_there(unit)}
        for unit in self._due():
            if not self._is_there(unit):
                continue  # The device was removed or excluded during the read.
            began = self.hass.loop.time()
            try:
                values = await self._async_values(unit)
            except AlexaError as err:
                if is_out_of_reach(err):
                    raise
                _LOGGER.debug("Could not read a setting: %s", err.details)
                self._async_note_refusal(unit, err)
                continue
            self._note_known(unit)
            self._unconfirmed.discard(unit)
            # Keep what has been read, in case Amazon becomes unreachable before the next source.
            self.async_apply(self._fresh(values, began))
        return {key: value for key, value in self.data.items() if key.partition("/")[0] in self.devices.data}

    def _is_there(self, unit: SettingsSource) -> bool:
        """Return whether the device of a source, if it has one, still gets entities."""
        return unit.serial is None or unit.serial in self.devices.data

    def _due(self) -> list[SettingsSource]:
        """Return the readable sources that are due."""
        now = self.hass.loop.time()
        return [unit for unit in self._readable() if now >= self._due_at.get(unit, now)]

    def _readable(self) -> dict[SettingsSource, None]:
        """Return the sources that have listeners on online devices, as an ordered set."""
        return dict.fromkeys(
            _unit_of(serial, setting)
            for serial, device in self.devices.data.items()
            if device.online
            for setting in Setting
            if self._is_wanted(serial, setting)
        )

    def _failed_readable(self) -> list[SettingsSource]:
        """Return the readable sources whose last read failed, least recently attempted first."""
        readable = self._readable() if self._failed_units else {}
        failed = [unit for unit in self._failed_units if unit in readable]
        return sorted(failed, key=lambda unit: self._tried_at.get(unit, 0.0))

    def _is_wanted(self, serial: str, setting: Setting) -> bool:
        """Return whether a setting has listeners."""
        return setting_key(serial, setting) in self._by_context

    def _note_known(self, unit: SettingsSource) -> None:
        """Treat a source as just read."""
        age = DEVICE_AGE if unit.serial else ACCOUNT_AGE
        self._due_at[unit] = self.hass.loop.time() + age - POLL_TOLERANCE
        self._updates[unit] += 1
        self._refused.discard(unit)
        self._failed_units.pop(unit, None)
        self._tried_at.pop(unit, None)

    async def _async_values(self, unit: SettingsSource) -> Mapping[str, SettingValue]:
        """Read one source and return all its settings, so that later listeners find them cached."""
        found: Mapping[str, SettingValues]
        if unit.serial is None:
            found = await self.api.async_for_account(unit.source)
        elif (device := self.devices.data.get(unit.serial)) is not None:
            found = {unit.serial: await self.api.async_for_device(unit.source, device)}
        else:
            raise AlexaUnsupportedError("The account has no such device any more", code="removed")
        return {
            setting_key(serial, setting): value for serial, values in found.items() for setting, value in values.items()
        }

    def _fresh(self, values: Mapping[str, SettingValue], began: float) -> dict[str, SettingValue]:
        """Return the values of a read, replaced with pushed or written values where these may be newer."""
        pushed = self._pushed_while_reading or {}
        settle = super()._settled
        return {key: pushed.get(key, settle(key, value, began)) for key, value in values.items()}

    @override
    def _settled(self, key: str, value: SettingValue, began: float) -> SettingValue:
        """Return the value unchanged: written values were already considered when its source was read."""
        return value

    @callback
    def _async_note_refusal(self, unit: SettingsSource, err: AlexaError) -> None:
        """Set when a failed source is due again; ``Recovery`` retries it earlier unless Amazon refused the read."""
        now = self.hass.loop.time()
        if isinstance(err, (AlexaConnectionError, AlexaBadResponseError)):
            self._due_at[unit] = now + DEVICE_AGE
            self._tried_at[unit] = now
            if unit not in self._failed_units:
                self._failed_units[unit] = now
                self._notify([key for key in self._by_context if isinstance(key, str) and self._is_in(key, unit)])
            return
        if unit in self._refused:
            self._note_known(unit)
            return
        self._refused.add(unit)
        self._due_at[unit] = now + RETRY_DELAY
        self._async_schedule_second_try()

    @callback
    def _async_schedule_second_try(self) -> None:
        """Schedule a read for the refused source that is due next, unless one is scheduled."""
        now = self.hass.loop.time()
        waits = [at - now for unit, at in self._due_at.items() if unit in self._refused and at > now]
        if waits and not self._second_try.is_set:
            self._second_try.call_later(min(waits) + 1, self._async_try_again)

    @callback
    def _async_try_again(self) -> None:
        """Read the refused sources that are due; schedule a read for those that were refused later."""
        self.async_hint()
        self._async_schedule_second_try()

    @property
    @override
    def may_recover(self) -> bool:
        """Return whether the topic or a readable source failed for a reason other than a refusal."""
        return super().may_recover or bool(self._failed_readable())

    @override
    async def async_recover(self) -> None:
        """Read the topic again; if the failed source attempted longest ago succeeds, read the others, too."""
        failed = self._failed_readable()
        for units in (failed[:1], failed[1:]):
            for unit in units:
                self._due_at.pop(unit, None)
            await self.async_refresh()
            if not self.last_update_success or not self._failed_units.keys().isdisjoint(units):
                return

    @property
    @override
    def probe_interval(self) -> float | None:
        began = min((self._failed_units[unit] for unit in self._failed_readable()), default=None)
        is_recent = began is not None and self.hass.loop.time() - began < PROBE_TIME
        return PROBE_INTERVAL if is_recent else None

    def has_failed(self, serial: str, setting: Setting) -> bool:
        """Return whether a setting is unknown because its read failed for a reason other than a refusal."""
        return setting_key(serial, setting) not in self.data and _unit_of(serial, setting) in self._failed_units

    @staticmethod
    def _is_in(key: str, unit: SettingsSource) -> bool:
        """Return whether a source contains the setting of a key."""
        serial, _, setting = key.partition("/")
        return setting in Setting and _unit_of(serial, Setting(setting)) == unit

    @callback
    def async_want(self, serial: str, setting: Setting) -> None:
        """Read a setting of an online device soon, unless it is up to date or its next read is scheduled."""
        unit = _unit_of(serial, setting)
        if unit.serial is None and unit not in self._refused and setting_key(serial, setting) not in self.data:
            # The last read of the whole account may be from before this device was added.
            self._due_at.pop(unit, None)
        if unit in self._failed_units and self.watcher is not None:
            # The device may have been offline; without a readable failed source, there are no attempts to recover.
            self.watcher.async_failed()
        known = unit in self._due_at
        # While Amazon is unreachable the next attempt is already scheduled.
        if known or self._wanting is not None or not self.last_update_success:
            return
        self._wanting = self.entry.async_create_background_task(
            self.hass, self._async_read_wanted(), f"{self.name} wanted", eager_start=False
        )

    async def _async_read_wanted(self) -> None:
        """Read the sources that are due."""
        self._wanting = None
        await self.async_refresh()

    @callback
    def async_forget(self, serial: str, setting: Setting) -> None:
        """Mark the source of a setting as due for a read."""
        self._due_at.pop(_unit_of(serial, setting), None)

    # --- push ------------------------------------------------------------------------

    @override
    @callback
    def async_set_push(self, up: bool) -> None:
        """Set the state of the push stream; expire the equalizers when it is up again, in case of missed changes."""
        if up and not self.push_up:
            equalizers = [unit for unit in self._due_at if unit.source is SettingSource.EQUALIZER]
            for unit in equalizers:
                del self._due_at[unit]
            self._async_forget_unwanted_equalizers()
        super().async_set_push(up)

    @callback
    def _async_forget_unwanted_equalizers(self) -> None:
        """Drop the equalizers whose bands have no listeners, because they are not polled."""
        bands = {
            serial: {setting_key(serial, band) for band in EQUALIZER}
            for serial in self.devices.data
            if not any(self._is_wanted(serial, band) for band in EQUALIZER)
        }
        forgotten = {serial for serial, keys in bands.items() if keys & self.data.keys()}
        if forgotten:
            keys = set().union(*(bands[serial] for serial in forgotten))
            self.data = self._announced = {key: value for key, value in self.data.items() if key not in keys}
            self._notify([equalizer_key(serial) for serial in forgotten])

    def equalizer(self, serial: str) -> tuple[int, int, int] | None:
        """Return bass, midrange and treble of a device, or None unless all are known."""
        bass, mid, treble = (self.data.get(setting_key(serial, band)) for band in EQUALIZER)
        if isinstance(bass, int) and isinstance(mid, int) and isinstance(treble, int):
            return bass, mid, treble
        return None

    @override
    @callback
    def _notify(self, contexts: Iterable[Hashable]) -> None:
        """Call the listeners of some contexts, and those of an equalizer if one of its bands is among the contexts."""
        contexts = tuple(contexts)
        bands = (str(context).partition("/") for context in contexts)
        equalizers = {equalizer_key(serial) for serial, _, setting in bands if setting in EQUALIZER}
        super()._notify((*contexts, *equalizers))

    @callback
    def async_equalizer(self, event: EqualizerChanged) -> bool:
        """Apply a pushed equalizer; return whether its levels are known to have changed."""
        serial, gains = event.serial, (event.bass, event.mid, event.treble)
        if serial is None or serial not in self.devices.data:
            return False
        reported = {
            setting_key(serial, band): gain for band, gain in zip(EQUALIZER, gains, strict=True) if gain is not None
        }
        if len(reported) < len(EQUALIZER):
            return False
        stale = {key for key, gain in reported.items() if self.written.is_stale(key, gain)}
        fresh = {key: gain for key, gain in reported.items() if key not in stale}
        changed = any(key in self.data and self.data[key] != gain for key, gain in fresh.items())
        if stale:
            self.async_verify(equalizer_key(serial))
        else:
            self._confirmed(equalizer_key(serial))
            self._note_known(_unit_of(serial, Setting.BASS))
            self._unconfirmed.discard(_unit_of(serial, Setting.BASS))
        self.async_apply(fresh)
        return changed

    @override
    @callback
    def async_key_hint(self, key: str) -> None:
        """Read an equalizer, even one that is only known from pushes."""
        if (device := self.devices.data.get(key.partition("/")[0])) is not None:
            self.entry.async_create_background_task(
                self.hass, self._async_confirm(device, Setting.BASS), f"{self.name} read an equalizer"
            )

    @override
    @callback
    def _async_stop_waiting(self) -> None:
        """Do nothing: a read covers only some devices, so pushes are still expected."""

    # --- writing ---------------------------------------------------------------------

    async def async_set(self, device: Device, setting: Setting, value: SettingValue) -> None:
        """Change a setting, then read it back; raises ``AlexaError`` if the change fails."""
        unit = _unit_of(device.serial, setting)
        needed = EQUALIZER if setting in EQUALIZER else (setting,) if setting is Setting.WAKE_WORD else ()
        async with self._writing[device.serial]:
            if needed and (unit in self._unconfirmed or not self._of(device.serial).keys() >= set(needed)):
                await self._async_read_now(unit)
            present = self._of(device.serial)
            if not present.keys() >= set(needed):
                raise AlexaUnsupportedError("Amazon did not return the current value of the setting", code="not_known")
            with self.written.writing({setting_key(device.serial, setting): value}, self.data):
                await self.api.async_set(device, setting, value, present)
            await self._async_confirm(device, setting)

    async def async_set_equalizer(self, device: Device, gains: tuple[int, int, int]) -> None:
        """Set bass, midrange and treble (-6 to 6), then read them back; raises ``AlexaError`` if the change fails."""
        bands = dict(zip(EQUALIZER, gains, strict=True))
        async with self._writing[device.serial]:
            values = {setting_key(device.serial, band): gain for band, gain in bands.items()}
            with self.written.writing(values, self.data):
                await self.api.async_set(device, Setting.BASS, bands[Setting.BASS], bands)
            await self._async_confirm(device, Setting.BASS)

    async def _async_confirm(self, device: Device, setting: Setting) -> None:
        """Read the result of a change; schedule another read if it is still unknown."""
        unit = _unit_of(device.serial, setting)
        updates = self._updates[unit]
        try:
            await self._async_read_now(unit)
        except AlexaError as err:
            _LOGGER.debug("Could not confirm a change yet: %s", err.details)
            if self._updates[unit] == updates:
                self._unconfirmed.add(unit)
                self.async_forget(device.serial, setting)
                self.async_hint()

    def _of(self, serial: str) -> dict[Setting, SettingValue]:
        """Return the known settings of a device, with recently written values that Amazon has not confirmed yet."""
        keys = {setting: setting_key(serial, setting) for setting in Setting}
        return {
            setting: self.data[key] if (written := self.written.get(key)) is None else written
            for setting, key in keys.items()
            if key in self.data
        }

    async def _async_read_now(self, unit: SettingsSource) -> None:
        """Read one source now; keep values that may be newer than the read. Raises ``AlexaError``."""
        before, began = self.data, self.hass.loop.time()
        values = await self._async_values(unit)
        self._note_known(unit)
        self._unconfirmed.discard(unit)
        self.async_apply(
            {
                key: value
                for key, value in values.items()
                if self.data.get(key) == before.get(key) and self.written.takes_read(key, value, began)
            }
        )

    async def async_set_preferences(self, device: Device, changes: PreferenceChanges) -> None:
        """Change preferences of a device, and read the result; raises ``AlexaError`` if the change fails."""
        async with self._writing["preferences"]:
            await self.api.async_set_preferences(device, changes)
            try:
                self.devices.async_take_preferences(await self.api.async_preferences())
            except AlexaError as err:
                _LOGGER.debug("Could not confirm a change yet: %s", err.details)
                self.devices.async_hint()

    async def async_rename(self, device: Device, name: str) -> None:
        """Rename a device, and schedule a read of the device list; raises ``AlexaError``."""
        await self.api.async_rename(device, name)
        self.devices.async_hint()


class DeviceSettingsCoordinator(TopicCoordinator[DeviceSettings]):
    """Settings of the Echos of a property, by device key."""

    topic: ClassVar[str] = Topic.DEVICE_SETTINGS

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: ManagementApi) -> None:
        """Initialize the coordinator."""
        super().__init__(hass, entry, backend)
        self.api = api
        self._second_looks = defaultdict[tuple[str, str], Timer](partial(Timer, hass, entry))

    @override
    async def _async_read(self) -> Mapping[str, DeviceSettings]:
        """Return the settings of all Echos, as far as they are known."""
        return await self.api.async_settings()

    async def async_read_now(self, key: str) -> None:
        """Read the settings of one device; raises ``AlexaError``."""
        began = self.hass.loop.time()
        found = await self.api.async_settings_of(key)
        self.async_apply({key: self._settled(key, found, began)})

    @override
    def _settled(self, key: str, value: DeviceSettings, began: float) -> DeviceSettings:
        """Return the settings as read, with the present values that may be newer."""
        shown = self.data.get(key, DeviceSettings()).values
        kept = {
            setting: shown[setting]
            for setting, found in value.values.items()
            if not self.written.takes_read(setting_key(key, setting), found, began) and setting in shown
        }
        return DeviceSettings(values={**value.values, **kept}) if kept else value

    async def async_set(self, key: str, setting: str, value: SettingValue) -> None:
        """Write a setting, and read it back; raises ``AlexaError`` if the write fails."""
        try:
            shown = self.data.get(key, DeviceSettings()).values.get(setting)
            with self.written.writing({setting_key(key, setting): value}, {setting_key(key, setting): shown}):
                await self.api.async_set_setting(key, setting, value)
        except AlexaError as err:
            if err.is_doubtful:
                self._async_look_later(key, setting, value)
            raise
        if not await self._async_confirm(key, setting, value):
            self._async_look_later(key, setting, value)

    @callback
    def _async_look_later(self, key: str, setting: str, value: SettingValue) -> None:
        """Schedule a read of a setting after a write."""
        self._second_looks[key, setting].call_later(
            SECOND_READ_DELAY, partial(self._async_look_again, key, setting, value)
        )

    async def _async_confirm(self, key: str, setting: str, value: SettingValue) -> bool:
        """Return whether reading a setting back returned the written value; a newer written value stays."""
        began = self.hass.loop.time()
        try:
            found = await self.api.async_setting(key, setting)
        except AlexaError as err:
            # A failed read does not make an accepted write fail.
            _LOGGER.debug("Could not confirm a setting: %s", err.details)
            return False
        if self.written.takes_read(setting_key(key, setting), found, began):
            values = {**self.data.get(key, DeviceSettings()).values, setting: found}
            self.async_apply({key: DeviceSettings(values=values)})
        return found == value

    @callback
    def _async_look_again(self, key: str, setting: str, value: SettingValue) -> None:
        """Read back a setting whose write is not confirmed, in the background."""
        self.entry.async_create_background_task(
            self.hass, self._async_confirm(key, setting, value), f"{DOMAIN} read a setting back"
        )
