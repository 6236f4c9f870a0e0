"""Base class for routine entities, and functions that find and run a routine."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, override

from homeassistant.core import callback

from ..cloud.model.devices import Device, DeviceFamily
from ..cloud.model.media import Routine
from ..cloud.names import same, tidy
from ..const import CONF_DEFAULT_DEVICE
from ..coordinator.media import RoutinesCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import AccountEntity, Candidates, EntityAdder, command_errors, data_of, invalid_input
from ..issues import NO_DEFAULT
from .targets import Permissions

_KEY: Final = "routine"

# Maximum number of routines in an error message.
_NAMED: Final = 20


async def async_run_routine(permissions: Permissions, entry: AlexaConfigEntry, wanted: str, device: Device) -> Routine:
    """Run the routine with the given id, name or utterance on an Echo; return it once Amazon has accepted it.

    Raises ``ServiceValidationError`` for an unknown, ambiguous or disabled routine, or for a group if the routine needs
    a single Echo. Raises ``Unauthorized`` if the caller may not control an Echo that the routine uses, and
    ``HomeAssistantError`` if a request fails.
    """
    if not wanted.strip():
        raise invalid_input("routine_empty")
    if (coordinator := entry.runtime_data.routines) is None:
        raise invalid_input("routine_unknown", routine=wanted, known="-")
    with command_errors(permissions.hass, entry):
        await coordinator.async_read_now()
    routine = found_routine(coordinator.data, wanted)
    if routine.needs_echo and device.is_group:
        raise invalid_input("routine_on_group", routine=routine.name)
    return await _async_run(permissions, entry, coordinator, routine, device)


async def async_press_routine(permissions: Permissions, entry: AlexaConfigEntry, routine_id: str) -> None:
    """Run a routine without a given Echo; raises like ``async_run_routine``.

    Actions for "the device you speak to" run on the default device if it is a single Echo, else on the only Echo. If
    the routine has such actions and there is no such Echo, raises ``ServiceValidationError`` and creates a repair
    issue.
    """
    if (coordinator := entry.runtime_data.routines) is None:
        raise invalid_input("routine_gone")
    with command_errors(permissions.hass, entry):
        await coordinator.async_read_now()
    if (routine := coordinator.data.get(routine_id)) is None or coordinator.is_missing(routine_id):
        raise invalid_input("routine_gone")
    device = None
    if routine.needs_echo and (device := _default_echo(entry)) is None:
        NO_DEFAULT.async_report(permissions.hass, entry)
        raise invalid_input("routine_needs_echo", routine=routine.name)
    await _async_run(permissions, entry, coordinator, routine, device)


async def _async_run(
    permissions: Permissions,
    entry: AlexaConfigEntry,
    coordinator: RoutinesCoordinator,
    routine: Routine,
    device: Device | None,
) -> Routine:
    """Run a routine, on ``device`` if given."""
    if not routine.enabled:
        raise invalid_input("routine_disabled", routine=routine.name)
    permissions.require_echos(entry, (*([device.serial] if device else ()), *sorted(routine.serials)))
    with command_errors(permissions.hass, entry):
        await coordinator.api.async_run(routine, device)
    return routine


def _default_echo(entry: AlexaConfigEntry) -> Device | None:
    """Return the default device if it is a single Echo, else the only Echo of the account, or None."""
    devices = data_of(entry).devices.data.values()
    echos = {
        device.serial: device for device in devices if not device.is_group and device.family is not DeviceFamily.VOX
    }
    chosen = echos.get(entry.options.get(CONF_DEFAULT_DEVICE, ""))
    return chosen or (next(iter(echos.values())) if len(echos) == 1 else None)


def found_routine(routines: Mapping[str, Routine], wanted: str) -> Routine:
    """Return the routine with the given id, name or utterance, tried in this order; raises ``ServiceValidationError``.

    Case and extra whitespace are ignored in names and utterances. If several match, the only enabled one is used.
    """
    if routine := routines.get(wanted.strip()):
        return routine
    named = [routine for routine in routines.values() if same(routine.name, wanted)]
    found = named or [
        routine for routine in routines.values() if any(same(said, wanted) for said in routine.utterances)
    ]
    if not found:
        names = sorted({tidy(routine.name) for routine in routines.values()}, key=str.casefold)
        raise invalid_input("routine_unknown", routine=wanted, known=_listed(names))
    found = [routine for routine in found if routine.enabled] or found
    if len(found) > 1:
        candidates = sorted(f"{routine.name} ({routine.routine_id})" for routine in found)
        raise invalid_input("routine_ambiguous", routine=wanted, candidates=_listed(candidates))
    return found[0]


def _listed(names: Iterable[str]) -> str:
    """Return names joined for a message, up to a maximum number."""
    every = list(names)
    return ", ".join([*every[:_NAMED], *(["…"] if len(every) > _NAMED else [])]) or "-"


class RoutineEntity(AccountEntity[RoutinesCoordinator]):
    """Base class for routine entities, on the device of the account."""

    _attr_translation_key = _KEY

    def __init__(self, entry: AlexaConfigEntry, coordinator: RoutinesCoordinator, routine: Routine) -> None:
        """Initialize for a routine of the account."""
        super().__init__(entry, coordinator, f"{_KEY}_{routine.routine_id}", routine.routine_id)
        self._routine = routine
        self._attr_translation_placeholders = {"routine": routine.name}

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state, and rename the entity if its routine was renamed."""
        if routine := self.coordinator.data.get(self._routine.routine_id):
            renamed, self._routine = routine.name != self._routine.name, routine
            if renamed and self.registry_entry:
                self.async_rename(routine=routine.name)
        super()._handle_coordinator_update()

    @override
    async def async_update(self) -> None:
        """Read the routines now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()


def _unique_id(entry: AlexaConfigEntry, routine_id: str) -> str:
    """Return the unique id of a routine's entity, which is the same on each platform."""
    return f"{entry.unique_id}_{_KEY}_{routine_id}"


@callback
def add_routines(
    add: EntityAdder, factory: Callable[[AlexaConfigEntry, RoutinesCoordinator, Routine], RoutineEntity]
) -> None:
    """Add an entity for each routine, and remove it when the routine is gone."""
    entry = add.entry
    if (routines := entry.runtime_data.routines) is None:
        return

    def candidates() -> Candidates:
        for routine in routines.data.values():
            yield _unique_id(entry, routine.routine_id), partial(factory, entry, routines, routine)

    add.follow_kept(candidates, routines, _unique_id(entry, ""))
