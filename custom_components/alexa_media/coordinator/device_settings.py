"""Settings of the Echos of a property."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..cloud.errors import AlexaConnectionError, AlexaError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.property import DeviceSettings, ManagementApi, PropertySettingValue
from ..const import DOMAIN, Topic
from .base import LOGGER, TopicCoordinator

# Delay (seconds) of the second read of a setting that the Echo has not applied at the first.
SECOND_READ_DELAY: Final = 5.0


class DeviceSettingsCoordinator(TopicCoordinator[DeviceSettings]):
    """Settings by device; the cloud's values for an Echo that is offline."""

    topic: ClassVar[Topic] = Topic.DEVICE_SETTINGS

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: ManagementApi) -> None:
        """Initialize the coordinator."""
        super().__init__(hass, entry, backend)
        self.api = api
        self._second_looks: dict[tuple[str, str], CALLBACK_TYPE] = {}
        entry.async_on_unload(self._async_cancel_second_looks)

    @override
    async def _async_read(self) -> Mapping[str, DeviceSettings]:
        """Read the settings of all Echos that have listeners, one request for each."""
        return await self.api.async_settings()

    async def async_read_now(self, key: str) -> None:
        """Read the settings of one device; raises ``AlexaError``."""
        self.async_apply({key: await self.api.async_settings_of(key)})

    async def async_set(self, key: str, setting: str, value: PropertySettingValue) -> None:
        """Write a setting and show the cloud's result; raises the ``AlexaError`` of a refusal."""
        try:
            await self.api.async_set_setting(key, setting, value)
        except AlexaConnectionError as err:
            if err.sent:
                # It is unknown whether the setting was applied.
                self._async_look_later(key, setting, value)
            raise
        if not await self._async_confirm(key, setting, value):
            self._async_look_later(key, setting, value)

    @callback
    def _async_look_later(self, key: str, setting: str, value: PropertySettingValue) -> None:
        """Schedule the second read of a setting."""
        self._async_cancel_second_look(key, setting)
        self._second_looks[key, setting] = async_call_later(
            self.hass, SECOND_READ_DELAY, partial(self._async_look_again, key, setting, value)
        )

    async def _async_confirm(self, key: str, setting: str, value: PropertySettingValue) -> bool:
        """Read a setting and show it; returns whether it has the written value."""
        try:
            found = await self.api.async_setting(key, setting)
        except AlexaError as err:
            # The write was accepted: a failed read does not make it fail.
            LOGGER.debug("Could not confirm a setting: %s", err.details)
            return False
        values = {**self.data.get(key, DeviceSettings()).values, setting: found}
        self.async_apply({key: DeviceSettings(values=values)})
        return found == value

    @callback
    def _async_look_again(self, key: str, setting: str, value: PropertySettingValue, _now: object) -> None:
        """Read a setting for the second and last time."""
        self._second_looks.pop((key, setting), None)
        self.entry.async_create_background_task(
            self.hass, self._async_confirm(key, setting, value), f"{DOMAIN} read a setting back"
        )

    @callback
    def _async_cancel_second_look(self, key: str, setting: str) -> None:
        """Cancel the second read of a setting that is written again."""
        if cancel := self._second_looks.pop((key, setting), None):
            cancel()

    @callback
    def _async_cancel_second_looks(self) -> None:
        """Cancel all second reads."""
        for key, setting in tuple(self._second_looks):
            self._async_cancel_second_look(key, setting)
