"""Every request of ours to the account API, in one table: a module for each family.

What the library alexapy sends itself (registration, tokens, cookies, capabilities) is
not in it, nor is the push stream.
"""

from typing import Final

from .account import (
    ACCOUNT,
    ACCOUNT_ENDPOINTS,
    BEHAVIOR,
    BLUETOOTH,
    CONNECT_BLUETOOTH,
    CSRF_PAGES,
    DEVICE_PICK,
    DEVICES,
    DEVICES_PAGE,
    DISCONNECT_BLUETOOTH,
    DND,
    LANGUAGE,
    NOTIFICATIONS,
    PLAYER_COMMAND,
    PREFERENCES,
    REGION,
    SESSIONS,
    SET_DND,
    STRINGS,
    VOLUMES,
)
from .base import Answer, Endpoint, Host
from .smart_home import SMART_HOME_ENDPOINTS

ENDPOINTS: Final = (*ACCOUNT_ENDPOINTS, *SMART_HOME_ENDPOINTS)
"""All of them; tests walk this table."""

__all__ = [
    "ACCOUNT",
    "BEHAVIOR",
    "BLUETOOTH",
    "CONNECT_BLUETOOTH",
    "CSRF_PAGES",
    "DEVICES",
    "DEVICES_PAGE",
    "DEVICE_PICK",
    "DISCONNECT_BLUETOOTH",
    "DND",
    "ENDPOINTS",
    "LANGUAGE",
    "NOTIFICATIONS",
    "PLAYER_COMMAND",
    "PREFERENCES",
    "REGION",
    "SESSIONS",
    "SET_DND",
    "STRINGS",
    "VOLUMES",
    "Answer",
    "Endpoint",
    "Host",
]
