"""Amazon Echo devices in Home Assistant."""

from typing import Final

from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, discovery
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from . import push
from .const import DOMAIN
from .coordinator import AlexaConfigEntry, AlexaRuntimeData, async_forget, create_backend
from .entity import async_follow_devices, is_gone
from .services import async_setup_services

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.MEDIA_PLAYER,
    Platform.NOTIFY,
    Platform.SENSOR,
    Platform.SWITCH,
)


CONFIG_SCHEMA: Final = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, and ``notify.alexa_media``."""
    async_setup_services(hass)
    hass.async_create_task(
        discovery.async_load_platform(hass, Platform.NOTIFY, DOMAIN, {CONF_NAME: DOMAIN}, config),
        f"{DOMAIN} notify services",
    )
    return True


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


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: AlexaConfigEntry, device_entry: DeviceEntry
) -> bool:
    """Allow the user to remove a device that the account does not list."""
    return is_gone(entry, device_entry)
