"""Tests of unmodified alexa-remote2 and alexa-cookie2, which ioBroker, Node-RED and Homebridge use."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import JO, run

WORDS = "Müll & 牛乳 🎂"
KITCHEN = "G0SIM00KITCHEN01"
NOT_THE_OWNER = "routine of the Echo spoken to"
"""Request of the client that the simulated cloud refuses.

The client uses one customer for all nodes of a routine, but one of them names another adult's Echo.
"""


@pytest.fixture(scope="module")
def done(node: str, node_packages: Path) -> dict[str, Any]:
    """Return the results of the client after all its requests."""
    result: dict[str, Any] = run(node, Path(__file__).with_name("alexa_remote_program.mjs"), node_packages)
    return result


@pytest.fixture
def answers(done: dict[str, Any]) -> dict[str, Any]:
    """Return the responses by request."""
    return {name: one.get("answer") for name, one in done["found"].items()}


@pytest.fixture
def account(done: dict[str, Any]) -> dict[str, Any]:
    """Return the account in the cloud at the end."""
    held: dict[str, Any] = done["accounts"][JO]
    return held


def test_all_its_requests_are_served(done: dict[str, Any]) -> None:
    failed = {name: one for name, one in done["found"].items() if "error" in one or _is_refusal(one["answer"])}
    assert "is not the owner" in failed.pop(NOT_THE_OWNER)["answer"]["message"]
    assert failed == {}
    assert len(done["found"]) > 90


def _is_refusal(answer: Any) -> bool:
    """Return whether a response is an error message; the client ignores the status."""
    return isinstance(answer, dict) and (set(answer) == {"message"} or bool(answer.get("errors")))


def test_it_signs_in_through_its_proxy_as_an_app_of_the_account(account: dict[str, Any]) -> None:
    assert "Jo's ioBroker Alexa2" in [device["accountName"] for device in account["devices"].values()]


def test_it_finds_devices_groups_and_people(answers: dict[str, Any]) -> None:
    names = {device["accountName"] for device in answers["devices"]["devices"]}
    assert {"Kitchen Show", "Downstairs", "Garage Echo", "Jo's Phone"} <= names
    assert [group["name"] for group in answers["speaker groups"]] == ["Downstairs"]
    assert {person["firstName"] for person in answers["household"]["accounts"]} == {"Jo", "Alex", "Kim"}
    assert answers["comms account"][0]["signedInUser"] is True
    (conversation,) = answers["conversation after it"]["conversations"]
    assert conversation["latestMessages"][0]["payload"]["text"] == WORDS


def test_its_speech_is_spoken(done: dict[str, Any]) -> None:
    heard = [(said["kind"], said["device"], said["text"]) for said in done["spoken"]]
    assert ("speak", "Kitchen Show", WORDS) in heard
    assert ("announce", "Kitchen Show", WORDS) in heard
    assert {("announce", "Kitchen Show", "both"), ("announce", "Office Spot", "both")} <= set(heard)
    assert ("speak", "Bedroom Dot", "Sleep well") in heard
    assert {text for _, _, text in heard} >= {"what time is it", "one", "two"}


def test_its_playback_is_shown(answers: dict[str, Any], done: dict[str, Any]) -> None:
    assert answers["player"]["playerInfo"]["infoText"]["title"] == "Harbour Lights"
    assert answers["player"]["playerInfo"]["volume"]["volume"] == 33
    assert answers["idle player"]["playerInfo"]["volume"] is None
    assert len(answers["queue"]["queue"]) == 3
    assert done["accounts"][JO]["devices"][KITCHEN]["volume"] == 25


def test_alarms_reminders_and_lists_keep_its_changes(answers: dict[str, Any], account: dict[str, Any]) -> None:
    labels = [one["reminderLabel"] for one in answers["notifications again"]["notifications"]]
    assert WORDS in labels
    assert not [one for one in account["notifications"].values() if one["reminderLabel"] == WORDS]
    made, later = answers["alarm"], answers["alarm later"]
    assert made["alarmToken"] == later["alarmToken"]
    assert made["trigger"]["scheduledTime"] != later["trigger"]["scheduledTime"]
    assert made["alarmToken"] not in account["notifications"]
    assert answers["item added"][0]["itemName"] == WORDS


def test_settings_keep_its_changes(account: dict[str, Any]) -> None:
    kitchen = account["devices"][KITCHEN]
    assert (kitchen["accountName"], kitchen["dnd"], kitchen["alertVolume"]) == ("Küche", True, 61)
    assert kitchen["equalizer"] == {"bass": 3, "mid": -2, "treble": 1}
    assert (kitchen["ascendingAlarm"], kitchen["alarmSound"]) == (True, "system_alerts_melodic_02")
    assert kitchen["settings"] == {
        "displayPower": "OFF",
        "brightness": 12,
        "adaptiveBrightness": "OFF",
        "timeFormat": "24_HOURS",
        "attentionSpan": False,
        "alexaGestures": True,
        "connectedSpeakerOption": "InternalSpeaker",
    }


def test_history_and_pushes_reach_it(answers: dict[str, Any], done: dict[str, Any]) -> None:
    assert "play abba" in str(answers["history"])
    assert {
        *("PUSH_VOLUME_CHANGE", "PUSH_DND_STATE_CHANGE", "PUSH_MEDIA_CHANGE", "PUSH_NOTIFICATION_CHANGE"),
        *("PUSH_LIST_ITEM_CHANGE", "PUSH_EQUALIZER_STATE_CHANGE", "PUSH_BLUETOOTH_STATE_CHANGE"),
        "NotifyNowPlayingUpdated",
    } <= set(done["pushed"])
