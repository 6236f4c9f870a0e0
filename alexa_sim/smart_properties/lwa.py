"""The parts of Login with Amazon that the API needs: consent page, codes, tokens and scopes."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
import hmac
from html import escape
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from alexa_sim.auth import Auth, challenge_of
from alexa_sim.http import HttpError, Request, Response, Router, html_response, json_response, redirect

from .organization import Organization

MANAGEMENT = "alexa::enterprise:management"
"""Scope of all management APIs."""

WIFI = "credential_locker::wifi_management"
"""Additional scope of the Wi-Fi operations."""

PROFILE = "profile:user_id"
"""Scope for reading the operator's identity."""

SCOPES = (MANAGEMENT, WIFI, PROFILE, "profile", "amazon_communication::service_provider")
"""Scopes that a security profile may request."""

CODE_LIFE = 300
"""Seconds for which an authorization code is valid; it can be used once."""

TOKEN_LIFE = 3600
"""Seconds for which an access token is valid."""

_AUTHORIZE_HOSTS = ("www.amazon.com", "www.amazon.co.uk", "www.amazon.co.jp")
_TOKEN_HOSTS = ("api.amazon.com", "api.amazon.co.uk", "api.amazon.co.jp")
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant to a client: the scopes and the account."""

    account: str
    client: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorization code for a client, its redirect address and its challenge."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires: float


@dataclass(slots=True)
class LoginWithAmazon:
    """The consent page, the token endpoint, and all valid codes and tokens."""

    organization: Organization
    auth: Auth
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, float]] = field(default_factory=dict)

    def add_to(self, router: Router) -> None:
        """Add the pages to a router, and the grants declared by the household."""
        for host in _AUTHORIZE_HOSTS:
            router.add("GET", host, "/ap/oa", self._page)
            router.add("POST", host, "/ap/oa", self._submit)
        for host in _TOKEN_HOSTS:
            router.add("POST", host, "/auth/o2/token", self._token)
            router.add("GET", host, "/user/profile", self._profile)
        for given in self.organization.data["grants"]:
            scopes = frozenset(given.get("scopes", (MANAGEMENT, WIFI, PROFILE)))
            self._refresh[given["refreshToken"]] = Grant(self.organization.data["operator"], given["client"], scopes)

    def grant_of(self, token: str | None) -> Grant | None:
        """Return the grant of an access token; ``None`` if it is unknown or expired."""
        found = self._access.get(token or "")
        return None if found is None or found[1] <= self.organization.now() else found[0]

    def client(self, client_id: str) -> Mapping[str, Any] | None:
        """Return a security profile of the household, or None."""
        clients: list[dict[str, Any]] = self.organization.data["clients"]
        return next((client for client in clients if client["id"] == client_id), None)

    def expire(self) -> None:
        """Expire all access tokens."""
        self._access.clear()

    def revoke(self) -> None:
        """Revoke all grants."""
        self.expire()
        self._codes.clear()
        self._refresh.clear()

    def sign_in(self, url: str, account: str) -> str:
        """Return the final URL after the user accepts a request; raises ``HttpError``."""
        query = dict(parse_qsl(urlsplit(url).query))
        if (location := self._refused(query)) is not None:
            return location
        return self._granted(query, account)

    async def _page(self, request: Request) -> Response:
        """Return the consent page with a sign-in form."""
        query = dict(request.query)
        if (location := self._refused(query)) is not None:
            return redirect(location)
        return self._form(query, "")

    async def _submit(self, request: Request) -> Response:
        """Handle the form: redirect to the client with a code, or return the form again."""
        query, form = dict(request.query), request.form()
        if (location := self._refused(query)) is not None:
            return redirect(location)
        if "cancel" in form:
            return redirect(_back(query, error="access_denied", error_description="The customer denied the request"))
        account = self.auth.authenticate(form.get("email", ""), form.get("password", ""))
        if account is None:
            return self._form(query, "<p>Your password or email is incorrect.</p>")
        return redirect(self._granted(query, account))

    def _form(self, query: Mapping[str, str], message: str) -> Response:
        """Return the consent page with a message."""
        client = self.client(query["client_id"])
        name = escape(str(client.get("name", "An app")) if client else "")
        wanted = "".join(f"<li>{escape(scope)}</li>" for scope in query["scope"].split())
        return html_response(
            '<!DOCTYPE html><html lang="en"><head><title>Login with Amazon</title></head><body>'
            f"<h1>{name}</h1>{message}"
            f'<ul>{wanted}</ul><form method="post" action="/ap/oa?{escape(urlencode(query))}">'
            '<label>Email <input type="email" name="email"></label>'
            '<label>Password <input type="password" name="password"></label>'
            '<button name="allow">Allow</button><button name="cancel" formnovalidate>Cancel</button>'
            "</form></body></html>"
        )

    def _refused(self, query: Mapping[str, str]) -> str | None:
        """Return the redirect URL with an error, or ``None`` for a valid request.

        Raises ``HttpError`` 400 without a redirect if the client or its address is unknown.
        """
        client = self.client(query.get("client_id", ""))
        if client is None:
            raise _page_error("An unknown client_id was specified")
        if not _is_allowed(query.get("redirect_uri", ""), client["redirectUris"]):
            raise _page_error("The redirect URI you provided has not been whitelisted for your application")
        if query.get("response_type") != "code":
            return _back(query, error="unsupported_response_type", error_description="response_type has to be code")
        wanted = query.get("scope", "").split()
        if not wanted or any(scope not in SCOPES for scope in wanted):
            return _back(query, error="invalid_scope", error_description="An unknown scope was requested")
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return _back(query, error="invalid_request", error_description="code_challenge_method has to be S256")
        return None

    def _granted(self, query: Mapping[str, str], account: str) -> str:
        """Return the redirect URL with a new code."""
        grant = Grant(account, query["client_id"], frozenset(query["scope"].split()))
        code = f"AN{secrets.token_hex(9)}"
        expires = self.organization.now() + CODE_LIFE
        self._codes[code] = _Code(grant, query["redirect_uri"], query.get("code_challenge"), expires)
        return _back(query, code=code, scope=query["scope"])

    async def _token(self, request: Request) -> Response:
        """Return tokens for a code or a refresh token (RFC 6749, sections 4.1.3 and 6)."""
        form = request.form()
        client_id, secret = _credentials(request, form)
        client = self.client(client_id)
        if client is None or not hmac.compare_digest(client["secret"].encode(), secret.encode()):
            raise _oauth_error(401, "invalid_client", "Client authentication failed")
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._answer(self._redeem(form, client_id), None)
        if kind == "refresh_token":
            token = form.get("refresh_token", "")
            grant = self._refresh.get(token)
            if grant is None or grant.client != client_id:
                raise _oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
            if self.organization.data["rotateRefreshTokens"]:
                del self._refresh[token]
                return self._answer(grant, None)
            return self._answer(grant, token)
        if kind is None:
            raise _oauth_error(400, "invalid_request", "The request is missing a required parameter : grant_type")
        raise _oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported")

    def _redeem(self, form: Mapping[str, str], client_id: str) -> Grant:
        """Consume a code and return its grant; raises ``HttpError`` 400."""
        found = self._codes.pop(form.get("code", ""), None)
        if found is None or found.expires <= self.organization.now() or found.grant.client != client_id:
            raise _oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : code")
        if found.redirect_uri != form.get("redirect_uri"):
            raise _oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : redirect_uri")
        verifier = form.get("code_verifier")
        if found.challenge is not None and (verifier is None or challenge_of(verifier) != found.challenge):
            raise _oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : code_verifier")
        return found.grant

    def _answer(self, grant: Grant, refresh_token: str | None) -> Response:
        """Return new tokens; a given refresh token is kept."""
        refresh_token = refresh_token or f"Atzr|{secrets.token_urlsafe(270)}"
        self._refresh[refresh_token] = grant
        token = f"Atza|{secrets.token_urlsafe(270)}"
        self._access[token] = grant, self.organization.now() + TOKEN_LIFE
        answer = {
            "access_token": token,
            "refresh_token": refresh_token,
            "token_type": "bearer",
            "expires_in": TOKEN_LIFE,
        }
        return json_response(answer, headers=[("cache-control", "no-store")])

    async def _profile(self, request: Request) -> Response:
        """Return the user of an access token."""
        grant = self.grant_of(request.bearer)
        if grant is None:
            raise _oauth_error(400, "invalid_token", "The access token is invalid or has expired")
        if PROFILE not in grant.scopes and "profile" not in grant.scopes:
            raise _oauth_error(403, "insufficient_scope", "The access token does not cover the profile")
        account = self.auth.state.accounts[grant.account]
        answer = {"user_id": account["directedId"]}
        if "profile" in grant.scopes:
            answer |= {"name": account["name"], "email": account["email"]}
        return json_response(answer)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the client's id and secret from the Authorization header or the form."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise _oauth_error(401, "invalid_client", "Client authentication failed") from None
    return client_id, secret


def _is_allowed(address: str, allowed: list[str]) -> bool:
    """Return whether an address is allowed; loopback addresses may have any port (RFC 8252)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        address = f"http://{parts.hostname}{parts.path}"
    return address in allowed


def _back(query: Mapping[str, str], **answer: str) -> str:
    """Return the redirect URL with an answer and the state of the request."""
    if "state" in query:
        answer["state"] = query["state"]
    address = query["redirect_uri"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(answer)}"


def _page_error(message: str) -> HttpError:
    """Return the error page for an invalid client."""
    error = HttpError(400)
    error.response = html_response(f"<!DOCTYPE html><title>Error</title><p>400 Bad Request: {message}</p>", 400)
    return error


def _oauth_error(status: int, error: str, description: str) -> HttpError:
    """Return an error in the format of RFC 6749, section 5.2."""
    return HttpError(status, {"error": error, "error_description": description})
