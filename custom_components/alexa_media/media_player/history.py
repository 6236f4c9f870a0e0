"""Voice history of a player."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.core import ServiceResponse, callback
from homeassistant.util import dt as dt_util

from ..cloud.model.devices import Player
from ..cloud.model.history import HistoryApi, UtteranceType, VoiceRecord
from ..cloud.names import same
from ..coordinator.history import LastCommand, history_record_of
from ..entity import AlexaDeviceEntity, command_errors, invalid_input

# The range that is searched without a start, and the maximum number of pages (of 50 records each).
HISTORY_WINDOW: Final = timedelta(days=7)
MAX_PAGES: Final = 10

OLDEST: Final = datetime(2014, 1, 1, tzinfo=UTC)
"""Earliest time of a record: the year of the first Echo; a range that ends earlier is empty."""


class VoiceHistory(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Whether a player was spoken to last, and its last command.

    The attributes are alexa_media_player's. ``history_records`` holds the last result of
    ``alexa_media.get_history_records``.
    """

    _unrecorded_attributes = frozenset({"history_records"})

    _last_command: LastCommand | None = None
    _history_records: tuple[dict[str, Any], ...] = ()

    @override
    async def async_added_to_hass(self) -> None:
        """Also listen to the history."""
        await super().async_added_to_hass()
        if history := self.runtime.history:
            self._last_command = history.data.get(self.serial)
            self.async_on_remove(history.async_add_listener(self._async_spoken_to, self.serial))

    @callback
    def _async_spoken_to(self) -> None:
        """Show the last command; history read failures do not affect the player's availability."""
        history = self.runtime.history
        command = history.data.get(self.serial) if history else None
        if command != self._last_command:
            self._last_command = command
            self.async_write_ha_state()

    @property
    def _history_attributes(self) -> dict[str, Any]:
        """Return the last command to this player; ``last_called_timestamp`` is in epoch milliseconds."""
        command = self._last_command
        told = history_record_of(command.record) if command else {}
        return {
            "last_called": command is not None and command.is_last,
            "last_called_timestamp": told.get("timestamp"),
            "last_called_summary": told.get("summary"),
            "last_called_response": told.get("response"),
            "history_records": list(self._history_records),
        }

    async def async_get_history_records(
        self,
        entries: int,
        start: datetime | None = None,
        end: datetime | None = None,
        person: str | None = None,
        include: list[UtteranceType] | None = None,
    ) -> ServiceResponse:
        """Return the latest records of this player (``alexa_media.get_history_records``), and keep them as attribute.

        ``start`` is 7 days before ``end`` unless given, ``end`` now. ``include`` lists types of utterances that are
        left out by default. Raises ``ServiceValidationError`` for an invalid range, ``HomeAssistantError`` if Amazon
        does not respond.
        """
        if (history := self.runtime.history) is None:
            raise invalid_input("history_unsupported")
        now = dt_util.utcnow()
        until = now if end is None else _aware(end)
        since = _aware(start) if start else max(until, OLDEST) - HISTORY_WINDOW
        until = min(until, now)
        if since >= until:
            raise invalid_input("history_range_invalid", start=since.isoformat(), end=until.isoformat())
        wanted = frozenset(include or ())

        def _is_wanted(record: VoiceRecord) -> bool:
            return (
                history.echo_of(record) == self.serial
                and (record.is_command or record.utterance in wanted)
                and (person is None or same(record.person, person))
            )

        with command_errors(self.hass, self.entry):
            found = await _async_found(history.api, since, until, _is_wanted, entries)
        shown = [history.shown(record) for record in found]
        self._history_records = tuple(history_record_of(record) for record in shown)
        self.async_write_ha_state()
        return {"records": [_told(record) for record in shown]}


async def _async_found(
    api: HistoryApi, start: datetime, end: datetime, is_wanted: Callable[[VoiceRecord], bool], entries: int
) -> list[VoiceRecord]:
    """Return the latest records of some types, at most ``entries``; raises ``AlexaError``."""
    found: list[VoiceRecord] = []
    token: str | None = None
    for _ in range(MAX_PAGES):
        page = await api.async_records(start, end, token)
        found += filter(is_wanted, page.records)
        if len(found) >= entries or page.token in (None, token):
            break
        token = page.token
    return found[:entries]


def _aware(moment: datetime) -> datetime:
    """Return a time with its zone: Home Assistant's if it has none."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())


def _told(record: VoiceRecord) -> dict[str, Any]:
    """Return a record in the format of the action's response."""
    return {
        **history_record_of(record),
        "person": record.person,
        "intent": record.intent,
        "type": record.utterance_raw.lower(),
    }
