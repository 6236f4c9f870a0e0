"""The session, devices, players, notifications, Do Not Disturb, bluetooth, commands."""

from typing import Final

from .base import Answer, Endpoint, Host

LANGUAGE: Final = Endpoint(
    name="language", method="GET", host=Host.ALEXA, path="/api/language", timeout=10, answer=Answer.PAGE
)
DEVICE_PICK: Final = Endpoint(
    name="device_pick",
    method="GET",
    host=Host.ALEXA,
    path="/templates/oobe/d-device-pick.handlebars",
    timeout=10,
    answer=Answer.PAGE,
)
DEVICES_PAGE: Final = Endpoint(
    name="devices_page", method="GET", host=Host.ALEXA, path="/api/devices-v2/device", timeout=10, answer=Answer.PAGE
)
STRINGS: Final = Endpoint(
    name="strings", method="GET", host=Host.ALEXA, path="/api/strings", timeout=10, answer=Answer.PAGE
)

CSRF_PAGES: Final = (LANGUAGE, DEVICE_PICK, DEVICES_PAGE, STRINGS)
"""Pages that set the csrf cookie, in the order in which to try them."""

REGION: Final = Endpoint(name="region", method="GET", host=Host.ALEXA, path="/api/endpoints", timeout=10)
ACCOUNT: Final = Endpoint(name="account", method="GET", host=Host.WEBSITE, path="/api/users/me")
DEVICES: Final = Endpoint(name="devices", method="GET", host=Host.WEBSITE, path="/api/devices-v2/device", timeout=30)
PREFERENCES: Final = Endpoint(
    name="preferences", method="GET", host=Host.WEBSITE, path="/api/device-preferences", timeout=30
)
SESSIONS: Final = Endpoint(name="sessions", method="GET", host=Host.WEBSITE, path="/api/np/list-media-sessions")
VOLUMES: Final = Endpoint(
    name="volumes",
    method="GET",
    host=Host.WEBSITE,
    # the words deviceType and dsn are meant literally: this is the call for all devices at once
    path="/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes",
)
NOTIFICATIONS: Final = Endpoint(
    name="notifications", method="GET", host=Host.WEBSITE, path="/api/notifications", browser_agent=True
)
DND: Final = Endpoint(name="dnd", method="GET", host=Host.WEBSITE, path="/api/dnd/device-status-list")
SET_DND: Final = Endpoint(name="set_dnd", method="PUT", host=Host.WEBSITE, path="/api/dnd/status", is_write=True)
BLUETOOTH: Final = Endpoint(name="bluetooth", method="GET", host=Host.WEBSITE, path="/api/bluetooth")
CONNECT_BLUETOOTH: Final = Endpoint(
    name="connect_bluetooth",
    method="POST",
    host=Host.WEBSITE,
    path="/api/bluetooth/pair-sink/{type}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
DISCONNECT_BLUETOOTH: Final = Endpoint(
    name="disconnect_bluetooth",
    method="POST",
    host=Host.WEBSITE,
    path="/api/bluetooth/disconnect-sink/{type}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
BEHAVIOR: Final = Endpoint(
    name="behavior",
    method="POST",
    host=Host.WEBSITE,
    path="/api/behaviors/preview",
    is_write=True,
    answer=Answer.ANY,
)
PLAYER_COMMAND: Final = Endpoint(
    name="player_command",
    method="POST",
    host=Host.WEBSITE,
    path="/api/np/command",
    is_write=True,
    answer=Answer.ANY,
)

ACCOUNT_ENDPOINTS: Final = (
    *CSRF_PAGES,
    REGION,
    ACCOUNT,
    DEVICES,
    PREFERENCES,
    SESSIONS,
    VOLUMES,
    NOTIFICATIONS,
    DND,
    SET_DND,
    BLUETOOTH,
    CONNECT_BLUETOOTH,
    DISCONNECT_BLUETOOTH,
    BEHAVIOR,
    PLAYER_COMMAND,
)
