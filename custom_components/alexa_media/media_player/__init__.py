"""Media player platform."""

from functools import partial

from ..cloud.model.devices import DeviceFamily
from ..coordinator.runtime import AlexaRuntimeData
from ..entity import Candidates, EntityAdder, platform_setup, player_unique_id
from ..features.appliances import add_appliances, where
from ..features.roles import is_stepped_speaker
from .player import AlexaFireTv, AlexaMediaPlayer
from .steps import AlexaSteppedSpeaker

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up a media player for every device; for a property, only for speakers whose volume can only be stepped."""
    entry, devices, players = add.entry, data.devices, data.players
    if players is None:
        add_appliances(add, where(is_stepped_speaker, AlexaSteppedSpeaker, "volume"))
        return

    def candidates() -> Candidates:
        # Groups last: they name the entities of their members, which must exist.
        for device in sorted(devices.data.values(), key=lambda device: device.is_group):
            factory = AlexaFireTv if device.family is DeviceFamily.FIRE_TV else AlexaMediaPlayer
            yield player_unique_id(entry, device.serial), partial(factory, entry, players, device)

    add.follow(candidates, devices)
