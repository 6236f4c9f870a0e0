"""Creates the recordings in ``tests/user_scenarios``: invented homes, recorded during varied events.

These tests only run on request: ``WRITE_RECORDINGS=1 pytest tests/recordings/test_make_homes.py``. In the homes in
``ACTED``, alexapy uses the same account in the meantime; its actions are pushed and read. ``alexapy_alone`` is the
recording that the simulated cloud makes of alexapy, without the integration.
"""

import os
from pathlib import Path
import shutil
import subprocess
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from alexa_sim.client import ControlClient, Running
from alexa_sim.household import load_household
from alexa_sim.run import client_environment
from custom_components.alexa_media import push
from custom_components.alexa_media.const import DOMAIN
from tests.cloud.property import hotel
from tests.conftest import Household, quiet, set_up
from tests.foreign.conftest import run
from tests.recordings import home

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "tests" / "user_scenarios"
FOREIGN = ROOT / ".cache" / "envs" / "foreign" / "bin" / "python"
PROGRAM = ROOT / "tests" / "foreign" / "alexapy_program.py"
PAIR, HOUSE = "61d0a0b7c3e94f6f8d2e7c1b9a5f0e32", "71d0a0b7c3e94f6f8d2e7c1b9a5f0e33"

pytestmark = pytest.mark.skipif(not os.environ.get("WRITE_RECORDINGS"), reason="writes files")

GERMAN = ("Küche", "Wohnzimmer", "Schlafzimmer", "Büro", "Kinderzimmer", "Garage", "Erdgeschoß", "Telefon")
JAPANESE = ("台所", "居間", "寝室", "書斎", "子供部屋", "車庫", "一階", "電話")
REPEATS = (None, "P1D", "XXXX-WD", "XXXX-WE", *(f"XXXX-WXX-{day}" for day in range(1, 8)))


