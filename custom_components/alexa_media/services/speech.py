"""The action that speaks on several Echos."""

from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..cloud.ssml import LANGUAGES
from ..const import DOMAIN
from ..entity import fraction, invalid_input
from ..features.recipients import async_recipients
from ..features.speech import (
    DndPolicy,
    Kind,
    async_say,
    message_of,
)

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
    recipients, unknown = await async_recipients(hass, call)
    if not recipients and not unknown:
        raise invalid_input("speech_no_target")
    report = await async_say(hass, message, recipients, unknown=unknown)
    report.raise_errors(is_answered=call.return_response)
    return report.response() if call.return_response else None


def _do_not_disturb(kind: Kind, override: bool | None) -> DndPolicy:
    """Return the Do Not Disturb policy of a message; the response names the Echos where Amazon would drop it."""
    rule = DndPolicy.of(override)
    return DndPolicy.KEEP if rule is DndPolicy.AMAZON and kind is not Kind.SPEAK else rule
