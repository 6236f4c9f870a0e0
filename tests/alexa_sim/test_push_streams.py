"""Tests of directive streams: access, format and end."""

import asyncio
import json
from typing import Any

import pytest

from alexa_sim.http import Request
from alexa_sim.push import UNAUTHENTICATED, Streams

from .cloud_driver import GATEWAY, JO, KITCHEN, Driver

VOLUME = {"isMuted": False, "volumeSetting": 61}


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


async def test_a_directive_is_sent_as_multipart(driver: Driver) -> None:
    stream = await driver.open()
    assert stream.content_type == "multipart/related; boundary=------simcloud; type=application/json"
    driver.patch_device(KITCHEN, {"volume": 61})
    wire = b"".join(await stream.pieces())
    lines = wire.split(b"\r\n")
    assert lines[:3] == [b"--------simcloud", b"Content-Type: application/json", b""]
    assert lines[4:] == [b"--------simcloud", b""]
    directive = json.loads(lines[3])["directive"]
    assert directive["header"]["namespace"] == "Alexa.Mobile.Push"
    assert directive["header"]["name"] == "RenderUpdate"
    (update,) = directive["payload"]["renderingUpdates"]
    assert (update["route"], update["resourceId"]) == ("EventBus:tcomm::message", "PUSH_VOLUME_CHANGE")
    metadata = json.loads(update["resourceMetadata"])
    assert metadata["timeStamp"] == 1795255200000
    assert json.loads(metadata["payload"]) == {
        "destinationUserId": JO,
        "dopplerId": {"deviceSerialNumber": KITCHEN, "deviceType": "A1EIANJ7PNB0Q7"},
        **VOLUME,
    }


async def test_a_token_is_needed(driver: Driver) -> None:
    for token in ("", "Atna|no"):
        for method, path in (("GET", "/v20160207/directives"), ("POST", "/v20160207/events"), ("GET", "/ping")):
            answer = await driver.request(method, f"https://{GATEWAY}{path}", bearer=token)
            assert (answer.status, answer.text) == (403, UNAUTHENTICATED)
    assert (await driver.request("GET", f"https://{GATEWAY}/ping", bearer=driver.token)).status == 204


async def test_second_stream_of_a_token_ends_the_first(driver: Driver) -> None:
    first = await driver.open()
    old_token = driver.token
    second = await driver.open()
    assert (await first.pieces())[-1] == b""
    await driver.renew()
    assert driver.token != old_token
    third = await driver.open()
    driver.patch_device(KITCHEN, {"volume": 61})
    assert len(await second.pushes()) == 1
    assert len(await third.pushes()) == 1


async def test_wrong_region_is_silent_and_returns_the_right_one() -> None:
    driver = Driver(domain="amazon.in")
    await driver.renew()
    event = {"event": {"header": {"namespace": "System", "name": "SynchronizeState", "messageId": "1"}, "payload": {}}}
    for host, right in (
        ("alexa.eu.gateway.devices.a2z.com", "alexa.fe.gateway.devices.a2z.com"),
        ("bob-dispatch-prod-na.amazon.com", "bob-dispatch-prod-fe.amazon.com"),
    ):
        wrong = await driver.open(host=host)
        driver.patch_device(KITCHEN, {"volume": driver.device(KITCHEN)["volume"] + 1})
        assert await wrong.pieces() == []
        answer = await driver.request("POST", f"https://{host}/v20160207/events", data=event, bearer=driver.token)
        assert answer.status == 200
        assert (answer.header("content-type") or "").startswith("multipart/related")
        directive = json.loads(next(line for line in answer.text.split("\r\n") if line.startswith("{")))["directive"]
        assert (directive["header"]["name"], directive["payload"]) == ("SetEndpoint", {"endpoint": f"https://{right}"})
        answer = await driver.request("POST", f"https://{right}/v20160207/events", data=event, bearer=driver.token)
        assert (answer.status, answer.text) == (204, "")
        stream = await driver.open(host=right)
        driver.patch_device(KITCHEN, {"volume": driver.device(KITCHEN)["volume"] + 1})
        assert len(await stream.pushes()) == 1


async def test_event_can_be_sent_as_multipart(driver: Driver) -> None:
    event = {"event": {"header": {"namespace": "System", "name": "SynchronizeState"}, "payload": {}}}
    body = (
        '--b\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n'
        f"{json.dumps(event)}\r\n--b--\r\n"
    )
    found = driver.cloud.router.match("POST", "alexa.eu.gateway.devices.a2z.com", "/v20160207/events")
    assert not isinstance(found, int)
    handler, params = found
    headers = {"authorization": f"Bearer {driver.token}", "content-type": "multipart/form-data; boundary=b"}
    host = "alexa.eu.gateway.devices.a2z.com"
    request = Request("POST", host, "/v20160207/events", {}, headers, body.encode(), params=params)
    assert b"SetEndpoint" in (await handler(request)).body


