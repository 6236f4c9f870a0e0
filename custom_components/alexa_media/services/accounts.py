"""Base classes of actions, and the actions for whole accounts: sign-in, discovery, lists and recordings."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
import contextlib
from dataclasses import dataclass
from typing import Any, Final, cast, override

from homeassistant.components.todo.const import DOMAIN as TODO_DOMAIN
from homeassistant.config_entries import ConfigEntryState, ConfigFlowContext, OperationNotAllowed
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service, async_register_platform_entity_service
from homeassistant.helpers.typing import VolDictType, VolSchemaType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonArrayType, JsonObjectType
import probatio as vol

from .. import recordings
from ..cloud.errors import AlexaAuthError
from ..cloud.model.commands import command
from ..cloud.names import same, tidy
from ..const import CONF_EMAIL, DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import REQUESTED, account_error, account_name, command_errors, invalid_input, sendable
from ..issues import translated

ATTR_CONFIRM: Final = "confirm"
ATTR_EMAIL: Final = "email"
ATTR_HOURS: Final = "hours"
ATTR_MODE: Final = "mode"
START: Final = "start"
STOP: Final = "stop"
ATTR_NAME: Final = "name"

MAX_LIST_NAME: Final = 256
"""Maximum length of a list's name in characters, as in Amazon's former list API for skills."""

ENTRY_FIELDS: Final[VolDictType] = {vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
CONFIRM_FIELDS: Final[VolDictType] = {vol.Optional(ATTR_CONFIRM, default=False): cv.boolean}


@dataclass(frozen=True, slots=True)
class Action:
    """An action that any user may call; its handler checks the permissions of the caller."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    fields: VolDictType | VolSchemaType
    response: SupportsResponse = SupportsResponse.NONE

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action."""
        hass.services.async_register(DOMAIN, self.name, self.handler, vol.Schema(self.fields), self.response)


class AdminAction(Action):
    """An action for administrators and automations only."""

    __slots__ = ()

    @override
    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        async_register_admin_service(hass, DOMAIN, self.name, self.handler, vol.Schema(self.fields), self.response)


@dataclass(frozen=True, slots=True)
class EntityAction:
    """An action of the entities of a platform; ``method`` is its function, or the name of a method of the entity."""

    name: str
    platform: str
    method: str | Callable[..., Coroutine[Any, Any, ServiceResponse]]
    fields: VolDictType
    response: SupportsResponse = SupportsResponse.NONE
    is_for_admins: bool = False

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action."""
        async_register_platform_entity_service(
            hass,
            DOMAIN,
            self.name,
            admin_only=self.is_for_admins,
            entity_domain=self.platform,
            func=self.method,
            schema=self.fields,
            supports_response=self.response,
        )


def entries_of(hass: HomeAssistant, emails: Iterable[str] | None) -> list[AlexaConfigEntry]:
    """Return the accounts with the given email addresses (also masked ones) or titles.

    If none are given, return the enabled accounts, or all if none are enabled. Raises ``ServiceValidationError`` for an
    unknown address, and if there are no accounts.
    """
    entries: list[AlexaConfigEntry] = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    if not entries:
        raise invalid_input("no_account")
    chosen: dict[str, AlexaConfigEntry] = {}
    unknown: list[str] = []
    for email in emails or ():
        found = [entry for entry in entries if same(email, entry.data.get(CONF_EMAIL))]
        found = found or [entry for entry in entries if same(email, account_name(entry)) or same(email, entry.title)]
        chosen |= {entry.entry_id: entry for entry in found}
        if not found:
            unknown.append(email)
    if unknown:
        known = sorted(map(account_name, entries))
        raise invalid_input("account_unknown", email=", ".join(unknown), known=", ".join(known))
    return list(chosen.values()) or [entry for entry in entries if entry.disabled_by is None] or entries


def entry_by_id(hass: HomeAssistant, entry_id: str, *, needs_loaded: bool = True) -> AlexaConfigEntry:
    """Return an account by its entry id.

    Raises ``ServiceValidationError`` for an unknown id and, with ``needs_loaded``, for an account that isn't loaded.
    """
    entry: AlexaConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise invalid_input("account_id_unknown", id=entry_id)
    if needs_loaded and entry.state is not ConfigEntryState.LOADED:
        raise invalid_input("account_not_loaded")
    return entry


async def _async_force_logout(call: ServiceCall) -> None:
    """Handle ``force_logout``: request a new sign-in."""
    for entry in entries_of(call.hass, call.data[ATTR_EMAIL]):
        entry.async_start_reauth(call.hass, context=cast(ConfigFlowContext, {REQUESTED: True}))


