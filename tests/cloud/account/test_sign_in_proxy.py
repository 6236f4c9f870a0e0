"""Tests of the part of the sign-in proxy that doesn't use Home Assistant: URLs, pages, and allowed requests."""

import gzip
import time

import httpx
import pytest

from alexa_sim.auth import totp
from custom_components.alexa_media.cloud.account.sign_in_pages import (
    Tickets,
    is_amazon,
    original_url,
    proxied_path,
    rewritten,
    split_ticket,
)
from custom_components.alexa_media.cloud.account.sign_in_proxy import (
    MAX_ANSWER,
    LandedError,
    _AmazonOnly,
    checked_otp_secret,
    one_time_code,
)

BASE = "/proxy/id"
PAGE = "https://www.amazon.com/ap/signin?x=1"


async def ask(url: str, content: bytes = b"", **headers: str) -> httpx.Response:
    """Request a URL through the restricted transport; the server responds with some content."""

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
async def test_client_only_reaches_amazon(url: str) -> None:
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
def test_urls_are_rewritten_to_the_proxy(url: str, expected: str | None) -> None:
    assert proxied_path(BASE, url) == expected


def test_rewritten_urls_lead_back_to_amazon() -> None:
    assert original_url(BASE, f"{BASE}/www.amazon.com/ap/signin?x=1%20&y=[a]") == f"{PAGE}%20&y=[a]"
    for target in (
        f"{BASE}/www.amazon.com",
        f"{BASE}x/www.amazon.com/",
        f"{BASE}/www.amazon.com/a b",
        f"{BASE}/www.amazon.com/\\x",
        f"{BASE}/www.amazon.com/\r\nX: y",
        f"{BASE}/.amazon.com/",
        f"http://home{BASE}/www.amazon.com/",
    ):
        assert original_url(BASE, target) is None


def test_hosts_of_amazon_are_recognized() -> None:
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


def test_the_rest_of_a_page_is_unchanged() -> None:
    for html in (
        "<!DOCTYPE html><p>Jo &amp; Alex&nbsp;&#233; a&b=1 <!-- a > b --> 1 < 2</p>",
        '<script>if (a < b && c > "</p>") { x = "&amp;"; }</script><style>a > b {}</style>',
        "<!--[if IE]><p>old</p><![endif]--><br/><input disabled name=x><p",
        '<textarea><form action="x"></textarea><svg viewBox="0 0 1 1"><path d="M0"/></svg>',
    ):
        assert rewritten(html, PAGE, BASE).removesuffix("<p") == html.removesuffix("<p")


def test_requests_of_a_page_use_its_ticket() -> None:
    own = f"{BASE}/~ticket"
    page = rewritten(
        '<html><head><title>x</title></head><form method=POST target=_blank action="a?b&amp;c"><input name="otpCode">'
        '<input name=otpCode value=1><button formtarget="_blank" formaction=d></form><form action=e></form>'
        '<a href=f target="_blank">1</a><img src=/g><script src=h></script>'
        '<meta http-equiv="content-security-policy" content="default-src x">',
        PAGE,
        BASE,
        own,
        first="<script>first</script>",
        fields={"otpCode": '"1"'},
    )
    for part in (
        "<html><head><script>first</script><title>",
        f'<form method="POST" action="{own}/www.amazon.com/ap/a?b&amp;c">',
        '<input name="otpCode" value="&quot;1&quot;">',
        "<input name=otpCode value=1>",
        f'<button formaction="{own}/www.amazon.com/ap/d">',
        f'<form action="{BASE}/www.amazon.com/ap/e">',
        f'<a href="{BASE}/www.amazon.com/ap/f">',
        f'<img src="{own}/www.amazon.com/g">',
        f'<script src="{own}/www.amazon.com/ap/h">',
    ):
        assert part in page, part
    assert "content-security-policy" not in page
    assert "_blank" not in page


@pytest.mark.parametrize(
    "piece",
    [
        '<div class="a"><a href="/gp/help?x=1">Help</a><img src="https://m.media-amazon.com/x.png"></div>\n',
        "<form",
        "<a href='",
        '<a b="',
        "<!--",
        "<!-",
        "<![CDATA[",
        "<script>",
        "</script ",
        "&",
        "&a",
        "<",
        "<a x ",
        "<div>",
        "<textarea>",
    ],
)
def test_time_to_rewrite_is_proportional_to_the_size(piece: str) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        rewritten(piece * (size // len(piece)), PAGE, BASE, first="<script></script>")
        return time.process_time() - began

    assert seconds(800_000) < 8 * seconds(200_000) + 0.5


def test_tickets_are_bounded_and_spent_once() -> None:
    tickets = Tickets()
    first = tickets.issue().removeprefix("~")
    assert split_ticket(BASE, f"{BASE}/~{first}/www.amazon.com/a?b") == (first, f"{BASE}/www.amazon.com/a?b")
    assert split_ticket(BASE, f"{BASE}/www.amazon.com/~a") == ("", f"{BASE}/www.amazon.com/~a")
    assert tickets.admits(first)
    assert not tickets.admits("")
    assert not tickets.admits("\ud800")
    assert not tickets.spend("\ud800", b"")
    assert tickets.spend(first, b"form")
    assert not tickets.admits(first)
    assert tickets.spend(first, b"form")
    assert not tickets.spend(first, b"other form")
    issued = [tickets.issue().removeprefix("~") for _ in range(40)]
    assert [tickets.admits(ticket) for ticket in issued] == [False] * 8 + [True] * 32


def test_codes_are_those_of_rfc_6238(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 59.0)
    secret = checked_otp_secret(" gezd gnbv gy3t qojq-gezdgnbvgy3tqojq ")
    assert one_time_code(secret) == totp(secret, 1) == "287082"
    for bad in ("123456", "GEZDGNBVGY3TQOJ1", "GEZDGNBVGY3TQOJÄ"):
        with pytest.raises(ValueError, match=r".+"):
            checked_otp_secret(bad)
