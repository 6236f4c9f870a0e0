"""The Echos of an action's target."""

from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .speech import Recipient, echo_players, expand, recipients_of
from .targets import async_permissions


async def async_recipients(hass: HomeAssistant, call: ServiceCall) -> tuple[list[Recipient], list[str]]:
    """Return the Echos of an action's target, groups resolved to their leaves, and its parts that are no Echos.

    Raises ``Unauthorized`` for an Echo that was named, also by its group, and that the caller may not control. Those
    that are only in a named area, device, label or group of Home Assistant are left out instead.
    """
    players = echo_players(hass)
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
