"""Actions of media players, and of the account's household, contacts, flash briefing and messages."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ENTITY_MATCH_ALL
from homeassistant.core import (
    EntityServiceResponse,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.service import async_register_batched_platform_entity_service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..cloud.model.commands import FIRE_TV_KEYS
from ..cloud.model.media import MediaApi
from ..cloud.model.settings import Feed, SettingsApi
from ..cloud.names import same, told_apart
from ..cloud.ssml import LANGUAGES
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import async_all, command_errors, duration, fraction, invalid_input, sendable
from ..features.playback import (
    ATTR_TEXT_COMMAND,
    ATTR_TIMEOUT,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    TextCommandEntity,
    async_ask_all,
    async_send_text_commands,
)
from ..features.sequences import names_routine, reader
from ..features.speech import DndPolicy, Kind, async_say, can_speak, echo_players, expand, message_of, obstacle
from ..features.targets import Permissions, async_permissions, async_recipients
from .accounts import ENTRY_FIELDS, Action, AdminAction, EntityAction, entry_by_id

ATTR_ANNOUNCEMENT: Final = "announcement"
ATTR_ENABLED: Final = "enabled"
ATTR_FEED: Final = "feed"
ATTR_LANGUAGE: Final = "language"
ATTR_MESSAGE: Final = "message"
ATTR_OVERRIDE_DND: Final = "override_dnd"
ATTR_SENDER: Final = "sender"
ATTR_STEPS: Final = "steps"
ATTR_TITLE: Final = "title"
ATTR_TYPE: Final = "type"
ATTR_VOLUME: Final = "volume"

_LONGEST_ANNOUNCEMENT: Final = 145
_LONGEST_SENDER: Final = 40

_TEXT_COMMAND: Final[VolDictType] = {
    vol.Required(ATTR_TEXT_COMMAND): cv.string,
    vol.Optional(ATTR_TIMEOUT): vol.All(vol.Coerce(float), vol.Range(min=SHORTEST_WAIT, max=LONGEST_WAIT)),
}


def _echo(player: Entity) -> TextCommandEntity:
    """Return the media player of an Echo; raises ``ServiceValidationError`` for any other media player."""
    if not isinstance(player, TextCommandEntity):
        raise invalid_input("not_an_echo", name=player.entity_id)
    return player


def player_action(
    name: str, method: str, fields: VolDictType, response: SupportsResponse = SupportsResponse.NONE
) -> EntityAction:
    """Return an action that calls a method of an Echo's media player; it fails for other media players."""

    async def handle(player: Entity, call: ServiceCall) -> ServiceResponse:
        given = {key: value for key, value in call.data.items() if key not in cv.ENTITY_SERVICE_FIELDS}
        answer: ServiceResponse = await getattr(_echo(player), method)(**given)
        return answer

    return EntityAction(name, MEDIA_PLAYER_DOMAIN, handle, fields, response)


@dataclass(frozen=True, slots=True)
class _TextCommandAction:
    """An action that sends a text command to several Echos in one call."""

    name: str
    handler: Callable[[list[TextCommandEntity], ServiceCall], Coroutine[Any, Any, EntityServiceResponse | None]]
    response: SupportsResponse

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action."""

        async def handle(players: list[Entity], call: ServiceCall) -> EntityServiceResponse | None:
            return await self.handler([_echo(player) for player in players], call)

        async_register_batched_platform_entity_service(
            hass,
            DOMAIN,
            self.name,
            entity_domain=MEDIA_PLAYER_DOMAIN,
            schema=_TEXT_COMMAND,
            func=handle,
            supports_response=self.response,
        )


def _account(call: ServiceCall) -> tuple[AlexaConfigEntry, SettingsApi]:
    """Return the account of a call and its settings API."""
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    if (settings := entry.runtime_data.backend.settings) is None:
        raise invalid_input("not_an_app_account", name=entry.title)
    return entry, settings


async def _async_get_household(call: ServiceCall) -> ServiceResponse:
    """Return the members of an account's household."""
    entry, settings = _account(call)
    with command_errors(call.hass, entry):
        people: list[Any] = [
            {"name": person.name, "email": person.email, "role": person.role, "id": person.person_id}
            for person in await settings.async_household()
        ]
    return {"members": people}


async def _async_get_contacts(call: ServiceCall) -> ServiceResponse:
    """Return the contacts of an account's Alexa app."""
    entry, settings = _account(call)
    with command_errors(call.hass, entry):
        contacts: list[Any] = [
            {"name": contact.name, "id": contact.contact_id, "in_household": contact.in_household}
            for contact in await settings.async_contacts()
        ]
    return {"contacts": contacts}


async def _async_get_flash_briefing(call: ServiceCall) -> ServiceResponse:
    """Return the feeds for an account's flash briefing, each with whether it is enabled."""
    entry, settings = _account(call)
    with command_errors(call.hass, entry):
        return _feeds(await settings.async_feeds())


