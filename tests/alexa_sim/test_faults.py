"""Tests of faults: each kind over the network, and invalid rules."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import IncompleteRead, RemoteDisconnected
import json
import time
from typing import Any

import httpx
import pytest

from alexa_sim.client import ControlError, Running

from .https import Answer, open_request, request
from .test_server import http2

STATIC = "alexa.amazon.com/static"
WRITE = "alexa.amazon.com/write"


@contextmanager
def in_flight(toy: Running, method: str, url: str) -> Iterator[Any]:
    """Send a request in the background; yield its future once it has arrived."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(request, toy, method, url)
        end = time.monotonic() + 5
        while not toy.client.ledger():
            assert time.monotonic() < end
        yield future


def test_a_status_replaces_the_response(toy: Running) -> None:
    toy.client.fault(path="/write", status=429, body={"message": "slow"}, headers={"Retry-After": 7}, times=1)
    answer = request(toy, "POST", WRITE)
    assert (answer.status, answer.json(), dict(answer.headers)["retry-after"]) == (429, {"message": "slow"}, "7")
    assert toy.client.state()["writes"] == 0
    assert request(toy, "POST", WRITE).status == 200
    assert toy.client.faults()[0]["hits"] == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("plain", "text/plain;charset=UTF-8"), ('{"a"', "application/json"), (None, "application/json")],
)
def test_a_body_is_sent_unchanged(toy: Running, body: str | None, content_type: str) -> None:
    toy.client.fault(status=200, body=body)
    answer = request(toy, "GET", STATIC)
    assert answer.body == (body or "").encode()
    assert dict(answer.headers)["content-type"] == content_type


def test_after_runs_the_handler_first(toy: Running) -> None:
    toy.client.fault(path="/write", status=503, after=True)
    assert request(toy, "POST", WRITE).status == 503
    assert toy.client.state()["writes"] == 1


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"path": "/sta*"}, True),
        ({"path": "/stat"}, False),
        ({"host": "ALEXA.*"}, True),
        ({"host": "www.*"}, False),
        ({"method": "get"}, True),
        ({"method": "P*"}, False),
    ],
)
def test_host_path_and_method_are_globs(toy: Running, rule: dict[str, str], hit: bool) -> None:
    toy.client.fault(status=500, **rule)
    assert request(toy, "GET", STATIC).status == (500 if hit else 200)


def test_seconds_are_those_of_the_simulated_clock(toy: Running) -> None:
    toy.client.fault(status=500, seconds=60)
    assert request(toy, "GET", STATIC).status == 500
    toy.client.advance(61)
    assert request(toy, "GET", STATIC).status == 200


def test_the_first_rule_wins_and_delays_add_up(toy: Running) -> None:
    toy.client.fault(latency=0.1)
    toy.client.fault(latency=0.1)
    toy.client.fault(status=501)
    toy.client.fault(status=502)
    started = time.monotonic()
    assert request(toy, "GET", STATIC).status == 501
    assert time.monotonic() - started >= 0.2
    assert [fault["hits"] for fault in toy.client.faults()] == [1, 1, 1, 0]


def test_latency_can_follow_the_handler(toy: Running) -> None:
    toy.client.fault(latency=600, after=True)
    with in_flight(toy, "POST", WRITE) as future:
        end = time.monotonic() + 5
        while not toy.client.state()["writes"]:
            assert time.monotonic() < end
        assert not future.done()
        toy.client.advance(601)
        assert future.result(5).status == 200


def test_an_advance_returns_the_progress_before_it(toy: Running) -> None:
    toy.client.fault(path="/write", hang=True, seconds=60)
    with in_flight(toy, "POST", WRITE) as future:
        before = toy.client.now()
        assert toy.client.advance_after_progress(61) == (1, ["/write"])
        assert toy.client.now() >= before + 61
        assert future.result(5).status == 200


@pytest.mark.parametrize("release", ["clear", "remove", "seconds"])
def test_a_hang_lasts_until_the_rule_is_deleted(toy: Running, release: str) -> None:
    lasting = {"seconds": 60} if release == "seconds" else {}
    fault = toy.client.fault(path="/write", hang=True, **lasting)
    assert fault is not None
    with in_flight(toy, "POST", WRITE) as future:
        toy.client.advance(30)
        assert not future.done()
        assert toy.client.ledger()[0]["status"] is None
        assert toy.client.state()["writes"] == 0
        match release:
            case "clear":
                toy.client.clear_faults()
            case "remove":
                toy.client.remove_fault(fault)
            case _:
                toy.client.advance(31)
        assert future.result(5).status == 200
    assert toy.client.state()["writes"] == 1


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"goaway": 0}], ids=["cut", "goaway"])
@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_cut_before_the_answer(toy: Running, fault: dict[str, Any], after: bool) -> None:
    toy.client.fault(path="/write", after=after, **fault)
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        request(toy, "POST", WRITE)
    assert toy.client.state()["writes"] == int(after)
    assert toy.client.ledger()[0]["status"] is None


