"""Tests that enumerations, times and parts of ids are recorded in a form that a replay can use."""

import pytest

from alexa_sim.recording import moved
from custom_components.alexa_media.cloud.pseudonyms import WEEK, Pseudonyms, load_allowed

WEEKS = -100
PSEUDONYMS = Pseudonyms(b"key", load_allowed(), weeks=WEEKS)


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("utteranceType", "GENERAL"),
        ("utteranceType", "DEVICE_ARBITRATION"),
        ("deviceDropInAvailability", "Home"),
        ("deviceDropInAvailability", "All"),
        ("timeZoneRegion", "America"),
        ("value", "Bluetooth"),
        ("__typename", "Lock"),
    ],
)
def test_an_enumeration_is_only_kept_below_its_key(key: str, word: str) -> None:
    """Elsewhere the same word may be a name, for example of a network or a room."""
    assert PSEUDONYMS.value({key: word}) == {key: word}
    assert PSEUDONYMS.value({"friendlyName": word}) != {"friendlyName": word}
    assert PSEUDONYMS.value({"essid": word}) != {"essid": word}


def test_the_time_in_a_key_of_the_history_is_moved_like_other_times() -> None:
    """The key is customer#milliseconds#type#serial, and the serial in it has the device's pseudonym."""
    key = PSEUDONYMS.text("A2SIMJO7D0EQ11#1795957117499#A3RBAYBE7VM004#G0SIM00KITCHEN01", "activityKey")
    customer, moment, kind, serial = key.split("#")
    assert customer == PSEUDONYMS.text("A2SIMJO7D0EQ11", "customerId")
    assert int(moment) == 1795957117499 + WEEKS * WEEK * 1000
    assert kind == "A3RBAYBE7VM004"
    assert serial == PSEUDONYMS.text("G0SIM00KITCHEN01", "serialNumber")


def test_the_id_of_a_person_is_derived_from_the_id_of_the_account() -> None:
    """The integration derives this id, so a replay must contain it."""
    account = "amzn1.account.AFAKEACCOUNT00000000000001"
    person = PSEUDONYMS.text(f"amzn1.comms.id.person.amzn1~{account}", "person")
    assert person == f"amzn1.comms.id.person.amzn1~{PSEUDONYMS.text(account, 'directedId')}"


def test_a_number_in_an_id_has_the_same_pseudonym_as_on_its_own() -> None:
    """A command to Guard contains only the last part of its appliance id."""
    appliance = PSEUDONYMS.text("AAA_OnGuardSmartHomeBridgeService_8213460057", "entityId")
    assert appliance == f"AAA_OnGuardSmartHomeBridgeService_{PSEUDONYMS.text('8213460057', 'target')}"


def test_keys_of_serializers_are_kept() -> None:
    """These keys are not words, but they are the same in every household."""
    value = {"__type": "NPSingletonEndpoint:http", "@class": "com.example.Model"}
    assert list(PSEUDONYMS.value(value)) == ["__type", "@class"]


def test_only_times_are_moved_when_a_recording_is_read() -> None:
    """A number of ten digits that is not a time of this century is an id."""
    assert moved('{"a": 1569765121, "b": "7031641868"}', 10) == f'{{"a": {1569765121 + 10 * WEEK}, "b": "7031641868"}}'
