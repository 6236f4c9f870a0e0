"""Make the recordings in ``tests/user_scenarios``: invented homes, recorded while things happen in them.

Runs only when asked to: ``WRITE_RECORDINGS=1 pytest tests/recordings/test_make_homes.py``.
"""

import os
from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from alexa_sim.client import ControlClient
from alexa_sim.household import load_household
from custom_components.alexa_media import push
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, set_up
from tests.recordings import home

FOLDER = Path(__file__).parent.parent / "user_scenarios"

pytestmark = pytest.mark.skipif(not os.environ.get("WRITE_RECORDINGS"), reason="writes files")

GERMAN = ("Küche", "Wohnzimmer", "Schlafzimmer", "Büro", "Kinderzimmer", "Garage", "Erdgeschoß", "Telefon")
JAPANESE = ("台所", "居間", "寝室", "書斎", "子供部屋", "車庫", "一階", "電話")
REPEATS = (None, "P1D", "XXXX-WD", "XXXX-WE", *(f"XXXX-WXX-{day}" for day in range(1, 8)))


def _renamed(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the demo household with other names of Echos."""
    household = load_household("demo")
    [account] = household["accounts"].values()
    for device, name in zip(account["devices"].values(), names, strict=True):
        device["accountName"] = name
    return household


def _alarms() -> dict[str, Any]:
    """Return the demo household with an alarm of every repetition."""
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


HOMES: dict[str, tuple[str | dict[str, Any], str]] = {
    "one_account": ("demo", "amazon.com"),
    "german_names": (_renamed(GERMAN), "amazon.de"),
    "japanese_names": (_renamed(JAPANESE), "amazon.co.jp"),
    "alarms_of_every_repetition": (_alarms(), "amazon.com"),
    "two_accounts": ("two_accounts", "amazon.com"),
    "forty_echos": ("forty", "amazon.co.uk"),
}


@pytest.mark.parametrize("name", HOMES)
async def test_make(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Record one home and keep the file."""
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
    else:
        for serial, device in list(account["devices"].items())[:4]:
            if device["deviceFamily"] not in ("VOX", "WHA"):
                for values in ({"volume": 23}, {"dnd": True}, {"online": False}, {"online": True}):
                    sim.patch_state({"accounts": {customer_id: {"devices": {serial: values}}}})
                    await hass.async_block_till_done()
    await quiet(hass, sim, calm=1.0)
    shutil.copy((await home.stop(hass, entry))["path"], FOLDER / f"{name}.json.gz")
    await hass.config_entries.async_unload(entry.entry_id)
