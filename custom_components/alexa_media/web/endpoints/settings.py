"""Settings of devices, and the household.

What is called communications lives at a host of its own, which knows who is signed in
by the cookies of the account's marketplace.
"""

from typing import Final

from .base import Answer, Endpoint, Host

SET_PREFERENCES: Final = Endpoint(
    name="set_preferences",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/device-preferences/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
WAKE_WORDS: Final = Endpoint(name="wake_words", method="GET", host=Host.WEBSITE, path="/api/wake-word")
WAKE_WORD_CHOICES: Final = Endpoint(
    name="wake_word_choices", method="GET", host=Host.WEBSITE, path="/api/wake-words-locale"
)
SET_WAKE_WORD: Final = Endpoint(
    name="set_wake_word",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/wake-word/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
EQUALIZER: Final = Endpoint(name="equalizer", method="GET", host=Host.WEBSITE, path="/api/equalizer/{serial}/{type}")
SET_EQUALIZER: Final = Endpoint(
    name="set_equalizer",
    method="POST",
    host=Host.WEBSITE,
    path="/api/equalizer/{serial}/{type}",
    is_write=True,
    answer=Answer.ANY,
)
# The key is the deviceAccountId, not the serial.
DEVICE_SETTING: Final = Endpoint(
    name="device_setting", method="GET", host=Host.WEBSITE, path="/api/v1/devices/{account_id}/settings/{name}"
)
SET_DEVICE_SETTING: Final = Endpoint(
    name="set_device_setting",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/v1/devices/{account_id}/settings/{name}",
    is_write=True,
    answer=Answer.ANY,
)
AUX: Final = Endpoint(name="aux", method="GET", host=Host.WEBSITE, path="/api/auxcontroller/{type}/{serial}/state")
SET_AUX: Final = Endpoint(
    name="set_aux",
    method="POST",
    host=Host.WEBSITE,
    path="/api/auxcontroller/{type}/{serial}/ports/aux0/setDirection",
    is_write=True,
    answer=Answer.ANY,
)
WIFI: Final = Endpoint(name="wifi", method="GET", host=Host.WEBSITE, path="/api/device-wifi-details")
RENAME_DEVICE: Final = Endpoint(
    name="rename_device",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/devices-v2/device/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
RESTART_DEVICE: Final = Endpoint(
    name="restart_device",
    method="POST",
    host=Host.WEBSITE,
    path="/v1/alexa/device/reboot/{type}/{serial}",
    is_write=True,
    bearer=True,
    answer=Answer.ANY,
)
UNPAIR_BLUETOOTH: Final = Endpoint(
    name="unpair_bluetooth",
    method="POST",
    host=Host.WEBSITE,
    path="/api/bluetooth/unpair-sink/{type}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
HOUSEHOLD: Final = Endpoint(name="household", method="GET", host=Host.WEBSITE, path="/api/household")
HOME_GROUP: Final = Endpoint(
    name="home_group", method="GET", host=Host.COMMUNICATIONS, path="/users/{person}/identities"
)
HOME_GROUP_DEVICES: Final = Endpoint(
    name="home_group_devices", method="GET", host=Host.COMMUNICATIONS, path="/homegroups/{group}/devices"
)
COMMUNICATION_PREFERENCE: Final = Endpoint(
    name="communication_preference",
    method="GET",
    host=Host.COMMUNICATIONS,
    path="/devicesTypes/{type}/deviceId/{serial}/preferences",
)
SET_COMMUNICATION_PREFERENCE: Final = Endpoint(
    name="set_communication_preference",
    method="PATCH",
    host=Host.COMMUNICATIONS,
    path="/devicesTypes/{type}/deviceId/{serial}/preferences/{preference}",
    is_write=True,
    answer=Answer.ANY,
)

SETTINGS_ENDPOINTS: Final = (
    SET_PREFERENCES,
    WAKE_WORDS,
    WAKE_WORD_CHOICES,
    SET_WAKE_WORD,
    EQUALIZER,
    SET_EQUALIZER,
    DEVICE_SETTING,
    SET_DEVICE_SETTING,
    AUX,
    SET_AUX,
    WIFI,
    RENAME_DEVICE,
    RESTART_DEVICE,
    UNPAIR_BLUETOOTH,
    HOUSEHOLD,
    HOME_GROUP,
    HOME_GROUP_DEVICES,
    COMMUNICATION_PREFERENCE,
    SET_COMMUNICATION_PREFERENCE,
)
