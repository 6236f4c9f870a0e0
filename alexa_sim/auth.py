"""Authentication: authorization codes, registrations, tokens and cookies, as implemented by Amazon."""

from base64 import b32decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
import hmac
import secrets
import struct
import time
from typing import Any
from uuid import uuid4

from . import defaults
from .marketplaces import MARKETPLACES, Marketplace
from .state import State

CODE_LIFE = 300
"""Seconds for which an authorization code is valid; it can be used once."""

TOKEN_LIFE = 3600
"""Seconds for which an access token is valid."""

COOKIE_LIFE = 14 * 86400
"""Seconds for which ``at-*`` cookies are valid; the other cookies of a session are valid for 20 years."""

_CLIENT_SUFFIX = f"#{defaults.APP_TYPE}".encode().hex()


class AuthError(Exception):
    """A refused code, token or registration; ``code`` is Amazon's name for the reason."""

    def __init__(self, code: str, message: str) -> None:
        """Initialize with Amazon's code and a message."""
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Code:
    """An authorization code for the challenge and the client of its request."""

    account: str
    challenge: str
    client_id: str
    expires: float


@dataclass(slots=True)
class Registration:
    """A signed-in app; ``pushes`` is True once it has registered its capabilities."""

    serial: str
    account: str
    refresh_token: str
    mac_dms: dict[str, str]
    pushes: bool = False


@dataclass(slots=True)
class Session:
    """The session of an ``at-*`` cookie."""

    account: str
    domain: str
    expires: float


@dataclass(slots=True)
class _Token:
    """An access token."""

    serial: str
    expires: float


