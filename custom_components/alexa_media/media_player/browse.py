"""Browsing, searching and validating media for a player."""

from collections.abc import Iterable
from dataclasses import replace
import logging
from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.browse_media import BrowseMedia, SearchMedia, SearchMediaQuery
from homeassistant.components.media_player.const import MediaClass, MediaType
from homeassistant.components.media_player.errors import BrowseError

from ..cloud.errors import (
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnsupportedError,
    in_words,
)
from ..cloud.model.commands import PlaySearch
from ..cloud.model.devices import Player
from ..cloud.model.media import MusicProvider
from ..cloud.names import folded
from ..coordinator.media import MediaLibrary
from ..entity import AlexaDeviceEntity, command_errors, invalid_input
from ..features.play_media import LIBRARY, PROVIDER, QUEUE, ROUTINE, SOUND, STATION, is_provider, own_type, provider_of
from ..issues import translated

_LOGGER = logging.getLogger(__name__)

TUNEIN: Final = "TUNEIN"

# Folders and their titles: Home Assistant has no translations for these.
_PROVIDERS: Final = "providers"
_SOUNDS: Final = "sounds"
_ROUTINES: Final = "routines"
_QUEUE: Final = "queue"
_TITLES: Final = {_PROVIDERS: "Music providers", _SOUNDS: "Sounds", _ROUTINES: "Routines", _QUEUE: "Queue"}


