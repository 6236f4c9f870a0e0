"""Settings of devices as values; pure and tolerant."""

from collections.abc import Mapping
import json
from typing import Any, Final

from custom_components.alexa_media.backend.settings import GAIN, Person, Setting, SettingSource, SettingValue
from custom_components.alexa_media.errors import AlexaBadResponseError
from custom_components.alexa_media.json_values import flag, mapping, mappings, number, text, texts
from custom_components.alexa_media.models import DevicePreferences

from .endpoints import (
    AUX,
    COMMUNICATION_PREFERENCE,
    DEVICE_SETTING,
    EQUALIZER,
    HOME_GROUP,
    HOME_GROUP_DEVICES,
    HOUSEHOLD,
    PREFERENCES,
    WAKE_WORD_CHOICES,
    WAKE_WORDS,
    WIFI,
    Endpoint,
)
from .parse_values import required_list, required_texts

type Values = dict[Setting, SettingValue]

_SWITCHED: Final = {"ON": True, "OFF": False}


def parse_preference_objects(data: Any) -> dict[str, Mapping[str, Any]]:
    """Parse the device preferences as they came, by serial: a change sends the whole object."""
    return {
        serial: element
        for element in mappings(required_list(data, "devicePreferences", PREFERENCES))
        if (serial := text(element.get("deviceSerialNumber")))
    }


def parse_preference(element: Mapping[str, Any]) -> DevicePreferences:
    """Parse the preferences of one device."""
    return DevicePreferences(
        locale=text(element.get("locale")),
        locales=texts(element.get("supportedLocales")),
        time_zone=text(element.get("timeZoneId")),
        temperature_scale=text(element.get("temperatureScale")),
        distance_units=text(element.get("distanceUnits")),
        follow_up=flag(element.get("goldfishEnabled")),
        notification_sound=flag(element.get("notificationEarconEnabled")),
    )


def parse_wake_words(data: Any) -> dict[str, Values]:
    """Parse the wake words of all devices, by serial."""
    return {
        serial: {Setting.WAKE_WORD: word}
        for element in mappings(required_list(data, "wakeWords", WAKE_WORDS))
        if (serial := text(element.get("deviceSerialNumber"))) and (word := text(element.get("wakeWord")))
    }


def parse_wake_word_choices(data: Any) -> Values:
    """Parse the words that a device can listen to."""
    return {Setting.WAKE_WORDS: required_texts(data, "wakeWords", WAKE_WORD_CHOICES)}


def parse_equalizer(data: Any) -> Values:
    """Parse the three bands."""
    element = mapping(data)
    bands = {
        setting: round(gain)
        for setting, key in ((Setting.BASS, "bass"), (Setting.MID, "mid"), (Setting.TREBLE, "treble"))
        if (gain := number(element.get(key))) is not None and -GAIN <= gain <= GAIN
    }
    if len(bands) < 3:
        raise _without(EQUALIZER, "three bands")
    return dict(bands)


def parse_device_setting(data: Any, source: SettingSource) -> Values:
    """Parse one setting of a display or a clock: JSON within a string."""
    encoded = text(mapping(data).get("value"))
    try:
        value = json.loads(encoded or "")
    except (ValueError, RecursionError) as err:
        raise _without(DEVICE_SETTING, "a value") from err
    setting = Setting(source)
    found: SettingValue | None
    if setting is Setting.BRIGHTNESS:
        found = round(level) if (level := number(value)) is not None and 0 <= level <= 100 else None
    elif setting is Setting.TIME_FORMAT:
        found = text(value)
    else:
        found = _switched(value)
    if found is None:
        raise _without(DEVICE_SETTING, "a value")
    return {setting: found}


def _switched(value: Any) -> bool | None:
    """Return what ON and OFF mean."""
    return _SWITCHED.get(value) if isinstance(value, str) else None


def parse_aux(data: Any) -> Values:
    """Parse the direction of the port ``aux0``."""
    for port in mappings(required_list(data, "ports", AUX)):
        if port.get("id") == "aux0" and (direction := text(port.get("direction"))):
            return {Setting.AUX_DIRECTION: direction}
    raise _without(AUX, "the port")


def parse_wifi(data: Any) -> Values:
    """Parse the network of one device."""
    element = mapping(data)
    values: Values = {
        setting: value
        for setting, key in ((Setting.WIFI_NAME, "essid"), (Setting.MAC_ADDRESS, "macAddress"))
        if (value := text(element.get(key)))
    }
    if not values:
        raise _without(WIFI, "a network")
    return values


def parse_home_group(data: Any) -> str:
    """Parse the id of the home that somebody belongs to."""
    if (group := text(mapping(data).get("homeGroupId"))) is None:
        raise _without(HOME_GROUP, "homeGroupId")
    return group


def parse_home_group_devices(data: Any) -> dict[str, Values]:
    """Parse communications and drop-in of all devices of a home, by serial.

    What it says of announcements is always ON; the true value is in the device's preferences.
    """
    return {
        serial: _communications(mapping(element.get("deviceStatus")))
        for element in mappings(required_list(data, "devices", HOME_GROUP_DEVICES))
        if (serial := text(element.get("deviceSerialNumber")))
    }


def _communications(status: Mapping[str, Any]) -> Values:
    """Parse the status of one device."""
    values: Values = {}
    if (possible := _switched(status.get("deviceCommsAvailability"))) is not None:
        values[Setting.COMMUNICATIONS] = possible
    if drop_in := text(status.get("deviceDropInAvailability")):
        values[Setting.DROP_IN] = drop_in
    return values


def parse_announcements(data: Any) -> Values:
    """Parse whether announcements are heard."""
    for element in mappings(required_list(data, "devicePermissionsPreferences", COMMUNICATION_PREFERENCE)):
        heard = _switched(element.get("state"))
        if element.get("devicePreference") == "announcements" and heard is not None:
            return {Setting.ANNOUNCEMENTS: heard}
    raise _without(COMMUNICATION_PREFERENCE, "announcements")


def parse_household(data: Any) -> tuple[Person, ...]:
    """Parse the people of the household."""
    return tuple(
        Person(
            person_id=person_id,
            name=text(element.get("fullName")) or text(element.get("firstName")),
            email=text(element.get("email")),
            role=text(element.get("role")),
        )
        for element in mappings(required_list(data, "accounts", HOUSEHOLD))
        if (person_id := text(element.get("id")))
    )


def _without(endpoint: Endpoint, what: str) -> AlexaBadResponseError:
    """Return the error for an answer that lacks what it is asked for."""
    return AlexaBadResponseError(f"{endpoint.label} was answered without {what}", endpoint=endpoint.label)
