"""Switch platform."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er

from .cloud.alarm_attributes import ACTIVE
from .cloud.alarm_times import ALARMS, REMINDERS, repeats
from .cloud.model.appliances import (
    Appliance,
    ApplianceKind,
    Control,
    Feature,
    PropertyName,
    SetPower,
    SetToggle,
)
from .cloud.model.devices import Device, Notification, NotificationStatus, Repeat, Session
from .cloud.model.settings import Setting, SettingValue
from .const import DOMAIN
from .coordinator.absences import Absences
from .coordinator.alarms import AscendingCoordinator
from .coordinator.device_states import DndCoordinator, NotificationsCoordinator
from .coordinator.devices import DevicesCoordinator
from .coordinator.players import PlayersCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import (
    AlexaDeviceEntity,
    Candidates,
    CapableDescription,
    EntityAdder,
    command_errors,
    invalid_input,
    platform_setup,
    player_unique_id,
)
from .features.alarms import async_switch, echo_of, time_of_day
from .features.appliances import (
    POWER,
    AlexaApplianceEntity,
    EntityFactory,
    Placement,
    add_appliances,
    is_air_quality_monitor,
    key_of,
)
from .features.kids import KidsEntity, async_disable_kids, async_enable_kids, has_kids
from .features.playback import PlaybackEntity
from .features.roles import is_plain_switch, is_something_else, plain_toggles
from .features.routines import RoutineEntity, add_routines
from .features.settings import (
    AlexaSetting,
    Preference,
    PreferenceEntity,
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    has_setting,
    is_single,
)
from .features.targets import async_require_speakers

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the switches that the account supports."""
    if data.notifications and data.backend.alarms:
        _add_alarms(add, data.notifications)
    add_routines(add, AlexaRoutineSwitch)
    add.devices(data.ascending, AlexaAscendingSwitch, (ASCENDING,))
    add.devices(data.dnd, AlexaDndSwitch, (DND,), _DndFilter(data.devices), data.dnd)
    add.devices(data.kids, AlexaKidsSwitch, (KIDS,), has_kids)
    add.devices(data.players, AlexaModeSwitch, MODES)
    add.devices(data.settings, AlexaSettingSwitch, SETTINGS, is_single)
    add.devices(data.settings, AlexaPreferenceSwitch, PREFERENCES, is_single)
    add.devices(data.device_settings, AlexaPropertySettingSwitch, PROPERTY_SETTINGS, has_setting, data.device_settings)
    add_appliances(add, _switches)


