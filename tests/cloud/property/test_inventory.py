"""Tests of the keys of devices, and of listing with fewer requests."""

from collections.abc import AsyncIterator
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.errors import AlexaConnectionError, AlexaUnsupportedError
from custom_components.alexa_media.cloud.model.appliances import Appliance, ApplianceKind, ArmState, SetLock, SetPower
from custom_components.alexa_media.cloud.model.commands import Announce, Command, PlayerCommand, Speak
from custom_components.alexa_media.cloud.model.devices import Device
from custom_components.alexa_media.cloud.model.property import WifiNetwork, WifiSecurity
from custom_components.alexa_media.cloud.property.backend import SmartPropertiesBackend
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.operation import Region
from custom_components.alexa_media.const import Topic

from .hotel import BED_101, LAMP_101, ORGANIZATION, ROOM_101, change, endpoint, requests
from .test_client_simulation import Operator

CEILING = "amzn1.alexa.endpoint.SIM101CEILING"


@pytest.fixture
async def session(sim: ControlClient) -> AsyncIterator[ClientSession]:
    """Return a session for which Amazon is a simulated hotel."""
    sim.household("property")
    async with ClientSession() as session:
        yield session


def backend(session: ClientSession, unit_id: str) -> SmartPropertiesBackend:
    """Return the backend of the hotel or of a room, with entities for its lamps."""
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
    # the same devices with other ids
    endpoints |= {f"{key}MOVED": endpoints.pop(key) for key in (LAMP_101, CEILING)}
    sim.household(given)
    await hotel.async_devices()
    await hotel.async_devices()
    found = (await hotel.smart_home.async_discover()).appliances
    assert found["asp_00005E0053AA"].endpoint_id == f"{LAMP_101}MOVED"
    assert found[f"asp_{CEILING}"].endpoint_id == f"{CEILING}MOVED"
    assert len(found) == 21


async def test_devices_without_a_name_are_kept_apart(sim: ControlClient, session: ClientSession) -> None:
    """Names are unique, but a response may lack them."""
    room = backend(session, ROOM_101)
    assert room.smart_home is not None
    light = {"displayCategories": {"primary": {"value": "LIGHT"}}, "features": [{"name": "power"}]}
    found = []
    for ids in (("A", "B"), ("C", "D")):
        listed = [light | {"id": f"amzn1.alexa.endpoint.{key}", "model": {"value": {"text": "Bulb"}}} for key in ids]
        sim.fault(path="/v2/endpoint*", status=200, body={"results": listed})
        await room.async_devices()
        await room.async_devices()
        found.append((await room.smart_home.async_discover()).appliances)
        sim.clear_faults()
    assert len(found[0]) == 2
    assert found[1].keys() == found[0].keys()
    assert {appliance.endpoint_id[-1] for appliance in found[1].values()} == {"C", "D"}


async def test_a_room_is_one_request(sim: ControlClient, session: ClientSession) -> None:
    room = backend(session, ROOM_101)
    devices = await room.async_devices()
    assert {device.room for device in devices.values()} == {"Room 101"}
    assert room.account.name == "Room 101"
    assert len(devices) == 4
    sim.reset_ledger()
    await room.async_devices()
    assert requests(sim) == ["POST /v2/endpointQuery"]
    # a list returns fifty devices per page and a search ten, so a unit with many devices is listed
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


async def test_unsupported_features_are_refused_before_a_request(sim: ControlClient, session: ClientSession) -> None:
    hotel = backend(session, ORGANIZATION)
    (device, *_) = (await hotel.async_devices()).values()
    assert (await hotel.async_identify()).name == "Example Hotels"
    sim.reset_ledger()
    light = Appliance(entity_id="asp_SIMHOME000001", endpoint_id="", appliance_id="", name="", kind=ApplianceKind.LIGHT)
    assert hotel.smart_home is not None
    for call in (
        hotel.async_sessions(),
        hotel.async_volumes(),
        hotel.async_notifications(),
        hotel.async_bluetooth(),
        hotel.async_connect_bluetooth(device, "00:00:5E:00:53:00"),
        hotel.async_disconnect_bluetooth(device),
        hotel.async_player_command(PlayerCommand(type="PlayCommand", fields={}), device),
        hotel.async_execute(Speak(text="Hello"), (device,)),
        hotel.smart_home.async_guard(light),
        hotel.smart_home.async_activate_scene(light),
        hotel.smart_home.async_arm(light, ArmState.ARMED_AWAY),
    ):
        with pytest.raises(AlexaUnsupportedError):
            await call
    (error,) = await hotel.smart_home.async_control([(light, [SetLock(locked=True)])])
    assert isinstance(error, AlexaUnsupportedError)
    (gone,) = await hotel.smart_home.async_control([(replace(light, entity_id="asp_GONE"), [SetPower(on=True)])])
    assert isinstance(gone, AlexaUnsupportedError)
    assert requests(sim) == []
    plans: list[tuple[Device, list[Command]]] = [(device, [Announce(text="Hello")]), (device, [Speak(text="Hello")])]
    good, refused = await hotel.async_execute_each(plans)
    assert good is None
    assert isinstance(refused, AlexaUnsupportedError)
    assert requests(sim) == ["POST /v3/notifications"]


async def test_an_echo_whose_settings_cannot_be_read_keeps_them(sim: ControlClient, session: ClientSession) -> None:
    hotel = backend(session, ORGANIZATION)
    await hotel.async_devices()
    assert hotel.management is not None
    before = await hotel.management.async_settings()
    assert len(before) == 12
    hotel.watch(Topic.DEVICE_SETTINGS, lambda: frozenset(before))
    sim.fault(path=f"*/{BED_101}/settings", status=500)
    change(sim, "amzn1.alexa.endpoint.SIMLOBBYBAR", settings={"System.distanceUnits": "METRIC"})
    after = await hotel.management.async_settings()
    bed, bar = "G0SIMASP00000004", "G0SIMASP00000002"
    assert after[bed] == before[bed]
    assert after[bar].values["System.distanceUnits"] == "METRIC"
    sim.fault(path="*/settings", status=500)
    with pytest.raises(AlexaConnectionError):
        await hotel.management.async_settings()
    network = WifiNetwork(
        ssid="Staff",
        security=WifiSecurity.ENTERPRISE,
        certificate_authority_id="ca-1",
        server_certificates=("-----BEGIN CERTIFICATE-----",),
    )
    await hotel.management.async_save_wifi(network)
    await hotel.management.async_save_wifi(WifiNetwork(ssid="Lobby", security=WifiSecurity.OPEN))
    saved = [entry["body"] for entry in sim.ledger(host="credential-locker-service.amazon.com")]
    assert "EAP_TLS" in saved[0]
    assert "NONE" in saved[1]


async def test_do_not_disturb_is_read_back_even_if_it_was_read_during_the_write(
    sim: ControlClient, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotel = backend(session, ORGANIZATION)
    bed = (await hotel.async_devices())["G0SIMASP00000004"]
    await hotel.management.async_settings()
    put = SmartPropertiesClient.put_setting

    async def put_during_a_read(client: SmartPropertiesClient, *arguments: Any) -> None:
        assert (await hotel.async_dnd())[bed.serial] is False
        await put(client, *arguments)

    monkeypatch.setattr(SmartPropertiesClient, "put_setting", put_during_a_read)
    await hotel.async_set_dnd(bed, True)
    sim.reset_ledger()
    assert (await hotel.async_dnd())[bed.serial] is True
    assert requests(sim) == [f"GET /v2/endpoints/{BED_101}/settings/Alexa.DoNotDisturb.doNotDisturb"]
