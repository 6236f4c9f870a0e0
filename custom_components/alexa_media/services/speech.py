"""The action that speaks on many Echos at once."""

from collections.abc import Callable
from typing import Final

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio as vol

from ..const import DOMAIN
from ..entity import invalid_input
from ..speech import DoNotDisturb, EchoPlayer, Kind, async_say, echo_players, expand, message_of, recipients_of
from ..ssml import LANGUAGES

SERVICE_SPEAK: Final = "speak"

ATTR_LANGUAGE: Final = "language"
ATTR_MESSAGE: Final = "message"
ATTR_OVERRIDE_DND: Final = "override_dnd"
ATTR_TITLE: Final = "title"
ATTR_TYPE: Final = "type"
ATTR_VOLUME: Final = "volume"

_SPEAK_SCHEMA: Final = cv.make_entity_service_schema(
    {
        vol.Required(ATTR_MESSAGE): cv.string,
        vol.Optional(ATTR_TYPE, default=Kind.SPEAK): vol.Coerce(Kind),
        vol.Optional(ATTR_TITLE): cv.string,
        vol.Optional(ATTR_LANGUAGE): vol.In(LANGUAGES),
        vol.Optional(ATTR_VOLUME): vol.All(vol.Coerce(float), vol.Range(min=0, max=1)),
        vol.Optional(ATTR_OVERRIDE_DND, default=False): cv.boolean,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN, SERVICE_SPEAK, _async_speak, schema=_SPEAK_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )


async def _async_speak(call: ServiceCall) -> ServiceResponse:
    """Say something on many Echos at once; the response tells where.

    Raises once all that could be told have been: ``ServiceValidationError`` for a target
    that is no Echo or a message that cannot be spoken, ``HomeAssistantError`` for Echos
    that could not be told.
    """
    hass, data = call.hass, call.data
    message = message_of(
        data[ATTR_MESSAGE],
        data[ATTR_TYPE],
        title=data.get(ATTR_TITLE),
        language=data.get(ATTR_LANGUAGE),
        volume=data.get(ATTR_VOLUME),
        dnd=DoNotDisturb.OVERRIDE if data[ATTR_OVERRIDE_DND] else DoNotDisturb.KEEP,
    )
    players = echo_players(hass)
    direct, indirect, unknown = await _async_targets(call, players)
    if not (recipients := recipients_of(players, direct, indirect)) and not unknown:
        raise invalid_input("speech_no_target")
    report = await async_say(hass, message, recipients, unknown=unknown)
    report.raise_errors()
    return report.response() if call.return_response else None


async def _async_targets(
    call: ServiceCall, players: dict[str, EchoPlayer]
) -> tuple[list[EchoPlayer], list[EchoPlayer], list[str]]:
    """Return the players that were named, those that areas, devices, labels and groups stand for, and what is neither.

    Raises ``Unauthorized`` for one that was named and that the user may not control.
    """
    hass = call.hass
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data), expand_group=False)
    named = set(selected.referenced)
    parts = set(expand(hass, named)) - named | selected.indirectly_referenced
    if ENTITY_MATCH_ALL in named:
        named.remove(ENTITY_MATCH_ALL)
        parts |= set(players)
    direct = sorted(named & set(expand(hass, named)))
    unknown = [entity_id for entity_id in direct if entity_id not in players]
    unknown += sorted(selected.missing_devices | selected.missing_areas | selected.missing_labels)
    unknown += sorted(selected.missing_floors)
    may = await _async_permission(call)
    for entity_id in direct:
        if not may(entity_id):
            raise Unauthorized(context=call.context, entity_id=entity_id, permission=POLICY_CONTROL)
    return (
        [players[entity_id] for entity_id in direct if entity_id in players],
        [players[entity_id] for entity_id in sorted(expand(hass, parts)) if entity_id in players and may(entity_id)],
        unknown,
    )


async def _async_permission(call: ServiceCall) -> Callable[[str], bool]:
    """Return what tells whether the caller may control an entity."""
    if call.context.user_id is None:
        return lambda _entity_id: True
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    return lambda entity_id: user.permissions.check_entity(entity_id, POLICY_CONTROL)
