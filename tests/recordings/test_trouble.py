"""Tests of recordings in special cases: early and concurrent stops, a full disk, a flood, two accounts."""

import asyncio
import json
from pathlib import Path
import sys
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from alexa_sim.client import ControlClient
from alexa_sim.household import load_household
from custom_components.alexa_media import recordings
from custom_components.alexa_media.cloud import recorder as recorders
from custom_components.alexa_media.cloud.pseudonyms import Pseudonyms, load_words
from custom_components.alexa_media.cloud.recorder import Recorder
from scripts import demo_run
from tests.conftest import Household, quiet, set_up
from tests.coordinator.test_own_writes import asked
from tests.recordings import home
from tests.recordings.test_nothing_private import REQUEST
from tests.recordings.test_recording import lines_of, record

pytestmark = pytest.mark.platforms("media_player")

URL_OF_DEVICES = URL("https://alexa.amazon.com/api/devices-v2/device")


@pytest.fixture(autouse=True)
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return the folder in which the test's recordings are stored."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path / "alexa_media_recordings"


def new_recorder(**options: Any) -> Recorder:
    """Return a new recorder."""
    return Recorder(Pseudonyms(b"key", load_words(), weeks=-100), 0.0, **options)


def written(recorder: Recorder) -> list[dict[str, Any]]:
    """Return the lines that a recorder writes."""
    return [json.loads(line) for line in recorder.write().splitlines()]


async def test_a_recording_of_an_account_that_was_never_set_up_leaves_no_file(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    """A disabled account is not reloaded; stopping its recording raises an error, and a later start works."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await record(hass, entry)
    with pytest.raises(ServiceValidationError, match="No recording was running"):
        await record(hass, entry, mode="stop")
    assert list(folder.glob("*.json.gz")) == []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert recordings.async_running(hass, entry) is None
    await record(hass, entry)
    assert (await record(hass, entry, mode="stop"))["requests"] > 0


async def test_two_simultaneous_stops_write_one_file(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    """The second stop finds no recording."""
    await record(hass, entry)
    results = await asyncio.gather(recordings.async_stop(hass, entry), recordings.async_stop(hass, entry))
    assert [result for result in results if result is None] == [None]
    [file] = folder.glob("*.json.gz")
    assert lines_of(str(file))[0]["recording"] == 1


async def test_a_second_start_is_refused_and_keeps_the_first_recording(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    """The error says what to do, also while the account isn't loaded; the file contains one head and all data."""
    await record(hass, entry)
    first = recordings.async_running(hass, entry)
    with pytest.raises(ServiceValidationError, match="already running") as raised:
        await record(hass, entry, hours=3)
    assert raised.value.translation_key == "recording_running"
    assert recordings.async_running(hass, entry) is first, "the account wasn't reloaded"
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError, match="already running"):
        await record(hass, entry)
    stopped = await record(hass, entry, mode="stop")
    assert stopped["requests"] > 0
    head, *lines = lines_of(str(stopped["path"]))
    assert head["recording"] == 1
    assert [line for line in lines if "recording" in line] == []
    assert len(list(folder.glob("*.json.gz"))) == 1


