"""Messages to Echos: validation, recipients, sending, and the report of the result."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, override

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util.json import JsonArrayType, JsonObjectType

from ..cloud.errors import AlexaAuthError, AlexaError
from ..cloud.model.commands import Announce, Command, SetVolume, Speak
from ..cloud.model.devices import Device, Volume
from ..cloud.ssml import SsmlError, checked, in_language, plain, speaking_seconds
from ..const import DOMAIN
from ..coordinator.base import registered_entities
from ..coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from ..entity import account_error, account_name, invalid_input, player_unique_id
from ..issues import translated

_AUDIBLE: Final = frozenset({"AUDIO_PLAYER", "MUSIC_SKILL"})

# Maximum seconds by which a temporary volume may end late.
_LATE: Final = 15.0


_NOT_LOADED: Final = "account_not_loaded"

# Errors that name both the Echos and the accounts, by the error of the account.
_MIXED_ERRORS: Final = {
    "auth_failed": "speech_failed_auth_failed",
    _NOT_LOADED: "speech_failed_account_not_loaded",
    "rate_limited": "speech_failed_rate_limited",
    "cannot_connect": "speech_failed_cannot_connect",
}

DEFAULT_TITLE: Final = "Home Assistant"
"""Default title of a message to the Alexa apps."""


class Kind(StrEnum):
    """Delivery of a message: spoken, spoken after a chime and usually also shown, or only shown."""

    SPEAK = "speak"
    ANNOUNCE = "announce"
    SHOW = "show"


class DndPolicy(StrEnum):
    """Handling of an Echo on which Do Not Disturb is on.

    ``AMAZON`` sends the message: Amazon speaks it if it is a ``SPEAK``, else drops it. ``KEEP`` skips the Echo.
    ``OVERRIDE`` speaks an announcement as a plain message, or skips the Echo if the message is only shown.
    """

    KEEP = "keep"
    OVERRIDE = "override"
    AMAZON = "amazon"

    @classmethod
    def of(cls, override: bool | None) -> DndPolicy:
        """Return the policy for the option ``override_dnd``; ``override`` is None if the option is not given."""
        return cls.AMAZON if override is None else cls.OVERRIDE if override else cls.KEEP


class Reason(StrEnum):
    """Reason why a message was not sent to an Echo."""

    @override
    def __str__(self) -> str:
        return "can't speak" if self is Reason.NO_VOICE else self.value.replace("_", " ")

    OFFLINE = "offline"
    DO_NOT_DISTURB = "do_not_disturb"
    NO_VOICE = "no_voice"
    NOT_LOADED = "account_not_loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message with validated text; ``volume`` (0–100) is the volume while it is spoken.

    ``spoken`` and ``shown`` apply to announcements only. ``sound_seconds`` is the length of the sounds in the text in
    seconds, or None if it is unknown.
    """

    kind: Kind
    text: str
    title: str | None = None
    volume: int | None = None
    dnd: DndPolicy = DndPolicy.AMAZON
    spoken: bool = True
    shown: bool = True
    sound_seconds: float | None = None

    def commands(self, *, disturb: bool = False, restore: int | None = None) -> tuple[Command, ...]:
        """Return the commands for one Echo.

        ``disturb`` overrides Do Not Disturb. ``restore`` is the volume (0–100) to restore, or ``None`` to keep the
        volume unchanged.
        """
        command: Command
        if self.kind is Kind.SPEAK or disturb:
            command = Speak(text=self.text, sound_seconds=self.sound_seconds)
        else:
            title = {"title": self.title} if self.title else {}
            command = Announce(text=self.text, spoken=self.spoken, shown=self.shown, **title)
        if self.volume is None or restore is None or restore == self.volume:
            return (command,)
        return SetVolume(level=self.volume), command, SetVolume(level=restore)


