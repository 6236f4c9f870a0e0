"""What is said to an Echo to set a timer, to sleep, to snooze and to stop: there is no known request for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

type Units = tuple[tuple[str, str], tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The sentences of one language; ``units`` are hour, minute and second, each one and many."""

    units: Units
    timer: Callable[[str], str]
    named: str
    snooze: str
    snooze_for: Callable[[str], str]
    stop: str
    sleep: Callable[[str], str]


_PHRASES: Final = {
    "de": Phrases(
        units=(("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden")),
        timer="stelle einen Timer auf {}".format,
        named="namens",
        snooze="schlummern",
        snooze_for="schlummern für {}".format,
        stop="stopp",
        sleep="stelle einen Sleeptimer auf {}".format,
    ),
    "en": Phrases(
        units=(("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
        timer="set a timer for {}".format,
        named="called",
        snooze="snooze",
        snooze_for="snooze for {}".format,
        stop="stop",
        sleep="set a sleep timer for {}".format,
    ),
    "es": Phrases(
        units=(("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")),
        timer="pon un temporizador de {}".format,
        named="llamado",
        snooze="posponer",
        snooze_for="posponer {}".format,
        stop="para",
        sleep="para la música en {}".format,
    ),
    "fr": Phrases(
        units=(("heure", "heures"), ("minute", "minutes"), ("seconde", "secondes")),
        timer="mets un minuteur de {}".format,
        named="nommé",
        snooze="répète l'alarme",
        snooze_for="répète l'alarme dans {}".format,
        stop="stop",
        sleep="arrête la musique dans {}".format,
    ),
    "it": Phrases(
        units=(("ora", "ore"), ("minuto", "minuti"), ("secondo", "secondi")),
        timer="imposta un timer di {}".format,
        named="chiamato",
        snooze="posticipa",
        snooze_for="posticipa di {}".format,
        stop="stop",
        sleep="ferma la musica tra {}".format,
    ),
    "pt": Phrases(
        units=(("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")),
        timer="defina um timer de {}".format,
        named="chamado",
        snooze="soneca",
        snooze_for="soneca de {}".format,
        stop="parar",
        sleep="pare a música em {}".format,
    ),
}


def phrases_for(locale: str | None) -> Phrases | None:
    """Return the sentences of a device's locale ("en-GB"), ``None`` for a language that has none here.

    A device that tells no locale is spoken to in English.
    """
    return _PHRASES.get((locale or "en").partition("-")[0].lower())


def timer_sentence(phrases: Phrases, length: timedelta, label: str | None) -> str:
    """Return what sets a timer of at least a second."""
    sentence = phrases.timer(spoken(phrases, length))
    return f"{sentence} {phrases.named} {label}" if label else sentence


def snooze_sentence(phrases: Phrases, length: timedelta | None) -> str:
    """Return what lets an alarm sleep, for as long as the Echo likes without a length."""
    return phrases.snooze_for(spoken(phrases, length)) if length else phrases.snooze


def sleep_sentence(phrases: Phrases, length: timedelta) -> str:
    """Return what ends what plays, after a length of whole minutes at least."""
    return phrases.sleep(spoken(phrases, length))


def spoken(phrases: Phrases, length: timedelta) -> str:
    """Return a length in words, as "1 hour 5 minutes"."""
    left = round(length.total_seconds())
    parts = []
    for seconds, (one, many) in zip((3600, 60, 1), phrases.units, strict=True):
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    return " ".join(parts)
