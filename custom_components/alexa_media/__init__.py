"""The Alexa Media Player integration."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import async_get_platforms
from homeassistant.helpers.typing import ConfigType
from homeassistant.requirements import async_get_integration_with_requirements
import probatio as vol

from . import push, recordings
from .backends import async_create_backend
from .const import CONF_BROADCAST, CONF_CONVERSATION, DOMAIN
from .coordinator.base import LOGGER
from .coordinator.runtime import (
    AlexaConfigEntry,
    AlexaRuntimeData,
    async_claim_registration,
    async_forget,
)
from .entity import async_follow_devices, is_gone
from .features.appliances import async_follow_appliances, is_appliance
from .flow.migration import async_migrate, async_settle
from .issues import NO_DEFAULT, PERMISSION, async_report_yaml
from .services import async_setup_services

PLATFORMS: Final = (
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.CLIMATE,
    Platform.COVER,
    Platform.FAN,
    Platform.LIGHT,
    Platform.LOCK,
    Platform.MEDIA_PLAYER,
    Platform.NOTIFY,
    Platform.NUMBER,
    Platform.SCENE,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
    Platform.TODO,
)
OPTIONAL_PLATFORMS: Final = {CONF_CONVERSATION: Platform.CONVERSATION, CONF_BROADCAST: Platform.ASSIST_SATELLITE}
"""Platforms by the option that adds them; they need parts of Home Assistant that not every installation loads."""


# alexa_media_player's section in configuration.yaml is ignored, and must not prevent loading.
CONFIG_SCHEMA: Final = vol.Schema({DOMAIN: object}, extra=vol.ALLOW_EXTRA)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, load the notify services, and create or delete the issue about configuration.yaml."""
    async_report_yaml(hass, present=DOMAIN in config)
    async_setup_services(hass)
    hass.async_create_task(
        discovery.async_load_platform(hass, Platform.NOTIFY, DOMAIN, {CONF_NAME: DOMAIN}, config),
        f"{DOMAIN} notify services",
    )
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Migrate an entry of alexa_media_player or of an older version; return False for a later major version."""
    return await async_migrate(hass, entry)


async def async_setup_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Set up an account or a property.

    Raises ``ConfigEntryNotReady``, ``ConfigEntryAuthFailed``, or ``ConfigEntryError`` for a duplicate of another entry.
    """
    async_claim_registration(hass, entry)
    backend, async_close = await async_create_backend(hass, entry)
    entry.async_on_unload(async_close)
    await recordings.async_resume(hass, entry, backend)
    entry.runtime_data = AlexaRuntimeData.create(hass, entry, backend)
    try:
        await _async_load(hass, entry)
    except BaseException:  # also on cancellation, after which Home Assistant unloads no platform itself
        await _async_undo(hass, entry)
        raise
    return True


