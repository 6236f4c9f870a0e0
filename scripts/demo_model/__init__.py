"""A language model for the demo: it calls the tool that its prompt names, and answers with the result as JSON."""

import json
from typing import Literal, override

from homeassistant.components.conversation import (
    AssistantContent,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
)
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.helpers.llm import LLM_API_ASSIST, ToolInput
from homeassistant.helpers.typing import ConfigType

DOMAIN = "demo_model"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Add the agent."""
    await hass.data[DATA_COMPONENT].async_add_entities([DemoModel()])
    return True


class DemoModel(ConversationEntity):
    """Conversation agent with Assist's tools.

    Its prompt is "tools", or the name of a tool and its arguments as JSON.
    """

    _attr_name = "Demo model"
    _attr_unique_id = DOMAIN

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Return all languages."""
        return MATCH_ALL

    @override
    async def _async_handle_message(self, user_input: ConversationInput, chat_log: ChatLog) -> ConversationResult:
        """Answer with the names of the tools, or with the result of one tool."""
        await chat_log.async_provide_llm_data(user_input.as_llm_context(DOMAIN), [LLM_API_ASSIST])
        tool, _, args = user_input.text.partition(" ")
        if tool == "tools":
            answer = json.dumps([each.name for each in chat_log.llm_api.tools] if chat_log.llm_api else [])
        else:
            call = ToolInput(tool, json.loads(args or "{}"))
            content = AssistantContent(agent_id=user_input.agent_id, content=None, tool_calls=[call])
            results = [result.result.data async for result in chat_log.async_add_assistant_content(content)]
            answer = json.dumps(results[0])
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(answer)
        chat_log.async_add_assistant_content_without_tools(
            AssistantContent(agent_id=user_input.agent_id, content=answer)
        )
        return ConversationResult(response=response, conversation_id=chat_log.conversation_id)
