"""Tests of alexapy alone, in the environment of the newest Home Assistant."""

import gzip
from pathlib import Path

from alexa_sim.compare import compared
from alexa_sim.recording import read_recording

from .conftest import run


def test_it_renews_tokens_lists_devices_speaks_and_receives_pushes(foreign_python: Path) -> None:
    found = run(foreign_python, Path(__file__).with_name("alexapy_program.py"))
    assert found["renewed"] is True
    assert len(found["renewals"]) >= 2
    assert set(found["renewals"]) == {200}
    assert found["registered"] is True
    assert {"Bedroom Dot", "Downstairs", "Garage Echo", "Kids Dot", "Kitchen Show"} < set(found["devices"])
    assert found["pushed"] == 61
    (said,) = found["spoken"]
    assert (said["device"], said["kind"], said["text"], said["volume"]) == (
        "Kitchen Show",
        "speak",
        "Hello from alexapy",
        61,
    )
    assert found["errors"] == []


def test_a_recording_of_alexapy_alone_contains_no_names(foreign_python: Path, tmp_path: Path) -> None:
    """The recording can be compared with the simulated cloud, and contains the push."""
    file = tmp_path / "alexapy.json.gz"
    run(foreign_python, Path(__file__).with_name("alexapy_program.py"), record=file)
    text = gzip.decompress(file.read_bytes()).decode()
    private = ("Kitchen", "Jo ", "Jo's", "G0SIM", "A2SIMJO", "jo@example", "Atna", "Atnr", "Hello", "alexapy")
    assert [secret for secret in private if secret in text] == []
    recording = read_recording(file)
    assert {line["template"] for line in recording.requests} >= {"/api/devices-v2/device", "/api/behaviors/preview"}
    assert len(recording.directives) >= 1
    found = compared(recording)
    assert list(map(str, found.differences + found.explained)) == []
