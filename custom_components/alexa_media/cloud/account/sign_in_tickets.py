"""Tickets: what lets the requests of a sign-in page through that a browser sends without a cookie.

A page in an opaque origin counts as another site to the browser. Its links carry the cookie of
the sign-in, as they are top-level GET requests. Its forms, scripts, pictures and script requests
carry none, so the address has a ticket in it, one for each page: ``<base>/~<ticket>/<host>/<path>``.
"""

from collections import OrderedDict
from hashlib import sha256
import secrets
from typing import Final

MARK: Final = "~"
"""First character of the path segment that is a ticket; no host begins with it."""
_MAX_TICKETS: Final = 32
"""Maximum number of tickets of each kind; the oldest is dropped."""


def split_ticket(base: str, target: str) -> tuple[str, str]:
    """Return the ticket of a request target, "" without one, and the target without it."""
    mark = f"{base}/{MARK}"
    if not target.startswith(mark):
        return "", target
    ticket, slash, rest = target[len(mark) :].partition("/")
    return (ticket, f"{base}{slash}{rest}") if ticket else ("", target)


class Tickets:
    """The tickets of one sign-in.

    The ticket of a form that was sent is in the address bar, where others may see it:
    it is good for nothing any more but for the very same form again, as at a reload.
    """

    def __init__(self) -> None:
        """Begin without tickets."""
        self._open: OrderedDict[bytes, None] = OrderedDict()
        self._spent: OrderedDict[bytes, bytes] = OrderedDict()

    def issue(self) -> str:
        """Return a new ticket as a path segment, with its mark."""
        ticket = secrets.token_urlsafe(32)
        self._open[_digest(ticket.encode())] = None
        if len(self._open) > _MAX_TICKETS:
            self._open.popitem(last=False)
        return f"{MARK}{ticket}"

    def admits(self, ticket: str) -> bool:
        """Return whether a page with this ticket is open."""
        return _digest(ticket.encode("utf-8", "surrogatepass")) in self._open

    def spend(self, ticket: str, form: bytes) -> bool:
        """Return whether a page may send this form and lead to the next page by it."""
        key, sent = _digest(ticket.encode("utf-8", "surrogatepass")), _digest(form)
        if key not in self._open:
            return self._spent.get(key) == sent
        del self._open[key]
        self._spent[key] = sent
        if len(self._spent) > _MAX_TICKETS:
            self._spent.popitem(last=False)
        return True


def _digest(data: bytes) -> bytes:
    """Return a digest: looking one up tells nothing about others by the time it takes."""
    return sha256(data).digest()
