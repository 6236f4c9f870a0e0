"""Checks of speech by another engine, whose sound is fetched by URL like Amazon does."""

from collections.abc import Awaitable, Callable
import re
from typing import Any, Final
from urllib.request import urlopen

from .echos import last_spoken
from .world import KITCHEN, PATIENCE, World, expect, set_options, until

PUBLIC: Final = "https://home.example.org"


def other_engine(world: World) -> str:
    """Speak with the engine ``demo_voice``.

    Without an external URL, the action raises an error; with one, the sound can be fetched.
    """
    client = world.rest()
    say: dict[str, Any] = {"entity_id": KITCHEN, "message": "Dinner is ready."}
    spoken = len(world.sim.spoken())
    try:
        client.trigger_service("tts", "demo_voice_say", **say)
    except Exception:  # noqa: BLE001 - the class depends on the client; what matters is that nothing is spoken
        expect(len(world.sim.spoken()) == spoken, "a word was spoken about it")
    else:
        expect(False, "no error without a public address")
    set_options(world, {"public_url": PUBLIC})
    until("the kitchen has finished speaking", lambda: world.sim.now() - last_spoken(world) > PATIENCE, 2 * PATIENCE)
    client.trigger_service("tts", "demo_voice_say", **say)
    (said,) = world.sim.spoken()[spoken:]
    match = re.fullmatch(rf'<speak><audio src="{PUBLIC}(/api/alexa_media/audio/[\w-]+\.mp3)"/></speak>', said["text"])
    expect(match and said["device"] == "Kitchen Show", f"spoken: {said}")
    path = match[1] if match else ""
    with urlopen(f"{world.url}{path}") as answer:  # noqa: S310 - http on loopback
        kind, sound = answer.headers["Content-Type"], answer.read()
    # The header of a frame: MPEG-2 layer III, 48 kbit/s, 24 kHz.
    expect(kind == "audio/mpeg" and sound[:3] == b"\xff\xf3\x64", f"{kind}: {sound[:4]!r}")
    return f"{len(sound) / 6000:.1f} s, fetched without authentication"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("speech of another engine", other_engine),
)
