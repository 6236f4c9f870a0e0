"""Sentences that an Echo understands, by language, for alarms, timers and playback."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

type Units = tuple[tuple[str, str], tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Sentences of one language for timers and alarms; ``units`` are hour, minute and second in singular and plural."""

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


def _language(locale: str | None) -> str:
    """Return the language code of a device's locale, such as "en" for "en-GB"; "en" if the locale is unknown."""
    return (locale or "en").partition("-")[0].lower()


def phrases_for(locale: str | None) -> Phrases | None:
    """Return the sentences for a device's locale, or None for an unsupported language."""
    return _PHRASES.get(_language(locale))


def timer_sentence(phrases: Phrases, length: timedelta, label: str | None) -> str:
    """Return the sentence that starts a timer; ``length`` is at least a second."""
    sentence = phrases.timer(spoken(phrases, length))
    return f"{sentence} {phrases.named} {label}" if label else sentence


def snooze_sentence(phrases: Phrases, length: timedelta | None) -> str:
    """Return the sentence that snoozes an alarm; without a length, the Echo uses its default."""
    return phrases.snooze_for(spoken(phrases, length)) if length else phrases.snooze


class TimerChange(StrEnum):
    """A change of a running or paused timer."""

    PAUSE = "pause"
    RESUME = "resume"
    ADD = "add"


# By language: the name of a timer with and without a label, and the sentences with that name and a length.
_TIMER_CHANGES: Final = {
    "de": (
        "den Timer {label}",
        "den Timer",
        "pausiere {timer}",
        "setze {timer} fort",
        "verlängere {timer} um {length}",
    ),
    "en": ("the {label} timer", "the timer", "pause {timer}", "resume {timer}", "add {length} to {timer}"),
    "es": (
        "el temporizador {label}",
        "el temporizador",
        "pausa {timer}",
        "reanuda {timer}",
        "añade {length} a {timer}",
    ),
    "fr": (
        "le minuteur {label}",
        "le minuteur",
        "mets {timer} en pause",
        "reprends {timer}",
        "prolonge {timer} de {length}",
    ),
    "it": (
        "il timer {label}",
        "il timer",
        "metti in pausa {timer}",
        "riprendi {timer}",
        "prolunga {timer} di {length}",
    ),
    "pt": ("o timer {label}", "o timer", "pause {timer}", "retome {timer}", "aumente {timer} em {length}"),
}


def timer_change_sentence(
    locale: str | None, change: TimerChange, label: str | None, length: timedelta | None = None
) -> str | None:
    """Return the sentence that changes a timer; None for an unsupported language.

    ``length`` is the time to add, at least a second; it is only for ``ADD``.
    """
    language = _language(locale)
    if (phrases := _PHRASES.get(language)) is None:
        return None
    with_label, without, *sentences = _TIMER_CHANGES[language]
    sentence = sentences[tuple(TimerChange).index(change)]
    timer = with_label.format(label=label) if label else without
    return sentence.format(timer=timer, length=spoken(phrases, length) if length else "")


def sleep_sentence(phrases: Phrases, length: timedelta) -> str:
    """Return the sentence that sets a sleep timer; ``length`` is at least a second."""
    return phrases.sleep(spoken(phrases, length))


def spoken(phrases: Phrases, length: timedelta) -> str:
    """Return a duration, rounded to seconds, in words such as "1 hour 5 minutes"."""
    left = round(length.total_seconds())
    parts = []
    for seconds, (one, many) in zip((3600, 60, 1), phrases.units, strict=True):
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerPhrases:
    """Playback sentences of one language; ``shuffle`` and ``repeat`` each have one for off and one for on."""

    pause: str
    resume: str
    next: str
    previous: str
    shuffle: tuple[str, str]
    repeat: tuple[str, str]


_PLAYER_PHRASES: Final = {
    "de": PlayerPhrases(
        pause="Pause",
        resume="fortsetzen",
        next="nächstes Lied",
        previous="vorheriges Lied",
        shuffle=("Zufallswiedergabe aus", "Zufallswiedergabe an"),
        repeat=("Wiederholung aus", "Wiederholung an"),
    ),
    "en": PlayerPhrases(
        pause="pause",
        resume="resume",
        next="next",
        previous="previous",
        shuffle=("shuffle off", "shuffle on"),
        repeat=("repeat off", "repeat on"),
    ),
    "es": PlayerPhrases(
        pause="pausa",
        resume="continúa",
        next="siguiente canción",
        previous="canción anterior",
        shuffle=("desactiva el modo aleatorio", "activa el modo aleatorio"),
        repeat=("desactiva la repetición", "activa la repetición"),
    ),
    "fr": PlayerPhrases(
        pause="pause",
        resume="reprends",
        next="chanson suivante",
        previous="chanson précédente",
        shuffle=("désactive la lecture aléatoire", "active la lecture aléatoire"),
        repeat=("désactive la répétition", "active la répétition"),
    ),
    "it": PlayerPhrases(
        pause="pausa",
        resume="riprendi",
        next="canzone successiva",
        previous="canzone precedente",
        shuffle=("disattiva la riproduzione casuale", "attiva la riproduzione casuale"),
        repeat=("disattiva la ripetizione", "attiva la ripetizione"),
    ),
    "pt": PlayerPhrases(
        pause="pausar",
        resume="continuar",
        next="próxima música",
        previous="música anterior",
        shuffle=("desativar o modo aleatório", "ativar o modo aleatório"),
        repeat=("desativar a repetição", "ativar a repetição"),
    ),
}


def player_phrases_for(locale: str | None) -> PlayerPhrases | None:
    """Return the playback sentences for a device's locale, or None for an unsupported language."""
    return _PLAYER_PHRASES.get(_language(locale))


def player_sentence(phrases: PlayerPhrases, kind: str, fields: Mapping[str, object]) -> str | None:
    """Return the sentence for a player command, given by Amazon's type and fields; ``None`` if there is none."""
    match kind:
        case "PauseCommand":
            return phrases.pause
        case "PlayCommand":
            return phrases.resume
        case "NextCommand":
            return phrases.next
        case "PreviousCommand":
            return phrases.previous
        case "ShuffleCommand":
            return phrases.shuffle[fields.get("shuffle") is True]
        case "RepeatCommand":
            return phrases.repeat[fields.get("repeat") is True]
    return None
