"""Actions for media, sequences and routines."""

from typing import Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio as vol

from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import command_errors, invalid_input
from ..features.sequences import names_routine, reader
from ..features.speech import echo_players, expand, obstacle
from ..features.targets import Permissions, async_permissions
from .accounts import entry_by_id

SERVICE_GET_QUEUE: Final = "get_queue"
SERVICE_RUN_SEQUENCE: Final = "run_sequence"
SERVICE_STOP_ALL: Final = "stop_all"

ATTR_STEPS: Final = "steps"


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    async_setup_routines(hass)
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_GET_QUEUE,
        entity_domain=MEDIA_PLAYER_DOMAIN,
        schema=None,
        func="async_get_queue",
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_RUN_SEQUENCE,
        _async_run_sequence,
        schema=vol.Schema({**cv.ENTITY_SERVICE_FIELDS, vol.Required(ATTR_STEPS): list}),
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_STOP_ALL,
        _async_stop_all,
        schema=vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}),
    )


async def _async_run_sequence(call: ServiceCall) -> None:
    """Run steps as one sequence, in one request.

    Before anything is sent it raises ``ServiceValidationError`` for an invalid step, and ``Unauthorized`` for a step
    with an Echo that the caller may not control.
    """
    permissions = await async_permissions(call.hass, call.context)
    if names_routine(call.data[ATTR_STEPS]):
        # A routine runs the steps that the Alexa app shows now.
        for loaded in call.hass.config_entries.async_loaded_entries(DOMAIN):
            if (routines := loaded.runtime_data.routines) is not None:
                with command_errors(call.hass, loaded):
                    await routines.async_read_now()
    steps = reader(call.hass)
    step = steps.read(call.data[ATTR_STEPS], _targets(call, permissions))
    if (entry := steps.entry) is None:
        raise invalid_input("sequence_empty")
    if (media := entry.runtime_data.backend.media) is None:
        raise invalid_input("not_an_app_account", name=entry.title)
    permissions.require_entities(steps.named)
    permissions.require_echos(entry, steps.serials)
    with command_errors(call.hass, entry):
        await media.async_run(step)


def _targets(call: ServiceCall, permissions: Permissions) -> list[str]:
    """Return the players of a sequence's target; the named ones as they are.

    Those that are only in a named device, area, floor or label are left out if they are offline or if the caller may
    not control them. Raises ``ServiceValidationError`` for a target that does not exist.
    """
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data), expand_group=False)
    missing = selected.missing_devices | selected.missing_areas | selected.missing_floors | selected.missing_labels
    if missing:
        raise invalid_input("speech_target_unknown", targets=", ".join(sorted(missing)))
    players = echo_players(call.hass)
    is_every = ENTITY_MATCH_ALL in selected.referenced
    parts = players if is_every else expand(call.hass, sorted(selected.indirectly_referenced))
    indirect = [
        entity_id
        for entity_id in parts
        if (player := players.get(entity_id)) and obstacle(player) is None and permissions.may_control(entity_id)
    ]
    return [*(() if is_every else sorted(selected.referenced)), *indirect]


async def _async_stop_all(call: ServiceCall) -> None:
    """Stop playback on every Echo of one account or of all, in one request each."""
    entries: list[AlexaConfigEntry] = call.hass.config_entries.async_loaded_entries(DOMAIN)
    if wanted := call.data.get(ATTR_CONFIG_ENTRY_ID):
        entries = [entry_by_id(call.hass, wanted)]
    found = [(entry, media) for entry in entries if (media := entry.runtime_data.backend.media) is not None]
    if not found:
        raise invalid_input("no_account")
    permissions = await async_permissions(call.hass, call.context)
    for entry, _ in found:
        permissions.require_echos(entry, entry.runtime_data.devices.data)
    for entry, media in found:
        with command_errors(call.hass, entry):
            await media.async_stop_all()


SERVICE_RUN_ROUTINE: Final = "run_routine"

ATTR_ROUTINE: Final = "routine"


@callback
def async_setup_routines(hass: HomeAssistant) -> None:
    """Register the action."""
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_RUN_ROUTINE,
        entity_domain=MEDIA_PLAYER_DOMAIN,
        schema={vol.Required(ATTR_ROUTINE): cv.string},
        func="async_run_routine",
        supports_response=SupportsResponse.OPTIONAL,
    )
