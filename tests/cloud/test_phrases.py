"""Tests of the text commands that are sent to Echos in their languages."""

from datetime import timedelta

import pytest

from custom_components.alexa_media.cloud.phrases import phrases_for, snooze_sentence, timer_sentence


@pytest.mark.parametrize(
    ("locale", "timer", "snooze"),
    [
        ("en-US", "set a timer for 1 hour 2 minutes 1 second called Tea", "snooze for 1 hour 2 minutes 1 second"),
        ("de-AT", "stelle einen Timer auf 1 Stunde 2 Minuten 1 Sekunde namens Tea", None),
        ("fr-CA", "mets un minuteur de 1 heure 2 minutes 1 seconde nommé Tea", None),
        ("es-MX", "pon un temporizador de 1 hora 2 minutos 1 segundo llamado Tea", None),
        ("it-IT", "imposta un timer di 1 ora 2 minuti 1 secondo chiamato Tea", None),
        ("pt-BR", "defina um timer de 1 hora 2 minutos 1 segundo chamado Tea", None),
        (None, "set a timer for 1 hour 2 minutes 1 second called Tea", None),
    ],
)
def test_each_language_has_its_sentences(locale: str | None, timer: str, snooze: str | None) -> None:
    phrases = phrases_for(locale)
    assert phrases is not None
    length = timedelta(hours=1, minutes=2, seconds=1)
    assert timer_sentence(phrases, length, "Tea") == timer
    assert timer_sentence(phrases, length, None) == timer.rsplit(" ", 2)[0]
    assert snooze is None or snooze_sentence(phrases, length) == snooze
    assert snooze_sentence(phrases, None) == phrases.snooze


def test_unsupported_languages_have_no_sentences() -> None:
    phrases = phrases_for("de-DE")
    assert phrases is not None
    assert timer_sentence(phrases, timedelta(hours=2, seconds=5), None) == "stelle einen Timer auf 2 Stunden 5 Sekunden"
    assert phrases_for("ja-JP") is None
