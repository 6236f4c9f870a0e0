"""Definition of an endpoint, and the endpoints used by the session and the backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..http import MAX_BODY_BYTES, MAX_WRITE_BODY_BYTES

_MAX_READ_BODY_BYTES: Final = 2 * 1024 * 1024


class Host(StrEnum):
    """Host of an endpoint; the session has the address of each."""

    WEBSITE = "website"
    """``websiteApiUrl`` of /api/endpoints, ``alexa.<domain>`` until that is known; cookies."""
    ALEXA = "alexa"
    """``alexa.<domain>``; cookies."""
    RETAIL = "retail"
    """``www.<domain>``; cookies."""
    ALEXA_API = "alexa_api"
    """``alexaApiUrl`` of /api/endpoints, ``api.amazonalexa.com`` until that is known; bearer token."""
    COMMUNICATIONS = "communications"
    """One host for all marketplaces; the cookies of the account's own."""
    PARENTS = "parents"
    """``parents.<domain>``, ``eltern.amazon.de`` in Germany; cookies, and a separate csrf cookie."""


class Answer(StrEnum):
    """Content of a successful response."""

    JSON = "json"
    """A JSON value; anything else is a bad response."""
    ANY = "any"
    """Only the status matters; JSON is parsed if present."""
    PAGE = "page"
    """A page requested for its cookies; HTML is accepted."""
    HTML = "html"
    """The text of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A request of the account API.

    ``path`` may hold ``{names}``; ``timeout`` is in seconds for the whole exchange. A
    write is never sent again after an unknown outcome. ``browser_agent``: with the app's
    User-Agent these are answered 400 with a ThrottlingException in the body. ``bearer``: wants
    the access token beside the cookies. ``csrf``: false for what only reads and wants none.
    ``partial``: ``errors`` inside a 200 may concern a part of what was asked; the parser
    judges them. ``whole_account``: what is answered grows with the account, and may be larger
    than others.
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

    @property
    def label(self) -> str:
        """Return the label for errors and diagnostics, without serials."""
        return f"{self.method} {self.path}"

    @property
    def max_body(self) -> int:
        """Return the bytes of the largest answer that is read."""
        if self.whole_account or self.answer in (Answer.PAGE, Answer.HTML):
            return MAX_BODY_BYTES
        return MAX_WRITE_BODY_BYTES if self.is_write else _MAX_READ_BODY_BYTES

    @property
    def needs_csrf(self) -> bool:
        """Return whether the csrf cookie has to be repeated in a header."""
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
