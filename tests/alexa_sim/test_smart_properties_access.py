"""Tests of access: Login with Amazon, tokens, scopes, regions, and their errors."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
import json
import ssl
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from alexa_sim.client import Running, start
from alexa_sim.hosts import is_amazon
from alexa_sim.http import HttpError

from .cloud_driver import Answer
from .property_driver import API, CLIENT, ENDPOINT, OPERATOR, TOKEN, UNIT, Property, refusal

CALLBACK = "https://my.home-assistant.io/redirect/oauth"
SCOPE = "alexa::enterprise:management credential_locker::wifi_management profile:user_id"
VERIFIER = "an-invented-verifier-of-more-than-forty-three-letters"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def page(**changes: str | None) -> str:
    """Return the URL of the consent page."""
    query = {
        "client_id": CLIENT["client_id"],
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "s t",
        **changes,
    }
    return (
        f"https://www.amazon.com/ap/oa?{urlencode({key: value for key, value in query.items() if value is not None})}"
    )


def landed(location: str | None) -> tuple[str, dict[str, str]]:
    """Return the address and the query of a URL."""
    address, _, query = (location or "").partition("?")
    return address, dict(parse_qsl(query))


async def redeem(hotel: Property, code: str, **changes: str) -> Answer:
    """Exchange an authorization code for tokens."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **CLIENT, **changes}
    return await hotel.request("POST", TOKEN, form=form)


async def test_a_sign_in_leads_from_the_page_to_the_profile() -> None:
    hotel = Property()
    shown = await hotel.request("GET", page())
    assert (shown.status, "credential_locker::wifi_management" in shown.text) == (200, True)
    wrong = await hotel.request("POST", page(), form={"email": "operator@example.org", "password": "guess"})
    assert (wrong.status, "incorrect" in wrong.text) == (200, True)
    good = {"email": "operator@example.org", "password": "correct horse"}
    answer = await hotel.request("POST", page(), form=good)
    address, query = landed(answer.header("location"))
    assert (answer.status, address, query["state"], query["scope"]) == (302, CALLBACK, "s t", SCOPE)
    tokens = (await redeem(hotel, query["code"])).json
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    assert tokens["access_token"].startswith("Atza|")
    assert tokens["refresh_token"].startswith("Atzr|")
    assert 350 <= len(tokens["access_token"]) <= 2048
    profile = await hotel.request("GET", "https://api.amazon.com/user/profile", bearer=tokens["access_token"])
    assert profile.json == {"user_id": "amzn1.account.SIMROBINKELLER"}
    hotel.token = tokens["access_token"]
    assert (await hotel.ask("GET", "/v2/endpoints?owner=~caller")).status == 200
    again = await redeem(hotel, query["code"])
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    denied = await hotel.request("POST", page(), form={**good, "cancel": ""})
    assert landed(denied.header("location"))[1]["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "alexa:all"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
    ],
    ids=["unknown scope", "no scope", "response type", "code challenge"],
)
async def test_an_invalid_request_redirects_back_with_an_error(changes: dict[str, str | None], error: str) -> None:
    address, query = landed((await Property().request("GET", page(**changes))).header("location"))
    assert (address, query["error"], query["state"]) == (CALLBACK, error, "s t")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "none"},
        {"redirect_uri": "https://example.org/elsewhere"},
        {"redirect_uri": "http://[::1"},
        {"redirect_uri": None},
    ],
    ids=["unknown client", "unknown address", "invalid address", "no address"],
)
async def test_an_unknown_client_or_address_is_not_redirected(changes: dict[str, str | None]) -> None:
    answer = await Property().request("GET", page(**changes))
    assert (answer.status, answer.header("location")) == (400, None)


async def test_codes_are_bound_and_expire() -> None:
    hotel = Property()

    def code(**changes: str) -> str:
        location = hotel.cloud.sign_in(page(**changes), "operator@example.org")
        return landed(location)[1]["code"]

    proven = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    assert (await redeem(hotel, code(**proven), code_verifier=VERIFIER)).status == 200
    for answer in (
        await redeem(hotel, code(**proven), code_verifier="x"),
        await redeem(hotel, code(**proven)),
        await redeem(hotel, code(), redirect_uri="https://example.com/auth/external/callback"),
        await redeem(hotel, "none"),
    ):
        assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    late = code()
    hotel.advance(301)
    assert (await redeem(hotel, late)).status == 400
    local = "http://127.0.0.1:8123/auth/external/callback"
    assert (await redeem(hotel, code(redirect_uri=local), redirect_uri=local)).status == 200
    assert landed(hotel.cloud.sign_in(page(scope="none"), None))[1]["error"] == "invalid_scope"
    with pytest.raises(HttpError, match="400"):
        hotel.cloud.sign_in(page(client_id="none"), None)


