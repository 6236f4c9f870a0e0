"""Tests of alexapy alone, in the environment of the newest Home Assistant."""

from pathlib import Path

from .conftest import run


def test_renews_lists_speaks_and_hears(foreign_python: Path) -> None:
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
