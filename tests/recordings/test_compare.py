"""Tests that the comparison only reports recordings that differ from the simulated cloud."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path
import re
from typing import Any

from freezegun import freeze_time
import pytest

from alexa_sim import compare
from alexa_sim.live import Repetition, repeated
from alexa_sim.recording import Recording, read_recording
from alexa_sim.shapes import joined, shapes_of

ROOT = Path(__file__).parent.parent.parent
HOMES = sorted((ROOT / "tests" / "user_scenarios").glob("*.json.gz"))
DEVICES = "GET /api/devices-v2/device"
VOLUMES = "GET /api/devices/deviceType/dsn/audio/v1/allDeviceVolumes"
ITEMS = "POST /alexashoppinglists/api/v2/lists/{list_id}/items/fetch"
type Bodies = dict[str, list[Any]]


@pytest.fixture(scope="module")
def honest() -> Recording:
    """Return a recording made against the simulated cloud."""
    return read_recording(ROOT / "tests" / "user_scenarios" / "one_account.json.gz")


@pytest.fixture(scope="module")
def live_answers(honest: Recording) -> Repetition:
    """Return the live responses to the requests of that recording, and the live directives."""
    return asyncio.run(repeated(honest))


def doctored(recording: Recording, spoil: Callable[[list[dict[str, Any]], list[Any]], object]) -> Recording:
    """Return a recording whose requests and directives a function has changed."""
    requests = json.loads(json.dumps(recording.requests))
    directives = [[at, json.loads(json.dumps(directive))] for at, directive in recording.directives]
    spoil(requests, directives)
    return replace(recording, requests=tuple(requests), directives=tuple((at, data) for at, data in directives))


def _bodies(requests: list[dict[str, Any]], template: str) -> list[Any]:
    return [line["body"] for line in requests if line["template"] == template and "body" in line]


def _devices(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [device for body in _bodies(requests, "/api/devices-v2/device") for device in body["devices"]]


def _payload(directives: list[Any], command: str, change: Callable[[dict[str, Any]], object]) -> None:
    for _, directive in directives:
        for update in directive["directive"]["payload"]["renderingUpdates"]:
            data = json.loads(update["resourceMetadata"])
            if data.get("command") == command:
                payload = json.loads(data["payload"])
                change(payload)
                update["resourceMetadata"] = json.dumps({**data, "payload": json.dumps(payload)})


def _data(directives: list[Any], command: str, change: Callable[[dict[str, Any]], object]) -> None:
    for _, directive in directives:
        for update in directive["directive"]["payload"]["renderingUpdates"]:
            data = json.loads(update["resourceMetadata"])
            if data.get("command") == command:
                change(data)
                update["resourceMetadata"] = json.dumps(data)


def _renamed_command(directives: list[Any]) -> None:
    update = directives[0][1]["directive"]["payload"]["renderingUpdates"][0]
    update["resourceMetadata"] = json.dumps({**json.loads(update["resourceMetadata"]), "command": "PUSH_TOAST_READY"})


type Planted = tuple[Callable[[list[dict[str, Any]], list[Any]], object], str]

IN_RESPONSES: dict[str, Planted] = {
    "a field has another name": (
        lambda requests, _: [device.update(isOnline=device.pop("online")) for device in _devices(requests)],
        f"{DEVICES}.devices[].online: is missing",
    ),
    "a field is new": (
        lambda requests, _: [device.update(isOnline=True) for device in _devices(requests)],
        f"{DEVICES}.devices[].isOnline: is additional (boolean)",
    ),
    "a field is missing at times": (
        lambda requests, _: _devices(requests)[0].pop("capabilities"),
        f"{DEVICES}.devices[].capabilities: is missing at times",
    ),
    "a number is a text": (
        lambda requests, _: [
            volume.update(speakerVolume=str(volume["speakerVolume"]))
            for body in _bodies(requests, VOLUMES.removeprefix("GET "))
            for volume in body["volumes"]
        ],
        f"{VOLUMES}.volumes[].speakerVolume: is text",
    ),
    "a truth value is a text": (
        lambda requests, _: _devices(requests)[0].update(online="true"),
        f"{DEVICES}.devices[].online: is text",
    ),
    "an enumeration has a new value": (
        lambda requests, _: _devices(requests)[0].update(deviceFamily="TOASTER"),
        f"{DEVICES}.devices[].deviceFamily: has an unknown value: TOASTER",
    ),
    "a list is an object": (
        lambda requests, _: _bodies(requests, "/api/bluetooth")[0].update(bluetoothStates={"a": 1}),
        "GET /api/bluetooth.bluetoothStates: is object",
    ),
    "the status is another one": (
        lambda requests, _: [
            line.update(status=403) for line in requests if line["template"] == "/api/dnd/device-status-list"
        ],
        "GET /api/dnd/device-status-list status: has an unknown status: 403",
    ),
    "a whole number has decimals": (
        lambda requests, _: [
            volume.update(speakerVolume=volume["speakerVolume"] + 0.5)
            for body in _bodies(requests, VOLUMES.removeprefix("GET "))
            for volume in body["volumes"]
        ],
        f"{VOLUMES}.volumes[].speakerVolume: is number, the simulated cloud answers whole number",
    ),
    "a list is an object by ids": (
        lambda requests, _: [
            body.update(devices={device["serialNumber"]: device for device in body["devices"]})
            for body in _bodies(requests, "/api/devices-v2/device")
        ],
        f"{DEVICES}.devices: is object",
    ),
    "a page more": (
        lambda requests, _: [body.update(nextToken="Kxw7") for body in _bodies(requests, ITEMS.removeprefix("POST "))],
        f"{ITEMS}: has a next page that was never asked for",
    ),
}

IN_EVENTS: dict[str, Planted] = {
    "a request was never answered": (
        lambda requests, _: requests.__setitem__(
            slice(None), [line for line in requests if line["template"] != "/api/behaviors/v2/automations"]
        ),
        "GET /api/behaviors/v2/automations: was never asked or answered",
    ),
    "a request is unknown": (
        lambda requests, _: requests.append({**requests[0], "template": "/api/toast", "body": {"a": 1}}),
        "GET /api/toast: is unknown to the simulated cloud",
    ),
    "a path is unknown": (
        lambda requests, _: requests.append({**requests[0], "template": "/api/toast", "path": "/api/toast"}),
        "GET /api/toast: is unknown to the simulated cloud",
    ),
    "a directive is unknown": (
        lambda _, directives: _renamed_command(directives),
        "push PUSH_TOAST_READY: is unknown to the simulated cloud",
    ),
    "a directive lacks a field": (
        lambda _, directives: _payload(directives, "PUSH_VOLUME_CHANGE", lambda payload: payload.pop("isMuted")),
        "push PUSH_VOLUME_CHANGE.isMuted: is missing",
    ),
    "a directive lacks its header": (
        lambda _, directives: [directive["directive"].pop("header") for _, directive in directives],
        "push frame.header: is missing",
    ),
    "a payload is no longer text": (
        lambda _, directives: _data(
            directives, "PUSH_VOLUME_CHANGE", lambda data: data.update(payload=json.loads(data["payload"]))
        ),
        "push PUSH_VOLUME_CHANGE payload: has an unknown value: OBJECT",
    ),
}


@pytest.mark.parametrize("name", IN_RESPONSES)
def test_a_planted_difference_in_responses_is_found(honest: Recording, live_answers: Repetition, name: str) -> None:
    """Each type of change in Amazon's responses causes a line in the report."""
    spoil, wanted = IN_RESPONSES[name]
    found = list(map(str, compare.compared(doctored(honest, spoil), repetition=live_answers).differences))
    assert any(line.startswith(wanted) for line in found), found