def _renamed(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the demo household with other names for Echos."""
    household = load_household("demo")
    [account] = household["accounts"].values()
    for device, name in zip(account["devices"].values(), names, strict=True):
        device["accountName"] = name
    return household


def _alarms() -> dict[str, Any]:
    """Return the demo household with an alarm for every type of repetition."""
    household = load_household("demo")
    [account] = household["accounts"].values()
    for number, repeat in enumerate(REPEATS):
        account["notifications"][f"2f0c3d52-7a51-4c0e-9d39-0a1b2c3d4f{number:02}"] = {
            "type": "Alarm",
            "deviceSerialNumber": "G0SIM00KITCHEN01",
            "originalTime": f"{6 + number:02}:10:00.000",
            "recurringPattern": repeat,
        }
    return household


def _with_groups() -> dict[str, Any]:
    """Return the demo household with a stereo pair as a member of a group."""
    household = load_household("demo")
    [account] = household["accounts"].values()
    devices = account["devices"]
    group = next(device for device in devices.values() if device["deviceFamily"] == "WHA")
    devices[PAIR] = {**group, "accountName": "Pair", "clusterMembers": ["G0SIM0LIVING0001", "G0SIM000OFFICE01"]}
    devices[HOUSE] = {**group, "accountName": "House", "clusterMembers": [PAIR, "G0SIM00KITCHEN01"]}
    return household


async def _spotify_and_guard(hass: HomeAssistant, sim: ControlClient) -> None:
    """Play Spotify on the group with the pair, pause and resume it, and arm and disarm Guard."""
    house = {"entity_id": "media_player.house"}
    play = {"media_content_type": "SPOTIFY", "media_content_id": "harbour on house"}
    play["entity_id"] = "media_player.living_room_studio"
    await hass.services.async_call("media_player", "play_media", play, blocking=True)
    await quiet(hass, sim, calm=0.5)
    for action in ("media_pause", "media_play"):
        await hass.services.async_call("media_player", action, house, blocking=True)
        await quiet(hass, sim, calm=0.5)
    await hass.services.async_call("media_player", "volume_set", {**house, "volume_level": 0.35}, blocking=True)
    [guard] = hass.states.async_entity_ids("alarm_control_panel")
    for action in ("alarm_arm_away", "alarm_disarm"):
        await hass.services.async_call("alarm_control_panel", action, {"entity_id": guard}, blocking=True)
        await quiet(hass, sim, calm=0.5)


def _foreign_client(simulation: Running) -> None:
    """Let alexapy list the devices, receive a push, and speak."""
    environment = client_environment(simulation.port, simulation.ca, simulation.control)
    environment["PYTHONPATH"] = os.pathsep.join((environment["PYTHONPATH"], str(ROOT)))
    subprocess.run([FOREIGN, PROGRAM], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)


HOMES: dict[str, tuple[str | dict[str, Any], str]] = {
    "one_account": ("demo", "amazon.com"),
    "german_names": (_renamed(GERMAN), "amazon.de"),
    "japanese_names": (_renamed(JAPANESE), "amazon.co.jp"),
    "alarms_of_every_repetition": (_alarms(), "amazon.com"),
    "two_accounts": ("two_accounts", "amazon.com"),
    "forty_echos": ("forty", "amazon.co.uk"),
    "spotify_on_a_pair_in_a_group": (_with_groups(), "amazon.com"),
}
ACTED = ("one_account", "spotify_on_a_pair_in_a_group")
"""Homes in which alexapy also uses the account."""


@pytest.mark.parametrize("name", HOMES)
async def test_a_home_is_recorded_and_stored(
    hass: HomeAssistant,
    sim: ControlClient,
    simulation: Running,
    household: Household,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Record one home, and store the file."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    hass.config.config_dir = str(tmp_path)
    wanted, domain = HOMES[name]
    sim.household(wanted, domain=domain)
    data = load_household(wanted) if isinstance(wanted, str) else wanted
    entry = home.entry_of(sim, data["registrations"][0], domain)
    customer_id = str(entry.unique_id)
    account = sim.state()["accounts"][customer_id]
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    await hass.services.async_call(DOMAIN, "record", {"config_entry_id": entry.entry_id}, blocking=True)
    await quiet(hass, sim, calm=0.5)
    if name in ("one_account", "alarms_of_every_repetition"):
        await home.live(hass, sim, household)
    elif name == "spotify_on_a_pair_in_a_group":
        await _spotify_and_guard(hass, sim)
    else:
        for serial, device in list(account["devices"].items())[:4]:
            if device["deviceFamily"] not in ("VOX", "WHA"):
                for values in ({"volume": 23}, {"dnd": True}, {"online": False}, {"online": True}):
                    sim.patch_state({"accounts": {customer_id: {"devices": {serial: values}}}})
                    await hass.async_block_till_done()
    if name in ACTED:
        await hass.async_add_executor_job(_foreign_client, simulation)
    await quiet(hass, sim, calm=1.0)
    shutil.copy((await home.stop(hass, entry))["path"], FOLDER / f"{name}.json.gz")
    await hass.config_entries.async_unload(entry.entry_id)


def test_alexapy_alone_is_recorded_and_stored() -> None:
    """Record alexapy without the integration, and store the file."""
    run(FOREIGN, PROGRAM, record=FOLDER / "alexapy_alone.json.gz")


async def test_a_hotel_is_recorded_and_stored(
    hass: HomeAssistant, sim: ControlClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record a hotel in which a lamp and a switch are turned on, and store the file."""
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    sim.household("property", domain="amazon.com")
    await hotel.add_credentials(hass)
    entry = await hotel.load(hass, hotel.hotel_entry())
    await hass.services.async_call(DOMAIN, "record", {"config_entry_id": entry.entry_id}, blocking=True)
    await quiet(hass, sim, calm=1.0)
    for domain, action, data in (("light", "turn_on", {"brightness_pct": 40}), ("switch", "turn_on", {})):
        entities = hass.states.async_entity_ids(domain)
        target = next(one for one in entities if (state := hass.states.get(one)) and state.state != "unavailable")
        await hass.services.async_call(domain, action, {"entity_id": target, **data}, blocking=True)
    await quiet(hass, sim, calm=1.0)
    shutil.copy((await home.stop(hass, entry))["path"], FOLDER / "smart_properties.json.gz")
    await hass.config_entries.async_unload(entry.entry_id)
