"""Conversion of ``media_player.play_media`` calls to commands."""

from collections.abc import Callable, Iterable, Mapping
import re
from typing import Any, Final

from homeassistant.components.media_player.const import MediaType
from homeassistant.components.media_source import is_media_source_id

from ..cloud.model.commands import Command, LaunchSkill, PlaySearch, PlaySound, RunSequence, TextCommand
from ..cloud.model.media import MusicProvider
from ..cloud.names import folded
from ..entity import fraction, invalid_input, whole

# Media types in browsing and searching other than music: a track of the queue, a TuneIn station, a sound.
QUEUE: Final = "queue"
STATION: Final = "station"
SOUND: Final = "sound"

_PROVIDER: Final = re.compile(r"[A-Z][A-Z0-9_]*")

# Content types other than music providers, with alexa_media_player's names.
_SIMPLE_TYPES: Final[dict[str, Callable[[str], Command]]] = {
    SOUND: lambda media_id: PlaySound(sound=media_id),
    "custom": lambda media_id: TextCommand(text=media_id),
    "skill": lambda media_id: LaunchSkill(skill_id=media_id),
}
_SEQUENCE: Final = "sequence"
# Content types that are not commands.
ROUTINE: Final = "routine"
IMAGE: Final = "image"

# Types of folders in browsing: those of the library, and music providers.
LIBRARY: Final = "library"
PROVIDER: Final = "provider"
_FOLDER_ID: Final = re.compile(rf"({PROVIDER}s?|sounds|{ROUTINE}s|{QUEUE})/.*", re.IGNORECASE)

_TIMER: Final = "timer"
_VOLUME: Final = "volume"
_OWN_TYPES: Final = sorted((*_SIMPLE_TYPES, _SEQUENCE, IMAGE, QUEUE, ROUTINE, STATION))
_PROVIDERS: Final = (
    "AMAZON_MUSIC",
    "APPLE_MUSIC",
    "CLOUDPLAYER",
    "DEEZER",
    "DEFAULT",
    "I_HEART_RADIO",
    "SPOTIFY",
    "TUNEIN",
)
_KNOWN_TYPES: Final = ", ".join(_OWN_TYPES)


def provider_of(name: str, providers: Iterable[MusicProvider] = ()) -> str | None:
    """Return the id of a music provider by id or name, ignoring case; None if it is unknown."""
    wanted = folded(name)
    for provider in providers:
        if wanted in (folded(provider.provider_id), folded(provider.name)):
            return provider.provider_id
    found = wanted.replace(" ", "_").upper()
    return found if found in _PROVIDERS else None


def is_provider(media_type: str) -> bool:
    """Return whether a content type may be the id of a music provider."""
    return _PROVIDER.fullmatch(media_type) is not None


def own_type(media_type: str) -> str | None:
    """Return a built-in content type in lower case; ``None`` for a music provider or an unknown content type."""
    found = media_type.strip().casefold()
    return found if found in _OWN_TYPES else None


def check_listed(media_type: str, media_id: str) -> None:
    """Raise ``ServiceValidationError`` for a folder, which can be browsed but not played."""
    if media_type == LIBRARY or (media_type != ROUTINE and _FOLDER_ID.fullmatch(media_id.strip())):
        raise invalid_input("media_id_folder", media_id=media_id)


def volume_of(media_type: str, extra: Mapping[str, Any], *, announced: bool = False) -> float | None:
    """Return the volume (0–1) in ``extra``, or None.

    ``announced`` is True if the media is played as an announcement. Raises ``ServiceValidationError`` for an invalid
    volume, and for a field that the content type does not use. A sequence has no volume, because Amazon defines its
    fields.
    """
    if media_type == _SEQUENCE and not announced:
        return None
    known = {_VOLUME}
    if media_type == IMAGE and not announced:
        known = set()
    elif not announced and own_type(media_type) is None:
        known.add(_TIMER)
    if odd := extra.keys() - known:
        names = ", ".join(sorted(map(str, odd)))
        if not known:
            raise invalid_input("extra_unsupported", names=names)
        raise invalid_input("extra_unknown", names=names, known=", ".join(sorted(known)))
    if (value := extra.get(_VOLUME)) is None:
        return None
    try:
        return fraction(value)
    except ValueError as err:
        raise invalid_input("extra_volume_invalid", value=str(value)[:50]) from err


def is_stream(media_type: str, media_id: str) -> bool:
    """Return whether the media is a file or a stream, which Alexa can play only as an announcement."""
    return media_type in (MediaType.MUSIC, MediaType.URL) or "/" in media_type or is_media_source_id(media_id)


def command_of(media_type: str, media_id: str, extra: Mapping[str, Any], *, group: bool) -> Command:
    """Return the command for a ``media_player.play_media`` call.

    ``media_type`` is one of alexa_media_player's types, or the id of a music provider in capitals. ``extra`` is the
    field of the call with that name. ``group`` is whether the player is a speaker group. Raises
    ``ServiceValidationError`` for media that cannot be played with a command, and for invalid fields.
    """
    if is_stream(media_type, media_id):
        raise invalid_input("streaming_unsupported")
    media_id = media_id.strip()
    if not media_id:
        raise invalid_input("media_id_empty", media_type=media_type)
    if simple := _SIMPLE_TYPES.get(media_type):
        return simple(media_id)
    if media_type == _SEQUENCE:
        return RunSequence(name=media_id, extra=_scalars(extra))
    if not _PROVIDER.fullmatch(media_type):
        raise invalid_input("media_type_unknown", media_type=media_type, known=_KNOWN_TYPES)
    if group:
        raise invalid_input("group_music")
    return PlaySearch(provider=media_type, phrase=media_id, timer=_timer(extra))


def _scalars(extra: Mapping[str, Any]) -> Mapping[str, str | int | float | bool]:
    """Return ``extra`` if all its values are texts, numbers or booleans; else raises ``ServiceValidationError``."""
    for name, value in extra.items():
        if not isinstance(value, str | int | float | bool):
            raise invalid_input("extra_not_scalar", name=name)
    return dict(extra)


def _timer(extra: Mapping[str, Any]) -> int | None:
    """Return the seconds after which the music stops, or None; raises ``ServiceValidationError`` for other values."""
    value = extra.get(_TIMER)
    if value is None:
        return None
    try:
        seconds = whole(value)
    except ValueError:
        seconds = 0
    if seconds <= 0:
        raise invalid_input("timer_invalid", value=str(value)[:50])
    return seconds