@dataclass(frozen=True, kw_only=True)
class AlexaSwitchDescription(SwitchEntityDescription):
    """Description of a switch of a device."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class AlexaCapableSwitchDescription(AlexaSwitchDescription, CapableDescription):
    """Description of a switch that only devices with a capability have."""


ALARM: Final = AlexaSwitchDescription(key="alarm", entity_registry_enabled_default=False)

REMINDER: Final = AlexaSwitchDescription(key="reminder", entity_registry_enabled_default=False)

KIDS: Final = AlexaSwitchDescription(key="kids_mode", entity_registry_enabled_default=False)

ASCENDING: Final = AlexaCapableSwitchDescription(
    key="ascending_alarm",
    capability="ASCENDING_ALARM_VOLUME",
    entity_registry_enabled_default=False,
)


@callback
def _add_alarms(add: EntityAdder, notifications: NotificationsCoordinator) -> None:
    """Add a switch for each alarm and each repeating reminder of a device; remove the entities of deleted ones.

    A reminder that rings once gets no switch, because Home Assistant keeps a record of every deleted entity.
    """
    entry, devices = add.entry, add.entry.runtime_data.devices
    shown: set[str] = set()

    def candidates() -> Candidates:
        for serial, items in notifications.data.items():
            if (device := devices.data.get(serial)) is not None:
                for item in items:
                    if item.type in ALARMS or (item.type in REMINDERS and repeats(item)):
                        factory = partial(AlexaAlarmSwitch, entry, notifications, device, alarm=item)
                        yield alarm_unique_id(entry, item), factory

    async def _async_look_again() -> None:
        await notifications.async_refresh_shared()
        _update()

    @callback
    def _look_again() -> None:
        entry.async_create_background_task(add.hass, _async_look_again(), f"{DOMAIN} alarms gone")

    @callback
    def _update() -> None:
        alarms = {unique_id for unique_id, _ in candidates()}
        if alarms - shown:
            add_new()
        shown.clear()
        shown.update(alarms)
        if notifications.last_update_success:
            names = [player_unique_id(entry, serial) for serial in devices.data]
            prefixes = tuple(f"{name}_{kind.key}_" for name in names for kind in (ALARM, REMINDER))
            registered = {key: item for key, item in add.registered("").items() if key.startswith(prefixes)}
            kept = absences.keep(registered, alarms)
            for key in registered.keys() - alarms - kept:
                er.async_get(add.hass).async_remove(registered[key])

    absences = Absences(add.hass, entry, _look_again)
    add_new = add.follow(candidates)
    for coordinator in (notifications, devices):
        entry.async_on_unload(coordinator.async_add_listener(_update))
    _update()


def alarm_unique_id(entry: AlexaConfigEntry, alarm: Notification) -> str:
    """Return the unique id of the switch of an alarm or a reminder."""
    key = _description(alarm).key
    return f"{player_unique_id(entry, alarm.serial)}_{key}_{alarm.index or alarm.notification_id}"


def _description(alarm: Notification) -> AlexaSwitchDescription:
    """Return the description of the switch of an alarm or a reminder."""
    return REMINDER if alarm.type in REMINDERS else ALARM


class _Switch(SwitchEntity):
    """Base class for switches that turn on and off with the same method."""

    _attr_device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_switch(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_switch(on=False)

    @abstractmethod
    async def _async_switch(self, *, on: bool) -> None:
        """Turn the entity on or off; raises ``HomeAssistantError``."""


class AlexaRoutineSwitch(RoutineEntity, _Switch):
    """Enables and disables a routine."""

    _attr_device_class = None
    _attr_entity_category = EntityCategory.CONFIG
    _attr_entity_registry_enabled_default = False

    @property
    @override
    def is_on(self) -> bool:
        return self._routine.enabled

    @override
    async def _async_switch(self, *, on: bool) -> None:
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_set_enabled(self._routine.routine_id, enabled=on)


class AlexaAlarmSwitch(AlexaDeviceEntity[tuple[Notification, ...]], _Switch):
    """One alarm or reminder; turning it off does not delete it."""

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: NotificationsCoordinator,
        device: Device,
        *,
        alarm: Notification,
    ) -> None:
        """Initialize for an alarm or a reminder."""
        super().__init__(entry, coordinator, device, _description(alarm))
        self._id = alarm.notification_id
        self._attr_unique_id = alarm_unique_id(entry, alarm)
        clock = time_of_day(alarm.local_seconds) if alarm.local_seconds is not None else None
        self._attr_translation_placeholders = {
            "name": alarm.label or (clock.strftime("%H:%M") if clock else alarm.notification_id[-4:])
        }

    @property
    def alarm(self) -> Notification | None:
        """Return the alarm, or None if it no longer exists."""
        return next((item for item in self.value or () if item.notification_id == self._id), None)

    @property
    @override
    def available(self) -> bool:
        """Return whether the alarm is known to exist; the device may be offline, because Amazon stores its alarms."""
        return self.coordinator.usable and self.alarm is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the alarm is turned on; one that is snoozed or skips its next occurrence is on, too.

        None if it no longer exists, or has a status that alarms are not known to have.
        """
        if (alarm := self.alarm) is None or alarm.status not in (*ACTIVE, NotificationStatus.OFF):
            return None
        return alarm.status in ACTIVE

    @override
    async def _async_switch(self, *, on: bool) -> None:
        """Turn the alarm on or off."""
        alarm, echo = self.alarm, echo_of(self.entry, self.serial)
        if alarm is None or echo is None:
            raise invalid_input("alarm_gone", id=self._id)
        await async_switch(self.hass, echo, alarm, enabled=on)


class AlexaKidsSwitch(KidsEntity, _Switch):
    """Turns Amazon Kids of a device on and off."""

    @property
    @override
    def is_on(self) -> bool | None:
        return self.value.enabled if self.value else None

    @override
    async def _async_switch(self, *, on: bool) -> None:
        """Assign the device to the only child of the household, or remove the assignment."""
        if on:
            await async_enable_kids(self.hass, self.entry, self.device, None)
        else:
            await async_disable_kids(self.hass, self.entry, self.device)


