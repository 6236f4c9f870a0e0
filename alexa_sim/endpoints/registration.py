"""Registration of apps, tokens and cookies at ``api.<domain>/auth`` and ``www.<domain>/ap/exchangetoken``."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from alexa_sim.auth import TOKEN_LIFE, AuthError, Registration, cookie_value
from alexa_sim.defaults import APP_TYPE
from alexa_sim.http import HttpError, Request, Response, json_response
from alexa_sim.marketplaces import MARKETPLACES

from . import Services, admit_bearer


class RegistrationEndpoints:
    """The endpoints that do not need a session."""

    def __init__(self, services: Services) -> None:
        """Initialize, and add the endpoints to the router."""
        self._services = services
        add = services.router.add
        add("POST", "api.{domain}", "/auth/register", self._register)
        add("POST", "api.{domain}", "/auth/token", self._token)
        add("POST", "api.{domain}", "/auth/deregister", self._deregister)
        add("POST", "www.{domain}", "/ap/exchangetoken/cookies", self._cookies)
        for host in ("api.amazonalexa.com", "api.{region}.amazonalexa.com"):
            add("PUT", host, "/v1/devices/@self/capabilities", self._capabilities)

    async def _register(self, request: Request) -> Response:
        """Register an app with an authorization code or a valid access token."""
        data = request.json()
        try:
            registration_data, auth_data = data["registration_data"], data["auth_data"]
            serial, device_type = registration_data["device_serial"], registration_data["device_type"]
            name = str(registration_data.get("device_name") or registration_data.get("app_name") or "App")
            wanted = list(data["requested_token_type"])
        except (KeyError, TypeError) as err:
            raise _refused(400, "InvalidValue", f"A parameter is missing or malformed: {err}") from err
        if device_type != APP_TYPE or not isinstance(serial, str) or not serial:
            raise _refused(400, "InvalidValue", "device_type or device_serial is invalid")
        try:
            account = self._account(auth_data)
        except AuthError as err:
            raise _refused(401 if err.code == "InvalidToken" else 400, err.code, str(err)) from err
        registration = self._services.auth.register(account, serial, name.rpartition("%")[2].strip() or "App")
        domain = str((data.get("cookies") or {}).get("domain") or "").removeprefix(".")
        cookies = []
        if "website_cookies" in wanted and domain in MARKETPLACES:
            cookies = _cookie_list(self._services.auth.new_cookies(account, domain))
        answer = _success(self._services, registration, cookies)
        if "store_authentication_cookie" in wanted:
            answer["response"]["success"]["tokens"]["store_authentication_cookie"] = {"cookie": token_urlsafe(32)}
        return json_response(answer)

    def _account(self, auth_data: dict[str, Any]) -> str:
        """Return the account for the credentials in a registration; raises ``AuthError``.

        The authorization code belongs to the client id for which it was requested; the serial may differ.
        """
        if "access_token" in auth_data:
            registration = self._services.auth.by_access_token(auth_data["access_token"])
            if registration is None:
                raise AuthError("InvalidToken", "The access token is not valid.")
            return registration.account
        client_id = str(auth_data.get("client_id", ""))
        if auth_data.get("code_algorithm") != "SHA-256" or auth_data.get("client_domain") != "DeviceLegacy":
            raise AuthError("InvalidValue", "code_algorithm or client_domain is invalid.")
        code, verifier = str(auth_data.get("authorization_code", "")), str(auth_data.get("code_verifier", ""))
        return self._services.auth.redeem(code, verifier, client_id)

    async def _token(self, request: Request) -> Response:
        """Return an access token, or the cookies of a session, for a refresh token."""
        form = request.form()
        wanted = form.get("requested_token_type")
        domain = form.get("domain", "").removeprefix("www.").removeprefix(".")
        known = wanted == "access_token" or (wanted == "auth_cookies" and domain in MARKETPLACES)
        if form.get("source_token_type") != "refresh_token" or not known:
            raise HttpError(400, {"error": "invalid_request", "error_description": "A parameter is missing or invalid"})
        registration = self._services.auth.by_refresh_token(form.get("source_token", ""))
        if registration is None:
            description = "The request has an invalid grant parameter : refresh_token"
            raise HttpError(400, {"error": "invalid_grant", "error_description": description})
        if wanted == "auth_cookies":
            return json_response(_cookie_answer(self._services, registration, domain))
        token = self._services.auth.new_access_token(registration)
        return json_response({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE})

    async def _deregister(self, request: Request) -> Response:
        """Sign out an app."""
        registration = admit_bearer(self._services, request)
        data = request.json()
        if not isinstance(data, dict):
            raise _refused(400, "InvalidValue", "The body must be a JSON object")
        self._services.auth.deregister(registration.serial)
        self._services.streams.end_unauthenticated(self._services.auth.is_valid, self._services.state.now())
        return json_response({"response": {"success": {}}, "request_id": str(uuid4())})

    async def _cookies(self, request: Request) -> Response:
        """Return the cookies of a session for a refresh token."""
        form = request.form()
        domain = form.get("domain", "").removeprefix(".")
        if form.get("requested_token_type") != "auth_cookies" or form.get("source_token_type") != "refresh_token":
            raise _refused(400, "InvalidValue", "A parameter is missing or invalid")
        if domain not in MARKETPLACES:
            raise _refused(400, "InvalidValue", "domain is invalid")
        registration = self._services.auth.by_refresh_token(form.get("source_token", ""))
        if registration is None:
            raise _refused(400, "InvalidToken", "The refresh token is not valid")
        return json_response(_cookie_answer(self._services, registration, domain))

    async def _capabilities(self, request: Request) -> Response:
        """Store the capabilities of an app; it only receives pushes if they include Alexa.Mobile.Push."""
        registration = admit_bearer(self._services, request)
        data = request.json()
        capabilities = data.get("capabilities") if isinstance(data, dict) else None
        if not isinstance(capabilities, list) or not data.get("envelopeVersion"):
            raise HttpError(400, {"error": {"message": "envelopeVersion and capabilities are required"}})
        interfaces = [item.get("interface") for item in capabilities if isinstance(item, dict)]
        registration.pushes = "Alexa.Mobile.Push" in interfaces
        return Response(204)


def _cookie_answer(services: Services, registration: Registration, domain: str) -> dict[str, Any]:
    """Return the response with the cookies of a new session."""
    cookies = _cookie_list(services.auth.new_cookies(registration.account, domain))
    return {"response": {"tokens": {"cookies": {f".{domain}": cookies}}}, "request_id": str(uuid4())}


def _success(services: Services, registration: Registration, cookies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the response to a registration."""
    account = services.state.accounts[registration.account]
    name = account["devices"][registration.serial]["accountName"]
    success = {
        "extensions": {
            "device_info": {
                "device_name": name,
                "device_serial_number": registration.serial,
                "device_type": APP_TYPE,
            },
            "customer_info": {
                "account_pool": "Amazon",
                "user_id": account["directedId"],
                "home_region": services.state.marketplace(registration.account).region.upper(),
                "name": account["name"],
                "given_name": account["name"].split()[0],
            },
        },
        "tokens": {
            "bearer": {
                "access_token": services.auth.new_access_token(registration),
                "refresh_token": registration.refresh_token,
                "expires_in": str(TOKEN_LIFE),
            },
            "mac_dms": registration.mac_dms,
            "website_cookies": cookies,
        },
        "customer_id": account["directedId"],
    }
    return {"response": {"success": success}, "request_id": str(uuid4())}


def _cookie_list(cookies: dict[str, tuple[str, float]]) -> list[dict[str, Any]]:
    """Return cookies in the format of Amazon's responses."""
    return [
        {
            "Path": "/",
            "Secure": True,
            "Value": cookie_value(name, value),
            "Expires": datetime.fromtimestamp(expires, UTC).strftime("%d %b %Y %H:%M:%S GMT"),
            "HttpOnly": name.startswith(("at-", "sess-at-")),
            "Name": name,
        }
        for name, (value, expires) in cookies.items()
    ]


def _refused(status: int, code: str, message: str) -> HttpError:
    """Return an error in the format of ``/auth``."""
    return HttpError(status, {"response": {"error": {"code": code, "message": message}}, "request_id": str(uuid4())})
