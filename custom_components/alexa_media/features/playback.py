"""Playback commands for Amazon's player or a provider's own player (such as Spotify), and text commands."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, override

from homeassistant.core import EntityServiceResponse, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonObjectType

from ..cloud.errors import AlexaNoPlayerError
from ..cloud.model.commands import Command, PlayerCommand, Stop, TextCommand
from ..cloud.model.devices import Device, Player, PlayerState, Session
from ..cloud.phrases import PlayerPhrases, player_phrases_for, player_sentence
from ..coordinator.players import PlayersCoordinator
from ..coordinator.questions import Question
from ..entity import AlexaDeviceEntity, command_errors, invalid_input, most_serious, sendable
from .targets import async_require_speakers

PLAY: Final = "PlayCommand"
PAUSE: Final = "PauseCommand"

# States with a session to control; interrupted playback can be resumed.
ACTIVE: Final = (PlayerState.PLAYING, PlayerState.PAUSED, PlayerState.INTERRUPTED)

_STATE_AFTER: Final = {PLAY: PlayerState.PLAYING, PAUSE: PlayerState.PAUSED}


class PlaybackEntity(AlexaDeviceEntity[Player]):
    """Base class for entities that control the playback of a device, or of the group in which it is playing.

    Amazon refuses player commands for a session in a provider's own player (404 ``UnsupportedProviderException``), so
    text commands replace them where possible.
    """

    coordinator: PlayersCoordinator
    _last_session: Session | None = None

    @property
    def _session(self) -> Session | None:
        """Return the playing, paused or interrupted session, or None."""
        session = self.value.session if self.value else None
        return session if session and session.state in ACTIVE else None

    @property
    def _playing_group(self) -> Device | None:
        """Return the group whose session this device plays as a member, or None."""
        return self.coordinator.playing_group(self.serial) if self._session else None

    @property
    def _phrases(self) -> PlayerPhrases | None:
        """Return the playback phrases in the language of the device that receives text commands, or None."""
        return player_phrases_for(self._listener.locale)

    @property
    def _listener(self) -> Device:
        """Return the device that receives text commands; for a group, usually one of its Echos."""
        return self.runtime.devices.listener(self.device)

    @property
    def _is_external(self) -> bool:
        """Return whether the session is known not to accept Amazon's commands."""
        session = self._session
        return session is not None and self.coordinator.is_external(session)

    @property
    def _is_idle(self) -> bool:
        """Return whether it is certain that no session is playing, paused or interrupted."""
        return self._session is None and self.coordinator.is_current

    @override
    async def async_command(self, command: Command, target: Device | None = None) -> None:
        """Run a command; raises like ``async_require_speakers``."""
        await async_require_speakers(self)
        await super().async_command(command, target)

    async def _async_transport(self, kind: str, **fields: str | float | bool | None) -> None:
        """Send a playback command; does nothing if it is certain that there is no session."""
        await async_require_speakers(self)
        if self._is_idle:
            return
        before = self.value
        with command_errors(self.hass, self.entry):
            if self._is_external or not await self._async_sent(kind, fields):
                await self._async_send_phrase(kind, fields)
        self._async_expect(before)

    async def _async_resume(self) -> None:
        """Try to resume what was last played."""
        await async_require_speakers(self)
        with command_errors(self.hass, self.entry):
            last = self._last_session
            if last is None or not self.coordinator.is_external(last):
                await self._async_sent(PLAY, {})
            elif self._phrases is not None:
                await self._async_send_phrase(PLAY, {})

    async def _async_stop(self) -> None:
        """Stop playback, also in a provider's own player."""
        await async_require_speakers(self)
        if self._is_idle:
            return
        before = self.value
        await self.async_command(Stop(), self._playing_group)
        self._async_expect(before)

    async def _async_sent(self, kind: str, fields: dict[str, str | float | bool | None]) -> bool:
        """Send a command to Amazon's player; return False if that player does not control the session.

        Such a session uses a provider's own player, or its queue has expired.
        """
        target = self._playing_group or self.device
        try:
            with self.coordinator.writing_modes(self._session, fields):
                await self.runtime.backend.async_player_command(PlayerCommand(type=kind, fields=fields), target)
        except AlexaNoPlayerError as err:
            await self.coordinator.async_read_sessions()
            if (session := self._session) is None:
                return True
            if not err.expired and self.coordinator.last_update_success:
                self.coordinator.async_note_external(session)
            return False
        return True

    async def _async_send_phrase(self, kind: str, fields: dict[str, str | float | bool | None]) -> None:
        """Send a command as text to an Echo, unless the session already has the requested state.

        Raises ``ServiceValidationError`` if there is no phrase for the command, or none in the language of the Echo.
        Raises ``AlexaError`` if the request fails.
        """
        session, listener = self._session, self._listener
        if session is not None and session.state is _STATE_AFTER.get(kind):
            return
        last = session or self._last_session
        provider = (last.media.provider if last else None) or "The music service"
        if (phrases := self._phrases) is None:
            locale = listener.locale or "?"
            raise invalid_input("external_language", provider=provider, device=listener.name, locale=locale)
        if (words := player_sentence(phrases, kind, fields)) is None:
            raise invalid_input("external_control", provider=provider, device=self.device.name)
        await self.runtime.backend.async_execute(TextCommand(text=words), (listener,))

    @callback
    def _async_expect(self, before: Player | None) -> None:
        """Expect a push about this player unless its state has changed since ``before``."""
        if self.value == before:
            self.coordinator.async_expect(self.serial)


