"""Speech engine without a model or network: it plays a tone for each word."""

from io import BytesIO
from math import pi, sin
from struct import pack
from typing import Any, Final
import wave

from homeassistant.components.tts import Provider, TtsAudioType
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

RATE: Final = 16000
LENGTH: Final = 0.2
"""Length of a tone in seconds."""


def get_engine(hass: HomeAssistant, config: ConfigType, discovery_info: DiscoveryInfoType | None = None) -> Provider:
    """Return the speech engine."""
    return DemoVoice()


class DemoVoice(Provider):
    """Speech engine that plays tones."""

    name = "Demo voice"
    default_language = "en"
    supported_languages = ["en"]

    def get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        """Return a tone for each word; longer words have higher tones."""
        sound = BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            for word in message.split():
                pitch = 220 + 30 * len(word)
                samples = (sin(2 * pi * pitch * n / RATE) for n in range(int(RATE * LENGTH)))
                file.writeframes(b"".join(pack("<h", int(9000 * sample)) for sample in samples))
        return "wav", sound.getvalue()
