"""State of one account: a coordinator a topic, and what they share."""

from .base import EXISTENCE, TopicCoordinator
from .devices import DevicesCoordinator
from .lists import AlexaList, ListsCoordinator
from .players import PlayersCoordinator
from .runtime import AlexaConfigEntry, AlexaRuntimeData, PushMonitor, TemporaryVolume, async_forget, create_backend
from .settings import SettingsCoordinator, setting_key
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator

__all__ = [
    "EXISTENCE",
    "AlexaConfigEntry",
    "AlexaList",
    "AlexaRuntimeData",
    "BluetoothCoordinator",
    "DevicesCoordinator",
    "DndCoordinator",
    "ListsCoordinator",
    "NotificationsCoordinator",
    "PlayersCoordinator",
    "PushMonitor",
    "SettingsCoordinator",
    "TemporaryVolume",
    "TopicCoordinator",
    "async_forget",
    "create_backend",
    "setting_key",
]
