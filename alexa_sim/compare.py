"""Comparison of a recording with the simulated cloud: ``python -m alexa_sim compare FILE``.

The requests of the recording are repeated in a simulated home with the same Echos (``live``), and the shapes of both
responses are compared. One response doesn't contain everything that Amazon may return. Therefore, enumeration values
and other missing parts are looked up in ``shapes.json``, which contains the shapes of recordings that were made against
the simulated cloud (``--learn FILE … ``). Rows of ``GUESSES.md`` that a recording can decide have a check.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
import json
from pathlib import Path
import re
from typing import Any

from .live import Repetition, repeated
from .recording import Recording, RecordingError, read_recording
from .shapes import Shape, Shapes, endpoint_of, joined, shapes_of, texts, updates_of

SHAPES = Path(__file__).parent / "shapes.json"
CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between a recording and the simulated cloud."""

    place: str
    what: str

    def __str__(self) -> str:
        """Return the difference as a line of the report."""
        return f"{self.place}: {self.what}"


def known_shapes(path: Path = SHAPES) -> Shapes:
    """Return the shapes of the simulated cloud's responses."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return {place: Shape.of_json(shape) for place, shape in data["shapes"].items()}


def learn(recordings: Sequence[Recording], path: Path = SHAPES) -> None:
    """Write the shapes of recordings made against the simulated cloud."""
    shapes = joined(map(shapes_of, recordings))
    asked: dict[str, list[set[str]]] = {}
    for recording in filter(_is_ours, recordings):
        asked.setdefault(recording.cloud, []).append({endpoint_of(line) for line in recording.requests})
    always = {cloud: sorted(set.intersection(*requests)) for cloud, requests in sorted(asked.items())}
    data = {"always": always, "shapes": {place: shape.as_json() for place, shape in sorted(shapes.items())}}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of a recording, and the number of comparisons.

    ``live`` and ``learned`` count the recorded requests and directives by endpoint and command: those that were
    compared with live responses, and those that could not be repeated. ``explained`` are places at which a recording
    differs from the live responses, but not from ``shapes.json``.
    """

    differences: tuple[Difference, ...]
    explained: tuple[Difference, ...]
    live: Counter[str]
    learned: Counter[str]


def compared(recording: Recording, path: Path = SHAPES, repetition: Repetition | None = None) -> Comparison:
    """Return the differences of a recording, by endpoint and directive.

    ``repetition`` is the result of ``repeated`` if it is already known.
    """
    answers, directives = repetition or asyncio.run(repeated(recording))
    known, found = known_shapes(path), shapes_of(recording)
    answered = [answer for answer in answers if answer is not None]
    live_shapes = shapes_of(replace(recording, requests=tuple(answered), directives=tuple(directives)))
    live: Counter[str] = Counter()
    learned: Counter[str] = Counter()
    for line, answer in zip(recording.requests, answers, strict=True):
        is_live = answer is not None and answer["status"] == line["status"]
        (live if is_live else learned)[endpoint_of(line)] += 1
    for _, directive in recording.directives:
        for place in {f"push {command}" for command, _ in updates_of(directive)}:
            (live if place in live_shapes else learned)[place] += 1
    result = [*_never_asked(recording, found, path), *_missing_pages(recording)]
    explained: list[Difference] = []
    from_learned = {difference.place: difference for difference in _differences(known, found)}
    for difference in _differences(_with_values(live_shapes, known), found):
        if _endpoint(difference.place, live):
            is_explained = difference.place not in from_learned and _is_known(difference.place, known, found)
            (explained if is_explained else result).append(difference)
    result += [each for each in from_learned.values() if not _endpoint(each.place, live)]
    return Comparison(tuple(result), tuple(explained), live, learned)


def differences(recording: Recording, path: Path = SHAPES) -> list[Difference]:
    """Return the differences of a recording."""
    return list(compared(recording, path).differences)


def _endpoint(place: str, endpoints: Iterable[str]) -> str:
    """Return the endpoint or command that a place belongs to, or an empty string."""
    rest = (
        each
        for each in endpoints
        if place == each or place.startswith((f"{each}.", f"{each}[", f"{each} ", f"{each}!"))
    )
    return max(rest, key=len, default="")


def _is_ours(recording: Recording) -> bool:
    """Return whether the integration made a recording, rather than the simulated cloud for another client."""
    return "integration" in recording.head.get("versions", {})


def _is_known(place: str, known: Shapes, found: Shapes) -> bool:
    """Return whether the known shapes contain a place, or whether both known and found shapes lack it."""
    return place in known or (place not in found and _parent(place) in known)


