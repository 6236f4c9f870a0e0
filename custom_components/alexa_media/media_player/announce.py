"""Playing a sound of Home Assistant's on a player: what ``tts.speak`` of any engine comes down to."""

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import MediaPlayerEntityFeature

from ..audio import async_shelf, public_url, required_public_url
from ..entity import AlexaDeviceEntity, invalid_input
from ..models import Player
from ..speech import DoNotDisturb, Kind, Message, async_say, can_speak, echo_players, recipients_of


class SoundAnnouncement(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """A player that says what another engine has spoken, where the options give a public https address."""

    @property
    def _announce_features(self) -> MediaPlayerEntityFeature:
        """Return the feature while there is an address where Amazon can fetch sounds."""
        is_able = can_speak(self.device) and public_url(self.entry) is not None
        return MediaPlayerEntityFeature.MEDIA_ANNOUNCE if is_able else MediaPlayerEntityFeature(0)

    async def _async_announce_sound(self, source: str, volume: float | None = None) -> None:
        """Play a media source or an address as speech: after what is being spoken, and not as music.

        ``volume`` (0 to 1) counts for as long as it plays.

        Do Not Disturb does not keep it from a player that was named, as with any text.
        Raises ``ServiceValidationError`` for what can never be played, ``HomeAssistantError``
        for what could not be now.
        """
        hass, root = self.hass, required_public_url(self.entry)
        shelf = async_shelf(hass)
        sound = await shelf.async_prepare(source, self.entity_id)
        # what has become of the player in the meantime counts
        players = echo_players(hass)
        if (player := players.get(self.entity_id)) is None:
            raise invalid_input("speech_no_target")
        message = Message(
            kind=Kind.SPEAK,
            text=sound.ssml(root),
            volume=None if volume is None else round(volume * 100),
            sound_seconds=sound.seconds,
            dnd=DoNotDisturb.AMAZON,
        )
        with shelf.offer(sound):
            report = await async_say(hass, message, recipients_of(players, [player]))
        report.raise_errors()
