"""Switch platform."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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

from .cloud.alarm_times import ALARMS
from .cloud.model.appliances import (
    Appliance,
    ApplianceKind,
    Control,
    Feature,
    FeatureName,
    PropertyKey,
    PropertyName,
    SetPower,
    SetToggle,
)
from .cloud.model.devices import Device, DevicePreferences, Notification, NotificationStatus, Repeat, Session
from .cloud.model.property import PropertySettingValue
from .cloud.model.settings import PreferenceChanges, Setting
from .const import DOMAIN
from .coordinator.absences import ABSENCE
from .coordinator.alarms import AscendingCoordinator
from .coordinator.device_states import DndCoordinator, NotificationsCoordinator
from .coordinator.players import PlayersCoordinator
from .coordinator.runtime import AlexaConfigEntry
from .entity import (
    BATCH,
    AlexaDeviceEntity,
    async_setup_capable,
    async_setup_entities,
    command_errors,
    invalid_input,
    player_unique_id,
)
from .features.alarms import async_switch, echo_of, time_of_day
from .features.appliances import (
    AlexaApplianceEntity,
    EntityFactory,
    Placement,
    async_setup_appliances,
    is_air_quality_monitor,
    key_of,
)
from .features.playback import PlaybackEntity
from .features.roles import is_plain_switch, is_something_else, name_of, plain_toggles
from .features.routines import RoutineEntity, async_setup_routines
from .features.settings import (
    CapableDescription,
    PreferenceEntity,
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    async_setup_property_settings,
    async_setup_settings,
)
from .features.targets import async_require_speakers

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _async_setup_alarms(hass, entry, async_add_entities)
    async_setup_routines(hass, entry, async_add_entities, SWITCH_DOMAIN, AlexaRoutineSwitch)
    _async_setup_device(hass, entry, async_add_entities)
    _async_setup_managed_settings(hass, entry, async_add_entities)
    _async_setup_settings(hass, entry, async_add_entities)
    _async_setup_smart_home(hass, entry, async_add_entities)


class AlexaRoutineSwitch(RoutineEntity, SwitchEntity):
    """Whether a routine is enabled; its button runs it."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_entity_registry_enabled_default = False

    @property
    @override
    def is_on(self) -> bool:
        return self._routine.enabled

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Turn it on or off."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_set_enabled(self._routine.routine_id, enabled=enabled)


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
def _async_setup_alarms(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    if entry.runtime_data.notifications and entry.runtime_data.backend.alarms:
        _AlarmSwitches(hass, entry, entry.runtime_data.notifications, async_add_entities).async_start()
    _add_ascending(hass, entry, async_add_entities)


def _add_ascending(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that supports ascending volume."""
    async_setup_capable(
        hass,
        entry,
        async_add_entities,
        "ASCENDING_ALARM_VOLUME",
        entry.runtime_data.ascending,
        {ASCENDING.key: AlexaAscendingSwitch},
    )


class _AlarmSwitches:
    """Adds and removes switches with the alarms; those of deleted alarms leave the entity registry, too."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: AlexaConfigEntry,
        notifications: NotificationsCoordinator,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Initialize without alarms."""
        self._hass = hass
        self._entry = entry
        self._notifications = notifications
        self._add = async_add_entities
        self._known: set[str] = set()
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Watch the alarms until the entry is unloaded."""
        self._entry.async_on_unload(self._notifications.async_add_listener(self._async_update))
        self._entry.async_on_unload(self._entry.runtime_data.devices.async_add_listener(self._async_update))
        self._entry.async_on_unload(self._async_cancel)
        self._async_update()

    def _alarms(self) -> dict[str, tuple[Device, Notification]]:
        """Return all alarms of existing devices, by unique id."""
        devices = self._entry.runtime_data.devices.data
        return {
            alarm_unique_id(self._entry, item): (devices[serial], item)
            for serial, items in self._notifications.data.items()
            if serial in devices
            for item in items
            if item.type in ALARMS
        }

    def _registered(self) -> list[er.RegistryEntry]:
        """Return the registered switches of alarms of existing devices, enabled or not."""
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
        """Add switches of new alarms; schedule a second read if some seem to be gone."""
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
        """Run the second read in the background."""
        self._entry.async_create_background_task(self._hass, self._async_look_again(), f"{DOMAIN} alarms gone")

    async def _async_look_again(self) -> None:
        """Read once more; alarms that are still missing are gone."""
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
        """Cancel the second read."""
        if self._cancel:
            self._cancel()
            self._cancel = None


def alarm_unique_id(entry: AlexaConfigEntry, alarm: Notification) -> str:
    """Return the unique id of an alarm's switch."""
    return f"{player_unique_id(entry, alarm.serial)}_{ALARM.key}_{alarm.index or alarm.notification_id}"


class AlexaAlarmSwitch(AlexaDeviceEntity[tuple[Notification, ...]], SwitchEntity):
    """One alarm; off keeps it for later. Its name is its label, or its time when the switch was created."""

    def __init__(
        self, entry: AlexaConfigEntry, coordinator: NotificationsCoordinator, device: Device, alarm: Notification
    ) -> None:
        """Initialize for an alarm."""
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
        """Return the alarm, while it exists."""
        return next((item for item in self.value or () if item.notification_id == self._id), None)

    @property
    @override
    def available(self) -> bool:
        """Return whether the alarm exists; the device may be offline, as Amazon stores its alarms."""
        return self.coordinator.usable and self.alarm is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it will ring, or is snoozed."""
        alarm = self.alarm
        return None if alarm is None else alarm.status is not NotificationStatus.OFF

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_switch(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_switch(enabled=False)

    async def _async_switch(self, *, enabled: bool) -> None:
        """Turn the alarm on or off; the state follows Amazon's report."""
        alarm, echo = self.alarm, echo_of(self.entry, self.serial)
        if alarm is None or echo is None:
            raise invalid_input("alarm_gone", id=self._id)
        await async_switch(self.hass, echo, alarm, enabled=enabled)


class AlexaAscendingSwitch(AlexaDeviceEntity[bool], SwitchEntity):
    """Ascending volume of a device's alarms."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AscendingCoordinator, device: Device) -> None:
        """Initialize for the ascending volume."""
        super().__init__(entry, coordinator, device, ASCENDING.key)
        self._ascending = coordinator
        self.entity_description = ASCENDING

    @property
    @override
    def is_on(self) -> bool | None:
        return self.value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Set ascending volume, and show the resulting value."""
        with command_errors(self.hass, self.entry):
            await self._ascending.api.async_set_ascending(self.device, enabled=enabled)
        await self.coordinator.async_refresh_shared()


# The space in the key is alexa_media_player's: the unique id must not change.
DND: Final = SwitchEntityDescription(
    key="do not disturb",
    translation_key="do_not_disturb",
    device_class=SwitchDeviceClass.SWITCH,
    entity_category=EntityCategory.CONFIG,
)


@dataclass(frozen=True, kw_only=True)
class AlexaModeDescription(SwitchEntityDescription):
    """A playback mode of a device.

    ``value_fn`` reads it from the session, ``None`` if it cannot be changed there. ``command`` is the player command,
    ``field`` the name of its value.
    """

    value_fn: Callable[[Session], bool | None]
    command: str
    field: str


MODES: Final = (
    AlexaModeDescription(
        key="shuffle",
        translation_key="shuffle",
        device_class=SwitchDeviceClass.SWITCH,
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda session: session.shuffle,
        command="ShuffleCommand",
        field="shuffle",
    ),
    AlexaModeDescription(
        key="repeat",
        translation_key="repeat",
        device_class=SwitchDeviceClass.SWITCH,
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda session: None if session.repeat is None else session.repeat is Repeat.ALL,
        command="RepeatCommand",
        field="repeat",
    ),
)


@callback
def _async_setup_device(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of Do Not Disturb and playback."""
    _add_dnd(hass, entry, async_add_entities)
    _add_modes(hass, entry, async_add_entities)


def _add_modes(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add shuffle and repeat for every device that plays music."""
    async_setup_capable(
        hass,
        entry,
        async_add_entities,
        "MUSIC_SKILL",
        entry.runtime_data.players,
        {mode.key: partial(AlexaModeSwitch, description=mode) for mode in MODES},
    )


def _add_dnd(hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add one for every device in Amazon's list of Do Not Disturb."""
    devices = entry.runtime_data.devices
    dnd = entry.runtime_data.dnd
    if dnd is None:
        return
    named: set[str] = set()

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDndSwitch]]]:
        # A device that one list lacks has not lost the setting.
        named.update(dnd.data)
        for device in devices.data.values():
            # a group's is that of its speakers
            if not named.isdisjoint((device.serial, *(leaf.serial for leaf in devices.leaves(device)))):
                yield (
                    f"{player_unique_id(entry, device.serial)}_{DND.key}",
                    partial(AlexaDndSwitch, entry, dnd, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices, dnd)


class AlexaDndSwitch(AlexaDeviceEntity[bool], SwitchEntity):
    """Do Not Disturb of a device; that of a group is on while it is on for every speaker behind it."""

    coordinator: DndCoordinator

    def __init__(self, entry: AlexaConfigEntry, coordinator: DndCoordinator, device: Device) -> None:
        """Initialize for Do Not Disturb."""
        super().__init__(entry, coordinator, device, DND.key)
        self.entity_description = DND
        self._shown: bool | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Also follow the speakers behind a group."""
        await super().async_added_to_hass()
        self._shown = self.is_on
        if self.device.is_group:
            self.async_on_remove(self.coordinator.async_add_listener(self._async_speaker_changed))

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        self._shown = self.is_on
        super()._handle_coordinator_update()

    @callback
    def _async_speaker_changed(self) -> None:
        """Show the state of a group where a speaker has changed it."""
        if self.is_on is not self._shown:
            self._shown = self.is_on
            self.async_write_ha_state()

    @property
    def _targets(self) -> Sequence[Device]:
        """Return the devices to switch: this one, or the speakers behind a group."""
        return self.coordinator.among(self.runtime.devices.leaves(self.device))

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says; ``None`` while it is not known."""
        states = [self.coordinator.data.get(device.serial) for device in self._targets]
        return None if None in states else all(states)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Switch, and show what Amazon then confirms."""
        await async_require_speakers(self)
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_switch(self._targets, enabled=enabled)


class AlexaModeSwitch(PlaybackEntity, SwitchEntity):
    """Shuffle or repeat of the current session; available while the provider supports changing it."""

    entity_description: AlexaModeDescription

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: PlayersCoordinator,
        device: Device,
        description: AlexaModeDescription,
    ) -> None:
        """Initialize for a mode."""
        super().__init__(entry, coordinator, device, description.key)
        self._players = coordinator
        self.entity_description = description
        self._shown: tuple[bool, bool | None] | None = None

    @property
    @override
    def available(self) -> bool:
        """Return whether a session supports changing it."""
        return super().available and self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the mode of the current session."""
        session = self._session
        return self.entity_description.value_fn(session) if session else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_set(enabled=False)

    @override
    async def async_added_to_hass(self) -> None:
        """Note the initial values; Home Assistant writes them."""
        await super().async_added_to_hass()
        self._shown = self.available, self.is_on

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write changes of the mode; most changes of a player do not concern it."""
        shown = self.available, self.is_on
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()

    async def _async_set(self, *, enabled: bool) -> None:
        """Send the command to this player, or that of its group; show the confirmed value."""
        description = self.entity_description
        await self._async_transport(description.command, **{description.field: enabled})


@dataclass(frozen=True, kw_only=True)
class SettingSwitchDescription(SwitchEntityDescription):
    """A setting with the values ``on`` and ``off``."""

    on: PropertySettingValue
    off: PropertySettingValue
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _switch(key: str, on: PropertySettingValue = True, off: PropertySettingValue = False) -> SettingSwitchDescription:
    return SettingSwitchDescription(key=key, translation_key=key, on=on, off=off)


PROPERTY_SETTINGS: Final = (
    ("SpeechRecognizer.FollowUp.mode", _switch("follow_up_mode")),
    ("SpeechRecognizer.wakeWordConfirmation", _switch("start_of_request_sound", "TONE", "NONE")),
    ("SpeechRecognizer.speechConfirmation", _switch("end_of_request_sound", "TONE", "NONE")),
    ("Alexa.ManagedDevice.Settings.errorSuppression", _switch("mute_connectivity_errors", ("CONNECTIVITY",), ())),
    ("Accessibility.Captions.AlexaCaptions.enablement", _switch("alexa_captions", "ENABLED", "DISABLED")),
    ("Accessibility.Captions.ClosedCaptions.enablement", _switch("closed_captions", "ENABLED", "DISABLED")),
    ("Accessibility.Display.Magnifier.enablement", _switch("magnifier", "ENABLED", "DISABLED")),
    ("Accessibility.Display.ColorInversion.enablement", _switch("color_inversion", "ENABLED", "DISABLED")),
)
"""Settings by their keys at Amazon; Do Not Disturb is a separate topic."""


@callback
def _async_setup_managed_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of a property."""
    async_setup_property_settings(hass, entry, async_add_entities, PROPERTY_SETTINGS, AlexaPropertySettingSwitch)


class AlexaPropertySettingSwitch(PropertySettingEntity, SwitchEntity):
    """A setting that is on or off."""

    entity_description: SettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return Amazon's value, or None for a value that is neither."""
        values = {self.entity_description.on: True, self.entity_description.off: False}
        return None if self.setting is None else values.get(self.setting)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_set(self.entity_description.on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_set(self.entity_description.off)


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSwitchDescription(SettingDescription, SwitchEntityDescription):
    """A setting that is on or off."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH


@dataclass(frozen=True, kw_only=True)
class AlexaPreferenceSwitchDescription(CapableDescription, SwitchEntityDescription):
    """A preference that is on or off."""

    value_fn: Callable[[DevicePreferences], bool | None]
    change_fn: Callable[[bool], PreferenceChanges]
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH


SETTINGS: Final = (
    AlexaSettingSwitchDescription(
        key="display",
        translation_key="display",
        setting=Setting.DISPLAY_POWER,
        capability="DISPLAY_POWER_TOGGLE",
    ),
    AlexaSettingSwitchDescription(
        key="adaptive_brightness",
        translation_key="adaptive_brightness",
        setting=Setting.ADAPTIVE_BRIGHTNESS,
        capability="DISPLAY_ADAPTIVE_BRIGHTNESS",
    ),
    # No capability of these two is known; Amazon refuses them for devices that lack them.
    AlexaSettingSwitchDescription(
        key="attention_span",
        translation_key="attention_span",
        setting=Setting.ATTENTION_SPAN,
        capability="FAR_FIELD_WAKE_WORD",
    ),
    AlexaSettingSwitchDescription(
        key="gestures",
        translation_key="gestures",
        setting=Setting.GESTURES,
        capability="FAR_FIELD_WAKE_WORD",
    ),
    AlexaSettingSwitchDescription(
        key="communications",
        translation_key="communications",
        setting=Setting.COMMUNICATIONS,
        capability="FAR_FIELD_WAKE_WORD",
    ),
    AlexaSettingSwitchDescription(
        key="announcements",
        translation_key="announcements",
        setting=Setting.ANNOUNCEMENTS,
        capability="FAR_FIELD_WAKE_WORD",
    ),
)

PREFERENCES: Final = (
    AlexaPreferenceSwitchDescription(
        key="follow_up_mode",
        translation_key="follow_up_mode",
        capability="GOLDFISH",
        value_fn=lambda preferences: preferences.follow_up,
        change_fn=lambda value: PreferenceChanges(follow_up=value),
    ),
    AlexaPreferenceSwitchDescription(
        key="notification_sound",
        translation_key="notification_sound",
        capability="EARCONS",
        value_fn=lambda preferences: preferences.notification_sound,
        change_fn=lambda value: PreferenceChanges(notification_sound=value),
    ),
)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of each device."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSwitch)
    async_setup_settings(hass, entry, async_add_entities, PREFERENCES, AlexaPreferenceSwitch)


class AlexaSettingSwitch(SettingEntity, SwitchEntity):
    """A setting that is on or off."""

    entity_description: AlexaSettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.setting_value if isinstance(self.setting_value, bool) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_set_setting(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_set_setting(value=False)


class AlexaPreferenceSwitch(PreferenceEntity, SwitchEntity):
    """A preference that is on or off."""

    entity_description: AlexaPreferenceSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.value_fn(self.preferences)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_set_preferences(self.entity_description.change_fn(True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_set_preferences(self.entity_description.change_fn(False))


POWER: Final = PropertyKey(FeatureName.POWER, PropertyName.POWER_STATE)

# The light at the front of the air quality monitor.
_MONITOR_LED: Final = "11"


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of appliances."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if is_plain_switch(appliance):
            yield "power" if is_something_else(appliance) else "", AlexaPowerSwitch
        for toggle in plain_toggles(appliance):
            yield f"toggle_{toggle.instance}", partial(AlexaToggle, toggle=toggle)

    async_setup_appliances(hass, entry, async_add_entities, SWITCH_DOMAIN, find)


class _AlexaSwitch(AlexaApplianceEntity, SwitchEntity):
    """A switch with the values ON and OFF."""

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.primary is None else self.primary == "ON"

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_control(self._control(on=True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_control(self._control(on=False))

    @abstractmethod
    def _control(self, *, on: bool) -> Control:
        """Return the control for a value."""


class AlexaPowerSwitch(_AlexaSwitch):
    """Power of a plug, a switch, or another appliance that can be turned on and off."""

    def __init__(self, place: Placement) -> None:
        """Initialize as the main entity, or with a name if the appliance has more than its power."""
        super().__init__(place, POWER)
        if is_something_else(place.appliance):
            self._attr_translation_key = "power"
        else:
            self._attr_name = None
        is_plug = place.appliance.kind is ApplianceKind.SMARTPLUG
        self._attr_device_class = SwitchDeviceClass.OUTLET if is_plug else SwitchDeviceClass.SWITCH

    @override
    def _control(self, *, on: bool) -> Control:
        return SetPower(on=on)


class AlexaToggle(_AlexaSwitch):
    """A toggle of an appliance, with Amazon's name."""

    _attr_device_class = SwitchDeviceClass.SWITCH

    def __init__(self, place: Placement, *, toggle: Feature) -> None:
        """Initialize for one of the appliance's toggles."""
        super().__init__(place, key_of(toggle, PropertyName.TOGGLE_STATE))
        self._instance = toggle.instance
        if is_air_quality_monitor(place.appliance) and toggle.instance == _MONITOR_LED:
            self._attr_translation_key = "monitor_led"
            self._attr_entity_category = EntityCategory.CONFIG
        elif name := name_of(toggle.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "toggle"
            self._attr_translation_placeholders = {"instance": toggle.instance}

    @override
    def _control(self, *, on: bool) -> Control:
        return SetToggle(instance=self._instance, on=on)
