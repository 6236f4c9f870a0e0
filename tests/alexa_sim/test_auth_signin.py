"""Tests of sign-in pages, registration, tokens and cookies."""

from html.parser import HTMLParser
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from alexapy.secureauth import EnrollmentFlow
import pytest

from alexa_sim.auth import client_id_of, totp
from alexa_sim.household import load_household
from alexa_sim.http import HttpError

from .cloud_driver import APP, JO, REFRESH_TOKEN, Answer, Driver

SECRET = "JBSWY3DPEHPK3PXP"


class Form(HTMLParser):
    """Parser of the first form in a page: its action and its hidden fields."""

    def __init__(self, page: str) -> None:
        """Initialize with a page."""
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store a form, or one of its fields."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values.get("action", "")
        elif tag == "input" and "name" in values:
            self.fields[values["name"]] = values.get("value", "")


async def submit(driver: Driver, page: Answer, cookies: dict[str, str], **values: str) -> Answer:
    form = Form(page.text)
    return await driver.request("POST", form.action, form={**form.fields, **values}, cookies=cookies)


async def open_page(driver: Driver, flow: Any) -> tuple[Answer, dict[str, str]]:
    page = await driver.request("GET", flow.oauth_url, cookies={})
    assert page.status == 200
    return page, page.set_cookies


def registration(flow: Any, code: str, **changes: Any) -> dict[str, Any]:
    return {
        "requested_extensions": ["device_info", "customer_info"],
        "cookies": {"website_cookies": [], "domain": f".{flow.domain}"},
        "registration_data": {
            "domain": "Device",
            "device_type": "A2IVLV5VM2W81",
            "device_name": "%FIRST_NAME%'s%DUPE_STRATEGY_1ST%Amazon Alexa",
            "device_serial": flow.serial,
        },
        "auth_data": {
            "client_id": flow.device_id,
            "authorization_code": code,
            "code_verifier": flow.code_verifier,
            "code_algorithm": "SHA-256",
            "client_domain": "DeviceLegacy",
            **changes,
        },
        "requested_token_type": ["bearer", "mac_dms", "website_cookies"],
    }


async def register(driver: Driver, flow: Any, code: str, **changes: Any) -> Answer:
    data = registration(flow, code, **changes)
    return await driver.request("POST", f"https://api.{driver.domain}/auth/register", data=data)


async def token(driver: Driver, refresh_token: str) -> Answer:
    form = {
        "source_token": refresh_token,
        "source_token_type": "refresh_token",
        "requested_token_type": "access_token",
    }
    return await driver.request("POST", f"https://api.{driver.domain}/auth/token", form=form)


async def test_password_leads_to_a_code_that_registers() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    end = await submit(driver, page, cookies, email="Jo@Example.org", password="correct horse")
    assert end.status == 302
    location = end.header("location") or ""
    assert "at-main" in end.set_cookies
    answer = await register(driver, flow, flow.parse_redirect_url(location))
    success = answer.json["response"]["success"]
    assert success["extensions"]["customer_info"]["home_region"] == "NA"
    assert success["extensions"]["device_info"]["device_name"] == "Jo's Amazon Alexa"
    assert success["tokens"]["bearer"]["expires_in"] == "3600"
    assert {cookie["Name"] for cookie in success["tokens"]["website_cookies"]} >= {"at-main", "session-id"}
    app = driver.device(flow.serial)
    assert (app["deviceFamily"], app["deviceType"]) == ("VOX", "A2IVLV5VM2W81")
    assert (await driver.request("GET", location, cookies={})).status == 404


async def test_wrong_password_shows_an_error_and_can_be_corrected() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    page = await submit(driver, page, cookies, email="jo@example.org", password="wrong")
    assert page.status == 200
    assert "Your password is incorrect" in page.text
    assert Form(page.text).fields["email"] == "jo@example.org"
    assert (await submit(driver, page, cookies, password="correct horse")).status == 302


async def test_authenticator_code_is_requested() -> None:
    household = load_household("demo")
    household["accounts"][JO]["otpSecret"] = SECRET
    driver, flow = Driver(household), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    page = await submit(driver, page, cookies, email="jo@example.org", password="correct horse")
    assert 'name="otpCode"' in page.text
    good = totp(SECRET, int(time.time() // 30))
    wrong = f"{(int(good) + 1) % 10**6:06}"
    page = await submit(driver, page, cookies, otpCode=wrong)
    assert "not valid" in page.text
    assert (await submit(driver, page, cookies, otpCode=good)).status == 302


def test_totp_is_that_of_rfc_6238() -> None:
    assert totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59 // 30) == "287082"


async def test_form_needs_the_cookies_of_its_page() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    page, _ = await open_page(driver, flow)
    answer = await submit(driver, page, {}, email="jo@example.org", password="correct horse")
    assert "Enable Cookies" in answer.text


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        pytest.param("code_challenge_method=S256", "code_challenge_method=plain", id="plain challenge"),
        pytest.param("response_type=code", "response_type=token", id="token"),
        pytest.param("https://www.amazon.com/ap/maplanding", "https://evil.example.org/ap/maplanding", id="elsewhere"),
        pytest.param("client_id=device:", "client_id=app:", id="no device"),
    ],
)
async def test_sign_in_page_refuses(pattern: str, replacement: str) -> None:
    driver, flow = Driver(), EnrollmentFlow()
    url = flow.oauth_url
    assert pattern in url
    assert (await driver.request("GET", url.replace(pattern, replacement))).status == 400


