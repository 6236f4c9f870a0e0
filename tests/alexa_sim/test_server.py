"""Tests of the server: hosts, protocols, streams and internal errors."""

from contextlib import AbstractContextManager
import socket
import ssl
import time

import httpx
import pytest

from alexa_sim.client import Running
from alexa_sim.hosts import HOSTS, MARKETPLACES, certificate_names, is_amazon
from alexa_sim.tls import Authority

from .https import connect, open_request, request

STREAM = "alexa.na.gateway.devices.a2z.com/v20160207/directives"


def eventually(toy: Running, **expected: object) -> bool:
    """Return whether parts of the toy cloud's state get the expected values within two seconds."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        state = toy.client.state()
        if all(state[name] == value for name, value in expected.items()):
            return True
    return False


def http2(toy: Running, name: str) -> httpx.Client:
    """Return an HTTP/2 client whose requests name one of Amazon's hosts."""
    context = ssl.create_default_context(cafile=toy.ca)
    return httpx.Client(
        http1=False, http2=True, verify=context, base_url=f"https://127.0.0.1:{toy.port}", headers={"host": name}
    )


def stream_over(client: httpx.Client, name: str) -> AbstractContextManager[httpx.Response]:
    """Open the directive stream."""
    return client.stream("GET", "/v20160207/directives", extensions={"sni_hostname": name})


@pytest.mark.parametrize(
    "host",
    [
        "alexa.amazon.com",
        "www.amazon.co.uk",
        "Alexa.Amazon.DE.",
        "amazon.com.au",
        "eu-api-alexa.amazon.co.uk",
        "eltern.amazon.de",
        "parents.amazon.com",
        "bob-dispatch-prod-na.amazon.com",
        "skills-store.amazon.co.jp",
        "alexa-comms-mobile-service.amazon.com",
        "api.amazonalexa.com",
        "api.eu.amazonalexa.com",
        "alexa.fe.gateway.devices.a2z.com",
    ],
)
def test_these_hosts_are_amazons(host: str) -> None:
    assert is_amazon(host)


@pytest.mark.parametrize(
    "host",
    ["amazon.com.evil.example", "evilamazon.com", "a.b.amazon.com", "example.org", "", "com", "amazon", "a2z.com"],
)
def test_these_hosts_are_not_amazons(host: str) -> None:
    assert not is_amazon(host)


def test_one_certificate_is_valid_for_every_host(toy: Running) -> None:
    for name in (*MARKETPLACES, *(f"alexa.{domain}" for domain in MARKETPLACES), *HOSTS):
        connect(toy, name).close()
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(toy, "example.org")


def test_the_public_keys_are_hashed_for_chromium() -> None:
    authority = Authority()
    try:
        assert len(authority.spki) == 2
        assert {len(value) for value in authority.spki} == {44}
        assert len(certificate_names()) == 2 * len(MARKETPLACES) + len(HOSTS)
    finally:
        authority.close()
    assert not authority.ca_pem.exists()


def test_requests_reach_the_host_that_they_name(toy: Running) -> None:
    answer = request(toy, "POST", "alexa.amazon.co.uk/echo/a%2Fb/c?q=1&empty=", body="hello")
    assert answer.status == 200
    assert answer.json() == {
        "host": "alexa.amazon.co.uk",
        "path": "/echo/a%2Fb/c",
        "rest": "a/b/c",
        "query": {"q": "1", "empty": ""},
        "cookies": {"c": "1"},
        "body": "hello",
        "http_version": "1.1",
    }
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert "server" not in dict(answer.headers)


def test_http2_is_offered(toy: Running) -> None:
    with http2(toy, "api.amazonalexa.com") as client:
        answer = client.post(
            "/echo/x",
            content=b"b" * 200_000,
            extensions={"sni_hostname": "api.amazonalexa.com"},
            headers={"cookie": "c=1"},
        )
    assert answer.http_version == "HTTP/2"
    assert answer.json()["host"] == "api.amazonalexa.com"
    assert len(answer.json()["body"]) == 200_000
    assert toy.client.ledger()[0]["http_version"] == "2"


@pytest.mark.parametrize(("host", "sni"), [("alexa.amazon.com", None), ("example.org", "alexa.amazon.com")])
def test_a_host_that_is_not_served_is_misdirected(toy: Running, host: str, sni: str | None) -> None:
    assert request(toy, "GET", f"{host}/static", sni=sni).status == 421


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/static", 405), ("GET", "/refused", 403)]
)
def test_refusals_keep_their_status(toy: Running, method: str, path: str, status: int) -> None:
    assert request(toy, method, f"alexa.amazon.com{path}").status == status
    assert toy.client.errors() == []


def test_a_page_is_sent_in_chunks_without_a_length(toy: Running) -> None:
    for method, path in (("GET", "www.amazon.com/page"), ("HEAD", "www.amazon.com/page")):
        answer = request(toy, method, path)
        headers = {name.lower(): value for name, value in answer.headers}
        assert "content-length" not in headers
        assert headers["transfer-encoding"] == "chunked"
        assert answer.body == (b"<p>" + b"x" * 3000 if method == "GET" else b"")


