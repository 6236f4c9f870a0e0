"""The push gateways: directives, events and pings."""

from email import message_from_bytes
import json
from typing import Any

from alexa_sim.http import HttpError, Request, Response, text_of
from alexa_sim.push import UNAUTHENTICATED, content_type, opening, part, set_endpoint

from . import Services, admit_bearer

_HOSTS = ("alexa.{region}.gateway.devices.a2z.com", "bob-dispatch-prod-{region}.amazon.com")


class GatewayEndpoints:
    """The endpoints of both names that each region's gateway has."""

    def __init__(self, services: Services) -> None:
        """Add the endpoints to the router."""
        self._services = services
        for host in _HOSTS:
            services.router.add("GET", host, "/v20160207/directives", self._directives)
            services.router.add("POST", host, "/v20160207/events", self._events)
            services.router.add("GET", host, "/ping", self._ping)
            services.router.add("POST", host, "/ping", self._ping)

    async def _directives(self, request: Request) -> Response:
        """Open a stream; at the wrong region's gateway, or before capabilities, nothing ever comes on it."""
        registration = admit_bearer(self._services, request, _unauthenticated())
        at_home = self._home(registration.account) == request.params["region"]
        stream = self._services.streams.open(
            registration.account,
            request.bearer or "",
            live=at_home and registration.pushes,
            now=self._services.state.now(),
        )
        return Response(200, stream=stream, headers=[("content-type", content_type())])

    async def _events(self, request: Request) -> Response:
        """Take an event: SynchronizeState is answered with the right gateway where this is the wrong one."""
        registration = admit_bearer(self._services, request, _unauthenticated())
        event = _event(request)
        header = event.get("header")
        if not isinstance(header, dict) or "name" not in header:
            raise _exception("The event has no header")
        if (header.get("namespace"), header["name"]) != ("System", "SynchronizeState"):
            raise _exception(f"Unknown event {header.get('namespace')}.{header['name']}")
        home = self._home(registration.account)
        if home == request.params["region"]:
            return Response(204)
        url = "https://" + request.host.replace(_label(request), _label(request, home))
        return Response(200, opening() + part(set_endpoint(url)), [("content-type", content_type())])

    async def _ping(self, request: Request) -> Response:
        """Say that the connection is alive."""
        admit_bearer(self._services, request, _unauthenticated())
        return Response(204)

    def _home(self, account: str) -> str:
        """Return the region that an account is served in."""
        return self._services.state.marketplace(account).region


def _label(request: Request, region: str | None = None) -> str:
    """Return the part of the host that names the region."""
    region = region or request.params["region"]
    return f"prod-{region}" if request.host.startswith("bob-") else f".{region}."


def _event(request: Request) -> dict[str, Any]:
    """Return the event of a body that is JSON, or multipart with a JSON part; raises ``HttpError`` 400."""
    text = request.text
    if "multipart/" in request.headers.get("content-type", ""):
        parts = [piece.partition(b"\r\n\r\n") for piece in request.body.split(b"--") if b"\r\n\r\n" in piece]
        text = _part_text(*parts[0][::2]) if parts else ""
    try:
        data = json.loads(text)
    except ValueError as err:
        raise _exception("The event is not JSON") from err
    event = data.get("event") if isinstance(data, dict) else None
    if not isinstance(event, dict):
        raise _exception("There is no event")
    return event


def _part_text(head: bytes, body: bytes) -> str:
    """Return the body of a part of a multipart request, read by the part's own content type."""
    # the first line is the rest of the boundary
    headers = message_from_bytes(head.partition(b"\r\n")[2] + b"\r\n\r\n")
    return text_of(body.strip(), headers.get("content-type", ""))


def _unauthenticated() -> Response:
    """Return the refusal of a token."""
    return Response(403, UNAUTHENTICATED.encode(), [("content-type", "text/plain")])


def _exception(description: str) -> HttpError:
    """Return the exception message of an event that is refused."""
    header = {"namespace": "System", "name": "Exception", "messageId": ""}
    return HttpError(
        400, {"header": header, "payload": {"code": "INVALID_REQUEST_EXCEPTION", "description": description}}
    )