async def test_the_options_do_not_end_a_recording_that_an_action_started(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The options were opened before the recording, so they offer to start one."""
    unchanged = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {**unchanged, "record": True})
    assert flow["step_id"] == "record"
    await record(hass, entry)
    first = recordings.async_running(hass, entry)
    await hass.config_entries.options.async_configure(flow["flow_id"], {"hours": 2})
    await hass.async_block_till_done()
    assert recordings.async_running(hass, entry) is first


async def test_a_recording_ends_while_the_account_is_being_set_up(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, folder: Path
) -> None:
    """The recording contains the slow responses received so far, and the setup continues."""
    await recordings.async_start(hass, entry, 1)
    fault = sim.fault(path="/api/devices-v2/device", hang=True)
    reload = hass.async_create_task(hass.config_entries.async_reload(entry.entry_id))
    await asked(sim, "/api/devices-v2/device")
    assert recordings.async_running(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_IN_PROGRESS
    assert await recordings.async_stop(hass, entry) is not None
    sim.clear_faults()
    assert fault
    assert await reload
    assert len(list(folder.glob("*.json.gz"))) == 1


async def test_a_full_disk_at_the_end_leaves_no_parts(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    """The error explains what to do, no part remains on the full disk, and the next recording is complete."""
    await record(hass, entry)
    with (
        patch.object(Path, "replace", side_effect=OSError(28, "No space left on device")),
        pytest.raises(HomeAssistantError, match="writable and has free space"),
    ):
        await record(hass, entry, mode="stop")
    assert list(folder.iterdir()) == []
    assert entry.state is ConfigEntryState.LOADED
    await record(hass, entry)
    assert (await record(hass, entry, mode="stop"))["requests"] > 0


async def test_a_damaged_part_is_left_out(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A power failure may cut off a part or overwrite it; the file contains the other parts."""
    await record(hass, entry)
    for damage in (lambda data: data[:40], lambda data: bytes(len(data)), lambda data: data[:20] + b"\xff" * 40):
        await hass.config_entries.async_reload(entry.entry_id)
        part = max((folder / entry.entry_id).glob("*.gz"))
        part.write_bytes(damage(part.read_bytes()))
    stopped = await record(hass, entry, mode="stop")
    assert stopped["requests"] > 0
    assert lines_of(str(stopped["path"]))[0]["recording"] == 1
    assert "lacks 3 of its" in caplog.text
    assert [file.name for file in folder.iterdir()] == [Path(str(stopped["path"])).name]


async def test_a_recording_with_a_damaged_head_is_not_written(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    """A recording is useless without its head; no file remains, and the next recording is complete."""
    await record(hass, entry)
    head = min((folder / entry.entry_id).glob("*.gz"))
    head.write_bytes(head.read_bytes()[:30])
    with pytest.raises(HomeAssistantError) as raised:
        await record(hass, entry, mode="stop")
    assert raised.value.translation_key == "recording_not_written"
    assert list(folder.iterdir()) == []
    await record(hass, entry)
    assert (await record(hass, entry, mode="stop"))["requests"] > 0


async def test_a_response_whose_part_was_lost_is_written_completely_again(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A temporarily full disk only loses the part that was being written; later repetitions are complete."""
    await record(hass, entry)
    await quiet(hass, sim, calm=0.4)
    recording = recordings.async_running(hass, entry)
    assert recording is not None
    with patch.object(recordings, "write_utf8_file_atomic", side_effect=OSError(28, "No space left on device")):
        await recording.async_flush()
    assert "The recording cannot be written" in caplog.text
    await entry.runtime_data.devices.async_refresh()
    lines = lines_of(str((await record(hass, entry, mode="stop"))["path"]))
    [devices] = [line for line in lines if line.get("template") == "/api/devices-v2/device"]
    assert "body" in devices


async def test_two_accounts_are_recorded_at_once(hass: HomeAssistant, sim: ControlClient, household: Household) -> None:
    """Each recording has a separate file and pseudonyms, and removing one does not affect the other."""
    sim.household("two_accounts")
    registrations = load_household("two_accounts")["registrations"]
    both = [
        home.entry_of(sim, {**app, "id_suffix": suffix}) for app, suffix in zip(registrations, ("", "_2"), strict=True)
    ]
    first, second = both
    for entry in both:
        entry.add_to_hass(hass)
        await set_up(hass, entry)
    await record(hass, first)
    await record(hass, second)
    paths = [Path(str((await record(hass, entry, mode="stop"))["path"])) for entry in both]
    heads = [lines_of(str(path))[0] for path in paths]
    assert len({head["customer_id"] for head in heads}) == 2
    await record(hass, second)
    await hass.config_entries.async_remove(first.entry_id)
    assert [path.exists() for path in paths] == [False, True]
    assert recordings.async_running(hass, second) is not None


async def test_a_flood_is_written_before_it_fills_the_memory(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Collected data is written before it becomes too large, and nothing is lost."""
    monkeypatch.setattr(recorders, "WRITE_AT_BYTES", 100_000)
    await record(hass, entry)
    recording = recordings.async_running(hass, entry)
    assert recording is not None
    assert recording.recorder is not None
    for number in range(500):
        recording.recorder.directive({"directive": {"payload": {"number": number}}})
        await asyncio.sleep(0)
    await hass.async_block_till_done()
    assert len(list((folder / entry.entry_id).glob("*.gz"))) > 2
    lines = lines_of(str((await record(hass, entry, mode="stop"))["path"]))
    numbers = [line["directive"]["directive"]["payload"].get("number") for line in lines if "directive" in line]
    assert [number for number in numbers if number is not None] == list(range(500))


def test_waiting_data_is_limited_and_the_file_reports_dropped_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing is written, the oldest data is dropped; writing is requested once per limit."""
    monkeypatch.setattr(recorders, "MAX_QUEUED_BYTES", 50_000)
    monkeypatch.setattr(recorders, "WRITE_AT_BYTES", 20_000)
    asked: list[int] = []
    recorder = new_recorder(on_full=lambda: asked.append(1))
    for number in range(30):
        recorder.exchange(REQUEST, URL_OF_DEVICES, {"number": number}, 200, b"%04d" % (1000 + number) * 1000, 0.1)
    lines = written(recorder)
    assert asked == [1]
    assert lines[0] == {"dropped": 21}
    assert [line["sent"]["number"] for line in lines[1:]] == list(range(21, 30))
    assert written(recorder) == []


def test_repeated_responses_use_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal responses to the same request are stored once; the file contains all of them."""
    monkeypatch.setattr(recorders, "MAX_QUEUED_BYTES", 50_000)
    recorder = new_recorder()
    for number in range(30):
        recorder.exchange(REQUEST, URL_OF_DEVICES, {"number": number % 2}, 200, b"[%s]" % b"1,2".ljust(4000), 0.1)
    lines = written(recorder)
    assert [line["sent"]["number"] for line in lines] == [0, 1] * 15
    assert [line.get("same", False) for line in lines] == [False, False, *[True] * 28]


def test_repeated_query_parameters_keep_all_values() -> None:
    """The file contains a list of the values."""
    recorder = new_recorder()
    url = URL_OF_DEVICES.with_query([("expand", "all"), ("limit", "5"), ("expand", "power")])
    recorder.exchange(REQUEST, url, None, 200, b"{}", 0.1)
    [line] = written(recorder)
    assert line["query"] == {"expand": ["all", "power"], "limit": "5"}


async def test_data_collected_during_a_write_is_in_the_next_part() -> None:
    """Data that the event loop collects while a thread writes is written once, in order."""
    recorder = new_recorder()

    def add(number: int) -> None:
        recorder.directive({"number": number})

    found: list[dict[str, Any]] = []
    for number in range(0, 2000, 50):
        for each in range(number, number + 50):
            add(each)
        writing = asyncio.create_task(asyncio.to_thread(written, recorder))
        await asyncio.sleep(0)
        found += await writing
    found += written(recorder)
    assert [line["directive"]["number"] for line in found] == list(range(2000))


async def test_changed_options_are_in_the_recording(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """A replay needs the final options; devices and the external URL are replaced by pseudonyms."""
    await record(hass, entry)
    options = {
        "exclude_devices": [household.serial("Office Spot")],
        "include_devices": "Office Spot, Kitchen Show",
        "public_url": "https://home.example.org",
    }
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    lines = lines_of(str((await record(hass, entry, mode="stop"))["path"]))
    last = [line["options"] for line in lines if "options" in line][-1]
    devices = next(line["body"]["devices"] for line in lines if "devices" in line.get("body", {}))
    assert set(last["exclude_devices"]) <= {device["serialNumber"] for device in devices}
    assert set(last["include_devices"]) <= {device["accountName"] for device in devices}
    assert len(last["include_devices"]) == 2
    assert last["public_url"].startswith("https://")
    assert "home" not in last["public_url"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.json.gz", "is not a recording"), ("smart_properties.json.gz", "cannot replay Smart Properties")],
)
def test_the_demo_says_what_it_cannot_replay(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    """Nothing is started for a file that is missing or damaged, or for a property."""
    path = Path(__file__).parent.parent / "user_scenarios" / name
    monkeypatch.setattr(sys, "argv", ["scripts/demo", "--recording", str(path)])
    with pytest.raises(SystemExit):
        demo_run.arguments()
    assert message in capsys.readouterr().err
