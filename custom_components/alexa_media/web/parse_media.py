"""What there is to play, as models; pure and tolerant."""

from collections.abc import Mapping
from typing import Any

from custom_components.alexa_media.backend.media import MusicProvider, QueueItem, SearchResult, Sound, Station
from custom_components.alexa_media.errors import AlexaBadResponseError
from custom_components.alexa_media.json_values import flag, mapping, mappings, text, texts

from .endpoints import BEHAVIOR_ENTITIES, QUEUE, STATIONS, VALIDATE_OPERATION, Endpoint
from .parse_values import required_list


def _unusable(endpoint: Endpoint) -> AlexaBadResponseError:
    return AlexaBadResponseError(f"{endpoint.label} was answered with something else", endpoint=endpoint.label)


def parse_providers(data: Any) -> tuple[MusicProvider, ...]:
    """Parse the music providers; one without an id cannot be asked."""
    providers = (_provider(element) for element in mappings(required_list(data, None, BEHAVIOR_ENTITIES)))
    return tuple(provider for provider in providers if provider)


def _provider(element: Mapping[str, Any]) -> MusicProvider | None:
    """Parse one provider."""
    if (provider_id := text(element.get("id"))) is None:
        return None
    return MusicProvider(
        provider_id=provider_id,
        name=text(element.get("displayName")) or provider_id,
        available=element.get("availability") in ("AVAILABLE", None),
        default=flag(mapping(element.get("providerData")).get("isDefaultMusicProvider")) or False,
        icon_url=text(element.get("icon")),
    )


def parse_sounds(data: Any) -> tuple[Sound, ...]:
    """Parse the sounds."""
    return tuple(
        Sound(
            sound_id=sound_id,
            name=text(element.get("displayName")) or sound_id,
            categories=texts(element.get("categories")),
        )
        for element in mappings(required_list(data, None, BEHAVIOR_ENTITIES))
        if (sound_id := text(element.get("id")))
    )


def parse_stations(data: Any) -> tuple[Station, ...]:
    """Parse the stations of a search; what is no station, or cannot be heard here, is left out."""
    return tuple(
        Station(station_id=station_id, name=name, image_url=text(element.get("image")))
        for element in mappings(required_list(data, "browseList", STATIONS))
        if element.get("contentType") == "station" and element.get("available") is not False
        if (station_id := text(element.get("id"))) and (name := text(element.get("name")))
    )


def parse_queue(data: Any) -> tuple[QueueItem, ...]:
    """Parse the queue of a device."""
    return tuple(
        QueueItem(
            media_id=media_id,
            title=text(element.get("title")) or media_id,
            artist=text(element.get("artist")) or text(element.get("subText1")),
            album=text(element.get("album")) or text(element.get("subText2")),
            art_url=text(element.get("imageURL")),
        )
        for element in mappings(required_list(data, "queue", QUEUE))
        if (media_id := text(element.get("mediaId")))
    )


def parse_validation(data: Any, phrase: str) -> SearchResult:
    """Parse what Amazon makes of a search; anything but VALID is a refusal."""
    answer = mapping(data)
    if (result := text(answer.get("result"))) is None:
        raise _unusable(VALIDATE_OPERATION)
    if result != "VALID":
        return SearchResult(phrase=phrase, refusal=result)
    sanitized = text(mapping(answer.get("operationPayload")).get("sanitizedSearchPhrase"))
    return SearchResult(phrase=sanitized or phrase)
