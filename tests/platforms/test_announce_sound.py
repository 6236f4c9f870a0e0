"""Tests of ``tts.speak`` with any engine, and of announced sounds, fetched like Amazon does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
import io
import logging
import math
from pathlib import Path
import struct
from typing import Any
import wave
from xml.etree import ElementTree as ET

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.ffmpeg import FFmpegManager
from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.components.tts import TextToSpeechEntity, TtsAudioType
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import imageio_ffmpeg
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from yarl import URL

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.scheduler import speech_seconds
from custom_components.alexa_media.cloud.model.commands import Speak
from custom_components.alexa_media.features import sounds as audio
from custom_components.alexa_media.features.sounds import PreparedSound, SoundShelf
from tests.conftest import Household, state_of

pytestmark = pytest.mark.platforms("media_player")

KITCHEN, SPOT, DOWNSTAIRS = "media_player.kitchen_show", "media_player.office_spot", "media_player.downstairs"
PUBLIC = "https://home.example.org/ha"
FFMPEG = ("ffmpeg", {"ffmpeg_bin": imageio_ffmpeg.get_ffmpeg_exe()})


def wav(seconds: float, rate: int = 8000) -> bytes:
    """Return a tone of 440 Hz as WAV with 8 bits and one channel."""
    target = io.BytesIO()
    with wave.open(target, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(rate)
        period = bytes(round(127 + 90 * math.sin(2 * math.pi * 440 * i / rate)) for i in range(rate))
        out.writeframes((period * math.ceil(seconds))[: round(seconds * rate)])
    return target.getvalue()


def seconds_of(mp3: bytes) -> float:
    """Return the length of an MP3 in seconds; fail if a frame is not valid for Alexa (MPEG 2 layer III, 48 kbit/s)."""
    at, frames = 0, 0
    while at < len(mp3):
        (header,) = struct.unpack_from(">I", mp3, at)
        assert header >> 21 == 0x7FF, f"no frame at {at}"
        assert (header >> 19 & 3, header >> 17 & 3) == (2, 1), "MPEG version 2, layer III"
        assert (header >> 12 & 15, header >> 10 & 3, header >> 6 & 3) == (6, 1, 3), "48 kbit/s, 24 kHz, mono"
        at += 144 + (header >> 9 & 1)
        frames += 1
    return frames * 576 / 24_000


class Engine(TextToSpeechEntity):
    """A speech engine whose messages all last 1.5 s."""

    _attr_name = "Other voice"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]  # noqa: RUF012 - Home Assistant's own type

    def __init__(self) -> None:
        """Initialize without messages."""
        self.asked: list[str] = []

    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        """Return the speech for a message."""
        self.asked.append(message)
        return "wav", wav(1.5, 22050)


@dataclass(frozen=True, slots=True)
class Home:
    """A server with sounds, a Home Assistant that Amazon can reach, and its requests."""

    hass: HomeAssistant
    sim: ControlClient
    entry: MockConfigEntry
    sounds: URL
    outside: URL
    engine: Engine
    gate: asyncio.Event

    def options(self, **options: Any) -> None:
        """Change options of the account."""
        self.hass.config_entries.async_update_entry(self.entry, options={**self.entry.options, **options})

    async def play(self, source: str, *targets: str, kind: str = "music", announce: bool = True) -> None:
        """Announce a sound."""
        data = {
            "entity_id": targets or (KITCHEN,),
            "media_content_type": kind,
            "media_content_id": source,
            "announce": announce,
        }
        await self.hass.services.async_call("media_player", "play_media", data, blocking=True)

    def addresses(self) -> list[str]:
        """Return the URLs from which Amazon fetches speech."""
        return [
            ET.fromstring(said["text"]).find("audio").attrib["src"]  # type: ignore[union-attr]
            for said in self.sim.spoken()
        ]

    async def fetch(self, address: str, method: str = "GET") -> tuple[int, str, bytes]:
        """Fetch a URL sent to Amazon, without authentication."""
        assert address.startswith(f"{PUBLIC}/api/alexa_media/audio/")
        async with (
            ClientSession() as session,
            session.request(method, self.outside.with_path(URL(address).path.removeprefix("/ha"))) as answer,
        ):
            return answer.status, answer.content_type, await answer.read()


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a separate folder for the test, because speech is cached in it."""
    return hass_tmp_config_dir


