"""A button for every routine of the account."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import DOMAIN as BUTTON_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend import Routine
from ..coordinator import EXISTENCE, AlexaConfigEntry, RoutinesCoordinator, TopicCoordinator
from ..entity import TopicEntity, account_device_info, async_setup_entities
from ..routines import async_press_routine

_KEY: Final = "routine"


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every routine; they come and go with the account's."""
    if (routines := entry.runtime_data.routines) is None:
        return
    registry = er.async_get(hass)
    prefix = _unique_id(entry, "")

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaRoutineButton]]]:
        for routine in routines.data.values():
            yield _unique_id(entry, routine.routine_id), partial(AlexaRoutineButton, entry, routines, routine)

    def registered() -> dict[str, str]:
        """Return the entity ids of all buttons of routines by the routine's id."""
        return {
            item.unique_id.removeprefix(prefix): item.entity_id
            for item in er.async_entries_for_config_entry(registry, entry.entry_id)
            if item.domain == BUTTON_DOMAIN and item.unique_id.startswith(prefix)
        }

    @callback
    def _remove_gone() -> None:
        for routine_id, entity_id in registered().items():
            if routines.is_gone(routine_id):
                registry.async_remove(entity_id)

    async_setup_entities(hass, entry, async_add_entities, candidates, routines)
    routines.async_remember(registered())
    entry.async_on_unload(routines.async_add_listener(_remove_gone, EXISTENCE))


def _unique_id(entry: AlexaConfigEntry, routine_id: str) -> str:
    """Return the unique id of a routine's button."""
    return f"{entry.unique_id}_{_KEY}_{routine_id}"


class AlexaRoutineButton(TopicEntity[TopicCoordinator[Routine]], ButtonEntity):
    """Runs a routine, as its play button in the Alexa app does."""

    _attr_has_entity_name = True
    _attr_translation_key = _KEY

    def __init__(self, entry: AlexaConfigEntry, coordinator: RoutinesCoordinator, routine: Routine) -> None:
        """Be there as long as the account has the routine."""
        super().__init__(coordinator, context=routine.routine_id)
        self.entry = entry
        self._routine = routine
        self._attr_unique_id = _unique_id(entry, routine.routine_id)
        self._attr_device_info = account_device_info(entry)

    @property
    @override
    def name(self) -> str:
        """Return what the routine is called."""
        return self._routine.name

    @property
    @override
    def available(self) -> bool:
        """Return whether the routines can be read, and this one is switched on."""
        return super().available and self._routine.enabled

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Take the name and whether it is switched on."""
        if routine := self.coordinator.data.get(self._routine.routine_id):
            renamed, self._routine = routine.name != self._routine.name, routine
            if renamed and self.registry_entry:
                er.async_get(self.hass).async_update_entity(self.entity_id, original_name=routine.name)
        super()._handle_coordinator_update()

    @override
    async def async_update(self) -> None:
        """Read the routines now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()

    @override
    async def async_press(self) -> None:
        """Run the routine; returns when Amazon has accepted it."""
        await async_press_routine(self.hass, self.entry, self._routine.routine_id)
