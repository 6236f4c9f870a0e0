"""States of smart home appliances, and Alexa Guard."""

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
import math
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..cloud.errors import (
    AlexaError,
    AlexaUnreachableError,
    AlexaUnsupportedError,
)
from ..cloud.model.api import AlexaBackend
from ..cloud.model.appliances import (
    Appliance,
    ApplianceState,
    ArmState,
    Control,
    FeatureName,
    PropertyName,
    Sample,
    SmartHomeApi,
    SmartHomeChanged,
    feature_of,
)
from ..cloud.model.commands import RunSequence
from ..const import Topic
from .appliances import AppliancesCoordinator
from .base import LOGGER, TopicCoordinator
from .devices import DevicesCoordinator
from .recovery import PROOF_SECONDS

# Capability, in the device list, of an Echo that listens for Guard.
GUARD_CAPABILITY: Final = "GUARD_EARCON"
_GUARD_SKILL: Final = "amzn1.ask.skill.f71a9b50-e99a-4669-a226-d50ebb5e0830"

# Features that may never be pushed, although one client parses such pushes.
_RARELY_PUSHED: Final = (FeatureName.ACOUSTIC_EVENT_SENSOR, FeatureName.CONNECTIVITY)

_SHORT_INTERVAL: Final = timedelta(seconds=60)


@dataclass(slots=True, eq=False)
class _CommandInFlight:
    """A command to an appliance without a response yet, and its features that no push has confirmed."""

    entity_id: str
    unconfirmed: set[tuple[str, str]]


