"""Checks of the API: who may call which operation, and the format of errors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
import json
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from alexa_sim.http import Request, Response, Router, json_response
from alexa_sim.state import Json

from .bodies import BodyError, body_of
from .lwa import MANAGEMENT, WIFI, LoginWithAmazon
from .organization import Organization

type Handler = Callable[[Call], Response]

_HOSTS = {"na": "api.amazonalexa.com", "eu": "api.eu.amazonalexa.com", "fe": "api.fe.amazonalexa.com"}
_LOCKERS = {
    "na": "credential-locker-service.amazon.com",
    "eu": "credential-locker-service.amazon.eu",
    "fe": "credential-locker-service.amazon.jp",
}
_PREFIXES = ("/v2/endpoints", "/v2/endpointQuery", "/v2/units", "/v3/notifications", "/v1/alerts/timers")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
_API = "api"


class Shape(StrEnum):
    """Format of an error body; it differs between families of operations."""

    TYPE = "type"
    CODE = "code"
    MESSAGE = "message"
    TIMERS = "timers"


class RefusalError(Exception):
    """An error response: ``kind`` is the error's type, ``data`` replaces the default body."""

    def __init__(self, status: int, kind: str, message: str, data: Any = None) -> None:
        """Initialize with the parts of the error response."""
        super().__init__(f"{status} {kind}: {message}")
        self.status = status
        self.kind = kind
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Route:
    """How an operation is served.

    ``absent`` are the countries without the operation. ``missing`` are the status and the error type for an unknown
    endpoint.
    """

    handler: Handler
    shape: Shape = Shape.TYPE
    scopes: frozenset[str] = frozenset({MANAGEMENT})
    absent: Sequence[str] = ()
    missing: tuple[int, str] = (404, "NOT_FOUND")


@dataclass(frozen=True, slots=True)
class Call:
    """A request of an authorized operator."""

    request: Request
    route: Route
    organization: Organization
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint_id(self) -> str:
        """Return the id of the endpoint in the path."""
        return self.params["endpointId"]

    def endpoint(self) -> Json:
        """Return the endpoint in the path; raises ``RefusalError``."""
        found = self.organization.endpoints.get(self.endpoint_id)
        if found is None:
            raise RefusalError(*self.route.missing, "There is no such endpoint")
        return found

    def writable(self) -> Json:
        """Return the endpoint in the path if the operator may change it; raises ``RefusalError``."""
        endpoint = self.endpoint()
        if endpoint["readOnly"]:
            raise RefusalError(403, "FORBIDDEN", "The caller may not change this endpoint")
        return endpoint

    def body(self, name: str, kind: str = "BAD_REQUEST") -> Any:
        """Return the body after validation with a schema of ``bodies``; raises ``RefusalError`` 400."""
        try:
            return body_of(self.request.text, name)
        except BodyError as err:
            raise RefusalError(400, kind, str(err)) from err

    def number(self, name: str, most: int | None, default: int, kind: str = "BAD_REQUEST") -> int:
        """Return a number in the query, from 1 to ``most``; raises ``RefusalError`` 400."""
        text = self.request.query.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= (most or 10**9):
            raise RefusalError(400, kind, f"{name} is out of range")
        return int(text[:9])


