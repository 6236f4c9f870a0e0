"""Default values of devices, accounts and players that a household file may omit."""

from collections.abc import Mapping
from typing import Any

from .marketplaces import Marketplace
from .merge import copied

APP_TYPE = "A2IVLV5VM2W81"
"""Device type of the Alexa app on iOS, with which clients register."""

GROUP_TYPE = "A3C9PE6TNYLTCH"
"""Device type of a speaker group."""

_ECHO = (
    "ALEXA_DEVICE_REBOOT",
    "ALEXA_VOICE",
    "AMAZON_MUSIC",
    "APPLE_MUSIC",
    "ASCENDING_ALARM_VOLUME",
    "AUDIBLE",
    "AUDIO_CONTROLS",
    "AUDIO_PLAYER",
    "BT_PAIRING_FLOW_V2",
    "CHANGE_NAME",
    "CUSTOM_ALARM_TONE",
    "DEEZER",
    "DEREGISTER_DEVICE",
    "DS_VOLUME_SETTING",
    "EARCONS",
    "FAR_FIELD_WAKE_WORD",
    "FLASH_BRIEFING",
    "GOLDFISH",
    "GUARD_EARCON",
    "I_HEART_RADIO",
    "LEMUR_ALPHA",
    "MICROPHONE",
    "MULTI_WAKEWORDS_SUPPORTED",
    "MUSIC_SKILL",
    "PAIR_BT_SINK",
    "PAIR_BT_SOURCE",
    "PANDORA",
    "PERSISTENT_CONNECTION",
    "REMINDERS",
    "SET_LOCALE",
    "SLEEP",
    "SOUND_SETTINGS",
    "SUPPORTS_CONNECTED_HOME_CLOUD_ONLY",
    "SUPPORTS_LOCALE",
    "SUPPORTS_SOFTWARE_VERSION",
    "TIDAL",
    "TIMERS_ALARMS_NOTIFICATIONS_VOLUME",
    "TIMERS_AND_ALARMS",
    "TUNE_IN",
    "VOLUME_SETTING",
)
_EQUALIZER = ("EQUALIZER_CONTROLLER_BASS", "EQUALIZER_CONTROLLER_MIDRANGE", "EQUALIZER_CONTROLLER_TREBLE")
_DISPLAY = (
    "CLOCK_FORMAT_24_HR",
    "DISPLAY_ADAPTIVE_BRIGHTNESS",
    "DISPLAY_BRIGHTNESS_ADJUST",
    "DISPLAY_POWER_TOGGLE",
    "LIVE_VIEW",
)
_AUX = ("AUX_SETTINGS",)
_GROUP = (
    "AMAZON_MUSIC",
    "APPLE_MUSIC",
    "AUDIO_PLAYER",
    "CHANGE_NAME",
    "DEEZER",
    "I_HEART_RADIO",
    "MICROPHONE",
    "MUSIC_SKILL",
    "PANDORA",
    "TIDAL",
    "TUNE_IN",
)
_APP = (
    "CHANGE_NAME",
    "DEREGISTER_DEVICE",
    "FLASH_BRIEFING",
    "PERSISTENT_CONNECTION",
    "SUPPORTS_COMMS",
    "SUPPORTS_LOCALE",
)

_BY_FAMILY = {
    "ECHO": sorted(_ECHO + _EQUALIZER + _AUX),
    "KNIGHT": sorted(_ECHO + _EQUALIZER + _AUX + _DISPLAY),
    "ROOK": sorted(_ECHO + _DISPLAY),
    "WHA": sorted(_GROUP),
    "VOX": sorted(_APP),
}

CAPABILITIES: frozenset[str] = frozenset().union(*_BY_FAMILY.values())
"""All capabilities that devices have unless a household says otherwise."""

PLAYER: Mapping[str, Any] = {
    "state": "IDLE",
    "provider": None,
    "queueId": None,
    "taskSessionId": None,
    "queue": [],
    "unshuffled": None,
    "index": 0,
    "position": 0.0,
    "since": 0.0,
    "shuffle": False,
    "repeat": False,
}