def message_of(
    text: str,
    kind: Kind = Kind.SPEAK,
    *,
    title: str | None = None,
    language: str | None = None,
    volume: float | None = None,
    dnd: DndPolicy = DndPolicy.AMAZON,
    shown: bool = True,
) -> Message:
    """Return a message after validating its text and options.

    ``volume`` (0–1) is the volume of speech, so a message that is only shown has none. ``shown`` is whether an
    announcement is also shown on screens. Raises ``ServiceValidationError`` for a text that Alexa would not speak or
    show, and for a title, language or volume that has no effect on this kind of message.
    """
    text = _checked(text)
    options: Mapping[Kind, Mapping[str, object]] = {
        Kind.SHOW: {"language": language, "volume": volume},
        Kind.SPEAK: {"title": title},
    }
    must_have_effect(kind.value, options.get(kind, {}))
    if kind is Kind.SHOW and not plain(text):
        raise invalid_input("empty_message")
    return Message(
        kind=kind,
        text=in_language(text, language) if language else text,
        title=title_of(title),
        volume=None if volume is None else round(volume * 100),
        dnd=dnd,
        spoken=kind is not Kind.SHOW,
        shown=shown,
    )


def must_have_effect(kind: str, options: Mapping[str, object]) -> None:
    """Raise ``ServiceValidationError`` if any of ``options`` is set; none has an effect on this kind of message."""
    for name, value in options.items():
        if value is not None:
            raise invalid_input("option_without_effect", option=name, type=kind)


def readable_text(text: str) -> str:
    """Return a message as an app shows it; raises ``ServiceValidationError`` if it is invalid or empty."""
    if not (shown := plain(_checked(text))):
        raise invalid_input("empty_message")
    return shown


def title_of(title: str | None) -> str | None:
    """Return a title as screens and apps show it, None if it is empty; raises ``ServiceValidationError``."""
    return readable_text(title) if title and title.strip() else None


def _checked(text: str) -> str:
    """Return a text that Alexa can speak; raises ``ServiceValidationError``."""
    try:
        return checked(text)
    except SsmlError as err:
        raise invalid_input(err.key, **err.placeholders) from err


# --- recipients ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoPlayer:
    """A media player of the integration.

    ``device`` is None if the account is not loaded or has no such device. ``entity_id`` and ``unique_id`` are "" for a
    group member that has no enabled media player.
    """

    entry: AlexaConfigEntry
    entity_id: str
    unique_id: str
    device: Device | None

    @property
    def name(self) -> str:
        """Return the name of the player for messages to the user."""
        return self.device.name if self.device else self.entity_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A recipient of a message: an Echo, or a speaker group without known members that get entities.

    ``players`` are the media players of the Echo in the target: of one account, or of several that share the Echo. The
    first one is used, and the next one if Amazon no longer accepts the sign-in of its account. ``direct`` is True if
    the Echo was targeted itself, and not only through a group or an area that contains it.
    """

    players: tuple[EchoPlayer, ...]
    direct: bool

    @property
    def player(self) -> EchoPlayer:
        """Return the media player to use first."""
        return self.players[0]


@callback
def is_player(data: er.EventEntityRegistryUpdatedData) -> bool:
    """Return whether a registry change concerns a media player."""
    return data["entity_id"].startswith(f"{MEDIA_PLAYER_DOMAIN}.")


@callback
def echo_players(hass: HomeAssistant) -> dict[str, EchoPlayer]:
    """Return the enabled media players of all accounts by entity id, including accounts that are not loaded."""
    found: dict[str, EchoPlayer] = {}
    for entry in hass.config_entries.async_entries(DOMAIN):
        devices = _devices(entry)
        by_id = {player_unique_id(entry, serial): device for serial, device in devices.items()}
        for item in registered_entities(hass, entry):
            if item.domain == MEDIA_PLAYER_DOMAIN and item.disabled_by is None:
                found[item.entity_id] = EchoPlayer(
                    entry=entry,
                    entity_id=item.entity_id,
                    unique_id=item.unique_id,
                    device=by_id.get(item.unique_id),
                )
    return found


def _devices(entry: AlexaConfigEntry) -> Mapping[str, Device]:
    """Return the devices of an account; empty if it isn't loaded."""
    return entry.runtime_data.devices.data if is_loaded(entry) else {}


def is_loaded(entry: AlexaConfigEntry) -> bool:
    """Return whether an account is loaded."""
    return entry.state is ConfigEntryState.LOADED


