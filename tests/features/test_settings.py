"""Tests of the setting entities of both clouds: equal settings have equal keys."""

from homeassistant.helpers.entity import EntityDescription
import pytest

from custom_components.alexa_media import number, select, switch

ACCOUNT: dict[str, tuple[EntityDescription, ...]] = {
    "number": number.SETTINGS,
    "select": (*select.SETTINGS, select.WAKE_WORD, *select.PREFERENCES),
    "switch": (*switch.SETTINGS, *switch.PREFERENCES),
}
PROPERTY = {
    "number": number.PROPERTY_SETTINGS,
    "select": select.PROPERTY_SETTINGS,
    "switch": switch.PROPERTY_SETTINGS,
}
SHARED = {
    "number": set[str](),
    "select": {"distance_units", "language", "temperature_unit", "time_format", "time_zone", "wake_word"},
    "switch": {"follow_up_mode"},
}


def names(descriptions: tuple[EntityDescription, ...]) -> dict[str, str]:
    """Return the translation keys, which determine entity ids, by the keys of unique ids."""
    return {description.key: description.translation_key or description.key for description in descriptions}


@pytest.mark.parametrize("platform", sorted(ACCOUNT))
def test_a_setting_of_both_clouds_has_one_key_and_one_name(platform: str) -> None:
    account = names(ACCOUNT[platform])
    managed = names(PROPERTY[platform])
    assert account.keys() & managed.keys() == SHARED[platform]
    assert {key: account[key] for key in SHARED[platform]} == {key: managed[key] for key in SHARED[platform]}
    assert set(account.values()) & set(managed.values()) == {account[key] for key in SHARED[platform]}
