"""Shapes of JSON: its fields with their types and enumeration values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import json
import re
from typing import Any

from .recording import Recording

MOST_VALUES = 30
"""Maximum number of different words for a field to count as an enumeration."""

_WORD = re.compile(r"[A-Z][A-Z0-9_]*")
_SERIAL = re.compile(r"(?=.*\d)[A-Z0-9]{10,}")
_VOWEL = re.compile(r"[AEIOUY]")
_ID = re.compile(r"(?=.*\d).{4,}|[^aeiouyAEIOUY]{4,}")
"""Keys that are ids or pseudonyms of ids; objects with such keys are maps."""


@dataclass(slots=True)
class Shape:
    """Observations at one place: their number, the types, and the words if all texts were words."""

    seen: int = 0
    types: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    is_open: bool = False

    @property
    def is_enumeration(self) -> bool:
        """Return whether all texts were words in capital letters."""
        return bool(self.words) and not self.is_open

    def as_json(self) -> dict[str, Any]:
        """Return the shape as JSON for a file."""
        words = {"words": sorted(self.words)} if self.is_enumeration else {}
        return {"seen": self.seen, "types": sorted(self.types), **words}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Shape:
        """Return a shape from the JSON of a file."""
        words = set(data.get("words", ()))
        return cls(int(data["seen"]), set(data["types"]), words, is_open=not words)


type Shapes = dict[str, Shape]
"""Shapes by place: the endpoint, followed by field names separated by dots."""


def shapes_of(recording: Recording) -> Shapes:
    """Return the shapes of all responses and directives in a recording."""
    shapes: Shapes = {}
    for place, value in _bodies(recording):
        _add(shapes, place, value)
    return shapes


def _bodies(recording: Recording) -> Iterator[tuple[str, Any]]:
    """Yield every response and directive with its place; failures have a separate place."""
    for line in recording.requests:
        place = endpoint_of(line)
        yield f"{place} status", str(line["status"])
        if line["status"] is not None and line["status"] < 400 and "body" in line:
            yield place, line["body"]
    for _, directive in recording.directives:
        yield from ((f"push {command}".rstrip(), payload) for command, payload in updates_of(directive))
        for command, frame, payload in _frames_of(directive):
            yield "push frame", frame
            yield f"push {command} payload", _type(payload).upper()


def updates_of(directive: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the command and the payload of each update in a directive; other directives have no command."""
    try:
        updates = directive["directive"]["payload"]["renderingUpdates"]
        for update in updates:
            data = json.loads(update["resourceMetadata"])
            command = data.get("command", update["route"])
            payload = json.loads(data["payload"]) if isinstance(data.get("payload"), str) else data.get("payload", data)
            yield command, payload
    except KeyError, TypeError, ValueError, AttributeError:
        yield "", directive


def _frames_of(directive: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the command, what is around the payload, and the payload of each update in a directive that has one."""
    try:
        outer = directive["directive"]
        for update in outer["payload"]["renderingUpdates"]:
            data = json.loads(update["resourceMetadata"])
            around = {**update, "resourceMetadata": {**data, "payload": None}}
            frame = {**outer, "payload": {**outer["payload"], "renderingUpdates": [around]}}
            if "payload" in data:
                yield data.get("command", update["route"]), frame, data["payload"]
    except KeyError, TypeError, ValueError, AttributeError:
        return


def endpoint_of(line: Mapping[str, Any]) -> str:
    """Return the name of a request: method, path with placeholders for ids, and the GraphQL operation."""
    sent = line.get("sent")
    operation = ""
    if isinstance(sent, dict) and isinstance(document := sent.get("query"), str):
        found = re.search(r"(?:query|mutation)\s*(\w*)[^{]*\{\s*(\w+)", document)
        operation = f" {found[1] or found[2]}" if found else ""
    return f"{line['method']} {line['template']}{operation}"


def _add(shapes: Shapes, place: str, value: Any) -> None:
    shape = shapes.setdefault(place, Shape())
    shape.seen += 1
    shape.types.add(_type(value))
    if isinstance(value, dict):
        for key, item in value.items():
            _add(shapes, f"{place}.{'*' if is_map(value) else key}", item)
    elif isinstance(value, list):
        for item in value:
            _add(shapes, f"{place}[]", item)
    elif isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                _add(shapes, f"{place}!", json.loads(value))
            except ValueError:
                pass
            else:
                shape.is_open = True
                return
        is_word = (
            _WORD.fullmatch(value) and (_VOWEL.search(value) or value.isdecimal()) and not _SERIAL.fullmatch(value)
        )
        shape.words.add(value)
        if (not is_word and not place.endswith(" status")) or len(shape.words) > MOST_VALUES:
            shape.is_open = True
            shape.words.clear()


def is_map(value: Mapping[str, Any]) -> bool:
    """Return whether the keys of an object are ids."""
    return bool(value) and all(_ID.fullmatch(key) for key in value)


def texts(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, including keys."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def _type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "whole number"
        case float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return "object"


def joined(all_shapes: Iterable[Shapes]) -> Shapes:
    """Return the merged shapes of several recordings."""
    result: Shapes = {}
    for shapes in all_shapes:
        for place, shape in shapes.items():
            known = result.setdefault(place, Shape())
            known.seen += shape.seen
            known.types |= shape.types
            known.is_open = known.is_open or shape.is_open
            known.words = set() if known.is_open else known.words | shape.words
    return result