class AlexaAscendingSwitch(AlexaDeviceEntity[bool], _Switch):
    """Turns ascending alarm volume of a device on and off."""

    coordinator: AscendingCoordinator

    @property
    @override
    def is_on(self) -> bool | None:
        return self.value

    @override
    async def _async_switch(self, *, on: bool) -> None:
        """Turn ascending volume on or off, and read it again."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.api.async_set_ascending(self.device, enabled=on)
        await self.coordinator.async_refresh_shared()


# The space in the key is alexa_media_player's: the unique id must not change.
DND: Final = AlexaSwitchDescription(
    key="do not disturb",
    translation_key="do_not_disturb",
)


@dataclass(frozen=True, kw_only=True)
class AlexaModeDescription(AlexaCapableSwitchDescription):
    """Description of a playback mode of a device.

    ``value_fn`` returns the state of the mode from a session, ``None`` if it is unknown.
    ``command`` is Amazon's type of the player command, ``field`` the name of its boolean.
    """

    capability: str = "MUSIC_SKILL"
    value_fn: Callable[[Session], bool | None]
    command: str
    field: str


MODES: Final = (
    AlexaModeDescription(
        key="shuffle",
        value_fn=lambda session: session.shuffle,
        command="ShuffleCommand",
        field="shuffle",
    ),
    AlexaModeDescription(
        key="repeat",
        value_fn=lambda session: None if session.repeat is None else session.repeat is Repeat.ALL,
        command="RepeatCommand",
        field="repeat",
    ),
)


class _DndFilter:
    """Selects the devices for which Amazon has ever listed Do Not Disturb."""

    def __init__(self, devices: DevicesCoordinator) -> None:
        """Initialize with the device coordinator."""
        self._devices = devices
        self._named: set[str] = set()

    def __call__(self, dnd: DndCoordinator, device: Device, _description: SwitchEntityDescription) -> bool:
        """Return whether Amazon has listed Do Not Disturb for a device, or for a speaker of a group."""
        self._named.update(dnd.data)
        leaves = (leaf.serial for leaf in self._devices.leaves(device))
        return not self._named.isdisjoint((device.serial, *leaves))


class AlexaDndSwitch(AlexaDeviceEntity[bool], _Switch):
    """Do Not Disturb of a device; for a group, that of its speakers."""

    coordinator: DndCoordinator
    _shown: bool | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """For a group, also listen for changes of its speakers and of their settings."""
        await super().async_added_to_hass()
        self._shown = self.is_on
        if self.device.is_group:
            for coordinator in (self.coordinator, self.runtime.devices):
                self.async_on_remove(coordinator.async_add_listener(self._async_speaker_changed))

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        self._shown = self.is_on
        super()._handle_coordinator_update()

    @callback
    def _async_speaker_changed(self) -> None:
        """Write the state of a group if a change of its speakers affects that state."""
        if self.is_on is not self._shown:
            self._shown = self.is_on
            self.async_write_ha_state()

    @property
    def _targets(self) -> Sequence[Device]:
        """Return the devices whose setting the switch shows and changes."""
        return self.coordinator.among(self.runtime.devices.leaves(self.device))

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether Do Not Disturb is on for all of ``_targets``; None if it is unknown for one of them."""
        states = [self.coordinator.data.get(device.serial) for device in self._targets]
        return None if None in states else all(states)

    @override
    async def _async_switch(self, *, on: bool) -> None:
        """Turn Do Not Disturb on or off for all ``_targets``."""
        await async_require_speakers(self)
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_switch(self._targets, enabled=on)


class AlexaModeSwitch(PlaybackEntity, _Switch):
    """Shuffle or repeat of the current session."""

    entity_description: AlexaModeDescription
    coordinator: PlayersCoordinator
    _shown: tuple[bool, bool | None] | None = None

    @property
    @override
    def available(self) -> bool:
        """Return whether the device is available and the mode of its session is known."""
        return super().available and self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the mode is on in the current session; None without one, or if the mode is unknown."""
        session = self._session
        return self.entity_description.value_fn(session) if session else None

    @override
    async def async_added_to_hass(self) -> None:
        """Store the initial state for comparison."""
        await super().async_added_to_hass()
        self._shown = self.available, self.is_on

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state only if the mode or the availability changed; most changes of a player affect neither."""
        shown = self.available, self.is_on
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()

    @override
    async def _async_switch(self, *, on: bool) -> None:
        """Send the command; the state changes when Amazon confirms it."""
        description = self.entity_description
        await self._async_transport(description.command, **{description.field: on})


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSwitchDescription[S: str](SettingDescription[S], SwitchEntityDescription):
    """Description of a setting with Amazon's values for on and off."""

    on: SettingValue = True
    off: SettingValue = False


SETTINGS: Final = tuple(
    AlexaSettingSwitchDescription(key=key, setting=setting, capability=capability)
    for key, setting, capability in (
        ("display", Setting.DISPLAY_POWER, "DISPLAY_POWER_TOGGLE"),
        ("adaptive_brightness", Setting.ADAPTIVE_BRIGHTNESS, "DISPLAY_ADAPTIVE_BRIGHTNESS"),
        # No capability for these two settings is known; Amazon refuses requests for devices that lack them.
        ("attention_span", Setting.ATTENTION_SPAN, "FAR_FIELD_WAKE_WORD"),
        ("gestures", Setting.GESTURES, "FAR_FIELD_WAKE_WORD"),
        ("communications", Setting.COMMUNICATIONS, "FAR_FIELD_WAKE_WORD"),
        ("announcements", Setting.ANNOUNCEMENTS, "FAR_FIELD_WAKE_WORD"),
    )
)

