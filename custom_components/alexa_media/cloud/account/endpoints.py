"""Definition of an endpoint, and the endpoints used by the session and the backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..http import MAX_BODY_BYTES, MAX_WRITE_BODY_BYTES

_MAX_READ_BODY_BYTES: Final = 2 * 1024 * 1024


class Host(StrEnum):
    """Host of an endpoint; the session resolves each to an address."""

    WEBSITE = "website"
    """``websiteApiUrl`` of ``/api/endpoints``, or ``alexa.<domain>`` until that is known; uses cookies."""
    ALEXA = "alexa"
    """``alexa.<domain>``; uses cookies."""
    RETAIL = "retail"
    """``www.<domain>``; uses cookies."""
    ALEXA_API = "alexa_api"
    """``alexaApiUrl`` of ``/api/endpoints``, or ``api.amazonalexa.com`` until that is known; uses the bearer token."""
    COMMUNICATIONS = "communications"
    """One host for all marketplaces; uses the cookies of the account's marketplace."""
    PARENTS = "parents"
    """``parents.<domain>`` (``eltern.amazon.de`` in Germany); uses cookies and a separate csrf cookie."""


class Answer(StrEnum):
    """Expected content of a successful response."""

    JSON = "json"
    """A JSON value; anything else is a bad response."""
    ANY = "any"
    """Any content; only the status matters, and JSON is parsed if present."""
    PAGE = "page"
    """A page that is requested for its cookies; HTML is accepted."""
    HTML = "html"
    """A page whose HTML text is returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A request of the account API.

    ``path`` may contain ``{names}`` to fill in. ``timeout`` is in seconds for the whole exchange. A write is never
    repeated after an unknown outcome. ``browser_agent`` sends a browser's User-Agent; with the app's User-Agent, Amazon
    responds 400 with a ThrottlingException in the body. ``bearer`` sends the access token in addition to the cookies.
    ``csrf`` is False for requests other than GET that need no csrf token. ``partial`` means that ``errors`` in a 200
    may concern only a part of the response, so the parser handles them. ``whole_account`` allows a larger response
    because it grows with the account. ``wakes`` is False for writes that name an Echo but only change data stored by
    Amazon.
    """

    name: str
    method: str
    host: Host
    path: str
    is_write: bool = False
    browser_agent: bool = False
    bearer: bool = False
    csrf: bool = True
    timeout: float = 20.0
    answer: Answer = Answer.JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    whole_account: bool = False
    wakes: bool = True

    @property
    def label(self) -> str:
        """Return the label for errors and diagnostics, without serial numbers."""
        return f"{self.method} {self.path}"

    @property
    def max_body(self) -> int:
        """Return the maximum size of a response body in bytes."""
        if self.whole_account or self.answer in (Answer.PAGE, Answer.HTML):
            return MAX_BODY_BYTES
        return MAX_WRITE_BODY_BYTES if self.is_write else _MAX_READ_BODY_BYTES

    @property
    def needs_csrf(self) -> bool:
        """Return whether a request has to repeat the csrf cookie in a header."""
        return self.csrf and self.method != "GET" and self.host not in (Host.ALEXA_API, Host.PARENTS)


LANGUAGE: Final = Endpoint(
    name="language", method="GET", host=Host.ALEXA, path="/api/language", timeout=10, answer=Answer.PAGE
)
DEVICE_PICK: Final = Endpoint(
    name="device_pick",
    method="GET",
    host=Host.ALEXA,
    path="/templates/oobe/d-device-pick.handlebars",
    timeout=10,
    answer=Answer.PAGE,
)
DEVICES_PAGE: Final = Endpoint(
    name="devices_page", method="GET", host=Host.ALEXA, path="/api/devices-v2/device", timeout=10, answer=Answer.PAGE
)
STRINGS: Final = Endpoint(
    name="strings", method="GET", host=Host.ALEXA, path="/api/strings", timeout=10, answer=Answer.PAGE
)

CSRF_PAGES: Final = (LANGUAGE, DEVICE_PICK, DEVICES_PAGE, STRINGS)
"""Pages that set the csrf cookie, in the order in which to try them."""

REGION: Final = Endpoint(name="region", method="GET", host=Host.ALEXA, path="/api/endpoints", timeout=10)
ACCOUNT: Final = Endpoint(name="account", method="GET", host=Host.WEBSITE, path="/api/users/me")
DEVICES: Final = Endpoint(
    name="devices", method="GET", host=Host.WEBSITE, path="/api/devices-v2/device", timeout=30, whole_account=True
)
PREFERENCES: Final = Endpoint(
    name="preferences", method="GET", host=Host.WEBSITE, path="/api/device-preferences", timeout=30, whole_account=True
)
SESSIONS: Final = Endpoint(name="sessions", method="GET", host=Host.WEBSITE, path="/api/np/list-media-sessions")
VOLUMES: Final = Endpoint(
    name="volumes",
    method="GET",
    host=Host.WEBSITE,
    # deviceType and dsn are literal: this request covers all devices
    path="/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes",
)
NOTIFICATIONS: Final = Endpoint(
    name="notifications",
    method="GET",
    host=Host.WEBSITE,
    path="/api/notifications",
    browser_agent=True,
    whole_account=True,
)
DND: Final = Endpoint(name="dnd", method="GET", host=Host.WEBSITE, path="/api/dnd/device-status-list")
SET_DND: Final = Endpoint(name="set_dnd", method="PUT", host=Host.WEBSITE, path="/api/dnd/status", is_write=True)
BLUETOOTH: Final = Endpoint(name="bluetooth", method="GET", host=Host.WEBSITE, path="/api/bluetooth")
CONNECT_BLUETOOTH: Final = Endpoint(
    name="connect_bluetooth",
    method="POST",
    host=Host.WEBSITE,
    path="/api/bluetooth/pair-sink/{type}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
DISCONNECT_BLUETOOTH: Final = Endpoint(
    name="disconnect_bluetooth",
    method="POST",
    host=Host.WEBSITE,
    path="/api/bluetooth/disconnect-sink/{type}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
BEHAVIOR: Final = Endpoint(
    name="behavior",
    method="POST",
    host=Host.WEBSITE,
    path="/api/behaviors/preview",
    is_write=True,
    answer=Answer.ANY,
)
PLAYER_COMMAND: Final = Endpoint(
    name="player_command",
    method="POST",
    host=Host.WEBSITE,
    path="/api/np/command",
    is_write=True,
    answer=Answer.ANY,
)

ACCOUNT_ENDPOINTS: Final = (
    *CSRF_PAGES,
    REGION,
    ACCOUNT,
    DEVICES,
    PREFERENCES,
    SESSIONS,
    VOLUMES,
    NOTIFICATIONS,
    DND,
    SET_DND,
    BLUETOOTH,
    CONNECT_BLUETOOTH,
    DISCONNECT_BLUETOOTH,
    BEHAVIOR,
    PLAYER_COMMAND,
)