def expand(hass: HomeAssistant, entity_ids: Iterable[str]) -> Iterator[str]:
    """Yield entity ids, with groups and media player groups of any platform replaced by their members, each once."""
    seen: set[str] = set()
    waiting = list(entity_ids)
    while waiting:
        if (entity_id := waiting.pop(0)) in seen:
            continue
        seen.add(entity_id)
        state = hass.states.get(entity_id)
        members = state.attributes.get(ATTR_ENTITY_ID) if state else None
        if isinstance(members, list | tuple) and entity_id.partition(".")[0] in ("group", MEDIA_PLAYER_DOMAIN):
            waiting[:0] = [str(member) for member in members]
        else:
            yield entity_id


def recipients_of(
    players: Mapping[str, EchoPlayer], direct: Iterable[EchoPlayer], indirect: Iterable[EchoPlayer] = ()
) -> list[Recipient]:
    """Return the message recipients for some players, each once.

    A speaker group is replaced by those of its members that get entities, if there are any. A player of an account that
    is not loaded is left out if the player of another account is for the same Echo. ``players`` are all players by
    entity id.
    """
    found: dict[str, list[EchoPlayer]] = {}
    named: set[str] = set()
    serials: set[str] = set()
    by_unique_id = {(player.entry.entry_id, player.unique_id): player for player in players.values()}

    def _add(player: EchoPlayer, *, is_direct: bool) -> None:
        serial = player.device.serial if player.device else _serial_of(player, serials)
        key = serial or player.entity_id
        if (player.device or not serial) and player not in (same := found.setdefault(key, [])):
            # A targeted player is preferred to a member of a group, which may have no entity.
            same.insert(0 if is_direct and key not in named else len(same), player)
        if is_direct:
            named.add(key)

    targeted = [*((player, True) for player in direct), *((player, False) for player in indirect)]
    for player, is_direct in sorted(targeted, key=lambda one: one[0].device is None):
        members = [
            by_unique_id.get(
                (player.entry.entry_id, player_unique_id(player.entry, leaf.serial)),
                EchoPlayer(entry=player.entry, entity_id="", unique_id="", device=leaf),
            )
            for leaf in _leaves(player)
        ]
        serials |= {one.device.serial for one in (player, *members) if one.device}
        for member in members:
            _add(member, is_direct=False)
        if not members:
            _add(player, is_direct=is_direct)
    return [Recipient(players=tuple(same), direct=key in named) for key, same in found.items()]


def _serial_of(player: EchoPlayer, serials: Iterable[str]) -> str | None:
    """Return the one of ``serials`` that a player without a device belongs to, or None."""
    return next((serial for serial in serials if player_unique_id(player.entry, serial) == player.unique_id), None)


def _leaves(player: EchoPlayer) -> tuple[Device, ...]:
    """Return the Echos of a speaker group that get entities; empty for a single Echo."""
    if player.device is None or not is_loaded(player.entry):
        return ()
    found = player.entry.runtime_data.devices.leaves(player.device)
    return () if found == (player.device,) else found


def can_speak(device: Device) -> bool:
    """Return whether a device can speak; True for a group, and for a device whose capabilities are unknown."""
    return device.is_group or not device.capabilities or not device.capabilities.isdisjoint(_AUDIBLE)


