"""Push gateways: directives, events and pings."""

from email import message_from_bytes
import json
from typing import Any

from alexa_sim.http import HttpError, Request, Response, text_of
from alexa_sim.push import UNAUTHENTICATED, content_type, opening, part, set_endpoint

from . import Services, admit_bearer

_HOSTS = ("alexa.{region}.gateway.devices.a2z.com", "bob-dispatch-prod-{region}.amazon.com")


class GatewayEndpoints:
    """The endpoints of both host names of each region's gateway."""

    def __init__(self, services: Services) -> None:
        """Initialize, and add the endpoints to the router."""
        self._services = services
        for host in _HOSTS:
            services.router.add("GET", host, "/v20160207/directives", self._directives)
            services.router.add("POST", host, "/v20160207/events", self._events)
            services.router.add("GET", host, "/ping", self._ping)
            services.router.add("POST", host, "/ping", self._ping)

    async def _directives(self, request: Request) -> Response:
        """Open a stream; it stays silent at the wrong region's gateway, or without registered capabilities."""
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
        """Handle an event; SynchronizeState at the wrong gateway is answered with the right one."""
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
        """Respond to a ping."""
        admit_bearer(self._services, request, _unauthenticated())
        return Response(204)

    def _home(self, account: str) -> str:
        """Return the region that serves an account."""
        return self._services.state.marketplace(account).region


def _label(request: Request, region: str | None = None) -> str:
    """Return the part of the host name for the region."""
    region = region or request.params["region"]
    return f"prod-{region}" if request.host.startswith("bob-") else f".{region}."


def _event(request: Request) -> dict[str, Any]:
    """Return the event in a body, which is JSON or multipart with a JSON part; raises ``HttpError`` 400."""
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
    """Return the body of a multipart part as text, decoded by the part's content type."""
    # the first line is the rest of the boundary
    headers = message_from_bytes(head.partition(b"\r\n")[2] + b"\r\n\r\n")
    return text_of(body.strip(), headers.get("content-type", ""))


def _unauthenticated() -> Response:
    """Return the response for an invalid token."""
    return Response(403, UNAUTHENTICATED.encode(), [("content-type", "text/plain")])


def _exception(description: str) -> HttpError:
    """Return the exception response for a refused event."""
    header = {"namespace": "System", "name": "Exception", "messageId": ""}
    return HttpError(
        400, {"header": header, "payload": {"code": "INVALID_REQUEST_EXCEPTION", "description": description}}
    )