@pytest.mark.parametrize("name", IN_EVENTS)
def test_a_planted_difference_in_requests_and_directives_is_found(honest: Recording, name: str) -> None:
    """Each type of change in what is sent or pushed causes a line in the report."""
    spoil, wanted = IN_EVENTS[name]
    found = list(map(str, compare.differences(doctored(honest, spoil))))
    assert any(line.startswith(wanted) for line in found), found


def test_a_page_that_was_never_asked_for_is_found() -> None:
    """Without the second page of the endpoints of a property, the report says so."""
    recording = read_recording(ROOT / "tests" / "user_scenarios" / "smart_properties.json.gz")

    def spoil(requests: list[dict[str, Any]], _: list[Any]) -> None:
        requests[:] = [line for line in requests if "nextToken" not in json.dumps(line.get("sent"))]

    found = list(map(str, compare.differences(doctored(recording, spoil))))
    assert "POST /v2/endpointQuery: has a next page that was never asked for" in found


@pytest.mark.parametrize("path", HOMES, ids=lambda path: path.name.partition(".")[0])
def test_an_unchanged_recording_has_no_differences(path: Path) -> None:
    """Recordings made against the simulated cloud have no differences.

    All their responses are compared with live ones.
    """
    found = compare.compared(read_recording(path))
    assert list(map(str, found.differences + found.explained)) == []
    assert found.live
    assert found.learned == {}


@pytest.mark.parametrize("hour", [2, 9, 17, 23])
def test_alarms_are_compared_with_live_answers_at_any_time_of_day(hour: int) -> None:
    """An alarm that was set in a recording is set for the same day again, whatever the current time is."""
    with freeze_time(f"2027-03-04T{hour:02}:40:00+00:00", tick=True):
        found = compare.compared(read_recording(ROOT / "tests/user_scenarios/alarms_of_every_repetition.json.gz"))
    assert not found.differences
    assert found.learned == {}