@dataclass(slots=True)
class Auth:
    """All valid authorization codes, registrations, tokens and sessions."""

    state: State
    registrations: dict[str, Registration] = field(default_factory=dict)
    _codes: dict[str, Code] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _sessions: dict[str, Session] = field(default_factory=dict)

    def adopt(self, given: Mapping[str, Any]) -> None:
        """Add a registration declared by a household."""
        mac_dms = {"adp_token": "{enc:sim}", "device_private_key": "MIISIM", **given.get("mac_dms", {})}
        registration = Registration(
            given["serial"], given["account"], given["refresh_token"], mac_dms, pushes=given.get("capabilities", True)
        )
        self.registrations[registration.serial] = registration
        self._show(registration, given.get("name") or self._name(given["account"], "Alexa Media Player"))

    def authenticate(self, email: str, password: str) -> str | None:
        """Return the account for an email address and a password; ``None`` if they do not match."""
        for customer_id, account in self.state.accounts.items():
            if account["email"].lower() == email.strip().lower() and account["password"] == password:
                return customer_id
        return None

    def needs_otp(self, account: str) -> bool:
        """Return whether the sign-in requires a code from the authenticator app."""
        return bool(self.state.accounts[account]["otpSecret"])

    def check_otp(self, account: str, otp: str) -> bool:
        """Check the code from the authenticator app for the current 30-second step or an adjacent one, in real time."""
        secret = self.state.accounts[account]["otpSecret"]
        step = int(time.time() // 30)
        return any(hmac.compare_digest(totp(secret, step + drift), otp.strip()) for drift in (0, -1, 1))

    def new_code(self, account: str, challenge: str, client_id: str) -> str:
        """Create and return an authorization code."""
        code = f"AN{secrets.token_hex(9)}"
        self._codes[code] = Code(account, challenge, client_id, self.state.now() + CODE_LIFE)
        return code

    def redeem(self, code: str, verifier: str, client_id: str) -> str:
        """Consume an authorization code and return its account; raises ``AuthError``."""
        found = self._codes.pop(code, None)
        if found is None or found.expires <= self.state.now():
            raise AuthError("InvalidValue", "The authorization code is unknown, used or expired.")
        if found.client_id.lower() != client_id.lower():
            raise AuthError("InvalidValue", "The authorization code was issued to another client.")
        if not hmac.compare_digest(challenge_of(verifier), found.challenge):
            raise AuthError("InvalidValue", "The code verifier does not fit the challenge.")
        return found.account

    def register(self, account: str, serial: str, name: str) -> Registration:
        """Register an app; registering a known serial again keeps the device and creates new tokens."""
        known = self.registrations.get(serial)
        if known is not None:
            self._forget_tokens(serial)
        registration = Registration(
            serial,
            account,
            f"Atnr|{secrets.token_urlsafe(48)}",
            {"adp_token": f"{{enc:{secrets.token_urlsafe(24)}}}", "device_private_key": f"MII{secrets.token_hex(24)}"},
            pushes=known.pushes if known is not None and known.account == account else False,
        )
        self.registrations[serial] = registration
        self._show(registration, self._name(account, name))
        return registration

    def deregister(self, serial: str) -> None:
        """Sign out an app and remove its device."""
        registration = self.registrations.pop(serial)
        self._forget_tokens(serial)
        with self.state.change():
            self.state.accounts[registration.account]["devices"].pop(serial, None)

    def drop_orphans(self) -> None:
        """Sign out the apps whose device was removed from its account."""
        for serial, registration in list(self.registrations.items()):
            account = self.state.accounts.get(registration.account)
            if account is None or serial not in account["devices"]:
                del self.registrations[serial]
                self._forget_tokens(serial)
        for value, session in list(self._sessions.items()):
            if session.account not in self.state.accounts:
                del self._sessions[value]

    def by_refresh_token(self, token: str) -> Registration | None:
        """Return the registration of a valid refresh token, or None."""
        return next((found for found in self.registrations.values() if found.refresh_token == token), None)

    def by_access_token(self, token: str | None) -> Registration | None:
        """Return the registration of a valid access token, or None."""
        found = self._tokens.get(token or "")
        if found is None or found.expires <= self.state.now():
            return None
        return self.registrations.get(found.serial)

    def is_valid(self, token: str) -> bool:
        """Return whether an access token is valid."""
        return self.by_access_token(token) is not None

    def new_access_token(self, registration: Registration) -> str:
        """Create and return an access token; older ones remain valid until they expire."""
        token = f"Atna|{secrets.token_urlsafe(48)}"
        self._tokens[token] = _Token(registration.serial, self.state.now() + TOKEN_LIFE)
        return token

    def new_cookies(self, account: str, domain: str) -> dict[str, tuple[str, float]]:
        """Create a session at a retail domain; return its cookies (value, expiry in epoch seconds) by name."""
        suffix = MARKETPLACES[domain].suffix
        now = self.state.now()
        at, long = f"Atza|{secrets.token_urlsafe(32)}", now + 20 * 365.25 * 86400
        session_id = f"{secrets.randbelow(900) + 100}-{secrets.randbelow(10**7):07}-{secrets.randbelow(10**7):07}"
        self._sessions[at] = Session(account, domain, now + COOKIE_LIFE)
        return {
            "session-id": (session_id, long),
            f"ubid-{suffix}": (f"{secrets.randbelow(900) + 100}-{secrets.randbelow(10**7):07}", long),
            "session-token": (secrets.token_urlsafe(32), long),
            f"x-{suffix}": (secrets.token_urlsafe(24), long),
            f"at-{suffix}": (at, now + COOKIE_LIFE),
            f"sess-at-{suffix}": (secrets.token_urlsafe(24), now + COOKIE_LIFE),
        }

    def account_of(self, cookies: Mapping[str, str], marketplace: Marketplace) -> str | None:
        """Return the account that is signed in at a retail domain with cookies, or None."""
        session = self._sessions.get(cookies.get(f"at-{marketplace.suffix}", ""))
        if session is None or "session-id" not in cookies:
            return None
        good = session.domain == marketplace.domain and session.expires > self.state.now()
        return session.account if good else None

    def expire(self) -> None:
        """Expire all access tokens and cookies."""
        self._tokens.clear()
        self._sessions.clear()

    def revoke(self) -> None:
        """Revoke all grants, including refresh tokens."""
        self.expire()
        self._codes.clear()
        for registration in self.registrations.values():
            registration.refresh_token = f"revoked {uuid4()}"

    def _forget_tokens(self, serial: str) -> None:
        """Invalidate the access tokens of an app."""
        self._tokens = {value: token for value, token in self._tokens.items() if token.serial != serial}

    def _show(self, registration: Registration, name: str) -> None:
        """Add the device of a registration to its account, and remove it from all other accounts."""
        with self.state.change():
            for customer_id, account in self.state.accounts.items():
                if customer_id != registration.account:
                    account["devices"].pop(registration.serial, None)
            devices = self.state.accounts[registration.account]["devices"]
            if registration.serial not in devices:
                marketplace = self.state.marketplace(registration.account)
                app = defaults.device(registration.serial, defaults.app(name), registration.account, marketplace)
                devices[registration.serial] = app

    def _name(self, account: str, app: str) -> str:
        """Return Amazon's name for an app: "Jo's …", then "Jo's 2nd …"."""
        first = self.state.accounts[account]["name"].split()[0]
        taken = {device["accountName"] for device in self.state.accounts[account]["devices"].values()}
        names = [f"{first}'s {app}"] + [f"{first}'s {_ordinal(number)} {app}" for number in range(2, len(taken) + 3)]
        return next(name for name in names if name not in taken)


def cookie_value(name: str, value: str) -> str:
    """Return a cookie value in Amazon's notation: in quotes, except for ids and ``at-*``."""
    return f'"{value}"' if name.startswith(("sess-at-", "session-token", "x-")) else value


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def client_id_of(serial: str) -> str:
    """Return the client id of an app: serial and device type in hex."""
    return serial.encode().hex() + _CLIENT_SUFFIX


def totp(secret: str, step: int) -> str:
    """Return the six-digit code (RFC 6238) for the time step ``step``; a step is 30 seconds, counted from 1970."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def _ordinal(number: int) -> str:
    """Return the ordinal of a number, such as "2nd"."""
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10 if number not in (11, 12, 13) else 0, 'th') }"
