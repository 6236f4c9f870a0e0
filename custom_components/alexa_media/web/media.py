"""What there is to play, through the account API."""

from base64 import b64encode
from collections.abc import Callable
from typing import Final

from custom_components.alexa_media.backend.commands import PlaySearch
from custom_components.alexa_media.backend.media import (
    MediaApi,
    MusicProvider,
    QueueItem,
    SearchResult,
    Sound,
    Station,
    Step,
    commands_of,
)
from custom_components.alexa_media.errors import AlexaBadResponseError, AlexaUnsupportedError
from custom_components.alexa_media.http_values import json_text
from custom_components.alexa_media.models import Device

from .addressing import address_of
from .endpoints import BEHAVIOR_ENTITIES, PLAY_STATION, QUEUE, STATIONS, VALIDATE_OPERATION
from .nodes import Target, search_payload, stop_all_node
from .parse_media import parse_providers, parse_queue, parse_sounds, parse_stations, parse_validation
from .scheduler import CommandScheduler
from .steps import RoutineNode, speech_ends, step_node
from .transport import Transport

MUSIC_SKILL: Final = "amzn1.ask.1p.music"
SOUND_SKILL: Final = "amzn1.ask.1p.sound"

QUEUE_SIZE: Final = 50

EXPIRED_CODES: Final = ("QUEUE_EXPIRED", "ExpiredPlayQueueException")
IDLE_CODES: Final = ("UnsupportedProviderException", *EXPIRED_CODES)
"""Errors by which Amazon says that nothing of its own plays."""


class WebMedia:
    """What one account can play; see ``MediaApi`` for what each method is for."""

    def __init__(
        self,
        transport: Transport,
        scheduler: CommandScheduler,
        *,
        default_customer_id: Callable[[], str],
        routine_node: RoutineNode,
    ) -> None:
        """Ask through ``transport``, run steps through ``scheduler``."""
        self._transport = transport
        self._scheduler = scheduler
        self._default_customer_id = default_customer_id
        self._routine_node = routine_node

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the music providers."""
        return await self._transport.async_read(BEHAVIOR_ENTITIES, parse_providers, query={"skillId": MUSIC_SKILL})

    async def async_sounds(self) -> tuple[Sound, ...]:
        """Return the sounds."""
        return await self._transport.async_read(BEHAVIOR_ENTITIES, parse_sounds, query={"skillId": SOUND_SKILL})

    async def async_stations(self, query: str) -> tuple[Station, ...]:
        """Return the stations that a search finds."""
        return await self._transport.async_read(
            STATIONS, parse_stations, query={"query": query, "mediaOwnerCustomerId": self._default_customer_id()}
        )

    async def async_queue(self, device: Device) -> tuple[QueueItem, ...]:
        """Return the queue of a device."""
        try:
            return await self._transport.async_read(
                QUEUE, parse_queue, query={**address_of(device), "size": str(QUEUE_SIZE)}
            )
        except (AlexaUnsupportedError, AlexaBadResponseError) as err:
            if err.code in IDLE_CODES:
                return ()
            raise

    async def async_check(self, search: PlaySearch, device: Device) -> SearchResult:
        """Ask what Amazon makes of a search."""
        payload = search_payload(search, Target.of(device, self._default_customer_id()))
        return await self._transport.async_read(
            VALIDATE_OPERATION,
            lambda data: parse_validation(data, search.phrase),
            json={"type": "Alexa.Music.PlaySearchPhrase", "operationPayload": json_text(payload)},
        )

    async def async_play_station(self, station_id: str, device: Device) -> None:
        """Play a station; its token is encoded twice, as the app does."""
        token = f'["music/tuneIn/stationId","{station_id}"]|{{"previousPageId":"TuneIn_SEARCH"}}'
        encoded = b64encode(b64encode(token.encode())).decode()
        await self._transport.async_request(
            PLAY_STATION, query=address_of(device), json={"contentToken": f"music:{encoded}"}
        )

    async def async_stop_all(self) -> None:
        """Stop everything, in one request."""
        await self._scheduler.execute_node(stop_all_node(self._default_customer_id()), (), {})

    async def async_run(self, step: Step) -> None:
        """Run steps as one sequence."""
        serials = {do.device.serial for do in commands_of(step)}
        await self._scheduler.execute_node(
            step_node(step, self._default_customer_id(), self._routine_node), serials, speech_ends(step)
        )


_: type[MediaApi] = WebMedia