class SmartHomeCoordinator(TopicCoordinator[ApplianceState]):
    """States by entity id, polled only for appliances with an enabled entity.

    Motion and illuminance are read every minute until a push contains them, because no example of such a push is known.
    """

    topic: ClassVar[str] = Topic.SMART_HOME
    interval_with_push: ClassVar[timedelta] = timedelta(minutes=10)
    interval_with_proven_push: ClassVar[timedelta] = timedelta(minutes=30)
    interval_without_push: ClassVar[timedelta] = _SHORT_INTERVAL

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        api: SmartHomeApi,
        appliances: AppliancesCoordinator,
    ) -> None:
        """Initialize without states."""
        super().__init__(hass, entry, backend)
        self.api = api
        self.appliances = appliances
        appliances.on_states = self._async_discovered
        self._often = Counter[tuple[str, str]]()
        self._listening = Counter[str]()
        self.sounds_available = False
        self._pushed_features: set[tuple[str, str]] = set()
        self._requested: set[str] = set()
        self._read_at: dict[str, float] = {}
        self._all_read_at = -math.inf
        self._in_flight: list[_CommandInFlight] = []
        self._expected: dict[str, set[tuple[str, str]]] = {}
        self._pushed_at = self._missed_at = -math.inf

    # --- reading ------------------------------------------------------------------------

    @override
    async def _async_read(self) -> Mapping[str, ApplianceState]:
        """Read the appliances that are due, and the sounds that Echos have detected if entities show them."""
        now = self.hass.loop.time()
        known, enabled = self.appliances.data, self._enabled()
        requested, self._requested = self._requested, set()
        wanted = requested | self._polled
        # A second of tolerance, because the schedule is not exact.
        is_full = not (wanted or self._listening) or now - self._all_read_at >= self._full_interval.total_seconds() - 1
        if is_full:
            wanted |= enabled
        if due := [known[entity_id] for entity_id in sorted(wanted) if entity_id in known]:
            try:
                states = await self.api.async_states(due)
            except BaseException:
                self._requested |= requested
                raise
            self._take(states, now)
        if is_full:
            self._all_read_at = now
        if self._listening:
            await self._async_read_sounds(now)
        # The read has merged the values pushed in the meantime, sample by sample.
        if self._pushed_while_reading:
            self._pushed_while_reading.clear()
        return self.data

    async def _async_read_sounds(self, now: float) -> None:
        """Read in one request which sounds Echos have detected; a failure only affects the entities of sounds."""
        known = self.appliances.data
        try:
            sounds = await self.api.async_sounds([known[each] for each in sorted(self._listening) if each in known])
        except AlexaError as err:
            LOGGER.debug("Could not read what Echos have heard: %s", err.details)
            self._async_set_sounds_available(sounds_available=False)
            return
        self._take(sounds, now)
        self._async_set_sounds_available(sounds_available=True)

    @callback
    def _async_set_sounds_available(self, *, sounds_available: bool) -> None:
        """Set whether Amazon reports the sounds that Echos detect; otherwise the entities of sounds are unavailable."""
        if self.sounds_available is not sounds_available:
            self.sounds_available = sounds_available
            self.async_show_again()

    @property
    def _polled(self) -> set[str]:
        """Return the appliances with a feature in ``_often`` that is not known to be pushed."""
        return {entity_id for entity_id, feature in self._often if (entity_id, feature) not in self._pushed_features}

    def _enabled(self) -> set[str]:
        """Return the appliances that have an enabled entity."""
        return {key for key in self._by_context if key in self.appliances.data and isinstance(key, str)}

    @property
    def _full_interval(self) -> timedelta:
        """Return the interval for reading all appliances with an enabled entity."""
        is_proven = self._pushed_at > self._missed_at and self.hass.loop.time() - self._pushed_at < PROOF_SECONDS
        if self._own_interval or not self.push_up or is_proven:
            return super().wanted_interval
        return self.interval_with_push

    @property
    @override
    def wanted_interval(self) -> timedelta:
        """Return the poll interval, which is short while entities show values that are not pushed."""
        return _SHORT_INTERVAL if self._polled or self._listening else self._full_interval

    def _take(self, states: Mapping[str, ApplianceState], now: float) -> None:
        """Merge samples that were read, and detect missed pushes, without calling the listeners."""
        merged = {
            entity_id: self.data.get(entity_id, ApplianceState()).updated(state) for entity_id, state in states.items()
        }
        missed = {
            entity_id
            for entity_id, state in merged.items()
            if entity_id in self.data and self._has_missed(entity_id, state)
        }
        if any(
            self._read_at.get(entity_id, -math.inf) >= self._push_up_at and not self._is_expecting(entity_id)
            for entity_id in missed
        ):
            self._missed_at = now
        self.data = {**self.data, **merged}
        self._read_at.update(dict.fromkeys(states, now))

    def _has_missed(self, entity_id: str, after: ApplianceState) -> bool:
        """Return whether a value changed without the push that should have reported it.

        A feature whose push is missing no longer counts as pushed.
        """
        before = self.data[entity_id].samples
        changed = {(entity_id, key.feature) for key in before if before[key].value != after.samples[key].value}
        lost = changed & self._pushed_features
        self._pushed_features -= lost
        silent = self._often.keys() | {(entity_id, str(feature)) for feature in _RARELY_PUSHED}
        return bool(lost or changed - silent)

    @callback
    def _async_discovered(self, states: Mapping[str, ApplianceState]) -> None:
        """Apply the states of a discovery, which counts as a read of all appliances with an enabled entity."""
        now = self.hass.loop.time()
        self._take(states, now)
        self._all_read_at = now
        self.async_update_listeners()

    @override
    @callback
    def async_set_push(self, up: bool) -> None:
        """Set the state of the push stream; the next read after a gap includes all appliances with enabled entities."""
        if up and not self.push_up:
            self._all_read_at = -math.inf
        super().async_set_push(up)

    # --- listeners ----------------------------------------------------------------------

    @override
    @callback
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Hashable = None) -> Callable[[], None]:
        """Add a listener of an appliance (by entity id); if its state is old, it is read soon."""
        remove = super().async_add_listener(update_callback, context)
        if isinstance(context, str) and context in self.appliances.data:
            read_at = self._read_at.get(context, -math.inf)
            if self.hass.loop.time() - read_at > self._full_interval.total_seconds():
                self._async_request(context)
        return remove

    @callback
    def async_poll_often(self, entity_id: str, feature: FeatureName) -> Callable[[], None]:
        """Read an appliance every minute while this feature is not pushed; return a function to stop."""
        return self._async_count(self._often, (entity_id, str(feature)))

    @callback
    def async_poll_sounds(self, entity_id: str) -> Callable[[], None]:
        """Read the sounds detected by an Echo every minute; return a function to stop."""
        self.async_hint()
        return self._async_count(self._listening, entity_id)

    @callback
    def _async_count[K: Hashable](self, users: Counter[K], key: K) -> Callable[[], None]:
        """Count one more entity for which a key is polled; return a function to stop."""
        users[key] += 1
        self.async_reschedule()

        @callback
        def _stop() -> None:
            users[key] -= 1
            if not users[key]:
                del users[key]
            self.async_reschedule()

        return _stop

    async def async_read_now(self, entity_id: str) -> None:
        """Read the state of an appliance now."""
        self._requested.add(entity_id)
        await self.async_refresh_shared()

    @callback
    def _async_request(self, entity_id: str) -> None:
        """Request a read of an appliance soon."""
        self._requested.add(entity_id)
        self.async_hint()

    # --- pushes and commands ------------------------------------------------------------

    @callback
    def async_pushed(self, event: SmartHomeChanged) -> None:
        """Apply pushed samples."""
        for endpoint_id, state in event.states.items():
            appliance = self.appliances.by_endpoint(endpoint_id)
            if appliance is None:
                self.appliances.async_unknown(endpoint_id)
                continue
            self._async_take_pushed(appliance.entity_id, state)

    @callback
    def _async_take_pushed(self, entity_id: str, state: ApplianceState) -> None:
        """Apply pushed samples of one appliance."""
        held = self.data.get(entity_id, ApplianceState())
        updated = held.updated(state)
        if updated is held:
            return
        self._pushed_at = self.hass.loop.time()
        # A sample that is older than the one held proves nothing about its feature.
        fresh = [key for key, sample in state.samples.items() if updated.samples[key] is sample]
        self._pushed_features |= {(entity_id, key.feature) for key in fresh}
        self.async_reschedule()
        for key in fresh:
            self.written.forget(_write_key(entity_id, key.feature, key.instance))
        confirmed = {(key.feature, key.instance) for key in fresh}
        for command in self._in_flight:
            if command.entity_id == entity_id:
                command.unconfirmed -= confirmed
        if expected := self._expected.get(entity_id):
            expected -= confirmed
            if not expected:
                self._async_settle(entity_id)
        self.async_apply({entity_id: updated})

    async def async_control(self, entity_id: str, *controls: Control) -> None:
        """Run controls on an appliance; returns when Amazon has accepted all of them, else raises ``AlexaError``."""
        appliance = self.appliances.discovered.get(entity_id)
        if appliance is None:
            raise AlexaUnsupportedError("The account has no such appliance any more", code="removed")
        writes = {_write_key(entity_id, *feature_of(control)): control for control in controls}
        features = {(str(name), instance) for name, instance in map(feature_of, controls)}

        async def _send() -> None:
            with self.written.writing(writes, {}):
                (error,) = await self.api.async_control(((appliance, controls),))
                if error is not None:
                    raise error

        await self._async_command(entity_id, features, _send)

    async def async_arm(self, entity_id: str, state: ArmState, code: str | None) -> None:
        """Arm or disarm a security panel; raises ``AlexaError``."""
        appliance = self.appliances.discovered.get(entity_id)
        if appliance is None:
            raise AlexaUnsupportedError("The account has no such appliance any more", code="removed")
        features = {(str(FeatureName.SECURITY_PANEL), "")}
        await self._async_command(entity_id, features, lambda: self.api.async_arm(appliance, state, code=code))

    async def _async_command(
        self, entity_id: str, features: set[tuple[str, str]], send: Callable[[], Awaitable[None]]
    ) -> None:
        """Send a command; unless it is refused, read the state if no push confirms it.

        This also applies to a command whose outcome is unknown, such as a canceled one.
        """
        # The push may arrive before the response, so pushes from now on can confirm the command.
        sent = _CommandInFlight(entity_id, features)
        self._in_flight.append(sent)
        try:
            await send()
        except BaseException as err:  # A canceled command may have been sent, too.
            self._in_flight.remove(sent)
            if not isinstance(err, AlexaError) or err.is_doubtful:
                self._async_await_pushes(sent)
            if isinstance(err, AlexaUnreachableError):
                self._async_refused(entity_id)
            raise
        self._in_flight.remove(sent)
        self._async_await_pushes(sent)

    def latest(self, entity_id: str, feature: FeatureName, instance: str = "") -> Control | None:
        """Return the latest control sent for a feature, or None if there is no recent one."""
        found: Control | None = self.written.get(_write_key(entity_id, feature, instance))
        return found

    @callback
    def _async_await_pushes(self, command: _CommandInFlight) -> None:
        """Request a read of an appliance unless each feature changed by a command is pushed soon."""
        if not command.unconfirmed:
            return
        entity_id = command.entity_id
        self._expected.setdefault(entity_id, set()).update(command.unconfirmed)

        @callback
        def _missed() -> None:
            self._async_settle(entity_id)
            self._async_request(entity_id)

        if self.push_up:
            self._async_await_push(_confirmation(entity_id), _missed)
        else:
            _missed()

    def _is_expecting(self, entity_id: str) -> bool:
        """Return whether a command to an appliance may still be confirmed by a push."""
        return entity_id in self._expected or any(
            command.entity_id == entity_id and command.unconfirmed for command in self._in_flight
        )

    @callback
    def _async_settle(self, entity_id: str) -> None:
        """Stop waiting for pushes that confirm answered commands to an appliance."""
        self._expected.pop(entity_id, None)
        self._confirmed(_confirmation(entity_id))

    @override
    @callback
    def _async_stop_waiting(self) -> None:
        """Do nothing: a read covers only some appliances, so pushes are still expected."""

    @callback
    def _async_refused(self, entity_id: str) -> None:
        """Show an appliance as unreachable until Amazon reports a state that is not outdated."""
        self.async_apply({entity_id: replace(self.data.get(entity_id, ApplianceState()), refused=True)})


