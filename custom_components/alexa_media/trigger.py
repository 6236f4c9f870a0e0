"""Triggers: voice commands, alarms, timers, reminders, lists and Do Not Disturb."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .cloud.names import contains, same
from .cloud.voice_patterns import PatternError, TextMatch, VoicePattern
from .coordinator.alarm_watch import AlertChange, AlertKind
from .coordinator.echo_events import DND, LIST_ITEM, VOICE, Beginning, EchoEvent, Fired, async_listen
from .entity import invalid_input
from .features.targets import EchoTarget, echo_variables, list_entity_id

CONF_CHANGE: Final = "change"
CONF_INTENT: Final = "intent"
CONF_ITEM: Final = "item"
CONF_LABEL: Final = "label"
CONF_MATCH: Final = "match"
CONF_PERSON: Final = "person"
CONF_STATE: Final = "state"
CONF_TEXT: Final = "text"

_TIMER_CHANGES: Final = (AlertChange.STARTED, AlertChange.PAUSED, AlertChange.RESUMED, AlertChange.CANCELLED)
_ALARM_ENDS: Final = (AlertChange.DISMISSED, AlertChange.SNOOZED)


def _changes(*known: AlertChange) -> dict[Any, Any]:
    """Return the option schema for one or more of the known changes."""
    return {vol.Required(CONF_CHANGE, default=list(known)): vol.All(cv.ensure_list, vol.Length(min=1), [vol.In(known)])}


class AlexaTrigger(Trigger):
    """Base class for triggers that fire for events of some kinds on the Echos or lists of a target."""

    options_schema: ClassVar[dict[Any, Any]] = {}
    kinds: ClassVar[tuple[str, ...]] = ()
    description: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Initialize with the options and the target of the configuration."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = EchoTarget(hass, config.target)

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return the validated configuration; raises ``vol.Invalid`` or ``ServiceValidationError``."""
        schema = vol.Schema(
            {vol.Optional(CONF_TARGET): cv.TARGET_FIELDS, vol.Required(CONF_OPTIONS, default={}): cls.options_schema}
        )
        checked = cast(ConfigType, schema(config))
        EchoTarget(hass, checked.get(CONF_TARGET)).require_possible(lists=LIST_ITEM in cls.kinds)
        return checked

    def _kinds(self) -> tuple[str, ...]:
        """Return the kinds of events for which the trigger listens."""
        return self.kinds

    def _matches(self, event: EchoEvent) -> bool:
        """Return whether the event occurred on an Echo of the target."""
        return self._target.async_matches(event.entry_id, event.serial)

    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        """Return the variables of the trigger; ``None`` if the options exclude the event."""
        return dict(event.data)

    def _device_variables(self, event: EchoEvent) -> Mapping[str, Any]:
        """Return the variables about the device or the list of the event."""
        return echo_variables(self._hass, event.entry_id, event.serial)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Run the action for matching events until the returned function is called.

        Ignores voice records from before this call, and an event that another account has already reported.
        """
        beginning, fired = Beginning(self._hass), Fired(self._hass)

        @callback
        def _async_happened(event: EchoEvent) -> None:
            if event.record is not None and not beginning.is_before(event.record.timestamp):
                return
            if (variables := self._variables(event)) is None or not self._matches(event) or fired.is_repeated(event):
                return
            device = self._device_variables(event)
            run_action({**device, **variables}, f"{self.description} on {device.get('device') or 'Alexa'}")

        return async_listen(self._hass, self._kinds(), _async_happened)


class VoiceCommandTrigger(AlexaTrigger):
    """Fires for a command to an Echo, including routines and Tap to Alexa.

    If transcripts are not kept, text, person and intent are compared but not passed to the automation.
    """

    description = "voice command"
    kinds = (VOICE,)
    options_schema: ClassVar = {
        vol.Optional(CONF_TEXT): cv.string,
        vol.Optional(CONF_MATCH, default=TextMatch.CONTAINS): vol.Coerce(TextMatch),
        vol.Optional(CONF_PERSON): cv.string,
        vol.Optional(CONF_INTENT): cv.string,
    }

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Initialize with the configured pattern, if any."""
        super().__init__(hass, config)
        text = self._options.get(CONF_TEXT)
        self._pattern = None if text is None else VoicePattern.parse(text, self._options[CONF_MATCH])

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return the validated configuration; raises like ``AlexaTrigger``, also for an invalid pattern."""
        checked = await super().async_validate_config(hass, config)
        options = checked[CONF_OPTIONS]
        if CONF_TEXT in options:
            try:
                VoicePattern.parse(options[CONF_TEXT], options[CONF_MATCH])
            except PatternError as err:
                raise invalid_input(err.key, part=err.part) from err
        return checked

    @override
    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        record = event.record
        if record is None or not record.is_command:
            return None
        slots = self._pattern.slots(record.text or "") if self._pattern else {}
        if slots is None or not _is_same(self._options.get(CONF_PERSON), record.person):
            return None
        if not _is_same(self._options.get(CONF_INTENT), record.intent):
            return None
        shown = record if event.keep else record.without_transcript()
        return {
            "text": shown.text,
            "response": shown.response,
            "person": shown.person,
            "intent": shown.intent,
            "slots": dict(slots) if event.keep else {},
            "spoken_at": record.timestamp.isoformat(timespec="milliseconds"),
        }


class SpokenToTrigger(AlexaTrigger):
    """Fires for a command to an Echo, and when only the wake word is spoken."""

    description = "Echo spoken to"
    kinds = (VOICE,)

    @override
    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        record = event.record
        if record is None:
            return None
        person = record.person if event.keep else None
        return {"person": person, "spoken_at": record.timestamp.isoformat(timespec="milliseconds")}


class AlarmTrigger(AlexaTrigger):
    """Base class for the triggers for alarms, timers and reminders."""

    kind: ClassVar[AlertKind]
    changes: ClassVar[tuple[AlertChange, ...]] = (AlertChange.RINGING,)
    options_schema: ClassVar = {vol.Optional(CONF_LABEL): cv.string}

    @override
    def _kinds(self) -> tuple[str, ...]:
        return tuple(f"{self.kind}_{change}" for change in self._options.get(CONF_CHANGE, self.changes))

    @override
    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        if not contains(event.data["label"], self._options.get(CONF_LABEL)):
            return None
        kind, _, change = event.kind.partition("_")
        # "id" is the id of the trigger itself, by which automations choose their actions
        data = {"alarm_id" if key == "id" else key: value for key, value in event.data.items()}
        return {**data, "kind": kind, "change": change}


class AlarmRingsTrigger(AlarmTrigger):
    """Fires when an alarm rings."""

    description = "alarm"
    kind = AlertKind.ALARM


class TimerFinishesTrigger(AlarmTrigger):
    """Fires when a timer finishes."""

    description = "timer finished"
    kind = AlertKind.TIMER


class ReminderTrigger(AlarmTrigger):
    """Fires when a reminder is due."""

    description = "reminder"
    kind = AlertKind.REMINDER


class AlarmEndedTrigger(AlarmTrigger):
    """Fires when an alarm is dismissed or snoozed."""

    description = "alarm ended"
    kind = AlertKind.ALARM
    changes = _ALARM_ENDS
    options_schema: ClassVar = {**AlarmTrigger.options_schema, **_changes(*_ALARM_ENDS)}


class TimerChangedTrigger(AlarmTrigger):
    """Fires when a timer is started, paused, resumed or canceled."""

    description = "timer changed"
    kind = AlertKind.TIMER
    changes = _TIMER_CHANGES
    options_schema: ClassVar = {**AlarmTrigger.options_schema, **_changes(*_TIMER_CHANGES)}


class DndTrigger(AlexaTrigger):
    """Fires when Do Not Disturb is turned on or off."""

    description = "Do Not Disturb changed"
    kinds = (DND,)
    options_schema: ClassVar = {vol.Optional(CONF_STATE): vol.In(("on", "off"))}

    @override
    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        state = "on" if event.data["enabled"] else "off"
        return {"state": state} if self._options.get(CONF_STATE, state) == state else None


class ListItemTrigger(AlexaTrigger):
    """Fires when an open item is added to a to-do list of the target."""

    description = "item added"
    kinds = (LIST_ITEM,)
    options_schema: ClassVar = {vol.Optional(CONF_ITEM): cv.string}

    @override
    def _matches(self, event: EchoEvent) -> bool:
        entity_id = list_entity_id(self._hass, event.entry_id, event.serial)
        return entity_id is not None and self._target.async_matches_entity(entity_id)

    @override
    def _variables(self, event: EchoEvent) -> dict[str, Any] | None:
        return dict(event.data) if contains(event.data["item"], self._options.get(CONF_ITEM)) else None

    @override
    def _device_variables(self, event: EchoEvent) -> Mapping[str, Any]:
        return {"entity_id": list_entity_id(self._hass, event.entry_id, event.serial)}


def _is_same(wanted: str | None, found: str | None) -> bool:
    """Return whether a name matches the configured one (``wanted``); True if none is configured."""
    return not wanted or same(found, wanted)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "voice_command": VoiceCommandTrigger,
    "spoken_to": SpokenToTrigger,
    "alarm_rings": AlarmRingsTrigger,
    "alarm_ended": AlarmEndedTrigger,
    "timer_finishes": TimerFinishesTrigger,
    "timer_changed": TimerChangedTrigger,
    "reminder": ReminderTrigger,
    "do_not_disturb": DndTrigger,
    "item_added": ListItemTrigger,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the trigger classes by key."""
    return TRIGGERS
