"""What is said to an Echo to control a player that Amazon's own requests do not reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerPhrases:
    """The words of one language; ``shuffle`` and ``repeat`` are off and on."""

    pause: str
    resume: str
    next: str
    previous: str
    shuffle: tuple[str, str]
    repeat: tuple[str, str]


_PHRASES: Final = {
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
    """Return the words of a device's locale ("en-GB"), ``None`` for a language that has none here.

    A device that reports no locale is spoken to in English.
    """
    return _PHRASES.get((locale or "en").partition("-")[0].lower())


def player_sentence(phrases: PlayerPhrases, kind: str, fields: Mapping[str, object]) -> str | None:
    """Return the words for a command to a player, given by Amazon's type and fields; ``None`` where there are none."""
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