async def test_clients_must_authenticate() -> None:
    hotel = Property()
    basic = b64encode(f"{CLIENT['client_id']}:{CLIENT['client_secret']}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": "Atzr|property"}
    headers = {"authorization": f"Basic {basic}"}
    assert (await hotel.request("POST", TOKEN, form=form, headers=headers)).status == 200
    for wrong in ({"client_secret": "x"}, {"client_id": "x"}):
        answer = await hotel.refresh(**wrong)
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    broken = await hotel.request("POST", TOKEN, form=form, headers={"authorization": "Basic €"})
    assert broken.status == 401
    unknown = await hotel.refresh("Atzr|unknown")
    assert (unknown.status, unknown.json["error"]) == (400, "invalid_grant")
    for kind, error in (("password", "unsupported_grant_type"), (None, "invalid_request")):
        given = {**CLIENT, **({} if kind is None else {"grant_type": kind})}
        answer = await hotel.request("POST", TOKEN, form=given)
        assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize("rotate", [False, True])
async def test_refresh_tokens_rotate_and_are_revoked(rotate: bool) -> None:
    hotel = Property(rotateRefreshTokens=rotate)
    first = (await hotel.refresh()).json["refresh_token"]
    assert (first == "Atzr|property") is not rotate
    assert ((await hotel.refresh()).status == 400) is rotate
    assert (await hotel.refresh(first)).status == 200
    hotel.cloud.revoke()
    assert (await hotel.refresh(first)).status == 400


async def test_access_tokens_expire() -> None:
    hotel = Property()
    path = "/v2/endpoints?owner=~caller"
    assert refusal(await hotel.ask("GET", path)) == (401, "UNAUTHORIZED")
    await hotel.refresh()
    hotel.advance(3599)
    assert (await hotel.ask("GET", path)).status == 200
    hotel.advance(1)
    assert refusal(await hotel.ask("GET", path)) == (401, "UNAUTHORIZED")
    await hotel.refresh()
    hotel.cloud.expire_tokens()
    assert refusal(await hotel.ask("GET", path)) == (401, "UNAUTHORIZED")
    await hotel.refresh()
    bare = await hotel.request("GET", f"{API}{path}", headers={"authorization": hotel.token})
    assert refusal(bare) == (401, "UNAUTHORIZED")
    profile = await hotel.request("GET", "https://api.amazon.com/user/profile", bearer="x")
    assert (profile.status, profile.json["error"]) == (400, "invalid_token")


async def test_requests_need_scope_and_access() -> None:
    hotel = Property()
    body: dict[str, Any] = {"payload": {"wifiConfigurations": []}}
    install = f"/v2/endpoints/{ENDPOINT}101BED/features/connectivity/addOrUpdateWifiConfigurations"
    await hotel.refresh("Atzr|no-wifi")
    assert (await hotel.ask("GET", "/v2/endpoints?owner=~caller")).status == 200
    assert refusal(await hotel.ask("POST", install, body)) == (403, "FORBIDDEN")
    profile = await hotel.request("GET", "https://api.amazon.com/user/profile", bearer=hotel.token)
    assert (profile.status, profile.json["error"]) == (403, "insufficient_scope")
    await hotel.refresh("Atzr|profile-only")
    assert refusal(await hotel.ask("GET", "/v2/endpoints?owner=~caller")) == (403, "FORBIDDEN")
    await hotel.refresh()
    clients = hotel.properties()["clients"]
    hotel.cloud.patch({"smartProperties": {"clients": [{**clients[0], "apiAccess": False}]}})
    assert refusal(await hotel.ask("GET", "/v2/endpoints?owner=~caller")) == (403, "FORBIDDEN")


async def test_another_user_manages_nothing() -> None:
    hotel = Property()
    other = "A2SIMGUEST00001"
    hotel.cloud.patch({"accounts": {other: {"email": "guest@example.org", "name": "Kim Guest"}}})
    code = landed(hotel.cloud.sign_in(page(scope="alexa::enterprise:management profile"), other))[1]["code"]
    hotel.token = (await redeem(hotel, code)).json["access_token"]
    assert refusal(await hotel.ask("GET", "/v2/endpoints?owner=~caller")) == (403, "FORBIDDEN")
    profile = await hotel.request("GET", "https://api.amazon.com/user/profile", bearer=hotel.token)
    assert (profile.json["name"], profile.json["email"]) == ("Kim Guest", "guest@example.org")
    assert profile.json["user_id"] != hotel.cloud.state()["accounts"][OPERATOR]["directedId"]


@pytest.mark.parametrize(
    ("country", "host", "absent"),
    [
        ("DE", "api.eu.amazonalexa.com", set()),
        ("ES", "api.eu.amazonalexa.com", {"search", "thermostat", "setting"}),
        ("JP", "api.fe.amazonalexa.com", {"search", "thermostat", "timers"}),
    ],
)
async def test_countries_and_their_hosts(country: str, host: str, absent: set[str]) -> None:
    hotel = Property(country=country)
    await hotel.refresh()
    assert refusal(await hotel.ask("GET", "/v2/endpoints?owner=~caller")) == (403, "FORBIDDEN")
    thermostat = f"/v2/endpoints/{ENDPOINT}101HVAC/features/thermostat/setThermostatMode"
    query = {"query": {"and": [{"match": {"model.value.text": "Echo"}}]}}
    calls: dict[str, tuple[str, str, Any]] = {
        "list": ("GET", "/v2/endpoints?owner=~caller", None),
        "search": ("POST", "/v2/endpointQuery", query),
        "thermostat": ("POST", thermostat, {"payload": {"thermostatMode": "HEAT"}}),
        "setting": ("PUT", f"/v2/endpoints/{ENDPOINT}101BED/settings/System.temperatureUnit", "CELSIUS"),
        "timers": ("DELETE", f"/v1/alerts/timers?endpoint={ENDPOINT}101BED", None),
    }
    statuses = {
        name: (await hotel.request(method, f"https://{host}{path}", data=data, bearer=hotel.token)).status
        for name, (method, path, data) in calls.items()
    }
    assert {name for name, status in statuses.items() if status == 403} == absent


