"""Sign-in by authorization code: the address to open, the address pasted back, the registration."""

import asyncio
import re
from typing import Any, Final

import aiohttp
from alexapy import secureauth
from yarl import URL

from ..errors import AlexaConnectionError, EnrollmentError
from ..model.devices import Credentials

REGISTER_TIMEOUT: Final = 30.0
DEFAULT_SIGN_IN_DOMAIN: Final = "amazon.com"

_LANDING_PAGE: Final = "/ap/maplanding"
_AMAZON_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)*(amazon(?:\.[a-z]{2,3}){1,2})")
_QUOTES: Final = "\"'<>`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_STATUS: Final = re.compile(r"HTTP (\d{3})")


class Enrollment:
    """One attempt to sign in; its verifier lives in memory alone.

    ``marketplace`` is a retail domain such as ``amazon.nl``. Where Amazon's sign-in for
    devices is not known to work on it, ``sign_in_domain`` is amazon.com; the account itself
    tells its marketplace afterwards. ``serial`` is that of a registration to be renewed, so
    that the account gets no second device.
    """

    def __init__(self, marketplace: str, serial: str | None = None) -> None:
        """Start with a new verifier, and a new serial unless one is given."""
        self.marketplace = marketplace
        self.sign_in_domain = marketplace if marketplace in secureauth.ALLOWED_DOMAINS else DEFAULT_SIGN_IN_DOMAIN
        self._flow = secureauth.EnrollmentFlow(self.sign_in_domain, serial)

    @property
    def url(self) -> str:
        """Return the address of Amazon's page where the user signs in."""
        return str(self._flow.oauth_url)

    @property
    def serial(self) -> str:
        """Return the serial under which we are registered."""
        return str(self._flow.serial)

    def code_from(self, pasted: str) -> str:
        """Return the authorization code of the address that the sign-in ended on.

        Blanks, quotes and line breaks around or inside are taken away. Raises
        ``EnrollmentError`` with the key ``invalid_url`` (not an https address of Amazon's),
        ``wrong_page`` (another page than the last one), ``wrong_marketplace_url`` (the last
        page of another marketplace), or ``no_code`` (cut off).
        """
        try:
            url = _address(pasted)
            found = _AMAZON_HOST.fullmatch((url.host or "").lower())
        except ValueError:
            url, found = URL(), None
        if url.scheme != "https" or found is None:
            raise EnrollmentError("Not an https address of Amazon", code="invalid_url")
        if url.path.rstrip("/") != _LANDING_PAGE:
            raise EnrollmentError("Not the page that the sign-in ends on", code="wrong_page")
        if found[1] != self.sign_in_domain:
            raise EnrollmentError("The page of another marketplace", code="wrong_marketplace_url")
        canonical = URL.build(
            scheme="https", host=f"www.{self.sign_in_domain}", path=_LANDING_PAGE, query_string=url.query_string
        )
        try:
            return str(self._flow.parse_redirect_url(str(canonical)))
        except secureauth.EnrollmentError:
            raise EnrollmentError("The address holds no authorization code", code="no_code") from None

    @staticmethod
    def account_from(pasted: str) -> str | None:
        """Return the ``amzn1.account…`` id that the address of a finished sign-in names, if it does."""
        named = _address(pasted).query.get("openid.identity", "").rpartition("/")[2]
        return named if named.startswith("amzn1.account.") else None

    async def async_register(self, session: aiohttp.ClientSession, code: str) -> Credentials:
        """Register as a device of the account and return what is to be stored.

        Raises ``EnrollmentError`` with the key ``code_refused`` (expired, used, or of
        another attempt) or ``AlexaConnectionError``.
        """
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT):
                found = await self._flow.async_register(session, code)
            return _credentials(found)
        except secureauth.EnrollmentError as err:
            raise _refusal(err) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, AttributeError) as err:
            # alexapy takes some parts of the answer as well-formed
            reason = type(err).__name__
        raise AlexaConnectionError("The registration failed", endpoint="POST /auth/register", code=reason)


def _address(pasted: str) -> URL:
    """Return a pasted address without blanks, quotes and line breaks; raises ``ValueError`` if it isn't a URL."""
    return URL(re.sub(r"\s+", "", pasted).strip(_QUOTES))


def _credentials(found: Any) -> Credentials:
    """Return alexapy's credentials as ours; raises ``ValueError`` without a refresh token."""
    if not isinstance(found.refresh_token, str) or not found.refresh_token:
        raise ValueError("no refresh token")
    mac_dms = found.mac_dms if isinstance(found.mac_dms, dict) else {}
    return Credentials(
        domain=found.domain,
        serial=found.serial,
        refresh_token=found.refresh_token,
        mac_dms={str(key): value for key, value in mac_dms.items() if isinstance(value, str)},
        account_id=found.customer_id if isinstance(found.customer_id, str) else None,
    )


def _refusal(err: secureauth.EnrollmentError) -> EnrollmentError | AlexaConnectionError:
    """Tell a code that Amazon refused from an Amazon that could not be asked.

    alexapy has one class for both and says in the text what happened: an HTTP status, or a
    refusal inside a 200.
    """
    found = _STATUS.search(str(err))
    status = int(found[1]) if found else None
    unreachable = isinstance(err.__cause__, aiohttp.ClientError | TimeoutError)
    unreadable = err.__cause__ is not None and (status is None or not 400 <= status < 500)
    if unreachable or unreadable or status == 429 or (status is not None and status >= 500):
        reason = None if status else type(err.__cause__).__name__
        return AlexaConnectionError(
            "The registration failed", endpoint="POST /auth/register", status=status, code=reason
        )
    return EnrollmentError("Amazon refused the authorization code", code="code_refused")
