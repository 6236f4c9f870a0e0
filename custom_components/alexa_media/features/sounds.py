"""Audio from Home Assistant for Echos: fetched, converted, and served to Amazon for a limited time.

Alexa plays the source of an ``<audio>`` element in SSML: MP3 (MPEG version 2) at 48 kbit/s, at most 240 seconds, from
an https URL with a certificate that Amazon trusts ("SSML Reference", section audio). Home Assistant's ffmpeg converts
each sound. The result is kept in memory, at a URL that cannot be guessed, until Amazon has had time to fetch it.
"""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
import logging
import secrets
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from aiohttp import ClientError, ClientTimeout, hdrs, web
from homeassistant.components import media_source
from homeassistant.components.media_player.browse_media import async_process_play_media_url
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.helpers.network import is_hass_url
from homeassistant.util.hass_dict import HassKey
from yarl import URL

from ..const import CONF_PUBLIC_URL, DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, invalid_input, player_entity_id
from ..issues import translated
from .speech import Kind, Message, async_say, echo_players, recipients_of

_LOGGER = logging.getLogger(__name__)

PATH: Final = f"/api/{DOMAIN}/audio"

LIFE: Final = 5 * 60.0
"""Maximum seconds for which a sound stays available after its last use."""
MAX_SECONDS: Final = 240
"""Maximum length of a sound in seconds."""
MAX_SOURCE: Final = 50 * 1024 * 1024
"""Maximum size of a source in bytes; enough for 240 seconds of WAV in CD quality."""
PATIENCE: Final = 60.0
"""Maximum seconds for fetching a source, and for converting it."""
MAX_CONCURRENT: Final = 2
"""Maximum number of sounds that are fetched and converted at the same time."""
MAX_BYTES: Final = 32 * 1024 * 1024
"""Maximum size of all available sounds in bytes; the longest possible sound takes 1.4 MB."""
MAX_SOUNDS: Final = 128
"""Maximum number of available sounds."""

BYTES_PER_SECOND: Final = 48_000 // 8

# ffmpeg may only read its standard input: a playlist must not give access to local files.
_INPUT: Final = ("-hide_banner", "-loglevel", "error", "-protocol_whitelist", "pipe", "-i", "pipe:0")
_OUTPUT: Final = (
    *("-map", "0:a:0", "-map_metadata", "-1", "-t", str(MAX_SECONDS + 1)),
    *("-ac", "1", "-ar", "24000", "-c:a", "libmp3lame", "-b:a", "48k"),
    *("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", "pipe:1"),
)


# --- external URL ------------------------------------------------------------------------


def public_url(entry: AlexaConfigEntry) -> URL | None:
    """Return the configured external URL, at which Amazon reaches Home Assistant; None unless it is an https URL.

    alexa_media_player stores "/" if no URL is configured.
    """
    try:
        url = URL(_given(entry))
    except ValueError:
        return None
    return url if url.scheme == "https" and url.host else None


def required_public_url(entry: AlexaConfigEntry) -> URL:
    """Return the external URL; raises ``ServiceValidationError`` if none is configured that Amazon accepts."""
    if (url := public_url(entry)) is not None:
        return url
    if given := _given(entry):
        raise invalid_input("public_url_not_https", url=given)
    raise invalid_input("public_url_missing")


def _given(entry: AlexaConfigEntry) -> str:
    """Return the external URL as entered by the user, without a trailing slash; "" if there is none."""
    return str(entry.options.get(CONF_PUBLIC_URL, entry.data.get(CONF_PUBLIC_URL)) or "").strip().rstrip("/")


