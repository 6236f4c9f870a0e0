"""Responses in the real format of the account API, with invented people, serials and addresses."""

from typing import Any, Final

KITCHEN: Final = "G000AA0000000001"
STUDIO: Final = "G000AA0000000002"
GROUP: Final = "0f3c9c3b5d4a4b2f8a1d000000000001"
APP: Final = "D0E1F2A3B4C5D6E7F8091A2B3C4D5E6F"

ACCOUNT: Final[dict[str, Any]] = {
    "countryOfResidence": "DE",
    "effectiveMarketPlaceId": "A1PA6795UKMFR9",
    "email": "jo@example.org",
    "features": [],
    "fullName": "Jo Doe",
    "hasActiveDopplers": True,
    "id": "A1EXAMPLE0JODO",
    "marketPlaceDomainName": "https://www.amazon.de",
    "marketPlaceLocale": "de-DE",
}

REGION: Final[dict[str, Any]] = {
    "alexaApiUrl": "https://api.eu.amazonalexa.com",
    "awsRegion": "eu-west-1",
    "retailDomain": "amazon.de",
    "retailUrl": "https://www.amazon.de",
    "websiteApiUrl": "https://eu-api-alexa.amazon.de",
    "websiteUrl": "https://alexa.amazon.de",
}


def device(serial: str, name: str, family: str, device_type: str, **fields: Any) -> dict[str, Any]:
    """Return an element of the device list."""
    return {
        "accountName": name,
        "appDeviceList": [],
        "capabilities": ["VOLUME_SETTING", "AUDIO_PLAYER", "MUSIC_SKILL", "TIMERS_AND_ALARMS"],
        "clusterMembers": [],
        "deviceAccountId": f"A1ACC{serial[-4:]}",
        "deviceFamily": family,
        "deviceOwnerCustomerId": "A1EXAMPLE0JODO",
        "deviceType": device_type,
        "language": None,
        "online": True,
        "parentClusters": None,
        "serialNumber": serial,
        "softwareVersion": "24394849412",
        **fields,
    }


DEVICES: Final[dict[str, Any]] = {
    "devices": [
        device(APP, "Jo's phone", "VOX", "A2IVLV5VM2W81", capabilities=[]),
        device(KITCHEN, "Kitchen Show", "KNIGHT", "A1EIANJ7PNB0Q7", parentClusters=[GROUP], online=False),
        device(STUDIO, "Living Room Studio", "ECHO", "A3RBAYBE7VM004"),
        device(GROUP, "Downstairs", "WHA", "A3C9PE6TNYLTCH", clusterMembers=[STUDIO]),
    ]
}

PREFERENCES: Final[dict[str, Any]] = {
    "devicePreferences": [
        {
            "deviceSerialNumber": STUDIO,
            "deviceType": "A3RBAYBE7VM004",
            "locale": "de-DE",
            "timeZoneId": "Europe/Berlin",
            "temperatureScale": "CELSIUS",
        }
    ]
}

NOW_PLAYING: Final[dict[str, Any]] = {
    "playerState": "PLAYING",
    "mediaId": "sim:track:1",
    "queueId": "sim:playlist:1",
    "infoText": {"title": "Song", "subText1": "Artist", "subText2": "Album", "multiLineMode": False},
    "mainArt": {"tinyUrl": "https://art.example.org/t.jpg", "largeUrl": "https://art.example.org/l.jpg", "url": None},
    "provider": {"providerName": "Spotify", "providerLogo": {"url": "https://art.example.org/p.png"}},
    "progress": {"allowScrubbing": True, "mediaLength": 199773, "mediaProgress": 613, "visible": True},
    "transport": {
        "playPause": "ENABLED",
        "next": "ENABLED",
        "previous": "DISABLED",
        "shuffle": "SELECTED",
        "repeat": "ENABLED",
        "seekForward": "HIDDEN",
    },
    "quality": None,
    "lyrics": None,
}

SESSIONS: Final[dict[str, Any]] = {
    "mediaSessionList": [
        {
            "castEligibility": "NONE",
            "taskSessionId": "amzn1.echo-api.session.1",
            "endpointList": [
                {
                    "__type": "NPSingletonEndpoint:http://internal.amazon.com/coral/",
                    "encryptedFriendlyName": "x",
                    "id": {"deviceSerialNumber": STUDIO, "deviceType": "A3RBAYBE7VM004"},
                }
            ],
            "nowPlayingData": NOW_PLAYING,
        }
    ]
}

VOLUMES: Final[dict[str, Any]] = {
    "volumes": [
        {
            "alertVolume": None,
            "deviceType": "A3",
            "dsn": STUDIO,
            "error": None,
            "speakerMuted": False,
            "speakerVolume": 35,
        },
        {"dsn": KITCHEN, "error": "DeviceOffline", "speakerMuted": None, "speakerVolume": None},
    ]
}

DND: Final[dict[str, Any]] = {
    "doNotDisturbDeviceStatusList": [
        {"deviceSerialNumber": STUDIO, "deviceType": "A3RBAYBE7VM004", "enabled": False},
        {"deviceSerialNumber": KITCHEN, "deviceType": "A1EIANJ7PNB0Q7", "enabled": True},
    ]
}

ALARM: Final[dict[str, Any]] = {
    "alarmTime": 1795300000000,
    "createdDate": 1795246549945,
    "deviceSerialNumber": STUDIO,
    "deviceType": "A3RBAYBE7VM004",
    "id": f"A3RBAYBE7VM004-{STUDIO}-17ef9b04",
    "lastUpdatedDate": 1795246549945,
    "notificationIndex": "17ef9b04",
    "originalDate": "2026-11-22",
    "originalTime": "07:00:30.500",
    "rRuleData": {"frequency": "WEEKLY", "recurrenceRules": ["FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=TU", 7]},
    "recurringPattern": "XXXX-WD",
    "remainingTime": 0,
    "alarmLabel": "Up",
    "reminderLabel": None,
    "snoozedToTime": None,
    "status": "ON",
    "timerLabel": None,
    "triggerTime": 0,
    "type": "Alarm",
    "version": "4",
}

NOTIFICATIONS: Final[dict[str, Any]] = {
    "notifications": [
        ALARM,
        ALARM
        | {
            "id": "timer-1",
            "type": "Timer",
            "status": "PAUSED",
            "timerLabel": "tea",
            "remainingTime": 90500,
            "triggerTime": 1795246640445,
            "rRuleData": None,
            "version": 7,
        },
        ALARM
        | {
            "id": "reminder-1",
            "type": "Reminder",
            "status": "SNOOZED",
            "reminderLabel": "Bins",
            "snoozedToTime": 1795300060000,
        },
        ALARM
        | {"id": None, "notificationIndex": "odd-1", "type": "Sunrise", "status": "DOZING", "originalTime": "25:00"},
        ALARM | {"id": None, "notificationIndex": None},
        "no object",
    ]
}
