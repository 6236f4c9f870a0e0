"""Media players of Echos, speaker groups and Fire TVs."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
import re
from typing import Any, Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import (
    ATTR_GROUP_MEMBERS,
    ATTR_MEDIA_EXTRA,
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
    RepeatMode,
)
from homeassistant.core import CALLBACK_TYPE, Event, ServiceResponse, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.restore_state import ExtraStoredData, RestoredExtraData, RestoreEntity

from ..cloud.model.commands import FireTvKey, PlaySearch, PlayVideo, PressFireTv, SetVolume, TextCommand
from ..cloud.model.devices import Device, Media, Player, PlayerState, Repeat, Volume
from ..cloud.phrases import phrases_for, sleep_sentence
from ..coordinator.players import PlayersCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, command_errors, invalid_input, player_entity_id, sendable
from ..features.play_media import IMAGE, QUEUE, ROUTINE, STATION, check_listed, command_of, is_stream, volume_of
from ..features.playback import PAUSE, PLAY, TextCommandEntity
from ..features.sounds import async_announce_sound
from ..features.speech import is_player
from ..features.targets import async_require_speakers
from .browse import MediaBrowsing
from .device_actions import AccountActions, PlayerSettings, SoundAnnouncement, VoiceHistory

# In percent: the step of the volume, and the volume after unmuting if the previous one is unknown.
VOLUME_STEP: Final = 5
UNMUTED: Final = 30

_PREVIOUS: Final = "previous_volume"


class VolumeControl(AlexaDeviceEntity[Player], MediaPlayerEntity, RestoreEntity):
    """The volume of a player; for a group, of its members."""

    coordinator: PlayersCoordinator
    _attr_volume_step = VOLUME_STEP / 100
    _before_mute: int | None = None
    _previous_volume: float | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the stored previous volume unless a newer one is known."""
        await super().async_added_to_hass()
        if stored := await self.async_get_last_extra_data():
            level = stored.as_dict().get(_PREVIOUS)
            if self._previous_volume is None and isinstance(level, int | float):
                self._previous_volume = float(level)

    @property
    @override
    def extra_restore_state_data(self) -> ExtraStoredData:
        """Return the previous volume (0–1, or None), to restore it after a restart."""
        return RestoredExtraData({_PREVIOUS: self._previous_volume})

    @property
    def _leaves(self) -> tuple[Device, ...]:
        """Return the devices whose volumes are those of the player (``DevicesCoordinator.leaves``)."""
        return self.runtime.devices.leaves(self.device)

    @property
    def _volumes(self) -> list[Volume]:
        """Return the known volumes of the devices in ``_leaves``."""
        players = [self.coordinator.data.get(leaf.serial) for leaf in self._leaves]
        return [player.volume for player in players if player and player.volume]

    @property
    def _level(self) -> int | None:
        """Return the mean of ``_volumes`` in percent, or None."""
        return _mean(self._volumes)

    @property
    def _latest(self) -> list[Volume]:
        """Return the volumes like ``_volumes``, but with sent values that Amazon has not confirmed yet."""
        return [volume for leaf in self._leaves if (volume := self.coordinator.latest_volume(leaf.serial))]

    @property
    @override
    def volume_level(self) -> float | None:
        """Return the volume (0–1), or None."""
        return None if (level := self._level) is None else level / 100

    @property
    @override
    def is_volume_muted(self) -> bool | None:
        """Return whether the player is muted or at volume 0; None if that is unknown."""
        return _is_silent(self._volumes)

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        """Set the volume (0–1)."""
        await self._async_set_level(round(volume * 100))

    @override
    async def async_volume_up(self) -> None:
        """Increase the volume by a step."""
        await self._async_step(VOLUME_STEP)

    @override
    async def async_volume_down(self) -> None:
        """Decrease the volume by a step."""
        await self._async_step(-VOLUME_STEP)

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        """Set the volume to 0; to unmute, restore it unless the player is known to be audible.

        Amazon has no command to mute. Setting a volume also unmutes the device.
        """
        level = _mean(self._latest)
        if mute:
            self._before_mute = level or self._before_mute
            await self._async_set_level(0)
        elif _is_silent(self._latest) is not False:
            await self._async_set_level(level or self._before_mute or UNMUTED)

    async def async_restore_volume(self) -> None:
        """Restore the volume from before Home Assistant last changed it (``alexa_media.restore_volume``)."""
        if self._previous_volume is None:
            raise invalid_input("previous_volume_unknown", device=self.device.name)
        await self.async_set_volume_level(self._previous_volume)

    async def _async_step(self, step: int) -> None:
        """Change the volume by ``step`` percentage points."""
        if (level := _mean(self._latest)) is None:
            with command_errors(self.hass, self.entry):
                volumes = await self.runtime.backend.async_volumes()
            # A step at the same time may have set the volume meanwhile.
            if (level := _mean(self._latest)) is None:
                level = _mean([volume for leaf in self._leaves if (volume := volumes.get(leaf.serial))])
        if level is None:
            raise invalid_input("volume_unknown")
        await self._async_set_level(min(100, max(0, level + step)))

    async def _async_set_level(self, level: int) -> None:
        """Set the volume in percent (0–100), and store the one before as the previous volume."""
        volume = Volume(level=level, muted=False)
        serials = [leaf.serial for leaf in self._leaves]
        with self.coordinator.writing_volume(serials, volume) as writes:
            await self.async_command(SetVolume(level=level))
            before = _mean([write.before for write in writes if write.before])
        self._previous_volume = None if before is None else before / 100
        # The push with the new volume may have arrived before the response.
        self.async_write_ha_state()
        self.runtime.temporary_volumes.async_written(serials, level)
        for serial in serials:
            player = self.coordinator.data.get(serial)
            # The push may arrive before the response.
            if not player or player.volume != volume:
                self.coordinator.async_expect(serial)


