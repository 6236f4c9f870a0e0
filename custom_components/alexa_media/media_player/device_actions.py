"""Actions and attributes of a media player beyond playback and volume."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.core import ServiceResponse, callback
from homeassistant.util import dt as dt_util
from yarl import URL

from ..cloud.model.commands import DoNotDisturb
from ..cloud.model.devices import Device, DeviceFamily, Player
from ..cloud.model.history import HistoryApi, UtteranceType, VoiceRecord
from ..cloud.names import find_name, same
from ..coordinator.history import LastCommand, history_record_of
from ..entity import AlexaDeviceEntity, command_errors, invalid_input
from ..features.kids import async_disable_kids, async_enable_kids
from ..features.routines import async_run_routine
from ..features.sequences import LONGEST_DND
from ..features.sounds import public_url
from ..features.speech import can_speak
from ..features.targets import async_permissions, async_require_speakers
from .sources import SoundModes, SourceSelection

_SCREENS: Final = (DeviceFamily.KNIGHT, DeviceFamily.ROOK)


class AccountActions(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Actions for routines, Amazon Kids and the background of the screen."""

    async def async_run_routine(self, routine: str) -> ServiceResponse:
        """Run a routine by id, name or utterance on this device (``alexa_media.run_routine``).

        The response contains the ``id`` and the ``name`` of the routine.
        """
        permissions = await async_permissions(self.hass, self.caller)
        found = await async_run_routine(permissions, self.entry, routine, self.device)
        return {"id": found.routine_id, "name": found.name}

    async def async_amazon_kids_enable(self, child: str) -> None:
        """Assign the device to a child, by name or id (``alexa_media.amazon_kids_enable``)."""
        await async_enable_kids(self.hass, self.entry, self.device, child)

    async def async_amazon_kids_disable(self) -> None:
        """Remove the assignment of the device to a child (``alexa_media.amazon_kids_disable``)."""
        await async_disable_kids(self.hass, self.entry, self.device)

    async def async_set_background(self, address: str) -> None:
        """Show the picture at an https URL as the background of the screen."""
        background = self.runtime.backend.background
        if background is None or not _has_screen(self.device):
            raise invalid_input("image_no_screen", device=self.device.name)
        if (url := _https(address)) is None:
            raise invalid_input("image_address", address=address)
        with command_errors(self.hass, self.entry):
            await background.async_set_background(self.device, url)


def _has_screen(device: Device) -> bool:
    """Return whether a device has a screen, by its capabilities or its family."""
    return device.family in _SCREENS or any(name.startswith("DISPLAY_") for name in device.capabilities)


def _https(address: str) -> str | None:
    """Return a stripped https URL, or None: Amazon fetches no other URLs."""
    try:
        url = URL(address.strip())
    except ValueError:
        return None
    return str(url) if url.scheme == "https" and url.host else None


