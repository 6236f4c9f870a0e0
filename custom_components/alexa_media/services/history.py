"""Actions for the voice history."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..cloud.model.history import UtteranceType
from ..coordinator.history import HistoryCoordinator, history_record_of
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import async_all, command_errors, encodable, invalid_input, player_entity_id, whole
from ..features.speech import echo_players
from .accounts import ATTR_CONFIRM, ENTRY_FIELDS, AdminAction, entries_of, entry_by_id
from .players import player_action

ATTR_EMAIL: Final = "email"
ATTR_END: Final = "end"
ATTR_ENTRIES: Final = "entries"
ATTR_INCLUDE: Final = "include"
ATTR_PERSON: Final = "person"
ATTR_START: Final = "start"

DEFAULT_ENTRIES: Final = 5
MAX_ENTRIES: Final = 500
MAX_CLEARED: Final = 50

# Record types that are left out by default.
_INCLUDED: Final = {
    "wake_word_only": UtteranceType.WAKE_WORD_ONLY,
    "other_device_answered": UtteranceType.DEVICE_ARBITRATION,
    "nothing_heard": UtteranceType.ASR_TIMEOUT,
    "no_request": UtteranceType.NO_EXPRESSED_INTENT,
}


def _included(value: Any) -> UtteranceType:
    """Return the utterance type for an option's value; raises ``vol.Invalid``."""
    return _INCLUDED[vol.In(_INCLUDED)(value)]


def _entries_field(default: int, most: int) -> VolDictType:
    """Return the schema field for the number of records."""
    return {vol.Optional(ATTR_ENTRIES, default=default): vol.All(whole, vol.Range(min=1, max=most))}


async def _async_update_last_called(call: ServiceCall) -> ServiceResponse:
    """Read which Echo of each account was last spoken to; the response contains these Echos."""
    hass = call.hass
    entries = _entries(hass, call.data.get(ATTR_EMAIL))
    await async_all(_async_look(hass, entry, history) for entry, history in entries)
    if not call.return_response:
        return None
    return {"last_called": [_last_called(hass, entry, history) for entry, history in entries]}


async def _async_clear(call: ServiceCall) -> ServiceResponse:
    """Delete the latest records of an account's voice history; return how many were deleted and kept."""
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    if (history := entry.runtime_data.backend.history) is None:
        raise invalid_input("history_unsupported")
    if not call.data[ATTR_CONFIRM]:
        raise invalid_input("confirmation_missing")
    with command_errors(call.hass, entry):
        deleted, kept = await history.async_clear(call.data[ATTR_ENTRIES])
    return {"deleted": deleted, "kept": kept}


def _entries(hass: HomeAssistant, emails: list[str] | None) -> list[tuple[AlexaConfigEntry, HistoryCoordinator]]:
    """Return the accounts with voice history that have the given email addresses, or all loaded ones."""
    chosen = entries_of(hass, emails)
    loaded = [entry for entry in chosen if entry.state is ConfigEntryState.LOADED]
    if not loaded or (emails is not None and len(loaded) < len(chosen)):
        raise invalid_input("account_not_loaded")
    found = [(entry, history) for entry in loaded if (history := entry.runtime_data.history)]
    if not found:
        raise invalid_input("history_unsupported")
    return found


async def _async_look(hass: HomeAssistant, entry: AlexaConfigEntry, history: HistoryCoordinator) -> None:
    """Read the voice history of one account; raises ``HomeAssistantError``."""
    with command_errors(hass, entry):
        await history.async_look()


def _last_called(hass: HomeAssistant, entry: AlexaConfigEntry, history: HistoryCoordinator) -> dict[str, Any]:
    """Return the response data about the Echo of an account that was last spoken to."""
    record = history.last
    entity_id = player_entity_id(hass, entry, record.serial or "") if record else None
    player = echo_players(hass).get(entity_id or "")
    is_known = player and player.entry is entry and player.device
    return {
        "account": entry.title,
        "entity_id": player.entity_id if player and is_known else None,
        "name": player.name if player and is_known else None,
        **(history_record_of(record) if record else {}),
    }


ACTIONS: Final = (
    AdminAction(
        "update_last_called",
        _async_update_last_called,
        {vol.Optional(ATTR_EMAIL): vol.All(cv.ensure_list, [cv.string])},
        SupportsResponse.OPTIONAL,
    ),
    AdminAction(
        "clear_history",
        _async_clear,
        {**ENTRY_FIELDS, **_entries_field(MAX_CLEARED, MAX_CLEARED), vol.Required(ATTR_CONFIRM): cv.boolean},
        SupportsResponse.OPTIONAL,
    ),
    player_action(
        "get_history_records",
        "async_get_history_records",
        {
            **_entries_field(DEFAULT_ENTRIES, MAX_ENTRIES),
            vol.Optional(ATTR_START): vol.All(encodable, cv.datetime),
            vol.Optional(ATTR_END): vol.All(encodable, cv.datetime),
            vol.Optional(ATTR_PERSON): cv.string,
            vol.Optional(ATTR_INCLUDE): vol.All(cv.ensure_list, [_included]),
        },
        SupportsResponse.OPTIONAL,
    ),
)
