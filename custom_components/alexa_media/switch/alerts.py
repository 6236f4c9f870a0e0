"""A switch for every alarm, and one for whether alarms grow louder."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from itertools import batched
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN, SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from ..alerts import async_switch, echo_of, time_of_day
from ..const import DOMAIN
from ..coordinator import AlexaConfigEntry, AscendingCoordinator, NotificationsCoordinator
from ..coordinator.absences import ABSENCE
from ..entity import BATCH, AlexaDeviceEntity, async_setup_entities, command_errors, invalid_input, player_unique_id
from ..models import Device, Notification, NotificationStatus
from ..schedule import ALARMS

ALARM: Final = SwitchEntityDescription(
    key="alarm",
    translation_key="alarm",
    device_class=SwitchDeviceClass.SWITCH,
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)

ASCENDING: Final = SwitchEntityDescription(
    key="ascending_alarm",
    translation_key="ascending_alarm",
    device_class=SwitchDeviceClass.SWITCH,
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    if entry.runtime_data.notifications and entry.runtime_data.backend.alerts:
        _AlarmSwitches(hass, entry, entry.runtime_data.notifications, async_add_entities).async_start()
    _add_ascending(hass, entry, async_add_entities)


def _add_ascending(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device whose alarms can grow louder."""
    devices, ascending = entry.runtime_data.devices, entry.runtime_data.ascending
    if ascending is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaAscendingSwitch]]]:
        for device in devices.data.values():
            if "ASCENDING_ALARM_VOLUME" in device.capabilities:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{ASCENDING.key}",
                    partial(AlexaAscendingSwitch, entry, ascending, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class _AlarmSwitches:
    """Lets switches come and go with the alarms; those of alarms that are gone leave the registry, too."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: AlexaConfigEntry,
        notifications: NotificationsCoordinator,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Know no alarm yet."""
        self._hass = hass
        self._entry = entry
        self._notifications = notifications
        self._add = async_add_entities
        self._known: set[str] = set()
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Follow the alarms until the entry is unloaded."""
        self._entry.async_on_unload(self._notifications.async_add_listener(self._async_update))
        self._entry.async_on_unload(self._entry.runtime_data.devices.async_add_listener(self._async_update))
        self._entry.async_on_unload(self._async_cancel)
        self._async_update()

    def _alarms(self) -> dict[str, tuple[Device, Notification]]:
        """Return all alarms of devices that are there, by unique id."""
        devices = self._entry.runtime_data.devices.data
        return {
            alarm_unique_id(self._entry, item): (devices[serial], item)
            for serial, items in self._notifications.data.items()
            if serial in devices
            for item in items
            if item.type in ALARMS
        }

    def _registered(self) -> list[er.RegistryEntry]:
        """Return the switches of alarms that Home Assistant remembers of devices that are there, enabled or not."""
        listed = {player_unique_id(self._entry, serial) for serial in self._entry.runtime_data.devices.data}
        registry = er.async_get(self._hass)
        items = er.async_entries_for_config_entry(registry, self._entry.entry_id)
        return [
            item
            for item in items
            if item.domain == SWITCH_DOMAIN and item.unique_id.rpartition(f"_{ALARM.key}_")[0] in listed
        ]

    @callback
    def _async_update(self) -> None:
        """Add switches of new alarms; look again in a while for those that seem to be gone."""
        alarms = self._alarms()
        new = sorted(alarms.keys() - self._known)
        self._known.update(new)
        if new:
            switches = [AlexaAlarmSwitch(self._entry, self._notifications, *alarms[unique_id]) for unique_id in new]
            self._entry.async_create_task(self._hass, self._async_add(switches), f"{DOMAIN} add alarms")
        gone = any(item.unique_id not in alarms for item in self._registered())
        if gone and self._cancel is None:
            self._cancel = async_call_later(self._hass, ABSENCE, self._async_due)

    async def _async_add(self, switches: list[AlexaAlarmSwitch]) -> None:
        """Add switches, a few at a time."""
        for batch in batched(switches, BATCH, strict=False):
            self._add(batch)
            await asyncio.sleep(0)

    @callback
    def _async_due(self, _now: object) -> None:
        """Look again in the background."""
        self._entry.async_create_background_task(self._hass, self._async_look_again(), f"{DOMAIN} alarms gone")

    async def _async_look_again(self) -> None:
        """Read once more; what is still not there is gone."""
        missing = {item.unique_id for item in self._registered()} - self._alarms().keys()
        if missing:
            await self._notifications.async_refresh_shared()
        self._cancel = None
        if not missing or not self._notifications.last_update_success:
            return
        registry = er.async_get(self._hass)
        alarms = self._alarms()
        for item in self._registered():
            if item.unique_id in missing and item.unique_id not in alarms:
                self._known.discard(item.unique_id)
                registry.async_remove(item.entity_id)

    @callback
    def _async_cancel(self) -> None:
        """Look no more."""
        if self._cancel:
            self._cancel()
            self._cancel = None


def alarm_unique_id(entry: AlexaConfigEntry, alarm: Notification) -> str:
    """Return the unique id of an alarm's switch."""
    return f"{player_unique_id(entry, alarm.serial)}_{ALARM.key}_{alarm.index or alarm.notification_id}"


class AlexaAlarmSwitch(AlexaDeviceEntity[tuple[Notification, ...]], SwitchEntity):
    """One alarm; off keeps it for later. It is called by its label, or by its time when the switch was made."""

    def __init__(
        self, entry: AlexaConfigEntry, coordinator: NotificationsCoordinator, device: Device, alarm: Notification
    ) -> None:
        """Show an alarm."""
        super().__init__(entry, coordinator, device, ALARM.key)
        self.entity_description = ALARM
        self._id = alarm.notification_id
        self._attr_unique_id = alarm_unique_id(entry, alarm)
        clock = time_of_day(alarm.local_seconds) if alarm.local_seconds is not None else None
        self._attr_translation_placeholders = {
            "name": alarm.label or (clock.strftime("%H:%M") if clock else alarm.notification_id[-4:])
        }

    @property
    def alarm(self) -> Notification | None:
        """Return the alarm as Amazon has it, while it is there."""
        return next((item for item in self.value or () if item.notification_id == self._id), None)

    @property
    @override
    def available(self) -> bool:
        """Return whether the alarm is there; the device may be offline, as its alarms are Amazon's to keep."""
        return self.coordinator.usable and self.alarm is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it will ring, or sleeps."""
        alarm = self.alarm
        return None if alarm is None else alarm.status is not NotificationStatus.OFF

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self._async_switch(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self._async_switch(enabled=False)

    async def _async_switch(self, *, enabled: bool) -> None:
        """Switch it; what is shown is what Amazon then tells."""
        alarm, echo = self.alarm, echo_of(self.entry, self.serial)
        if alarm is None or echo is None:
            raise invalid_input("alert_gone", id=self._id)
        await async_switch(self.hass, echo, alarm, enabled=enabled)


class AlexaAscendingSwitch(AlexaDeviceEntity[bool], SwitchEntity):
    """Whether the alarms of a device begin quietly."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AscendingCoordinator, device: Device) -> None:
        """Show it."""
        super().__init__(entry, coordinator, device, ASCENDING.key)
        self._ascending = coordinator
        self.entity_description = ASCENDING

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return self.value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let them begin quietly."""
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let them be as loud as ever at once."""
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Switch it, and show what Amazon then says."""
        with command_errors(self.hass, self.entry):
            await self._ascending.api.async_set_ascending(self.device, enabled=enabled)
        await self.coordinator.async_refresh_shared()
