"""Recordings for bug reports: one file per recording, with pseudonyms for everything that identifies a household."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
import gzip
import hashlib
import hmac
import json
import logging
from pathlib import Path
import secrets
import shutil
import time
from typing import Any, Final
import zlib

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, __version__ as ha_version
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError, write_utf8_file_atomic
from homeassistant.util.hass_dict import HassKey

from .cloud.model.api import AlexaBackend
from .cloud.names import filter_names
from .cloud.pseudonyms import Pseudonyms, load_allowed
from .cloud.recorder import Recorder
from .const import (
    CONF_APPLIANCES,
    CONF_CUSTOMER_ID,
    CONF_EXCLUDE_DEVICES,
    CONF_EXTENDED_DISCOVERY,
    CONF_INCLUDE_DEVICES,
    CONF_KEEP_TRANSCRIPTS,
    CONF_PUBLIC_URL,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SCAN_INTERVAL,
    CONF_SERIAL,
    CONF_UNIT_ID,
    CONF_URL,
    DOMAIN,
)

_LOGGER = logging.getLogger(__name__)

MAX_HOURS: Final = 24
MAX_BYTES: Final = 50 * 1024 * 1024
"""Size of a recording in bytes beyond which old parts are dropped, but not the first ``KEPT_PARTS``."""

KEPT_PARTS: Final = 3
"""Number of parts at the beginning of a recording that are never dropped, to keep the head and the setup."""

CHECK_INTERVAL: Final = timedelta(seconds=30)
"""Interval at which to check whether a recording has to end."""

FORMAT: Final = 1

_STORE_VERSION: Final = 1
_OPTIONS: Final = (
    CONF_INCLUDE_DEVICES,
    CONF_EXCLUDE_DEVICES,
    CONF_APPLIANCES,
    CONF_SCAN_INTERVAL,
    CONF_EXTENDED_DISCOVERY,
    CONF_KEEP_TRANSCRIPTS,
    CONF_PUBLIC_URL,
)
_RUNNING: HassKey[dict[str, Recording]] = HassKey(f"{DOMAIN}_recordings")
_LOCKS: HassKey[dict[str, asyncio.Lock]] = HassKey(f"{DOMAIN}_recording_locks")


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished recording: its file, and the numbers of requests and directives in it."""

    path: str
    requests: int
    directives: int


class Recording:
    """Collects the recording of an entry while the entry is loaded; the next setup continues it (``async_resume``)."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], state: Mapping[str, Any]) -> None:
        """Initialize with the stored state of a recording."""
        self.hass = hass
        self.entry = entry
        self.state = state
        self.folder = _folder(hass) / entry.entry_id
        self.recorder: Recorder | None = None
        self._backend: AlexaBackend | None = None
        self._lock = asyncio.Lock()

    @property
    def until(self) -> float:
        """Return the end of the recording in epoch seconds."""
        return float(self.state["until"])

    async def async_prepare(self, key: bytes) -> None:
        """Create the recorder, and write the head unless the recording already has one."""
        words = await self.hass.async_add_executor_job(load_allowed)
        pseudonyms = Pseudonyms(key, words, weeks=_weeks(key))
        self.recorder = Recorder(pseudonyms, float(self.state["started"]), self._write_soon)
        self.recorder.options(_options(self.entry))
        version = str((await async_get_integration(self.hass, DOMAIN)).version)
        head = _head(self.entry, self.state, pseudonyms, version)
        await self.hass.async_add_executor_job(_write_head, self.folder, head)

    async def async_flush(self) -> None:
        """Write the collected data, if any, as the next part; a disk error is logged."""
        with _disk_errors_logged():
            await self.async_write()

    async def async_write(self) -> None:
        """Write the collected data, if any, as the next part; raises ``OSError``."""
        if (recorder := self.recorder) is None:
            return
        async with self._lock:
            try:
                await self.hass.async_add_executor_job(_write_part, self.folder, recorder)
            except WriteError as err:
                raise OSError(str(err)) from err

    @callback
    def _write_soon(self) -> None:
        """Write the collected data early, to limit the use of memory."""
        self.hass.async_create_task(self.async_flush(), "Write a part of a recording")

    @callback
    def async_detach(self) -> None:
        """Stop collecting data."""
        if self._backend is not None:
            self._backend.record_to(None)

    @callback
    def async_start(self, backend: AlexaBackend) -> None:
        """Record requests, responses and pushes until the recording ends or the entry is unloaded."""
        self._backend = backend
        backend.record_to(self.recorder)
        running = self.hass.data.setdefault(_RUNNING, {})
        running[self.entry.entry_id] = self

        async def _async_tick(_now: datetime) -> None:
            if time.time() >= self.until:
                with _disk_errors_logged():
                    await async_stop(self.hass, self.entry)

        async def _async_final_write(_event: Event) -> None:
            await self.async_flush()

        stops: list[Callable[[], None]] = [
            async_track_time_interval(self.hass, _async_tick, CHECK_INTERVAL, cancel_on_shutdown=True),
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, _async_final_write),
        ]

        async def _async_unload() -> None:
            self.async_detach()
            for stop in stops:
                stop()
            if running.pop(self.entry.entry_id, None) is not None:
                await self.async_flush()

        self.entry.async_on_unload(_async_unload)


@callback
def async_running(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Recording | None:
    """Return the recording that is collecting data of an entry, or None."""
    return hass.data.get(_RUNNING, {}).get(entry.entry_id)


async def async_is_started(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Return whether a recording was requested and ``async_stop`` has not ended it; the entry need not be loaded."""
    return bool((await _store(hass, entry).async_load() or {}).get("running"))


