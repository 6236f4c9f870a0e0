"""What an HTTP answer of Amazon's means: throttled, signed out, an error's name."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Final

from ..http import LARGE, parsed, retry_after

_SEARCHED_BYTES: Final = 4096
_THROTTLED: Final = re.compile(r"rate exceeded|throttlingexception|too[ _]many[ _]requests", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"""[^\s"'<>]+@[^\s"'<>]+     # an e-mail address
      | At(?:na|nr|za)\|\S+       # a token or a cookie
      | amzn1\.\S+                # an id of a person or a device
      | \b(?=\w*\d)\w{12,}\b      # a serial
    """,
    re.VERBOSE,
)
_ERROR_HEADERS: Final = ("x-amzn-errortype", "x-amzn-error")
_ERROR_KEYS: Final = ("message", "Message", "errorMessage", "__type", "errorCode", "error", "code")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers (names in any case) and whole body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, ``None`` when it is empty; raises ``ValueError``."""
        return parsed(self.body) if self.body.strip() else None

    @property
    def is_html(self) -> bool:
        """Return whether this is a page, as the sign-in page is."""
        return "html" in self.headers.get("content-type", "").lower() or self.body[:64].lstrip().startswith(b"<")

    @property
    def _text(self) -> str:
        return self.body[:_SEARCHED_BYTES].decode(errors="replace")

    @property
    def _named_error(self) -> str | None:
        """Return what the headers call the error."""
        for name in _ERROR_HEADERS:
            if value := self.headers.get(name):
                # after a colon follows the address of a schema
                return value.partition(":")[0].strip() or None
        return None

    @property
    def is_throttled(self) -> bool:
        """Return whether Amazon refuses because of too many requests.

        It says so with 429, but as well in the text of a 400, a 503 or even a 200. In a 200
        only the fields that hold errors count: a song may be called "Rate Exceeded".
        """
        if self.status == 429:
            return True
        if (named := self._named_error) and "throttl" in named.lower():
            return True
        if self.status >= 400:
            return bool(_THROTTLED.search(self._text))
        # an error is a short answer
        if self.status != 200 or len(self.body) > LARGE or not _THROTTLED.search(self._text):
            return False
        try:
            data = self.json()
        except ValueError:
            return len(self.body) < 256
        return any(_THROTTLED.search(text) for text in _error_texts(data))

    @property
    def error_code(self) -> str | None:
        """Return Amazon's own name or sentence for the error, without anything private in it."""
        if named := self._named_error:
            return _shown(named)
        if self.is_html or len(self.body) > LARGE:
            return None
        try:
            texts = _error_texts(self.json())
        except ValueError:
            return None
        return _shown(texts[0]) if texts else None

    @property
    def names_csrf(self) -> bool:
        """Return whether a 403 is about the csrf header, or does not say what it is about."""
        return "csrf" in self._text.lower() or self.error_code is None

    @property
    def retry_after(self) -> float | None:
        """Return the seconds of Retry-After."""
        return retry_after(self.headers.get("retry-after", ""))


def graphql_errors(data: Any) -> str | None:
    """Return the first of ``errors`` inside a 200, ``None`` when there is none."""
    if not isinstance(data, dict) or not (errors := data.get("errors")) or not isinstance(errors, list):
        return None
    texts = _error_texts({"errors": errors})
    return _shown(texts[0]) if texts else "errors"


def _error_texts(data: Any) -> list[str]:
    """Return all strings of a JSON value that tell of an error."""
    if isinstance(data, str):
        return [data]
    if not isinstance(data, dict):
        return []
    texts = [value for key in _ERROR_KEYS if isinstance(value := data.get(key), str) and value]
    for key in ("extensions", "error"):
        texts += _error_texts(inner) if isinstance(inner := data.get(key), dict) else []
    if isinstance(errors := data.get("errors"), list):
        for error in errors:
            texts += _error_texts(error)
    return texts


def _shown(text: str) -> str:
    """Return a sentence of Amazon's as it may be logged and shown."""
    return _SECRET.sub("…", text)[:200]
