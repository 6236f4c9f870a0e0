"""Text commands of a media player, and the answers to them."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse

from ..cloud.model.commands import TextCommand
from ..cloud.model.devices import Device
from ..coordinator.questions import Question
from ..entity import invalid_input, sendable
from .playback import PlaybackEntity

ATTR_TEXT_COMMAND: Final = "text_command"
ATTR_TIMEOUT: Final = "timeout"

# Seconds; the last read of the history follows 8 s after the words.
SHORTEST_WAIT: Final = 3.0
LONGEST_WAIT: Final = 15.0
DEFAULT_WAIT: Final = 10.0

# Value of ``error`` if Alexa's answer was not found in time.
NO_ANSWER: Final = "no_answer"


class TextCommandEntity(PlaybackEntity):
    """A media player that takes text commands; a speaker group takes them through one of its Echos."""

    async def async_send_text_command(self, text: str) -> None:
        """Send a text command, as if it had been spoken to the device.

        Raises ``ServiceValidationError`` for a text that cannot be sent, ``HomeAssistantError`` if Amazon refuses it.
        """
        listener, words = self._listener, _checked(text)
        await self._async_send(listener, words)

    async def async_ask(self, text: str, longest: float) -> ServiceResponse:
        """Send a text command and return Alexa's answer; ``longest`` is in seconds.

        Raises as ``async_send_text_command`` does, and ``ServiceValidationError`` for an account without history. An
        answer that is not found in time is no error: the words have been sent.
        """
        listener, words = self._listener, _checked(text)
        if (history := self.runtime.history) is None:
            raise invalid_input("history_unsupported")
        begun = self.hass.loop.time()
        if (question := await self._async_send(listener, words)) is None:
            raise invalid_input("history_unsupported")
        await history.questions.async_answer(question, history.hint_delay, longest)
        return _answer(question, listener, words, self.hass.loop.time() - begun)

    async def _async_send(self, listener: Device, words: str) -> Question | None:
        """Send words to an Echo; return the question, or None for an account without history."""
        history = self.runtime.history
        question = history.questions.async_expect(listener.serial, words) if history else None
        await self.async_command(TextCommand(text=words), listener)
        return question


async def async_send_text_command(player: TextCommandEntity, call: ServiceCall) -> ServiceResponse:
    """Handle ``alexa_media.send_text_command`` for one player."""
    if call.return_response:
        return await async_ask(player, call)
    await player.async_send_text_command(call.data[ATTR_TEXT_COMMAND])
    return None


async def async_ask(player: TextCommandEntity, call: ServiceCall) -> ServiceResponse:
    """Handle ``alexa_media.ask`` for one player."""
    return await player.async_ask(call.data[ATTR_TEXT_COMMAND], call.data.get(ATTR_TIMEOUT, DEFAULT_WAIT))


def _checked(text: str) -> str:
    """Return a text command as it is sent; raises ``ServiceValidationError``."""
    if not (words := sendable(text)):
        raise invalid_input("text_command_empty")
    return words


def _answer(question: Question, listener: Device, words: str, seconds: float) -> dict[str, Any]:
    """Return the response of a question; ``milliseconds`` is None without an answer."""
    record = question.record
    error = None if record else question.error.reason if question.error else NO_ANSWER
    return {
        "device": listener.name,
        "text": (record and record.text) or words,
        "answer": record.response if record else None,
        "intent": record.intent if record else None,
        "found_by": question.found_by.value if question.found_by else None,
        "milliseconds": round(seconds * 1000) if record else None,
        "error": error,
    }