_COMMUNICATIONS: Mapping[str, str] = {"communications": "ON", "announcements": "ON", "dropin": "Home"}

_SETTINGS: Mapping[str, Any] = {
    "displayPower": "ON",
    "brightness": 60,
    "adaptiveBrightness": "OFF",
    "timeFormat": "12_HOURS",
    "attentionSpan": True,
    "alexaGestures": True,
    "connectedSpeakerOption": "InternalSpeaker",
}


def device(serial: str, given: Mapping[str, Any], account: str, marketplace: Marketplace) -> dict[str, Any]:
    """Return a device completed with default values."""
    family = given["deviceFamily"]
    preferences = {
        "locale": marketplace.locale,
        "timeZoneId": marketplace.time_zone,
        "temperatureScale": "CELSIUS" if marketplace.metric else "FAHRENHEIT",
        "distanceUnits": "METRIC" if marketplace.metric else "IMPERIAL",
        "postalCode": None,
        "goldfishEnabled": False,
        "notificationEarconEnabled": True,
    }
    full = {
        "deviceOwnerCustomerId": account,
        "deviceAccountId": f"A1{serial.upper()[-12:]}",
        "sharedWith": [],
        "online": True,
        "volume": 30,
        "muted": False,
        "alertVolume": 40,
        "alarmSound": "system_alerts_melodic_01",
        "dnd": False,
        "equalizer": {"bass": 0, "mid": 0, "treble": 0},
        "capabilities": list(_BY_FAMILY.get(family, _APP)),
        "clusterMembers": [],
        "heardBy": [],
        "softwareVersion": "8960323972",
        "auxDirection": "OUTPUT",
        "wakeWord": "ALEXA",
        "ascendingAlarm": False,
        "backgroundImage": None,
        "child": None,
        "essid": None if family == "WHA" else "home",
        "macAddress": None if family == "WHA" else _mac(serial),
        "features": {},
        **({"fireTv": {"on": False, "paused": False, "home": False, "search": None}} if family == "FIRE_TV" else {}),
        **copied(dict(given)),
    }
    chosen = {**preferences, **given.get("preferences", {})}
    full["preferences"] = {"supportedLocales": sorted({chosen["locale"], "de-DE", "en-US"}), **chosen}
    full["settings"] = {**_SETTINGS, **given.get("settings", {})}
    full["communications"] = {**_COMMUNICATIONS, **given.get("communications", {})}
    full["player"] = {**copied(dict(PLAYER)), **given.get("player", {})}
    full["bluetooth"] = [
        {"connected": False, "deviceClass": "OTHER", "profiles": ["A2DP-SOURCE", "AVRCP"], **paired}
        for paired in given.get("bluetooth", [])
    ]
    return full


def account(customer_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account completed with default values; its devices are unchanged."""
    return {
        "password": "correct horse",
        "otpSecret": None,
        "signInPages": [],
        "directedId": f"amzn1.account.SIM{customer_id}",
        "marketplace": None,
        "defaultMusicProvider": "AMAZON_MUSIC",
        "historyDelay": 0.0,
        "household": [],
        "devices": {},
        "notifications": {},
        "lists": {},
        "automations": {},
        "appliances": {},
        "deviceGroups": {},
        "homeMode": "HOME",
        "pushesSensors": False,
        "endpointSettings": {},
        **copied(dict(given)),
    }


def app(name: str) -> dict[str, Any]:
    """Return the device of a registered client."""
    return {"accountName": name, "deviceType": APP_TYPE, "deviceFamily": "VOX"}


def _mac(serial: str) -> str:
    """Return a MAC address in the range for documentation, derived from a serial."""
    number = sum(ord(letter) * 31**place for place, letter in enumerate(serial)) % 0x10000
    return f"00:00:5E:00:{number >> 8:02X}:{number & 0xFF:02X}"