@pytest.fixture
async def home(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    hass_client_no_auth: Callable[[], Awaitable[Any]],
) -> AsyncIterator[Home]:
    """Return an account with an external URL, an engine, and available sounds."""
    assert await async_setup_component(hass, FFMPEG[0], {FFMPEG[0]: FFMPEG[1]})
    assert await async_setup_component(hass, "media_source", {})
    assert await async_setup_component(hass, "tts", {})
    engine = Engine()
    await hass.data[DATA_COMPONENT].async_add_entities([engine])
    audio.async_shelf(hass)  # the test client accepts no views once it has started; Home Assistant does
    client = await hass_client_no_auth()
    outside = client.make_url("/")
    hass.config.internal_url = str(outside.origin())

    async def sound(request: web.Request) -> web.Response:
        match request.match_info["name"]:
            case "tone.wav":
                return web.Response(body=wav(3))
            case "long.wav":
                return web.Response(body=wav(241))
            case "slow.wav":
                await asyncio.sleep(30)
        if request.match_info["name"] == "list.m3u":
            return web.Response(body=b"#EXTM3U\n/etc/hostname\n")
        return web.Response(status=404)

    gate = asyncio.Event()

    async def gated(_request: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(body=wav(1))

    app = web.Application()
    app.router.add_get("/gated.wav", gated)
    app.router.add_get("/{name}", sound)
    server = TestServer(app)
    await server.start_server()
    home = Home(hass, sim, entry, server.make_url("/"), outside, engine, gate)
    home.options(public_url=PUBLIC)
    sim.reset_ledger()
    yield home
    await server.close()


@pytest.fixture
async def satellites(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """Enable the option that adds Echos as Assist satellites, which loads ffmpeg."""
    for domain, config in (("homeassistant", {}), FFMPEG):
        assert await async_setup_component(hass, domain, {domain: config})
    hass.config_entries.async_update_entry(config_entry, options={"broadcast": True})


@pytest.mark.usefixtures("satellites", "brief_speech")
async def test_a_satellite_plays_media_without_a_message(home: Home) -> None:
    """If the media has a message, the message is announced instead."""
    for data in ({}, {"message": "Dinner"}):
        data |= {"entity_id": "assist_satellite.office_spot_broadcast", "media_id": str(home.sounds / "tone.wav")}
        await home.hass.services.async_call("assist_satellite", "announce", data, blocking=True)
    sound, message = home.sim.spoken()
    assert (sound["device"], sound["kind"]) == ("Office Spot", "speak")
    assert sound["text"].startswith(f'<speak><audio src="{PUBLIC}/api/alexa_media/audio/')
    assert (message["kind"], message["text"]) == ("announce", "Dinner")


@pytest.mark.contract("play_media, music with announce", "sounds stay in www")
async def test_tts_speak_works_with_any_engine(home: Home, freezer: FrozenDateTimeFactory) -> None:
    """Row "play_media music": any engine speaks on Echos and groups, with one conversion and one request."""
    hass = home.hass
    data = {
        "entity_id": "tts.other_voice",
        "media_player_entity_id": [SPOT, DOWNSTAIRS],
        "message": "Dinner is ready.",
        "cache": False,
    }
    await hass.services.async_call("tts", "speak", data, blocking=True)
    assert home.engine.asked == ["Dinner is ready."]
    assert len(home.sim.ledger(path="/api/behaviors/preview")) == 1
    members = state_of(hass, DOWNSTAIRS).attributes["group_members"]
    told = {said["device"] for said in home.sim.spoken()}
    assert told == {"Office Spot", *(state_of(hass, member).name for member in members)}
    assert {said["kind"] for said in home.sim.spoken()} == {"speak"}
    assert len(set(home.addresses())) == 1
    address = home.addresses()[0]
    status, content_type, mp3 = await home.fetch(address)
    assert (status, content_type) == (200, "audio/mpeg")
    assert seconds_of(mp3) == pytest.approx(1.5, abs=0.2)  # two encoders add silence
    assert (await home.fetch(address, "HEAD"))[:2] == (200, "audio/mpeg")
    assert (await home.fetch(address.replace(".mp3", "x.mp3")))[0] == 404
    # a tone that is announced later is a different sound; the first one is deleted when its time is over
    await home.play(str(home.sounds / "tone.wav"), "media_player.bedroom_dot", kind="audio/wav")
    second = home.addresses()[-1]
    assert second != address
    assert seconds_of((await home.fetch(second))[2]) == pytest.approx(3, abs=0.1)
    freezer.tick(timedelta(seconds=audio.LIFE + 1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [(await home.fetch(each))[0] for each in (address, second)] == [404, 404]


async def error(home: Home, source: str, **values: Any) -> tuple[type[Exception], str | None]:
    """Return the error of an announcement and the key of its message."""
    with pytest.raises(HomeAssistantError) as info:
        await home.play(source, **values)
    assert str(info.value), "the error has no translated message"
    return type(info.value), info.value.translation_key


def assert_silence(home: Home) -> None:
    """Fail if something was spoken, or requested."""
    assert home.sim.spoken() == []
    assert home.sim.ledger(path="/api/behaviors/preview") == []


@pytest.mark.contract("sentences are spoken about what cannot be played")
@pytest.mark.contract("/ counts as a public address")
async def test_media_that_cannot_be_played_are_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests, caplog: pytest.LogCaptureFixture
) -> None:
    """Row "play_media music": the error contains the reason, and nothing is spoken.

    The log contains the details of media that cannot be read.
    """
    with subtests.test("media that Alexa would have to stream"):
        announce = MediaPlayerEntityFeature.MEDIA_ANNOUNCE
        assert state_of(home.hass, SPOT).attributes["supported_features"] & announce == 0
        for kind in ("music", "url", "audio/wav"):
            refused = await error(home, str(home.sounds / "tone.wav"), kind=kind, announce=False)
            assert refused == (ServiceValidationError, "streaming_unsupported")
        for source in ("", "jazz", "http://[", "file:///etc/hostname"):
            assert await error(home, source) == (ServiceValidationError, "streaming_unsupported")
        assert_silence(home)
    with subtests.test("a public address that is missing or does not use HTTPS"):
        for url, key in (
            ("", "public_url_missing"),
            ("/", "public_url_missing"),
            (None, "public_url_missing"),
            ("http://home.example.org/", "public_url_not_https"),
            ("home.example.org", "public_url_not_https"),
            ("https://[", "public_url_not_https"),
        ):
            home.options(public_url=url)
            assert await error(home, str(home.sounds / "tone.wav")) == (ServiceValidationError, key)
        assert_silence(home)
    home.options(public_url=PUBLIC)
    with subtests.test("media that cannot be read"):
        caplog.set_level(logging.DEBUG, audio.__name__)
        for source, detail in (
            (str(home.sounds / "missing.wav"), "audio_unreachable (404)"),
            ("http://127.0.0.1:1/", "audio_unreachable (ClientConnectorError)"),
            ("media-source://absent/x", "audio_unreachable (Failed to resolve media"),
            (str(home.sounds / "list.m3u"), "audio_not_converted ("),
        ):
            caplog.clear()
            assert await error(home, source) == (HomeAssistantError, "audio_unreachable")
            assert f"Could not prepare a sound: {detail}" in caplog.text
        assert await error(home, str(home.sounds / "long.wav")) == (ServiceValidationError, "audio_too_long")
        with monkeypatch.context() as patch:
            patch.setattr(audio, "MAX_SOURCE", 20_000)
            assert await error(home, str(home.sounds / "tone.wav")) == (ServiceValidationError, "audio_too_large")
        with monkeypatch.context() as patch:
            patch.setattr(audio, "PATIENCE", 0.2)
            assert await error(home, str(home.sounds / "slow.wav")) == (HomeAssistantError, "audio_unreachable")
        assert_silence(home)


async def test_a_missing_or_slow_ffmpeg_is_reported(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tone = str(home.sounds / "tone.wav")
    slow = tmp_path / "ffmpeg"
    slow.write_text("#!/bin/sh\nhead -c 400000 /dev/zero\nexec sleep 60\n")
    slow.chmod(0o755)
    for binary, patience, key in (("/nowhere/ffmpeg", 60.0, "ffmpeg_missing"), (slow, 0.2, "audio_unreachable")):
        with monkeypatch.context() as patch:
            patch.setitem(home.hass.data, "ffmpeg", FFmpegManager(home.hass, str(binary)))
            patch.setattr(audio, "PATIENCE", patience)
            assert await error(home, tone) == (HomeAssistantError, key)
    with monkeypatch.context() as patch:
        patch.setattr(home.hass.config, "components", home.hass.config.components - {"ffmpeg"})
        assert await error(home, tone) == (HomeAssistantError, "ffmpeg_missing")
    assert_silence(home)


async def test_the_caller_gets_the_refusal_of_a_sound(home: Home) -> None:
    """The same sound can be announced again."""
    tone = str(home.sounds / "tone.wav")
    home.sim.fault(path="/api/behaviors/preview", status=400, times=1, body={"message": "not today"})
    assert await error(home, tone) == (HomeAssistantError, "speech_failed")
    await home.play(tone)
    assert [said["device"] for said in home.sim.spoken()] == ["Kitchen Show"]


async def test_a_player_that_disappears_during_the_conversion(home: Home, household: Household) -> None:
    """The error depends on whether the player is offline or removed after the conversion."""
    source = str(home.sounds / "gated.wav")
    away, gone = (asyncio.create_task(home.play(source, target)) for target in (SPOT, KITCHEN))
    await asyncio.sleep(0)
    home.entry.runtime_data.devices.async_set_online(household.serial("Office Spot"), online=False)
    er.async_get(home.hass).async_remove(KITCHEN)
    home.gate.set()
    with pytest.raises(HomeAssistantError, match=r"Office Spot \(offline\)"):
        await away
    with pytest.raises(ServiceValidationError) as info:
        await gone
    assert info.value.translation_key == "no_enabled_player"
    assert home.sim.spoken() == []


async def test_the_feature_follows_the_option(home: Home, household: Household) -> None:
    """The announce feature appears when the option is saved, without a reload."""
    hass, entry = home.hass, home.entry
    announce = MediaPlayerEntityFeature.MEDIA_ANNOUNCE
    for url, expected in (("https://home.example.org/", announce), ("", 0)):
        form = await hass.config_entries.options.async_init(entry.entry_id)
        values = {"scan_interval": 60, "public_url": url, "extended_entity_discovery": False, "keep_transcripts": True}
        home.options(public_url="" if url else "https://other.example.org")
        await hass.config_entries.options.async_configure(form["flow_id"], values)
        await hass.async_block_till_done()
        assert state_of(hass, SPOT).attributes["supported_features"] & announce == expected


async def test_a_sound_is_kept_for_other_callers_after_a_cancellation(home: Home) -> None:
    """Other callers with the same sound still get it, and it is only converted once."""
    shelf = SoundShelf(home.hass)
    source = str(home.sounds / "tone.wav")
    first = asyncio.create_task(shelf.async_prepare(source, KITCHEN))
    second = asyncio.create_task(shelf.async_prepare(source, SPOT))
    await asyncio.sleep(0)
    first.cancel()
    sound = await second
    assert first.cancelled()
    assert sound.seconds == pytest.approx(3, abs=0.1)
    assert (await shelf.async_prepare(source, KITCHEN)) is not sound


async def test_a_sound_that_is_used_again_is_kept(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """The time for which a sound is available restarts at each use."""
    shelf, sound = SoundShelf(hass), PreparedSound(b"x")
    for _ in range(3):
        with shelf.offer(sound):
            freezer.tick(timedelta(seconds=audio.LIFE - 1))
            async_fire_time_changed(hass)
            assert shelf.get(sound.name) is sound
    freezer.tick(timedelta(seconds=audio.LIFE + 1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert shelf.get(sound.name) is None


def test_a_text_waits_for_the_end_of_a_sound() -> None:
    """A text does not interrupt a sound; the full length of the sound is waited for."""
    sound = PreparedSound(bytes(6000 * 7))
    text = sound.ssml(URL("https://home.example.org"))
    assert text == f'<speak><audio src="https://home.example.org/api/alexa_media/audio/{sound.name}"/></speak>'
    assert speech_seconds(Speak(text=text, sound_seconds=sound.seconds)) == pytest.approx(2 + 7)
