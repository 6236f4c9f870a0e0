"""Amazon Echo devices in Home Assistant."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from . import push
from .coordinator import AlexaConfigEntry, AlexaRuntimeData, async_forget, create_backend
from .entity import async_follow_devices

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.MEDIA_PLAYER,
    Platform.NOTIFY,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Set up an account."""
    backend = create_backend(hass, entry.data)
    entry.async_on_unload(backend.async_close)
    entry.runtime_data = AlexaRuntimeData.create(hass, entry, backend)
    await entry.runtime_data.async_start()
    async_follow_devices(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    push.async_start(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Unload an account; what runs in the background ends with it."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Remove an account: our registration at Amazon goes too."""
    await async_forget(hass, entry)