def _write_key(entity_id: str, feature: str, instance: str) -> str:
    """Return the key of a feature among the own writes."""
    return f"{entity_id}/{feature}/{instance}"


def _confirmation(entity_id: str) -> str:
    """Return the key for awaiting the pushes that confirm commands to an appliance."""
    return f"confirmation {entity_id}"


class GuardCoordinator(TopicCoordinator[ArmState]):
    """The arm state of Alexa Guard, keyed by Alexa's entity id of Guard.

    No push of Guard has been observed.
    """

    topic: ClassVar[str] = "guard"
    interval_with_push: ClassVar[timedelta] = timedelta(minutes=30)
    pushed: ClassVar[bool] = False

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        api: SmartHomeApi,
        appliances: AppliancesCoordinator,
        devices: DevicesCoordinator,
    ) -> None:
        """Initialize without a state."""
        super().__init__(hass, entry, backend)
        self.api = api
        self.appliances = appliances
        self.devices = devices
        self._pushed: Sample | None = None

    @callback
    def async_pushed(self, event: SmartHomeChanged) -> None:
        """Apply a pushed state of Guard; one that is older than the last push changes nothing."""
        guard = self.appliances.guard
        state = event.states.get(guard.endpoint_id) if guard else None
        sample = state.sample(FeatureName.SECURITY_PANEL, PropertyName.ARM_STATE) if state else None
        if guard is None or sample is None or not isinstance(sample.value, str):
            return
        if self._pushed is None or not sample.is_older_than(self._pushed):
            self._pushed = sample
            self.async_apply({guard.entity_id: ArmState(sample.value)})

    @override
    async def _async_read(self) -> Mapping[str, ArmState]:
        """Read the state of Guard if its entity is enabled or about to be added."""
        guard = self.appliances.guard
        if guard is None:
            return self.data
        if guard.entity_id not in self._by_context and (self.data or not self.will_be_shown("alarm_control_panel")):
            return self.data
        return {guard.entity_id: await self.api.async_guard(guard)}

    @override
    @callback
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Hashable = None) -> Callable[[], None]:
        """Add a listener; if the state that it shows is unknown, read Guard soon."""
        remove = super().async_add_listener(update_callback, context)
        guard = self.appliances.guard
        if guard and context == guard.entity_id and context not in self.data:
            self.async_hint()
        return remove

    async def async_arm(self, *, away: bool) -> None:
        """Set Guard to Away (``away``) or Home; raises ``AlexaError``."""
        guard = self.appliances.guard
        if guard is None:
            raise AlexaUnsupportedError("The account has no Guard", code="guard")
        echo = next(
            (
                device
                for device in {**self.devices.listed, **self.devices.data}.values()
                if device.online and GUARD_CAPABILITY in device.capabilities
            ),
            None,
        )
        pushed = self._pushed
        try:
            if echo is None:
                await self.api.async_arm(guard, ArmState.ARMED_AWAY if away else ArmState.ARMED_STAY)
            else:
                await self.backend.async_execute(_control_guard(guard, away=away), (echo,))
        except AlexaError as err:
            if err.is_doubtful:
                self.async_expect(guard.entity_id)
            raise
        if self._pushed is pushed:
            self.async_expect(guard.entity_id)

    @override
    @callback
    def async_expect(self, key: str, *, accepted: bool = True) -> None:
        """Schedule a read of the result of a command in a few seconds; a push of the state cancels it."""
        self._async_await_push(key, self.async_hint)

    @override
    def _is_covered(self, key: str) -> bool:
        """Return False: an Echo may set Guard after the read."""
        return False


def _control_guard(guard: Appliance, *, away: bool) -> RunSequence:
    """Return the sequence with which an Echo sets Guard; the target is the last part of Guard's appliance id."""
    return RunSequence(
        name="controlGuardState",
        extra={
            "target": guard.appliance_id.rpartition("_")[2],
            "operationId": "controlGuardState",
            "state": "AWAY" if away else "HOME",
            "skillId": _GUARD_SKILL,
        },
    )
