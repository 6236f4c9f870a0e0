"""Steps of ``alexa_media.run_sequence``: validation, and combination into one sequence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..cloud.model.commands import (
    FIRE_TV_KEYS,
    Announce,
    Command,
    DoNotDisturb,
    LaunchSkill,
    MobilePush,
    PlaySearch,
    PlaySound,
    PressFireTv,
    RunSequence,
    SetVolume,
    Speak,
    Stop,
    TextCommand,
)
from ..cloud.model.devices import Device, DeviceFamily
from ..cloud.model.media import Do, InTurn, RunRoutine, Step, Together, Wait, commands_of
from ..cloud.ssml import MAX_MESSAGE_CHARACTERS, pieces
from ..coordinator.devices import DevicesCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import invalid_input, sendable
from .play_media import provider_of
from .routines import found_routine
from .speech import DEFAULT_TITLE, EchoPlayer, Kind, Message, echo_players, expand, is_loaded, message_of, readable_text

MAX_DEPTH: Final = 5
MAX_COMMANDS: Final = 40
"""Maximum number of operations in a sequence (``_operations``); Amazon has been observed to accept this many."""
MAX_STEPS: Final = 2 * MAX_COMMANDS
"""Maximum number of steps, including pauses and groups of steps."""
MAX_WAIT: Final = 3600

LONGEST_DND: Final = timedelta(hours=12)

_FOR_MEMBERS: Final = (Speak, Announce, SetVolume, DoNotDisturb)
_GROUPS: Final[dict[str, type[InTurn | Together]]] = {"serial": InTurn, "parallel": Together}
_ENTITY: Final = "entity_id"
ROUTINE: Final = "routine"


def _given(value: object) -> str:
    """Return a value if it is a text that is not blank; raises ``ValueError`` for any other value."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it needs text")
    return value


def _text(value: object) -> str:
    """Return a non-empty text, stripped; raises ``ValueError``, or ``ServiceValidationError`` like ``sendable``."""
    return sendable(_given(value), MAX_MESSAGE_CHARACTERS)


def _title(step: Mapping[str, Any]) -> str:
    """Return the title of a step; raises like ``_text``."""
    try:
        return _text(step["title"])
    except ValueError:
        raise ValueError("its title needs text") from None


def _speak(value: object, _step: Mapping[str, Any]) -> Command:
    return _message_command(message_of(_given(value)))


def _announce(value: object, step: Mapping[str, Any]) -> Command:
    title = _title(step) if "title" in step else None
    return _message_command(message_of(_given(value), Kind.ANNOUNCE, title=title))


def _message_command(message: Message) -> Command:
    """Return the single command of a message without a volume."""
    (command,) = message.commands()
    return command


def _volume(value: object, _step: Mapping[str, Any]) -> Command:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("it needs a number from 0 to 1")
    return SetVolume(level=round(value * 100))


def _music(value: object, step: Mapping[str, Any]) -> Command:
    provider = _text(step.get("provider", "DEFAULT"))
    timer = _seconds(step["timer"]) if "timer" in step else None
    return PlaySearch(provider=provider_of(provider) or provider, phrase=_text(value), timer=timer)


def _play(value: object, step: Mapping[str, Any]) -> Command:
    extra = step.get("parameters", {})
    if not isinstance(extra, Mapping) or not all(
        isinstance(key, str) and isinstance(one, str | int | float) for key, one in extra.items()
    ):
        raise ValueError("parameters must be text, numbers or true/false")
    return RunSequence(name=_text(value), extra=dict(extra))


def _do_not_disturb(value: object, _step: Mapping[str, Any]) -> Command:
    try:
        duration = cv.positive_time_period(value)
    except (vol.Invalid, OverflowError) as err:
        raise ValueError("it needs a duration") from err
    if not timedelta(seconds=1) <= duration <= LONGEST_DND:
        raise ValueError("it needs a duration from 1 second to 12 hours")
    return DoNotDisturb(duration=duration)


def _app_push(value: object, step: Mapping[str, Any]) -> Command:
    """Return a message to the Alexa apps, without the customer id, which ``StepReader`` fills in."""
    title = _title(step) if "title" in step else DEFAULT_TITLE
    return MobilePush(text=readable_text(_given(value)), title=title, customer_id="")


def _stop(value: object, _step: Mapping[str, Any]) -> Command:
    if value not in (True, None):
        raise ValueError("it doesn't take a value")
    return Stop()


def _fire_tv(value: object, _step: Mapping[str, Any]) -> Command:
    if not isinstance(value, str) or (key := FIRE_TV_KEYS.get(value)) is None:
        raise ValueError(f"it needs one of {', '.join(FIRE_TV_KEYS)}")
    return PressFireTv(key=key)