async def test_code_is_valid_once_for_five_minutes_for_its_client_and_verifier() -> None:
    driver = Driver()

    def code(flow: Any) -> str:
        return str(flow.parse_redirect_url(driver.cloud.sign_in(flow.oauth_url)))

    flow = EnrollmentFlow()
    first = code(flow)
    assert (await register(driver, flow, first)).status == 200
    assert (await register(driver, flow, first)).status == 400

    late = code(flow)
    driver.advance(301)
    assert (await register(driver, flow, late)).status == 400

    assert (await register(driver, flow, code(flow), code_verifier="another")).status == 400

    other = EnrollmentFlow()
    assert (await register(driver, other, code(flow), code_verifier=flow.code_verifier)).status == 400
    assert (await register(driver, flow, code(flow), client_id=other.device_id)).status == 400
    refused = await register(driver, flow, code(flow), code_algorithm="plain")
    assert refused.json["response"]["error"]["code"] == "InvalidValue"


async def test_same_serial_again_is_the_same_device_with_new_tokens() -> None:
    driver, flow = Driver(), EnrollmentFlow(serial=APP)
    before = set(driver.cloud.state()["accounts"][JO]["devices"])
    code = flow.parse_redirect_url(driver.cloud.sign_in(flow.oauth_url, "jo@example.org"))
    answer = await register(driver, flow, code)
    assert answer.json["response"]["success"]["tokens"]["bearer"]["refresh_token"] != REFRESH_TOKEN
    assert set(driver.cloud.state()["accounts"][JO]["devices"]) == before
    assert (await token(driver, REFRESH_TOKEN)).json["error"] == "invalid_grant"


async def test_second_app_gets_a_number_in_its_name() -> None:
    driver = Driver()
    for expected in ("Jo's Amazon Alexa", "Jo's 2nd Amazon Alexa", "Jo's 3rd Amazon Alexa"):
        flow = EnrollmentFlow()
        await register(driver, flow, flow.parse_redirect_url(driver.cloud.sign_in(flow.oauth_url)))
        assert driver.device(flow.serial)["accountName"] == expected


async def test_access_token_is_valid_for_an_hour() -> None:
    driver = Driver()
    await driver.renew()
    url = "https://api.amazonalexa.com/v1/devices/@self/capabilities"
    body = {"envelopeVersion": "20160207", "capabilities": [{"interface": "Alexa.Mobile.Push"}]}
    assert (await driver.request("PUT", url, data=body, bearer=driver.token)).status == 204
    driver.advance(3599)
    assert (await driver.request("PUT", url, data=body, bearer=driver.token)).status == 204
    driver.advance(1)
    assert (await driver.request("PUT", url, data=body, bearer=driver.token)).status == 401


async def test_cookies_are_valid_for_fourteen_days() -> None:
    driver = Driver()
    await driver.renew()
    driver.advance(14 * 86400 - 1)
    assert (await driver.request("GET", "/api/users/me")).status == 200
    driver.advance(1)
    assert (await driver.request("GET", "/api/users/me")).status == 401


async def test_refresh_token_replaces_expired_tokens_but_not_revoked_ones() -> None:
    driver = Driver()
    await driver.renew()
    driver.cloud.expire_tokens()
    assert (await driver.request("GET", "/api/users/me")).status == 401
    await driver.renew()
    assert (await driver.request("GET", "/api/users/me")).status == 200
    driver.cloud.revoke()
    assert (await driver.request("GET", "/api/users/me")).status == 401
    answer = await token(driver, REFRESH_TOKEN)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


async def test_deregistering_removes_the_device() -> None:
    driver = Driver()
    await driver.renew()
    body = {"requested_deregister_type": "deregister_device"}
    url = f"https://api.{driver.domain}/auth/deregister"
    assert (await driver.request("POST", url, data=body, bearer="Atna|no")).status == 401
    assert APP in driver.cloud.state()["accounts"][JO]["devices"]
    assert (await driver.request("POST", url, data=body, bearer=driver.token)).status == 200
    assert APP not in driver.cloud.state()["accounts"][JO]["devices"]
    assert (await token(driver, REFRESH_TOKEN)).status == 400