def _mean(volumes: Iterable[Volume]) -> int | None:
    """Return the mean of the known levels in percent, or None."""
    levels = [volume.level for volume in volumes if volume.level is not None]
    return round(sum(levels) / len(levels)) if levels else None


def _is_silent(volumes: Iterable[Volume]) -> bool | None:
    """Return whether all known volumes are muted or 0; ``None`` if none is known."""
    known = [volume for volume in volumes if volume.muted is not None or volume.level is not None]
    return all(volume.muted or volume.level == 0 for volume in known) if known else None


_ALWAYS: Final = (
    MediaPlayerEntityFeature.PLAY
    | MediaPlayerEntityFeature.PAUSE
    | MediaPlayerEntityFeature.STOP
    | MediaPlayerEntityFeature.PLAY_MEDIA
    | MediaPlayerEntityFeature.TURN_ON
    | MediaPlayerEntityFeature.TURN_OFF
    | MediaPlayerEntityFeature.VOLUME_SET
    | MediaPlayerEntityFeature.VOLUME_STEP
    | MediaPlayerEntityFeature.VOLUME_MUTE
)

# Features of a session by Amazon's name for the control.
_BY_CONTROL: Final = {
    "next": MediaPlayerEntityFeature.NEXT_TRACK,
    "previous": MediaPlayerEntityFeature.PREVIOUS_TRACK,
    "shuffle": MediaPlayerEntityFeature.SHUFFLE_SET,
    "repeat": MediaPlayerEntityFeature.REPEAT_SET,
}

_BY_SESSION: Final = (
    MediaPlayerEntityFeature.NEXT_TRACK
    | MediaPlayerEntityFeature.PREVIOUS_TRACK
    | MediaPlayerEntityFeature.SHUFFLE_SET
    | MediaPlayerEntityFeature.REPEAT_SET
    | MediaPlayerEntityFeature.SEEK
)

# Features of ``_ALWAYS`` that a provider with its own player supports only through text commands.
_BY_WORDS: Final = MediaPlayerEntityFeature.PLAY | MediaPlayerEntityFeature.PAUSE

# Amazon documents no limits; these are the integration's.
SHORTEST_SLEEP: Final = timedelta(minutes=1)
LONGEST_SLEEP: Final = timedelta(hours=12)

# Replaces larger positions (seconds), including infinity, which can't be sent.
_PAST_ANY_END: Final = 1_000_000_000.0

_STATES: Final = {
    PlayerState.PLAYING: MediaPlayerState.PLAYING,
    PlayerState.PAUSED: MediaPlayerState.PAUSED,
    PlayerState.INTERRUPTED: MediaPlayerState.PAUSED,
}

_REPEAT: Final = {Repeat.OFF: RepeatMode.OFF, Repeat.ALL: RepeatMode.ALL}


