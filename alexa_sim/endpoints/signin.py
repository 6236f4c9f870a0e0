"""Amazon's sign-in pages at ``www.<domain>/ap``."""

from dataclasses import dataclass, field
from html import escape
import secrets
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from alexa_sim.auth import cookie_value
from alexa_sim.http import HttpError, Request, Response, html_response, json_response, redirect
from alexa_sim.marketplaces import MARKETPLACES

from . import Services
from .signin_pages import (
    CAPTCHA_IMAGE_PATH,
    CAPTCHA_PATH,
    CONFIRM_PATH,
    DEVICE_PATH,
    FINGERPRINT,
    FINGERPRINT_PATH,
    NOVEL_PATH,
    PROOF_PATH,
    captcha_image,
    captcha_page,
    confirm_page,
    device_page,
    novel_page,
    otp_page,
    page,
    password_alone_page,
    password_page,
)

_LIFE = 1800
"""Maximum duration of a sign-in in seconds."""


@dataclass(slots=True)
class SignIn:
    """A sign-in in progress: the request of the client, the user, and the pages that remain."""

    domain: str
    challenge: str
    client_id: str
    return_to: str
    expires: float
    account: str | None = None
    ahead: list[str] = field(default_factory=list)
    captcha: str = ""
    nonce: str = ""
    proof: str = ""


