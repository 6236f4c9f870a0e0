"""Recordings of real homes: read from a file, and replayed in place of simulated responses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
import gzip
import json
from pathlib import Path
import re
import time
from typing import Any, Protocol
from urllib.parse import unquote
import zlib

from .http import Request, Response, json_response

FORMAT = 1
WEEK = 7 * 86400
TOKEN = "Atnr|recording"

_EPOCH = re.compile(r"(?<![\w.-])(\d{10}|\d{13})(?![\w.])")
_DATE = re.compile(r"(?<!\w)(\d{4})(-?)(\d\d)\2(\d\d)(?=[T\" \\])")
_VARYING = re.compile(r"\d{10,}|\d{4}-?\d\d-?\d\dT[\d:.]+Z?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Times, counters and request ids, which differ between equal requests."""


class RecordingError(Exception):
    """An invalid recording file; the message is one sentence."""


class Pushes(Protocol):
    """A cloud that can send directives."""

    def push_raw(self, directive: Any) -> None:
        """Send a directive to all streams."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded response; ``at`` is in seconds since the start of the recording."""

    at: float
    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Return whether the request succeeded."""
        return self.status < 400


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: its head, its requests with their responses, and its directives."""

    head: Mapping[str, Any]
    requests: tuple[Mapping[str, Any], ...]
    directives: tuple[tuple[float, Mapping[str, Any]], ...]

    @property
    def domain(self) -> str:
        """Return the retail domain of the account."""
        return str(self.head.get("domain") or "amazon.com")

    @property
    def cloud(self) -> str:
        """Return the cloud of the recording: "account" or "property"."""
        return str(self.head.get("cloud") or "account")

    @property
    def is_property(self) -> bool:
        """Return whether the recording is from Smart Properties."""
        return self.cloud == "property"

    def household(self) -> dict[str, Any]:
        """Return a household without devices for the recorded account, with its app signed in."""
        if self.is_property:
            from .household import load_household  # noqa: PLC0415 - only needed for properties

            return load_household("property")
        customer = str(self.head["customer_id"])
        account = {"email": self.head.get("email") or "recording@example.org", "name": "Recording"}
        if directed_id := self.head.get("account_id"):
            account["directedId"] = directed_id
        app = {"serial": self.head["serial"], "account": customer, "refresh_token": TOKEN}
        return {"accounts": {customer: account}, "registrations": [app]}

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the options of the account at the end of the recording."""
        options: Mapping[str, Any] = self.head.get("options", {})
        return options

    def entry(self) -> dict[str, Any]:
        """Return the data of a config entry that is signed in to the replayed home."""
        names = ("email", "serial", "customer_id", "account_id")
        mac_dms = {"adp_token": "{enc:recording}", "device_private_key": "MIIRECORDING"}
        data = {name: self.head.get(name) for name in names}
        return {**data, "url": self.domain, "refresh_token": TOKEN, "mac_dms": mac_dms, "id_suffix": ""}


def read_recording(path: str | Path, *, now: float | None = None) -> Recording:
    """Return the recording in a file, with its times shifted by whole weeks to just before ``now``.

    Raises ``RecordingError``.
    """
    try:
        text = gzip.decompress(Path(path).read_bytes()).decode()
        first, *rest = text.splitlines()
        head = json.loads(first)
        if head.get("recording") != FORMAT:
            raise RecordingError(f"{path} is no recording of format {FORMAT}.")
        weeks = int(((time.time() if now is None else now) - float(head["started"])) // WEEK)
        head["started"] = float(head["started"]) + weeks * WEEK
        lines = [json.loads(moved(line, weeks)) for line in rest]
    except OSError as err:
        raise RecordingError(f"{path} cannot be read: {err.strerror or err}.") from err
    except (EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as err:
        raise RecordingError(f"{path} is no recording, or it is damaged.") from err
    directives = tuple((float(line["at"]), line["directive"]) for line in lines if "directive" in line)
    for line in lines:
        head["options"] = line.get("options", head.get("options", {}))
    requests = _whole(line for line in lines if "method" in line)
    return Recording(head, tuple(one for line in requests for one in separate_operations(line)), directives)


def separate_operations(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a request with several GraphQL operations as one request for each, and others unchanged."""
    sent, body = line.get("sent"), line.get("body")
    if not isinstance(sent, list) or not sent or not all(isinstance(e, dict) and "query" in e for e in sent):
        yield line
        return
    if not isinstance(body, list) or len(body) != len(sent):
        yield from ({**line, "sent": operation} for operation in sent)
        return
    for operation, answer in zip(sent, body, strict=True):
        yield {**line, "sent": operation, "body": answer}


def moved(line: str, weeks: int) -> str:
    """Return a line of JSON with all dates and times shifted by a number of weeks."""

    def epoch(match: re.Match[str]) -> str:
        number = int(match[0])
        unit = 1000 if len(match[0]) == 13 else 1
        is_time = 1_000_000_000 <= number // unit < 4_100_000_000
        return str(number + weeks * WEEK * unit) if is_time else match[0]

    def day(match: re.Match[str]) -> str:
        try:
            found = date(int(match[1]), int(match[3]), int(match[4])) + timedelta(weeks=weeks)
        except ValueError, OverflowError:
            return match[0]
        return found.strftime(f"%Y{match[2]}%m{match[2]}%d")

    return _DATE.sub(day, _EPOCH.sub(epoch, line))


