"""Recovery of topics after an outage: at the first evidence that Amazon answers, not at the next poll."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .base import TopicCoordinator

PAUSE: Final = 0.5
"""Seconds between two topics that are refreshed."""

ROUND: Final = 15.0
"""Seconds between two attempts while something fails."""

SHORT_OUTAGE: Final = 8
"""Failed attempts after which an outage counts as a long one: then attempts without evidence become rare."""

LONGEST: Final = 600.0


class Recovery:
    """Refreshes the topics that failed, whatever their back-off says, as soon as Amazon seems to answer again.

    Evidence is any good answer, a pushed directive or a reopened stream. As one part of
    Amazon may answer while another fails, each attempt begins with one topic; when that
    succeeds, all others follow. During the first two minutes of an outage there is an
    attempt every 15 s without evidence, too.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        topics: Callable[[], Iterable[TopicCoordinator[Any]]],
        reopen: Callable[[], None],
        *,
        probes: bool = True,
    ) -> None:
        """Keep how to find the topics; ``reopen`` makes a stream that is down try at once.

        Without ``probes`` there are attempts on evidence alone: for a cloud where a topic
        costs many requests.
        """
        self._probes = probes
        self._hass = hass
        self._entry = entry
        self._topics = topics
        self._reopen = reopen
        self._attempt: asyncio.Task[None] | None = None
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._failed_attempts = 0
        self._tried_at: dict[str, float] = {}
        self._not_before = 0.0
        self._is_closed = False
        entry.async_on_unload(self._async_close)

    def _failing(self) -> list[TopicCoordinator[Any]]:
        """Return the topics to refresh, the one that was tried longest ago first."""
        failing = [topic for topic in self._topics() if _is_failing(topic)]
        return sorted(failing, key=lambda topic: self._tried_at.get(topic.name, 0.0))

    @callback
    def async_failed(self) -> None:
        """Take note that a topic failed: try again soon."""
        if self._probes and self._attempt is None and self._cancel_timer is None:
            self._async_schedule(ROUND)

    @callback
    def async_recovered(self) -> None:
        """Take note that a topic that had failed was read: all others follow at once."""
        self._not_before = 0.0
        self._failed_attempts = 0
        self._reopen()
        self.async_evidence()

    @callback
    def async_evidence(self) -> None:
        """Take note that Amazon answers."""
        if self._attempt is not None or self._is_closed or not self._failing():
            return
        if (wait := self._not_before - self._hass.loop.time()) > 0:
            self._async_schedule(wait)
        else:
            self._async_begin()

    @callback
    def _async_schedule(self, delay: float) -> None:
        """Plan the next attempt."""
        if self._is_closed:
            return
        self._async_cancel_timer()
        self._cancel_timer = async_call_later(self._hass, delay, self._async_begin)

    @callback
    def _async_begin(self, _now: object = None) -> None:
        """Begin an attempt."""
        self._async_cancel_timer()
        if self._attempt is None and not self._is_closed:
            self._attempt = self._entry.async_create_background_task(
                self._hass, self._async_try(), f"alexa_media recovery {self._entry.entry_id}"
            )

    async def _async_try(self) -> None:
        """Refresh one failed topic, and all others when it succeeds."""
        succeeded = False
        try:
            for topic in self._failing():
                if not _is_failing(topic):
                    continue  # read meanwhile
                self._tried_at[topic.name] = self._hass.loop.time()
                await topic.async_recover()
                if not _is_failing(topic):
                    succeeded = True
                    self._reopen()
                elif not succeeded:
                    break
                await asyncio.sleep(PAUSE)
        finally:
            self._attempt = None
            self._async_tried(succeeded=succeeded)

    @callback
    def _async_tried(self, *, succeeded: bool) -> None:
        """Plan what comes after an attempt."""
        failing = self._failing()
        self._failed_attempts = 0 if succeeded or not failing else self._failed_attempts + 1
        if not failing:
            return
        late = max(0, self._failed_attempts - SHORT_OUTAGE)
        pause = min(ROUND * 2**late, LONGEST)
        # a single topic that fails is no outage: evidence says nothing about it
        self._not_before = self._hass.loop.time() + (pause if len(failing) == 1 else ROUND)
        if self._probes:
            self._async_schedule(pause)

    @callback
    def _async_cancel_timer(self) -> None:
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def _async_close(self) -> None:
        """End: nothing is refreshed any more."""
        self._is_closed = True
        self._async_cancel_timer()


def _is_failing(topic: TopicCoordinator[Any]) -> bool:
    """Return whether a topic is to be refreshed; asked again after each read."""
    return topic.may_recover