def test_a_connection_is_cut_within_the_body(toy: Running) -> None:
    whole = request(toy, "GET", STATIC).body
    toy.client.fault(cut="body")
    with pytest.raises(IncompleteRead) as caught:
        request(toy, "GET", STATIC)
    assert caught.value.partial == whole[: len(whole) // 2]


@pytest.mark.parametrize("cut", ["before", "body"])
def test_an_http2_connection_is_cut(toy: Running, cut: str) -> None:
    toy.client.fault(cut=cut, times=1)
    with http2(toy, "alexa.amazon.com") as client:
        with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
            client.get("/static", extensions={"sni_hostname": "alexa.amazon.com"})
        assert client.get("/static", extensions={"sni_hostname": "alexa.amazon.com"}).status_code == 200
    assert toy.client.errors() == []


def test_a_stream_is_cut_in_its_first_piece(toy: Running) -> None:
    toy.client.fault(path="*/directives", cut="body")
    connection, response = open_request(toy, "GET", "alexa.na.gateway.devices.a2z.com/v20160207/directives")
    assert response.read1() == b"--"
    with pytest.raises(IncompleteRead):
        response.read()
    connection.close()
    assert toy.client.state()["open"] == 0


def test_malformed_is_half_a_response_that_ends_normally(toy: Running) -> None:
    toy.client.fault(malformed=True)
    answer = request(toy, "GET", STATIC)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_throttling_can_be_sent_with_status_200(toy: Running) -> None:
    toy.client.fault(throttle=True)
    assert _throttled(request(toy, "GET", STATIC)) == "Rate exceeded"
    answer = request(toy, "POST", "alexa.amazon.com/nexus/v1/graphql")
    assert answer.json()["errors"][0]["message"] == "Too many requests"


def _throttled(answer: Answer) -> str:
    assert answer.status == 200
    return str(answer.json()["message"])


def test_a_sign_in_page_replaces_json(toy: Running) -> None:
    toy.client.fault(html=True)
    answer = request(toy, "GET", STATIC)
    assert answer.status == 200
    assert dict(answer.headers)["content-type"].startswith("text/html")
    assert b'name="signIn"' in answer.body


def test_some_faults_are_immediate_actions(toy: Running) -> None:
    connection, response = open_request(toy, "GET", "alexa.na.gateway.devices.a2z.com/v20160207/directives")
    assert toy.client.fault(expire_tokens=True) is None
    assert toy.client.fault(revoke=True, silent_stream=30) is None
    assert toy.client.fault(close_stream=True) is None
    assert response.read() == b"--x\r\n"
    connection.close()
    assert toy.client.state()["calls"] == ["expire_tokens", "revoke", "silence 30.0"]
    assert toy.client.faults() == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "exactly one of"),
        ({"path": "/x"}, "exactly one of"),
        ({"status": 500, "hang": True}, "exactly one of"),
        ({"statsu": 500}, "no statsu"),
        ({"status": 99}, "status from 200 to 599"),
        ({"status": "500"}, "status from 200 to 599"),
        ({"status": 500, "times": 0}, "positive whole number"),
        ({"status": 500, "times": 1, "seconds": 1}, "not both"),
        ({"status": 500, "seconds": -1}, "seconds takes"),
        ({"latency": "1"}, "latency takes"),
        ({"hang": 1}, "hang takes true"),
        ({"cut": "soon"}, "cut takes"),
        ({"goaway": -1}, "goaway takes"),
        ({"html": True, "body": "x"}, "go with status alone"),
        ({"status": 500, "headers": []}, "headers takes"),
        ({"status": 500, "host": 1}, "host takes a glob"),
        ({"status": 500, "after": 1}, "after takes"),
        ({"revoke": True, "times": 1}, "goes with nothing else"),
        ({"revoke": 1}, "revoke takes true"),
        ({"silent_stream": True}, "number of seconds"),
    ],
)
def test_an_invalid_rule_is_refused_in_a_sentence(toy: Running, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ControlError, match=message) as caught:
        toy.client.fault(**rule)
    assert caught.value.status == 400
    assert toy.client.faults() == []
