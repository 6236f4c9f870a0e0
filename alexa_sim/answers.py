"""Alexa's answers to spoken questions, in English or German."""

from collections.abc import Mapping
from datetime import UTC, datetime
import re
from typing import Any, Final

_ANSWERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("en", "GetWeatherIntent", r"\bweather\b", "Today it is 14 degrees with light rain."),
    ("en", "GetTemperatureIntent", r"\btemperature\b", "The temperature in the room is 21 degrees."),
    ("en", "GetTimeIntent", r"\bwhat time\b|\bthe time\b", "It's {time}."),
    ("en", "", r"^(?:who|what|when|where|why|how)\b", "Sorry, I don't know that one."),
    ("de", "GetWeatherIntent", r"\bwetter\b", "Heute sind es 14 Grad bei leichtem Regen."),
    ("de", "GetTemperatureIntent", r"\btemperatur\b", "Die Temperatur im Raum beträgt 21 Grad."),
    ("de", "GetTimeIntent", r"\bwie spät\b|\buhrzeit\b", "Es ist {time} Uhr."),
    ("de", "", r"^(?:wer|was|wann|wo|warum|wie)\b", "Das weiß ich leider nicht."),
)
_COMMAND: Final = "OK."


def answer(device: Mapping[str, Any], text: str, now: float) -> tuple[str, str | None]:
    """Return an Echo's answer to a spoken text, and the intent; "OK." for an unknown question."""
    language = str(device["preferences"]["locale"]).partition("-")[0]
    time = datetime.fromtimestamp(now, UTC).strftime("%H:%M")
    for spoken, intent, pattern, words in _ANSWERS:
        if spoken == language and re.search(pattern, text, re.IGNORECASE):
            return words.format(time=time), intent or None
    return _COMMAND, None
