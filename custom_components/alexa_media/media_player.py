"""The player of a device: what it plays, how loud, and what it is asked to play."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
import re
from typing import Any, Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import (
    ATTR_GROUP_MEMBERS,
    ATTR_MEDIA_EXTRA,
    DOMAIN as MEDIA_PLAYER_DOMAIN,
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
    RepeatMode,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .backend import Command, LaunchSkill, PlaySearch, PlaySound, RunSequence, SetVolume, Stop, TextCommand
from .const import DOMAIN
from .coordinator import AlexaConfigEntry, PlayersCoordinator
from .entity import AlexaDeviceEntity, async_setup_entities, invalid_input, player_unique_id
from .models import Device, Media, Player, PlayerState, Repeat, Session, Volume

PARALLEL_UPDATES = 0

# Percent, and what an Echo is unmuted to when nobody knows how loud it was.
VOLUME_STEP: Final = 5
UNMUTED: Final = 30

# Several presses of a volume button in a row count from each other, not from what Amazon
# has confirmed so far (seconds).
STEP_MEMORY: Final = 5.0

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

# What a session allows by Amazon's name of the control.
_BY_CONTROL: Final = {
    "next": MediaPlayerEntityFeature.NEXT_TRACK,
    "previous": MediaPlayerEntityFeature.PREVIOUS_TRACK,
    "shuffle": MediaPlayerEntityFeature.SHUFFLE_SET,
    "repeat": MediaPlayerEntityFeature.REPEAT_SET,
}

_STATES: Final = {
    PlayerState.PLAYING: MediaPlayerState.PLAYING,
    PlayerState.PAUSED: MediaPlayerState.PAUSED,
    PlayerState.INTERRUPTED: MediaPlayerState.PAUSED,
}

_REPEAT: Final = {Repeat.OFF: RepeatMode.OFF, Repeat.ALL: RepeatMode.ALL}

_PROVIDER: Final = re.compile(r"[A-Z][A-Z0-9_]*")

# The content types besides those of music providers, as alexa_media_player names them.
_SIMPLE_TYPES: Final[dict[str, Callable[[str], Command]]] = {
    "sound": lambda media_id: PlaySound(sound=media_id),
    "custom": lambda media_id: TextCommand(text=media_id),
    "skill": lambda media_id: LaunchSkill(skill_id=media_id),
}
_SEQUENCE: Final = "sequence"
_KNOWN_TYPES: Final = ", ".join(("AMAZON_MUSIC", "SPOTIFY", "TUNEIN", *sorted((*_SIMPLE_TYPES, _SEQUENCE))))


def command_of(media_type: str, media_id: str, extra: Mapping[str, Any], *, group: bool) -> Command:
    """Return the command that ``media_player.play_media`` asks for.

    ``media_type`` is one of alexa_media_player's words or the id of a music provider in
    capitals, ``extra`` what the action gave besides. ``group`` says whether it is for a
    group of speakers. Raises ``ServiceValidationError`` for what Alexa cannot do.
    """
    if media_type == MediaType.MUSIC or "/" in media_type or media_id.startswith("media-source://"):
        raise invalid_input("streaming_unsupported")
    media_id = media_id.strip()
    if not media_id:
        raise invalid_input("media_id_empty", media_type=media_type)
    if simple := _SIMPLE_TYPES.get(media_type):
        return simple(media_id)
    if media_type == _SEQUENCE:
        return RunSequence(name=media_id, extra=_scalars(extra))
    if not _PROVIDER.fullmatch(media_type):
        raise invalid_input("media_type_unknown", media_type=media_type, known=_KNOWN_TYPES)
    if group:
        raise invalid_input("group_music")
    return PlaySearch(provider=media_type, phrase=media_id, timer=_timer(extra))


def _scalars(extra: Mapping[str, Any]) -> Mapping[str, str | int | float | bool]:
    """Return the fields of a sequence; Amazon takes no lists and no objects there."""
    for name, value in extra.items():
        if not isinstance(value, str | int | float | bool):
            raise invalid_input("extra_not_scalar", name=name)
    return dict(extra)


def _timer(extra: Mapping[str, Any]) -> int | None:
    """Return after how many seconds the music is to end."""
    value = extra.get("timer")
    if value is None:
        return None
    try:
        seconds = 0 if isinstance(value, bool) else int(value)
    except TypeError, ValueError:
        seconds = 0
    if seconds <= 0:
        raise invalid_input("timer_invalid", value=str(value))
    return seconds


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device."""
    devices = entry.runtime_data.devices
    players = entry.runtime_data.players
    if players is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaMediaPlayer]]]:
        for device in devices.data.values():
            yield (
                player_unique_id(entry, device.serial),
                partial(AlexaMediaPlayer, entry, players, device),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaMediaPlayer(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """An Echo, or a group of them.

    What is shown is what the cloud says: a command changes it only once Amazon confirms.
    """

    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_media_image_remotely_accessible = True
    _attr_volume_step = VOLUME_STEP / 100

    def __init__(self, entry: AlexaConfigEntry, coordinator: PlayersCoordinator, device: Device) -> None:
        """Be the main entity of a device."""
        super().__init__(entry, coordinator, device, "")
        self._followed: tuple[str, ...] = ()
        self._unfollow: list[CALLBACK_TYPE] = []
        self._before_mute: int | None = None
        self._stepped: tuple[int, float] | None = None

    # --- what is played --------------------------------------------------------------

    @property
    def _session(self) -> Session | None:
        """Return what is played or paused, if anything."""
        session = self.value.session if self.value else None
        return session if session and session.state in _STATES else None

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        """Return what can be done always, and what the session allows."""
        features = _ALWAYS
        if session := self._session:
            for control, feature in _BY_CONTROL.items():
                if control in session.controls:
                    features |= feature
            if session.media.duration and "playPause" in session.controls:
                features |= MediaPlayerEntityFeature.SEEK
        return features

    @callback
    def _async_take_media(self) -> None:
        """Take over what the session tells.

        Amazon does not tell kinds of media apart: all is music. Brackets, which it leaves in
        addresses of pictures, would end a ``url()`` of CSS. The position is the one at
        ``media_position_updated_at``.
        """
        session = self._session
        media = session.media if session else Media()
        self._attr_state = _STATES[session.state] if session else MediaPlayerState.IDLE
        self._attr_media_content_type = MediaType.MUSIC if session else None
        self._attr_media_title = media.title
        self._attr_media_artist = media.artist
        self._attr_media_album_name = media.album
        self._attr_media_image_url = media.art_url and media.art_url.replace("(", "%28").replace(")", "%29")
        self._attr_media_duration = _whole(media.duration)
        self._attr_media_position = _whole(media.position)
        self._attr_media_position_updated_at = media.position_at
        self._attr_app_name = media.provider
        self._attr_shuffle = session.shuffle if session else None
        self._attr_repeat = _REPEAT[session.repeat] if session and session.repeat else None

    # --- groups ----------------------------------------------------------------------

    @property
    def _playing_group(self) -> Device | None:
        """Return the group whose session this device plays as a member of it."""
        if self._session is None:
            return None
        serials = self._session.serials
        groups = [
            device
            for device in self.runtime.devices.data.values()
            if self.serial in device.members
            and (player := self.coordinator.data.get(device.serial))
            and player.session
            and player.session.serials == serials
        ]
        # The group that Amazon names; else the largest, as a small one may lie within it.
        return max(groups, key=lambda group: (group.serial in serials, len(group.members)), default=None)

    @property
    @override
    def group_members(self) -> list[str] | None:
        """Return the players of the group that this is, or that this plays in."""
        group = self.device if self.device.members else self._playing_group
        if group is None:
            return None
        registry = er.async_get(self.hass)
        ids = (
            registry.async_get_entity_id(MEDIA_PLAYER_DOMAIN, DOMAIN, player_unique_id(self.entry, serial))
            for serial in group.members
        )
        return [entity_id for entity_id in ids if entity_id]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the group: Home Assistant shows it only for players that can be joined, and these cannot."""
        members = self.group_members
        return {} if members is None else {ATTR_GROUP_MEMBERS: members}

    @override
    async def async_added_to_hass(self) -> None:
        """Also follow the members of a group, whose volume is its own."""
        await super().async_added_to_hass()
        self._async_take_media()
        self._async_follow_members()
        self.async_on_remove(self._async_unfollow)

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Follow the members that there are now, and show what changed."""
        self._async_take_media()
        self._async_follow_members()
        super()._handle_coordinator_update()

    @callback
    def _async_follow_members(self) -> None:
        """Listen to the players of the members."""
        if self.device.members == self._followed:
            return
        self._async_unfollow()
        self._followed = self.device.members
        self._unfollow = [
            self.coordinator.async_add_listener(self._handle_coordinator_update, serial) for serial in self._followed
        ]

    @callback
    def _async_unfollow(self) -> None:
        """Listen to no member."""
        for unfollow in self._unfollow:
            unfollow()
        self._followed, self._unfollow = (), []

    # --- volume ----------------------------------------------------------------------

    @property
    def _volumes(self) -> list[Volume]:
        """Return the volumes that are known: this device's, or those of the members of a group."""
        players = [self.coordinator.data.get(serial) for serial in self.device.members] or [self.value]
        return [player.volume for player in players if player and player.volume]

    @property
    def _level(self) -> int | None:
        """Return the volume in percent; a group's is the mean of its members'."""
        levels = [volume.level for volume in self._volumes if volume.level is not None]
        return round(sum(levels) / len(levels)) if levels else None

    @property
    @override
    def volume_level(self) -> float | None:
        """Return the volume from 0 to 1."""
        return None if self._level is None else self._level / 100

    @property
    @override
    def is_volume_muted(self) -> bool | None:
        """Return whether nothing can be heard: Amazon says muted, or the volume is 0."""
        known = [volume for volume in self._volumes if volume.muted is not None or volume.level is not None]
        return all(volume.muted or volume.level == 0 for volume in known) if known else None

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        """Set the volume, given from 0 to 1."""
        await self._async_set_level(round(volume * 100))

    @override
    async def async_volume_up(self) -> None:
        """Make it louder by a step."""
        await self._async_step(VOLUME_STEP)

    @override
    async def async_volume_down(self) -> None:
        """Make it quieter by a step."""
        await self._async_step(-VOLUME_STEP)

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        """Set the volume to 0, or back: Amazon has no command that mutes.

        A volume that is set ends the muting at the device, too.
        """
        if mute:
            self._before_mute = self._level or self._before_mute
            await self._async_set_level(0)
        else:
            await self._async_set_level(self._level or self._before_mute or UNMUTED)

    async def _async_step(self, step: int) -> None:
        """Change the volume by percent, from the last step if that was just now."""
        now = self.hass.loop.time()
        level = self._stepped[0] if self._stepped and now < self._stepped[1] else self._level
        if level is None:
            raise invalid_input("volume_unknown")
        level = min(100, max(0, level + step))
        self._stepped = level, now + STEP_MEMORY
        try:
            await self._async_set_level(level)
        except BaseException:
            self._stepped = None
            raise

    async def _async_set_level(self, level: int) -> None:
        """Set the volume in percent."""
        if self._stepped and self._stepped[0] != level:
            self._stepped = None
        await self.async_command(SetVolume(level=level))
        for serial in self.device.members or (self.serial,):
            self.coordinator.async_expect(serial)

    # --- commands --------------------------------------------------------------------

    async def _async_transport(self, kind: str, **fields: str | float | bool | None) -> None:
        """Send a command to the player, or to that of the group that plays here."""
        await self.async_transport(kind, self._playing_group, **fields)
        self.coordinator.async_expect(self.serial)

    @override
    async def async_media_play(self) -> None:
        """Play on."""
        await self._async_transport("PlayCommand")

    @override
    async def async_media_pause(self) -> None:
        """Pause."""
        await self._async_transport("PauseCommand")

    @override
    async def async_media_stop(self) -> None:
        """Stop whatever the device does."""
        await self.async_command(Stop(), self._playing_group)
        self.coordinator.async_expect(self.serial)

    @override
    async def async_turn_on(self) -> None:
        """Play on: an Echo cannot be switched on."""
        await self.async_media_play()

    @override
    async def async_turn_off(self) -> None:
        """Pause: an Echo cannot be switched off. One that is idle is as good as off."""
        if self._session:
            await self.async_media_pause()

    @override
    async def async_media_next_track(self) -> None:
        """Play the next title."""
        await self._async_transport("NextCommand")

    @override
    async def async_media_previous_track(self) -> None:
        """Play the title before."""
        await self._async_transport("PreviousCommand")

    @override
    async def async_media_seek(self, position: float) -> None:
        """Go to a position in seconds."""
        await self._async_transport("SeekCommand", mediaPosition=round(position), contentFocusClientId=None)

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        """Play in random order or not."""
        await self._async_transport("ShuffleCommand", shuffle=shuffle)

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        """Start the queue again at its end or not; Amazon cannot repeat one title."""
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
        """Play music of a provider, a sound or a sequence, start a skill, or act on words.

        ``enqueue`` and ``announce`` have no meaning at Amazon.
        """
        extra: Mapping[str, Any] = kwargs.get(ATTR_MEDIA_EXTRA) or {}
        command = command_of(str(media_type), media_id, extra, group=self.device.is_group)
        await self.async_command(command)
        if isinstance(command, PlaySearch):
            self.coordinator.async_expect(self.serial)


def _whole(seconds: float | None) -> int | None:
    """Return whole seconds."""
    return None if seconds is None else int(seconds)
