"""Text commands about timers, alarms and sleep, in English or German.

Commands about playback are understood in more languages.
"""

from collections.abc import Mapping
import re
from typing import Any, Final
from uuid import uuid4

from . import alerts

SNOOZE_MINUTES: Final = 9
"""Default snooze length in minutes."""

_UNITS: Final = {
    **dict.fromkeys(("second", "seconds", "sekunde", "sekunden"), 1),
    **dict.fromkeys(("minute", "minutes", "minuten"), 60),
    **dict.fromkeys(("hour", "hours", "stunde", "stunden"), 3600),
}
_LENGTH: Final = re.compile(rf"(\d+)\s+({'|'.join(_UNITS)})\b", re.IGNORECASE)
_TIMER: Final = re.compile(r"^(?:set|stelle?)\b.*\btimer\b", re.IGNORECASE)
_SLEEP: Final = re.compile(r"^(?:set|stelle?)\b.*\bsleep ?timer\b", re.IGNORECASE)
_LABEL: Final = re.compile(r"\b(?:called|namens)\s+(.+)$", re.IGNORECASE)
_PAUSE: Final = re.compile(r"^(?:pause the (?:(.+) )?timer|pausiere den timer(?: (.+))?)$", re.IGNORECASE)
_RESUME: Final = re.compile(r"^(?:resume the (?:(.+) )?timer|setze den timer(?: (.+))? fort)$", re.IGNORECASE)
_ADD: Final = re.compile(r"^(?:add .+ to the (?:(.+) )?timer|verlängere den timer(?: (.+?))? um .+)$", re.IGNORECASE)
_SNOOZE: Final = re.compile(r"^(?:snooze|schlummern)\b", re.IGNORECASE)
_STOP: Final = re.compile(r"^(?:stop|stopp|stopp den wecker|stop the alarm)$", re.IGNORECASE)

_PLAYER: Final[Mapping[str, tuple[str, ...]]] = {
    "de": (
        "pause",
        "fortsetzen",
        "nächstes lied",
        "vorheriges lied",
        "zufallswiedergabe an",
        "zufallswiedergabe aus",
        "wiederholung an",
        "wiederholung aus",
    ),
    "en": ("pause", "resume", "next", "previous", "shuffle on", "shuffle off", "repeat on", "repeat off"),
    "es": (
        "pausa",
        "continúa",
        "siguiente canción",
        "canción anterior",
        "activa el modo aleatorio",
        "desactiva el modo aleatorio",
        "activa la repetición",
        "desactiva la repetición",
    ),
    "fr": (
        "pause",
        "reprends",
        "chanson suivante",
        "chanson précédente",
        "active la lecture aléatoire",
        "désactive la lecture aléatoire",
        "active la répétition",
        "désactive la répétition",
    ),
    "it": (
        "pausa",
        "riprendi",
        "canzone successiva",
        "canzone precedente",
        "attiva la riproduzione casuale",
        "disattiva la riproduzione casuale",
        "attiva la ripetizione",
        "disattiva la ripetizione",
    ),
    "pt": (
        "pausar",
        "continuar",
        "próxima música",
        "música anterior",
        "ativar o modo aleatório",
        "desativar o modo aleatório",
        "ativar a repetição",
        "desativar a repetição",
    ),
}
"""Commands for the player by language, in the order of ``_PLAYER_COMMANDS``."""

_PLAYER_COMMANDS: Final[tuple[Mapping[str, Any], ...]] = (
    {"type": "PauseCommand"},
    {"type": "PlayCommand"},
    {"type": "NextCommand"},
    {"type": "PreviousCommand"},
    {"type": "ShuffleCommand", "shuffle": True},
    {"type": "ShuffleCommand", "shuffle": False},
    {"type": "RepeatCommand", "repeat": True},
    {"type": "RepeatCommand", "repeat": False},
)


