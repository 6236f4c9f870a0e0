"""State of one account: a coordinator a topic, and what they share."""

from .alerts import AlarmSounds, AlarmSoundsCoordinator, AlertVolumesCoordinator, AscendingCoordinator
from .appliances import AppliancesCoordinator
from .base import EXISTENCE, TopicCoordinator
from .device_settings import DeviceSettingsCoordinator
from .devices import DevicesCoordinator
from .history import HistoryCoordinator, LastCommand, history_record_of
from .kids import KidsCoordinator
from .lists import AlexaList, ListsCoordinator
from .media import MediaLibrary
from .players import PlayersCoordinator
from .ringing import EVENT_TYPES, AlertEvent, AlertWatch, Happening
from .routines import RoutinesCoordinator
from .runtime import (
    AlexaConfigEntry,
    AlexaRuntimeData,
    PushMonitor,
    TemporaryVolume,
    async_create_backend,
    async_forget,
    create_backend,
)
from .settings import SettingsCoordinator, equalizer_key, setting_key
from .smart_home import GuardCoordinator, SmartHomeCoordinator
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator
from .wakings import Sign

__all__ = [
    "EVENT_TYPES",
    "EXISTENCE",
    "AlarmSounds",
    "AlarmSoundsCoordinator",
    "AlertEvent",
    "AlertVolumesCoordinator",
    "AlertWatch",
    "AlexaConfigEntry",
    "AlexaList",
    "AlexaRuntimeData",
    "AppliancesCoordinator",
    "AscendingCoordinator",
    "BluetoothCoordinator",
    "DeviceSettingsCoordinator",
    "DevicesCoordinator",
    "DndCoordinator",
    "GuardCoordinator",
    "Happening",
    "HistoryCoordinator",
    "KidsCoordinator",
    "LastCommand",
    "ListsCoordinator",
    "MediaLibrary",
    "NotificationsCoordinator",
    "PlayersCoordinator",
    "PushMonitor",
    "RoutinesCoordinator",
    "SettingsCoordinator",
    "Sign",
    "SmartHomeCoordinator",
    "TemporaryVolume",
    "TopicCoordinator",
    "async_create_backend",
    "async_forget",
    "create_backend",
    "equalizer_key",
    "history_record_of",
    "setting_key",
]
