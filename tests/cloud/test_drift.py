"""Tests that changes in Amazon's responses are counted, and that no private data is stored."""

import logging
from typing import Any

import pytest

from custom_components.alexa_media.cloud.json import LOG_INTERVAL_SECONDS, UNKNOWN_VALUES, Drift
from custom_components.alexa_media.cloud.model.devices import DeviceFamily


def test_a_status_that_an_endpoint_never_had_is_counted() -> None:
    """Outages, refused sessions and throttling are not changes at Amazon."""
    drift = Drift()
    for status in (200, 200, 503, 401, 429, 404, 404):
        drift.answered("GET /api/x", status)
    assert drift.observations["status"] == {"GET /api/x: 404": 1}
    assert len(drift) == 1


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([{"a": 1, "b": 2}, {"a": 1}], {"GET /api/x: b": 1}),
        ([{"items": [{"id": 1, "name": 2}]}, {"items": [{"id": 1}]}], {"GET /api/x: items[].name": 1}),
        ([{"items": [{"id": 1}]}, {"items": []}], {}),
        ([{"items": []}, {"items": [{"id": 1}]}], {}),
        ([{"G0SIM00001": 1}, {"G0SIM00002": 1}], {}),
        ([None, [1]], {}),
    ],
    ids=[
        "a field is gone",
        "a nested field is gone",
        "a list became empty",
        "a list was empty",
        "ids differ",
        "null and a list",
    ],
)
def test_a_field_that_vanished_is_counted(answers: list[Any], found: dict[str, int]) -> None:
    """An empty list does not count as lacking fields, and keys that are ids do not count as fields."""
    drift = Drift()
    for data in answers:
        drift.read("GET /api/x", data)
    assert drift.observations["field"] == found


def test_an_unknown_value_is_counted_and_a_private_one_not_shown() -> None:
    """A word in capital letters is shown; any other text is not."""
    before = UNKNOWN_VALUES.observations["value"].get("DeviceFamily: TOASTER", 0)
    assert DeviceFamily("TOASTER") is DeviceFamily("Anna's toaster") is DeviceFamily.UNKNOWN
    found = UNKNOWN_VALUES.observations["value"]
    assert found["DeviceFamily: TOASTER"] == before + 1
    assert "Anna" not in str(found)


def test_a_kind_is_logged_once_a_day(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line of the same kind is logged a day later."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    caplog.set_level(logging.INFO)
    drift = Drift()
    for status in (200, 204, 207):
        drift.answered("GET /api/x", status)
    drift.read("GET /api/x", {"a": 1})
    drift.read("GET /api/x", {"b": 1})
    assert [kind for kind in ("status", "field", "value") if f"({kind})" in caplog.text] == ["status", "field"]
    assert len(caplog.records) == 2
    now += LOG_INTERVAL_SECONDS
    drift.answered("GET /api/x", 404)
    assert len(caplog.records) == 3
