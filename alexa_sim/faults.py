"""Faults: rules that alter responses, as ``POST /faults`` accepts them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
import json
from typing import Any, Literal

from .clock import Clock
from .http import HttpError, Request, Response, html_response, json_response

KINDS = ("status", "latency", "hang", "cut", "goaway", "malformed", "throttle", "html")
ACTIONS = ("expire_tokens", "revoke", "close_stream", "silent_stream")
_MATCHERS = ("host", "path", "method", "operation")
_FIELDS = {*_MATCHERS, *KINDS, "times", "seconds", "after", "body", "headers"}

SIGN_IN_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Amazon Sign-In</title></head><body>
<form name="signIn" method="post" action="/ap/signin"><label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label><input type="submit" id="signInSubmit"></form>
</body></html>"""

_GRAPHQL_THROTTLE = {
    "errors": [
        {"message": "Too many requests", "extensions": {"errorCode": "UNOFFICIAL_CLIENT_TOO_MANY_REQUESTS"}},
    ],
}


def _operation(request: Request) -> str:
    """Return the name of a request's GraphQL operation, or ""; several are joined by ``+``."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return ""
    names = [
        each.get("operationName") for each in (body if isinstance(body, list) else [body]) if isinstance(each, dict)
    ]
    return "+".join(name for name in names if isinstance(name, str))


@dataclass(slots=True)
class Fault:
    """One fault rule.

    ``host``, ``path``, ``method`` and ``operation`` (the name of a GraphQL operation, or several as ``a+b``) are globs
    (``*``, ``?``, ``[…]``). The rule applies to the first ``times`` requests that match, or until the clock reaches
    ``until``, or until it is deleted. With ``after``, the handler runs first, so that a write is done although its
    outcome is unknown to the client.
    """

    id: str
    kind: str
    host: str = "*"
    path: str = "*"
    method: str = "*"
    operation: str = "*"
    times: int | None = None
    until: float | None = None
    after: bool = False
    status: int = 200
    body: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    latency: float = 0.0
    cut: Literal["before", "body"] = "before"
    goaway: int = 0
    hits: int = 0
    rule: Mapping[str, Any] = field(default_factory=dict)
    deleted: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, request: Request, now: float) -> bool:
        """Return whether the rule applies to a request."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.until is not None and now >= self.until:
            return False
        return (
            fnmatchcase(request.host, self.host)
            and fnmatchcase(request.path, self.path)
            and fnmatchcase(request.method, self.method)
            and (self.operation == "*" or fnmatchcase(_operation(request), self.operation))
        )

    @property
    def needs_real_answer(self) -> bool:
        """Return whether the handler has to run."""
        return self.after or self.kind in ("latency", "malformed") or (self.kind == "cut" and self.cut == "body")

    def answer(self, request: Request) -> Response | None:
        """Return the response that replaces the real one, or None if the rule defines none."""
        if self.kind == "html":
            return html_response(SIGN_IN_PAGE)
        if self.kind == "throttle":
            return json_response(_GRAPHQL_THROTTLE if "/graphql" in request.path else {"message": "Rate exceeded"})
        if self.kind != "status":
            return None
        if isinstance(self.body, str):
            kind = "text/plain;charset=UTF-8" if not self.body.lstrip().startswith(("{", "[")) else "application/json"
            headers = self.headers if any(name == "content-type" for name, _ in self.headers) else []
            return Response(self.status, self.body.encode(), headers or [("content-type", kind), *self.headers])
        return json_response(self.body, self.status, self.headers)


