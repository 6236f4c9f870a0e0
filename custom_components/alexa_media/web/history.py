"""What people said, from the privacy pages of the account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Final

from custom_components.alexa_media.backend.history import HistoryApi, RecordPage, WriteListener
from custom_components.alexa_media.errors import AlexaUnsupportedError

from .endpoints import HISTORY, HISTORY_BEFORE, HISTORY_PAGE, Endpoint, Host
from .parse_history import parse_older_records, parse_page_token, parse_records
from .session import WebSession

TOKEN_LASTS: Final = 12 * 3600.0
"""Seconds; other clients keep the page's token for 2 to 24 hours. One that is refused earlier is renewed."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One of the two ways to ask."""

    endpoint: Endpoint
    parse: Callable[[Any], RecordPage]
    query: tuple[tuple[str, str], ...] = ()


_NEWER: Final = _Form(HISTORY, parse_records)
_OLDER: Final = _Form(HISTORY_BEFORE, parse_older_records, (("recordType", "VOICE_HISTORY"), ("maxRecordSize", "50")))


class WebHistory:
    """The voice history of one account; see ``HistoryApi``.

    The newer form is asked, the older one where Amazon refuses the newer; what worked is
    asked first the next time. Only the newer one tells who spoke, only the older one
    always tells the device.
    """

    def __init__(self, session: WebSession) -> None:
        """Ask nothing yet."""
        self._session = session
        self._forms: tuple[_Form, _Form] = (_NEWER, _OLDER)
        self._token: str | None = None
        self._token_until = 0.0

    async def async_records(self, start: datetime, end: datetime, previous: str | None = None) -> RecordPage:
        """Return what was heard from ``start`` to ``end``, the latest first; raises ``AlexaError``."""
        first, second = self._forms
        await self._async_token()
        try:
            return await self._ask(first, start, end, previous)
        except AlexaUnsupportedError:
            # a token of one form means nothing to the other
            if previous is not None:
                raise
        page = await self._ask(second, start, end, None)
        self._forms = (second, first)
        return page

    def watch_writes(self, listener: WriteListener) -> None:
        """Call a listener before each write of ours."""
        self._session.transport.write_listener = listener

    async def _ask(self, form: _Form, start: datetime, end: datetime, previous: str | None) -> RecordPage:
        """Ask in one form; once more when the token may be too old."""
        token = self._token
        try:
            return await self._send(form, start, end, previous)
        except AlexaUnsupportedError as err:
            if err.status != 403 or not await self._async_renewed(token):
                raise
        return await self._send(form, start, end, previous)

    async def _send(self, form: _Form, start: datetime, end: datetime, previous: str | None) -> RecordPage:
        return await self._session.transport.async_read(
            form.endpoint,
            form.parse,
            query={"startTime": _milliseconds(start), "endTime": _milliseconds(end), **dict(form.query)},
            json={"previousRequestToken": previous},
            headers={
                "Referer": self._session.base_url(Host.RETAIL),
                "anti-csrftoken-a2z": await self._async_token(),
            },
        )

    async def _async_renewed(self, refused: str | None) -> bool:
        """Get another token than the one refused; returns whether there is one."""
        if self._token == refused:
            self._token = None
        return await self._async_token() != refused

    async def _async_token(self) -> str:
        """Return the token that requests for records carry."""
        if self._token is None or monotonic() >= self._token_until:
            self._token = await self._session.transport.async_read(HISTORY_PAGE, parse_page_token)
            self._token_until = monotonic() + TOKEN_LASTS
        return self._token


def _milliseconds(moment: datetime) -> str:
    """Return a time as Amazon wants it."""
    return str(round(moment.timestamp() * 1000))


_: type[HistoryApi] = WebHistory
