"""State of one account: a coordinator a topic, and what they share."""

from .base import EXISTENCE, TopicCoordinator
from .devices import DevicesCoordinator
from .history import HistoryCoordinator, LastCommand, history_record_of
from .kids import KidsCoordinator
from .lists import AlexaList, ListsCoordinator
from .media import MediaLibrary
from .players import PlayersCoordinator
from .routines import RoutinesCoordinator
from .runtime import AlexaConfigEntry, AlexaRuntimeData, PushMonitor, TemporaryVolume, async_forget, create_backend
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator

__all__ = [
    "EXISTENCE",
    "AlexaConfigEntry",
    "AlexaList",
    "AlexaRuntimeData",
    "BluetoothCoordinator",
    "DevicesCoordinator",
    "DndCoordinator",
    "HistoryCoordinator",
    "KidsCoordinator",
    "LastCommand",
    "ListsCoordinator",
    "MediaLibrary",
    "NotificationsCoordinator",
    "PlayersCoordinator",
    "PushMonitor",
    "RoutinesCoordinator",
    "TemporaryVolume",
    "TopicCoordinator",
    "async_forget",
    "create_backend",
    "history_record_of",
]
