"""Tests of recording and replaying a property of Smart Properties."""

import gzip
import json
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.cloud.property import hotel
from tests.conftest import quiet
from tests.recordings import home


async def test_a_property_is_recorded_and_replayed(
    hass: HomeAssistant, sim: ControlClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replayed rooms have the same numbers of entities as the recorded ones.

    The file contains no name or id of the hotel.
    """
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    sim.household("property", domain="amazon.com")
    await hotel.add_credentials(hass)
    entry = await hotel.load(hass, hotel.hotel_entry())
    await hass.services.async_call(DOMAIN, "record", {"config_entry_id": entry.entry_id}, blocking=True)
    await quiet(hass, sim, calm=1.0)
    before = home.entities(hass, entry)
    path = (await home.stop(hass, entry))["path"]
    text = gzip.decompress(Path(path).read_bytes()).decode()
    assert [
        word for word in ("SIMORGANIZATION", "SIM101", "Lobby", "Example Hotels", "Atza|", "Atzr|") if word in text
    ] == []
    await hass.config_entries.async_unload(entry.entry_id)

    head = json.loads(text.splitlines()[0])
    assert head["cloud"] == "property"
    sim.replay(path)
    data = {"whole_organization": head["whole_organization"]}
    again = await hotel.load(hass, hotel.hotel_entry(head["unit_id"], **data))
    await quiet(hass, sim, calm=1.0)
    after = home.entities(hass, again)
    assert sorted((shown.domain, shown.key or "") for shown in after.values()) == sorted(
        (shown.domain, shown.key or "") for shown in before.values()
    )
    await hass.config_entries.async_unload(again.entry_id)
