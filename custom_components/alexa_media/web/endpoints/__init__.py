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
from .alerts import ALERTS_ENDPOINTS
from .base import Answer, Endpoint, Host

ENDPOINTS: Final = (*ACCOUNT_ENDPOINTS, *ALERTS_ENDPOINTS)
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
