"""What an endpoint is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Host(StrEnum):
    """Where an endpoint lives; the session knows the address of each."""

    WEBSITE = "website"
    """``websiteApiUrl`` of /api/endpoints, ``alexa.<domain>`` until that is known; cookies."""
    ALEXA = "alexa"
    """``alexa.<domain>``; cookies."""
    RETAIL = "retail"
    """``www.<domain>``; cookies."""
    ALEXA_API = "alexa_api"
    """``alexaApiUrl`` of /api/endpoints, ``api.amazonalexa.com`` until that is known; bearer token."""


class Answer(StrEnum):
    """What a good answer holds."""

    JSON = "json"
    """A JSON value; anything else is a bad response."""
    ANY = "any"
    """The status says it all; JSON is read where there is some."""
    PAGE = "page"
    """A page that is asked for the sake of its cookies; HTML is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One request that the account API takes.

    ``path`` may hold ``{names}``; ``timeout`` is in seconds for the whole exchange. A
    write is never sent again after an unknown outcome. ``browser_agent``: with the app's
    User-Agent these are answered 400 with a ThrottlingException in the body. ``partial``:
    ``errors`` inside a 200 may concern a part of what was asked; the parser judges them.
    ``csrf`` is false where Amazon takes a question by POST without it.
    """

    name: str
    method: str
    host: Host
    path: str
    is_write: bool = False
    browser_agent: bool = False
    timeout: float = 20.0
    answer: Answer = Answer.JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    csrf: bool = True

    @property
    def label(self) -> str:
        """Return what errors and diagnostics call it: no serial is in it."""
        return f"{self.method} {self.path}"

    @property
    def needs_csrf(self) -> bool:
        """Return whether Amazon wants the csrf cookie repeated in a header."""
        return self.csrf and self.method != "GET" and self.host is not Host.ALEXA_API