def _whole(lines: Iterator[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield requests with complete bodies in place of repetition marks; skip those whose first body was dropped."""
    bodies: dict[str, dict[str, Any]] = {}
    for line in lines:
        key = json.dumps([line.get(name) for name in ("method", "host", "path", "query", "sent")], sort_keys=True)
        if line.get("same"):
            if key in bodies:
                yield {**line, **bodies[key]}
            continue
        bodies[key] = {name: line[name] for name in ("body", "text") if name in line}
        yield line


def normal(value: Any) -> Any:
    """Return a part of a request in a normal form, which is the same for equivalent requests."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted((normal(item) for item in value), key=json.dumps)
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                return normal(json.loads(value))
            except ValueError:
                pass
        return _VARYING.sub("#", "".join(value.split()))
    return "#" if isinstance(value, int | float) and value >= 10**9 else value


@dataclass(slots=True)
class Replay:
    """Replays a recording: a request gets the last recorded response before the next directive.

    A request that never succeeded in the recording gets its recorded failures; a failure between successes is returned
    once. The simulated response is used if it refuses the session, and for requests without a recording.
    """

    recording: Recording
    automatic: bool = False
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _given: set[int] = field(default_factory=set)
    _sent: int = 0
    _opened: float | None = None

    def __post_init__(self) -> None:
        """Group the responses by request."""
        for line in self.recording.requests:
            if line.get("status") is None or line["status"] == 401 or "text" in line:
                continue
            body = json.dumps(line["body"]).encode() if "body" in line else b""
            answer = Answer(float(line["at"]), int(line["status"]), body)
            for key in _keys(line["method"], line["path"], line.get("query", {}), line.get("sent")):
                self._answers.setdefault(key, []).append(answer)

    @property
    def left(self) -> int:
        """Return the number of directives left."""
        return len(self.recording.directives) - self._sent

    @property
    def _position(self) -> float:
        """Return the present time in the recording, which is just before the next directive."""
        return self.recording.directives[self._sent][0] if self.left else float("inf")

    def push(self, cloud: Pushes, count: int = 1) -> None:
        """Send the next ``count`` directives."""
        for _, directive in self.recording.directives[self._sent : self._sent + count]:
            self._sent += 1
            cloud.push_raw(directive)

    def tick(self, cloud: Pushes, *, has_stream: bool) -> None:
        """Send the directives that are due, with the timing of the recording, once a stream is open."""
        if not self.automatic or not has_stream:
            return
        now = time.monotonic()
        self._opened = now if self._opened is None else self._opened
        while self.left and self._position <= now - self._opened:
            self.push(cloud)

    def answer(self, request: Request, simulated: Response, own_serial: str | None) -> Response:
        """Return the recorded response to a request, or the simulated one."""
        if simulated.stream is not None or _is_refusal(simulated):
            return simulated
        try:
            sent = json.loads(request.text) if request.body else None
        except ValueError:
            sent = None
        answer = self._find(request, sent)
        if answer is None:
            return simulated
        body = answer.body
        if own_serial and (recorded := self.recording.head.get("serial")):
            body = body.replace(str(recorded).encode(), own_serial.encode())
        cookies = [header for header in simulated.headers if header[0] == "set-cookie"]
        response = json_response(None, answer.status, cookies)
        response.body = body
        return response

    def _find(self, request: Request, sent: Any) -> Answer | None:
        """Return the recorded response to a request, or None.

        A request with several operations may have been recorded as one request for each operation.
        """
        keys = _keys(request.method, request.path, grouped(request.pairs), sent)
        found = next((self._answers[key] for key in keys if key in self._answers), None)
        if found is not None:
            return self._choose(found)
        if not isinstance(sent, list) or not sent or not all(isinstance(each, dict) for each in sent):
            return None
        parts = [part for each in sent if (part := self._find(request, each)) is not None]
        if len(parts) < len(sent) or not all(part.is_good for part in parts):
            return None
        return Answer(parts[-1].at, parts[-1].status, b"[" + b",".join(part.body for part in parts) + b"]")

    def _choose(self, answers: list[Answer]) -> Answer:
        """Return the response that is due from the recorded ones."""
        due = [answer for answer in answers if answer.at <= self._position] or answers[:1]
        last = due[-1]
        good = next((answer for answer in reversed(due) if answer.is_good), None)
        if good is None or last.is_good or id(last) not in self._given:
            self._given.add(id(last))
            return last
        return good


def _is_refusal(response: Response) -> bool:
    """Return whether a response refuses the session, the csrf value or the User-Agent."""
    if response.status == 401:
        return True
    return response.status in (400, 403) and (b"csrf" in response.body or b"ThrottlingException" in response.body)


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return a query in the format of recordings: a name that occurs several times has a list of values."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def _keys(method: str, path: str, query: Mapping[str, Any], sent: Any) -> list[str]:
    """Return the lookup keys of a request, the most specific first."""
    place = [method, unquote(path)]
    asked = normal(dict(query))
    keys = [json.dumps([*place, asked, normal(sent)], sort_keys=True)]
    if isinstance(sent, dict) and isinstance(document := sent.get("query"), str):
        return [*keys, json.dumps([*place, "document", normal(document)])]
    return keys if sent is None else [*keys, json.dumps([*place, asked])]
