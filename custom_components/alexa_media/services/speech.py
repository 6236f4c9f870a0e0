"""The action that speaks on several Echos."""

from typing import Final

from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio as vol

from ..cloud.ssml import LANGUAGES
from ..const import DOMAIN
from ..entity import fraction, invalid_input
from ..features.speech import (
    DndPolicy,
    EchoPlayer,
    Kind,
    Recipient,
    async_say,
    echo_players,
    expand,
    message_of,
    recipients_of,
)
from ..features.targets import async_permissions

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
        vol.Optional(ATTR_VOLUME): fraction,
        vol.Optional(ATTR_OVERRIDE_DND): cv.boolean,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN, SERVICE_SPEAK, _async_speak, schema=_SPEAK_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )


async def _async_speak(call: ServiceCall) -> ServiceResponse:
    """Speak a message on several Echos; the response has the results.

    Raises once all others have received the message: ``ServiceValidationError`` for a target that is no Echo or a
    message that cannot be spoken, ``HomeAssistantError`` for failed Echos.
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
    players = echo_players(hass)
    recipients, unknown = await _async_recipients(call, players)
    if not recipients and not unknown:
        raise invalid_input("speech_no_target")
    report = await async_say(hass, message, recipients, unknown=unknown)
    report.raise_errors(is_answered=call.return_response)
    return report.response() if call.return_response else None


def _do_not_disturb(kind: Kind, override: bool | None) -> DndPolicy:
    """Return the Do Not Disturb policy of a message; the response names the Echos where Amazon would drop it."""
    rule = DndPolicy.of(override)
    return DndPolicy.KEEP if rule is DndPolicy.AMAZON and kind is not Kind.SPEAK else rule


async def _async_recipients(call: ServiceCall, players: dict[str, EchoPlayer]) -> tuple[list[Recipient], list[str]]:
    """Return the Echos of the target, and its parts that are no Echos.

    Raises ``Unauthorized`` for an Echo that was named, also by its group, and that the caller may not control. Those
    that are only in a named area, device, label or group of Home Assistant are left out instead.
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
    permissions = await async_permissions(hass, call.context)
    permissions.require_entities(direct)
    named_players = [players[entity_id] for entity_id in direct if entity_id in players]
    permissions.require_entities(recipient.player.entity_id for recipient in recipients_of(players, named_players))
    allowed = [
        players[entity_id]
        for entity_id in sorted(expand(hass, parts))
        if entity_id in players and permissions.may_control(entity_id)
    ]
    recipients = recipients_of(players, named_players, allowed)
    return [one for one in recipients if permissions.may_control(one.player.entity_id)], unknown