class AlexaMediaPlayer(
    TextCommandEntity, VolumeControl, PlayerSettings, AccountActions, MediaBrowsing, SoundAnnouncement, VoiceHistory
):
    """Media player of an Echo or a speaker group."""

    _attr_name = None
    _attr_translation_key = "device"
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_media_image_remotely_accessible = True

    def __init__(self, entry: AlexaConfigEntry, coordinator: PlayersCoordinator, device: Device) -> None:
        """Initialize the main entity of a device."""
        super().__init__(entry, coordinator, device)
        self._followed: tuple[str, ...] = ()
        self._is_added = False
        self._unfollow: list[CALLBACK_TYPE] = []
        self._shown_volume: tuple[int | None, bool | None] | None = None

    # --- state -----------------------------------------------------------------------

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        """Return the supported features, which depend on the device, the account and the session."""
        features = _ALWAYS | self._announce_features
        if self._library:
            features |= MediaPlayerEntityFeature.BROWSE_MEDIA | MediaPlayerEntityFeature.SEARCH_MEDIA
        if self._paired is not None:
            features |= MediaPlayerEntityFeature.SELECT_SOURCE
        if self._equalizer:
            features |= MediaPlayerEntityFeature.SELECT_SOUND_MODE
        if (session := self._session) is None:
            # Without a session all of these succeed and do nothing: scripts and groups need not check.
            return features | _BY_SESSION
        external = self._is_external
        if external and self._phrases is None:
            return features & ~_BY_WORDS
        for control, feature in _BY_CONTROL.items():
            if control in session.controls:
                features |= feature
        if session.media.duration and "playPause" in session.controls and not external:
            features |= MediaPlayerEntityFeature.SEEK
        return features

    @callback
    def _async_take_media(self) -> None:
        """Set the media attributes from the session."""
        if session := self._session:
            self._last_session = session
        media = session.media if session else Media()
        self._attr_state = _STATES[session.state] if session else MediaPlayerState.IDLE
        # Amazon does not distinguish media types.
        self._attr_media_content_type = MediaType.MUSIC if session else None
        self._attr_media_title = media.title
        self._attr_media_artist = media.artist
        self._attr_media_album_name = media.album
        # Parentheses would end a ``url()`` in CSS.
        self._attr_media_image_url = media.art_url and media.art_url.replace("(", "%28").replace(")", "%29")
        self._attr_media_duration = _whole(media.duration)
        self._attr_media_position = _whole(media.position)
        self._attr_media_position_updated_at = media.position_at
        self._attr_app_name = media.provider
        self._attr_shuffle = session.shuffle if session else None
        self._attr_repeat = _REPEAT[session.repeat] if session and session.repeat else None

    # --- groups ----------------------------------------------------------------------

    @property
    def _volume(self) -> tuple[int | None, bool | None]:
        """Return the volume in percent and whether the player is muted, as shown in the state."""
        volumes = self._volumes
        return _mean(volumes), _is_silent(volumes)

    @property
    def _shown_group(self) -> Device | None:
        """Return the group whose members are shown: this one or the one that the player is playing in, or None."""
        return self.device if self.device.members else self._playing_group

    @property
    @override
    def group_members(self) -> list[str] | None:
        """Return the entity ids of the players in this group or in the group that the player is playing in, or None."""
        if (group := self._shown_group) is None:
            return None
        ids = (player_entity_id(self.hass, self.entry, leaf.serial) for leaf in self.runtime.devices.leaves(group))
        return [entity_id for entity_id in ids if entity_id]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return alexa_media_player's attributes, and those for the audio quality and the members of a group.

        ``previous_volume`` is from 0 to 1. Home Assistant itself shows group members only for players that support
        joining.
        """
        attributes: dict[str, Any] = {"available": self.available, "previous_volume": self._previous_volume}
        if self._session and self._session.media.quality:
            attributes["media_quality"] = self._session.media.quality
        attributes |= self._history_attributes
        if (members := self.group_members) is not None:
            attributes[ATTR_GROUP_MEMBERS] = members
        if (paired := self._paired) is not None:
            attributes["connected_bluetooth"] = next((n for n, device in paired.items() if device.connected), None)
            attributes["bluetooth_list"] = list(paired)
        return attributes

    @override
    async def async_added_to_hass(self) -> None:
        """Set the media attributes, and add listeners for the members of the shown group."""
        await super().async_added_to_hass()
        self._is_added = True
        self._async_take_media()
        self._async_follow_members()
        self._shown_volume = self._volume
        self.async_on_remove(self._async_end_following)

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Update the media attributes and the listeners for the members, and write the state."""
        self._async_take_media()
        self._async_follow_members()
        self._shown_volume = self._volume
        super()._handle_coordinator_update()

    @callback
    def _async_member_changed(self) -> None:
        """Write the state if the volume of the group changed; nothing else depends on the players of its members."""
        volume = self._volume
        if volume != self._shown_volume:
            self._shown_volume = volume
            self.async_write_ha_state()

    @callback
    def _async_members_changed(self, _event: Event[er.EventEntityRegistryUpdatedData] | None = None) -> None:
        """Update the listeners for the members, and write the state if it changed.

        An event that is being handled may arrive after the entity is removed.
        """
        if not self._is_added:
            return
        self._async_follow_members()
        shown = self.hass.states.get(self.entity_id)
        if shown and shown.attributes.get(ATTR_GROUP_MEMBERS) != self.group_members:
            self._shown_volume = self._volume
            self.async_write_ha_state()
        else:
            self._async_member_changed()

    @callback
    def _async_follow_members(self) -> None:
        """Follow the shown group, its members and their entity ids.

        A group also follows the players of its members, because its volume depends on theirs.
        """
        devices, group = self.runtime.devices, self._shown_group
        below = () if group is None else (group.serial, *devices.members_of(group))
        if below == self._followed or not self._is_added:
            return
        self._async_unfollow()
        self._followed = below
        for serial in below:
            if serial != self.serial:
                self._unfollow.append(devices.async_add_listener(self._async_members_changed, serial))
                if self.device.is_group:
                    self._unfollow.append(self.coordinator.async_add_listener(self._async_member_changed, serial))
        if below:
            changed = er.EVENT_ENTITY_REGISTRY_UPDATED
            self._unfollow.append(self.hass.bus.async_listen(changed, self._async_members_changed, is_player))

    @callback
    def _async_end_following(self) -> None:
        """Remove the listeners for good."""
        self._is_added = False
        self._async_unfollow()

    @callback
    def _async_unfollow(self) -> None:
        """Remove the listeners that ``_async_follow_members`` has added."""
        for unfollow in self._unfollow:
            unfollow()
        self._followed, self._unfollow = (), []

    # --- commands --------------------------------------------------------------------

    @override
    async def async_media_play(self) -> None:
        """Resume; without a session, try to resume what was last played."""
        if self._session:
            await self._async_transport(PLAY)
        else:
            await self._async_resume()

    @override
    async def async_media_pause(self) -> None:
        await self._async_transport(PAUSE)

    @override
    async def async_media_stop(self) -> None:
        await self._async_stop()

    @override
    async def async_turn_on(self) -> None:
        """Do nothing, because an Echo is always on.

        Home Assistant calls this when a scene restores a player that was not off.
        """

    @override
    async def async_turn_off(self) -> None:
        """Pause the playback, because an Echo cannot be turned off."""
        if self.state is not MediaPlayerState.PAUSED:
            await self.async_media_pause()

    @override
    async def async_media_next_track(self) -> None:
        """Play the next track."""
        await self._async_transport("NextCommand")

    @override
    async def async_media_previous_track(self) -> None:
        """Play the previous track."""
        await self._async_transport("PreviousCommand")

    @override
    async def async_media_seek(self, position: float) -> None:
        """Seek to a position in seconds; Amazon refuses one that is past the end."""
        position = min(position, _PAST_ANY_END)
        await self._async_transport("SeekCommand", mediaPosition=round(position), contentFocusClientId=None)

    async def async_forward(self) -> None:
        """Skip forward a few seconds; Amazon decides how many (``alexa_media.forward``)."""
        await self._async_transport("ForwardCommand")

    async def async_rewind(self) -> None:
        """Skip back a few seconds; Amazon decides how many (``alexa_media.rewind``)."""
        await self._async_transport("RewindCommand")

    async def async_send_fire_tv_command(self, command: str) -> None:  # noqa: ARG002 - for Fire TVs
        """Raise ``ServiceValidationError``: only a Fire TV has keys (``alexa_media.send_fire_tv_command``)."""
        raise invalid_input("not_a_fire_tv", device=self.device.name)

    async def async_set_sleep_timer(self, duration: timedelta) -> None:
        """Set a sleep timer with a text command (``alexa_media.set_sleep_timer``).

        Sends nothing if it is certain that there is no session.
        """
        if not SHORTEST_SLEEP <= duration <= LONGEST_SLEEP:
            raise invalid_input("sleep_timer_invalid")
        listener = self._listener
        if (phrases := phrases_for(listener.locale)) is None:
            raise invalid_input("alarm_language", locale=listener.locale or "?", device=listener.name)
        if not self._is_idle:
            await self.async_command(TextCommand(text=sleep_sentence(phrases, duration)), listener)

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self._async_transport("ShuffleCommand", shuffle=shuffle)

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        """Turn repeating of the queue on or off; Amazon cannot repeat a single track."""
        if repeat is RepeatMode.ONE:
            raise invalid_input("repeat_one_unsupported")
        await self._async_transport("RepeatCommand", repeat=repeat is RepeatMode.ALL)

    @override
    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Play music, a station, a queue item, a sound, a text command, a sequence, a skill, a routine or an image.

        A file or a stream is only played with ``announce``, as set by ``tts.speak``; other media ignore it. Amazon does
        not support adding to the queue.
        """
        await async_require_speakers(self)
        media_type, extra = str(media_type), dict(kwargs.get(ATTR_MEDIA_EXTRA) or {})
        if announce and is_stream(media_type, media_id) and media_id:
            await async_announce_sound(self, media_id, volume_of(media_type, extra, announced=True))
            return
        if not is_stream(media_type, media_id):
            check_listed(media_type, media_id)
            media_type = await self._async_content_type(media_type)
        volume = volume_of(media_type, extra)
        if enqueue in (MediaPlayerEnqueue.ADD, MediaPlayerEnqueue.NEXT):
            raise invalid_input("enqueue_unsupported")
        if media_type in (QUEUE, STATION):
            before = self.value
            await self._async_play_listed(media_type, media_id, volume)
            self._async_expect(before)
            return
        if media_type == ROUTINE:
            await self._async_set_media_volume(volume)
            await self.async_run_routine(media_id)
            return
        if media_type == IMAGE:
            await self.async_set_background(media_id)
            return
        before = self.value
        command = command_of(media_type, media_id, extra, group=self.device.is_group)
        if isinstance(command, PlaySearch):
            command = await self._async_checked(command)
        await self._async_set_media_volume(volume)
        await self.async_command(command, self._listener if isinstance(command, TextCommand) else None)
        if isinstance(command, PlaySearch):
            self._async_expect(before)

    async def _async_set_media_volume(self, volume: float | None) -> None:
        """Set the volume (0–1) before media is played, if a volume is given."""
        if volume is not None:
            await self.async_set_volume_level(volume)

    async def _async_play_listed(self, media_type: str, media_id: str, volume: float | None) -> None:
        """Play a queue item or a station, at a volume (0–1) if given."""
        if media_type == QUEUE:
            if not self._session:
                raise invalid_input("queue_empty")
            await self._async_set_media_volume(volume)
            await self._async_transport("JumpCommand", mediaId=media_id)
            return
        if (library := self._library) is None:
            raise invalid_input("group_music")
        if not re.fullmatch(r"s\d+", media_id):
            raise invalid_input("station_unknown", station=media_id)
        await self._async_set_media_volume(volume)
        with command_errors(self.hass, self.entry):
            await library.api.async_play_station(media_id, self.device)

    async def async_get_queue(self) -> ServiceResponse:
        """Return the current track and the next ones as ``queue``, which may be empty (``alexa_media.get_queue``)."""
        if (library := self._library) is None:
            return {"queue": []}
        with command_errors(self.hass, self.entry):
            items = await library.api.async_queue(self.device)
        return {"queue": [asdict(item) for item in items]}


def _whole(seconds: float | None) -> int | None:
    """Return whole seconds, rounded down, or None."""
    return None if seconds is None else int(seconds)


class AlexaFireTv(AlexaMediaPlayer):
    """A Fire TV with the commands of the Alexa app; Amazon reports neither its power state nor its video."""

    _attr_device_class = MediaPlayerDeviceClass.TV

    @override
    @callback
    def _async_take_media(self) -> None:
        """Set the media attributes; without a session the state is unknown, so that no scene turns on the TV."""
        super()._async_take_media()
        if self._session is None:
            self._attr_state = None

    @override
    async def async_turn_on(self) -> None:
        await self.async_send_fire_tv_command(FireTvKey.TURN_ON)

    @override
    async def async_turn_off(self) -> None:
        await self.async_send_fire_tv_command(FireTvKey.TURN_OFF)

    @override
    async def async_media_play(self) -> None:
        """Resume the session (music), or the video if there is no session."""
        await (super().async_media_play() if self._session else self.async_send_fire_tv_command(FireTvKey.RESUME))

    @override
    async def async_media_pause(self) -> None:
        """Pause the session (music), or the video if there is no session."""
        await (super().async_media_pause() if self._session else self.async_send_fire_tv_command(FireTvKey.PAUSE))

    @override
    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Search for a video and play it (type ``video``), or play other media as on an Echo."""
        if media_type != MediaType.VIDEO:
            await super().async_play_media(media_type, media_id, enqueue, announce, **kwargs)
            return
        if not (phrase := sendable(media_id)):
            raise invalid_input("media_id_empty", media_type=str(media_type))
        await self.async_command(PlayVideo(phrase=phrase))

    @override
    async def async_send_fire_tv_command(self, command: str) -> None:
        """Press a key of the Fire TV (``alexa_media.send_fire_tv_command``)."""
        await self.async_command(PressFireTv(key=FireTvKey(command)))
