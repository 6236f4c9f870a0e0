"""Amazon Kids: the child that a device is assigned to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..cloud.errors import AlexaBadResponseError, AlexaError, AlexaUnsupportedError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import Device
from ..cloud.model.kids import KidsApi
from ..const import Topic
from .base import TopicCoordinator
from .devices import DevicesCoordinator


class KidsCoordinator(TopicCoordinator[bool]):
    """Amazon Kids by serial, for devices that have listeners: one request each, once a day."""

    topic: ClassVar[Topic] = Topic.KIDS
    interval_with_push: ClassVar[timedelta] = timedelta(days=1)
    interval_without_push: ClassVar[timedelta] = timedelta(days=1)
    pushed: ClassVar[bool] = False

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        api: KidsApi,
        devices: DevicesCoordinator,
    ) -> None:
        """Initialize without devices."""
        super().__init__(hass, entry, backend)
        self.api = api
        self._devices = devices

    @override
    async def _async_read(self) -> Mapping[str, bool]:
        """Read one device after the other; keep the last state where Amazon returns none."""
        found: dict[str, bool] = {}
        error: AlexaError | None = None
        followed = [device for serial, device in self._devices.data.items() if serial in self._by_context]
        for device in followed:
            try:
                found[device.serial] = await self.api.async_kids_mode(device)
            except (AlexaUnsupportedError, AlexaBadResponseError) as err:
                error = err
                if device.serial in self.data:
                    found[device.serial] = self.data[device.serial]
        if error is not None and not found:
            raise error
        return found

    async def async_confirm(self, device: Device) -> None:
        """Read after a change, if the device has listeners; a failed read is repeated."""
        if device.serial not in self._by_context:
            return
        try:
            value = await self.api.async_kids_mode(device)
        except AlexaError:
            self.async_hint()
        else:
            self.async_apply({device.serial: value})