def test_an_error_in_a_handler_is_kept_and_answered(toy: Running) -> None:
    for _ in range(2):
        assert request(toy, "GET", "alexa.amazon.com/broken").status == 500
    (error,) = toy.client.errors()
    assert "ZeroDivisionError: planted" in error["error"]
    assert (error["method"], error["host"], error["path"]) == ("GET", "alexa.amazon.com", "/broken")
    assert error["count"] == 2


def test_an_error_in_a_tick_is_kept_and_the_ticks_continue(toy: Running) -> None:
    toy.client.patch_state({"tick_fails": True})
    end = time.monotonic() + 3
    while not (errors := toy.client.errors()) and time.monotonic() < end:
        pass
    assert "planted in tick" in errors[0]["error"]
    toy.client.patch_state({"tick_fails": False})
    ticks = toy.client.state()["ticks"]
    while toy.client.state()["ticks"] == ticks:
        assert time.monotonic() < end


def test_a_stream_sends_each_piece_immediately(toy: Running) -> None:
    connection, response = open_request(toy, "GET", STREAM)
    assert response.read1() == b"--x\r\n"
    assert toy.client.ledger()[0]["duration"] is None
    toy.client.push("PUSH_TEST", {"a": 1})
    assert response.readline() == b'{"command": "PUSH_TEST", "payload": {"a": 1}}\n'
    toy.client.push_raw("Ü\n")
    assert response.readline() == "Ü\n".encode()
    assert toy.client.state()["open"] == 1
    connection.close()


def test_pieces_written_at_once_are_sent_in_separate_frames(toy: Running) -> None:
    name = "alexa.na.gateway.devices.a2z.com"
    with http2(toy, name) as client, stream_over(client, name) as response:
        frames = response.iter_raw()
        assert next(frames) == b"--x\r\n"
        toy.client.request("POST", "/push", {"raw": [f"directive {number}" for number in range(50)]})
        assert [next(frames) for _ in range(50)] == [f"directive {number}".encode() for number in range(50)]


def test_a_client_that_leaves_ends_its_stream(toy: Running) -> None:
    connection, response = open_request(toy, "GET", STREAM)
    assert response.read1()
    assert toy.client.state()["open"] == 1
    response.close()
    connection.close()
    assert eventually(toy, open=0)
    assert toy.client.ledger()[0]["duration"] is not None
    assert toy.client.errors() == []


def test_a_client_that_leaves_ends_its_stream_over_http2(toy: Running) -> None:
    name = "alexa.na.gateway.devices.a2z.com"
    with http2(toy, name) as client, stream_over(client, name) as response:
        assert next(response.iter_raw()) == b"--x\r\n"
        assert toy.client.state()["open"] == 1
    assert eventually(toy, open=0)
    assert toy.client.errors() == []


def test_a_slow_reader_that_disconnects_is_released(toy: Running) -> None:
    name = "alexa.na.gateway.devices.a2z.com"
    with http2(toy, name) as client, stream_over(client, name) as response:
        assert next(response.iter_raw()) == b"--x\r\n"
        for _ in range(20):
            toy.client.push_raw("x" * 100_000)
    assert eventually(toy, open=0)
    assert toy.client.errors() == []


def test_a_new_household_ends_the_streams_cleanly(toy: Running) -> None:
    name = "alexa.na.gateway.devices.a2z.com"
    connection, plain = open_request(toy, "GET", STREAM)
    with http2(toy, name) as client:
        with stream_over(client, name) as response:
            toy.client.household("demo")
            assert b"".join(response.iter_raw()) == b"--x\r\n"
        assert plain.read() == b"--x\r\n"
    connection.close()


def test_a_new_household_forgets_everything(toy: Running) -> None:
    request(toy, "POST", "alexa.amazon.com/write")
    request(toy, "GET", "alexa.amazon.com/broken")
    toy.client.fault(status=500)
    toy.client.advance(3600)
    toy.client.household("demo", domain="amazon.de")
    assert toy.client.state()["writes"] == 0
    assert toy.client.state()["domain"] == "amazon.de"
    assert toy.client.ledger() == []
    assert toy.client.errors() == []
    assert toy.client.faults() == []
    assert abs(toy.client.now() - time.time()) < 5


def test_a_write_is_completed_even_if_the_client_does_not_wait(toy: Running) -> None:
    with pytest.raises(TimeoutError):
        request(toy, "GET", "alexa.amazon.com/sleep/60", timeout=0.3)
    assert toy.client.state()["writes"] == 0
    toy.client.advance(61)
    assert eventually(toy, writes=1)
    assert toy.client.ledger()[0]["status"] is None


def test_garbage_does_no_harm(toy: Running) -> None:
    with socket.create_connection(("127.0.0.1", toy.port), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert raw.recv(100)[:5] != b"HTTP/"
    with connect(toy) as tls:
        tls.sendall(b"\x00\x01\x02\r\n\r\n")
        assert b" 400 " in tls.recv(1000)
    assert request(toy, "GET", "alexa.amazon.com/static").status == 200