def _with_values(live: Shapes, known: Shapes) -> Shapes:
    """Add the known enumeration values to live shapes, because one response doesn't contain all of them."""
    for place, shape in live.items():
        if (other := known.get(place)) is not None:
            shape.is_open |= other.is_open
            shape.words |= other.words
    return live


def _never_asked(recording: Recording, found: Shapes, path: Path) -> list[Difference]:
    """Return the requests that every recording of the integration contains and this one lacks."""
    if not _is_ours(recording):
        return []
    always = json.loads(path.read_text(encoding="utf-8"))["always"].get(recording.cloud, ())
    return [Difference(place, "was never asked or answered") for place in always if f"{place} status" not in found]


def _missing_pages(recording: Recording) -> Iterator[Difference]:
    """Yield the endpoints that had a next page which was never asked for."""
    asked: dict[str, set[str]] = {}
    for line in recording.requests:
        asked.setdefault(endpoint_of(line), set()).update(texts([line.get("query"), line.get("sent")]))
    lacking = {
        endpoint_of(line): None
        for line in recording.requests
        if (token := _page_token(line.get("body"))) and token not in asked[endpoint_of(line)]
    }
    yield from (Difference(place, "has a next page that was never asked for") for place in lacking)


def _page_token(body: Any) -> str | None:
    """Return the token of the next page in a response, if there is one."""
    if not isinstance(body, dict):
        return None
    token = body.get("nextToken") or _page_token(body.get("paginationContext"))
    return token if isinstance(token, str) else None


def _differences(known: Shapes, found: Shapes) -> Iterator[Difference]:
    """Yield the differences between found and known shapes."""
    for place, shape in sorted(found.items()):
        parent = _parent(place)
        if place in known:
            yield from _of_place(place, known[place], shape)
        elif parent is None and not place.endswith((" status", " payload")):
            yield Difference(place, "is unknown to the simulated cloud")
        elif parent in known and "*" not in place.rpartition(".")[2]:
            yield Difference(place, f"is additional ({', '.join(sorted(shape.types))})")
    yield from _missing(known, found)


def _of_place(place: str, known: Shape, found: Shape) -> Iterator[Difference]:
    """Yield the differences at a place that exists in both."""
    allowed = known.types | {"null"} | ({"whole number"} if "number" in known.types else set())
    if other := found.types - allowed:
        expected = " or ".join(sorted(known.types))
        yield Difference(place, f"is {' or '.join(sorted(other))}, the simulated cloud answers {expected}")
    elif known.is_enumeration:
        words = sorted(found.words - known.words)
        if words or found.is_open:
            what = "status" if place.endswith(" status") else "value"
            yield Difference(place, f"has an unknown {what}: {', '.join(words) or 'a text that is no word'}")


def _missing(known: Shapes, found: Shapes) -> Iterator[Difference]:
    """Yield the fields that the simulated cloud always returns, but that are sometimes missing in the recording."""
    for place, shape in known.items():
        parent = _parent(place)
        if parent is None or place.endswith(("[]", "!", ".*")) or parent not in known or parent not in found:
            continue
        if shape.seen != _objects(known[parent]) or "object" not in found[parent].types:
            continue
        seen = found[place].seen if place in found else 0
        if seen < _objects(found[parent]):
            yield Difference(place, "is missing" if not seen else "is missing at times")


def _objects(shape: Shape) -> int:
    """Return the number of objects at a place; 0 if other types were mixed in."""
    return shape.seen if shape.types == {"object"} else 0


def _parent(place: str) -> str | None:
    """Return the place that contains another place, or None."""
    if place.endswith("[]"):
        return place.removesuffix("[]")
    if place.endswith("!"):
        return place.removesuffix("!")
    # Paths and commands contain dots too, so a field name starts after the last space or bracket.
    head, dot, name = place.rpartition(".")
    return head if dot and re.fullmatch(r"[@$\w*-]+", name) and "/" not in name else None


# --- guesses ------------------------------------------------------------------------------


def _answers(recording: Recording, endpoint: str) -> list[Mapping[str, Any]]:
    """Return the successful responses of an endpoint that are objects."""
    return [
        line["body"]
        for line in recording.requests
        if endpoint_of(line) == endpoint and (line["status"] or 599) < 400 and isinstance(line.get("body"), dict)
    ]


def _verdict(evidence: Sequence[bool]) -> str:
    return UNDECIDED if not evidence else CONFIRMED if all(evidence) else REFUTED