class Faults:
    """The active rules. The first match alters a response; delays add up."""

    def __init__(self, clock: Clock) -> None:
        """Initialize without rules."""
        self._clock = clock
        self._rules: list[Fault] = []
        self._count = 0

    def add(self, rule: Any) -> Fault:
        """Add a rule given as JSON; raises ``HttpError`` 400 with a message for an invalid one."""
        fields = _checked(rule)
        self._count += 1
        kind = next(name for name in KINDS if name in fields)
        fault = Fault(id=str(self._count), kind=kind, rule=fields, after=fields.get("after", False))
        fault.host = fields.get("host", "*").lower()
        fault.path = fields.get("path", "*")
        fault.method = fields.get("method", "*").upper()
        fault.operation = fields.get("operation", "*")
        fault.times = fields.get("times")
        if (seconds := fields.get("seconds")) is not None:
            fault.until = self._clock.now() + seconds
        fault.status = fields.get("status", 200)
        fault.body = fields.get("body")
        fault.headers = [(name.lower(), str(value)) for name, value in fields.get("headers", {}).items()]
        fault.latency = float(fields.get("latency", 0))
        fault.cut = fields.get("cut", "before")
        fault.goaway = fields.get("goaway", 0)
        self._rules.append(fault)
        return fault

    def take(self, request: Request) -> tuple[list[Fault], Fault | None]:
        """Return the delays and the fault for a request, and count their hits."""
        now = self._clock.now()
        fitting = [rule for rule in self._rules if rule.fits(request, now)]
        delays = [rule for rule in fitting if rule.kind == "latency"]
        fault = next((rule for rule in fitting if rule.kind != "latency"), None)
        for rule in delays if fault is None else [*delays, fault]:
            rule.hits += 1
        return delays, fault

    def listing(self) -> list[dict[str, Any]]:
        """Return the rules as given, each with its id and the number of its hits."""
        return [{"id": rule.id, "hits": rule.hits, **rule.rule} for rule in self._rules]

    def clear(self) -> None:
        """Delete all rules; hanging requests continue."""
        for rule in self._rules:
            rule.deleted.set()
        self._rules.clear()

    def remove(self, fault_id: str) -> None:
        """Delete one rule; raises ``HttpError`` 404 for an unknown id."""
        for rule in self._rules:
            if rule.id == fault_id:
                rule.deleted.set()
                self._rules.remove(rule)
                return
        raise HttpError(404, {"message": f"There is no fault {fault_id}."})


def actions_of(rule: Any) -> dict[str, Any] | None:
    """Return the immediate actions in a rule, ``None`` if it has none; raises ``HttpError`` 400 for a mixture."""
    if not isinstance(rule, dict) or not (named := set(ACTIONS) & set(rule)):
        return None
    if named != set(rule):
        raise _bad(f"{_names(named)} happens at once and goes with nothing else.")
    for name in named - {"silent_stream"}:
        if rule[name] is not True:
            raise _bad(f"{name} takes true.")
    if "silent_stream" in rule and not _is_number(rule["silent_stream"]):
        raise _bad("silent_stream takes a number of seconds.")
    return rule


def _checked(rule: Any) -> dict[str, Any]:
    """Return a validated rule; raises ``HttpError`` 400."""
    if not isinstance(rule, dict):
        raise _bad("A fault is a JSON object.")
    if unknown := set(rule) - _FIELDS:
        raise _bad(f"A fault has no {_names(unknown)}; it has {_names(_FIELDS | set(ACTIONS))}.")
    kinds = [name for name in KINDS if name in rule]
    if len(kinds) != 1:
        raise _bad(f"A fault needs exactly one of {', '.join(KINDS)}; this one has {len(kinds)}.")
    if "times" in rule and "seconds" in rule:
        raise _bad("A fault lasts a number of times or of seconds, not both.")
    if {"body", "headers"} & set(rule) and kinds != ["status"]:
        raise _bad("body and headers go with status alone.")
    for name, (good, wanted) in _CHECKS.items():
        if name in rule and not good(rule[name]):
            raise _bad(f"{name} takes {wanted}, not {json.dumps(rule[name])}.")
    return rule


def _is_number(value: Any) -> bool:
    """Return whether a JSON value is a non-negative number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_count(value: Any) -> bool:
    """Return whether a JSON value is a positive integer."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_text(value: Any) -> bool:
    """Return whether a JSON value is a string."""
    return isinstance(value, str)


_CHECKS = {
    **dict.fromkeys(_MATCHERS, (_is_text, "a glob")),
    "times": (_is_count, "a positive whole number"),
    "seconds": (_is_number, "a number of seconds"),
    "latency": (_is_number, "a number of seconds"),
    "after": (lambda value: isinstance(value, bool), "true or false"),
    "status": (lambda value: _is_count(value) and 200 <= value <= 599, "a status from 200 to 599"),
    "cut": (lambda value: value in ("before", "body"), '"before" or "body"'),
    "goaway": (lambda value: value == 0 or _is_count(value), "the number of a stream"),
    "headers": (lambda value: isinstance(value, dict), "an object of names and values"),
    **dict.fromkeys(("hang", "malformed", "throttle", "html"), (lambda value: value is True, "true")),
}


def _names(names: set[str]) -> str:
    """Return names sorted and joined."""
    return ", ".join(sorted(names))


def _bad(message: str) -> HttpError:
    """Return the error for an invalid rule."""
    return HttpError(400, {"message": message})