class Ringing:
    """The ringing alarms by account and key, with their start; they stop automatically."""

    LASTS: Final = 3600.0

    def __init__(self) -> None:
        """Initialize without ringing alarms."""
        self._since: dict[tuple[str, str], float] = {}

    def begin(self, account: str, key: str, now: float) -> None:
        """Record that an alarm rings."""
        self._since[account, key] = now

    def until(self, account: str, key: str) -> float | None:
        """Return the time at which an alarm stops automatically; ``None`` if it is not ringing."""
        since = self._since.get((account, key))
        return None if since is None else since + self.LASTS

    def forget(self, account: str, key: str) -> None:
        """Record that an alarm no longer rings."""
        self._since.pop((account, key), None)

    def on(self, account: str, notifications: Mapping[str, Any], serial: str) -> list[str]:
        """Return the keys of the alarms that are ringing on an Echo."""
        return [
            key
            for holder, key in self._since
            if holder == account and key in notifications and notifications[key]["deviceSerialNumber"] == serial
        ]


def _length(words: str) -> int:
    """Return the duration that a sentence contains, in seconds."""
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _LENGTH.findall(words))


def sleep_after(text: str) -> int | None:
    """Return the duration of a sleep timer in a sentence in seconds, or None."""
    words = text.strip()
    return _length(words) or None if _SLEEP.match(words) else None


def player_command(device: Mapping[str, Any], text: str) -> Mapping[str, Any] | None:
    """Return the body of np/command for a sentence in the language of an Echo; ``None`` for other sentences."""
    language = str(device["preferences"]["locale"]).partition("-")[0]
    words = text.strip().lower()
    known = dict(zip(_PLAYER.get(language, ()), _PLAYER_COMMANDS, strict=False))
    return known.get(words)


def _timer_changes(notifications: Mapping[str, Any], serial: str, words: str, length: int) -> dict[str, dict[str, Any]]:
    """Return the changes that a sentence requests, by the key of the timer; empty for other sentences."""
    kinds = ((_PAUSE, {"status": "PAUSED"}), (_RESUME, {"status": "ON"}), (_ADD, {"more": length * 1000}))
    found = next(((match, change) for pattern, change in kinds if (match := pattern.match(words))), None)
    if found is None:
        return {}
    match, change = found
    wanted = next((label for label in match.groups() if label), None)
    timers = {
        key: item
        for key, item in notifications.items()
        if item["type"] == "Timer" and item["deviceSerialNumber"] == serial
    }
    suiting = [key for key, item in timers.items() if not wanted or str(item["timerLabel"]).lower() == wanted.lower()]
    return {suiting[0]: change} if suiting and (wanted or len(timers) == 1) else {}


def hear(ringing: Ringing, customer_id: str, account: dict[str, Any], serial: str, text: str, now: float) -> None:
    """Apply a sentence about timers and alarms; ignore other sentences."""
    notifications, device = account["notifications"], account["devices"].get(serial)
    if device is None:
        return
    words = text.strip()
    length = _length(words)
    if _TIMER.match(words) and not _SLEEP.match(words) and length:
        if "TIMERS_AND_ALARMS" in device["capabilities"]:
            label = found[1] if (found := _LABEL.search(words)) else None
            key = str(uuid4())
            timer = {"type": "Timer", "deviceSerialNumber": serial, "remainingTime": length * 1000, "timerLabel": label}
            notifications[key] = alerts.complete(key, timer, device, now)
    elif changes := _timer_changes(notifications, serial, words, length):
        for key, change in changes.items():
            timer = notifications[key]
            timer.update(alerts.shown(timer, now))
            timer["remainingTime"] += change.get("more", 0)
            timer["status"] = change.get("status", timer["status"])
            alerts.clear_obsolete({"remainingTime": timer["remainingTime"]}, timer, now)
            alerts.touch(timer, now)
    elif _SNOOZE.match(words):
        for key in ringing.on(customer_id, notifications, serial):
            ringing.forget(customer_id, key)
            until = now + (length or SNOOZE_MINUTES * 60)
            notifications[key].update(status="SNOOZED", snoozedToTime=round(until * 1000))
            alerts.touch(notifications[key], now)
    elif _STOP.match(words):
        for key in ringing.on(customer_id, notifications, serial):
            ringing.forget(customer_id, key)
            alerts.end(notifications[key], alerts.zone_of(device), now)