def _groups(recording: Recording) -> dict[str, Mapping[str, Any]]:
    """Return the speaker groups of a recording by serial."""
    answers = _answers(recording, "GET /api/devices-v2/device")
    devices = [device for answer in answers for device in answer.get("devices", ())]
    return {device["serialNumber"]: device for device in devices if device.get("deviceFamily") == "WHA"}


def _idle_command(recording: Recording) -> str:
    """Check G029: an idle player refuses commands with 404."""
    lines = [line for line in recording.requests if endpoint_of(line) == "POST /api/np/command"]
    return _verdict([line["status"] == 404 for line in lines if line["status"] in (400, 404)])


def _group_volume(recording: Recording) -> str:
    """Check G034: ``allDeviceVolumes`` does not contain groups."""
    groups = _groups(recording)
    answers = _answers(recording, "GET /api/devices/deviceType/dsn/audio/v1/allDeviceVolumes")
    listed = [{volume.get("dsn") for volume in answer.get("volumes", ())} for answer in answers]
    return _verdict([not serials & set(groups) for serials in listed if groups])


def _new_notification(recording: Recording) -> str:
    """Check G081: pushes about notifications are UPDATE or DELETE."""
    pushed = shapes_of(recording).get("push PUSH_NOTIFICATION_CHANGE.eventType")
    return _verdict([] if pushed is None else [pushed.is_enumeration and pushed.words <= {"UPDATE", "DELETE"}])


def _notification_id(recording: Recording) -> str:
    """Check G083: ``notificationId`` in a push is a ``notificationIndex``."""
    known = {
        item.get("notificationIndex")
        for answer in _answers(recording, "GET /api/notifications")
        for item in answer.get("notifications", ())
    }
    text = json.dumps([directive for _, directive in recording.directives])
    ids = set(re.findall(r'notificationId\\+":\s*\\+"([^"\\]+)', text))
    # An object that appeared and disappeared between two reads is not in any list.
    return _verdict([bool(ids & known)] if ids and known else [])


def _list_version(recording: Recording) -> str:
    """Check G101: the version of a list does not change with its items."""
    seen: dict[str, set[tuple[Any, Any]]] = {}
    for answer in _answers(recording, "POST /alexashoppinglists/api/v2/lists/fetch"):
        for item in answer.get("listInfoList", ()):
            seen.setdefault(str(item.get("listId")), set()).add((item.get("version"), item.get("updateAt")))
    changed = [pairs for pairs in seen.values() if len({moved for _, moved in pairs}) > 1]
    return _verdict([len({version for version, _ in pairs}) == 1 for pairs in changed])


def _group_microphone(recording: Recording) -> str:
    """Check G107: groups have the capability MICROPHONE."""
    return _verdict(["MICROPHONE" in group.get("capabilities", ()) for group in _groups(recording).values()])


CHECKS: dict[str, Callable[[Recording], str]] = {
    "G029": _idle_command,
    "G034": _group_volume,
    "G081": _new_notification,
    "G083": _notification_id,
    "G101": _list_version,
    "G107": _group_microphone,
}
"""Checks of the rows of ``GUESSES.md`` that a recording can decide, by id."""


def report(recording: Recording, comparison: Comparison) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"{len(comparison.differences)} differences"
    yield from map(str, comparison.differences)
    live, learned = comparison.live, comparison.learned
    yield f"{live.total()} requests and directives compared with live answers, {learned.total()} with learned shapes"
    yield from (f"learned: {place} ({count})" for place, count in sorted(learned.items()))
    yield from (f"not in the live answer, but learned: {difference}" for difference in comparison.explained)
    for guess, check in CHECKS.items():
        yield f"{guess} {check(recording)}: {(check.__doc__ or '').partition(': ')[2]}"


def main(arguments: Sequence[str]) -> int:
    """Print the report about a recording (exit code 1 for differences), or learn shapes from recordings."""
    parser = argparse.ArgumentParser(prog="python -m alexa_sim compare", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--learn", action="store_true", help="write shapes.json from recordings of the simulated cloud")
    options = parser.parse_args(list(arguments))
    try:
        recordings = [read_recording(path) for path in options.files]
    except RecordingError as err:
        print(f"alexa_sim: {err}")
        return 2
    if options.learn:
        learn(recordings)
        return 0
    has_differences = False
    for recording in recordings:
        comparison = compared(recording)
        has_differences |= bool(comparison.differences)
        print(*report(recording, comparison), sep="\n")
    return int(has_differences)
