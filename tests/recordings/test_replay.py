"""Tests that a replayed home equals the recorded one, except for names."""

import gzip
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from alexa_sim.compare import differences
from alexa_sim.http import Request, Response
from alexa_sim.recording import Recording, RecordingError, Replay, moved, normal, read_recording, separate_operations
from custom_components.alexa_media import push, recordings
from custom_components.alexa_media.cloud.pseudonyms import Pseudonyms, load_allowed
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, set_up
from tests.recordings import home

NAME = re.compile(r"[A-Za-z].*[ a-z]")


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write recordings to a folder of the test, and read the history without pauses."""
    hass.config.config_dir = str(tmp_path)
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)


async def pseudonyms_of(hass: HomeAssistant, entry: MockConfigEntry) -> Pseudonyms:
    """Return the pseudonyms of a running recording."""
    recording = recordings.async_running(hass, entry)
    assert recording is not None
    key = recordings._key(entry, recording.state["salt"])
    return Pseudonyms(key, load_allowed(), weeks=recordings._weeks(key))


def ids_of(value: Any) -> set[str]:
    """Return the ids in the state of the cloud: long texts with a digit, in values and keys."""
    if isinstance(value, dict):
        return {found for key, item in value.items() for found in (*ids_of(key), *ids_of(item))}
    if isinstance(value, list):
        return {found for item in value for found in ids_of(item)}
    is_id = isinstance(value, str) and re.search(r"^[A-Z]\w+\.[A-Z]\w+$|^(?=.*\d).{8,}", value)
    return {value} if is_id else set()


def translated(unique_id: str, ids: set[str], pseudonyms: Pseudonyms) -> str:
    """Return a unique id in which ids are replaced by their pseudonyms."""
    for found in sorted(ids, key=len, reverse=True):
        unique_id = unique_id.replace(found, pseudonyms.text(found, "id"))
    return unique_id


async def test_the_replayed_home_has_the_same_entities_with_the_same_states(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    """More than thirty kinds of events are recorded, and the replay ends with the same states."""
    await hass.services.async_call(DOMAIN, "record", {"config_entry_id": entry.entry_id}, blocking=True)
    await quiet(hass, sim, calm=0.5)
    ids = ids_of(sim.state())
    assert await home.live(hass, sim, household) >= 30
    pseudonyms = await pseudonyms_of(hass, entry)
    await hass.services.async_call(DOMAIN, "enable_network_discovery", {}, blocking=True)
    await quiet(hass, sim, calm=0.5)
    before = home.entities(hass, entry)
    ids |= ids_of(sim.state())
    path = (await home.stop(hass, entry))["path"]
    await hass.config_entries.async_unload(entry.entry_id)

    found = await hass.async_add_executor_job(differences, read_recording(path))
    assert list(map(str, found)) == []
    replay = sim.replay(path)
    assert replay["pushes"] > 20
    again = MockConfigEntry(
        domain=DOMAIN, version=2, title="Replay", unique_id=replay["entry"]["customer_id"], data=replay["entry"]
    )
    again.add_to_hass(hass)
    await set_up(hass, again)
    await quiet(hass, sim, calm=0.5)
    assert sim.replay_push(1000) == 0
    await quiet(hass, sim, calm=1.0)
    await hass.services.async_call(DOMAIN, "enable_network_discovery", {"email": again.data["email"]}, blocking=True)
    await quiet(hass, sim, calm=0.5)
    after = home.entities(hass, again)

    parts = r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z][a-z]+\.[A-Z][a-z]+"
    ids |= {found for key in before for found in re.findall(parts, key)}
    wanted = {translated(key, ids, pseudonyms): shown for key, shown in before.items()}
    assert sorted(set(wanted) - set(after)) == []
    assert sorted(set(after) - set(wanted)) == []
    different = {
        key: (shown, after[key])
        for key, shown in wanted.items()
        # An event entity keeps the time of its last event; the replay fires no events for commands before its start.
        if shown != after[key] and shown.domain != "event" and not (shown.state and NAME.search(shown.state))
    }
    assert different == {}
    await hass.config_entries.async_unload(again.entry_id)


def test_a_failed_response_is_replayed_once_and_the_last_good_one_repeatedly() -> None:
    """Between two directives, the last response is repeated; a recorded failure occurs once in the replay."""
    lines = [
        {"at": 1.0, "method": "GET", "path": "/api/x", "status": 200, "body": {"n": 1}},
        {"at": 3.0, "method": "GET", "path": "/api/x", "status": 500, "body": {"message": "No"}},
        {"at": 5.0, "method": "GET", "path": "/api/x", "status": 200, "body": {"n": 2}},
    ]
    replay = Replay(Recording({}, tuple(lines), ((2.0, {"a": 1}), (4.0, {"a": 2}))))
    request = Request("GET", "alexa.amazon.com", "/api/x", {}, {}, b"")

    def ask() -> tuple[int, Any]:
        answer = replay.answer(request, Response(404), None)
        return answer.status, json.loads(answer.body)

    sent: list[Any] = []
    assert [ask(), ask()] == [(200, {"n": 1})] * 2
    replay.push(_Streams(sent))
    assert [ask(), ask()] == [(500, {"message": "No"}), (200, {"n": 1})]
    replay.push(_Streams(sent))
    assert ask() == (200, {"n": 2})
    assert sent == [{"a": 1}, {"a": 2}]
    assert replay.answer(request, Response(401), None).status == 401


class _Streams:
    """Records pushes."""

    def __init__(self, sent: list[Any]) -> None:
        self._sent = sent

    def push_raw(self, directive: Any) -> None:
        self._sent.append(directive)


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"{}\n"), gzip.compress(b'{"recording": 99}\n')])
def test_an_invalid_recording_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    """A damaged or unrelated file causes an error with one sentence."""
    file = tmp_path / "a.json.gz"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match="recording"):
        read_recording(file)


def test_times_are_shifted_by_weeks_and_numbers_are_not() -> None:
    """Seconds, milliseconds, dates and times are shifted; ids and small numbers are not."""
    line = '{"a": 1700000000, "b": 1700000000000, "c": "2024-02-26T07:00:00Z", "d": "2024-02-26", "e": 42}'
    assert json.loads(moved(line, 1)) == {
        "a": 1700604800,
        "b": 1700604800000,
        "c": "2024-03-04T07:00:00Z",
        "d": "2024-03-04",
        "e": 42,
    }


def test_a_request_is_recognized_if_times_and_order_differ() -> None:
    """The order of ids, white space in documents, times and message ids are ignored."""
    first = {"ids": ["b", "a"], "startTime": 1700000000000, "query": "query x {\n  a\n}"}
    assert normal(first) == normal({"query": "query x { a }", "startTime": 1800000000000, "ids": ["a", "b"]})


@pytest.mark.parametrize("together", [False, True], ids=["recorded one by one", "recorded together"])
def test_operations_of_graphql_are_replayed_together_and_one_by_one(together: bool) -> None:
    sent: list[dict[str, Any]] = [
        {"operationName": name, "query": f"query {name} {{ {name} }}", "variables": {}} for name in ("a", "b")
    ]
    bodies = [{"data": {"a": 1}}, {"data": {"b": 2}}]
    line = {"at": 0, "method": "POST", "path": "/nexus/v1/graphql", "status": 200}
    pairs = [(sent, bodies)] if together else list(zip(sent, bodies, strict=True))
    lines = [{**line, "sent": each, "body": body} for each, body in pairs]
    requests = tuple(one for each in lines for one in separate_operations(each))
    replay = Replay(Recording(head={}, requests=requests, directives=()))

    def answer(asked: Any) -> Any:
        request = Request("POST", "alexa.amazon.com", "/nexus/v1/graphql", {}, {}, json.dumps(asked).encode())
        return json.loads(replay.answer(request, Response(200, b"{}", []), None).body)

    assert answer(sent) == bodies
    assert [answer(each) for each in sent] == bodies
    assert answer([*sent, {"query": "query c { c }"}]) == {}, (
        "a request without a recording gets the simulated response"
    )
