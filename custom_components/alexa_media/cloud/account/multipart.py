"""Parser of the multipart stream of directives (RFC 2046), fed as bytes arrive.

Every directive is one part, usually with one line of JSON. A part without a body keeps the connection alive. Other
parts, such as audio of speech, are skipped.
"""

from collections.abc import Sequence
from enum import Enum, auto
import json
import re
from typing import Any, Final

from ..errors import AlexaBadResponseError

MAX_PART: Final = 512 * 1024
"""Maximum size of a directive part in bytes."""

MAX_HEADERS: Final = 16 * 1024
"""Maximum size of a part's headers in bytes."""

_DASHES: Final = b"------"
_MAX_DELIMITER: Final = 256
_BLANK_LINES: Final = re.compile(rb"\s*\n")
_BOUNDARY: Final = re.compile(r""";\s*boundary=(?:"([^"]+)"|([^\s;]+))""", re.IGNORECASE)


class MultipartError(AlexaBadResponseError):
    """The stream cannot be parsed any further: a part or its headers are too large.

    ``objects`` are those that the failed call had completed before.
    """

    objects: Sequence[dict[str, Any]] = ()


class _At(Enum):
    """Position of the next line in the multipart structure."""

    PREAMBLE = auto()
    HEADERS = auto()
    BODY = auto()
    SKIPPED = auto()


class MultipartParser:
    """Incremental parser from bytes to JSON objects.

    ``keep_alives`` counts the parts without a body, ``malformed`` the JSON parts whose body is not an object.
    """

    def __init__(self, content_type: str | None = None) -> None:
        """Initialize with the boundary of a Content-Type header.

        If there is none, the first line that starts with six dashes defines the boundary.
        """
        found = _BOUNDARY.search(content_type or "")
        self._delimiter = b"--" + (found[1] or found[2]).encode() if found else None
        self._at = _At.PREAMBLE
        self._pending = bytearray()
        self._scanned = 0
        self._line_cut = False
        self._body = bytearray()
        self._header_bytes = 0
        self._is_json = True
        self.keep_alives = 0
        self.malformed = 0

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Parse more bytes; return the objects that are now complete, in order. Raises ``MultipartError``."""
        objects: list[dict[str, Any]] = []
        self._pending += data
        try:
            self._parse(objects)
        except MultipartError as err:
            err.objects = objects
            raise
        return objects

    def _parse(self, objects: list[dict[str, Any]]) -> None:
        """Process the complete lines of the pending bytes."""
        start = self._skipped(0)
        while (end := self._pending.find(b"\n", max(start, self._scanned))) >= 0:
            # A line whose beginning was dropped is neither a delimiter nor a part of JSON.
            if not self._line_cut:
                self._line(bytes(self._pending[start:end]).removesuffix(b"\r"), objects)
            self._line_cut = False
            start = self._skipped(end + 1)
        del self._pending[:start]
        self._drop_unneeded()
        self._scanned = len(self._pending)

    def close(self) -> list[dict[str, Any]]:
        """Return the objects completed by the end of the stream, whose last line may lack a line end.

        Raises ``MultipartError``.
        """
        objects: list[dict[str, Any]] = []
        if self._pending and not self._line_cut:
            self._line(bytes(self._pending).removesuffix(b"\r"), objects)
        self._pending.clear()
        self._scanned = 0
        if self._at is _At.BODY and self._body:
            self._end_body(objects)
        self._at = _At.PREAMBLE
        return objects

    def _skipped(self, start: int) -> int:
        """Return the index of the next line that may be relevant, at or after ``start``."""
        if self._at is _At.HEADERS:
            return start
        if self._at is _At.BODY:
            blank = _BLANK_LINES.match(self._pending, start) if self._pending[start : start + 1].isspace() else None
            return blank.end() if blank else start
        mark = self._delimiter or _DASHES
        if not self._line_cut and self._pending.startswith(mark, start):
            return start
        if (found := self._pending.find(b"\n" + mark, start)) < 0:
            found = self._pending.rfind(b"\n", start)
        if found < 0:
            return start
        self._line_cut = False
        return found + 1

    def _drop_unneeded(self) -> None:
        """Limit the pending bytes, because a line without an end would otherwise use unbounded memory."""
        if self._at in (_At.PREAMBLE, _At.SKIPPED):
            if len(self._pending) > _MAX_DELIMITER + len(b"\r"):
                self._pending.clear()
                self._line_cut = True
        else:
            self._check(len(self._body) + len(self._pending))

    def _check(self, size: int, limit: int = MAX_PART) -> None:
        """Raise ``MultipartError`` if a size exceeds the limit; both are in bytes."""
        if size > limit:
            raise MultipartError("A part of the stream of directives is too large", code="PART_TOO_LARGE")

    def _line(self, line: bytes, objects: list[dict[str, Any]]) -> None:
        """Process one line without its line end."""
        if line.startswith(b"--") and len(line) <= _MAX_DELIMITER:
            if self._delimiter is None and line.startswith(_DASHES):
                self._delimiter = line.rstrip()
            if self._delimiter is not None and line.startswith(self._delimiter):
                rest = line[len(self._delimiter) :].rstrip()
                if rest in (b"", b"--"):
                    self._next_part(objects, last=bool(rest))
                    return
        match self._at:
            case _At.HEADERS:
                self._header(line)
            case _At.BODY:
                self._body_line(line, objects)
            case _:
                pass

    def _next_part(self, objects: list[dict[str, Any]], *, last: bool) -> None:
        """End the part before a delimiter, and begin the next part unless the delimiter is the ``last`` one."""
        if self._at is _At.HEADERS or (self._at is _At.BODY and not self._body):
            self.keep_alives += 1
        elif self._at is _At.BODY:
            self._end_body(objects)
        self._at = _At.PREAMBLE if last else _At.HEADERS
        self._body.clear()
        self._header_bytes = 0
        self._is_json = True

    def _header(self, line: bytes) -> None:
        """Process a line of a part's headers."""
        if line.strip():
            self._header_bytes += len(line)
            self._check(self._header_bytes, MAX_HEADERS)
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-type":
                self._is_json = b"json" in value.lower()
        else:
            self._at = _At.BODY if self._is_json else _At.SKIPPED

    def _body_line(self, line: bytes, objects: list[dict[str, Any]]) -> None:
        """Process a line of JSON; an object in the first line is added without waiting for the next delimiter."""
        if not line.strip():
            return
        is_first = not self._body
        self._body += line
        self._body += b"\n"
        self._check(len(self._body))
        if is_first and (value := _json_object(line)) is not None:
            objects.append(value)
            self._at = _At.SKIPPED

    def _end_body(self, objects: list[dict[str, Any]]) -> None:
        """Parse a body whose first line is not a complete object."""
        value = _json_object(bytes(self._body))
        if value is None:
            self.malformed += 1
        else:
            objects.append(value)


def _json_object(text: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a text, or None."""
    try:
        value = json.loads(text.decode())
    except ValueError, RecursionError:
        return None
    return value if isinstance(value, dict) else None
