"""Recovery of topics after an outage, and detection of a stalled push stream.

A stalled stream is open and answers pings, but delivers no events.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .base import TopicCoordinator
from .removal import Timer

REFRESH_PAUSE: Final = 0.5
"""Seconds between two refreshes of topics."""

ATTEMPT_INTERVAL: Final = 15.0
"""Seconds between two attempts until an outage counts as long."""

SHORT_OUTAGE: Final = 8
"""Number of failed attempts after which an outage counts as long; attempts without evidence then become rare."""

MAX_ATTEMPT_INTERVAL: Final = 600.0

UNCONFIRMED: Final = 3
"""Number of consecutive commands without a confirming push after which the stream counts as stalled."""

GRACE: Final = 5.0
"""Seconds that a push may arrive after the poll that found its change."""

COOLDOWN: Final = 3600.0
"""Minimum seconds between two renewals of the stream."""

PROOF_SECONDS: Final = 24 * 3600.0
"""Seconds for which a directive proves that the stream delivers, and a missed one proves the opposite."""


class Recovery:
    """Refreshes failed topics between polls: on evidence that Amazon responds, and with ``probes`` also at intervals.

    Evidence is a successful response or a pushed directive. One part of Amazon may respond while another fails, so an
    attempt starts with one topic, and the others only follow if it succeeds.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        topics: Sequence[TopicCoordinator[Any]],
        reopen: Callable[[], None],
        *,
        probes: bool = True,
    ) -> None:
        """Initialize; ``reopen`` is ``AlexaBackend.reopen_stream``.

        Without ``probes``, only evidence causes attempts; this is for a cloud where a topic costs many requests.
        """
        self._probes = probes
        self._hass = hass
        self._entry = entry
        self._topics = topics
        self._reopen = reopen
        self._attempt: asyncio.Task[None] | None = None
        self._timer = Timer(hass, entry)
        self._failed_attempts = 0
        self._tried_at: dict[str, float] = {}
        self._not_before = 0.0
        self._is_closed = False
        entry.async_on_unload(self._async_close)

    def _failing(self) -> list[TopicCoordinator[Any]]:
        """Return the failed topics that may recover, least recently attempted first."""
        failing = [topic for topic in self._topics if _is_failing(topic)]
        return sorted(failing, key=lambda topic: self._tried_at.get(topic.name, 0.0))

    @callback
    def async_failed(self) -> None:
        """Handle a failed topic that may recover."""
        if self._probes and self._attempt is None and not self._timer.is_set:
            self._async_schedule(ATTEMPT_INTERVAL)

    @callback
    def async_recovered(self) -> None:
        """Handle the recovery of a topic: let a closed stream reconnect, and read the other failed topics again."""
        self._not_before = 0.0
        self._failed_attempts = 0
        self._reopen()
        self.async_evidence()

    @callback
    def async_evidence(self) -> None:
        """Handle evidence that Amazon responds: if topics have failed, start or schedule an attempt."""
        if self._attempt is not None or self._is_closed or not self._failing():
            return
        if (wait := self._not_before - self._hass.loop.time()) > 0:
            self._async_schedule(wait)
        else:
            self._async_begin()

    @callback
    def _async_schedule(self, delay: float) -> None:
        """Schedule the next attempt after ``delay`` seconds."""
        if not self._is_closed:
            self._timer.call_later(delay, self._async_begin)

    @callback
    def _async_begin(self) -> None:
        """Start an attempt."""
        self._timer.cancel()
        if self._attempt is None and not self._is_closed:
            self._attempt = self._entry.async_create_background_task(
                self._hass, self._async_try(), f"alexa_media recovery {self._entry.entry_id}"
            )

    async def _async_try(self) -> None:
        """Refresh the failed topics one at a time, or only the first one if it fails again."""
        succeeded = False
        try:
            for topic in self._failing():
                if not _is_failing(topic):
                    continue  # The topic may have been read in the meantime.
                self._tried_at[topic.name] = self._hass.loop.time()
                await topic.async_recover()
                if not _is_failing(topic):
                    succeeded = True
                    self._reopen()
                elif not succeeded:
                    break
                await asyncio.sleep(REFRESH_PAUSE)
        finally:
            self._attempt = None
            self._async_tried(succeeded=succeeded)

    @callback
    def _async_tried(self, *, succeeded: bool) -> None:
        """Count consecutive failed attempts, and plan the next attempt if topics are still failing."""
        failing = self._failing()
        self._failed_attempts = 0 if succeeded or not failing else self._failed_attempts + 1
        if not failing:
            return
        late = max(0, self._failed_attempts - SHORT_OUTAGE)
        often = [topic.probe_interval for topic in failing]
        pause = min(ATTEMPT_INTERVAL * 2**late, MAX_ATTEMPT_INTERVAL, *(each for each in often if each is not None))
        # A single failing topic is not an outage, so evidence that Amazon responds does not concern it.
        self._not_before = self._hass.loop.time() + (pause if len(failing) == 1 else ATTEMPT_INTERVAL)
        if self._probes:
            self._async_schedule(pause)

    @callback
    def _async_close(self) -> None:
        """Start no further attempts."""
        self._is_closed = True


