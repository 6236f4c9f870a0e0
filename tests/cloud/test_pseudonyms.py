"""Tests of which values a recording keeps, and which ones it replaces."""

import json
from typing import Any

import pytest

from custom_components.alexa_media.cloud.pseudonyms import Pseudonyms, load_words
from scripts.published_words import TARGET, household_words, words

PSEUDONYMS = Pseudonyms(b"key of the tests", load_words(), weeks=-104)


def test_no_word_of_a_household_is_published() -> None:
    """Names, serials and texts of the households are not in the list, and the list is up to date."""
    published = load_words()
    assert not published & household_words()
    assert published == words(), f"run scripts/published_words.py --write ({TARGET.name})"


@pytest.mark.parametrize("value", [True, None, 42, 23.5, "PUSH_VOLUME_CHANGE", "07:00:00.000", "XXXX-WE", "PT5M", ""])
def test_structure_and_published_words_stay(value: Any) -> None:
    """Values that do not identify a household are unchanged."""
    assert PSEUDONYMS.value(value) == value


@pytest.mark.parametrize(
    ("secret", "parts"),
    [
        ("jo.doe@example.net", ["jo", "doe", "example.net"]),
        ("+1-555-010-2345", ["555", "2345"]),
        ("geo:52.370216,4.895168", ["370216", "895168"]),
        ("aa:bb:cc:dd:ee:ff", ["aa:bb"]),
        ("10.20.30.40", ["20.30"]),
        ("https://photos.example.net/Anna%20Smith?who=Anna", ["Anna", "photos"]),
        ("Call Anna on Monday", ["Anna", "Monday", "Call"]),
        ("Atnr|Xq7Zp-Wv4Kd", ["Xq7Zp", "Wv4Kd", "Atnr"]),
        ('{"ssid": "Anna WiFi", "inner": "{\\"a\\": \\"Anna\\"}"}', ["Anna", "WiFi"]),
        ("Küche von Jürgen", ["Küche", "Jürgen"]),
    ],
)
def test_no_part_of_a_secret_is_left(secret: str, parts: list[str]) -> None:
    """Texts are replaced as values, as keys, and in JSON inside strings."""
    found = json.dumps(
        PSEUDONYMS.value({secret: secret, "list": [secret], "text": json.dumps({secret: secret})}), ensure_ascii=False
    )
    assert [part for part in (secret, *parts) if part in found] == []


def test_ids_join_across_composite_ids() -> None:
    """A part of a composite id has the same pseudonym as when it occurs alone."""
    serial, customer = PSEUDONYMS.text("G0SIMSERIAL00001"), PSEUDONYMS.text("A2SIMCUSTOMER1")
    assert PSEUDONYMS.text("A4ZXE0RM7LQ7A-G0SIMSERIAL00001") == f"A4ZXE0RM7LQ7A-{serial}"
    assert PSEUDONYMS.text("A2SIMCUSTOMER1#ms#A4ZXE0RM7LQ7A#G0SIMSERIAL00001").split("#")[::3] == [customer, serial]


@pytest.mark.parametrize("key", ["timeStamp", "createdDate", "createAt", "updatedAt", "alarmTime", "startTime"])
@pytest.mark.parametrize("value", [1_764_000_000, "1764000000000", "2026-11-29T07:00:00Z", "2026-11-29"])
def test_times_move_by_the_same_weeks(value: Any, key: str) -> None:
    """Weekday and time of day are kept."""
    found = PSEUDONYMS.value(value, key)
    assert found != value
    assert Pseudonyms(b"", load_words(), weeks=104).value(found, key) == value


def test_a_private_number_does_not_stay() -> None:
    """Coordinates and codes are replaced, even short ones."""
    found = PSEUDONYMS.value({"latitude": 52.37, "pin": "1234", "phoneNumber": 5550})
    assert not {52.37, "1234", 5550} & set(found.values())


def test_no_number_is_published() -> None:
    """A code of the household that equals a number in the sources does not stay; elsewhere, short numbers do."""
    assert [word for word in load_words() if word.isdecimal()] == []
    for code in ("256", "4792", "8859"):
        assert code not in PSEUDONYMS.text(code, "pin")
        assert code not in PSEUDONYMS.text(f"{code},{code}", "securityCode")
        assert PSEUDONYMS.text(code, "volume") == code


@pytest.mark.parametrize(
    "planted",
    [
        {"accountName": "secret"},
        {"name": "music"},
        {"value": "secret"},
        {"friendlyName": "Music"},
        {"summary": "1234"},
        {"password": "secret"},
        {"deviceName": "PUSH_VOLUME_CHANGE"},
        {"essid": "network"},
        {"id": "secret-lamp"},
        {"id": "lamp.secret"},
        {"url": "https://secret.example.net/music"},
        ["secret", "music"],
        {"text": '["secret"]'},
        {"recurringPattern": "RRULE:FREQ=DAILY;ANNA=SMITH"},
        {"birthDate": "1980-05-03"},
    ],
    ids=str,
)
def test_a_published_word_does_not_stay_as_a_name(planted: Any) -> None:
    """A device named "secret" is renamed, although "secret" is also the name of a field."""
    found = json.dumps(PSEUDONYMS.value(planted)).casefold()
    private = ("secret", "music", "1234", "push_volume", "network", "anna", "smith", "1980")
    assert [word for word in private if word in found] == []


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,-1FR", "recurrence"),
        ("power", "name"),
        ("PUSH_VOLUME_CHANGE", "name"),
        ("online", "status"),
        ("ALEXA_CURRENT_DSN", "deviceSerialNumber"),
        ("EventBus:AlexaMobile::FDAL", "route"),
        ("ECHO", "deviceFamily"),
        ("System.locales,System.timeZone", "keys"),
        ("US", "countryCode"),
        ("Alexa.PowerController", "interfaceName"),
        ("smokeAlarmDetectionState", "name"),
    ],
)
def test_words_of_amazon_stay_where_they_mean_something(value: str, key: str) -> None:
    """Recurrence rules, names of features and enumeration values are unchanged."""
    assert PSEUDONYMS.value({key: value}) == {key: value}


def test_ids_that_are_keys_join_with_ids_that_are_values() -> None:
    """If the keys of an object are serials, they get the same pseudonyms as the serials of devices."""
    found = PSEUDONYMS.value({"serial": "G0SIMSERIAL00001", "volumes": {"G0SIMSERIAL00001": 3}})
    assert found["volumes"] == {found["serial"]: 3}
