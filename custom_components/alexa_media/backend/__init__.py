"""The waist: what a cloud can do for the rest of the integration.

Entities and coordinators know this package alone. A capability that a backend lacks is
a coordinator that is not there. A family of calls that only some devices or accounts
need is a protocol of its own, in a module beside these with its models, and a property
of ``AlexaBackend`` that is ``None`` where a backend lacks it.
"""

from .commands import (
    Announce,
    Command,
    DropInNotification,
    LaunchSkill,
    MobilePush,
    PlaySearch,
    PlaySound,
    RunSequence,
    SetVolume,
    Speak,
    Stop,
    TextCommand,
    Transport,
)
from .events import (
    AudioPlayerStateChanged,
    BluetoothChanged,
    ConnectionChanged,
    DirectiveIgnored,
    DirectiveUnknown,
    DndChanged,
    MediaProgressChanged,
    NotificationsChanged,
    NowPlayingChanged,
    PushEvent,
    QueueChanged,
    SessionsChanged,
    StreamClosed,
    StreamOpened,
    VolumeChanged,
)
from .protocol import AlexaBackend, Capability
from .smart_home import SmartHomeChanged

__all__ = [
    "AlexaBackend",
    "Announce",
    "AudioPlayerStateChanged",
    "BluetoothChanged",
    "Capability",
    "Command",
    "ConnectionChanged",
    "DirectiveIgnored",
    "DirectiveUnknown",
    "DndChanged",
    "DropInNotification",
    "LaunchSkill",
    "MediaProgressChanged",
    "MobilePush",
    "NotificationsChanged",
    "NowPlayingChanged",
    "PlaySearch",
    "PlaySound",
    "PushEvent",
    "QueueChanged",
    "RunSequence",
    "SessionsChanged",
    "SetVolume",
    "SmartHomeChanged",
    "Speak",
    "Stop",
    "StreamClosed",
    "StreamOpened",
    "TextCommand",
    "Transport",
    "VolumeChanged",
]