PREFERENCES: Final = (
    AlexaSettingSwitchDescription[Preference](key="follow_up_mode", setting="follow_up", capability="GOLDFISH"),
    AlexaSettingSwitchDescription[Preference](
        key="notification_sound",
        setting="notification_sound",
        capability="EARCONS",
    ),
)

# Do Not Disturb of a property is a separate topic.
PROPERTY_SETTINGS: Final = tuple(
    AlexaSettingSwitchDescription(
        key=key,
        setting=setting,
        on=on,
        off=off,
        # Only Amazon's index mentions that this setting can be written.
        entity_registry_enabled_default=key != "setup_mode_privileges",
    )
    for key, setting, on, off in (
        ("follow_up_mode", "SpeechRecognizer.FollowUp.mode", True, False),
        ("start_of_request_sound", "SpeechRecognizer.wakeWordConfirmation", "TONE", "NONE"),
        ("end_of_request_sound", "SpeechRecognizer.speechConfirmation", "TONE", "NONE"),
        ("mute_connectivity_errors", "Alexa.ManagedDevice.Settings.errorSuppression", ("CONNECTIVITY",), ()),
        ("setup_mode_privileges", "Alexa.ManagedDevice.Settings.setupModePrivileges", ("ALL_SETTINGS",), ()),
        ("alexa_captions", "Accessibility.Captions.AlexaCaptions.enablement", "ENABLED", "DISABLED"),
        ("closed_captions", "Accessibility.Captions.ClosedCaptions.enablement", "ENABLED", "DISABLED"),
        ("magnifier", "Accessibility.Display.Magnifier.enablement", "ENABLED", "DISABLED"),
        ("color_inversion", "Accessibility.Display.ColorInversion.enablement", "ENABLED", "DISABLED"),
    )
)


class _SettingSwitch(AlexaSetting, _Switch):
    """Base class for settings that are on or off."""

    entity_description: AlexaSettingSwitchDescription[Any]

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the setting is on; None for an unknown value."""
        values = {self.entity_description.on: True, self.entity_description.off: False}
        return None if self.present is None else values.get(self.present)

    @override
    async def _async_switch(self, *, on: bool) -> None:
        await self.async_write(self.entity_description.on if on else self.entity_description.off)


class AlexaSettingSwitch(SettingEntity, _SettingSwitch):
    """An on/off setting of a device."""

    entity_description: AlexaSettingSwitchDescription[Setting]


class AlexaPreferenceSwitch(PreferenceEntity, _SettingSwitch):
    """A device preference that is on or off."""

    entity_description: AlexaSettingSwitchDescription[Preference]


class AlexaPropertySettingSwitch(PropertySettingEntity, _SettingSwitch):
    """An on/off setting of a property's Echo."""

    entity_description: AlexaSettingSwitchDescription[str]


# The light at the front of the air quality monitor.
_MONITOR_LED: Final = "11"


def _switches(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of each switch of an appliance."""
    if is_plain_switch(appliance):
        yield "power" if is_something_else(appliance) else "", AlexaPowerSwitch
    for toggle in plain_toggles(appliance):
        yield f"toggle_{toggle.instance}", partial(AlexaToggle, toggle=toggle)


class _AlexaSwitch(AlexaApplianceEntity, _Switch):
    """Base class for switches of an appliance with the values ON and OFF."""

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.primary is None else self.primary == "ON"

    @override
    async def _async_switch(self, *, on: bool) -> None:
        await self.async_control(self._control(on=on))

    @abstractmethod
    def _control(self, *, on: bool) -> Control:
        """Return the command that turns the switch on or off."""


class AlexaPowerSwitch(_AlexaSwitch):
    """Power of a plug, a switch, or another appliance that can be turned on and off."""

    def __init__(self, place: Placement) -> None:
        """Initialize as the main entity, or with a translated name if the appliance has another main function."""
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
    """A toggle of an appliance."""

    def __init__(self, place: Placement, *, toggle: Feature) -> None:
        """Initialize for one of the appliance's toggles."""
        super().__init__(place, key_of(toggle, PropertyName.TOGGLE_STATE))
        self._instance = toggle.instance
        if is_air_quality_monitor(place.appliance) and toggle.instance == _MONITOR_LED:
            self._attr_translation_key = "monitor_led"
            self._attr_entity_category = EntityCategory.CONFIG
        else:
            self._take_name(toggle, "toggle")

    @override
    def _control(self, *, on: bool) -> Control:
        return SetToggle(instance=self._instance, on=on)