async def _async_set_flash_briefing(call: ServiceCall) -> ServiceResponse:
    """Add a feed to an account's flash briefing or remove it, and return all feeds."""
    entry, settings = _account(call)
    wanted, enabled = call.data[ATTR_FEED], call.data[ATTR_ENABLED]
    with command_errors(call.hass, entry):
        feeds = await settings.async_feeds()
    found = [feed for feed in feeds if feed.feed_id == wanted or same(feed.name, wanted)]
    if len(found) != 1:
        raise invalid_input("feed_unknown", feed=wanted, known=told_apart((feed.name, feed.feed_id) for feed in feeds))
    if found[0].enabled is enabled:
        return _feeds(feeds)
    with command_errors(call.hass, entry):
        await settings.async_set_feed(found[0], enabled=enabled)
        return _feeds(await settings.async_feeds())


def _feeds(feeds: Iterable[Feed]) -> ServiceResponse:
    """Return feeds in the format of the response."""
    return {"feeds": [{"name": feed.name, "id": feed.feed_id, "enabled": feed.enabled} for feed in feeds]}


async def _async_send_message(call: ServiceCall) -> None:
    """Send a message to the household of an account, or announce it there."""
    entry, settings = _account(call)
    announced: bool = call.data[ATTR_ANNOUNCEMENT]
    text: str = call.data[ATTR_MESSAGE]
    message = sendable(text, _LONGEST_ANNOUNCEMENT) if announced else sendable(text)
    sender = sendable(call.data[ATTR_SENDER], _LONGEST_SENDER)
    if not message or not sender:
        raise invalid_input("sender_empty" if message else "empty_message")
    with command_errors(call.hass, entry):
        if announced:
            await settings.async_announce(message, sender)
        else:
            await settings.async_send_message(message)


async def _async_speak(call: ServiceCall) -> ServiceResponse:
    """Speak, announce or show a message on the Echos of the target; return the results if requested."""
    hass, data = call.hass, call.data
    message = message_of(
        data[ATTR_MESSAGE],
        data[ATTR_TYPE],
        title=data.get(ATTR_TITLE),
        language=data.get(ATTR_LANGUAGE),
        volume=data.get(ATTR_VOLUME),
        dnd=_do_not_disturb(data[ATTR_TYPE], data.get(ATTR_OVERRIDE_DND)),
    )
    recipients, unknown = await async_recipients(hass, call)
    if not recipients and not unknown:
        raise invalid_input("speech_no_target")
    report = await async_say(hass, message, recipients, unknown=unknown)
    report.raise_errors(hass, is_answered=call.return_response)
    return report.response() if call.return_response else None


def _do_not_disturb(kind: Kind, override: bool | None) -> DndPolicy:
    """Return the Do Not Disturb policy of a message; the default is ``KEEP`` for messages that Amazon would drop."""
    rule = DndPolicy.of(override)
    return DndPolicy.KEEP if rule is DndPolicy.AMAZON and kind is not Kind.SPEAK else rule


async def _async_run_sequence(call: ServiceCall) -> None:
    """Run steps as one sequence, in one request."""
    permissions = await async_permissions(call.hass, call.context)
    # Routines are read first, so that their current steps run.
    failed = await _async_read_routines(call.hass) if names_routine(call.data[ATTR_STEPS]) else {}
    steps = reader(call.hass)
    try:
        step = steps.read(call.data[ATTR_STEPS], _targets(call, permissions))
    finally:
        # This error takes precedence: a routine may only be missing because of the failed read.
        if steps.entry and (error := failed.get(steps.entry.entry_id)):
            raise error
    if (entry := steps.entry) is None:
        raise invalid_input("sequence_empty")
    if (media := entry.runtime_data.backend.media) is None:
        raise invalid_input("not_an_app_account", name=entry.title)
    permissions.require_entities(steps.named)
    permissions.require_echos(entry, steps.serials)
    with command_errors(call.hass, entry):
        await media.async_run(step)


async def _async_read_routines(hass: HomeAssistant) -> dict[str, HomeAssistantError]:
    """Read the routines of all loaded accounts; return the errors of those that failed, by entry id."""
    failed: dict[str, HomeAssistantError] = {}

    async def read(entry: AlexaConfigEntry) -> None:
        try:
            if (routines := entry.runtime_data.routines) is not None:
                with command_errors(hass, entry):
                    await routines.async_read_now()
        except HomeAssistantError as err:
            failed[entry.entry_id] = err

    await async_all(read(entry) for entry in hass.config_entries.async_loaded_entries(DOMAIN))
    return failed


