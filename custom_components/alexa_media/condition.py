"""Conditions about the last command's Echo and person, running timers, and alarms before a time."""

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar, Final, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util
import probatio as vol

from .cloud.alarm_attributes import Timed
from .cloud.alarm_times import ALARMS, TIMERS
from .cloud.model.devices import EVERYWHERE
from .cloud.names import contains, same
from .coordinator.history import HistoryCoordinator
from .coordinator.runtime import running_entries
from .features.targets import EchoTarget

CONF_BEFORE: Final = "before"
CONF_LABEL: Final = "label"
CONF_PERSON: Final = "person"


class AlexaCondition(Condition):
    """Base class for the conditions, which apply to the Echos of a target or to all Echos."""

    options_schema: ClassVar[dict[Any, Any]] = {}
    needs_target: ClassVar[bool] = True

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Initialize a condition."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = EchoTarget(hass, config.target)

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Return the validated configuration; raises ``vol.Invalid`` or ``ServiceValidationError``."""
        target = vol.Required(CONF_TARGET) if cls.needs_target else vol.Optional(CONF_TARGET)
        schema = vol.Schema({target: cv.TARGET_FIELDS, vol.Required(CONF_OPTIONS, default={}): cls.options_schema})
        checked = cast(ConfigType, schema(config))
        EchoTarget(hass, checked.get(CONF_TARGET)).require_possible()
        return checked

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether the condition is met now."""
        return self._holds()

    @abstractmethod
    def _holds(self) -> bool:
        """Return whether the condition is met now, for the selected Echos."""

    def _last_history(self) -> HistoryCoordinator | None:
        """Return the history of the account whose Echo was spoken to last if that Echo is in the target, or None."""
        found = [
            (history, record)
            for entry in running_entries(self._hass)
            if (history := entry.runtime_data.history) and (record := history.last) and record.serial
        ]
        history, record = max(found, key=lambda last: last[1].timestamp, default=(None, None))
        if history is None or record is None:
            return None
        return history if self._target.async_matches(history.entry.entry_id, record.serial or "") else None

    def _timed(self) -> Iterator[Timed]:
        """Yield the notifications of the Echos in the target, and those shared by all Echos of their accounts."""
        for entry, device in self._target.async_echos():
            if watch := entry.runtime_data.alarm_watch:
                yield from watch.timed(device.serial)
                yield from watch.timed(EVERYWHERE)


class LastSpokenToCondition(AlexaCondition):
    """Condition: the Echo that was last spoken to is in the target."""

    @override
    def _holds(self) -> bool:
        return self._last_history() is not None


class PersonCondition(AlexaCondition):
    """Condition: a specific person gave the last command across all accounts.

    With a target, that command must also have been given to an Echo in the target.
    """

    options_schema: ClassVar = {vol.Required(CONF_PERSON): cv.string}
    needs_target: ClassVar[bool] = False

    @override
    def _holds(self) -> bool:
        history = self._last_history()
        return history is not None and same(history.last_person, self._options[CONF_PERSON])


class TimerCondition(AlexaCondition):
    """Condition: a timer is running on an Echo in the target; with ``label``, one whose label contains it."""

    options_schema: ClassVar = {vol.Optional(CONF_LABEL): cv.string}

    @override
    def _holds(self) -> bool:
        label = self._options.get(CONF_LABEL)
        return any(
            timed.notification.type in TIMERS and timed.at and contains(timed.notification.label, label)
            for timed in self._timed()
        )


class AlarmBeforeCondition(AlexaCondition):
    """Condition: an alarm of an Echo in the target rings before the next occurrence of a time of day."""

    options_schema: ClassVar = {vol.Required(CONF_BEFORE): cv.time}

    @override
    def _holds(self) -> bool:
        until = next_time(dt_util.utcnow(), self._options[CONF_BEFORE], dt_util.get_default_time_zone())
        return any(timed.notification.type in ALARMS and timed.at and timed.at < until for timed in self._timed())


def next_time(now: datetime, time_of_day: time, zone: tzinfo) -> datetime:
    """Return the next time (UTC) after ``now`` at which clocks in ``zone`` show a time of day.

    On the day when clocks are set back, a repeated time counts twice. On the day when they are set forward, a skipped
    time counts as the moment of the change: Home Assistant's own time condition also regards it as past from then on.
    """
    today = now.astimezone(zone).date()
    days = (datetime.combine(today + timedelta(days=number), time_of_day) for number in (0, 1))
    return min(moment for day in days for moment in _moments(day, zone) if moment > now)


def _moments(local: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """Return the times (UTC) at which clocks show a local time, or the one at which they skip it."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return first, second

    def is_past(seconds: int) -> bool:
        return (second + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None) >= local

    # A skipped time is read with both offsets; the change is between the results.
    length = int((first - second).total_seconds())
    return (second + timedelta(seconds=bisect_left(range(length), True, key=is_past)),)


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "last_spoken_to": LastSpokenToCondition,
    "person_spoke_last": PersonCondition,
    "timer_running": TimerCondition,
    "alarm_before": AlarmBeforeCondition,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the condition classes by key."""
    return CONDITIONS
