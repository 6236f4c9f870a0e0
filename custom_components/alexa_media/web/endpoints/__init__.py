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
from .background import BACKGROUND_ENDPOINTS
from .base import Answer, Endpoint, Host
from .history import HISTORY, HISTORY_BEFORE, HISTORY_ENDPOINTS, HISTORY_PAGE
from .kids import KIDS_ENDPOINTS
from .lists import ADD_LIST_ITEM, DELETE_LIST_ITEM, LIST_ITEMS, LISTS, LISTS_ENDPOINTS, UPDATE_LIST_ITEM
from .media import BEHAVIOR_ENTITIES, MEDIA_ENDPOINTS, PLAY_STATION, QUEUE, STATIONS, VALIDATE_OPERATION
from .routines import ROUTINE_ENDPOINTS
from .smart_home import SMART_HOME_ENDPOINTS

ENDPOINTS: Final = (
    *ACCOUNT_ENDPOINTS,
    *ALERTS_ENDPOINTS,
    *BACKGROUND_ENDPOINTS,
    *HISTORY_ENDPOINTS,
    *KIDS_ENDPOINTS,
    *LISTS_ENDPOINTS,
    *MEDIA_ENDPOINTS,
    *ROUTINE_ENDPOINTS,
    *SMART_HOME_ENDPOINTS,
)
"""All of them; tests walk this table."""

__all__ = [
    "ACCOUNT",
    "ADD_LIST_ITEM",
    "BEHAVIOR",
    "BEHAVIOR_ENTITIES",
    "BLUETOOTH",
    "CONNECT_BLUETOOTH",
    "CSRF_PAGES",
    "DELETE_LIST_ITEM",
    "DEVICES",
    "DEVICES_PAGE",
    "DEVICE_PICK",
    "DISCONNECT_BLUETOOTH",
    "DND",
    "ENDPOINTS",
    "HISTORY",
    "HISTORY_BEFORE",
    "HISTORY_PAGE",
    "LANGUAGE",
    "LISTS",
    "LIST_ITEMS",
    "NOTIFICATIONS",
    "PLAYER_COMMAND",
    "PLAY_STATION",
    "PREFERENCES",
    "QUEUE",
    "REGION",
    "SESSIONS",
    "SET_DND",
    "STATIONS",
    "STRINGS",
    "UPDATE_LIST_ITEM",
    "VALIDATE_OPERATION",
    "VOLUMES",
    "Answer",
    "Endpoint",
    "Host",
]