class SignInPages:
    """The sign-in pages, and the sign-ins in progress."""

    def __init__(self, services: Services) -> None:
        """Initialize, and add the pages to the router."""
        self._services = services
        self._sign_ins: dict[str, SignIn] = {}
        add = services.router.add
        for path in ("/ap/register", "/ap/signin"):
            add("GET", "www.{domain}", path, self._start)
        add("POST", "www.{domain}", "/ap/signin", self._password)
        add("GET", "www.{domain}", CAPTCHA_PATH, self._captcha)
        add("GET", "www.{domain}", CAPTCHA_IMAGE_PATH, self._captcha_image)
        add("GET", "www.{domain}", "/ap/cvf/request", self._ask_to_confirm)
        add("POST", "www.{domain}", CONFIRM_PATH, self._confirm)
        add("GET", "account.{domain}", NOVEL_PATH, self._show_novel)
        add("POST", "account.{domain}", NOVEL_PATH, self._novel)
        add("GET", "www.{domain}", DEVICE_PATH, self._show_device)
        add("POST", "www.{domain}", DEVICE_PATH, self._device)
        add("POST", "www.{domain}", PROOF_PATH, self._prove_device)
        add("GET", "www.{domain}", FINGERPRINT_PATH, self._fingerprint)
        add("*", "www.{domain}", "/ap/maplanding", self._landing)

    def begin(self, domain: str, query: dict[str, str]) -> SignIn:
        """Return a new sign-in for the query of a sign-in URL; raises ``HttpError`` 400."""
        client = query.get("openid.oa2.client_id", "")
        return_to = query.get("openid.return_to", "")
        target = urlsplit(return_to)
        problem = None
        if query.get("openid.oa2.response_type") != "code":
            problem = "openid.oa2.response_type has to be code."
        elif query.get("openid.oa2.code_challenge_method") != "S256" or not query.get("openid.oa2.code_challenge"):
            problem = "A code challenge with the method S256 is required."
        elif not client.startswith("device:"):
            problem = "openid.oa2.client_id has to name a device."
        elif (
            target.scheme != "https"
            or (target.hostname or "").removeprefix("www.") not in MARKETPLACES
            or target.path != "/ap/maplanding"
        ):
            problem = "openid.return_to has to be Amazon's."
        if problem is not None:
            error = HttpError(400)
            error.response = html_response(page("Looking for something?", f"<p>{escape(problem)}</p>"), 400)
            raise error
        return SignIn(
            domain=domain,
            challenge=query["openid.oa2.code_challenge"],
            client_id=client.removeprefix("device:"),
            return_to=return_to,
            expires=self._services.state.now() + _LIFE,
        )

    def land(self, sign_in: SignIn, account: str) -> str:
        """Return the URL on which a finished sign-in ends."""
        code = self._services.auth.new_code(account, sign_in.challenge, sign_in.client_id)
        directed = self._services.state.accounts[account]["directedId"]
        identity = f"https://www.{sign_in.domain}/ap/id/{directed}"
        query = {
            "openid.assoc_handle": "amzn_dp_project_dee_ios",
            "openid.claimed_id": identity,
            "openid.identity": identity,
            "openid.mode": "id_res",
            "openid.ns": "http://specs.openid.net/auth/2.0",
            "openid.oa2.authorization_code": code,
            "openid.oa2.scope": "device_auth_access offline_access",
            "openid.return_to": sign_in.return_to,
        }
        return f"{sign_in.return_to}?{urlencode(query)}"

    async def _start(self, request: Request) -> Response:
        """Return the form for email address and password."""
        domain = request.params["domain"]
        marketplace = MARKETPLACES.get(domain)
        if marketplace is None:
            raise HttpError(404, {"message": "Not Found"})
        now = self._services.state.now()
        self._sign_ins = {key: sign_in for key, sign_in in self._sign_ins.items() if sign_in.expires > now}
        key = secrets.token_urlsafe(24)
        self._sign_ins[key] = self.begin(domain, dict(request.query))
        # Amazon's pages refuse a form without the cookies of its page
        session = (
            f"session-id={secrets.randbelow(900) + 100}-{secrets.randbelow(10**7):07}-{secrets.randbelow(10**7):07}"
        )
        ubid = f"ubid-{marketplace.suffix}={secrets.randbelow(900) + 100}-{secrets.randbelow(10**7):07}"
        cookies = [("set-cookie", f"{pair}; Domain=.{domain}; Path=/; Secure") for pair in (session, ubid)]
        return html_response(password_page(domain, key), headers=cookies)

    async def _password(self, request: Request) -> Response:
        """Check the email address and the password."""
        form = request.form()
        key, sign_in = self._under_way(request, form)
        email = form.get("email", "")
        if "otpCode" in form:
            return await self._otp(request)
        if email and "password" not in form:
            return html_response(password_alone_page(sign_in.domain, key, email))
        account = self._services.auth.authenticate(email, form.get("password", ""))
        if account is None:
            return html_response(password_page(sign_in.domain, key, email, "Your password is incorrect"))
        sign_in.account = account
        asked = self._services.state.accounts[account]["signInPages"]
        otp = ["otp"] if self._services.auth.needs_otp(account) else []
        order = ("captcha", "otp", "device", "confirm", "unknown")
        sign_in.ahead = sorted([*asked, *otp], key=order.index)
        return self._go_on(key, sign_in)

    async def _otp(self, request: Request) -> Response:
        """Check the code from the authenticator app."""
        form = request.form()
        key, sign_in = self._under_way(request, form)
        if sign_in.account is None or sign_in.ahead[:1] != ["otp"]:
            return html_response(password_page(sign_in.domain, key))
        if not self._services.auth.check_otp(sign_in.account, form.get("otpCode", "")):
            message = "The One Time Password (OTP) you entered is not valid. Please try again."
            return html_response(otp_page(sign_in.domain, key, message))
        return self._done("otp", key, sign_in)

    async def _captcha(self, request: Request) -> Response:
        """Check the letters of a captcha; the form is sent as a query."""
        key, sign_in = self._under_way(request, dict(request.query))
        if request.query.get("field-keywords", "").upper() != sign_in.captcha:
            message = "Enter the characters as they are shown in the image"
            return html_response(self._new_captcha(key, sign_in, message))
        return self._done("captcha", key, sign_in)

    async def _captcha_image(self, request: Request) -> Response:
        """Return the image of a captcha."""
        _, sign_in = self._under_way(request, {"workflowState": request.query.get("amzn", "")})
        return Response(200, captcha_image(sign_in.captcha).encode(), [("content-type", "image/svg+xml")])

    async def _ask_to_confirm(self, request: Request) -> Response:
        """Return the page that asks the user to confirm the sign-in."""
        key, _ = self._under_way(request, dict(request.query))
        return html_response(confirm_page(key))

    async def _confirm(self, request: Request) -> Response:
        """Handle the confirmation of the sign-in."""
        form = request.form()
        key, sign_in = self._under_way(request, form)
        if form.get("transactionApproved") != "yes":
            return html_response(password_page(sign_in.domain, key, "", "The sign-in was denied"))
        return self._done("confirm", key, sign_in)

    async def _show_novel(self, request: Request) -> Response:
        """Return a page that is unknown to all clients."""
        key, sign_in = self._under_way(request, dict(request.query))
        return html_response(novel_page(sign_in.domain, key))

    async def _novel(self, request: Request) -> Response:
        """Check the form of the unknown page: complete, and sent to the address of its button."""
        key, sign_in = self._under_way(request, request.form())
        fields = parse_qs(request.text)
        if fields.get("topic") != ["news", "offers"] or request.query.get("step") != "2":
            return html_response(novel_page(sign_in.domain, key))
        return self._done("unknown", key, sign_in)

    async def _show_device(self, request: Request) -> Response:
        """Return a page that needs scripts and storage."""
        key, sign_in = self._under_way(request, dict(request.query))
        sign_in.nonce, sign_in.proof = secrets.token_urlsafe(9), secrets.token_urlsafe(9)
        return html_response(device_page(key, sign_in.nonce))

    async def _fingerprint(self, _request: Request) -> Response:
        """Return the script of the page that needs scripts."""
        return Response(200, FINGERPRINT.encode(), [("content-type", "text/javascript")])

    async def _prove_device(self, request: Request) -> Response:
        """Return the form value of the page that needs scripts, if the page found all values that it had stored."""
        found = request.json()
        _, sign_in = self._under_way(request, found)
        kept = [found.get(name) for name in ("local", "session", "cookie", "entries")]
        if kept != [sign_in.nonce, sign_in.nonce, sign_in.nonce, 1]:
            raise HttpError(400, {"message": "This browser keeps nothing."})
        return json_response({"proof": sign_in.proof})

    async def _device(self, request: Request) -> Response:
        """Check the form sent by the script of that page."""
        form = request.form()
        key, sign_in = self._under_way(request, form)
        if not sign_in.proof or form.get("metadata1") != sign_in.proof:
            return html_response(device_page(key, sign_in.nonce))
        return self._done("device", key, sign_in)

    def _done(self, name: str, key: str, sign_in: SignIn) -> Response:
        """Continue after a page; a page that is not expected leads back to the password."""
        if sign_in.account is None or sign_in.ahead[:1] != [name]:
            return html_response(password_page(sign_in.domain, key))
        del sign_in.ahead[0]
        return self._go_on(key, sign_in)

    def _go_on(self, key: str, sign_in: SignIn) -> Response:
        """Return the next page, or finish the sign-in after the last page."""
        query = urlencode({"workflowState": key})
        match sign_in.ahead:
            case []:
                return self._finish(key, sign_in, sign_in.account or "")
            case ["captcha", *_]:
                return html_response(self._new_captcha(key, sign_in))
            case ["otp", *_]:
                return html_response(otp_page(sign_in.domain, key))
            case ["device", *_]:
                return redirect(f"{DEVICE_PATH}?{query}")
            case ["confirm", *_]:
                return redirect(f"/ap/cvf/request?{query}")
            case _:
                return redirect(f"https://account.{sign_in.domain}{NOVEL_PATH}?{query}")

    def _new_captcha(self, key: str, sign_in: SignIn, message: str | None = None) -> str:
        """Return a captcha page with new letters."""
        sign_in.captcha = "".join(secrets.choice("ABCEFGHJKLMNPRTUXY") for _ in range(6))
        return captcha_page(key, message)

    async def _landing(self, _request: Request) -> Response:
        """Return the page on which a sign-in ends: an error page whose URL contains the code."""
        return html_response(page("Page Not Found", "<p>Looking for something?</p>"), 404)

    def _under_way(self, request: Request, form: dict[str, str]) -> tuple[str, SignIn]:
        """Return the key and the sign-in of a form; raises ``HttpError``."""
        key = form.get("workflowState", "")
        sign_in = self._sign_ins.get(key)
        error = HttpError(400)
        if sign_in is None or sign_in.expires <= self._services.state.now():
            error.response = html_response(page("Amazon Sign-In", "<p>Your session has expired. Start again.</p>"), 400)
            raise error
        if "session-id" not in request.cookies:
            text = "<p id='auth-cookie-warning-message'>Please Enable Cookies to Continue</p>"
            error.response = html_response(page("Amazon Sign-In", text), 200)
            raise error
        return key, sign_in

    def _finish(self, key: str, sign_in: SignIn, account: str) -> Response:
        """Sign in the browser and redirect it to the landing page."""
        del self._sign_ins[key]
        cookies = self._services.auth.new_cookies(account, sign_in.domain)
        headers = [
            ("set-cookie", f"{name}={cookie_value(name, value)}; Domain=.{sign_in.domain}; Path=/; Secure; HttpOnly")
            for name, (value, _) in cookies.items()
        ]
        return redirect(self.land(sign_in, account), headers)


def sign_in_at(pages: SignInPages, url: str, account: str) -> str:
    """Return the final URL of a sign-in with the correct password; raises ``HttpError`` 400."""
    parts = urlsplit(url)
    domain = (parts.hostname or "").removeprefix("www.")
    if parts.scheme != "https" or domain not in MARKETPLACES or parts.path not in ("/ap/register", "/ap/signin"):
        raise HttpError(400, {"message": f"{url} is no sign-in page of Amazon's."})
    try:
        sign_in = pages.begin(domain, dict(parse_qsl(parts.query)))
    except HttpError as err:
        raise HttpError(400, {"message": f"Amazon refuses this sign-in: {err.response.body.decode()}"}) from err
    return pages.land(sign_in, account)
