"""Checks of a home that is replayed from a recording."""

from collections.abc import Awaitable, Callable
from typing import Final

from .echos import at_rest, push_sensor, sign_in
from .world import World, expect, until


def entities_stay(world: World) -> str:
    """Compare the entities before the pushes of the recording with those after them."""
    before = {state.entity_id for state in world.rest().get_states()}
    until("push is up", lambda: world.state(push_sensor(world)).state == "on", 30)
    pushes = world.sim.replay_push(0)
    world.sim.replay_push(pushes)
    at_rest(world)
    after = {state.entity_id for state in world.rest().get_states()}
    expect(before <= after, f"lost: {sorted(before - after)}")
    return f"{len(after)} entities, {pushes} pushes"


def log_is_quiet(world: World) -> str:
    """Find no error of the integration in the log."""
    lines = [
        line
        for line in world.log.read_text(errors="replace").splitlines()
        if " ERROR " in line and "alexa_media" in line
    ]
    expect(not lines, f"{len(lines)} errors: {lines[:1]}")
    return "no errors"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("sign in to the recorded home", sign_in),
    ("all pushes of the recording", entities_stay),
    ("log without errors", log_is_quiet),
)