async def _async_load(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Sign in, read the topics, and add the entities."""
    restored = await entry.runtime_data.async_sign_in()
    # Topics that are read while the stream is open need no second read, so open it before the rest is prepared.
    push.async_start(hass, entry)
    await entry.runtime_data.async_connect(restored=restored)
    await entry.runtime_data.async_read(restored=restored)
    await async_settle(hass, entry)
    async_follow_devices(hass, entry)
    async_follow_appliances(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, await _async_platforms(hass, entry))
    await entry.runtime_data.async_added()
    if watch := entry.runtime_data.alarm_watch:
        watch.async_release()


async def _async_platforms(hass: HomeAssistant, entry: AlexaConfigEntry) -> tuple[Platform, ...]:
    """Return the platforms to load for an entry; remove the entities of platforms turned off in the options."""
    chosen = {platform for option, platform in OPTIONAL_PLATFORMS.items() if entry.options.get(option)}
    for platform in sorted(chosen):
        # Importing the platform needs packages of Home Assistant's integration of the same name.
        await async_get_integration_with_requirements(hass, platform)
    registry, removed = er.async_get(hass), set(OPTIONAL_PLATFORMS.values()) - chosen
    for item in er.async_entries_for_config_entry(registry, entry.entry_id):
        if item.domain in removed:
            registry.async_remove(item.entity_id)
    return (*PLATFORMS, *sorted(chosen))


@callback
def _loaded_platforms(hass: HomeAssistant, entry: AlexaConfigEntry) -> tuple[Platform, ...]:
    """Return the platforms that setup loaded, regardless of the current options."""
    loaded = {platform.domain for platform in async_get_platforms(hass, DOMAIN) if platform.config_entry is entry}
    return tuple(domain for domain in (*PLATFORMS, *OPTIONAL_PLATFORMS.values()) if domain in loaded)


async def _async_undo(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Unload the platforms of a setup that failed or was canceled, even if this cleanup is canceled too.

    After such a setup, Home Assistant itself only calls the functions registered with ``async_on_unload``.
    """
    task, canceled = await _async_run_to_end(hass, _async_unload_loaded(hass, entry), f"{DOMAIN} undo {entry.entry_id}")
    if err := task.exception():
        LOGGER.error("Could not unload the platforms of a setup that did not succeed", exc_info=err)
    if canceled:
        raise asyncio.CancelledError


async def _async_run_to_end[T](
    hass: HomeAssistant, work: Coroutine[Any, Any, T], name: str
) -> tuple[asyncio.Task[T], int]:
    """Run a coroutine until it returns or raises; return its task, and how often the caller was canceled meanwhile."""
    task = hass.async_create_task(work, name)
    canceled = 0
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            canceled += 1
    return task, canceled


async def _async_unload_loaded(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Stop adding entities, and unload the platforms that were loaded."""
    entry.runtime_data.async_stop_adding()
    await entry.runtime_data.async_added()
    for domain in _loaded_platforms(hass, entry):
        await hass.config_entries.async_forward_entry_unload(entry, domain)


async def async_unload_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Unload an entry; a cancellation takes effect only afterward.

    Otherwise, Home Assistant would keep the entry in the state "unload in progress" until a restart.
    """
    task, canceled = await _async_run_to_end(hass, _async_unload(hass, entry), f"{DOMAIN} unload {entry.entry_id}")
    if canceled and (caller := asyncio.current_task()) is not None:
        for _ in range(canceled):
            caller.uncancel()
        _async_cancel_once_unloaded(hass, entry, caller)
    return task.result()


@callback
def _async_cancel_once_unloaded(hass: HomeAssistant, entry: AlexaConfigEntry, caller: asyncio.Task[Any]) -> None:
    """Cancel ``caller`` again once Home Assistant has finished the unload."""

    @callback
    def _changed(_change: ConfigEntryChange, changed: ConfigEntry[Any]) -> None:
        if changed.entry_id == entry.entry_id and changed.state is not ConfigEntryState.UNLOAD_IN_PROGRESS:
            disconnect()
            caller.cancel()

    disconnect = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, _changed)


async def _async_unload(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Unload the platforms once no task adds entities; return whether that succeeded."""
    await entry.runtime_data.async_added()
    watch = entry.runtime_data.alarm_watch
    if watch:
        watch.async_hold()
    is_unloaded = False
    try:
        is_unloaded = await hass.config_entries.async_unload_platforms(entry, _loaded_platforms(hass, entry))
    finally:
        if watch and not is_unloaded:
            watch.async_release()
    if is_unloaded:
        PERMISSION.async_withdraw(hass, entry)
    return is_unloaded


async def async_remove_entry(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Delete the stored data of a removed entry, and its registration with Amazon unless another entry shares it."""
    NO_DEFAULT.async_clear(hass, entry)
    PERMISSION.async_withdraw(hass, entry, ignored=True)
    await recordings.async_forget(hass, entry)
    await async_forget(hass, entry)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: AlexaConfigEntry, device_entry: DeviceEntry
) -> bool:
    """Return whether the user may remove a device: only if the account is loaded and no longer provides it."""
    return is_gone(entry, device_entry) and not is_appliance(entry, device_entry)
