"""A player with a queue of catalogue tracks, whose position advances with the clock."""

from collections.abc import Mapping
import random
from typing import Any
from uuid import uuid4

from .catalogue import EXTERNAL, TRACKS, Track
from .defaults import PLAYER

type Player = dict[str, Any]

SKIP_SECONDS = 30.0
"""Seconds by which forward and rewind skip."""


class CommandError(Exception):
    """A command that the player cannot run in its state; the message becomes part of the response."""


def is_idle(player: Mapping[str, Any]) -> bool:
    """Return whether there is no media session."""
    return bool(player["state"] == "IDLE")


def is_external(player: Mapping[str, Any]) -> bool:
    """Return whether a provider's own player is active, which Amazon's commands do not control."""
    return not is_idle(player) and player["provider"] in EXTERNAL


def track(player: Mapping[str, Any]) -> Track:
    """Return the current track; raises ``IndexError`` when the player is idle."""
    return TRACKS[player["queue"][player["index"]]]


def reference(player: Mapping[str, Any]) -> str | None:
    """Return ``mediaReferenceId``, which identifies the entry in the queue; None when idle."""
    return None if is_idle(player) else f"{player['queueId']}:{player['index'] + 1}"


def position(player: Mapping[str, Any], now: float) -> float:
    """Return the position in the track in seconds."""
    if is_idle(player):
        return 0.0
    passed = now - player["since"] if player["state"] == "PLAYING" else 0.0
    length = track(player).length
    return max(0.0, min(float(player["position"]) + passed, length or float("inf")))


def settle(player: Player, now: float) -> None:
    """Store the present position, so that state and position can then be changed."""
    player["position"] = position(player, now)
    player["since"] = now


def ends_at(player: Mapping[str, Any]) -> float | None:
    """Return the end of the track in epoch seconds; ``None`` if nothing is playing or it has no end."""
    if player["state"] != "PLAYING" or track(player).is_live:
        return None
    return float(player["since"] + track(player).length - player["position"])


def start(player: Player, provider: str, queue: list[str], now: float) -> None:
    """Play a new queue from its beginning."""
    player.update(
        state="PLAYING",
        provider=provider,
        queueId=str(uuid4()),
        taskSessionId=player["taskSessionId"] or f"amzn1.echo-api.session.{uuid4()}",
        queue=queue,
        unshuffled=None,
        index=0,
        position=0.0,
        since=now,
    )
    if player["shuffle"]:
        shuffle(player, on=True)


def stop(player: Player) -> None:
    """End the media session; shuffle and repeat are kept."""
    kept = {name: player[name] for name in ("shuffle", "repeat")}
    player.update({**PLAYER, "queue": [], **kept})


def skip_to(player: Player, index: int, now: float) -> None:
    """Play another entry of the queue; past the end, repeat the queue or stop."""
    if index >= len(player["queue"]) and not player["repeat"]:
        stop(player)
        return
    player.update(index=index % len(player["queue"]), position=0.0, since=now, state="PLAYING")


def shuffle(player: Player, *, on: bool) -> None:
    """Shuffle the entries after the current track, or restore the order of the queue."""
    player["shuffle"] = on
    if is_idle(player):
        return
    current = player["queue"][player["index"]]
    if on and player["unshuffled"] is None:
        rest = player["queue"][player["index"] + 1 :]
        random.Random(player["queueId"]).shuffle(rest)
        player["unshuffled"] = list(player["queue"])
        player["queue"] = [*player["queue"][: player["index"] + 1], *rest]
    elif not on and player["unshuffled"] is not None:
        player["queue"], player["unshuffled"] = player["unshuffled"], None
        player["index"] = player["queue"].index(current)


def seek(player: Player, seconds: float, now: float) -> None:
    """Seek to a position in seconds; raises ``CommandError`` for an invalid one."""
    playing = track(player)
    if playing.is_live or not 0 <= seconds <= playing.length:
        raise CommandError("mediaPosition is outside of the media")
    player.update(position=float(seconds), since=now)


def command(player: Player, data: Mapping[str, Any], now: float) -> None:
    """Run the body of a ``/api/np/command`` request on a player that is not idle; raises ``CommandError``."""
    settle(player, now)
    match data.get("type"):
        case "PlayCommand":
            player["state"] = "PLAYING"
        case "PauseCommand":
            player["state"] = "PAUSED"
        case "NextCommand":
            skip_to(player, player["index"] + 1, now)
        case "PreviousCommand":
            skip_to(player, max(0, player["index"] - 1), now)
        case "ForwardCommand":
            seek(player, min(player["position"] + SKIP_SECONDS, track(player).length), now)
        case "RewindCommand":
            seek(player, max(player["position"] - SKIP_SECONDS, 0.0), now)
        case "ShuffleCommand":
            shuffle(player, on=_flag(data, "shuffle"))
        case "RepeatCommand":
            player["repeat"] = _flag(data, "repeat")
        case "SeekCommand":
            place = data.get("mediaPosition")
            if not isinstance(place, int | float) or isinstance(place, bool):
                raise CommandError("mediaPosition must be a number")
            seek(player, place, now)
        case "JumpCommand":
            if data.get("mediaId") not in player["queue"]:
                raise CommandError("mediaId is not in the queue")
            skip_to(player, player["queue"].index(data["mediaId"]), now)
        case other:
            raise CommandError(f"Unknown command type {other}")


def _flag(data: Mapping[str, Any], name: str) -> bool:
    """Return a required boolean field; raises ``CommandError``."""
    if not isinstance(value := data.get(name), bool):
        raise CommandError(f"{name} must be a boolean")
    return value