_COMMANDS: Final[dict[str, Callable[[object, Mapping[str, Any]], Command]]] = {
    "speak": _speak,
    "announce": _announce,
    "volume": _volume,
    "music": _music,
    "sound": lambda value, _step: PlaySound(sound=_text(value)),
    "text_command": lambda value, _step: TextCommand(text=_text(value)),
    "skill": lambda value, _step: LaunchSkill(skill_id=_text(value)),
    "play": _play,
    "do_not_disturb": _do_not_disturb,
    "app_push": _app_push,
    "stop": _stop,
    "fire_tv": _fire_tv,
}
_FIELDS: Final = {"announce": {"title"}, "app_push": {"title"}, "music": {"provider", "timer"}, "play": {"parameters"}}
_KNOWN: Final = ", ".join((*_COMMANDS, ROUTINE, "wait", *_GROUPS))


@dataclass(slots=True)
class StepReader:
    """Reads the steps of a sequence, whose devices must all belong to one account (``entry``).

    ``count`` is the number of steps. ``named`` are the entity ids of the players in the steps. ``serials`` are those of
    the devices behind the players, including members of groups, and of the devices that the routines name.
    """

    hass: HomeAssistant
    players: Mapping[str, EchoPlayer]
    entry: AlexaConfigEntry | None = None
    count: int = 0
    named: set[str] = field(default_factory=set)
    serials: set[str] = field(default_factory=set)

    def read(self, steps: Sequence[object], entity_ids: Sequence[str]) -> Step:
        """Return one step that runs the given steps in order, on ``entity_ids`` unless a step names other entities.

        Raises ``ServiceValidationError``. Errors identify an invalid step by its number; "2.1" is the first sub-step of
        the second step.
        """
        step = self._group("serial", list(steps), tuple(entity_ids), "", 0)
        if (count := sum(map(_operations, commands_of(step)))) > MAX_COMMANDS:
            raise invalid_input("sequence_too_long", count=str(count), most=str(MAX_COMMANDS))
        if self.entry is None:
            raise invalid_input("sequence_empty")
        return step

    def _group(self, kind: str, value: object, entity_ids: tuple[str, ...], place: str, depth: int) -> Step:
        """Return the step for a group of steps that run one after the other or in parallel."""
        if depth > MAX_DEPTH:
            raise invalid_input("sequence_too_deep", step=place, most=str(MAX_DEPTH))
        if not isinstance(value, list) or not value:
            raise self._wrong(place, "it needs a list of steps") if place else invalid_input("sequence_empty")
        prefix = f"{place}." if place else ""
        steps = tuple(
            self._step(inner, entity_ids, f"{prefix}{number}", depth) for number, inner in enumerate(value, 1)
        )
        return _GROUPS[kind](steps=steps)

    def _step(self, data: object, entity_ids: tuple[str, ...], place: str, depth: int) -> Step:
        """Return the step for a definition of one step or of a group."""
        self.count += 1
        if self.count > MAX_STEPS:
            raise invalid_input("sequence_too_many_steps", most=str(MAX_STEPS))
        if not isinstance(data, Mapping):
            raise self._wrong(place, "it isn't a mapping")
        kinds = [key for key in data if key in _COMMANDS or key in _GROUPS or key in ("wait", ROUTINE)]
        if len(kinds) != 1:
            raise invalid_input("sequence_step_unknown", step=place, known=_KNOWN)
        (kind,) = kinds
        if odd := set(data) - {kind, _ENTITY} - _FIELDS.get(kind, set()):
            raise self._wrong(place, f"it has unknown fields: {', '.join(sorted(map(str, odd)))}")
        if _ENTITY in data:
            entity_ids = self._named(data[_ENTITY], place)
        if kind in _GROUPS:
            return self._group(kind, data[kind], entity_ids, place, depth + 1)
        try:
            if kind == "wait":
                return Wait(seconds=_seconds(data[kind]))
            wanted = _text(data[kind]) if kind == ROUTINE else _COMMANDS[kind](data[kind], data)
        except (ValueError, ServiceValidationError) as err:
            # Only the number says which of many texts is invalid.
            raise self._wrong(place, str(err).removesuffix(".")) from err
        if isinstance(wanted, str):
            return self._routine(wanted, entity_ids, place)
        return self._on(wanted, entity_ids, place)

    def _named(self, value: object, place: str) -> tuple[str, ...]:
        """Return the entity ids that a step names, each once."""
        wrong = self._wrong(place, "entity_id must be one or more entity IDs")
        if not isinstance(value, str | list):
            raise wrong
        try:
            return tuple(dict.fromkeys(cv.entity_ids(value)))
        except (vol.Invalid, AttributeError, TypeError) as err:
            raise wrong from err

    def _on(self, command: Command, entity_ids: tuple[str, ...], place: str) -> Step:
        """Return a step that runs a command on the devices behind the entities."""
        behind: _Behind
        if isinstance(command, _FOR_MEMBERS):
            behind = _speakers
        else:
            behind = _listener if isinstance(command, TextCommand) else _itself
        devices = self._devices(entity_ids, place, behind)
        if isinstance(command, PlaySearch) and any(device.is_group for device in devices):
            raise invalid_input("group_music")
        if isinstance(command, PressFireTv):
            for device in devices:
                if device.family is not DeviceFamily.FIRE_TV:
                    raise self._wrong(place, f"{device.name} isn't a Fire TV")
        if isinstance(command, MobilePush) and self.entry:
            # No Echo is involved, so one message is enough, however many Echos the step names.
            command = replace(command, customer_id=self.entry.runtime_data.backend.account.customer_id)
            devices = devices[:1]
        return _together([Do(command=command, device=device) for device in devices])

    def _routine(self, wanted: str, entity_ids: tuple[str, ...], place: str) -> Step:
        """Return a step that runs a routine on the device of each entity."""
        devices = self._devices(entity_ids, place, _itself)
        coordinator = self.entry.runtime_data.routines if self.entry else None
        routine = found_routine(coordinator.data if coordinator else {}, wanted)
        if not routine.enabled:
            raise invalid_input("routine_disabled", routine=routine.name)
        if routine.needs_echo and any(device.is_group for device in devices):
            raise invalid_input("routine_on_group", routine=routine.name)
        self.serials |= routine.serials
        return _together([RunRoutine(routine=routine, device=device) for device in devices])

    def _devices(self, entity_ids: tuple[str, ...], place: str, behind: _Behind) -> list[Device]:
        """Return the devices to which a step for entities is sent; raises ``ServiceValidationError``."""
        devices: dict[str, Device] = {}
        for entity_id in expand(self.hass, entity_ids):
            player = self.players.get(entity_id)
            if player and not is_loaded(player.entry):
                raise invalid_input("account_not_loaded")
            if player is None or player.device is None:
                raise invalid_input("sequence_target_unknown", step=place, target=entity_id)
            if self.entry not in (None, player.entry):
                raise invalid_input("sequence_two_accounts", step=place)
            self.entry = player.entry
            known = player.entry.runtime_data.devices
            self.named.add(entity_id)
            self.serials.update(device.serial for device in (player.device, *known.leaves(player.device)))
            for device in behind(known, player.device):
                if not device.online:
                    raise invalid_input("sequence_target_offline", step=place, target=device.name)
                devices[device.serial] = device
        if not devices:
            raise invalid_input("sequence_no_target", step=place)
        return list(devices.values())

    @staticmethod
    def _wrong(place: str, reason: str) -> Exception:
        """Return the error for an invalid step with the number ``place``, such as "2.1"."""
        return invalid_input("sequence_step_wrong", step=place, reason=reason)


