"""Actions of media players (commands, speech, sequences, routines), and of the people of the household."""

from collections.abc import Callable, Coroutine, Iterable
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
from homeassistant.helpers.service import (
    async_register_admin_service,
    async_register_batched_platform_entity_service,
    async_register_platform_entity_service,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..cloud.model.commands import FIRE_TV_KEYS
from ..cloud.model.media import MediaApi
from ..cloud.model.settings import Feed, SettingsApi
from ..cloud.names import same
from ..cloud.ssml import LANGUAGES
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import command_errors, fraction, invalid_input, sendable
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
from ..features.speech import DndPolicy, Kind, async_say, echo_players, expand, message_of, obstacle
from ..features.targets import Permissions, async_permissions, async_recipients
from .accounts import async_all, entry_by_id

SERVICE_AMAZON_KIDS_DISABLE: Final = "amazon_kids_disable"
SERVICE_AMAZON_KIDS_ENABLE: Final = "amazon_kids_enable"
SERVICE_ASK: Final = "ask"
SERVICE_FORWARD: Final = "forward"
SERVICE_GET_CONTACTS: Final = "get_contacts"
SERVICE_GET_FLASH_BRIEFING: Final = "get_flash_briefing"
SERVICE_GET_HOUSEHOLD: Final = "get_household"
SERVICE_GET_QUEUE: Final = "get_queue"
SERVICE_RESTORE_VOLUME: Final = "restore_volume"
SERVICE_REWIND: Final = "rewind"
SERVICE_RUN_ROUTINE: Final = "run_routine"
SERVICE_RUN_SEQUENCE: Final = "run_sequence"
SERVICE_SEND_FIRE_TV_COMMAND: Final = "send_fire_tv_command"
SERVICE_SEND_MESSAGE: Final = "send_message"
SERVICE_SEND_TEXT_COMMAND: Final = "send_text_command"
SERVICE_SET_DO_NOT_DISTURB: Final = "set_do_not_disturb"
SERVICE_SET_FLASH_BRIEFING: Final = "set_flash_briefing"
SERVICE_SET_SLEEP_TIMER: Final = "set_sleep_timer"
SERVICE_SPEAK: Final = "speak"
SERVICE_STOP_ALL: Final = "stop_all"
SERVICE_UNPAIR_BLUETOOTH: Final = "unpair_bluetooth"

ATTR_ANNOUNCEMENT: Final = "announcement"
ATTR_COMMAND: Final = "command"
ATTR_CHILD: Final = "child"
ATTR_DURATION: Final = "duration"
ATTR_ENABLED: Final = "enabled"
ATTR_FEED: Final = "feed"
ATTR_LANGUAGE: Final = "language"
ATTR_MESSAGE: Final = "message"
ATTR_OVERRIDE_DND: Final = "override_dnd"
ATTR_ROUTINE: Final = "routine"
ATTR_SENDER: Final = "sender"
ATTR_SOURCE: Final = "source"
ATTR_STEPS: Final = "steps"
ATTR_TITLE: Final = "title"
ATTR_TYPE: Final = "type"
ATTR_UNTIL: Final = "until"
ATTR_VOLUME: Final = "volume"

_LONGEST_ANNOUNCEMENT: Final = 145
_LONGEST_SENDER: Final = 40

_TEXT_COMMAND: Final[VolDictType] = {
    vol.Required(ATTR_TEXT_COMMAND): cv.string,
    vol.Optional(ATTR_TIMEOUT): vol.All(vol.Coerce(float), vol.Range(min=SHORTEST_WAIT, max=LONGEST_WAIT)),
}
_KIDS: Final[VolDictType] = {vol.Required(ATTR_CHILD): cv.string}
_DND: Final[VolDictType] = {
    vol.Optional(ATTR_ENABLED, default=True): cv.boolean,
    vol.Optional(ATTR_DURATION): cv.time_period,
    vol.Optional(ATTR_UNTIL): cv.time,
}
_SLEEP_TIMER: Final[VolDictType] = {vol.Required(ATTR_DURATION): cv.positive_time_period}

# Per media player action: name, fields, method, and whether it responds.
_PLAYER_ACTIONS: Final[tuple[tuple[str, VolDictType | None, str, SupportsResponse], ...]] = (
    (SERVICE_AMAZON_KIDS_DISABLE, {}, "async_amazon_kids_disable", SupportsResponse.NONE),
    (SERVICE_AMAZON_KIDS_ENABLE, _KIDS, "async_amazon_kids_enable", SupportsResponse.NONE),
    (SERVICE_FORWARD, {}, "async_forward", SupportsResponse.NONE),
    (SERVICE_GET_QUEUE, None, "async_get_queue", SupportsResponse.ONLY),
    (SERVICE_RESTORE_VOLUME, {}, "async_restore_volume", SupportsResponse.NONE),
    (SERVICE_REWIND, {}, "async_rewind", SupportsResponse.NONE),
    (SERVICE_RUN_ROUTINE, {vol.Required(ATTR_ROUTINE): cv.string}, "async_run_routine", SupportsResponse.OPTIONAL),
    (SERVICE_SET_DO_NOT_DISTURB, _DND, "async_set_do_not_disturb", SupportsResponse.NONE),
    (
        SERVICE_SEND_FIRE_TV_COMMAND,
        {vol.Required(ATTR_COMMAND): vol.All(vol.In(FIRE_TV_KEYS), FIRE_TV_KEYS.__getitem__)},
        "async_send_fire_tv_command",
        SupportsResponse.NONE,
    ),
    (SERVICE_SET_SLEEP_TIMER, _SLEEP_TIMER, "async_set_sleep_timer", SupportsResponse.NONE),
    (SERVICE_UNPAIR_BLUETOOTH, {vol.Required(ATTR_SOURCE): cv.string}, "async_unpair_bluetooth", SupportsResponse.NONE),
)

_SPEAK_SCHEMA: Final = cv.make_entity_service_schema(
    {
        vol.Required(ATTR_MESSAGE): cv.string,
        vol.Optional(ATTR_TYPE, default=Kind.SPEAK): vol.Coerce(Kind),
        vol.Optional(ATTR_TITLE): cv.string,
        vol.Optional(ATTR_LANGUAGE): vol.In(LANGUAGES),
        vol.Optional(ATTR_VOLUME): fraction,
        vol.Optional(ATTR_OVERRIDE_DND): cv.boolean,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, fields, method, response in _PLAYER_ACTIONS:
        async_register_platform_entity_service(
            hass,
            DOMAIN,
            name,
            entity_domain=MEDIA_PLAYER_DOMAIN,
            schema=fields,
            func=of_echo(method),
            supports_response=response,
        )
    for name, handler, response in (
        (SERVICE_ASK, async_ask_all, SupportsResponse.ONLY),
        (SERVICE_SEND_TEXT_COMMAND, async_send_text_commands, SupportsResponse.OPTIONAL),
    ):
        async_register_batched_platform_entity_service(
            hass,
            DOMAIN,
            name,
            entity_domain=MEDIA_PLAYER_DOMAIN,
            schema=_TEXT_COMMAND,
            func=_of_echos(handler),
            supports_response=response,
        )
    _async_setup_people(hass)
    hass.services.async_register(
        DOMAIN, SERVICE_SPEAK, _async_speak, schema=_SPEAK_SCHEMA, supports_response=SupportsResponse.OPTIONAL
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


def _echo(player: Entity) -> TextCommandEntity:
    """Return the Echo's media player; raises ``ServiceValidationError`` for a player that only has a volume."""
    if not isinstance(player, TextCommandEntity):
        raise invalid_input("not_an_echo", name=player.entity_id)
    return player


def of_echo(method: str) -> Callable[[Entity, ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    """Return a handler that calls a method of an Echo's media player; other media players lack these actions."""

    async def handle(player: Entity, call: ServiceCall) -> ServiceResponse:
        fields = {key: value for key, value in call.data.items() if key not in cv.ENTITY_SERVICE_FIELDS}
        response: ServiceResponse = await getattr(_echo(player), method)(**fields)
        return response

    return handle


def _of_echos(
    handler: Callable[[list[TextCommandEntity], ServiceCall], Coroutine[Any, Any, EntityServiceResponse | None]],
) -> Callable[[list[Entity], ServiceCall], Coroutine[Any, Any, EntityServiceResponse | None]]:
    """Return a handler for an action that runs once for several Echos."""

    async def handle(players: list[Entity], call: ServiceCall) -> EntityServiceResponse | None:
        return await handler([_echo(player) for player in players], call)

    return handle


@callback
def _async_setup_people(hass: HomeAssistant) -> None:
    """Register the actions about people, for administrators only."""
    account = {vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
    for name, handler in (
        (SERVICE_GET_HOUSEHOLD, _async_get_household),
        (SERVICE_GET_CONTACTS, _async_get_contacts),
        (SERVICE_GET_FLASH_BRIEFING, _async_get_flash_briefing),
    ):
        async_register_admin_service(
            hass, DOMAIN, name, handler, schema=vol.Schema(account), supports_response=SupportsResponse.ONLY
        )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_SET_FLASH_BRIEFING,
        _async_set_flash_briefing,
        schema=vol.Schema(
            {**account, vol.Required(ATTR_FEED): cv.string, vol.Optional(ATTR_ENABLED, default=True): cv.boolean}
        ),
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_SEND_MESSAGE,
        _async_send_message,
        schema=vol.Schema(
            {
                **account,
                vol.Required(ATTR_MESSAGE): cv.string,
                vol.Optional(ATTR_ANNOUNCEMENT, default=False): cv.boolean,
                vol.Optional(ATTR_SENDER, default="Home Assistant"): cv.string,
            }
        ),
    )


def _account(call: ServiceCall) -> tuple[AlexaConfigEntry, SettingsApi]:
    """Return the account of a call, and its settings; raises ``ServiceValidationError`` for a property."""
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
    """Return the feeds of an account's flash briefing."""
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
        raise invalid_input("feed_unknown", feed=wanted, known=", ".join(sorted(feed.name for feed in feeds)) or "-")
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
        raise invalid_input("empty_message")
    with command_errors(call.hass, entry):
        if announced:
            await settings.async_announce(message, sender)
        else:
            await settings.async_send_message(message)


async def _async_speak(call: ServiceCall) -> ServiceResponse:
    """Speak a message on several Echos; the response contains the results.

    After all others have received the message, raises ``ServiceValidationError`` for a target that is not an Echo or a
    message that cannot be spoken, and ``HomeAssistantError`` for failed Echos.
    """
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
    report.raise_errors(is_answered=call.return_response)
    return report.response() if call.return_response else None


def _do_not_disturb(kind: Kind, override: bool | None) -> DndPolicy:
    """Return the Do Not Disturb policy of a message; by default the response names Echos that drop it."""
    rule = DndPolicy.of(override)
    return DndPolicy.KEEP if rule is DndPolicy.AMAZON and kind is not Kind.SPEAK else rule


async def _async_run_sequence(call: ServiceCall) -> None:
    """Run steps as one sequence, in one request.

    Before anything is sent, raises ``ServiceValidationError`` for an invalid step, and ``Unauthorized`` for a step with
    an Echo that the caller may not control.
    """
    permissions = await async_permissions(call.hass, call.context)
    # Routines are read first, so that their current steps run.
    failed = await _async_read_routines(call.hass) if names_routine(call.data[ATTR_STEPS]) else {}
    steps = reader(call.hass)
    try:
        step = steps.read(call.data[ATTR_STEPS], _targets(call, permissions))
    finally:
        # Read first: a routine may only be missing because of the failure.
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
    """Read the routines of all accounts, and return the errors of those that failed by entry id."""
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
    """Return the players in a sequence's target.

    Players that are only in a named device, area, floor or label are skipped if they are offline or the caller may not
    control them. Raises ``ServiceValidationError`` for a target that does not exist.
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
    """Stop playback on every Echo of one account or of all accounts, with one request per account.

    Raises the first error after all accounts have been tried.
    """
    entries: list[AlexaConfigEntry] = call.hass.config_entries.async_loaded_entries(DOMAIN)
    if wanted := call.data.get(ATTR_CONFIG_ENTRY_ID):
        entries = [entry_by_id(call.hass, wanted)]
    found = [(entry, media) for entry in entries if (media := entry.runtime_data.backend.media) is not None]
    if not found:
        raise invalid_input("no_account")
    permissions = await async_permissions(call.hass, call.context)
    for entry, _ in found:
        permissions.require_echos(entry, entry.runtime_data.devices.data)
    await async_all(_async_stop(call.hass, entry, media) for entry, media in found)


async def _async_stop(hass: HomeAssistant, entry: AlexaConfigEntry, media: MediaApi) -> None:
    """Stop playback on every Echo of an account."""
    with command_errors(hass, entry):
        await media.async_stop_all()
