"""Endpoints of the cloud, one module per family."""

from collections.abc import Callable
from dataclasses import dataclass, field
import re
from typing import Any

from alexa_sim.auth import Auth, Registration
from alexa_sim.http import HttpError, Request, Response, Router, json_response
from alexa_sim.marketplaces import MARKETPLACES, Marketplace
from alexa_sim.push import Streams
from alexa_sim.sequences import Sequences
from alexa_sim.state import State

type Endpoint = Callable[[Call], Response]

_NOTIFICATION_AGENT = re.compile(r"Mozilla/|.*\bPitanguiBridge/")
"""User-Agents that Amazon accepts for notifications: those of browsers and of the app's web pages."""

_API_HOSTS = ("alexa.{domain}", "{region}-api-alexa.{domain}")


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the cloud that endpoints use."""

    router: Router
    state: State
    auth: Auth
    streams: Streams
    sequences: Sequences
    history: list[dict[str, Any]] = field(default_factory=list)
    history_left: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Remaining history requests by account, and the time of that number (epoch seconds)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a signed-in user."""

    request: Request
    services: Services
    account_id: str
    addressed: set[str] = field(default_factory=set)
    """Serials of the devices in the request."""

    @property
    def state(self) -> State:
        """Return the state of the cloud."""
        return self.services.state

    @property
    def account(self) -> dict[str, Any]:
        """Return the account of the user."""
        return self.state.accounts[self.account_id]

    @property
    def marketplace(self) -> Marketplace:
        """Return the marketplace of the account."""
        return self.state.marketplace(self.account_id)

    def devices(self, *without: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the devices that the account sees, except those of the families ``without``."""
        return [pair for pair in self.state.devices(self.account_id) if pair[1]["deviceFamily"] not in without]

    def device(self, serial: Any, device_type: Any) -> dict[str, Any]:
        """Return the device with a serial and a type; raises ``HttpError`` 400."""
        if not isinstance(serial, str) or not isinstance(device_type, str):
            raise bad_request("deviceSerialNumber and deviceType are required")
        device = self.state.device(self.account_id, serial)
        if device is None or device["deviceType"] != device_type:
            raise bad_request("Invalid device")
        self.addressed.add(serial)
        return device

    def queried_device(self) -> dict[str, Any]:
        """Return the device in the query; raises ``HttpError`` 400."""
        query = self.request.query
        return self.device(query.get("deviceSerialNumber"), query.get("deviceType"))

    def body(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises ``HttpError`` 400 for anything else."""
        data = self.request.json()
        if not isinstance(data, dict):
            raise bad_request("The body must be a JSON object")
        return data


class WebsiteApi:
    """Adds endpoints of the account API, with the checks that Amazon makes (cookies, csrf, User-Agent)."""

    def __init__(self, services: Services) -> None:
        """Initialize; endpoints are added to the router of ``services``."""
        self.services = services

    def add(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        everywhere: bool = False,
        csrf: bool = True,
        hosts: tuple[str, ...] = _API_HOSTS,
    ) -> None:
        """Add an endpoint at ``alexa.<domain>`` and ``<region>-api-alexa.<domain>``, or at other ``hosts``.

        It is served at the account's own marketplace and region, or at every marketplace if ``everywhere``. All methods
        except GET require ``csrf``, apart from a few endpoints that only read.
        """

        async def serve(request: Request) -> Response:
            call = self._admit(request, everywhere=everywhere, csrf=csrf)
            call.state.woken.clear()
            response = endpoint(call)
            if csrf and request.method not in ("GET", "HEAD"):
                # a command that is sent to an Echo wakes it
                call.state.wake(call.addressed - call.state.woken)
            return response

        for host in hosts:
            self.services.router.add(method, host, path, serve)

    def _admit(self, request: Request, *, everywhere: bool, csrf: bool) -> Call:
        """Return the call for a request that passes Amazon's checks; raises ``HttpError``."""
        there = MARKETPLACES.get(request.params["domain"])
        account = None if there is None else self.services.auth.account_of(request.cookies, there)
        if there is None or account is None:
            raise HttpError(401, {"message": "Authentication required"})
        home = self.services.state.marketplace(account)
        if not everywhere and (there != home or request.params.get("region", home.region) != home.region):
            raise HttpError(401, {"message": "The account is not served here"})
        if csrf and request.method not in ("GET", "HEAD"):
            cookie = request.cookies.get("csrf")
            if not cookie or request.headers.get("csrf") != cookie:
                raise HttpError(403, {"message": "The csrf header does not match the csrf cookie"})
        agent = request.headers.get("user-agent", "")
        if request.path.startswith("/api/notifications") and not _NOTIFICATION_AGENT.match(agent):
            raise HttpError(
                400,
                {"message": "Rate exceeded", "__type": "ThrottlingException"},
                [("x-amzn-ErrorType", "ThrottlingException")],
            )
        return Call(request, self.services, account)


def admit_bearer(services: Services, request: Request, refusal: Response | None = None) -> Registration:
    """Return the registration for the access token of a request; raises ``HttpError`` 401 or ``refusal``."""
    registration = services.auth.by_access_token(request.bearer)
    if registration is not None:
        return registration
    error = HttpError(401, {"message": "Invalid or expired access token"})
    if refusal is not None:
        error.response = refusal
    raise error


def bad_request(message: str) -> HttpError:
    """Return a 400 error with a message."""
    return HttpError(400, {"message": message})


def empty() -> Response:
    """Return a 200 response without a body."""
    return json_response(None)