type _Behind = Callable[[DevicesCoordinator, Device], tuple[Device, ...]]
"""Function that returns the devices to which a command for a device is sent."""


def _itself(_devices: DevicesCoordinator, device: Device) -> tuple[Device, ...]:
    return (device,)


def _listener(devices: DevicesCoordinator, device: Device) -> tuple[Device, ...]:
    return (devices.listener(device),)


def _speakers(devices: DevicesCoordinator, device: Device) -> tuple[Device, ...]:
    """Return the online speakers behind a device, or all of them if none is online."""
    leaves = devices.leaves(device)
    return tuple(leaf for leaf in leaves if leaf.online) or leaves


def _operations(step: Do | RunRoutine) -> int:
    """Return the number of operations in a step; a long text takes several."""
    return len(pieces(step.command.text)) if isinstance(step, Do) and isinstance(step.command, Speak) else 1


def _together(steps: Sequence[Step]) -> Step:
    """Return a step that runs steps in parallel, or a single step itself."""
    return steps[0] if len(steps) == 1 else Together(steps=tuple(steps))


def names_routine(steps: object) -> bool:
    """Return whether the steps may contain a routine, at any depth."""
    waiting = [steps]
    while waiting:
        step = waiting.pop()
        if isinstance(step, Mapping):
            if ROUTINE in step:
                return True
            waiting += step.values()
        elif isinstance(step, list):
            waiting += step
    return False


def _seconds(value: object) -> int:
    """Return a duration in seconds; raises ``ValueError`` unless it is a whole number from 1 to ``MAX_WAIT``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_WAIT or value % 1:
        raise ValueError(f"it needs a whole number of seconds from 1 to {MAX_WAIT}")
    return int(value)


def reader(hass: HomeAssistant) -> StepReader:
    """Return a reader of steps for the present players."""
    return StepReader(hass, echo_players(hass))
