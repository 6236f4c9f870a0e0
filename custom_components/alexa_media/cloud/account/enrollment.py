"""Sign-in by authorization code: Amazon's URL, the URL pasted by the user, and the registration."""

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
    """One sign-in attempt; its code verifier is kept in memory only.

    ``marketplace`` is a retail domain such as ``amazon.nl``. ``sign_in_domain`` is amazon.com for marketplaces where
    Amazon's sign-in for devices is not known to work; after the sign-in, the account's own data contains the
    marketplace. ``serial``, if given, is that of a registration to renew, so that the account gets no second device.
    """

    def __init__(self, marketplace: str, serial: str | None = None) -> None:
        """Initialize with a new code verifier, and with a new serial number unless one is given."""
        self.marketplace = marketplace
        self.sign_in_domain = marketplace if marketplace in secureauth.ALLOWED_DOMAINS else DEFAULT_SIGN_IN_DOMAIN
        self._flow = secureauth.EnrollmentFlow(self.sign_in_domain, serial)

    @property
    def url(self) -> str:
        """Return the URL of Amazon's page where the user signs in."""
        return str(self._flow.oauth_url)

    @property
    def serial(self) -> str:
        """Return the serial number under which the integration registers."""
        return str(self._flow.serial)

    def code_from(self, pasted: str) -> str:
        """Return the authorization code in the URL of the page where the sign-in ended.

        Whitespace in the URL and quotes around it are ignored. Raises ``EnrollmentError`` with the code
        ``invalid_url`` (not an https URL of Amazon's), ``wrong_page`` (not the last page of the sign-in),
        ``wrong_marketplace_url`` (the last page of another marketplace), or ``no_code`` (the URL has no code, usually
        because it is cut off).
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
            raise EnrollmentError("The URL contains no authorization code", code="no_code") from None

    @staticmethod
    def account_from(pasted: str) -> str | None:
        """Return the ``amzn1.account…`` id in a URL that ``code_from`` accepts, or None."""
        named = _address(pasted).query.get("openid.identity", "").rpartition("/")[2]
        return named if named.startswith("amzn1.account.") else None

    async def async_register(self, session: aiohttp.ClientSession, code: str) -> Credentials:
        """Register the integration as a device of the account; return the credentials to store.

        Raises ``EnrollmentError`` with the code ``code_refused`` (for example, because the authorization code expired
        or was used before) or ``AlexaConnectionError``, whose ``sent`` is False only if there is certainly no
        registration.
        """
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT):
                found = await self._flow.async_register(session, code)
            return _credentials(found)
        except secureauth.EnrollmentError as err:
            raise _refusal(err) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, AttributeError) as err:
            # alexapy does not validate all parts of the response
            reason = type(err).__name__
        raise AlexaConnectionError("The registration failed", endpoint="POST /auth/register", code=reason)


def _address(pasted: str) -> URL:
    """Return a pasted URL without whitespace and surrounding quotes; raises ``ValueError`` if it cannot be parsed."""
    return URL(re.sub(r"\s+", "", pasted).strip(_QUOTES))


def _credentials(found: Any) -> Credentials:
    """Convert alexapy's credentials; raises ``ValueError`` if there is no refresh token."""
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
    """Return the error for a refused code or for any other failure of the registration.

    alexapy raises the same exception class for both, so the message and the cause decide.
    """
    found = _STATUS.search(str(err))
    status = int(found[1]) if found else None
    unreachable = isinstance(err.__cause__, aiohttp.ClientError | TimeoutError)
    unreadable = err.__cause__ is not None and (status is None or not 400 <= status < 500)
    if unreachable or unreadable or status == 429 or (status is not None and status >= 500):
        reason = None if status else type(err.__cause__).__name__
        # Without a connection, and if Amazon throttles, there is certainly no registration.
        sent = status != 429 and not isinstance(err.__cause__, aiohttp.ClientConnectorError)
        return AlexaConnectionError(
            "The registration failed", endpoint="POST /auth/register", status=status, code=reason, sent=sent
        )
    return EnrollmentError("Amazon refused the authorization code", code="code_refused")
