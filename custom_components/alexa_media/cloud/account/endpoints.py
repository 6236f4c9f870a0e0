"""Definition of an endpoint, and the basic endpoints of an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, override

from ..http import MAX_BODY_BYTES, MAX_WRITE_BODY_BYTES, Target

_MAX_READ_BODY_BYTES: Final = 2 * 1024 * 1024


class Host(StrEnum):
    """Host of an endpoint."""

    WEBSITE = "website"
    """``websiteApiUrl`` of ``/api/endpoints``, or ``alexa.<domain>`` if that is unknown; uses cookies."""
    ALEXA = "alexa"
    """``alexa.<domain>``; uses cookies."""
    RETAIL = "retail"
    """``www.<domain>``; uses cookies."""
    ALEXA_API = "alexa_api"
    """``alexaApiUrl`` of ``/api/endpoints``, or ``api.amazonalexa.com`` if that is unknown; uses the bearer token."""
    COMMUNICATIONS = "communications"
    """One host for all marketplaces; uses the cookies of the account's marketplace."""
    PARENTS = "parents"
    """``parents.<domain>`` (``eltern.amazon.de`` in Germany); uses cookies and a separate csrf cookie."""


class Answer(StrEnum):
    """Expected content of a successful response.

    Where no page is expected, HTML counts as the sign-in page. ``errors`` in JSON count as a refusal unless the
    endpoint is ``partial``.
    """

    JSON = "json"
    """A JSON value other than null, or nothing with status 204."""
    ANY = "any"
    """Any content other than a page, or none."""
    PAGE = "page"
    """A page that is requested for its cookies; HTML is accepted."""
    HTML = "html"
    """A page whose HTML text is returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Target):
    """A request of the account API.

    ``browser_agent`` sends a browser's User-Agent, because some endpoints respond to the app's with 400 and a
    ThrottlingException in the body. ``bearer`` sends the access token in addition to the cookies. ``csrf`` is False for
    requests other than GET that need no csrf token. ``partial`` means that ``errors`` in a 200 may concern only a part
    of the response, so the parser handles them. ``whole_account`` allows a larger response, which grows with the
    account. ``wakes`` is False for writes that name an Echo but only change data stored by Amazon.
    """

    host: Host = Host.WEBSITE
    timeout: float = 20.0
    browser_agent: bool = False
    bearer: bool = False
    csrf: bool = True
    answer: Answer = Answer.JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    whole_account: bool = False
    wakes: bool = True

    @property
    @override
    def max_body(self) -> int:
        if self.whole_account or self.answer in (Answer.PAGE, Answer.HTML):
            return MAX_BODY_BYTES
        return MAX_WRITE_BODY_BYTES if self.is_write else _MAX_READ_BODY_BYTES

    @property
    def needs_csrf(self) -> bool:
        """Return whether a request has to repeat the csrf cookie in a header."""
        return self.csrf and self.method != "GET" and self.host not in (Host.ALEXA_API, Host.PARENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Endpoint):
    """An endpoint that changes data; by default, its response need not contain JSON."""

    is_write: bool = True
    answer: Answer = Answer.ANY


LANGUAGE: Final = Endpoint("language", "GET", "/api/language", host=Host.ALEXA, timeout=10, answer=Answer.PAGE)
DEVICE_PICK: Final = Endpoint(
    "device_pick", "GET", "/templates/oobe/d-device-pick.handlebars", host=Host.ALEXA, timeout=10, answer=Answer.PAGE
)
DEVICES_PAGE: Final = Endpoint(
    "devices_page", "GET", "/api/devices-v2/device", host=Host.ALEXA, timeout=10, answer=Answer.PAGE
)
STRINGS: Final = Endpoint("strings", "GET", "/api/strings", host=Host.ALEXA, timeout=10, answer=Answer.PAGE)

CSRF_PAGES: Final = (LANGUAGE, DEVICE_PICK, DEVICES_PAGE, STRINGS)
"""Pages that set the csrf cookie, in the order in which to try them."""

REGION: Final = Endpoint("region", "GET", "/api/endpoints", host=Host.ALEXA, timeout=10)
ACCOUNT: Final = Endpoint("account", "GET", "/api/users/me")
DEVICES: Final = Endpoint("devices", "GET", "/api/devices-v2/device", timeout=30, whole_account=True)
PREFERENCES: Final = Endpoint("preferences", "GET", "/api/device-preferences", timeout=30, whole_account=True)
SESSIONS: Final = Endpoint("sessions", "GET", "/api/np/list-media-sessions")
# deviceType and dsn are literal: this request covers all devices
VOLUMES: Final = Endpoint("volumes", "GET", "/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes")
NOTIFICATIONS: Final = Endpoint("notifications", "GET", "/api/notifications", browser_agent=True, whole_account=True)
DND: Final = Endpoint("dnd", "GET", "/api/dnd/device-status-list")
SET_DND: Final = Write("set_dnd", "PUT", "/api/dnd/status", answer=Answer.JSON)
BLUETOOTH: Final = Endpoint("bluetooth", "GET", "/api/bluetooth")
CONNECT_BLUETOOTH: Final = Write("connect_bluetooth", "POST", "/api/bluetooth/pair-sink/{type}/{serial}")
DISCONNECT_BLUETOOTH: Final = Write("disconnect_bluetooth", "POST", "/api/bluetooth/disconnect-sink/{type}/{serial}")
BEHAVIOR: Final = Write("behavior", "POST", "/api/behaviors/preview")
PLAYER_COMMAND: Final = Write("player_command", "POST", "/api/np/command")