# --- sending ------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """Result of a message for each Echo, and the targets that are not Echos."""

    sent: list[tuple[EchoPlayer, tuple[Command, ...]]] = field(default_factory=list)
    skipped: list[tuple[EchoPlayer, Reason]] = field(default_factory=list)
    failed: list[tuple[EchoPlayer, AlexaError | Reason]] = field(default_factory=list)
    unknown: Sequence[str] = ()

    def raise_errors(self, hass: HomeAssistant, *, is_answered: bool = False) -> None:
        """Raise an error if Echos failed or targets are unknown.

        ``ServiceValidationError`` names the unknown targets if no Echo failed; ``HomeAssistantError`` names the failed
        Echos, the unknown targets, and the accounts that are the cause. An error of one account, such as an expired
        sign-in, is raised as itself instead if nothing was sent and nothing else is wrong. Skipped Echos count as
        failed if nothing was sent and errors of accounts do not explain that; with ``is_answered``, those skipped
        because of Do Not Disturb do not, because a response reports them.
        """
        failed = list(self.failed)
        shared = {_account_error(hass, player, why) for player, why in failed}
        if not self.sent and (not failed or None in shared):
            failed += [
                (player, why) for player, why in self.skipped if why is not Reason.DO_NOT_DISTURB or not is_answered
            ]
            shared |= {_account_error(hass, player, why) for player, why in failed}
        if not failed:
            if self.unknown:
                raise invalid_input("speech_target_unknown", targets=", ".join(self.unknown))
            return
        is_one = len(shared) == 1 and len({player.entry.entry_id for player, _ in failed}) == 1
        if is_one and not shared & {None, _NOT_LOADED} and not self.sent and not self.unknown:
            (key,) = shared
            placeholders = next((why.placeholders for _, why in failed if isinstance(why, AlexaError)), {})
            raise translated(HomeAssistantError, str(key), **placeholders)
        raise self._error_of_many(hass, failed)

    def _error_of_many(
        self, hass: HomeAssistant, failed: Sequence[tuple[EchoPlayer, AlexaError | Reason]]
    ) -> HomeAssistantError:
        """Return the error that names failed Echos, unknown targets, and any accounts with the most serious error."""
        accounts: dict[str, dict[str, None]] = {}
        for player, why in failed:
            if key := _account_error(hass, player, why):
                accounts.setdefault(key, {})[account_name(player.entry)] = None
        parts = [f"{player.name} ({why.reason if isinstance(why, AlexaError) else why})" for player, why in failed]
        parts += [f"{name} (unknown)" for name in self.unknown]
        problems = ", ".join(dict.fromkeys(parts))
        if (cause := next((key for key in _MIXED_ERRORS if key in accounts), None)) is None:
            return translated(HomeAssistantError, "speech_failed", failed=problems)
        names = ", ".join(accounts[cause])
        return translated(HomeAssistantError, _MIXED_ERRORS[cause], failed=problems, accounts=names)

    def response(self) -> JsonObjectType:
        """Return the result as the response of an action; volumes are 0–1."""
        sent: JsonArrayType = []
        for player, commands in self.sent:
            levels = [command.level for command in commands if isinstance(command, SetVolume)]
            announced = next((command for command in commands if isinstance(command, Announce)), None)
            kind = Kind.SPEAK if announced is None else Kind.ANNOUNCE if announced.spoken else Kind.SHOW
            sent.append({**_identity(player), "type": kind.value, "volume": levels[0] / 100 if levels else None})
        skipped: JsonArrayType = [{**_identity(player), "reason": why.value} for player, why in self.skipped]
        return {"sent": sent, "skipped": skipped}


def _account_error(hass: HomeAssistant, player: EchoPlayer, why: AlexaError | Reason) -> str | None:
    """Return the translation key of a failure that concerns the account of an Echo, or None."""
    if isinstance(why, AlexaError):
        return account_error(hass, player.entry, why)
    return account_error(hass, player.entry, None) if why is Reason.NOT_LOADED else None


def _identity(player: EchoPlayer) -> JsonObjectType:
    """Return the fields that identify an Echo in a response."""
    return {"entity_id": player.entity_id or None, "name": player.name}


async def async_say(
    hass: HomeAssistant, message: Message, recipients: Collection[Recipient], *, unknown: Sequence[str] = ()
) -> Report:
    """Send a message to Echos, and return the result for each of them.

    A direct recipient that cannot receive the message counts as failed, except because of Do Not Disturb. In all other
    cases, such an Echo is skipped. ``unknown`` are targets that are not Echos.
    """
    report = Report(unknown=unknown)
    waiting = list(recipients)
    while waiting:
        by_entry: dict[str, list[EchoPlayer]] = {}
        for recipient in waiting:
            player = recipient.player
            reason = _obstacle(player, message)
            if reason is None:
                by_entry.setdefault(player.entry.entry_id, []).append(player)
            elif recipient.direct and reason is not Reason.DO_NOT_DISTURB:
                report.failed.append((player, reason))
            else:
                report.skipped.append((player, reason))
        await asyncio.gather(*(_async_send(hass, message, players, report) for players in by_entry.values()))
        waiting = _signed_out(waiting, report)
    return report