class MediaBrowsing(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Media browsing and search; not for speaker groups, on which music can't be started directly."""

    @property
    def _library(self) -> MediaLibrary | None:
        """Return the media library, or None if the device has none."""
        return None if self.device.is_group else self.runtime.media

    @property
    def _wanted_library(self) -> MediaLibrary:
        """Return the media library of the account; raises ``BrowseError`` without one."""
        if (library := self._library) is None:
            raise BrowseError(f"{self.device.name} has nothing to browse")
        return library

    # --- browsing --------------------------------------------------------------------

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        """Return a folder of the media library."""
        library = self._wanted_library
        with command_errors(self.hass, self.entry):
            match tuple((media_content_id or "").split("/", 1)):
                case ("",) if media_content_type in (None, "", LIBRARY):
                    shown = [_PROVIDERS, _SOUNDS]
                    if self._browsable_routines:
                        shown.append(_ROUTINES)
                    if self.value is not None and self.value.session is not None:
                        shown.append(_QUEUE)
                    return _folder("", "Alexa", [_folder(name, _TITLES[name]) for name in shown], can_search=True)
                case ("",):
                    return await self._async_browse_provider(library, str(media_content_type))
                case ("providers",):
                    return await self._async_browse_providers(library)
                case ("provider", name):
                    return await self._async_browse_provider(library, name)
                case ("sounds",):
                    return await self._async_browse_sounds(library)
                case ("sounds", category):
                    return await self._async_browse_category(library, category)
                case ("routines",):
                    return _folder(_ROUTINES, _TITLES[_ROUTINES], self._browsable_routines)
                case ("queue",):
                    return await self._async_browse_queue(library)
        raise _no_folder(str(media_content_id))

    async def _async_browse_providers(self, library: MediaLibrary) -> BrowseMedia:
        """Return the folder of the music providers."""
        tiles = [_provider_folder(provider) for provider in await library.async_providers()]
        return _folder(_PROVIDERS, _TITLES[_PROVIDERS], tiles, can_search=True)

    async def _async_browse_provider(self, library: MediaLibrary, name: str) -> BrowseMedia:
        """Return the folder of a provider, which can be searched; Amazon does not list its content."""
        providers = await library.async_providers()
        wanted = provider_of(name, providers)
        for provider in providers:
            if provider.provider_id == wanted:
                return _provider_folder(provider, [])
        raise _no_folder(f"{PROVIDER}/{name}")

    async def _async_browse_sounds(self, library: MediaLibrary) -> BrowseMedia:
        """Return the folder of the categories of sounds."""
        categories = sorted({name for sound in await library.async_sounds() for name in sound.categories})
        folders = [_folder(f"{_SOUNDS}/{name}", _category(name)) for name in categories]
        return _folder(_SOUNDS, _TITLES[_SOUNDS], folders)

    async def _async_browse_category(self, library: MediaLibrary, category: str) -> BrowseMedia:
        """Return the folder with the sounds of a category."""
        sounds = [
            _playable(SOUND, sound.sound_id, sound.name, MediaClass.MUSIC)
            for sound in await library.async_sounds()
            if category in sound.categories
        ]
        if not sounds:
            raise _no_folder(f"{_SOUNDS}/{category}")
        return _folder(f"{_SOUNDS}/{category}", _category(category), sounds)

    @property
    def _browsable_routines(self) -> list[BrowseMedia]:
        """Return the enabled routines as media items, sorted by name."""
        routines = self.runtime.routines.data.values() if self.runtime.routines else ()
        return [
            _playable(ROUTINE, routine.routine_id, routine.name, MediaClass.APP)
            for routine in sorted(routines, key=lambda routine: routine.name.casefold())
            if routine.enabled
        ]

    async def _async_browse_queue(self, library: MediaLibrary) -> BrowseMedia:
        """Return the folder of the play queue."""
        items = await library.api.async_queue(self.device)
        return _folder(
            _QUEUE,
            _TITLES[_QUEUE],
            [
                _playable(
                    QUEUE,
                    item.media_id,
                    f"{item.title} – {item.artist}" if item.artist else item.title,
                    MediaClass.TRACK,
                    item.art_url,
                )
                for item in items
            ],
        )

    # --- searching -------------------------------------------------------------------

    @override
    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        """Return a search item for each provider, and the radio stations and routines that match.

        Amazon lists matching stations. A provider's matches can only be played, not listed. A provider and media
        classes in the query restrict the result.
        """
        library, phrase = self._wanted_library, query.search_query.strip()
        if not phrase:
            raise invalid_input("search_empty")
        classes = query.media_filter_classes
        with command_errors(self.hass, self.entry):
            providers = await library.async_providers()
        known = {provider.provider_id for provider in providers}
        place, _, name = (query.media_content_id or "").partition("/")
        wanted = provider_of(name if place == PROVIDER else str(query.media_content_type or ""), providers)
        if wanted in known:
            providers = tuple(provider for provider in providers if provider.provider_id == wanted)
        found: list[BrowseMedia] = []
        if not classes or not {MediaClass.MUSIC, MediaClass.TRACK, MediaClass.ALBUM, MediaClass.ARTIST}.isdisjoint(
            classes
        ):
            found += [
                _playable(
                    provider.provider_id, phrase, f"{phrase} – {provider.name}", MediaClass.MUSIC, provider.icon_url
                )
                for provider in providers
            ]
        if TUNEIN in {provider.provider_id for provider in providers} and (
            not classes or MediaClass.CHANNEL in classes
        ):
            found += await self._async_stations(library, phrase)
        if wanted not in known and (not classes or MediaClass.APP in classes):
            found += [item for item in self._browsable_routines if folded(phrase) in folded(item.title)]
        return SearchMedia(result=found)

    async def _async_stations(self, library: MediaLibrary, phrase: str) -> list[BrowseMedia]:
        """Return the radio stations that match; empty if the search fails, so that the providers are still shown."""
        try:
            stations = await library.api.async_stations(phrase)
        except AlexaError as err:
            _LOGGER.debug("Could not search the stations: %s", err.details)
            return []
        return [
            _playable(STATION, station.station_id, station.name, MediaClass.CHANNEL, station.image_url)
            for station in stations
        ]

    # --- validation ------------------------------------------------------------------

    async def _async_content_type(self, media_type: str) -> str:
        """Return a content type as commands need it: a built-in type in lower case, a provider as its id.

        A name that is unknown or cannot be looked up is returned unchanged.
        """
        if own := own_type(media_type):
            return own
        if is_provider(media_type):
            return media_type
        if (found := provider_of(media_type)) is not None or (library := self.runtime.media) is None:
            return found or media_type
        try:
            return provider_of(media_type, await library.async_providers()) or media_type
        except AlexaError as err:
            _LOGGER.debug("Could not read the providers: %s", err.placeholders)
            return media_type

    async def _async_checked(self, search: PlaySearch) -> PlaySearch:
        """Return a search in Amazon's wording, or unchanged if it could not be validated.

        Raises ``HomeAssistantError``, for a refused search ``ServiceValidationError`` with the reason.
        """
        if (library := self._library) is None:
            return search
        with command_errors(self.hass, self.entry):
            try:
                result = await library.api.async_check(search, self.device)
            except (AlexaBadResponseError, AlexaConnectionError, AlexaUnsupportedError) as err:
                _LOGGER.debug("Could not validate the search: %s", err.details)
                return search
            if result.refusal is None:
                return replace(search, phrase=result.phrase)
            names = ", ".join(provider.provider_id for provider in await library.async_providers()) or "-"
        reason = in_words(result.refusal) or "no reason given"
        raise invalid_input(
            "search_refused", phrase=search.phrase, provider=search.provider, reason=reason, known=names
        )


def _no_folder(folder: str) -> BrowseError:
    """Return the error for an unknown folder."""
    return translated(BrowseError, "folder_unknown", folder=folder)


def _category(name: str) -> str:
    """Return the title of a category of sounds."""
    return name.replace("_", " ").capitalize()


def _provider_folder(provider: MusicProvider, children: Iterable[BrowseMedia] | None = None) -> BrowseMedia:
    """Return the folder of a music provider."""
    return BrowseMedia(
        title=provider.name,
        media_class=MediaClass.APP,
        media_content_type=provider.provider_id,
        media_content_id=f"{PROVIDER}/{provider.provider_id}",
        can_play=False,
        can_expand=True,
        can_search=True,
        thumbnail=provider.icon_url,
        children=None if children is None else list(children),
    )


def _folder(
    path: str, title: str, children: Iterable[BrowseMedia] | None = None, *, can_search: bool = False
) -> BrowseMedia:
    """Return a folder of the library; ``children`` is its content, or None to leave the content out."""
    return BrowseMedia(
        title=title,
        media_class=MediaClass.DIRECTORY,
        media_content_type=LIBRARY,
        media_content_id=path,
        can_play=False,
        can_expand=True,
        can_search=can_search,
        children=None if children is None else list(children),
    )


def _playable(
    media_type: str, media_id: str, title: str, media_class: MediaClass, thumbnail: str | None = None
) -> BrowseMedia:
    """Return an item that ``media_player.play_media`` accepts."""
    return BrowseMedia(
        title=title,
        media_class=media_class,
        media_content_type=media_type,
        media_content_id=media_id,
        can_play=True,
        can_expand=False,
        thumbnail=thumbnail,
    )