def _is_failing(topic: TopicCoordinator[Any]) -> bool:
    """Return whether a topic failed and may recover."""
    return topic.may_recover


class StreamWatchdog:
    """Detects a stalled stream, renews it, and has topics polled until a directive arrives."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        renew: Callable[[], None],
        set_polling: Callable[[bool], None],
        reschedule: Callable[[], None],
    ) -> None:
        """Initialize; ``set_polling`` is called with whether topics should be polled as if push were down.

        ``reschedule`` applies the poll intervals, which depend on ``is_proven``.
        """
        self._hass = hass
        self._renew = renew
        self._set_polling = set_polling
        self._reschedule = reschedule
        self._directive_at: float | None = None
        self._missed_at: float | None = None
        self._unconfirmed = 0
        self._renewed_at: float | None = None
        self._check = Timer(hass, entry)
        self.is_stalled = False
        self._is_closed = False
        entry.async_on_unload(self._async_close)

    @property
    def is_proven(self) -> bool:
        """Return whether the stream has delivered a directive and missed none in the last day."""
        now = self._hass.loop.time()
        has_missed = self._missed_at is not None and now - self._missed_at < PROOF_SECONDS
        return self._directive_at is not None and now - self._directive_at < PROOF_SECONDS and not has_missed

    @callback
    def async_closed(self) -> None:
        """Handle a closed stream; the next one is unproven until it delivers a directive."""
        self._directive_at = None
        self._reschedule()

    @callback
    def _async_missed(self) -> None:
        """Record that the stream missed a directive."""
        self._missed_at = self._hass.loop.time()
        self._reschedule()

    @callback
    def async_directive(self) -> None:
        """Handle a directive, which proves that the stream is not stalled."""
        was_proven, self._directive_at = self.is_proven, self._hass.loop.time()
        if not was_proven and self.is_proven:
            self._reschedule()
        self._unconfirmed = 0
        self._check.cancel()
        if self.is_stalled:
            self.is_stalled = False
            self._set_polling(False)

    @callback
    def async_unconfirmed(self) -> None:
        """Handle a command whose confirming push did not arrive."""
        self._unconfirmed += 1
        self._async_missed()
        if self._unconfirmed >= UNCONFIRMED:
            self._async_stalled()

    @callback
    def async_unpushed(self) -> None:
        """Handle a change that a read found before its push; the push counts as missed if no directive follows soon."""
        if not self._check.is_set and not self._is_closed:
            self._check.call_later(GRACE, self._async_missed_and_stalled)

    @callback
    def _async_missed_and_stalled(self) -> None:
        """Handle a push that did not arrive."""
        self._async_missed()
        self._async_stalled()

    @callback
    def _async_stalled(self) -> None:
        """Have topics polled until a directive arrives; renew the stream too, but at most once an hour."""
        self._check.cancel()
        if self._is_closed:
            return
        self._unconfirmed = 0
        now = self._hass.loop.time()
        if not self.is_stalled:
            self.is_stalled = True
            self._set_polling(True)
        if self._renewed_at is None or now - self._renewed_at >= COOLDOWN:
            self._renewed_at = now
            self._renew()

    @callback
    def _async_close(self) -> None:
        """Stop renewing the stream."""
        self._is_closed = True
