"""Tests of the ledger: it contains every request, whatever its outcome."""

from alexa_sim.client import Running
from alexa_sim.http import Request
from alexa_sim.ledger import Ledger

from .https import request


def _request(path: str, host: str = "alexa.amazon.com", method: str = "GET", body: bytes = b"") -> Request:
    return Request(method, host, path, {}, {}, body)


def test_filters_are_globs_and_a_time() -> None:
    ledger = Ledger()
    ledger.open(_request("/api/devices-v2/device"), 10)
    ledger.open(_request("/api/notifications", method="POST"), 20)
    ledger.open(_request("/auth/token", "api.amazon.com"), 30)
    assert [entry["path"] for entry in ledger.entries(path="/api/*")] == [
        "/api/devices-v2/device",
        "/api/notifications",
    ]
    assert [entry["path"] for entry in ledger.entries(method="post")] == ["/api/notifications"]
    assert [entry["path"] for entry in ledger.entries(host="API.*")] == ["/auth/token"]
    assert [entry["index"] for entry in ledger.entries(since=20)] == [1, 2]


def test_reset_restarts_the_index() -> None:
    ledger = Ledger()
    ledger.open(_request("/a"), 1)
    ledger.reset()
    ledger.open(_request("/b"), 2)
    assert [(entry["index"], entry["path"]) for entry in ledger.entries()] == [(0, "/b")]


def test_a_binary_body_is_recorded() -> None:
    ledger = Ledger()
    ledger.open(_request("/a", body=b"\xff{}"), 1)
    assert ledger.entries()[0]["body"] == "�{}"


def test_a_request_is_recorded_completely(toy: Running) -> None:
    request(toy, "POST", "www.amazon.com/echo/a?b=c&d=", body="text")
    (entry,) = toy.client.ledger()
    assert (entry["method"], entry["host"], entry["path"]) == ("POST", "www.amazon.com", "/echo/a")
    assert entry["query"] == {"b": "c", "d": ""}
    assert entry["body"] == "text"
    assert entry["headers"]["cookie"] == "c=1"
    assert (entry["status"], entry["http_version"], entry["fault"]) == (200, "1.1", None)
    assert abs(entry["time"] - toy.client.now()) < 5
    assert toy.client.ledger(path="/nothing") == []
    toy.client.reset_ledger()
    assert toy.client.ledger() == []


def test_failures_are_recorded_too(toy: Running) -> None:
    request(toy, "GET", "alexa.amazon.com/nowhere")
    request(toy, "GET", "example.org/static", sni="alexa.amazon.com")
    fault = toy.client.fault(path="/static", status=503)
    request(toy, "GET", "alexa.amazon.com/static")
    assert [(entry["host"], entry["status"], entry["fault"]) for entry in toy.client.ledger()] == [
        ("alexa.amazon.com", 404, None),
        ("example.org", 421, None),
        ("alexa.amazon.com", 503, f"status {fault}"),
    ]
