"""The simulated cloud: one household at one marketplace, with its requests and events."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .auth import Auth, cookie_value
from .endpoints import Services, WebsiteApi
from .endpoints.account import add_account
from .endpoints.alerts import add_alerts
from .endpoints.background import add_background
from .endpoints.behaviors import add_behaviors
from .endpoints.communications import CommunicationEndpoints
from .endpoints.device_settings import add_device_settings
from .endpoints.devices import add_devices
from .endpoints.feeds import add_feeds
from .endpoints.gateway import GatewayEndpoints
from .endpoints.graphql import add_graphql
from .endpoints.history import add_history
from .endpoints.kids import add_kids
from .endpoints.lists import add_lists
from .endpoints.media import add_media
from .endpoints.phoenix import add_phoenix
from .endpoints.registration import RegistrationEndpoints
from .endpoints.settings import add_settings
from .endpoints.signin import SignInPages, sign_in_at
from .http import HttpError, Router
from .push import Streams
from .sequences import Sequences
from .smart_properties.service import SmartProperties
from .state import Clock, State


class Cloud:
    """The simulated cloud of one household.

    ``router`` handles requests; the methods are called by the control plane.
    """

    def __init__(self, household: Mapping[str, Any], *, domain: str, clock: Clock) -> None:
        """Initialize with a household that ``load_household`` has validated; ``domain`` is its marketplace."""
        self.router = Router()
        self._streams = Streams()
        self._state = State(household["accounts"], domain=domain, clock=clock, emit=self._emit)
        self._auth = Auth(self._state)
        self._sequences = Sequences(self._state)
        self._history = self._state.history
        for registration in household.get("registrations", []):
            self._auth.adopt(registration)
        self._state.after_patch.append(self._after_patch)
        services = Services(self.router, self._state, self._auth, self._streams, self._sequences, self._history)
        self._pages = SignInPages(services)
        RegistrationEndpoints(services)
        GatewayEndpoints(services)
        CommunicationEndpoints(services)
        api = WebsiteApi(services)
        for add in (
            *(add_account, add_devices, add_media, add_behaviors, add_settings),
            *(add_graphql, add_history, add_lists),
            add_device_settings,
            *(add_graphql, add_history, add_lists, add_phoenix),
            add_background,
            add_feeds,
            add_kids,
            add_alerts,
        ):
            add(api)
        self._properties: SmartProperties | None = None
        if (given := household.get("smartProperties")) is not None:
            self._properties = SmartProperties(given, router=self.router, state=self._state, auth=self._auth)

    def state(self) -> dict[str, Any]:
        """Return the current state as JSON."""
        document = self._state.document()
        return document if self._properties is None else {**document, "smartProperties": self._properties.document()}

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch (RFC 7396) to the state, which causes pushes; raises ``HttpError`` 400."""
        properties = None
        if self._properties is not None and "smartProperties" in patch:
            properties = self._properties.organization.patched(patch["smartProperties"])
            patch = {name: value for name, value in patch.items() if name != "smartProperties"}
        self._state.patch(patch)
        if self._properties is not None and properties is not None:
            self._properties.organization.data = properties

    def push(self, command: str, payload: Mapping[str, Any]) -> None:
        """Push a command on all streams; a missing ``destinationUserId`` is added."""
        self._streams.send(command, payload, now=self._state.now())

    def push_raw(self, directive: str | Mapping[str, Any]) -> None:
        """Send a text unchanged to all streams, or an object as one part."""
        self._streams.send_raw(directive, now=self._state.now())

    async def say(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Simulate speech to an Echo; raises ``HttpError`` 400.

        ``data`` contains ``serial`` and ``text``, and optionally ``response``, ``person``, ``intent`` and
        ``utteranceType`` (default GENERAL). The Echo wakes, and so do the Echos within earshot (``heardBy``), which do
        not respond. Each of these Echos gets a history record.
        """
        serial, text = data.get("serial"), data.get("text")
        device = self._state.find(serial) if isinstance(serial, str) else None
        if device is None or device["deviceFamily"] in ("WHA", "VOX") or not isinstance(text, str):
            raise HttpError(400, {"message": 'Speech to an Echo is {"serial", "text"}.'})
        if not device["online"]:
            raise HttpError(400, {"message": f"{device['accountName']} is offline."})
        self._state.catch_up()
        self._state.wake([str(serial), *device["heardBy"]])
        with self._state.change():
            for account, held in self._state.accounts.items():
                if serial in held["devices"]:
                    self._state.hear(account, str(serial), text)
        now = self._state.now()
        record = {
            "time": now,
            "serial": serial,
            "text": text,
            "response": data.get("response"),
            "person": data.get("person"),
            "intent": data.get("intent"),
            "utteranceType": data.get("utteranceType") or "GENERAL",
        }
        gave_way = {"text": "", "response": None, "person": None, "intent": None, "utteranceType": "DEVICE_ARBITRATION"}
        for other in device["heardBy"]:
            if (hearing := self._state.find(other)) is not None and hearing["online"]:
                self._history.append({"time": now, "serial": other, **gave_way})
        self._history.append(record)
        return record

    def newest_app(self) -> str | None:
        """Return the serial of the app that last signed in."""
        return next(reversed(self._auth.registrations), None)

    def app_headers(self) -> dict[str, str]:
        """Return the headers of the app that last signed in: token, cookies and csrf value."""
        [*_, registration] = self._auth.registrations.values()
        domain = self._state.marketplace(registration.account).domain
        cookies = {name: value for name, (value, _) in self._auth.new_cookies(registration.account, domain).items()}
        cookies["csrf"] = "1"
        return {
            "authorization": f"Bearer {self._auth.new_access_token(registration)}",
            "cookie": "; ".join(f"{name}={cookie_value(name, value)}" for name, value in cookies.items()),
            "csrf": cookies["csrf"],
        }

    def spoken(self) -> list[dict[str, Any]]:
        """Return what the Echos have spoken, in the format of ``Sequences.spoken``."""
        return [*self._sequences.spoken(), *(self._properties.spoken() if self._properties else ())]

    def sign_in(self, url: str, account: str | None = None) -> str:
        """Sign in at a sign-in URL with the correct password; return the final URL.

        ``account`` is a customer id or an email address; the default is the first account. Raises ``HttpError`` 400.
        """
        accounts = self._state.accounts
        found = next(
            (key for key, value in accounts.items() if account in (None, key, value["email"])),
            None,
        )
        if found is None:
            raise HttpError(400, {"message": f"There is no account {account}."})
        if self._properties is not None and urlsplit(url).path == "/ap/oa":
            return self._properties.login.sign_in(url, found)
        return sign_in_at(self._pages, url, found)

    def expire_tokens(self) -> None:
        """Expire all access tokens and cookies; streams end with Amazon's message about it."""
        self._auth.expire()
        if self._properties is not None:
            self._properties.login.expire()
        self._end_unauthenticated()

    def revoke(self) -> None:
        """Revoke all grants, including refresh tokens."""
        self._auth.revoke()
        if self._properties is not None:
            self._properties.login.revoke()
        self._end_unauthenticated()

    async def sent(self) -> None:
        """Wait until all pushes have been sent, for a limited time."""
        await self._streams.sent()

    def close_streams(self) -> None:
        """Close all directive streams."""
        self._streams.close()

    def silence_streams(self, seconds: float) -> None:
        """Discard everything that would be pushed for a number of seconds of the simulation's clock."""
        self._streams.silence(self._state.now() + seconds)

    def tick(self) -> None:
        """Process everything that is due: ends of tracks, timers, alarms, sequences and expired tokens."""
        self._state.catch_up()
        if self._properties is not None:
            self._properties.organization.settle()
        self._end_unauthenticated()
        self._streams.keep_alive(self._state.now())

    async def aclose(self) -> None:
        """Stop all streams and tasks."""
        self.close_streams()

    def _emit(self, account: str, command: str, payload: dict[str, Any]) -> None:
        """Push the consequence of a change."""
        self._streams.send(command, payload, now=self._state.now(), account=account)

    def _after_patch(self) -> None:
        """Sign out the apps whose device or account was removed by a patch."""
        self._auth.drop_orphans()
        self._end_unauthenticated()

    def _end_unauthenticated(self) -> None:
        """Close the streams whose token is invalid."""
        self._streams.end_unauthenticated(self._auth.is_valid, self._state.now())
