"""Tests of the view that serves sounds without authentication, and of fetching and converting sounds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import random

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from homeassistant.exceptions import HomeAssistantError
import pytest
from yarl import URL

from custom_components.alexa_media.features import sounds as audio
from custom_components.alexa_media.features.sounds import PreparedSound
from tests.platforms.test_announce_sound import (
    Home,
    hass_config_dir,  # noqa: F401 - fixtures
    home,  # noqa: F401 - fixtures
    wav,
)

from .tools import collecting, rss, watching_loop

pytestmark = pytest.mark.platforms("media_player")

_M3U = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n"
_HIT = "http://127.0.0.1:{port}/hit"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="audio/mp4">'
    f'<Representation id="1" bandwidth="1"><BaseURL>{_HIT}</BaseURL><SegmentBase/></Representation>'
    "</AdaptationSet></Period></MPD>"
)

PLAYLISTS = {
    "m3u-file": f"{_M3U}#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "m3u-path": f"{_M3U}#EXT-X-VERSION:3\n#EXTINF:5,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    "m3u-http": f"{_M3U}#EXTINF:5,\n{_HIT}\n#EXT-X-ENDLIST\n",
    "m3u-concat": f"{_M3U}#EXTINF:5,\nconcat:{_HIT}|file:///etc/passwd\n#EXT-X-ENDLIST\n",
    "m3u-subfile": f"{_M3U}#EXTINF:5,\nsubfile,,start,0,end,64,,:/etc/passwd\n#EXT-X-ENDLIST\n",
    "m3u-data": f"{_M3U}#EXTINF:5,\ndata:audio/mpeg;base64,AAAA\n#EXT-X-ENDLIST\n",
    "m3u-key": f'{_M3U}#EXT-X-KEY:METHOD=AES-128,URI="{_HIT}"\n#EXTINF:5,\npipe:0\n#EXT-X-ENDLIST\n',
    "m3u-pipe": f"{_M3U}#EXTINF:5,\npipe:0\n#EXTINF:5,\npipe:2\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '/etc/passwd'\n",
    "ffconcat-http": f"ffconcat version 1.0\nfile '{_HIT}'\n",
    "ffconcat-pipe": "ffconcat version 1.0\nfile 'pipe:0'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash": _DASH,
    "asx": f'<asx version="3.0"><entry><ref href="{_HIT}"/></entry></asx>',
    "pls": f"[playlist]\nFile1={_HIT}\nNumberOfEntries=1\n",
    "rtsp": "RTSPtext\nrtsp://127.0.0.1:{port}/hit\n",
    "arg": "-i /etc/passwd",
    "zeros": "\0" * 1_000_000,
    "empty": "",
    "xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}

SOURCES = [
    *("-i", "--help", "file:///etc/passwd", "/etc/passwd", "concat:a|b", "pipe:0", "ftp://127.0.0.1/"),
    *("gopher://127.0.0.1/", "http://127.0.0.1:1/", "http://\u0000/", "http://a b/", f"http://{'a' * 300}/"),
    *("data:audio/wav;base64,AAAA", "javascript:1", "\ud800", "http://\ud800/", "x" * 1_000_000),
    *("http://127.0.0.1:99999/", "http://user:pw@127.0.0.1:1/", "//127.0.0.1/", "http:///x"),
]


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[TestServer]:
    """Serve every path on the loopback interface."""
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()


async def test_ffmpeg_follows_nothing_that_a_source_names(
    home: Home,  # noqa: F811
    subtests: pytest.Subtests,
) -> None:
    hits: list[str] = []
    body = b""

    async def serve(request: web.Request) -> web.Response:
        if request.path == "/hit":
            hits.append(request.path)
            return web.Response(body=wav(1))
        return web.Response(body=body)

    async with serving(serve) as server:
        for name, text in PLAYLISTS.items():
            with subtests.test(name):
                body = text.replace("{port}", str(server.port)).encode()
                hits.clear()
                spoken = len(home.sim.spoken())
                with collecting() as log, pytest.raises(HomeAssistantError) as info:
                    async with asyncio.timeout(20):
                        await home.play(str(server.make_url(f"/{name}")))
                assert hits == []
                assert "root:" not in str(info.value)
                assert len(home.sim.spoken()) == spoken
                assert log.bad() == []


async def test_unsupported_sources_are_refused(home: Home, subtests: pytest.Subtests) -> None:  # noqa: F811
    for source in SOURCES:
        with subtests.test(ascii(source[:24])):
            spoken = len(home.sim.spoken())
            with collecting() as log, pytest.raises(HomeAssistantError):
                async with asyncio.timeout(20):
                    await home.play(source)
            assert len(home.sim.spoken()) == spoken
            assert log.bad() == []


async def test_an_error_does_not_say_which_ports_of_the_house_are_open(home: Home) -> None:  # noqa: F811
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        await writer.drain()
        writer.close()

    async def leads_on(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seen = set()
    async with serving(leads_on) as redirecting:
        for url in (
            "http://127.0.0.1:1/",
            f"http://127.0.0.1:{port}/",
            str(home.sounds / "missing.wav"),
            str(home.sounds / "list.m3u"),
            str(redirecting.make_url("/x")),
        ):
            with pytest.raises(HomeAssistantError) as info:
                await home.play(url)
            seen.add((type(info.value), info.value.translation_key, str(info.value.translation_placeholders)))
    server.close()
    assert len(seen) == 1, seen


async def test_the_view_serves_sounds_and_nothing_else(home: Home) -> None:  # noqa: F811
    await home.play(str(home.sounds / "tone.wav"))
    name = URL(home.addresses()[0]).path.rsplit("/", 1)[1]
    assert len(name) >= 43
    wrong = (
        *("", "/", "/..", "/../../etc/passwd", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", f"/{name}%00", f"/{name.upper()}"),
        *(f"/{name}/", f"/{name}/x", "/%ff", "/%ed%a0%80", "/" + "a" * 5000, f"/{name[:-5]}", "/*"),
    )
    ranges = ("bytes=0-10", "bytes=999999999-", "bytes=-1", "bytes=" + ",".join(f"{i}-{i}" for i in range(1000)), "x")
    async with ClientSession() as session:
        for path in wrong:
            url = URL(f"{home.outside.with_path('/api/alexa_media/audio')}{path}", encoded=True)
            async with session.get(url) as answer:
                assert answer.status in (400, 404), (path, answer.status)
                assert len(await answer.read()) < 40, path
        url = home.outside.with_path(f"/api/alexa_media/audio/{name}")
        for head in (*({"Range": value} for value in ranges), {"If-None-Match": "*"}, {"Accept-Encoding": "gzip, br"}):
            async with session.get(url, headers=head) as answer:
                assert answer.status in (200, 206, 416), (head, answer.status)
                assert answer.headers["Content-Type"] == "audio/mpeg"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            async with session.request(method, url) as answer:
                assert answer.status == 405


async def test_few_sounds_are_fetched_at_once(home: Home) -> None:  # noqa: F811
    """Sounds that wait to be fetched use no memory."""
    fetching: set[str] = set()
    seen: list[int] = []
    gate = asyncio.Event()

    async def serve(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(20):
            await answer.write(b"\0" * 1_000_000)
        fetching.add(request.path)
        seen.append(len(fetching))
        await gate.wait()
        fetching.discard(request.path)
        return answer

    async with serving(serve) as server:
        tasks = [asyncio.create_task(home.play(str(server.make_url(f"/{i}.wav")))) for i in range(12)]
        while len(fetching) < audio.MAX_CONCURRENT:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(seen) == 12
    assert max(seen) <= audio.MAX_CONCURRENT


@pytest.mark.parametrize("size", [1_440_000, 1000])
async def test_the_number_of_stored_sounds_is_limited(home: Home, size: int) -> None:  # noqa: F811
    """If new announcements keep arriving, each available for five minutes, the oldest sounds are removed."""
    shelf = audio.async_shelf(home.hass)
    sounds = [PreparedSound(b"\xff" * size) for _ in range(200)]
    for sound in sounds:
        with shelf.offer(sound):
            assert shelf.get(sound.name) is sound
    kept = [sound for sound in sounds if shelf.get(sound.name)]
    assert kept == sounds[-len(kept) :]
    assert len(kept) <= audio.MAX_SOUNDS
    assert sum(len(sound.mp3) for sound in kept) <= audio.MAX_BYTES


async def test_sounds_about_to_be_played_are_kept(home: Home) -> None:  # noqa: F811
    """A new sound is refused if there is no room for it."""
    shelf = audio.async_shelf(home.hass)
    with shelf.offer(first := PreparedSound(b"\xff" * (audio.MAX_BYTES // 2))):
        with shelf.offer(second := PreparedSound(b"\xff" * (audio.MAX_BYTES // 2))):
            with pytest.raises(HomeAssistantError) as info, shelf.offer(PreparedSound(b"\xff")):
                pass
            assert info.value.translation_key == "audio_busy"
            assert shelf.get(first.name)
            assert shelf.get(second.name)
        with shelf.offer(PreparedSound(b"\xff")):
            assert shelf.get(first.name)
            assert not shelf.get(second.name)


@pytest.mark.usefixtures("brief_speech")
async def test_the_same_sound_is_kept_once(home: Home) -> None:  # noqa: F811
    """Sounds are identified by content, not by URL; a removed sound is created again."""

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=wav(2 if request.path == "/other.wav" else 1))

    async with serving(serve) as server:
        for name in ("a", "b", "a", "other"):
            await home.play(str(server.make_url(f"/{name}.wav")))
    first, second, third, other = home.addresses()
    assert first == second == third != other


async def test_error_output_of_ffmpeg_is_limited(home: Home) -> None:  # noqa: F811
    """If a source makes ffmpeg print endless errors, memory use does not grow."""
    rng = random.Random(1)
    frame = bytes.fromhex("fff344c4")
    body = b"".join(frame + rng.randbytes(140) for _ in range(60_000))

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=body)

    before = rss()
    async with serving(serve) as server:
        with watching_loop(0.1):
            async with asyncio.timeout(70):
                with pytest.raises(HomeAssistantError) as info:
                    await home.play(str(server.make_url("/x")))
    assert len(str(info.value)) < 400
    assert rss() - before < 100_000_000
