"""Assist satellite platform: Echos announce Assist broadcasts, if the option is enabled."""

from itertools import takewhile
from typing import Final, override

from homeassistant.components.assist_pipeline import PipelineEvent
from homeassistant.components.assist_satellite import (
    DOMAIN as SATELLITE_DOMAIN,
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityDescription,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.assist_satellite.const import PREANNOUNCE_URL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .cloud.model.devices import Device
from .const import CONF_BROADCAST, DOMAIN
from .coordinator.devices import DevicesCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData, running_entries
from .entity import AlexaDeviceEntity, EntityAdder, platform_setup, player_unique_id
from .features.sounds import async_announce_sound
from .features.speech import Kind, can_speak, message_of

PARALLEL_UPDATES = 0

BROADCAST: Final = AssistSatelliteEntityDescription(key="broadcast")


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up a satellite for each Echo that can speak, unless its satellite belongs to another account.

    Speaker groups have no satellite: a broadcast reaches every satellite, and the Echos of a group have their own.
    """
    hass, entry = add.hass, add.entry

    def fits(_devices: DevicesCoordinator, device: Device, _description: AssistSatelliteEntityDescription) -> bool:
        return not device.is_group and can_speak(device) and not _is_of_another_account(hass, entry, device)

    @callback
    def _give_up() -> None:
        """Remove this account's satellites of Echos that have an enabled satellite in an earlier account."""
        for device in data.devices.data.values():
            item = _registered(hass, entry, device)
            if item is not None and any(_has(hass, other, device) for other in _earlier(hass, entry)):
                er.async_get(hass).async_remove(item.entity_id)

    _give_up()
    add_missing = add.devices(data.devices, AlexaSatellite, (BROADCAST,), fits)

    @callback
    def _take_over(_event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Add missing satellites, and remove those that an earlier account has."""
        _give_up()
        add_missing()

    entry.async_on_unload(
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, _take_over, event_filter=_is_satellite_changed)
    )


@callback
def _is_satellite_changed(data: er.EventEntityRegistryUpdatedData) -> bool:
    """Return whether a satellite was removed from the entity registry, disabled or enabled."""
    if not data["entity_id"].startswith(f"{SATELLITE_DOMAIN}."):
        return False
    return data["action"] == "remove" or (data["action"] == "update" and "disabled_by" in data["changes"])


def _accounts(hass: HomeAssistant) -> list[AlexaConfigEntry]:
    """Return the accounts in which the broadcast option is enabled."""
    return [each for each in hass.config_entries.async_entries(DOMAIN) if each.options.get(CONF_BROADCAST)]


def _earlier(hass: HomeAssistant, entry: AlexaConfigEntry) -> list[AlexaConfigEntry]:
    """Return the accounts with the broadcast option enabled that come before an account."""
    return list(takewhile(lambda other: other is not entry, _accounts(hass)))


def _registered(hass: HomeAssistant, account: AlexaConfigEntry, device: Device) -> er.RegistryEntry | None:
    """Return the registered satellite of an Echo in an account, or None."""
    unique_id = f"{player_unique_id(account, device.serial)}_{BROADCAST.key}"
    entity_id = er.async_get(hass).async_get_entity_id(SATELLITE_DOMAIN, DOMAIN, unique_id)
    return er.async_get(hass).async_get(entity_id) if entity_id else None


def _has(hass: HomeAssistant, account: AlexaConfigEntry, device: Device) -> bool:
    """Return whether an account has an enabled satellite of an Echo."""
    item = _registered(hass, account, device)
    return item is not None and item.disabled_by is None


def _is_of_another_account(hass: HomeAssistant, entry: AlexaConfigEntry, device: Device) -> bool:
    """Return whether another account has the satellite of an Echo; an Echo with two would repeat broadcasts."""
    earlier = _earlier(hass, entry)
    if any(_has(hass, other, device) for other in earlier):
        return True
    if _has(hass, entry, device):
        return False
    if any(_has(hass, other, device) for other in _accounts(hass) if other is not entry):
        return True
    running = running_entries(hass)
    return any(
        other in running and _registered(hass, other, device) is None and _lists(other, device) for other in earlier
    )


def _lists(account: AlexaConfigEntry, device: Device) -> bool:
    """Return whether an account lists the given device as one that can speak."""
    listed = account.runtime_data.devices.data.get(device.serial)
    return listed is not None and can_speak(listed)


class AlexaSatellite(AlexaDeviceEntity[Device], AssistSatelliteEntity):
    """An Echo as an Assist satellite that only supports announcements."""

    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE

    @property
    @override
    def available(self) -> bool:
        """Return whether the Echo is online, regardless of whether the device list can be read."""
        return self.device.online

    @callback
    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        """Return a configuration without wake words, because the Echo detects its wake word itself."""
        return AssistSatelliteConfiguration(available_wake_words=[], active_wake_words=[], max_active_wake_words=0)

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        """Ignore the configuration, which has no wake words to select."""

    @callback
    @override
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Ignore events of a pipeline: an Echo never starts one."""

    @override
    async def async_internal_announce(
        self,
        message: str | None = None,
        media_id: str | None = None,
        preannounce: bool = True,
        preannounce_media_id: str = PREANNOUNCE_URL,
    ) -> None:
        """Announce a message, or play media if there is no message (``assist_satellite.announce``).

        Home Assistant's implementation would convert the message to audio first; Alexa speaks the text itself.
        """
        source = media_id or ""
        await self.async_announce(
            AssistSatelliteAnnouncement(
                message=message or "",
                media_id=source,
                original_media_id=source,
                tts_token=None,
                media_id_source="media_id",
                preannounce_media_id=preannounce_media_id if preannounce else None,
            )
        )

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        """Announce a message, or play media if there is no message.

        Alexa plays its own chime before an announcement, regardless of the requested sound. Without a preannounce
        sound, the message is spoken without a chime. Raises ``ServiceValidationError`` for a message that cannot be
        spoken, ``HomeAssistantError`` if Amazon does not accept the command, and like ``async_announce_sound`` for
        media.
        """
        source = announcement.original_media_id
        if source and not announcement.message.strip():
            await async_announce_sound(self, source)
            return
        kind = Kind.ANNOUNCE if announcement.preannounce_media_id else Kind.SPEAK
        (command,) = message_of(announcement.message, kind).commands()
        await self.async_command(command)
