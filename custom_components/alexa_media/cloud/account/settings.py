"""Device settings, household, messages, flash briefing and screen backgrounds of the account API."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
import json
from typing import Any, Final
from uuid import uuid4

from ..errors import AlexaBadResponseError, AlexaCommandError, AlexaUnsupportedError
from ..http import json_text
from ..json import mapping, mappings, number, percent, reading, text, texts, word
from ..model.devices import Device, DevicePreferences
from ..model.settings import (
    EQUALIZER as BANDS,
    MAX_GAIN,
    BackgroundApi,
    Contact,
    Feed,
    Person,
    PreferenceChanges,
    Setting,
    SettingsApi,
    SettingSource,
    SettingValue,
    SettingValues,
)
from ..names import tidy
from .endpoints import PREFERENCES, Endpoint, Host, Write
from .parse import address_of, by_serial, place_of, required_list, required_texts
from .session import AccountClient, AccountSession

SET_PREFERENCES: Final = Write("set_preferences", "PUT", "/api/device-preferences/{serial}")
WAKE_WORDS: Final = Endpoint("wake_words", "GET", "/api/wake-word")
WAKE_WORD_CHOICES: Final = Endpoint("wake_word_choices", "GET", "/api/wake-words-locale")
SET_WAKE_WORD: Final = Write("set_wake_word", "PUT", "/api/wake-word/{serial}")
EQUALIZER: Final = Endpoint("equalizer", "GET", "/api/equalizer/{serial}/{type}")
SET_EQUALIZER: Final = Write("set_equalizer", "POST", "/api/equalizer/{serial}/{type}")
# The path contains the deviceAccountId instead of the serial.
DEVICE_SETTING: Final = Endpoint("device_setting", "GET", "/api/v1/devices/{account_id}/settings/{name}")
SET_DEVICE_SETTING: Final = Write("set_device_setting", "PUT", "/api/v1/devices/{account_id}/settings/{name}")
AUX: Final = Endpoint("aux", "GET", "/api/auxcontroller/{type}/{serial}/state")
SET_AUX: Final = Write("set_aux", "POST", "/api/auxcontroller/{type}/{serial}/ports/aux0/setDirection")
WIFI: Final = Endpoint("wifi", "GET", "/api/device-wifi-details")
RENAME_DEVICE: Final = Write("rename_device", "PUT", "/api/devices-v2/device/{serial}")
RESTART_DEVICE: Final = Write("restart_device", "POST", "/v1/alexa/device/reboot/{type}/{serial}", bearer=True)
UNPAIR_BLUETOOTH: Final = Write("unpair_bluetooth", "POST", "/api/bluetooth/unpair-sink/{type}/{serial}")
HOUSEHOLD: Final = Endpoint("household", "GET", "/api/household")
HOME_GROUP: Final = Endpoint("home_group", "GET", "/users/{person}/identities", host=Host.COMMUNICATIONS)
HOME_GROUP_DEVICES: Final = Endpoint(
    "home_group_devices", "GET", "/homegroups/{group}/devices", host=Host.COMMUNICATIONS
)
CONTACTS: Final = Endpoint("contacts", "GET", "/users/{person}/contacts", host=Host.COMMUNICATIONS, whole_account=True)
SEND_MESSAGE: Final = Write(
    "send_message", "POST", "/users/{person}/conversations/{conversation}/messages", host=Host.COMMUNICATIONS
)
ANNOUNCE: Final = Write("announce_to_household", "POST", "/users/{person}/announcements", host=Host.COMMUNICATIONS)
CONTENT_SKILLS: Final = Endpoint("content_skills", "GET", "/api/content-skills")
ENABLED_FEEDS: Final = Endpoint("enabled_feeds", "GET", "/api/content-skills/enabled-feeds")
SET_FEEDS: Final = Write("set_feeds", "POST", "/api/content-skills/enabled-feeds")
COMMUNICATION_PREFERENCE: Final = Endpoint(
    "communication_preference", "GET", "/devicesTypes/{type}/deviceId/{serial}/preferences", host=Host.COMMUNICATIONS
)
SET_COMMUNICATION_PREFERENCE: Final = Write(
    "set_communication_preference",
    "PATCH",
    "/devicesTypes/{type}/deviceId/{serial}/preferences/{preference}",
    host=Host.COMMUNICATIONS,
)


type Values = dict[Setting, SettingValue]

_SWITCHED: Final = {"ON": True, "OFF": False}


def parse_preference_objects(data: Any) -> dict[str, Mapping[str, Any]]:
    """Return the unparsed preferences of each device by serial, because a change must send the whole object."""
    return by_serial(data, "devicePreferences", PREFERENCES, lambda element: element)


def parse_preference(element: Mapping[str, Any]) -> DevicePreferences:
    """Parse the preferences of one device."""
    return DevicePreferences(
        locale=word(element.get("locale")),
        locales=texts(element.get("supportedLocales")),
        time_zone=word(element.get("timeZoneId")),
        temperature_scale=word(element.get("temperatureScale")),
        distance_units=word(element.get("distanceUnits")),
        follow_up=reading(element.get("goldfishEnabled")),
        notification_sound=reading(element.get("notificationEarconEnabled")),
    )


def parse_wake_words(data: Any) -> dict[str, Values]:
    """Parse the wake words of all devices, by serial."""
    words = by_serial(data, "wakeWords", WAKE_WORDS, lambda element: word(element.get("wakeWord")))
    return {serial: {Setting.WAKE_WORD: chosen} for serial, chosen in words.items()}


def parse_wake_word_choices(data: Any) -> Values:
    """Parse the available wake words of a device."""
    return {Setting.WAKE_WORDS: tuple(filter(word, required_texts(data, "wakeWords", WAKE_WORD_CHOICES)))}


def parse_equalizer(data: Any) -> Values:
    """Parse bass, mid and treble of an equalizer; raises ``AlexaBadResponseError`` unless all three are valid."""
    element = mapping(data)
    bands = {
        setting: round(gain)
        for setting, key in ((Setting.BASS, "bass"), (Setting.MID, "mid"), (Setting.TREBLE, "treble"))
        if (gain := number(element.get(key))) is not None and -MAX_GAIN <= gain <= MAX_GAIN
    }
    if len(bands) < 3:
        raise EQUALIZER.error(AlexaBadResponseError, "was answered without three bands")
    return dict(bands)


_BOOLEANS: Final = (Setting.ATTENTION_SPAN, Setting.GESTURES)


def parse_device_setting(data: Any, source: SettingSource) -> Values:
    """Parse one device setting, which the response contains as JSON in a string.

    Raises ``AlexaBadResponseError`` if the value is missing or invalid.
    """
    encoded = text(mapping(data).get("value"))
    try:
        value = json.loads(encoded or "")
    except (ValueError, RecursionError) as err:
        raise DEVICE_SETTING.error(AlexaBadResponseError, "was answered without a value") from err
    setting = Setting(source)
    found: SettingValue | None
    if setting is Setting.BRIGHTNESS:
        found = percent(value)
    elif setting is Setting.TIME_FORMAT:
        found = word(value)
    elif setting is Setting.CONNECTED_SPEAKER:
        found = text(value)
    elif setting in _BOOLEANS:
        found = value if isinstance(value, bool) else None
    else:
        found = _switched(value)
    if found is None:
        raise DEVICE_SETTING.error(AlexaBadResponseError, "was answered without a value")
    return {setting: found}


def _switched(value: Any) -> bool | None:
    """Return True for ON, False for OFF, else None."""
    return _SWITCHED.get(value) if isinstance(value, str) else None


def parse_aux(data: Any) -> Values:
    """Parse the direction of the port ``aux0``, INPUT or OUTPUT; raises ``AlexaBadResponseError`` if it is missing."""
    for port in mappings(required_list(data, "ports", AUX)):
        if port.get("id") == "aux0" and (direction := word(port.get("direction"))):
            return {Setting.AUX_DIRECTION: direction}
    raise AUX.error(AlexaBadResponseError, "was answered without the port")


def parse_wifi(data: Any) -> Values:
    """Parse the Wi-Fi name and the MAC address of one device; raises ``AlexaBadResponseError`` if both are missing."""
    element = mapping(data)
    values: Values = {
        setting: value
        for setting, key in ((Setting.WIFI_NAME, "essid"), (Setting.MAC_ADDRESS, "macAddress"))
        if (value := word(element.get(key)))
    }
    if not values:
        raise WIFI.error(AlexaBadResponseError, "was answered without a network")
    return values


def parse_home_group(data: Any) -> str:
    """Parse the id of the home that a person belongs to; raises ``AlexaBadResponseError`` if it is missing."""
    if (group := text(mapping(data).get("homeGroupId"))) is None:
        raise HOME_GROUP.error(AlexaBadResponseError, "was answered without homeGroupId")
    return group


def parse_home_group_devices(data: Any) -> dict[str, Values]:
    """Parse communications and drop-in of all devices of a home, by serial.

    The announcement setting in this response is always ON; ``parse_announcements`` parses the true value.
    """
    return by_serial(
        data, "devices", HOME_GROUP_DEVICES, lambda element: _communications(mapping(element.get("deviceStatus")))
    )


def _communications(status: Mapping[str, Any]) -> Values:
    """Parse communications and drop-in of one device."""
    values: Values = {}
    if (possible := _switched(status.get("deviceCommsAvailability"))) is not None:
        values[Setting.COMMUNICATIONS] = possible
    if drop_in := word(status.get("deviceDropInAvailability")):
        values[Setting.DROP_IN] = drop_in
    return values


def parse_announcements(data: Any) -> Values:
    """Parse whether a device plays announcements; raises ``AlexaBadResponseError`` if that is missing."""
    for element in mappings(required_list(data, "devicePermissionsPreferences", COMMUNICATION_PREFERENCE)):
        is_on = _switched(element.get("state"))
        if element.get("devicePreference") == "announcements" and is_on is not None:
            return {Setting.ANNOUNCEMENTS: is_on}
    raise COMMUNICATION_PREFERENCE.error(AlexaBadResponseError, "was answered without announcements")


def parse_household(data: Any) -> tuple[Person, ...]:
    """Parse the people of the household; skip those without an id."""
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


def parse_contacts(data: Any) -> tuple[Contact, ...]:
    """Parse the contacts of the Alexa app; skip those without an id."""
    return tuple(
        Contact(
            contact_id=contact_id,
            name=tidy(" ".join(filter(None, (text(named.get("firstName")), text(named.get("lastName")))))) or None,
            in_household=element.get("isHomeGroup") is True,
        )
        for element in mappings(required_list(data, None, CONTACTS))
        if (contact_id := text(element.get("contactId")) or text(element.get("id")))
        for named in [mapping(element.get("name"))]
    )


def parse_enabled_feeds(data: Any) -> tuple[Feed, ...]:
    """Parse all enabled feeds, including those without an id, because a change sends all of them back.

    Raises ``AlexaBadResponseError`` if the list is missing.
    """
    return tuple(
        _feed(element, enabled=True) for element in mappings(required_list(data, "enabledFeeds", ENABLED_FEEDS))
    )


def parse_content_skills(data: Any) -> tuple[Feed, ...]:
    """Parse the feeds of all skills of the account; raises ``AlexaBadResponseError`` if the list is missing."""
    skills = mappings(required_list(data, "contentSkills", CONTENT_SKILLS))
    return tuple(_feed(element, enabled=False) for skill in skills for element in mappings(skill.get("feeds")))


def _feed(element: Mapping[str, Any], *, enabled: bool) -> Feed:
    """Parse a feed."""
    feed_id = text(mapping(element.get("feedId")).get("value")) or ""
    return Feed(feed_id=feed_id, name=tidy(text(element.get("name")) or "") or feed_id, enabled=enabled, raw=element)


_PERSON: Final = "amzn1.comms.id.person.amzn1~"

_BANDS: Final = dict(zip(BANDS, ("bass", "mid", "treble"), strict=True))
_NAMES: Final = {
    SettingSource.DISPLAY_POWER: "displayPower",
    SettingSource.BRIGHTNESS: "brightness",
    SettingSource.ADAPTIVE_BRIGHTNESS: "adaptiveBrightness",
    SettingSource.TIME_FORMAT: "timeFormat",
    SettingSource.ATTENTION_SPAN: "attentionSpan",
    SettingSource.GESTURES: "alexaGestures",
    SettingSource.CONNECTED_SPEAKER: "connectedSpeakerOption",
}
_COMMUNICATIONS: Final = {
    Setting.COMMUNICATIONS: "communications",
    Setting.DROP_IN: "dropin",
    Setting.ANNOUNCEMENTS: "announcements",
}


class AccountSettings(AccountClient):
    """Device settings of one account; ``SettingsApi`` documents the methods."""

    def __init__(self, session: AccountSession) -> None:
        """Initialize with the session of the account."""
        super().__init__(session)
        self._home_group: str | None = None
        self.last_preferences: Mapping[str, DevicePreferences] = {}

    # --- preferences --------------------------------------------------------------------

    async def async_preferences(self) -> Mapping[str, DevicePreferences]:
        """Return the preferences of all devices and keep them as ``last_preferences``."""
        objects = await self._transport.async_read(PREFERENCES, parse_preference_objects)
        self.last_preferences = {serial: parse_preference(element) for serial, element in objects.items()}
        return self.last_preferences

    async def async_set_preferences(self, device: Device, changes: PreferenceChanges) -> None:
        """Change preferences; Amazon expects the whole object, so the current one is read first."""
        objects = await self._transport.async_read(PREFERENCES, parse_preference_objects)
        if (present := objects.get(device.serial)) is None:
            raise _unsupported(SET_PREFERENCES)
        wanted = {
            "locale": changes.locale,
            "timeZoneId": changes.time_zone,
            "temperatureScale": changes.temperature_scale,
            "distanceUnits": changes.distance_units,
            "goldfishEnabled": changes.follow_up,
            "notificationEarconEnabled": changes.notification_sound,
        }
        await self._transport.async_request(
            SET_PREFERENCES,
            params={"serial": device.serial},
            json={**present, **{name: value for name, value in wanted.items() if value is not None}},
        )

    # --- read ---------------------------------------------------------------------------

    async def async_for_account(self, source: SettingSource) -> Mapping[str, SettingValues]:
        """Return the settings of a source for all devices, by serial."""
        if source is SettingSource.WAKE_WORD:
            return await self._transport.async_read(WAKE_WORDS, parse_wake_words)
        if self._home_group is None:
            self._home_group = await self._transport.async_read(
                HOME_GROUP, parse_home_group, params={"person": self._person(HOME_GROUP)}
            )
        try:
            return await self._transport.async_read(
                HOME_GROUP_DEVICES, parse_home_group_devices, params={"group": self._home_group}
            )
        except AlexaUnsupportedError:
            # the person may have moved to another home group
            self._home_group = None
            raise

    async def async_for_device(self, source: SettingSource, device: Device) -> SettingValues:
        """Return the settings of a source for one device."""
        read = self._transport.async_read
        match source:
            case SettingSource.WAKE_WORDS:
                query = {**address_of(device), "softwareVersion": device.software_version or ""}
                return await read(WAKE_WORD_CHOICES, parse_wake_word_choices, query=query)
            case SettingSource.EQUALIZER:
                return await read(EQUALIZER, parse_equalizer, params=place_of(device))
            case SettingSource.AUX:
                return await read(AUX, parse_aux, params=place_of(device))
            case SettingSource.WIFI:
                return await read(WIFI, parse_wifi, query=address_of(device))
            case SettingSource.ANNOUNCEMENTS:
                return await read(
                    COMMUNICATION_PREFERENCE,
                    parse_announcements,
                    params=place_of(device),
                    query={"devicePreferences": "announcements"},
                )
            case _:
                return await read(
                    DEVICE_SETTING,
                    lambda data: parse_device_setting(data, source),
                    params=_place_of_setting(DEVICE_SETTING, device, _NAMES[source]),
                )

    async def async_household(self) -> tuple[Person, ...]:
        """Return the people of the household."""
        return await self._transport.async_read(HOUSEHOLD, parse_household)

    def _account(self, endpoint: Endpoint) -> str:
        """Return the id of the signed-in account; raises ``AlexaUnsupportedError`` if it is unknown."""
        if (account_id := self._session.credentials.account_id) is None:
            raise _unsupported(endpoint)
        return account_id

    def _person(self, endpoint: Endpoint) -> str:
        """Return the id of the signed-in person for the communications service."""
        return f"{_PERSON}{self._account(endpoint)}"

    async def async_contacts(self) -> tuple[Contact, ...]:
        """Return the contacts of the Alexa app."""
        query = {"includePreferencesByLevel": "HomeGroup", "includeNonAlexaContacts": "true"}
        return await self._transport.async_read(
            CONTACTS,
            parse_contacts,
            params={"person": self._person(CONTACTS)},
            query={**query, "includeHomeGroupMembers": "true"},
        )

    async def async_send_message(self, message: str) -> None:
        """Send a message to the user's own household."""
        person = self._person(SEND_MESSAGE)
        body = {
            "conversationId": f"amzn1.comms.messaging.id.conversationV2~{uuid4()}",
            "clientMessageId": str(uuid4()),
            "messageId": 0.001,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "sender": person,
            "type": "message/text",
            "payload": {"text": message},
            "status": 1,
        }
        with self._transport.unproven.attempt(SEND_MESSAGE.name):
            await self._transport.async_request(
                SEND_MESSAGE, params={"person": person, "conversation": person}, json=[body]
            )

    async def async_feeds(self) -> tuple[Feed, ...]:
        """Return the feeds of the flash briefing."""
        unproven = self._transport.unproven
        with unproven.attempt(ENABLED_FEEDS.name):
            feeds = {feed.feed_id: feed for feed in await self._enabled_feeds()}
        with (
            suppress(AlexaBadResponseError, AlexaUnsupportedError),
            unproven.attempt(CONTENT_SKILLS.name),
        ):
            for feed in await self._transport.async_read(CONTENT_SKILLS, parse_content_skills):
                feeds.setdefault(feed.feed_id, feed)
        return tuple(feed for feed_id, feed in feeds.items() if feed_id)

    async def async_set_feed(self, feed: Feed, *, enabled: bool) -> None:
        """Add a feed to the flash briefing, or remove it."""
        before = await self._enabled_feeds()
        wanted = [*(one for one in before if one.feed_id != feed.feed_id), *([feed] if enabled else [])]
        with self._transport.unproven.attempt(SET_FEEDS.name):
            await self._set_feeds(wanted)
        after = await self._enabled_feeds()
        if {one.feed_id for one in after} != {one.feed_id for one in wanted}:
            await self._set_feeds(before)
            raise AlexaCommandError("Amazon did not apply the feeds", code="not_confirmed")

    async def _enabled_feeds(self) -> tuple[Feed, ...]:
        """Return the feeds that are enabled."""
        return await self._transport.async_read(ENABLED_FEEDS, parse_enabled_feeds)

    async def _set_feeds(self, feeds: Iterable[Feed]) -> None:
        """Enable the given feeds, and disable all others."""
        await self._transport.async_request(SET_FEEDS, json={"enabledFeeds": [dict(feed.raw) for feed in feeds]})

    async def async_announce(self, message: str, sender: str) -> None:
        """Announce a message on the Echos of the household."""
        body = {
            "type": "announcement/text",
            "messageText": message,
            "senderFirstName": sender,
            "senderLastName": "",
            "announcementPrefix": "",
        }
        with self._transport.unproven.attempt(ANNOUNCE.name):
            await self._transport.async_request(ANNOUNCE, params={"person": self._account(ANNOUNCE)}, json=body)

    # --- write --------------------------------------------------------------------------

    async def async_set(self, device: Device, setting: Setting, value: SettingValue, known: SettingValues) -> None:
        """Change one setting of a device."""
        if setting in _BANDS:
            await self._write(
                SET_EQUALIZER,
                place_of(device),
                {name: value if band is setting else known[band] for band, name in _BANDS.items()},
            )
        elif setting in _COMMUNICATIONS:
            await self._write(
                SET_COMMUNICATION_PREFERENCE,
                {**place_of(device), "preference": _COMMUNICATIONS[setting]},
                {"state": _state(value)},
            )
        elif setting is Setting.WAKE_WORD:
            await self._write(
                SET_WAKE_WORD,
                {"serial": device.serial},
                {
                    **address_of(device),
                    "active": True,
                    "displayName": known[Setting.WAKE_WORD],
                    "midFieldState": None,
                    "wakeWord": value,
                },
            )
        elif setting is Setting.AUX_DIRECTION:
            await self._write(SET_AUX, place_of(device), {"direction": value, "deviceId": device.serial})
        else:
            await self._write(
                SET_DEVICE_SETTING,
                _place_of_setting(SET_DEVICE_SETTING, device, _NAMES[SettingSource(setting)]),
                {"value": json_text(value if setting in _BOOLEANS else _state(value))},
            )

    async def async_rename(self, device: Device, name: str) -> None:
        """Rename a device."""
        await self._write(
            RENAME_DEVICE,
            {"serial": device.serial},
            {
                "accountName": name,
                "serialNumber": device.serial,
                "deviceAccountId": device.account_id,
                "deviceType": device.device_type,
            },
        )

    async def async_restart(self, device: Device) -> None:
        """Restart a device."""
        await self._write(RESTART_DEVICE, place_of(device), address_of(device))

    async def async_unpair_bluetooth(self, device: Device, address: str) -> None:
        """Unpair a Bluetooth device."""
        await self._write(
            UNPAIR_BLUETOOTH,
            place_of(device),
            {"bluetoothDeviceAddress": address, "bluetoothDeviceClass": "OTHER"},
        )

    async def _write(self, endpoint: Endpoint, params: Mapping[str, str], body: Mapping[str, Any]) -> None:
        """Send a request that acts on a device or changes one of its settings."""
        await self._transport.async_request(endpoint, params=params, json=body)


