"""Speech: what a device says when it is sent a message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, override

from homeassistant.components.notify import NotifyEntity, NotifyEntityDescription
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .backend import Announce, Capability, Command, Speak
from .coordinator import AlexaConfigEntry
from .entity import AlexaDeviceEntity, async_setup_entities, invalid_input, player_unique_id
from .models import Device

PARALLEL_UPDATES = 0

_AUDIBLE: Final = frozenset({"AUDIO_PLAYER", "MUSIC_SKILL"})


@dataclass(frozen=True, kw_only=True)
class AlexaNotifyDescription(NotifyEntityDescription):
    """A way to say something.

    ``command_fn`` makes the command of a message and its title. ``features`` says whether
    there is a title.
    """

    command_fn: Callable[[str, str | None], Command]
    features: NotifyEntityFeature


def _announce(message: str, title: str | None) -> Announce:
    """Return an announcement; Amazon wants a title, so there is one if none is given."""
    return Announce(text=message, title=title) if title else Announce(text=message)


NOTIFIERS: Final = (
    AlexaNotifyDescription(
        key="speak",
        translation_key="speak",
        command_fn=lambda message, _title: Speak(text=message),
        features=NotifyEntityFeature(0),
    ),
    AlexaNotifyDescription(
        key="announce",
        translation_key="announce",
        command_fn=_announce,
        features=NotifyEntityFeature.TITLE,
    ),
)


def can_speak(device: Device) -> bool:
    """Return whether a device has a voice; a group's is that of its members, and one that tells nothing may."""
    return device.is_group or not device.capabilities or not device.capabilities.isdisjoint(_AUDIBLE)


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add both ways for every device that can speak."""
    devices = entry.runtime_data.devices
    if Capability.SPEECH not in entry.runtime_data.backend.capabilities:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaNotifier]]]:
        for device in filter(can_speak, devices.data.values()):
            for description in NOTIFIERS:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{description.key}",
                    partial(AlexaNotifier, entry, device, description),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaNotifier(AlexaDeviceEntity[Device], NotifyEntity):
    """One way to make a device say something."""

    entity_description: AlexaNotifyDescription

    def __init__(self, entry: AlexaConfigEntry, device: Device, description: AlexaNotifyDescription) -> None:
        """Be there while the device is."""
        super().__init__(entry, entry.runtime_data.devices, device, description.key)
        self.entity_description = description
        self._attr_supported_features = description.features

    @property
    @override
    def available(self) -> bool:
        """Return whether the device was online when it was last listed.

        Home Assistant drops a message to what is unavailable without a word. That the list
        cannot be read at the moment says nothing about speech: Amazon may take it, and if
        it does not the caller is told.
        """
        return self.device.online

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Say a message; returns when Amazon has accepted it.

        Raises ``ServiceValidationError`` for a message without text, ``HomeAssistantError``
        when Amazon does not take it.
        """
        if not message.strip():
            raise invalid_input("empty_message")
        await self.async_command(self.entity_description.command_fn(message, title))