class SoundAnnouncement(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Support for announcing media, such as speech from other TTS engines."""

    @property
    def _announce_features(self) -> MediaPlayerEntityFeature:
        """Return the announce feature if the device can speak and an external https URL is configured, else none."""
        is_able = can_speak(self.device) and public_url(self.entry) is not None
        return MediaPlayerEntityFeature.MEDIA_ANNOUNCE if is_able else MediaPlayerEntityFeature(0)


class PlayerSettings(SourceSelection, SoundModes):
    """Player actions that change settings of the device."""

    async def async_set_do_not_disturb(
        self, *, enabled: bool = True, duration: timedelta | None = None, until: time | None = None
    ) -> None:
        """Turn Do Not Disturb on, optionally for a limited time, or off (``alexa_media.set_do_not_disturb``).

        The time ends after ``duration``, or at ``until``, a time of day in the time zone of each device. Amazon then
        turns Do Not Disturb off and pushes the change. For a group, the change applies to its members that have the
        setting, or to all members if none is known to have it.
        """
        dnd = self.runtime.dnd
        if (duration or until) and not enabled:
            raise invalid_input("dnd_off_for_a_time")
        if duration is not None and until is not None:
            raise invalid_input("dnd_two_ends")
        if duration is not None and not timedelta(seconds=1) <= duration <= LONGEST_DND:
            raise invalid_input("dnd_duration_invalid")
        if dnd is None:
            raise invalid_input("not_an_app_account", name=self.entry.title)
        await async_require_speakers(self)
        targets = dnd.among(self.runtime.devices.leaves(self.device))
        if until is not None and (lost := next((device for device in targets if device.time_zone is None), None)):
            raise invalid_input("dnd_time_zone_unknown", name=lost.name)
        with command_errors(self.hass, self.entry):
            if duration is None and until is None:
                await dnd.async_switch(targets, enabled=enabled)
                return
            with dnd.written.writing({device.serial: True for device in targets}, dnd.data):
                await self.runtime.backend.async_execute(DoNotDisturb(duration=duration, until=until), targets)
        # The push may arrive before the response.
        for device in targets:
            if dnd.data.get(device.serial) is not enabled:
                dnd.async_expect(device.serial)

    async def async_unpair_bluetooth(self, source: str) -> None:
        """Unpair the Bluetooth device with the given name (``alexa_media.unpair_bluetooth``)."""
        paired, settings = await self._async_paired(source), self.runtime.backend.settings
        if settings is None or (name := find_name(paired, source)) is None:
            raise invalid_input("source_unknown", source=source, known=", ".join(paired) or "-")
        with command_errors(self.hass, self.entry):
            await settings.async_unpair_bluetooth(self.device, paired[name].address)
        if self.runtime.bluetooth:
            # Amazon does not push this change.
            self.runtime.bluetooth.async_hint()


# Length of the default range, and the maximum number of pages per search.
HISTORY_WINDOW: Final = timedelta(days=7)
MAX_PAGES: Final = 10

OLDEST: Final = datetime(2014, 1, 1, tzinfo=UTC)
"""Earliest end of a range from which a default start is computed; no Echo is older."""


class VoiceHistory(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Voice history of a player: attributes, and the action that reads records."""

    _unrecorded_attributes = frozenset({"history_records"})

    _last_command: LastCommand | None = None
    _history_records: tuple[dict[str, Any], ...] = ()

    @override
    async def async_added_to_hass(self) -> None:
        """Add a listener for the voice history."""
        await super().async_added_to_hass()
        if history := self.runtime.history:
            self._last_command = history.data.get(self.serial)
            self.async_on_remove(history.async_add_listener(self._async_spoken_to, self.serial))

    @callback
    def _async_spoken_to(self) -> None:
        """Write the state if the last command changed."""
        history = self.runtime.history
        command = history.data.get(self.serial) if history else None
        if command != self._last_command:
            self._last_command = command
            self.async_write_ha_state()

    @property
    def _history_attributes(self) -> dict[str, Any]:
        """Return the voice history attributes; ``last_called_timestamp`` is in epoch milliseconds, or None."""
        command = self._last_command
        record = history_record_of(command.record) if command else {}
        return {
            "last_called": command is not None and command.is_last,
            "last_called_timestamp": record.get("timestamp"),
            "last_called_summary": record.get("summary"),
            "last_called_response": record.get("response"),
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
        """Return the latest records of this player (``alexa_media.get_history_records``); keep them as an attribute.

        The response contains up to ``entries`` records, latest first, as ``records``. ``end`` defaults to now, and
        ``start`` to 7 days before ``end``. ``include`` lists utterance types that are left out by default. Raises
        ``ServiceValidationError`` for an account without history and for an invalid range, and ``HomeAssistantError``
        if a read fails.
        """
        if (history := self.runtime.history) is None:
            raise invalid_input("history_unsupported")
        now = dt_util.utcnow()
        until = now if end is None else _aware(end)
        since = _aware(start) if start else max(until, OLDEST) - HISTORY_WINDOW
        until = min(until, now)
        if since >= until:
            raise invalid_input("history_range_invalid", start=_shown(since), end=_shown(until))
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
        return {"records": [_as_response(record) for record in shown]}


async def _async_found(
    api: HistoryApi, start: datetime, end: datetime, is_wanted: Callable[[VoiceRecord], bool], entries: int
) -> list[VoiceRecord]:
    """Return up to ``entries`` wanted records from at most ``MAX_PAGES`` pages, latest first; raises ``AlexaError``."""
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
    """Return a time with a time zone; if it has none, with Home Assistant's."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt_util.get_default_time_zone())


def _shown(moment: datetime) -> str:
    """Return a time for a message: in Home Assistant's time zone, or with its own offset if that has no such time."""
    try:
        return dt_util.as_local(moment).replace(tzinfo=None).isoformat(" ", "seconds")
    except OverflowError:
        return moment.isoformat(" ", "seconds")


def _as_response(record: VoiceRecord) -> dict[str, Any]:
    """Return a record in the format of the action's response."""
    return {
        **history_record_of(record),
        "person": record.person,
        "intent": record.intent,
        "type": record.utterance_raw.lower(),
    }