async def test_removing_the_app_in_amazons_list_signs_it_out() -> None:
    driver = Driver()
    await driver.renew()
    stream = await driver.open()
    driver.patch_device(APP, None)
    assert (await stream.pieces())[-1] == b""
    assert (await token(driver, REFRESH_TOKEN)).json["error"] == "invalid_grant"


def test_sign_in_by_the_control_plane_reports_errors() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    url = driver.cloud.sign_in(flow.oauth_url, JO)
    assert parse_qs(urlsplit(url).query)["openid.mode"] == ["id_res"]
    for bad, account in (
        ("https://www.example.org/ap/register", JO),
        (flow.oauth_url, "nobody@example.org"),
        (flow.oauth_url.replace("S256", "plain"), JO),
    ):
        with pytest.raises(HttpError) as caught:
            driver.cloud.sign_in(bad, account)
        assert caught.value.response.status == 400


def test_client_id_is_the_one_that_clients_use() -> None:
    flow = EnrollmentFlow()
    assert client_id_of(flow.serial) == flow.device_id
    assert re.fullmatch(r"[0-9a-f]+", flow.device_id)


async def test_registering_by_an_access_token() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    await driver.renew()
    data = {**registration(flow, ""), "auth_data": {"access_token": driver.token}}
    answer = await driver.request("POST", "https://api.amazon.com/auth/register", data=data)
    assert answer.status == 200
    assert flow.serial in driver.cloud.state()["accounts"][JO]["devices"]
    data["auth_data"] = {"access_token": "Atna|no"}
    answer = await driver.request("POST", "https://api.amazon.com/auth/register", data=data)
    assert (answer.status, answer.json["response"]["error"]["code"]) == (401, "InvalidToken")


async def test_app_signed_in_by_another_user_moves_to_their_account() -> None:
    household = load_household("demo")
    household["accounts"]["A2SIMKIM00001"] = {"email": "kim@example.org", "name": "Kim Lee"}
    driver, flow = Driver(household), EnrollmentFlow(serial=APP)
    code = flow.parse_redirect_url(driver.cloud.sign_in(flow.oauth_url, "kim@example.org"))
    assert (await register(driver, flow, code)).status == 200
    accounts = driver.cloud.state()["accounts"]
    assert APP not in accounts[JO]["devices"]
    assert accounts["A2SIMKIM00001"]["devices"][APP]["accountName"] == "Kim's Amazon Alexa"


async def test_pages_required_by_an_account_are_shown_in_order() -> None:
    household = load_household("demo")
    household["accounts"][JO] |= {"otpSecret": SECRET, "signInPages": ["unknown", "confirm", "captcha"]}
    driver, flow = Driver(household), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    page = await submit(driver, page, cookies, email="jo@example.org", password="correct horse")

    async def guess(page: Answer, letters: str) -> Answer:
        query = urlencode({**Form(page.text).fields, "field-keywords": letters})
        return await driver.request("GET", f"https://www.amazon.com/errors/validateCaptcha?{query}", cookies=cookies)

    key = Form(page.text).fields["workflowState"]
    page = await guess(page, "WRONG")
    assert "Enter the characters" in page.text
    image = await driver.request("GET", f"https://www.amazon.com/captcha/image.svg?amzn={key}", cookies=cookies)
    found = re.search(r">([A-Z]{6})<", image.text)
    assert found is not None
    page = await guess(page, found[1])
    page = await submit(driver, page, cookies, otpCode=totp(SECRET, int(time.time() // 30)))
    assert page.status == 302
    page = await driver.request("GET", f"https://www.amazon.com{page.header('location')}", cookies=cookies)
    assert Form(page.text).action == "approve"
    form = Form(page.text).fields | {"transactionApproved": "yes"}
    page = await driver.request("POST", "https://www.amazon.com/ap/cvf/approve", form=form, cookies=cookies)
    assert (page.header("location") or "").startswith("https://account.amazon.com/account/preferences/start?")
    form = {"workflowState": key, "topic": "news"}
    url = "https://account.amazon.com/account/preferences/start"
    page = await driver.request("POST", f"{url}?step=2", form=form, cookies=cookies)
    assert page.status == 200, "a form with a missing field is refused"


async def test_unexpected_page_leads_back_to_the_password() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    form = {"workflowState": Form(page.text).fields["workflowState"], "transactionApproved": "yes"}
    page = await driver.request("POST", "https://www.amazon.com/ap/cvf/approve", form=form, cookies=cookies)
    assert 'name="password"' in page.text