async def test_a_vertical_limits_the_operations() -> None:
    hotel = Property(vertical="core")
    await hotel.refresh()
    answer = await hotel.ask("DELETE", f"/v1/alerts/timers?endpoint={ENDPOINT}101BED")
    assert (answer.status, answer.json["errors"][0]["type"]) == (403, "FORBIDDEN")


async def test_unknown_paths_and_methods_are_refused() -> None:
    hotel = Property()
    await hotel.refresh()
    assert (await hotel.ask("GET", "/v2/endpoints/a/b")).status == 404
    answer = await hotel.ask("DELETE", f"/v2/endpoints/{ENDPOINT}101BED/settings/System.locales")
    assert (answer.status, answer.header("allow")) == (405, "GET, PUT")
    assert (await hotel.request("POST", f"{API}/v2/endpointQuery", bearer=hotel.token)).status == 400
    for text in ("[" * 100_000, "NaN", "1e999", '"\\ud800"', "{"):
        path = f"/v2/endpoints/{ENDPOINT}101BED/settings/SpeechSynthesizer.speakingRate"
        answer = await hotel.request("PUT", API + path, bearer=hotel.token, raw=text.encode())
        assert answer.status == 400, text[:9]


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    """Serve the household in a separate process."""
    with start("property") as running:
        yield running


def test_the_property_is_served_with_tls(served: Running, socket_enabled: None) -> None:
    context = ssl.create_default_context(cafile=served.ca)

    def ask(method: str, url: str, **more: Any) -> httpx.Response:
        parts = urlsplit(url)
        address = f"https://127.0.0.1:{served.port}{url.partition(parts.hostname or '-')[2]}"
        headers = {"host": parts.hostname or "", **more.pop("headers", {})}
        return client.request(method, address, headers=headers, extensions={"sni_hostname": parts.hostname}, **more)

    with httpx.Client(verify=context) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "Atzr|property", **CLIENT}
        bearer = {"authorization": f"Bearer {ask('POST', TOKEN, data=form).json()['access_token']}"}
        rooms = f"{API}/v2/endpoints?associatedUnits.id={UNIT}LOBBY&expand=all&expand=feature:speaker"
        answer = ask("GET", rooms, headers=bearer)
        assert (answer.status_code, len(answer.json()["results"])) == (200, 5)
        assert answer.headers["x-amzn-requestid"]
        (entry,) = served.client.ledger(path="/v2/endpoints")
        assert entry["query"] == {"associatedUnits.id": f"{UNIT}LOBBY", "expand": ["all", "feature:speaker"]}
        served.client.fault(
            host="api.amazonalexa.com", path="/v2/*", status=429, body={"type": "TOO_MANY_REQUESTS"}, times=1
        )
        assert [ask("GET", rooms, headers=bearer).status_code for _ in range(2)] == [429, 200]
        turn_on = f"{API}/v2/endpoints/{ENDPOINT}101CEILING/features/power/turnOn"
        served.client.fault(path="*/turnOn", status=500, after=True, times=1)
        assert ask("POST", turn_on, headers=bearer).status_code == 500
        endpoints = served.client.state()["smartProperties"]["endpoints"]
        assert endpoints[f"{ENDPOINT}101CEILING"]["features"]["power"] == {"powerState": "ON"}
        served.client.patch_state({"smartProperties": {"endpoints": {f"{ENDPOINT}LOBBYBAR": {"online": False}}}})
        reachability = f"{API}/v2/endpoints/{ENDPOINT}LOBBYBAR/features/connectivity"
        assert ask("GET", reachability, headers=bearer).json()["properties"][0]["value"] == {"value": "UNREACHABLE"}
        served.client.fault(expire_tokens=True)
        assert ask("GET", reachability, headers=bearer).status_code == 401
        assert landed(served.client.sign_in(page()))[1]["code"]
        locker = ask("POST", "https://credential-locker-service.amazon.eu/credentiallocker/v2/saveWifiConfigurations")
        assert (locker.status_code, json.loads(locker.text)["type"]) == (401, "UNAUTHORIZED")
    assert served.client.errors() == []


def test_the_hosts_are_amazons() -> None:
    for end in ("com", "eu", "jp"):
        assert is_amazon(f"credential-locker-service.amazon.{end}")
    assert not is_amazon("amazon.eu")
