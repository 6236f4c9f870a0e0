"""Tests of the control plane."""

from http.client import HTTPConnection
from socket import SHUT_RDWR, SHUT_WR, create_connection
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from alexa_sim import catalogue
from alexa_sim.client import ControlError, Running


def test_it_lists_its_paths(toy: Running) -> None:
    paths = toy.client.request("GET", "/")["paths"]
    assert "PATCH /state" in paths
    assert "POST /say" in paths


@pytest.mark.parametrize("track", catalogue.TRACKS.values(), ids=lambda track: track.title)
def test_it_draws_a_cover_for_each_track(toy: Running, track: catalogue.Track) -> None:
    status, kind, body = picture(toy, f"/art/{track.id.replace(':', '-')}/640.svg")
    assert (status, kind) == (200, "image/svg+xml")
    assert ET.fromstring(body).tag == "{http://www.w3.org/2000/svg}svg"


def test_it_draws_a_logo_for_each_provider_and_nothing_else(toy: Running) -> None:
    logos = {picture(toy, f"/art/provider/{name.lower()}.svg")[2] for name in catalogue.PROVIDERS}
    assert len(logos) == len(catalogue.PROVIDERS)
    assert picture(toy, "/art/provider/unknown.svg")[0] == 404
    assert picture(toy, "/art/sim-track-999/640.svg")[0] == 404


def test_cover_urls_point_to_the_control_plane_once_it_serves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    art = catalogue._Art
    monkeypatch.setattr(art, "base", art.base)
    monkeypatch.setattr(art, "kinds", art.kinds)
    assert catalogue.provider_logo("SPOTIFY") == "https://art.example.org/provider/spotify.png"
    catalogue.serve_art("http://127.0.0.1:1")
    assert catalogue.provider_logo("SPOTIFY") == "http://127.0.0.1:1/art/provider/spotify.svg"
    assert catalogue.TRACKS["sim:track:1"].art(48) == "http://127.0.0.1:1/art/sim-track-1/48.svg"


def picture(toy: Running, path: str) -> tuple[int, str, bytes]:
    """Return the status, the content type and the body of a picture."""
    address = urlsplit(toy.control)
    connection = HTTPConnection(address.hostname or "", address.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["content-type"], answer.read()


@pytest.mark.parametrize(
    ("line", "data", "status", "message"),
    [
        ("GET /nothing", None, 404, "no path"),
        ("PUT /state", {}, 405, "no method"),
        ("PATCH /state", {"bad": 1}, 400, "bad is no part"),
        ("PATCH /state", [1], 400, "JSON object"),
        ("POST /push", {}, 400, "A push is"),
        ("POST /push", {"command": "A", "payload": 1}, 400, "payload takes an object"),
        ("POST /push", {"command": "A", "raw": 1}, 400, "A push is"),
        ("POST /clock", {}, 400, "advance"),
        ("POST /clock", {"advance": -1}, 400, "forward only"),
        ("POST /clock", {"advance": True}, 400, "forward only"),
        ("GET /ledger?since=yesterday", None, 400, "epoch seconds"),
        ("GET /ledger?status=200", None, 400, "not by status"),
        ("POST /household", {}, 400, "A household is"),
        ("POST /household", {"name": "demo", "domain": "amazon.xx"}, 400, "no retail domain"),
        ("POST /household", {"name": "nobody"}, 400, "nobody"),
        ("POST /household", {"household": {}}, 400, "The household"),
        ("POST /household", {"household": 1}, 400, "takes an object"),
        ("POST /sign-in", {}, 400, "A sign-in is"),
        ("DELETE /faults/99999", None, 404, "no fault 99999"),
    ],
)
def test_invalid_requests_are_reported_in_a_sentence(
    toy: Running, line: str, data: Any, status: int, message: str
) -> None:
    method, path = line.split(" ")
    with pytest.raises(ControlError, match=message) as caught:
        toy.client.request(method, path, data)
    assert caught.value.status == status
    assert toy.client.errors() == []


def test_a_body_that_is_not_json_is_refused(toy: Running) -> None:
    connection = HTTPConnection(urlsplit(toy.control).netloc, timeout=20)
    connection.request("POST", "/clock", "{", {})
    response = connection.getresponse()
    assert response.status == 400
    assert b"not JSON" in response.read()
    connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"hello\r\n\r\n", b"400 Bad Request", id="no request"),
        pytest.param(b"GET /clock HTTP/1.1\r\nhost\r\n\r\n", b"400 Bad Request", id="no header"),
        pytest.param(b"GET /clock HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"400 Bad Request", id="no length"),
        pytest.param(
            b"GET /clock HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", b"400 Bad Request", id="no chunk"
        ),
        pytest.param(
            b"POST /clock HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            b'e\r\n{"advance": 1}\r\n0\r\n\r\n',
            b"200 OK",
            id="chunks",
        ),
        pytest.param(b"GET /clock HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", b"200 OK", id="close"),
        pytest.param(b"GET /clock HTTP/1.0\r\nhost: localhost\r\n\r\n", b"200 OK", id="older"),
        pytest.param(
            b"POST /clock HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n"
            b"connection: close\r\n\r\n{}",
            b"100 Continue",
            id="expectation",
        ),
        pytest.param(b"POST /clock HTTP/1.1\r\ncontent-length: 9\r\n\r\n{", b"", id="half a body"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_a_connection_ends_after_an_invalid_or_last_request(toy: Running, sent: bytes, status: bytes) -> None:
    address = urlsplit(toy.control)
    with create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.partition(b"\r\n")[0].removeprefix(b"HTTP/1.1 ") == status
    assert toy.client.errors() == []


def test_a_client_whose_connection_was_closed_opens_another(toy: Running) -> None:
    toy.client.errors()
    opened = toy.client._connection
    assert opened is not None
    opened.shutdown(SHUT_RDWR)
    assert toy.client.errors() == []
    assert toy.client._connection is not opened


def test_it_only_responds_to_loopback_names(toy: Running) -> None:
    connection = HTTPConnection(urlsplit(toy.control).netloc, timeout=20)
    connection.request("GET", "/state", headers={"host": "evil.example"})
    assert connection.getresponse().status == 421
    connection.close()


def test_requests_reach_the_cloud(toy: Running) -> None:
    client = toy.client
    assert client.patch_state({"colour": "red"})["colour"] == "red"
    assert client.say("G0000000000000A1", "hello", person="Ada") == {
        "said": {"serial": "G0000000000000A1", "text": "hello", "person": "Ada"}
    }
    assert client.spoken() == [{"serial": "G0000000000000A1", "text": "Hello."}]
    assert client.sign_in("https://www.amazon.com/ap/signin") == "https://www.amazon.com/ap/signin#None"
    assert client.sign_in("https://x", "jo@example.org") == "https://x#jo@example.org"


def test_advancing_the_clock_ticks(toy: Running) -> None:
    before, ticks = client_time(toy), toy.client.state()["ticks"]
    assert toy.client.advance(100) >= before + 100
    assert toy.client.state()["ticks"] > ticks


def client_time(toy: Running) -> float:
    """Return the simulation's time."""
    return toy.client.now()


def test_a_household_can_be_sent_as_an_object(toy: Running) -> None:
    household = toy.client.state()["household"]
    toy.client.household(household)
    assert toy.client.state()["household"] == household