async def _async_enable_network_discovery(call: ServiceCall) -> ServiceResponse:
    """Handle ``enable_network_discovery``: refresh all topics with ``is_list``."""
    entries = entries_of(call.hass, call.data[ATTR_EMAIL])
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    found = await asyncio.gather(*(_async_read_lists(entry) for entry in loaded))
    whys = {entry.entry_id: "not loaded" for entry in entries if entry not in loaded}
    signed_out = [
        entry
        for entry in entries
        if entry not in loaded and account_error(call.hass, entry, None) == AlexaAuthError.translation_key
    ]
    accounts: JsonArrayType = []
    for entry, (counts, errors) in zip(loaded, found, strict=True):
        accounts.append({"account": entry.title, ATTR_CONFIG_ENTRY_ID: entry.entry_id, **counts})
        if errors:
            whys[entry.entry_id] = ", ".join(errors)
        if any(isinstance(err, ConfigEntryAuthFailed) for err in errors.values()):
            signed_out.append(entry)
    whys |= {entry.entry_id: AlexaAuthError.words for entry in signed_out}
    if failed := [f"{account_name(entry)} ({whys[entry.entry_id]})" for entry in entries if entry.entry_id in whys]:
        is_only = len(entries) == 1 == len(signed_out)
        raise _discovery_error(", ".join(failed), [account_name(entry) for entry in signed_out], is_only=is_only)
    return {"accounts": accounts} if call.return_response else None


def _discovery_error(failed: str, signed_out: Sequence[str], *, is_only: bool) -> HomeAssistantError:
    """Return the error for accounts that were not fully read; ``is_only`` is whether the only account is signed out."""
    if is_only:
        return translated(HomeAssistantError, AlexaAuthError.translation_key)
    if not signed_out:
        return translated(HomeAssistantError, "discovery_failed", failed=failed)
    return translated(HomeAssistantError, "discovery_failed_auth_failed", failed=failed, accounts=", ".join(signed_out))


async def _async_read_lists(entry: AlexaConfigEntry) -> tuple[JsonObjectType, dict[str, BaseException | None]]:
    """Refresh an account's topics with ``is_list``; return the number of objects and any error of each, by topic."""
    lists = [coordinator for coordinator in entry.runtime_data.coordinators if coordinator.is_list]
    if (management := entry.runtime_data.backend.management) is not None:
        management.expire()
    # The reads are part of a command: unlike polls, they are not delayed while Amazon throttles.
    with command():
        await asyncio.gather(*(coordinator.async_refresh_shared() for coordinator in lists))
    counts: JsonObjectType = {str(coordinator.topic): len(coordinator.data) for coordinator in lists}
    failed = [coordinator for coordinator in lists if not coordinator.last_update_success]
    return counts, {str(coordinator.topic): coordinator.last_exception for coordinator in failed}


async def _async_record(call: ServiceCall) -> ServiceResponse:
    """Start or end a recording, even of an account that isn't loaded."""
    hass = call.hass
    entry = entry_by_id(hass, call.data[ATTR_CONFIG_ENTRY_ID], needs_loaded=False)
    if call.data[ATTR_MODE] == STOP:
        try:
            finished = await recordings.async_stop(hass, entry)
        except OSError as err:
            raise translated(HomeAssistantError, "recording_not_written") from err
        if finished is None:
            raise invalid_input("no_recording", name=entry.title)
        return {"path": finished.path, "requests": finished.requests, "directives": finished.directives}
    if (until := await recordings.async_start(hass, entry, call.data[ATTR_HOURS])) is None:
        raise invalid_input("recording_running", name=entry.title)
    # An entry that is being set up cannot be reloaded: the recording starts with its next setup.
    with contextlib.suppress(OperationNotAllowed):
        await hass.config_entries.async_reload(entry.entry_id)
    return {"until": dt_util.utc_from_timestamp(until).isoformat()}


async def _async_create_list(call: ServiceCall) -> ServiceResponse:
    """Create a list; the response contains its id.

    Raises ``ServiceValidationError`` for an account without lists, and for a name that is invalid or already used.
    """
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    if (lists := entry.runtime_data.lists) is None:
        raise invalid_input("not_an_app_account", name=entry.title)
    if not (name := tidy(sendable(call.data[ATTR_NAME], MAX_LIST_NAME))):
        raise invalid_input("list_without_name")
    if lists.is_taken(name):
        raise invalid_input("list_exists", name=name)
    with command_errors(call.hass, entry):
        list_id = await lists.async_create(name)
    return {"list_id": list_id} if call.return_response else None


_EMAILS: Final[VolDictType] = {vol.Optional(ATTR_EMAIL, default=[]): vol.All(cv.ensure_list, [cv.string])}

ACTIONS: Final = (
    AdminAction("force_logout", _async_force_logout, _EMAILS),
    AdminAction("enable_network_discovery", _async_enable_network_discovery, _EMAILS, SupportsResponse.OPTIONAL),
    AdminAction(
        "record",
        _async_record,
        {
            **ENTRY_FIELDS,
            vol.Optional(ATTR_MODE, default=START): vol.In((START, STOP)),
            vol.Optional(ATTR_HOURS, default=1): vol.All(
                vol.Coerce(float), vol.Range(min=0.1, max=recordings.MAX_HOURS)
            ),
        },
        SupportsResponse.OPTIONAL,
    ),
    AdminAction(
        "create_list",
        _async_create_list,
        {**ENTRY_FIELDS, vol.Required(ATTR_NAME): cv.string},
        SupportsResponse.OPTIONAL,
    ),
    EntityAction("delete_list", TODO_DOMAIN, "async_delete_list", CONFIRM_FIELDS),
)
