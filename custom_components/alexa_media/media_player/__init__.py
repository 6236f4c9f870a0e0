"""Media players of Echos and speaker groups."""

from collections.abc import Callable, Iterator
from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..cloud.model.devices import DeviceFamily
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import async_setup_entities, player_unique_id
from .player import AlexaFireTv, AlexaMediaPlayer

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a media player for every device."""
    devices = entry.runtime_data.devices
    players = entry.runtime_data.players
    if players is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaMediaPlayer]]]:
        # Groups last: they name the entities of their members, which must exist.
        for device in sorted(devices.data.values(), key=lambda device: device.is_group):
            yield (
                player_unique_id(entry, device.serial),
                partial(
                    AlexaFireTv if device.family is DeviceFamily.FIRE_TV else AlexaMediaPlayer, entry, players, device
                ),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)
