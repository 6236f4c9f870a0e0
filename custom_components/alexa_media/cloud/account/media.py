"""Media of the account API: endpoints, parsers, client."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..errors import AlexaBadResponseError, AlexaUnsupportedError
from ..http import json_text
from ..json import mapping, mappings, name, reading, text, texts
from ..model.commands import PlaySearch, Stop
from ..model.devices import Device
from ..model.media import (
    Do,
    InTurn,
    MediaApi,
    MusicProvider,
    QueueItem,
    RunRoutine,
    SearchResult,
    SoundEffect,
    Station,
    Step,
    Together,
    Wait,
    commands_of,
)
from .endpoints import Endpoint, Write
from .nodes import (
    ALL_OF_CUSTOMER,
    Node,
    Target,
    command_node,
    parallel_node,
    search_payload,
    serial_node,
    wait_node,
)
from .parse import address_of, required_list
from .scheduler import CommandScheduler, speech_seconds
from .transport import Transport

# Returns the entities that the skill in the query offers. Without the header, the list for music is empty.
BEHAVIOR_ENTITIES: Final = Endpoint(
    "behavior_entities", "GET", "/api/behaviors/entities", headers={"Routines-Version": "3.0.264101"}
)
# A read, despite its method.
VALIDATE_OPERATION: Final = Endpoint("validate_operation", "POST", "/api/behaviors/operation/validate")
STATIONS: Final = Endpoint("stations", "GET", "/api/tunein/search")
QUEUE: Final = Endpoint("queue", "GET", "/api/np/queue")
PLAY_STATION: Final = Write("play_station", "PUT", "/api/entertainment/v1/player/queue")


def parse_providers(data: Any) -> tuple[MusicProvider, ...]:
    """Parse the music providers; skip those without an id, which cannot be selected."""
    providers = (_provider(element) for element in mappings(required_list(data, None, BEHAVIOR_ENTITIES)))
    return tuple(provider for provider in providers if provider)


def _provider(element: Mapping[str, Any]) -> MusicProvider | None:
    """Parse one provider; None without an id."""
    if (provider_id := text(element.get("id"))) is None:
        return None
    return MusicProvider(
        provider_id=provider_id,
        name=name(element.get("displayName")) or provider_id,
        available=element.get("availability") in ("AVAILABLE", None),
        default=reading(mapping(element.get("providerData")).get("isDefaultMusicProvider")) or False,
        icon_url=text(element.get("icon")),
    )


def parse_sound_effects(data: Any) -> tuple[SoundEffect, ...]:
    """Parse the sound effects that an Echo can play; skip those without an id."""
    return tuple(
        SoundEffect(
            sound_id=sound_id,
            name=name(element.get("displayName")) or sound_id,
            categories=texts(element.get("categories")),
        )
        for element in mappings(required_list(data, None, BEHAVIOR_ENTITIES))
        if (sound_id := text(element.get("id")))
    )


def parse_stations(data: Any) -> tuple[Station, ...]:
    """Parse the stations in the results of a search; skip those without id or name, and those that are unavailable."""
    return tuple(
        Station(station_id=station_id, name=name, image_url=text(element.get("image")))
        for element in mappings(required_list(data, "browseList", STATIONS))
        if element.get("contentType") == "station" and element.get("available") is not False
        if (station_id := text(element.get("id"))) and (name := text(element.get("name")))
    )


def parse_queue(data: Any) -> tuple[QueueItem, ...]:
    """Parse the play queue of a device; skip items without an id."""
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
    """Parse Amazon's validation of the search for ``phrase``; any result other than VALID becomes the ``refusal``.

    Raises ``AlexaBadResponseError`` if there is no result.
    """
    answer = mapping(data)
    if (result := text(answer.get("result"))) is None:
        raise VALIDATE_OPERATION.error(AlexaBadResponseError, "was answered with something else")
    if result != "VALID":
        return SearchResult(phrase=phrase, refusal=result)
    sanitized = text(mapping(answer.get("operationPayload")).get("sanitizedSearchPhrase"))
    return SearchResult(phrase=sanitized or phrase)


MUSIC_SKILL: Final = "amzn1.ask.1p.music"
SOUND_SKILL: Final = "amzn1.ask.1p.sound"

QUEUE_SIZE: Final = 50

EXPIRED_CODES: Final = ("QUEUE_EXPIRED", "ExpiredPlayQueueException")
IDLE_CODES: Final = ("UnsupportedProviderException", *EXPIRED_CODES)
"""Amazon's error codes for a device without playback that Amazon controls."""