class Api:
    """Adds operations to the router of a cloud for the hosts of all regions."""

    def __init__(self, router: Router, organization: Organization, login: LoginWithAmazon) -> None:
        """Initialize, and route all paths of the API to this object."""
        self._organization = organization
        self._login = login
        self._table = Router()
        self._closed: set[Any] = set()
        for host in _HOSTS.values():
            for prefix in _PREFIXES:
                router.add("*", host, prefix, self._serve)
                router.add("*", host, f"{prefix}/{{rest:path}}", self._serve)
        for host in _LOCKERS.values():
            router.add("*", host, "/credentiallocker/{rest:path}", self._serve)

    def add(self, method: str, path: str, route: Route) -> None:
        """Add an operation; of several that match a path, the first one serves it."""

        async def serve(request: Request) -> Response:
            return self._admitted(request, route)

        self._table.add(method, _API, path, serve)

    def close(self, method: str, path: str) -> None:
        """Refuse a method on a path that a later, more general path would allow."""

        async def closed(_request: Request) -> Response:
            raise AssertionError("what is closed is answered before it is served")

        self._closed.add(closed)
        self._table.add(method, _API, path, closed)

    def _match(self, method: str, path: str) -> tuple[Any, dict[str, str]] | int:
        """Return the route for a request and its parameters; 404 or 405 if no route matches."""
        found = self._table.match(method, _API, path)
        return 405 if not isinstance(found, int) and found[0] in self._closed else found

    async def _serve(self, request: Request) -> Response:
        """Handle a request; every response has a request id."""
        response = await self._answer(request)
        response.headers.append(("x-amzn-requestid", str(uuid4())))
        return response

    async def _answer(self, request: Request) -> Response:
        """Return the response to a request, which may match no route."""
        found = self._match(request.method, request.path)
        if isinstance(found, int):
            allowed = [name for name in _METHODS if not isinstance(self._match(name, request.path), int)]
            headers = [("allow", ", ".join(allowed))] if found == 405 else []
            kind = "METHOD_NOT_ALLOWED" if found == 405 else "NOT_FOUND"
            return json_response({"type": kind, "message": "There is no such operation"}, found, headers)
        handler, params = found
        response: Response = await handler(
            replace(request, params={key: unquote(part) for key, part in params.items()})
        )
        return response

    def _admitted(self, request: Request, route: Route) -> Response:
        """Return the response of the handler if the caller is authorized."""
        self._organization.settle()
        try:
            self._admit(request, route)
            return route.handler(Call(request, route, self._organization, request.params))
        except RefusalError as err:
            return refused(err, route.shape, request.params.get("endpointId"))

    def _admit(self, request: Request, route: Route) -> None:
        """Raise ``RefusalError`` 401 or 403 unless the caller may use this operation in this region."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._login.grant_of(token) if scheme == "Bearer" else None
        locker = request.path.startswith("/credentiallocker/")
        if grant is None or (locker and request.headers.get("x-amz-access-token") != token):
            raise RefusalError(401, "UNAUTHORIZED", "The access token is missing, expired or invalid")
        data = self._organization.data
        client = self._login.client(grant.client)
        if grant.account != data["operator"] or client is None or not client["apiAccess"]:
            raise RefusalError(403, "FORBIDDEN", "The caller has no access to the API")
        if not route.scopes <= grant.scopes:
            raise RefusalError(403, "FORBIDDEN", "The access token lacks a scope")
        if request.host != (_LOCKERS if locker else _HOSTS)[self._organization.region]:
            raise RefusalError(403, "FORBIDDEN", "The organization is not served in this region")
        if data["country"] in route.absent:
            raise RefusalError(403, "FORBIDDEN", "The operation is not available in this country")


WIFI_SCOPES = frozenset({MANAGEMENT, WIFI})
"""Scopes that the Wi-Fi operations require."""


def refused(err: RefusalError, shape: Shape, endpoint_id: str | None = None) -> Response:
    """Return an error response in the format of the operation's family."""
    if err.data is not None:
        return json_response(err.data, err.status)
    if shape is Shape.TIMERS:
        error = {"type": err.kind, "message": err.message}
        return json_response({"errors": [error | ({"endpointId": endpoint_id} if endpoint_id else {})]}, err.status)
    data = {"message": err.message}
    if shape is not Shape.MESSAGE:
        data[shape.value] = err.kind
    return json_response(data, err.status)


def empty(status: int = 200) -> Response:
    """Return a response without a body."""
    return Response(status)


def page[Item](
    items: Sequence[Item], token: str | None, size: int, asked: Any, kind: str = "BAD_REQUEST"
) -> tuple[Sequence[Item], str | None]:
    """Return a page and the token of the next one (``None`` for the last page).

    A token is only valid for the same query ``asked``; raises ``RefusalError`` 400.
    """
    mark = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    start = 0
    if token is not None:
        try:
            given, _, offset = urlsafe_b64decode(token.encode()).decode().partition(":")
            start = int(offset) if given == mark else -1
        except ValueError:
            start = -1
        if not 0 <= start <= len(items):
            raise RefusalError(400, kind, "nextToken does not belong to this request")
    end = start + size
    following = urlsafe_b64encode(f"{mark}:{end}".encode()).decode() if end < len(items) else None
    return items[start:end], following


def several(request: Request, name: str) -> list[str]:
    """Return all values of a repeatable parameter."""
    return [value for key, value in request.pairs if key == name]