async def async_resume(hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend) -> None:
    """Start or continue the recording of an entry during its setup, if one was requested.

    End the recording instead if its time is over, or if a new sign-in has changed the key of the pseudonyms.
    """
    with _disk_errors_logged():
        state = await _store(hass, entry).async_load() or {}
        if not (running := state.get("running")):
            return
        key = _key(entry, running["salt"])
        # A new sign-in changes the key; the same value would then have two pseudonyms in one file.
        if time.time() >= running["until"] or running["check"] != _check(key):
            await async_stop(hass, entry)
            return
        recording = Recording(hass, entry, running)
        await recording.async_prepare(key)
        recording.async_start(backend)


async def async_start(hass: HomeAssistant, entry: ConfigEntry[Any], hours: float) -> float | None:
    """Request a recording that starts with the next setup of the entry; return its end in epoch seconds.

    Returns None if a recording was already requested or is running. ``hours`` is limited to ``MAX_HOURS``.
    """
    async with _lock(hass, entry):
        store = _store(hass, entry)
        state = await store.async_load() or {}
        if state.get("running"):
            return None
        await async_discard(hass, entry)
        salt, now = secrets.token_hex(32), time.time()
        until = now + min(hours, MAX_HOURS) * 3600
        running = {"salt": salt, "check": _check(_key(entry, salt)), "started": now, "until": until}
        await store.async_save({**state, "running": running})
        return until


async def async_discard(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Stop collecting data for an entry, and delete the parts of its recording; the stored state is kept."""
    if (recording := hass.data.get(_RUNNING, {}).pop(entry.entry_id, None)) is not None:
        recording.async_detach()
    await hass.async_add_executor_job(lambda: shutil.rmtree(_folder(hass) / entry.entry_id, ignore_errors=True))


async def async_stop(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Finished | None:
    """End the recording of an entry; return its file and counts, or None if there is no recording or no data.

    Raises ``OSError``.
    """
    async with _lock(hass, entry):
        store = _store(hass, entry)
        state = await store.async_load() or {}
        if not state.get("running"):
            return None
        recording = hass.data.get(_RUNNING, {}).pop(entry.entry_id, None)
        name = f"recording_{dt_util.now():%Y%m%d_%H%M%S}_{secrets.token_hex(2)}.json.gz"
        path = _folder(hass) / name
        files = list(state.get("files", ()))
        try:
            if recording is not None and recording.recorder is not None:
                recording.async_detach()
                recording.recorder.options(_options(entry))
                await recording.async_write()
            counts = await hass.async_add_executor_job(_join, path.parent / entry.entry_id, path)
            files += [name] if counts else []
        finally:
            await async_discard(hass, entry)
            await store.async_save({"files": files})
        if counts is None:
            return None
        finished = Finished(str(path), *counts)
        await _async_notify(hass, entry, finished)
        return finished


async def async_forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete all recordings of a removed entry; a disk error is logged."""
    folder, store = _folder(hass), _store(hass, entry)

    def delete(files: Iterable[str]) -> None:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    try:
        state = await store.async_load() or {}
        await async_discard(hass, entry)
        await hass.async_add_executor_job(delete, state.get("files", ()))
        await store.async_remove()
    except OSError as err:
        _LOGGER.warning("Recordings of a removed account remain in %s (%s)", folder, type(err).__name__)


async def _async_notify(hass: HomeAssistant, entry: ConfigEntry[Any], finished: Finished) -> None:
    """Show a notification with the path of the file."""
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    prefix = f"component.{DOMAIN}.common.recording_finished"
    message = texts.get(f"{prefix}_message", "{path}").format(
        account=entry.title, path=finished.path, requests=finished.requests, directives=finished.directives
    )
    persistent_notification.async_create(
        hass, message, texts.get(f"{prefix}_title"), f"{DOMAIN}_recording_{entry.entry_id}"
    )


@contextlib.contextmanager
def _disk_errors_logged() -> Iterator[None]:
    """Log an error of writing a recording instead of raising it, so that the account is not affected."""
    try:
        yield
    except (OSError, WriteError) as err:
        _LOGGER.warning("The recording cannot be written (%s). Check the free disk space", type(err).__name__)


def _lock(hass: HomeAssistant, entry: ConfigEntry[Any]) -> asyncio.Lock:
    """Return the lock for starting and stopping the recordings of an entry."""
    return hass.data.setdefault(_LOCKS, {}).setdefault(entry.entry_id, asyncio.Lock())


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, Any]]:
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.recording.{entry.entry_id}", private=True)


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(f"{DOMAIN}_recordings"))


