"""Switches of a device: Do Not Disturb, shuffle and repeat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlexaConfigEntry, DndCoordinator, PlayersCoordinator
from ..entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id
from ..errors import AlexaConnectionError
from ..models import Device, Repeat, Session
from ..playback import PlaybackEntity

# The space in the key is alexa_media_player's: the unique id stays what it was.
DND: Final = SwitchEntityDescription(
    key="do not disturb",
    translation_key="do_not_disturb",
    device_class=SwitchDeviceClass.SWITCH,
    entity_category=EntityCategory.CONFIG,
)


@dataclass(frozen=True, kw_only=True)
class AlexaModeDescription(SwitchEntityDescription):
    """A mode of what a device plays.

    ``value_fn`` reads it from the session, ``None`` where it cannot be switched there.
    ``command`` is the command to the player, ``field`` the name of its value.
    """

    value_fn: Callable[[Session], bool | None]
    command: str
    field: str


MODES: Final = (
    AlexaModeDescription(
        key="shuffle",
        translation_key="shuffle",
        device_class=SwitchDeviceClass.SWITCH,
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda session: session.shuffle,
        command="ShuffleCommand",
        field="shuffle",
    ),
    AlexaModeDescription(
        key="repeat",
        translation_key="repeat",
        device_class=SwitchDeviceClass.SWITCH,
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda session: None if session.repeat is None else session.repeat is Repeat.ALL,
        command="RepeatCommand",
        field="repeat",
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _add_dnd(hass, entry, async_add_entities)
    _add_modes(hass, entry, async_add_entities)


def _add_modes(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add shuffle and repeat for every device that plays music."""
    devices = entry.runtime_data.devices
    players = entry.runtime_data.players
    if players is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaModeSwitch]]]:
        for device in devices.data.values():
            if "MUSIC_SKILL" in device.capabilities:
                for description in MODES:
                    yield (
                        f"{player_unique_id(entry, device.serial)}_{description.key}",
                        partial(AlexaModeSwitch, entry, players, device, description),
                    )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


def _add_dnd(hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add one for every device that Amazon's list of Do Not Disturb has named."""
    devices = entry.runtime_data.devices
    dnd = entry.runtime_data.dnd
    if dnd is None:
        return
    named: set[str] = set()

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDndSwitch]]]:
        # A list that lacks a device for once does not mean that the device has lost the setting.
        named.update(dnd.data)
        for device in devices.data.values():
            if device.serial in named:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{DND.key}",
                    partial(AlexaDndSwitch, entry, dnd, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices, dnd)


class AlexaDndSwitch(AlexaDeviceEntity[bool], SwitchEntity):
    """Do Not Disturb of a device."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: DndCoordinator, device: Device) -> None:
        """Show Do Not Disturb."""
        super().__init__(entry, coordinator, device, DND.key)
        self.entity_description = DND

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return self.value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Do not disturb."""
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Disturb again."""
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Switch, and show what Amazon then confirms."""
        with command_errors(self.hass, self.entry):
            try:
                await self.runtime.backend.async_set_dnd(self.device, enabled)
            except AlexaConnectionError as err:
                if err.sent:
                    # nobody knows whether it was done
                    self.coordinator.async_expect(self.serial)
                raise
        # The push may be faster than the answer.
        if self.value is not enabled:
            self.coordinator.async_expect(self.serial)


class AlexaModeSwitch(PlaybackEntity, SwitchEntity):
    """Shuffle or repeat of what a device plays; there while the provider lets it be switched."""

    entity_description: AlexaModeDescription

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: PlayersCoordinator,
        device: Device,
        description: AlexaModeDescription,
    ) -> None:
        """Show a mode."""
        super().__init__(entry, coordinator, device, description.key)
        self._players = coordinator
        self.entity_description = description
        self._shown: tuple[bool, bool | None] | None = None

    @property
    @override
    def available(self) -> bool:
        """Return whether something plays that can be switched."""
        return super().available and self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says of what is played or paused."""
        session = self._session
        return self.entity_description.value_fn(session) if session else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch the mode on."""
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch the mode off."""
        await self._async_set(enabled=False)

    @override
    async def async_added_to_hass(self) -> None:
        """Note what is shown first; Home Assistant writes it."""
        await super().async_added_to_hass()
        self._shown = self.available, self.is_on

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Show what changed; most that a player tells is not about its modes."""
        shown = self.available, self.is_on
        if shown != self._shown:
            self._shown = shown
            super()._handle_coordinator_update()

    async def _async_set(self, *, enabled: bool) -> None:
        """Tell the player, or that of the group that plays here; show what Amazon then confirms."""
        description = self.entity_description
        await self._async_transport(description.command, **{description.field: enabled})
