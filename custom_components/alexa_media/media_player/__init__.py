"""Media player platform: Echos and speaker groups."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..cloud.model.devices import DeviceFamily
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import Candidates, EntityAdder, player_unique_id
from ..features.appliances import add_appliances, where
from ..features.roles import is_stepped_speaker
from .player import AlexaFireTv, AlexaMediaPlayer
from .steps import AlexaSteppedSpeaker

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up a media player for every device; for a property, for speakers whose volume only has steps."""
    add = EntityAdder(hass, entry, async_add_entities)
    devices, players = entry.runtime_data.devices, entry.runtime_data.players
    if players is None:
        add_appliances(add, where(is_stepped_speaker, AlexaSteppedSpeaker, "volume"))
        return

    def candidates() -> Candidates:
        # Groups last: they name the entities of their members, which must exist.
        for device in sorted(devices.data.values(), key=lambda device: device.is_group):
            factory = AlexaFireTv if device.family is DeviceFamily.FIRE_TV else AlexaMediaPlayer
            yield player_unique_id(entry, device.serial), partial(factory, entry, players, device)

    add.follow(candidates, devices)