# --- available sounds --------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class PreparedSound:
    """A sound in the MP3 format that Alexa accepts, with a secret name.

    ``source`` is the digest of the file from which it was made.
    """

    mp3: bytes
    source: bytes = b""
    name: str = field(default_factory=lambda: f"{secrets.token_urlsafe(32)}.mp3")
    _uses: int = 0
    _cancel: CALLBACK_TYPE | None = None

    @property
    def is_used(self) -> bool:
        """Return whether a message that uses the sound is being sent."""
        return self._uses > 0

    @property
    def seconds(self) -> float:
        """Return the length of the sound in seconds."""
        return len(self.mp3) / BYTES_PER_SECOND

    def ssml(self, root: URL) -> str:
        """Return the SSML that plays the sound; ``root`` is the external URL of Home Assistant."""
        return f"<speak><audio src={quoteattr(str(root / PATH[1:] / self.name))}/></speak>"

    @callback
    def async_begin(self) -> None:
        """Keep the sound while a message that uses it is being sent."""
        self._uses += 1
        self.async_cancel_removal()

    @callback
    def async_cancel_removal(self) -> None:
        """Cancel the scheduled removal, if any."""
        if self._cancel:
            self._cancel()
            self._cancel = None

    @callback
    def async_end(self, hass: HomeAssistant, forget: HassJob[[object], None]) -> None:
        """End one use of the sound; after the last one, schedule ``forget`` in ``LIFE`` seconds."""
        self._uses -= 1
        if not self._uses:
            self._cancel = async_call_later(hass, LIFE, forget)


class SoundShelf:
    """Sounds that Amazon may fetch, limited in number and total size.

    To make room, the unused sounds that were offered least recently are removed.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize without sounds."""
        self._hass = hass
        self._sounds: dict[str, PreparedSound] = {}
        self._coming: dict[str, asyncio.Task[PreparedSound]] = {}
        self._room = asyncio.Semaphore(MAX_CONCURRENT)

    def get(self, name: str) -> PreparedSound | None:
        """Return the available sound with this name, or None."""
        return self._sounds.get(name)

    async def async_prepare(self, source: str, entity_id: str) -> PreparedSound:
        """Return the sound for a source; concurrent callers with the same source share one conversion.

        ``source`` is a media source, a URL or a path of Home Assistant. ``entity_id`` is the entity for which a media
        source is resolved. Raises ``HomeAssistantError`` if the source cannot be fetched or converted.
        """
        if (task := self._coming.get(source)) is None:
            preparing = self._async_prepare(source, entity_id)
            task = self._hass.async_create_background_task(preparing, f"{DOMAIN} sound")
            if not task.done():
                self._coming[source] = task
                task.add_done_callback(lambda done: self._async_arrived(source, done))
        # A canceled caller must not cancel the conversion for the others.
        return await asyncio.shield(task)

    @callback
    def _async_arrived(self, source: str, task: asyncio.Task[PreparedSound]) -> None:
        """Forget a finished conversion; retrieve its error, which asyncio would otherwise log."""
        del self._coming[source]
        if not task.cancelled():
            task.exception()

    async def _async_prepare(self, source: str, entity_id: str) -> PreparedSound:
        """Fetch and convert a source.

        The error does not say why another host failed, which would reveal the hosts and ports of the home network.
        """
        address: URL | None = None
        try:
            _ffmpeg(self._hass)
            address = await _async_address(self._hass, source, entity_id)
            async with self._room:
                return await self._async_make(address)
        except AudioError as err:
            _LOGGER.debug("Could not prepare a sound: %s (%s)", err.key, err.reason)
            is_ours = (
                address is None or media_source.is_media_source_id(source) or is_hass_url(self._hass, str(address))
            )
            if is_ours or err.key == "ffmpeg_missing":
                raise err.translated() from err
            raise AudioError("audio_unreachable").translated() from None

    async def _async_make(self, address: URL) -> PreparedSound:
        """Return the sound for the content of a URL."""
        fetched = await async_fetch(self._hass, address)
        digest = await self._hass.async_add_executor_job(_digest, fetched)
        if (known := self._made_of(digest)) is not None:
            return known
        return PreparedSound(await async_convert(self._hass, fetched), digest)

    def _made_of(self, digest: bytes) -> PreparedSound | None:
        """Return the available sound whose source has this digest, or None."""
        return next((sound for sound in self._sounds.values() if sound.source == digest), None)

    @callback
    def _async_make_room(self, sound: PreparedSound) -> None:
        """Remove unused sounds, if necessary, to make room for a sound; raises ``HomeAssistantError`` if that fails."""
        others = [other for other in self._sounds.values() if other is not sound]
        total = sum(len(other.mp3) for other in others) + len(sound.mp3)
        count = len(others) + 1
        for other in others:
            if total <= MAX_BYTES and count <= MAX_SOUNDS:
                return
            if not other.is_used:
                other.async_cancel_removal()
                del self._sounds[other.name]
                total, count = total - len(other.mp3), count - 1
        if total > MAX_BYTES or count > MAX_SOUNDS:
            raise AudioError("audio_busy").translated()

    @contextmanager
    def offer(self, sound: PreparedSound) -> Iterator[None]:
        """Serve a sound while messages that use it are sent, and for up to ``LIFE`` seconds after the last one.

        Raises ``HomeAssistantError`` if the sounds in use leave no room for it.
        """
        self._async_make_room(sound)
        self._sounds.pop(sound.name, None)
        self._sounds[sound.name] = sound
        sound.async_begin()

        @callback
        def forget(_now: object) -> None:
            self._sounds.pop(sound.name, None)

        try:
            yield
        finally:
            sound.async_end(self._hass, HassJob(forget, cancel_on_shutdown=True))


