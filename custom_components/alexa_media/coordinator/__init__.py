"""State of one account: a coordinator a topic, and what they share."""

from .appliances import AppliancesCoordinator
from .base import EXISTENCE, TopicCoordinator
from .device_settings import DeviceSettingsCoordinator
from .devices import DevicesCoordinator
from .players import PlayersCoordinator
from .runtime import (
    AlexaConfigEntry,
    AlexaRuntimeData,
    PushMonitor,
    TemporaryVolume,
    async_create_backend,
    async_forget,
    create_backend,
)
from .smart_home import GuardCoordinator, SmartHomeCoordinator
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator

__all__ = [
    "EXISTENCE",
    "AlexaConfigEntry",
    "AlexaRuntimeData",
    "AppliancesCoordinator",
    "BluetoothCoordinator",
    "DeviceSettingsCoordinator",
    "DevicesCoordinator",
    "DndCoordinator",
    "GuardCoordinator",
    "NotificationsCoordinator",
    "PlayersCoordinator",
    "PushMonitor",
    "SmartHomeCoordinator",
    "TemporaryVolume",
    "TopicCoordinator",
    "async_create_backend",
    "async_forget",
    "create_backend",
]
