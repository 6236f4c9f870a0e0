"""HTML of the sign-in pages: forms with the same field names as Amazon's."""

from html import escape
import secrets

CAPTCHA_PATH = "/errors/validateCaptcha"
CAPTCHA_IMAGE_PATH = "/captcha/image.svg"
CONFIRM_PATH = "/ap/cvf/approve"
NOVEL_PATH = "/account/preferences/start"
DEVICE_PATH = "/ap/device"
PROOF_PATH = "/ap/device/proof"
FINGERPRINT_PATH = "/ap/device/fingerprint.js"

FINGERPRINT = """\
function fingerprint(nonce) {
  localStorage.setItem("device", nonce);
  sessionStorage.device = nonce;
  document.cookie = "device=" + nonce + "; path=/; max-age=600";
  return {
    local: localStorage.device,
    session: sessionStorage.getItem("device"),
    cookie: document.cookie.split("; ").find(pair => pair.startsWith("device="))?.slice(7),
    entries: localStorage.length,
  };
}
"""

_STYLE = "body{font-family:sans-serif;max-width:22em;margin:3em auto}label{display:block}.a-alert-error{color:#c40000}"


def page(title: str, body: str) -> str:
    """Return an HTML page with a title and a body."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )


def password_page(domain: str, key: str, email: str = "", message: str | None = None) -> str:
    """Return the page that asks for email address and password."""
    inputs = (
        '<label for="ap_email">Email or mobile phone number</label>'
        f'<input type="email" id="ap_email" name="email" value="{escape(email)}">'
        '<label for="ap_password">Password</label><input type="password" id="ap_password" name="password">'
        '<input type="submit" id="signInSubmit" value="Sign in">'
    )
    return _form("signIn", f"https://www.{domain}/ap/signin", key, inputs, message)


def password_alone_page(domain: str, key: str, email: str) -> str:
    """Return the page that asks for the password only; its form contains the email address."""
    inputs = (
        f'<input type="hidden" name="email" value="{escape(email)}">'
        '<label for="ap_password">Password</label><input type="password" id="ap_password" name="password">'
        '<input type="submit" id="signInSubmit" value="Sign in">'
    )
    return _form("signIn", f"https://www.{domain}/ap/signin", key, inputs, None)


def otp_page(domain: str, key: str, message: str | None = None) -> str:
    """Return the page that asks for the code from the authenticator app."""
    inputs = (
        '<label for="auth-mfa-otpcode">Enter OTP</label>'
        '<input type="tel" id="auth-mfa-otpcode" name="otpCode" autocomplete="one-time-code">'
        '<label><input type="checkbox" name="rememberDevice"> Don\'t require OTP on this browser</label>'
        '<input type="submit" id="auth-signin-button" value="Sign in">'
    )
    return _form("auth-mfa-form", f"https://www.{domain}/ap/signin", key, inputs, message)


def captcha_page(key: str, message: str | None = None) -> str:
    """Return the page that asks for the letters of a picture; its form uses GET, and its URLs name no host."""
    inputs = (
        f'<img src="{CAPTCHA_IMAGE_PATH}?amzn={key}" alt="captcha">'
        '<label for="captchacharacters">Type the characters you see in this image</label>'
        '<input type="text" id="captchacharacters" name="field-keywords" autocomplete="off">'
        '<input type="submit" id="captcha-submit" value="Continue shopping">'
    )
    return _form("captcha", CAPTCHA_PATH, key, inputs, message, method="get")


def captcha_image(letters: str) -> str:
    """Return the picture of a captcha, as SVG."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="70">'
        f'<text x="20" y="50" font-size="40" font-family="monospace">{letters}</text></svg>'
    )


def confirm_page(key: str) -> str:
    """Return the page that asks the user to confirm the sign-in; the form's action is relative."""
    inputs = (
        "<p>Was this sign-in yours?</p>"
        '<label><input type="radio" name="transactionApproved" value="yes" checked> Yes</label>'
        '<label><input type="radio" name="transactionApproved" value="no"> No</label>'
        '<input type="submit" id="cvf-approve" value="Continue">'
    )
    return _form("cvf", CONFIRM_PATH.rpartition("/")[2], key, inputs, None)


def novel_page(domain: str, key: str) -> str:
    """Return a page that is unknown to all clients.

    Its form has no action, but its button has one. It has unusual field names, one of them twice. It is on another host
    and has links of every kind.
    """
    inputs = (
        '<input type="hidden" name="topic" value="news"><input type="hidden" name="topic" value="offers">'
        '<select name="frequency"><option value="never" selected>Never</option></select>'
        f'<button id="novel-continue" type="submit" formaction="//account.{domain}{NOVEL_PATH}?step=2">'
        "Continue</button>"
    )
    links = (
        f'<p><a href="//www.{domain}/gp/help">Help</a> <a href="https://www.example.org/terms">Terms</a>'
        '<a href="javascript:void(0)">More</a><img src="https://m.media-amazon.com/logo.png" alt=""></p>'
    )
    return _form("preferences", None, key, inputs + links, None)


def device_page(key: str, nonce: str) -> str:
    """Return a page that continues automatically, but only in browsers with scripts and storage.

    It loads a script with a relative URL, stores ``nonce`` in both storages and in a cookie, sends the stored values as
    JSON to a URL without a host, and posts the response.
    """
    script = (
        '<script src="device/fingerprint.js"></script><script>'
        f'const found = {{workflowState: "{key}", ...fingerprint("{nonce}")}};'
        f'fetch("{PROOF_PATH}", {{method: "POST", body: JSON.stringify(found),'
        '  headers: {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}})'
        ".then(answer => answer.json()).then(({proof}) => {"
        '  const form = document.getElementById("device"); form.elements.metadata1.value = proof; form.submit(); });'
        "</script>"
    )
    inputs = '<input type="hidden" name="metadata1" value=""><noscript>Please turn on JavaScript.</noscript>'
    return _form("device", DEVICE_PATH, key, inputs, None).replace("</body>", f"{script}</body>")


def _form(name: str, action: str | None, key: str, inputs: str, message: str | None, *, method: str = "post") -> str:
    """Return a page with a form that has the hidden fields of Amazon's forms."""
    box = '<div id="auth-error-message-box" class="a-alert-error" role="alert">'
    alert = "" if message is None else f"{box}{escape(message)}</div>"
    goes_to = "" if action is None else f' action="{action}"'
    return page(
        "Amazon Sign-In",
        f'{alert}<form name="{name}" id="{name}" method="{method}"{goes_to}>'
        f'<input type="hidden" name="appActionToken" value="{secrets.token_urlsafe(9)}">'
        '<input type="hidden" name="appAction" value="SIGNIN_PWD_COLLECT">'
        f'<input type="hidden" name="workflowState" value="{key}">{inputs}</form>',
    )