ATTR_TEXT_COMMAND: Final = "text_command"
ATTR_TIMEOUT: Final = "timeout"

# Time limits for an answer in seconds. The last read of the history is about 8 s after the text command.
SHORTEST_WAIT: Final = 3.0
LONGEST_WAIT: Final = 15.0
DEFAULT_WAIT: Final = 10.0

# Value of ``error`` if Alexa's answer was not found in time.
NO_ANSWER: Final = "no_answer"


class TextCommandEntity(PlaybackEntity):
    """A media player that accepts text commands."""

    async def async_send_text_command(self, text: str) -> None:
        """Send a text command, as if it had been spoken to the device.

        Raises ``ServiceValidationError`` for an invalid text, and ``HomeAssistantError`` if Amazon does not accept it.
        """
        listener, words = self._listener, _checked(text)
        await self._async_send(listener, words)

    async def async_ask(self, text: str, longest: float) -> JsonObjectType:
        """Send a text command and return Alexa's answer; ``longest`` is the time limit in seconds.

        Raises like ``async_send_text_command``, and ``ServiceValidationError`` for an account without history. An
        answer that is not found in time is not an error, because the command was sent.
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
        """Send a text command to an Echo; return the question, or None for an account without history."""
        history = self.runtime.history
        question = history.questions.async_expect(listener.serial, words) if history else None
        await self.async_command(TextCommand(text=words), listener)
        return question


async def async_send_text_commands(players: list[TextCommandEntity], call: ServiceCall) -> EntityServiceResponse | None:
    """Handle ``alexa_media.send_text_command``, as ``alexa_media.ask`` if the caller requests a response.

    Without a response, raises the most serious error after all Echos were tried.
    """
    if call.return_response:
        return await async_ask_all(players, call)
    text = call.data[ATTR_TEXT_COMMAND]
    results = await _async_each(players, call, lambda player: player.async_send_text_command(text))
    if errors := [result for result in results if isinstance(result, BaseException)]:
        raise most_serious(errors)
    return None


async def async_ask_all(players: list[TextCommandEntity], call: ServiceCall) -> EntityServiceResponse:
    """Handle ``alexa_media.ask``: return the answer or the error of each Echo, by entity id.

    Raises the most serious error if the command failed for all Echos, or if an exception is not a
    ``HomeAssistantError``.
    """
    text, longest = call.data[ATTR_TEXT_COMMAND], call.data.get(ATTR_TIMEOUT, DEFAULT_WAIT)
    results = await _async_each(players, call, lambda player: player.async_ask(text, longest))
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors and (len(errors) == len(results) or not all(isinstance(err, HomeAssistantError) for err in errors)):
        raise most_serious(errors)
    return {
        player.entity_id: _refusal(player.device, text, result) if isinstance(result, BaseException) else result
        for player, result in zip(players, results, strict=True)
    }


async def _async_each[T](
    players: Iterable[TextCommandEntity], call: ServiceCall, act: Callable[[TextCommandEntity], Coroutine[Any, Any, T]]
) -> list[T | BaseException]:
    """Call ``act`` for all players at once, so that requests are merged; return its results or exceptions."""

    async def one(player: TextCommandEntity) -> T:
        player.async_set_context(call.context)
        return await act(player)

    return await asyncio.gather(*map(one, players), return_exceptions=True)


def _checked(text: str) -> str:
    """Return a validated text command; raises ``ServiceValidationError``."""
    if not (words := sendable(text)):
        raise invalid_input("text_command_empty")
    return words


def _refusal(device: Device, words: str, err: BaseException) -> JsonObjectType:
    """Return the response for an Echo for which the command failed."""
    unknown = dict.fromkeys(("answer", "intent", "found_by", "milliseconds"))
    return {"device": device.name, "text": words, **unknown, "error": str(err) or type(err).__name__}


def _answer(question: Question, listener: Device, words: str, seconds: float) -> JsonObjectType:
    """Return the response for a question; ``milliseconds`` is None if no history record was found."""
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
