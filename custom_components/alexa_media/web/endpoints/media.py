"""Music providers, sounds, stations, queues."""

from typing import Final

from .base import Answer, Endpoint, Host

# What there is to choose from, by the skill that the query names. Without the header music is answered empty.
BEHAVIOR_ENTITIES: Final = Endpoint(
    name="behavior_entities",
    method="GET",
    host=Host.WEBSITE,
    path="/api/behaviors/entities",
    headers={"Routines-Version": "3.0.264101"},
)
# It reads, though it is POST.
VALIDATE_OPERATION: Final = Endpoint(
    name="validate_operation", method="POST", host=Host.WEBSITE, path="/api/behaviors/operation/validate"
)
STATIONS: Final = Endpoint(name="stations", method="GET", host=Host.WEBSITE, path="/api/tunein/search")
QUEUE: Final = Endpoint(name="queue", method="GET", host=Host.WEBSITE, path="/api/np/queue")
PLAY_STATION: Final = Endpoint(
    name="play_station",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/entertainment/v1/player/queue",
    is_write=True,
    answer=Answer.ANY,
)

MEDIA_ENDPOINTS: Final = (BEHAVIOR_ENTITIES, VALIDATE_OPERATION, STATIONS, QUEUE, PLAY_STATION)
