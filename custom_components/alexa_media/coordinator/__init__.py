"""State of one account: a coordinator a topic, and what they share."""

from .base import EXISTENCE, TopicCoordinator
from .devices import DevicesCoordinator
from .history import HistoryCoordinator, LastCommand, history_record_of
from .players import PlayersCoordinator
from .runtime import AlexaConfigEntry, AlexaRuntimeData, PushMonitor, TemporaryVolume, async_forget, create_backend
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator

__all__ = [
    "EXISTENCE",
    "AlexaConfigEntry",
    "AlexaRuntimeData",
    "BluetoothCoordinator",
    "DevicesCoordinator",
    "DndCoordinator",
    "HistoryCoordinator",
    "LastCommand",
    "NotificationsCoordinator",
    "PlayersCoordinator",
    "PushMonitor",
    "TemporaryVolume",
    "TopicCoordinator",
    "async_forget",
    "create_backend",
    "history_record_of",
]
