"""Comparison of a recording with the simulated cloud: ``python -m alexa_sim compare FILE``.

``shapes.json`` describes the responses of the simulated cloud, learned from recordings made against it (``--learn FILE
…``). Rows of ``GUESSES.md`` that a recording can decide have a check.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

from .recording import Recording, RecordingError, read_recording
from .shapes import Shape, Shapes, endpoint_of, joined, shapes_of

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
    for recording in recordings:
        asked.setdefault(recording.cloud, []).append({endpoint_of(line) for line in recording.requests})
    always = {cloud: sorted(set.intersection(*requests)) for cloud, requests in sorted(asked.items())}
    data = {"always": always, "shapes": {place: shape.as_json() for place, shape in sorted(shapes.items())}}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def differences(recording: Recording, path: Path = SHAPES) -> list[Difference]:
    """Return the differences of a recording, by endpoint and directive."""
    known, found = known_shapes(path), shapes_of(recording)
    always = json.loads(path.read_text(encoding="utf-8"))["always"].get(recording.cloud, ())
    result = [Difference(place, "was never asked or answered") for place in always if f"{place} status" not in found]
    for place, shape in sorted(found.items()):
        parent = _parent(place)
        if place in known:
            result += _of_place(place, known[place], shape)
        elif parent is None and not place.endswith(" status"):
            result.append(Difference(place, "is unknown to the simulated cloud"))
        elif parent in known and "*" not in place.rpartition(".")[2]:
            result.append(Difference(place, f"is additional ({', '.join(sorted(shape.types))})"))
    result += _missing(known, found)
    return result


def _of_place(place: str, known: Shape, found: Shape) -> Iterator[Difference]:
    """Yield the differences at a place that exists in both."""
    if other := found.types - known.types - {"null"}:
        expected = " or ".join(sorted(known.types))
        yield Difference(place, f"is {' or '.join(sorted(other))}, the simulated cloud answers {expected}")
    elif known.is_enumeration:
        words = sorted(found.words - known.words)
        if words or found.is_open:
            what = "status" if place.endswith(" status") else "value"
            yield Difference(place, f"has an unknown {what}: {', '.join(words) or 'a text that is no word'}")


def _missing(known: Shapes, found: Shapes) -> Iterator[Difference]:
    """Yield the fields that are always in the simulated cloud's responses, and at times missing in the recording."""
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
    # paths and commands contain dots, too: a field name comes after the last blank or a bracket
    head, dot, name = place.rpartition(".")
    return head if dot and re.fullmatch(r"[@$\w*-]+", name) and "/" not in name else None


# --- guesses ------------------------------------------------------------------------------


def _answers(recording: Recording, endpoint: str) -> list[Mapping[str, Any]]:
    """Return the good responses of an endpoint that are objects."""
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
    # an object that appeared and disappeared between two reads is in no list
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


def report(recording: Recording) -> Iterator[str]:
    """Yield the lines of the report."""
    found = differences(recording)
    yield f"{len(found)} differences"
    yield from map(str, found)
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
        has_differences |= bool(differences(recording))
        print(*report(recording), sep="\n")
    return int(has_differences)