_SHELF: HassKey[SoundShelf] = HassKey(f"{DOMAIN}_sounds")


@callback
def async_shelf(hass: HomeAssistant) -> SoundShelf:
    """Return the available sounds of this Home Assistant; the first call registers the view."""
    if (shelf := hass.data.get(_SHELF)) is None:
        shelf = hass.data[_SHELF] = SoundShelf(hass)
        hass.http.register_view(SoundView(shelf))
    return shelf


async def async_announce_sound(entity: AlexaDeviceEntity[Any], source: str, volume: float | None = None) -> None:
    """Play a media source or a URL on a device as speech, which waits for current speech and does not replace music.

    ``volume`` (0–1) applies during playback if the present volume is known. As with other speech, Do Not Disturb does
    not prevent playback. Raises ``ServiceValidationError`` without an external URL or an enabled media player, and for
    media that is too large, too long or not supported. Raises ``HomeAssistantError`` for media that cannot be fetched,
    converted or played.
    """
    hass, root = entity.hass, required_public_url(entity.entry)
    shelf = async_shelf(hass)
    sound = await shelf.async_prepare(source, entity.entity_id)
    # The player may have changed in the meantime.
    players = echo_players(hass)
    player = players.get(player_entity_id(hass, entity.entry, entity.serial) or "")
    if player is None or player.entry is not entity.entry:
        raise invalid_input("no_enabled_player", device=entity.device.name)
    message = Message(
        kind=Kind.SPEAK,
        text=sound.ssml(root),
        volume=None if volume is None else round(volume * 100),
        sound_seconds=sound.seconds,
    )
    with shelf.offer(sound):
        report = await async_say(hass, message, recipients_of(players, [player]))
    report.raise_errors(hass)