@pytest.mark.parametrize(
    "data",
    [None, [], {"event": 1}, {"event": {"header": {"namespace": "A", "name": "B"}}}],
    ids=["null", "a list", "no event", "without a message id"],
)
async def test_invalid_events_are_refused(driver: Driver, data: Any) -> None:
    url = f"https://{GATEWAY}/v20160207/events"
    answer = await driver.request("POST", url, data=data, bearer=driver.token)
    assert (answer.status, answer.json["payload"]["code"]) == (400, "INVALID_REQUEST_EXCEPTION")


async def test_stream_is_silent_until_capabilities_are_registered(driver: Driver) -> None:
    url = "https://api.amazonalexa.com/v1/devices/@self/capabilities"
    without = {"envelopeVersion": "20160207", "capabilities": [{"interface": "Navigation"}]}
    full = {"envelopeVersion": "20160207", "capabilities": [{"interface": "Alexa.Mobile.Push"}]}
    assert (await driver.request("PUT", url, data={}, bearer=driver.token)).status == 400
    assert (await driver.request("PUT", url, data=without, bearer=driver.token)).status == 204
    stream = await driver.open()
    assert (await driver.request("PUT", url, data=full, bearer=driver.token)).status == 204
    driver.patch_device(KITCHEN, {"volume": 61})
    driver.advance(60)
    assert await stream.pieces() == []
    stream = await driver.open()
    driver.patch_device(KITCHEN, {"volume": 62})
    assert len(await stream.pushes()) == 1


async def test_expiry_and_revocation_end_the_stream_with_a_sentence(driver: Driver) -> None:
    def an_hour_passes() -> None:
        driver.advance(3600)

    for end in (an_hour_passes, driver.cloud.expire_tokens, driver.cloud.revoke):
        await driver.renew()
        stream = await driver.open()
        assert len(await stream.pieces()) == 1
        end()
        pieces = [piece for piece in await stream.pieces() if piece != b"--------simcloud\r\n"]
        assert pieces == [f"{UNAUTHENTICATED}\r\n".encode(), b""]


async def test_keep_alive_is_a_bare_boundary(driver: Driver) -> None:
    stream = await driver.open()
    await stream.pieces()
    driver.advance(29)
    assert await stream.pieces() == []
    driver.advance(1)
    assert await stream.pieces() == [b"--------simcloud\r\n"]


async def test_pushes_during_a_silence_are_lost(driver: Driver) -> None:
    stream = await driver.open()
    await stream.pieces()
    driver.cloud.silence_streams(120)
    driver.patch_device(KITCHEN, {"volume": 61})
    driver.advance(119)
    assert await stream.pieces() == []
    driver.advance(1)
    driver.patch_device(KITCHEN, {"volume": 62})
    assert [payload["volumeSetting"] for _, payload in await stream.pushes()] == [62]


async def test_pushes_of_the_control_plane(driver: Driver) -> None:
    stream = await driver.open()
    driver.cloud.push("PUSH_ACTIVITY", {"key": {"entryId": "1"}})
    driver.cloud.push("NotifyMediaSessionsUpdated", {"customerId": JO})
    assert await stream.pushes() == [
        ("PUSH_ACTIVITY", {"destinationUserId": JO, "key": {"entryId": "1"}}),
        ("NotifyMediaSessionsUpdated", {"customerId": JO}),
    ]
    driver.cloud.push_raw("garbage\r\n")
    driver.cloud.push_raw({"directive": {"header": {"namespace": "X"}}})
    pieces = await stream.pieces()
    assert pieces[0] == b"garbage\r\n"
    assert b'{"directive": {"header": {"namespace": "X"}}}' in pieces[1]


async def test_closing_ends_the_streams(driver: Driver) -> None:
    stream = await driver.open()
    driver.cloud.close_streams()
    assert (await stream.pieces())[-1] == b""
    stream = await driver.open()
    await driver.cloud.aclose()
    assert (await stream.pieces())[-1] == b""


async def test_pushes_are_sent_before_the_control_plane_responds() -> None:
    """``sent`` returns when the connection has taken all bytes, or after a limited time."""
    streams = Streams()
    stream = streams.open("A2SIMJO7D0EQ11", "token", live=True, now=0.0)
    streams.send("PUSH_VOLUME_CHANGE", {}, now=0.0)
    sent = asyncio.create_task(streams.sent())
    for _ in range(2):
        await anext(stream)
        await asyncio.sleep(0.01)
        assert not sent.done(), "the connection is still sending"
    reading = asyncio.create_task(anext(stream))
    await asyncio.wait_for(sent, 10)
    streams.send("PUSH_VOLUME_CHANGE", {}, now=0.0)
    await reading
    await asyncio.wait_for(streams.sent(), 10)