def _signed_out(recipients: Iterable[Recipient], report: Report) -> list[Recipient]:
    """Return the recipients to try with their next account, and remove the failures of the signed-out ones."""
    refused = [player for player, why in report.failed if isinstance(why, AlexaAuthError)]
    left = [one for one in recipients if len(one.players) > 1 and one.player in refused]
    retried = [one.player for one in left]
    report.failed = [(player, why) for player, why in report.failed if player not in retried]
    return [replace(one, players=one.players[1:]) for one in left]


def obstacle(player: EchoPlayer) -> Reason | None:
    """Return the reason why no message can be sent to an Echo, or None."""
    if not is_loaded(player.entry):
        return Reason.NOT_LOADED
    if player.entry.runtime_data.players is None:
        return Reason.NO_VOICE  # a media player of a property only has a volume
    return None if player.device and player.device.online else Reason.OFFLINE


def _obstacle(player: EchoPlayer, message: Message) -> Reason | None:
    """Return the reason not to send a message to an Echo, or None."""
    if (reason := obstacle(player)) or player.device is None:
        return reason
    if not can_speak(player.device):
        return Reason.NO_VOICE
    if message.dnd is DndPolicy.AMAZON or not _is_dnd(player.entry.runtime_data, player):
        return None
    return None if message.dnd is DndPolicy.OVERRIDE and message.spoken else Reason.DO_NOT_DISTURB


def _is_dnd(runtime: AlexaRuntimeData, player: EchoPlayer) -> bool:
    """Return whether Do Not Disturb is known to be on."""
    dnd = runtime.dnd
    return bool(dnd and player.device and dnd.data.get(player.device.serial))


async def _async_send(hass: HomeAssistant, message: Message, players: Sequence[EchoPlayer], report: Report) -> None:
    """Send the message to the Echos of one account, and record the result in ``report``."""
    entry = players[0].entry
    runtime = entry.runtime_data
    levels = await _async_levels(runtime, message, players)
    plans: list[tuple[Device, tuple[Command, ...]]] = []
    for player in players:
        if (device := player.device) is not None:
            disturb = message.dnd is DndPolicy.OVERRIDE and _is_dnd(runtime, player)
            plans.append((device, message.commands(disturb=disturb, restore=levels.get(device.serial))))
    try:
        errors = await runtime.backend.async_execute_each(plans)
    except AlexaError as err:
        errors = [err] * len(plans)
    finally:
        _note_end(hass, runtime, message, levels)
    for player, (_, commands), error in zip(players, plans, errors, strict=True):
        if error is None:
            report.sent.append((player, commands))
        else:
            report.failed.append((player, error))
            if isinstance(error, AlexaAuthError):
                entry.async_start_reauth(hass)


async def _async_levels(runtime: AlexaRuntimeData, message: Message, players: Sequence[EchoPlayer]) -> dict[str, int]:
    """Record the temporary volume of Echos whose volume is known; return the volumes to restore (0–100) by serial."""
    if message.volume is None:
        return {}
    serials = [player.device.serial for player in players if player.device]
    levels = _levels(runtime.temporary_volumes.known(serials))
    if not levels.keys() >= set(serials):
        # Speaking at the current volume is better than not speaking.
        with suppress(AlexaError):
            levels = _levels(await runtime.backend.async_volumes())
        # The response may lack a volume that was just written or pushed.
        levels |= _levels(runtime.temporary_volumes.known(serials))
    return {
        serial: runtime.temporary_volumes.async_begin(serial, levels[serial], message.volume)
        for serial in serials
        if serial in levels
    }


def _levels(volumes: Mapping[str, Volume]) -> dict[str, int]:
    """Return the known levels (0–100) by serial."""
    return {serial: volume.level for serial, volume in volumes.items() if volume.level is not None}


def _note_end(hass: HomeAssistant, runtime: AlexaRuntimeData, message: Message, levels: Iterable[str]) -> None:
    """Store the latest end of a message's temporary volumes; ``levels`` are the serials of the Echos that have one."""
    until = hass.loop.time() + speaking_seconds(message.text, message.sound_seconds, longest=True) + _LATE
    runtime.temporary_volumes.async_sent(levels, until)