class SoundView(HomeAssistantView):
    """Serves sounds to Amazon, which cannot authenticate; a request without a valid name gets a 404."""

    url = PATH + "/{name}"
    name = f"api:{DOMAIN}:audio"
    requires_auth = False

    def __init__(self, shelf: SoundShelf) -> None:
        """Initialize with the available sounds."""
        self._shelf = shelf

    async def get(self, _request: web.Request, name: str) -> web.Response:
        """Respond with the sound that has this name, or with 404."""
        if (sound := self._shelf.get(name)) is None:
            return web.Response(status=404)
        return web.Response(
            body=sound.mp3,
            content_type="audio/mpeg",
            headers={hdrs.CACHE_CONTROL: "no-store", hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff"},
        )

    async def head(self, request: web.Request, name: str) -> web.Response:
        """Respond like ``get``, but without a body."""
        return await self.get(request, name)


# --- fetching and conversion -------------------------------------------------------------


class AudioError(Exception):
    """A sound cannot be prepared; ``key`` is the translation key of the message."""

    def __init__(self, key: str, reason: str = "") -> None:
        """Initialize with the translation key and the reason."""
        super().__init__(key, reason)
        self.key = key
        self.reason = reason

    def translated(self) -> HomeAssistantError:
        """Return the error for the user."""
        reason = {"reason": self.reason} if self.key == "audio_not_converted" else {}
        return translated(HomeAssistantError, self.key, **reason)


def _digest(data: bytes) -> bytes:
    """Return the digest that identifies the content of a file."""
    return sha256(data).digest()


async def async_fetch(hass: HomeAssistant, address: URL) -> bytes:
    """Return the content of a URL.

    Raises ``ServiceValidationError`` if the content is too large, and ``AudioError`` if it cannot be fetched.
    """
    data = bytearray()
    # Home Assistant's own certificate is rarely valid for its local address.
    session = async_get_clientsession(hass, verify_ssl=not is_hass_url(hass, str(address)))
    try:
        async with session.get(address, timeout=ClientTimeout(total=PATIENCE)) as response:
            if not response.ok:
                raise AudioError("audio_unreachable", str(response.status))
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > MAX_SOURCE:
                    raise invalid_input("audio_too_large", limit=str(MAX_SOURCE // 1024**2))
    except (ClientError, TimeoutError, ValueError) as err:
        raise AudioError("audio_unreachable", type(err).__name__) from err
    return bytes(data)


async def _async_address(hass: HomeAssistant, source: str, entity_id: str) -> URL:
    """Return the http or https URL of a media source, a URL, or a path of Home Assistant.

    Raises ``ServiceValidationError`` for anything else, and ``AudioError`` for a source that cannot be resolved.
    """
    try:
        if media_source.is_media_source_id(source):
            source = (await media_source.async_resolve_media(hass, source, entity_id)).url
        url = URL(async_process_play_media_url(hass, source))
    except HomeAssistantError as err:
        # The media source is missing, or Home Assistant's own address is unknown.
        raise AudioError("audio_unreachable", str(err) or type(err).__name__) from err
    except ValueError as err:
        raise invalid_input("streaming_unsupported") from err
    if url.scheme not in ("http", "https"):
        raise invalid_input("streaming_unsupported")
    return url


async def async_convert(hass: HomeAssistant, source: bytes) -> bytes:
    """Convert a sound to the MP3 format that Alexa accepts.

    Raises ``ServiceValidationError`` if the sound is too long, and ``AudioError`` if ffmpeg is missing or fails.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            _ffmpeg(hass), *_INPUT, *_OUTPUT, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
    except OSError as err:
        raise AudioError("ffmpeg_missing") from err
    try:
        async with asyncio.timeout(PATIENCE):
            mp3, errors = await process.communicate(source)
    except TimeoutError as err:
        raise AudioError("audio_not_converted", "timeout") from err
    finally:
        if process.returncode is None:
            process.kill()
            # Read to the end; otherwise the process would not finish.
            await process.communicate()
    if process.returncode or not mp3:
        lines = errors.decode(errors="replace").split("\n")
        reason = next((line.rpartition("] ")[2] for line in lines if line), f"ffmpeg {process.returncode}")
        raise AudioError("audio_not_converted", reason[:200])
    if len(mp3) > MAX_SECONDS * BYTES_PER_SECOND:
        raise invalid_input("audio_too_long", limit=str(MAX_SECONDS))
    return mp3


def _ffmpeg(hass: HomeAssistant) -> str:
    """Return the ffmpeg command of Home Assistant; raises ``AudioError`` if its ffmpeg integration is not set up."""
    if "ffmpeg" not in hass.config.components:
        raise AudioError("ffmpeg_missing")
    from homeassistant.components.ffmpeg import get_ffmpeg_manager  # noqa: PLC0415 - needs a separate library

    return get_ffmpeg_manager(hass).binary
