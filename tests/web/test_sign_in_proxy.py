"""The sign-in proxy below Home Assistant: addresses, pages, and what its client lets through."""

import gzip

import httpx
import pytest

from alexa_sim.auth import totp
from custom_components.alexa_media.web.sign_in_pages import behind, in_front, is_amazon, rewritten
from custom_components.alexa_media.web.sign_in_proxy import (
    MAX_ANSWER,
    LandedError,
    _AmazonOnly,
    checked_otp_secret,
    one_time_code,
)

BASE = "/proxy/id"
PAGE = "https://www.amazon.com/ap/signin?x=1"


async def ask(url: str, content: bytes = b"", **headers: str) -> httpx.Response:
    """Ask through the guarded transport for an address behind which there is some content."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    async with httpx.AsyncClient(transport=_AmazonOnly(httpx.MockTransport(answer))) as client:
        return await client.get(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.amazon.com/",
        "https://www.example.org/",
        "https://www.amazon.com:444/",
        "https://amazon.com.example.org/",
        "https://notamazon.com/",
        "https://127.0.0.1/",
    ],
)
async def test_client_reaches_amazon_alone(url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await ask(url)


async def test_client_stops_before_the_landing_page() -> None:
    url = "https://www.amazon.com/ap/maplanding?openid.oa2.authorization_code=ANcode"
    with pytest.raises(LandedError) as caught:
        await ask(url)
    assert caught.value.url == url
    assert "ANcode" not in str(caught.value)


async def test_packed_answers_are_unpacked_within_bounds() -> None:
    packed = {"content-encoding": "gzip", "content-length": "999"}
    answer = await ask(PAGE, gzip.compress(b"page"), **packed)
    assert (answer.content, answer.headers.get("content-encoding")) == (b"page", None)
    for content, encoding in (
        (gzip.compress(b"\0" * (MAX_ANSWER + 1)), "gzip"),
        (b"a" * (MAX_ANSWER + 1), "identity"),
        (b"no gzip", "gzip"),
        (b"page", "br"),
    ):
        with pytest.raises(httpx.DecodingError):
            await ask(PAGE, content, **{"content-encoding": encoding})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (PAGE, f"{BASE}/www.amazon.com/ap/signin?x=1"),
        ("http://WWW.amazon.de", f"{BASE}/www.amazon.de/"),
        ("https://account.amazon.co.uk:443/a#b", f"{BASE}/account.amazon.co.uk/a#b"),
        ("https://user@www.amazon.com/", None),
        ("https://www.amazon.com:8443/", None),
        ("https://www.amazon.com:x/", None),
        ("https://www.example.org/", None),
        ("javascript:void(0)", None),
    ],
)
def test_addresses_behind_the_proxy(url: str, expected: str | None) -> None:
    assert behind(BASE, url) == expected


def test_targets_lead_back() -> None:
    assert in_front(BASE, f"{BASE}/www.amazon.com/ap/signin?x=1%20&y=[a]") == f"{PAGE}%20&y=[a]"
    for target in (
        f"{BASE}/www.amazon.com",
        f"{BASE}x/www.amazon.com/",
        f"{BASE}/www.amazon.com/a b",
        f"{BASE}/www.amazon.com/\\x",
        f"{BASE}/www.amazon.com/\r\nX: y",
        f"{BASE}/.amazon.com/",
        f"http://home{BASE}/www.amazon.com/",
    ):
        assert in_front(BASE, target) is None


def test_hosts() -> None:
    assert is_amazon("amazon.com")
    assert is_amazon("na.account.amazon.com")
    for host in (None, "", "amazon.example.org", "xamazon.com", "amazon.com.", "-.amazon.com", "AMAZON.com"):
        assert not is_amazon(host)


def test_pages_are_rewritten() -> None:
    page = rewritten(
        '<base href="/other/"><form><input formaction="go?a=1"></form><a href="#top">1</a><a href="next">2</a>'
        '<a href="mailto:jo@example.org">3</a><img src="data:image/png;base64,AA"><a href="https://[bad">4</a>'
        '<meta http-equiv="Refresh" content="0; url=/ap/next?a=1"><script src="https://m.media-amazon.com/a.js"></script>',
        PAGE,
        BASE,
    )
    here = f"{BASE}/www.amazon.com"
    assert "<base" not in page
    for part in (
        f'action="{here}/ap/signin?x=1"',
        f'formaction="{here}/other/go?a=1"',
        'href="#top"',
        f'href="{here}/other/next"',
        'href="mailto:jo@example.org"',
        'src="data:image/png;base64,AA"',
        'href="https://[bad"',
        f'content="0; url={here}/ap/next?a=1"',
        'src="https://m.media-amazon.com/a.js"',
    ):
        assert part in page, part


def test_codes_are_those_of_rfc_6238(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 59.0)
    secret = checked_otp_secret(" gezd gnbv gy3t qojq-gezdgnbvgy3tqojq ")
    assert one_time_code(secret) == totp(secret, 1) == "287082"
    for bad in ("123456", "GEZDGNBVGY3TQOJ1", "GEZDGNBVGY3TQOJÄ"):
        with pytest.raises(ValueError, match=r".+"):
            checked_otp_secret(bad)
