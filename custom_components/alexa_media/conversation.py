"""Conversation platform: Assist passes requests to Alexa, which also answers aloud on the default Echo."""

from typing import Literal, override

from homeassistant.components.conversation import (
    AssistantContent,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
)
from homeassistant.const import MATCH_ALL
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import intent

from .const import DOMAIN
from .coordinator.devices import DevicesCoordinator
from .coordinator.runtime import AlexaRuntimeData
from .entity import AccountEntity, EntityAdder, invalid_input, platform_setup, player_entity_id
from .features.alarms import any_default_echo, must_be_online
from .features.speech import echo_players

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the conversation agent of an account with voice history."""
    if data.history is not None:
        add.account(AlexaConversation(add.entry, data.devices))


class AlexaConversation(AccountEntity[DevicesCoordinator], ConversationEntity):
    """An agent that sends each request to the default Echo and returns Alexa's answer.

    The Echo also speaks the answer.
    """

    key = "conversation"
    _attr_name = None

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Return ``*`` for all languages, because Alexa uses the language that the Echo is set to."""
        return MATCH_ALL

    @override
    async def _async_handle_message(self, user_input: ConversationInput, chat_log: ChatLog) -> ConversationResult:
        """Send the request to the default Echo, and return Alexa's answer or the text of the error."""
        response = intent.IntentResponse(language=user_input.language)
        try:
            answer = await self._async_ask(user_input)
        except HomeAssistantError as err:
            response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, str(err))
            answer = str(err)
        else:
            response.async_set_speech(answer)
        chat_log.async_add_assistant_content_without_tools(
            AssistantContent(agent_id=user_input.agent_id, content=answer)
        )
        return ConversationResult(response=response, conversation_id=chat_log.conversation_id)

    async def _async_ask(self, user_input: ConversationInput) -> str:
        """Return Alexa's answer, or "" if the history record contains none; raises ``HomeAssistantError``."""
        echo = any_default_echo(self.hass, self.entry)
        player = player_entity_id(self.hass, self.entry, echo.device.serial)
        if player not in echo_players(self.hass):
            raise invalid_input("no_enabled_player", device=echo.device.name)
        must_be_online(echo)
        try:
            response = await self.hass.services.async_call(
                DOMAIN,
                "ask",
                {"entity_id": player, "text_command": user_input.text},
                blocking=True,
                context=user_input.context,
                return_response=True,
            )
        except Unauthorized as err:
            # Its own text is only "Unauthorized".
            raise invalid_input("conversation_not_permitted", device=echo.device.name) from err
        answer = (response or {}).get(player)
        if not isinstance(answer, dict) or answer["error"] is not None:
            raise invalid_input("conversation_no_answer", device=echo.device.name)
        return str(answer["answer"] or "")
