"""By what a device is known again, and which way of listing costs less."""

from collections.abc import AsyncIterator
import json
from pathlib import Path

from aiohttp import ClientSession
import pytest

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import Topic
from custom_components.alexa_media.smart_properties import Region, SmartPropertiesBackend

from .hotel import LAMP_101, ORGANIZATION, ROOM_101, endpoint, requests
from .test_client_simulation import Operator

CEILING = "amzn1.alexa.endpoint.SIM101CEILING"


@pytest.fixture
async def session(sim: ControlClient) -> AsyncIterator[ClientSession]:
    """Return a session for which Amazon is a simulated hotel."""
    sim.household("property")
    async with ClientSession() as session:
        yield session


def backend(session: ClientSession, unit_id: str) -> SmartPropertiesBackend:
    """Return the backend of the hotel or a room of it, whose lamps somebody looks at."""
    made = SmartPropertiesBackend(
        session,
        Region.NORTH_AMERICA,
        Operator(session, "Atzr|property"),
        unit_id,
        whole_organization=unit_id == ORGANIZATION,
    )
    made.watch(Topic.SMART_HOME, lambda: frozenset({"asp_SIMHOME000001", "asp_SIMHOME000002"}))
    return made


async def test_a_device_is_known_by_serial_number_else_mac_address_else_name_and_model(
    sim: ControlClient, session: ClientSession
) -> None:
    given = json.loads((Path(alexa_sim.__file__).parent / "households" / "property.json").read_text())
    endpoints = given["smartProperties"]["endpoints"]
    endpoints[LAMP_101] |= {"serialNumber": None, "macAddress": "00005E0053AA"}
    endpoints[CEILING] |= {"serialNumber": None}
    sim.household(given)
    hotel = backend(session, ORGANIZATION)
    assert hotel.smart_home is not None
    found = (await hotel.smart_home.async_discover()).appliances
    assert found["asp_00005E0053AA"].name == "Room 101 lamp"
    assert found[f"asp_{CEILING}"].name == "Room 101 ceiling"
    # other ids, the same devices
    endpoints |= {f"{key}MOVED": endpoints.pop(key) for key in (LAMP_101, CEILING)}
    sim.household(given)
    await hotel.async_devices()
    await hotel.async_devices()
    found = (await hotel.smart_home.async_discover()).appliances
    assert found["asp_00005E0053AA"].endpoint_id == f"{LAMP_101}MOVED"
    assert found[f"asp_{CEILING}"].endpoint_id == f"{CEILING}MOVED"
    assert len(found) == 21


async def test_a_room_is_one_request(sim: ControlClient, session: ClientSession) -> None:
    room = backend(session, ROOM_101)
    devices = await room.async_devices()
    assert {device.room for device in devices.values()} == {"Room 101"}
    assert room.account.name == "Room 101"
    assert len(devices) == 4
    sim.reset_ledger()
    await room.async_devices()
    assert requests(sim) == ["POST /v2/endpointQuery"]
    # fifty a page: a unit with many devices is listed rather than searched by tens
    for number in range(20):
        new = endpoint(sim, LAMP_101) | {"friendlyName": f"Lamp {number}", "serialNumber": f"SIMHOME1{number:05}"}
        sim.patch_state({"smartProperties": {"endpoints": {f"{LAMP_101}{number}": new}}})
    await room.async_devices()
    sim.reset_ledger()
    await room.async_devices()
    assert requests(sim) == ["GET /v2/endpoints"]
    expanded = sim.ledger(path="/v2/endpoints")[0]["query"]["expand"]
    assert set(expanded) == {
        f"feature:{name}" for name in ("brightness", "color", "colorTemperature", "connectivity", "power")
    }
