"""Requests, responses and routes of the simulated cloud."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache, lru_cache
from http.cookies import CookieError, SimpleCookie
import json
import re
from typing import Any
from urllib.parse import parse_qsl

type Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received.

    ``host`` is in lower case without a port, and header names are in lower case. ``params`` contains the values of the
    route's placeholders. ``body`` is the complete body. ``pairs`` is the query in order, including repeated names.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    http_version: str = "1.1"
    params: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Return the body as text, decoded like Amazon does."""
        return text_of(self.body, self.headers.get("content-type", ""))

    def json(self) -> Any:
        """Return the body as JSON; raises ``HttpError`` 400 if it is invalid."""
        try:
            return json.loads(self.text or "null")
        except ValueError as err:
            raise HttpError(400, {"message": "Malformed JSON"}) from err

    def form(self) -> dict[str, str]:
        """Return a form-encoded body as a dictionary."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        """Return the cookies of the request, without quotes around their values."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}

    @property
    def bearer(self) -> str | None:
        """Return the token in the Authorization header; some clients send it without "Bearer"."""
        value = self.headers.get("authorization")
        return value.removeprefix("Bearer ").strip() if value else None


@dataclass(slots=True)
class Response:
    """One response; a ``stream`` replaces ``body`` and is sent piece by piece.

    A ``chunked`` body is also sent in pieces, without a Content-Length.
    """

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None
    chunked: bool = False


def text_of(body: bytes, content_type: str) -> str:
    """Return a body as text: in the charset of its content type, otherwise in ISO-8859-1, like Amazon.

    UTF-8 without a charset is therefore garbled, as clients have observed ("KÃ¼che").
    """
    header = Message()
    header["content-type"] = content_type
    try:
        return body.decode(header.get_content_charset("iso-8859-1"), errors="replace")
    except LookupError:
        return body.decode("iso-8859-1")


class HttpError(Exception):
    """A response other than success, raised by a handler or a function that it calls."""

    def __init__(self, status: int, data: Any = None, headers: list[tuple[str, str]] | None = None) -> None:
        """Initialize with the status and the JSON body."""
        super().__init__(f"{status} {data}")
        self.response = json_response(data, status, headers)


def json_response(data: Any, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """Return ``data`` as a JSON response (an empty body for ``None``)."""
    body = b"" if data is None else json.dumps(data).encode()
    return Response(status, body, [("content-type", "application/json"), *(headers or [])])


def html_response(text: str, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """Return a page; without a Content-Length, because Amazon's servers send pages while generating them."""
    content = [("content-type", "text/html;charset=UTF-8"), *(headers or [])]
    return Response(status, text.encode(), content, chunked=True)


def redirect(location: str, headers: list[tuple[str, str]] | None = None) -> Response:
    """Return a redirect response (302)."""
    return Response(302, b"", [("location", location), *(headers or [])])


_MAX_MATCHES = 1000
"""Maximum number of requests whose routes are kept."""


class Router:
    """Table of routes: (method, host, path) → handler.

    Hosts and paths may contain ``{name}`` for one label or one segment, and ``{name:path}`` for anything. The values
    are in ``Request.params``. ``{domain}`` in a host stands for a retail domain such as ``amazon.co.uk``.
    """

    def __init__(self) -> None:
        """Initialize without routes."""
        self._routes: list[tuple[str, re.Pattern[str]]] = []
        self._handlers: list[Handler] = []
        self._known: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def add(self, method: str, host: str, path: str, handler: Handler) -> None:
        """Add a route; the first route that matches handles a request."""
        self._routes.append((method, _compiled(host, path)))
        self._handlers.append(handler)

    def route(self, method: str, host: str, path: str) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a route."""

        def decorate(handler: Handler) -> Handler:
            self.add(method, host, path, handler)
            return handler

        return decorate

    def match(self, method: str, host: str, path: str) -> tuple[Handler, dict[str, str]] | int:
        """Return the handler and its parameters; 404 or 405 if no route matches."""
        if len(self._known) != len(self._routes):
            self._known = tuple(self._routes)
        index, found = _match(self._known, method, host, path)
        return index if found is None else (self._handlers[index], found.copy())


@lru_cache(_MAX_MATCHES)
def _match(
    routes: tuple[tuple[str, re.Pattern[str]], ...], method: str, host: str, path: str
) -> tuple[int, dict[str, str] | None]:
    """Return the index of the first route that matches, and its parameters; 404 or 405 and None if there is none.

    Each new cloud has the same routes.
    """
    status = 404
    for index, (allowed, pattern) in enumerate(routes):
        if found := pattern.fullmatch(f"{host}{path}"):
            if allowed in (method, "*"):
                return index, found.groupdict()
            status = 405
    return status, None


@cache
def _compiled(host: str, path: str) -> re.Pattern[str]:
    """Return the regular expression for a route; each new cloud has the same ones."""
    return re.compile(f"{_pattern(host, 'host')}{_pattern(path, 'path')}")


def _pattern(text: str, kind: str) -> str:
    """Return the regular expression for a host or path with placeholders."""
    out = ""
    for part in re.split(r"(\{[^}]+\})", text):
        if not part.startswith("{"):
            out += re.escape(part)
            continue
        name, _, how = part[1:-1].partition(":")
        if name == "domain" and kind == "host":
            out += r"(?P<domain>amazon(?:\.[a-z]{2,3}){1,2})"
        else:
            out += f"(?P<{name}>{'.*' if how == 'path' else '[^/.]+' if kind == 'host' else '[^/]+'})"
    return out