def test_an_endpoint_without_learned_shapes_is_compared_with_the_live_answer(
    honest: Recording, live_answers: Repetition, tmp_path: Path
) -> None:
    """An endpoint that no earlier recording contains is not a difference if the simulated cloud serves it."""
    data = json.loads(compare.SHAPES.read_text(encoding="utf-8"))
    data["shapes"] = {place: shape for place, shape in data["shapes"].items() if not place.startswith(DEVICES)}
    path = tmp_path / "shapes.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert list(map(str, compare.compared(honest, path, live_answers).differences)) == []
    spoiled = doctored(honest, lambda requests, _: [device.update(isOnline=True) for device in _devices(requests)])
    found = compare.compared(spoiled, path)
    assert f"{DEVICES}.devices[].isOnline: is additional (boolean)" in map(str, found.differences)


def test_a_request_that_changes_something_is_repeated(honest: Recording, live_answers: Repetition) -> None:
    """Requests that change something are sent to the simulated cloud, and the resulting directives are compared."""
    live = compare.compared(honest, repetition=live_answers).live
    assert {"PUT /api/dnd/status", "POST /v1/alerts/alarms", "PUT /api/notifications/createReminder"} < set(live)
    assert {"push PUSH_NOTIFICATION_CHANGE", "push PUSH_DND_STATE_CHANGE", "push PUSH_VOLUME_CHANGE"} < set(live)


def test_odd_requests_and_directives_do_not_end_the_comparison(honest: Recording) -> None:
    """A report is created, whatever a recording contains."""

    def spoil(requests: list[dict[str, Any]], directives: list[Any]) -> None:
        for line in requests:
            if line.get("sent") is not None:
                line["sent"] = [line["sent"], 1]
            line["query"] = {"limit": ["a", "b"], "deviceSerialNumber": "x"}
        _payload(
            directives, "PUSH_VOLUME_CHANGE", lambda payload: payload.update(dopplerId=["x"], volumeSetting="loud")
        )
        directives.append([1.0, {"directive": {"payload": None}}])

    changed = doctored(honest, spoil)
    assert list(compare.report(changed, compare.compared(changed)))


def test_the_report_marks_what_was_compared_with_learned_shapes(honest: Recording) -> None:
    """The report marks a directive that the simulated cloud did not push."""

    def spoil(_: list[dict[str, Any]], directives: list[Any]) -> None:
        _renamed_command(directives)

    changed = doctored(honest, spoil)
    lines = list(compare.report(changed, compare.compared(changed)))
    assert "learned: push PUSH_TOAST_READY (1)" in lines


def test_the_shapes_are_those_of_the_recordings() -> None:
    """The shapes must be learned again when the recordings of the homes are made again."""
    learned = joined(shapes_of(read_recording(path)) for path in HOMES)
    assert {place: shape.as_json() for place, shape in compare.known_shapes().items()} == {
        place: shape.as_json() for place, shape in learned.items()
    }


def test_every_check_belongs_to_a_row_of_the_guesses(honest: Recording) -> None:
    """Each check has the id and the text of a row, and the simulated cloud refutes none of them."""
    rows = set(re.findall(r"^\| (G\d{3}) ", (ROOT / "alexa_sim" / "GUESSES.md").read_text(), re.MULTILINE))
    assert set(compare.CHECKS) <= rows
    assert [
        key for key, check in compare.CHECKS.items() if not (check.__doc__ or "").startswith(f"Check {key}: ")
    ] == []
    verdicts = {key: check(honest) for key, check in compare.CHECKS.items()}
    assert compare.REFUTED not in verdicts.values()
    assert list(verdicts.values()).count(compare.CONFIRMED) >= 4


def test_a_recording_can_refute_a_guess(honest: Recording) -> None:
    """A group in the list of volumes, or another status for an idle player, refutes the row."""

    def spoil(requests: list[dict[str, Any]], _: list[Any]) -> None:
        group = next(device for device in _devices(requests) if device["deviceFamily"] == "WHA")
        for body in _bodies(requests, VOLUMES.removeprefix("GET ")):
            body["volumes"][0]["dsn"] = group["serialNumber"]
        for line in requests:
            if line["template"] == "/api/np/command":
                line["status"] = 400

    changed = doctored(honest, spoil)
    assert {key: compare.CHECKS[key](changed) for key in ("G029", "G034")} == {"G029": "refuted", "G034": "refuted"}


def test_the_command_prints_the_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The exit code is 1 if there are differences; an invalid file causes an error."""
    assert compare.main([str(HOMES[0])]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "0 differences"
    assert len(printed) == 2 + len(compare.CHECKS)
    (tmp_path / "a.json.gz").write_bytes(b"")
    assert compare.main([str(tmp_path / "a.json.gz")]) == 2
