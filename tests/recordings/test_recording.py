"""Tests of recordings of a loaded account: start, continuation, end and deletion."""

import gzip
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import PLATFORMS, recordings
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("media_player")

PRIVATE = (
    "Jo Doe",
    "jo@example.org",
    "Kitchen",
    "G0SIM",
    "A2SIMJO7D0EQ11",
    "Atnr|",
    "D3A0B1C2",
    "SIMJODOE",
)


@pytest.fixture(autouse=True)
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return the folder in which the test's recordings are stored."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path / "alexa_media_recordings"


async def record(hass: HomeAssistant, entry: MockConfigEntry, **data: Any) -> dict[str, Any]:
    """Call the action and return its response."""
    response = await hass.services.async_call(
        DOMAIN, "record", {"config_entry_id": entry.entry_id, **data}, blocking=True, return_response=True
    )
    await hass.async_block_till_done()
    assert isinstance(response, dict)
    return dict(response)


def lines_of(path: str) -> list[dict[str, Any]]:
    """Return the lines of a finished recording."""
    return [json.loads(line) for line in gzip.decompress(Path(path).read_bytes()).splitlines()]


@pytest.mark.platforms(*PLATFORMS)
async def test_a_recording_contains_startup_and_events_without_private_data(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    """The account is reloaded, so that the file contains its first reads.

    It contains no names, serials or tokens.
    """
    assert "until" in await record(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await until(hass, lambda: entry.runtime_data.push.up)
    household.change("Kitchen Show", volume=37)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes.get("volume_level") == 0.37)
    finished = await record(hass, entry, mode="stop")

    head, *lines = lines_of(str(finished["path"]))
    text = gzip.decompress(Path(str(finished["path"])).read_bytes()).decode()
    assert [word for word in PRIVATE if word.casefold() in text.casefold()] == []
    assert head["recording"] == 1
    assert head["cloud"] == "account"
    requests = [line for line in lines if "method" in line]
    assert finished["requests"] == len(requests)
    assert {"/api/devices-v2/device", "/api/notifications", "/api/np/list-media-sessions"} <= {
        line["template"] for line in requests
    }
    directives = [line["directive"] for line in lines if "directive" in line]
    assert finished["directives"] == len(directives) > 0
    assert "PUSH_VOLUME_CHANGE" in json.dumps(directives)
    devices = next(line["body"] for line in requests if line["template"] == "/api/devices-v2/device")["devices"]
    serials = {device["serialNumber"] for device in devices}
    pushed = json.loads(directives[-1]["directive"]["payload"]["renderingUpdates"][0]["resourceMetadata"])
    assert json.loads(pushed["payload"])["dopplerId"]["deviceSerialNumber"] in serials


async def test_without_a_recording_nothing_is_collected(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    """No recorder is attached, no file is written, and stopping does nothing."""
    assert recordings.async_running(hass, entry) is None
    assert not folder.exists()
    with pytest.raises(ServiceValidationError, match="No recording was running"):
        await record(hass, entry, mode="stop")


async def test_a_recording_survives_a_reload_and_ends_automatically(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, folder: Path, clock: Clock
) -> None:
    """The recording continues with the same pseudonyms, and ends with a notification about the file."""
    await record(hass, entry, hours=1)
    await clock.settle()
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.settle()
    assert recordings.async_running(hass, entry) is not None
    await clock.advance(3700)
    await clock.until(lambda: list(folder.glob("*.json.gz")))
    assert recordings.async_running(hass, entry) is None
    [file] = folder.glob("*.json.gz")
    reads = [line for line in lines_of(str(file)) if line.get("template") == "/api/devices-v2/device"]
    bodies = [line["body"]["devices"] for line in reads if "body" in line]
    assert len(bodies) >= 2
    assert {device["serialNumber"] for device in bodies[0]} == {device["serialNumber"] for device in bodies[-1]}
    messages = await clock.until(lambda: hass.data.get("persistent_notification"))
    assert any(str(file) in message["message"] for message in messages.values())


async def test_a_new_sign_in_ends_the_recording(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    """Otherwise, the same value would get a second pseudonym from the new token in the same file."""
    await record(hass, entry)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "account_id": "amzn1.account.OTHER"})
    await hass.config_entries.async_reload(entry.entry_id)
    assert recordings.async_running(hass, entry) is not None
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "refresh_token": "Atnr|other"})
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert recordings.async_running(hass, entry) is None
    assert list(folder.glob("*.json.gz"))


async def test_an_undeletable_recording_does_not_prevent_deregistration(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log contains the path of the recording's folder, and the account is deregistered anyway."""
    await record(hass, entry)
    path = Path(str((await record(hass, entry, mode="stop"))["path"]))
    path.unlink()
    path.mkdir()
    await hass.config_entries.async_remove(entry.entry_id)
    assert household.requests("POST", "/auth/deregister") == ["POST /auth/deregister"]
    assert f"Recordings of a removed account remain in {folder}" in caplog.text


async def test_recordings_are_deleted_with_the_entry(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    """No file remains in the configuration folder."""
    await record(hass, entry)
    await record(hass, entry, mode="stop")
    await record(hass, entry)
    assert list(folder.glob("*.json.gz"))
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not folder.exists()


async def test_the_options_start_and_stop_a_recording(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, folder: Path
) -> None:
    """A further step asks for the duration; turning off the switch writes the file."""
    unchanged = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {**unchanged, "record": True})
    assert flow["step_id"] == "record"
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {"hours": 2})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, lambda: recordings.async_running(hass, entry))
    assert "record" not in entry.options
    await quiet(hass, sim, calm=0.4)

    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {**unchanged, "record": False})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert recordings.async_running(hass, entry) is None
    assert list(folder.glob("*.json.gz"))


async def test_the_options_stop_the_recording_of_an_account_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, folder: Path
) -> None:
    """An account that is recorded while it fails is shown as recorded; what was collected is written."""
    await hass.services.async_call(DOMAIN, "record", {"config_entry_id": entry.entry_id}, blocking=True)
    await quiet(hass, sim, calm=0.4)
    assert await hass.config_entries.async_unload(entry.entry_id)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["data_schema"]
    [shown] = [key for key in flow["data_schema"].schema if key == "record"]
    assert shown.description == {"suggested_value": True}
    unchanged = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {**unchanged, "record": False})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert list(folder.glob("*.json.gz"))


async def test_a_full_disk_stops_neither_the_account_nor_the_reload(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data that cannot be written is dropped, and the account continues."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recordings, "write_utf8_file_atomic", full)
    await record(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED


async def test_the_oldest_parts_are_dropped_beyond_the_limit(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head and the reads at setup are kept.

    A repeated response whose first copy was dropped is written completely.
    """
    monkeypatch.setattr(recordings, "MAX_BYTES", 1)
    await record(hass, entry)
    recording = recordings.async_running(hass, entry)
    assert recording is not None
    for _ in range(6):
        await recording.async_flush()
        await entry.runtime_data.devices.async_refresh()
    parts = sorted(part.name for part in (folder / entry.entry_id).glob("*.gz"))
    assert parts[:3] == ["000000.gz", "000001.gz", "000002.gz"]
    assert len(parts) == 4
    finished = await record(hass, entry, mode="stop")
    assert (
        "body"
        in [line for line in lines_of(str(finished["path"])) if line.get("template") == "/api/devices-v2/device"][-1]
    )
