"""An invented music catalogue with its providers and the sound library."""

from dataclasses import dataclass
import random
from typing import Any


class _Art:
    """Base URL of covers and logos: a host that does not exist until ``serve_art`` is called."""

    base = "https://art.example.org"
    kinds = ("jpg", "png")


def serve_art(control: str) -> None:
    """Use the URL of the control plane, which draws covers and logos (``art.py``), as their base URL."""
    _Art.base, _Art.kinds = f"{control}/art", ("svg", "svg")


@dataclass(frozen=True, slots=True)
class Track:
    """A track; ``length`` is in seconds, 0 for a live station."""

    id: str
    title: str
    artist: str
    album: str
    length: float

    @property
    def is_live(self) -> bool:
        """Return whether the track is an endless station."""
        return self.length == 0

    def art(self, size: int) -> str:
        """Return the URL of the cover with an edge of ``size`` pixels."""
        return f"{_Art.base}/{self.id.replace(':', '-')}/{size}.{_Art.kinds[0]}"


TRACKS = {
    track.id: track
    for track in (
        Track("sim:track:1", "Harbour Lights", "Ada Quill", "Northern Piers", 213),
        Track("sim:track:2", "Rope and Tide", "Ada Quill", "Northern Piers", 187),
        Track("sim:track:3", "Gulls at Six", "Ada Quill", "Northern Piers", 241),
        Track("sim:track:4", "Copper Kettle", "The Tin Orchard", "Kitchen Songs", 176),
        Track("sim:track:5", "Slow Boil", "The Tin Orchard", "Kitchen Songs", 259),
        Track("sim:track:6", "Salt", "The Tin Orchard", "Kitchen Songs", 198),
        Track("sim:track:7", "Paper Moons (Live)", "Milo Ferrant", "Lanterns", 302),
        Track("sim:track:8", "Nine Lanterns", "Milo Ferrant", "Lanterns", 225),
        Track("sim:track:9", "Übermorgen", "Die Nachtzüge", "Gleis 9¾", 204),
        Track("sim:track:10", "Weiche Nr. 4", "Die Nachtzüge", "Gleis 9¾", 191),
        Track("sim:track:11", "Paper Boats", "Ink & Ivory", "Blue Hour", 155),
        Track("sim:track:12", "Window Seat", "Ink & Ivory", "Blue Hour", 168),
        Track("sim:station:1", "Radio Nowhere", "Radio Nowhere 98.1", "Live", 0),
        Track("sim:station:2", "Harbour FM", "Harbour FM 101.4", "Live", 0),
    )
}
"""Tracks by media id."""

PROVIDERS = {
    "AMAZON_MUSIC": "Amazon Music",
    "APPLE_MUSIC": "Apple Music",
    "CLOUDPLAYER": "My Library",
    "DEEZER": "Deezer",
    "I_HEART_RADIO": "iHeartRadio",
    "SPOTIFY": "Spotify",
    "TUNEIN": "TuneIn",
}
"""Music providers by id; ``DEFAULT`` is the account's own choice in addition to these."""

STATIONS = {"s1001": "sim:station:1", "s1002": "sim:station:2"}
"""Media ids of radio stations by TuneIn id."""

EXTERNAL = frozenset({"SPOTIFY"})
"""Providers with their own player, which Amazon's player endpoints do not control."""

_STATIONS = ("TUNEIN", "I_HEART_RADIO")

SOUNDS = {
    "amzn_sfx_doorbell_chime_01": "Doorbell 1",
    "amzn_sfx_doorbell_chime_02": "Doorbell 2",
    "amzn_sfx_cat_meow_1x_01": "Cat",
    "amzn_sfx_dog_med_bark_1x_02": "Dog",
    "amzn_sfx_church_bell_1x_02": "Church Bell",
    "amzn_sfx_trumpet_bugle_04": "Trumpet",
    "buzzers_pistols_01": "Buzzer",
    "air_horn_03": "Air Horn",
}
"""Sound library by ``soundStringId``."""


def search(provider: str, phrase: str) -> list[str]:
    """Return the media ids for a search: all tracks that contain one of its words, else all tracks shuffled.

    Radio providers return a station.
    """
    words = [word for word in phrase.lower().split() if len(word) > 2]
    pool = [track for track in TRACKS.values() if track.is_live == (provider in _STATIONS)]
    found = [
        track.id
        for track in pool
        if any(word in f"{track.title} {track.artist} {track.album}".lower().split() for word in words)
    ]
    if provider in _STATIONS:
        return found[:1] or [pool[0].id]
    if found:
        return found
    everything = [track.id for track in pool]
    random.Random(phrase).shuffle(everything)
    return everything


def provider_entities(default: str) -> list[dict[str, Any]]:
    """Return the music providers in the format of ``/api/behaviors/entities``."""
    return [
        {
            "id": provider,
            "displayName": name,
            "description": f"Play music from {name}.",
            "supportedProperties": ["Alexa.Music.PlaySearchPhrase"],
            "supportedOperations": ["Alexa.Music.PlaySearchPhrase"],
            "availability": "AVAILABLE",
            "icon": provider_logo(provider),
            "providerData": {
                "isDefaultMusicProvider": provider == default,
                "isDefaultStationProvider": provider == "TUNEIN",
            },
        }
        for provider, name in PROVIDERS.items()
    ]


def sound_entities() -> list[dict[str, Any]]:
    """Return the sound library in the format of ``/api/behaviors/entities``."""
    return [
        {
            "id": sound,
            "displayName": name,
            "description": name,
            "supportedProperties": ["Alexa.Sound"],
            "categories": [_category(sound)],
            "availability": "AVAILABLE",
            "providerData": {"sampleUrl": f"{_Art.base}/sound/{sound}.mp3"},
        }
        for sound, name in SOUNDS.items()
    ]


def _category(sound: str) -> str:
    """Return the category of a sound."""
    return "animals" if "_cat_" in sound or "_dog_" in sound else "bells_and_buzzers"


def provider_logo(provider: str) -> str:
    """Return the URL of a provider's logo."""
    return f"{_Art.base}/provider/{provider.lower()}.{_Art.kinds[1]}"