def _key(entry: ConfigEntry[Any], salt: str) -> bytes:
    """Return the key of the pseudonyms, derived from the stored salt and the refresh token (for a property, an id)."""
    secret = str(entry.data.get(CONF_REFRESH_TOKEN) or entry.data.get(CONF_UNIT_ID) or entry.entry_id)
    return hmac.digest(bytes.fromhex(salt), secret.encode(), hashlib.sha256)


def _check(key: bytes) -> str:
    """Return a check value that detects a changed key."""
    return hmac.digest(key, b"check", hashlib.sha256).hex()[:16]


def _weeks(key: bytes) -> int:
    """Return the negative number of weeks by which times are shifted: about one to twenty years."""
    return -(52 + int.from_bytes(hmac.digest(key, b"weeks", hashlib.sha256)[:4]) % 988)


def _head(entry: ConfigEntry[Any], state: Mapping[str, Any], pseudonyms: Pseudonyms, version: str) -> dict[str, Any]:
    """Return the head of a recording, which describes the account; private values become pseudonyms."""
    data = entry.data
    private = {key: data.get(key) for key in ("email", CONF_CUSTOMER_ID, "account_id", CONF_SERIAL, CONF_UNIT_ID)}
    return {
        "recording": FORMAT,
        "versions": {"integration": version, "home_assistant": ha_version},
        "cloud": "property" if CONF_REGION in data else "account",
        "domain": data.get(CONF_URL),
        "region": data.get(CONF_REGION),
        "whole_organization": data.get("whole_organization"),
        "started": pseudonyms.value(int(state["started"]), "started"),
        **{key: pseudonyms.value(value, "id") for key, value in private.items()},
    }


def _options(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return the options that a recording contains."""
    options = {**entry.data, **entry.options}
    for key in (CONF_INCLUDE_DEVICES, CONF_EXCLUDE_DEVICES):
        if isinstance(text := options.get(key), str):
            options[key] = list(filter_names(text, ()))
    return {key: options[key] for key in _OPTIONS if isinstance(options.get(key), bool | int | float | str | list)}


def _write_head(folder: Path, head: Mapping[str, Any]) -> None:
    """Write the head as the first part, unless there are parts already."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(_parts(folder)):
        _write(folder / _part(0), json.dumps(head, separators=(",", ":")).encode() + b"\n")


def _write_part(folder: Path, recorder: Recorder) -> None:
    """Write the collected data as the next part, and drop old parts if the recording is too large."""
    if not (lines := recorder.write()) or not folder.is_dir():
        return
    parts = list(_parts(folder))
    try:
        _write(folder / _part(int(parts[-1].name.split(".")[0]) + 1 if parts else 0), lines)
    except OSError, WriteError:
        recorder.forget()
        raise
    parts = list(_parts(folder))
    size = sum(part.stat().st_size for part in parts)
    for part in parts[KEPT_PARTS:-1]:
        if size <= MAX_BYTES:
            break
        size -= part.stat().st_size
        part.unlink()
        recorder.forget()


def _write(path: Path, data: bytes) -> None:
    write_utf8_file_atomic(str(path), gzip.compress(data, 6), mode="wb")


def _part(number: int) -> str:
    return f"{number:06}.gz"


def _parts(folder: Path) -> Iterator[Path]:
    """Yield the parts in order."""
    yield from sorted(folder.glob("*.gz"))


def _join(folder: Path, target: Path) -> tuple[int, int] | None:
    """Join the undamaged parts into one file; return the numbers of requests and directives, or None without parts.

    A recording is useless without its head, so ``OSError`` is raised if the first part is damaged.
    """
    if not (parts := list(_parts(folder))):
        return None
    lines = 0
    directives = 0
    damaged = 0
    temporary = target.with_suffix(".tmp")
    try:
        with temporary.open("wb") as joined:
            for part in parts:
                data = part.read_bytes()
                try:
                    text = gzip.decompress(data)
                except (EOFError, gzip.BadGzipFile, zlib.error) as err:
                    if part is parts[0]:
                        raise OSError("The head of the recording is damaged") from err
                    damaged += 1
                    continue
                joined.write(data)
                for line in text.splitlines():
                    lines += line.startswith(b'{"at"')
                    directives += b'"directive":{' in line[:40]
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    if damaged:
        _LOGGER.warning("The recording lacks %s of its %s parts, because they are damaged", damaged, len(parts))
    return lines - directives, directives