def _targets(call: ServiceCall, permissions: Permissions) -> list[str]:
    """Return the entity ids in a sequence's target.

    A player that cannot be used now, or that the caller may not control, is only included if the target names it.
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
    """Stop playback on every Echo of one account or of all loaded accounts, with one request per account.

    Raises ``Unauthorized`` before anything is sent, and the most serious error after all accounts have been tried.
    """
    entries: list[AlexaConfigEntry] = call.hass.config_entries.async_loaded_entries(DOMAIN)
    # An empty id, for example from a template, is an invalid one: it must not stop every account.
    if (wanted := call.data.get(ATTR_CONFIG_ENTRY_ID)) is not None:
        entries = [entry_by_id(call.hass, wanted)]
    found = [(entry, media) for entry in entries if (media := entry.runtime_data.backend.media) is not None]
    if not found:
        raise invalid_input("not_an_app_account", name=entries[0].title) if wanted else invalid_input("no_account")
    permissions = await async_permissions(call.hass, call.context)
    for entry, _ in found:
        permissions.require_echos(entry, entry.runtime_data.devices.data)
    await async_all(_async_stop(call.hass, entry, media) for entry, media in found)


async def _async_stop(hass: HomeAssistant, entry: AlexaConfigEntry, media: MediaApi) -> None:
    """Stop playback on every Echo of an account."""
    with command_errors(hass, entry):
        devices = entry.runtime_data.devices.data.values()
        await media.async_stop_all(device for device in devices if device.online and can_speak(device))


ACTIONS: Final = (
    player_action("amazon_kids_disable", "async_amazon_kids_disable", {}),
    player_action("amazon_kids_enable", "async_amazon_kids_enable", {vol.Required("child"): cv.string}),
    player_action("forward", "async_forward", {}),
    player_action("get_queue", "async_get_queue", {}, SupportsResponse.ONLY),
    player_action("restore_volume", "async_restore_volume", {}),
    player_action("rewind", "async_rewind", {}),
    player_action("run_routine", "async_run_routine", {vol.Required("routine"): cv.string}, SupportsResponse.OPTIONAL),
    player_action(
        "set_do_not_disturb",
        "async_set_do_not_disturb",
        {
            vol.Optional("enabled", default=True): cv.boolean,
            vol.Optional("duration"): duration,
            vol.Optional("until"): cv.time,
        },
    ),
    player_action(
        "send_fire_tv_command",
        "async_send_fire_tv_command",
        {vol.Required("command"): vol.All(vol.In(FIRE_TV_KEYS), FIRE_TV_KEYS.__getitem__)},
    ),
    player_action("set_sleep_timer", "async_set_sleep_timer", {vol.Required("duration"): duration}),
    player_action("unpair_bluetooth", "async_unpair_bluetooth", {vol.Required("source"): cv.string}),
    _TextCommandAction("ask", async_ask_all, SupportsResponse.ONLY),
    _TextCommandAction("send_text_command", async_send_text_commands, SupportsResponse.OPTIONAL),
    Action(
        "speak",
        _async_speak,
        cv.make_entity_service_schema(
            {
                vol.Required(ATTR_MESSAGE): cv.string,
                vol.Optional(ATTR_TYPE, default=Kind.SPEAK): vol.Coerce(Kind),
                vol.Optional(ATTR_TITLE): cv.string,
                vol.Optional(ATTR_LANGUAGE): vol.In(LANGUAGES),
                vol.Optional(ATTR_VOLUME): fraction,
                vol.Optional(ATTR_OVERRIDE_DND): cv.boolean,
            }
        ),
        SupportsResponse.OPTIONAL,
    ),
    Action("run_sequence", _async_run_sequence, {**cv.ENTITY_SERVICE_FIELDS, vol.Required(ATTR_STEPS): list}),
    Action("stop_all", _async_stop_all, {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}),
    AdminAction("get_household", _async_get_household, ENTRY_FIELDS, SupportsResponse.ONLY),
    AdminAction("get_contacts", _async_get_contacts, ENTRY_FIELDS, SupportsResponse.ONLY),
    AdminAction("get_flash_briefing", _async_get_flash_briefing, ENTRY_FIELDS, SupportsResponse.ONLY),
    AdminAction(
        "set_flash_briefing",
        _async_set_flash_briefing,
        {
            **ENTRY_FIELDS,
            vol.Required(ATTR_FEED): cv.string,
            vol.Optional(ATTR_ENABLED, default=True): cv.boolean,
        },
        SupportsResponse.OPTIONAL,
    ),
    AdminAction(
        "send_message",
        _async_send_message,
        {
            **ENTRY_FIELDS,
            vol.Required(ATTR_MESSAGE): cv.string,
            vol.Optional(ATTR_ANNOUNCEMENT, default=False): cv.boolean,
            vol.Optional(ATTR_SENDER, default="Home Assistant"): cv.string,
        },
    ),
)