def _state(value: SettingValue) -> SettingValue:
    """Return a value in Amazon's notation: ON or OFF for a boolean."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    return value


def _place_of_setting(endpoint: Endpoint, device: Device, name: str) -> dict[str, str]:
    """Return the path parameters of a device setting."""
    if device.account_id is None:
        raise _unsupported(endpoint)
    return {"account_id": device.account_id, "name": name}


def _unsupported(endpoint: Endpoint) -> AlexaUnsupportedError:
    """Return the error for a request that cannot be sent because a required value is unknown."""
    return endpoint.error(AlexaUnsupportedError, "cannot be asked", code="not_known")


_: type[SettingsApi] = AccountSettings


SET_BACKGROUND: Final = Write("set_background", "POST", "/api/background-image")


_PHOTO: Final = "JqIFZhtBTx25wLGTJGdNGQ"
"""Id sent with every custom image; alexapy uses this constant."""


class AccountBackground(AccountClient):
    """Screen backgrounds of one account; ``BackgroundApi`` documents the methods."""

    async def async_set_background(self, device: Device, url: str) -> None:
        """Set the background image of a device."""
        picture = {"backgroundImageID": _PHOTO, "backgroundImageType": "PERSONAL_PHOTOS", "backgroundImageURL": url}
        await self._transport.async_request(SET_BACKGROUND, json={**address_of(device), **picture})


_background: type[BackgroundApi] = AccountBackground