class AccountMedia:
    """Music, sounds and stations of one account; ``MediaApi`` documents the methods."""

    def __init__(
        self,
        transport: Transport,
        scheduler: CommandScheduler,
        *,
        default_customer_id: Callable[[], str],
        routine_node: RoutineNode,
    ) -> None:
        """Initialize; ``default_customer_id`` returns the id of the signed-in customer."""
        self._transport = transport
        self._scheduler = scheduler
        self._default_customer_id = default_customer_id
        self._routine_node = routine_node

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the music providers."""
        return await self._transport.async_read(BEHAVIOR_ENTITIES, parse_providers, query={"skillId": MUSIC_SKILL})

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return the sound effects."""
        return await self._transport.async_read(BEHAVIOR_ENTITIES, parse_sound_effects, query={"skillId": SOUND_SKILL})

    async def async_stations(self, query: str) -> tuple[Station, ...]:
        """Return the stations found by a search."""
        return await self._transport.async_read(
            STATIONS, parse_stations, query={"query": query, "mediaOwnerCustomerId": self._default_customer_id()}
        )

    async def async_queue(self, device: Device) -> tuple[QueueItem, ...]:
        """Return up to ``QUEUE_SIZE`` tracks of a device's queue; empty if Amazon controls no playback."""
        try:
            return await self._transport.async_read(
                QUEUE, parse_queue, query={**address_of(device), "size": str(QUEUE_SIZE)}
            )
        except (AlexaUnsupportedError, AlexaBadResponseError) as err:
            if err.code in IDLE_CODES:
                return ()
            raise

    async def async_check(self, search: PlaySearch, device: Device) -> SearchResult:
        """Return Amazon's validation of a search, without playing it."""
        payload = search_payload(search, Target.of(device, self._default_customer_id()))
        return await self._transport.async_read(
            VALIDATE_OPERATION,
            lambda data: parse_validation(data, search.phrase),
            json={"type": "Alexa.Music.PlaySearchPhrase", "operationPayload": json_text(payload)},
        )

    async def async_play_station(self, station_id: str, device: Device) -> None:
        """Play a station; its token is base64-encoded twice, as in the app."""
        token = f'["music/tuneIn/stationId","{station_id}"]|{{"previousPageId":"TuneIn_SEARCH"}}'
        encoded = b64encode(b64encode(token.encode())).decode()
        await self._transport.async_request(
            PLAY_STATION, query=address_of(device), json={"contentToken": f"music:{encoded}"}
        )

    async def async_stop_all(self, devices: Iterable[Device]) -> None:
        """Stop playback on all devices with one request; those of another adult need the customer id of their owner."""
        own = (self._default_customer_id(), None)
        others = [device for device in devices if device.owner_customer_id not in own]
        await self._scheduler.execute(Stop(), [ALL_OF_CUSTOMER, *others])

    async def async_run(self, step: Step) -> None:
        """Run a step and its substeps as one sequence."""
        devices = {do.device.serial: do.device for do in commands_of(step)}
        await self._scheduler.execute_node(
            step_node(step, self._default_customer_id(), self._routine_node), devices.values(), speech_ends(step)
        )


_: type[MediaApi] = AccountMedia


type RoutineNode = Callable[[RunRoutine], Node]


def step_node(step: Step, default_customer_id: str, routine_node: RoutineNode) -> Node:
    """Return the sequence node of a step."""
    match step:
        case Do(command=command, device=device):
            return command_node(command, [Target.of(device, default_customer_id)])
        case RunRoutine():
            return routine_node(step)
        case Wait(seconds=seconds):
            return wait_node(seconds)
        case InTurn(steps=steps):
            return serial_node([step_node(inner, default_customer_id, routine_node) for inner in steps])
        case Together(steps=steps):
            return parallel_node([step_node(inner, default_customer_id, routine_node) for inner in steps])


def speech_ends(step: Step) -> dict[str, float]:
    """Return the estimated end of speech by serial, in seconds from the start of a step."""
    ends: dict[str, float] = {}
    _walk(step, 0.0, lambda serial, end: ends.update({serial: max(end, ends.get(serial, 0.0))}))
    return ends


def _walk(step: Step, start: float, note: Callable[[str, float], None]) -> float:
    """Call ``note`` with the serial and the end of each speech or announcement; return the end of the step.

    All times are estimates, in seconds from the start of the outermost step.
    """
    match step:
        case Do(command=command, device=device):
            if (seconds := speech_seconds(command)) is None:
                return start
            note(device.serial, start + seconds)
            return start + seconds
        case RunRoutine():
            return start
        case Wait(seconds=seconds):
            return start + seconds
        case InTurn(steps=steps):
            for inner in steps:
                start = _walk(inner, start, note)
            return start
        case Together(steps=steps):
            return max((_walk(inner, start, note) for inner in steps), default=start)
