"""A program that signs in and reads lists with unmodified aioamazondevices; prints its results as JSON.

It runs inside ``python -m alexa_sim run``; its argument is the code of the authenticator app.
"""

import asyncio
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Any

from aioamazondevices.api import AmazonEchoApi
from aioamazondevices.exceptions import CannotAuthenticate
from aioamazondevices.structures import AmazonSaveDataConfig
import aiohttp

from alexa_sim.client import ControlClient


def api(session: aiohttp.ClientSession, folder: str, password: str) -> Any:
    """Return the API object of the library."""
    return AmazonEchoApi(session, "jo@example.org", password, save_data=AmazonSaveDataConfig(path=Path(folder)))


async def refusal(folder: str, password: str, code: str) -> str:
    """Return the error of a sign-in that must fail."""
    async with aiohttp.ClientSession() as session:
        try:
            await api(session, folder, password).login.login_mode_interactive(code)
        except CannotAuthenticate as err:
            return str(err)
    return ""


async def use(folder: str, good: str) -> dict[str, Any]:
    """Sign in with wrong and correct data, and read everything."""
    sim = ControlClient(os.environ["ALEXA_SIM_CONTROL"])
    wrong = f"{(int(good) + 7) % 10**6:06}"
    refusals = [await refusal(folder, "wrong", good), await refusal(folder, "correct horse", wrong)]
    async with aiohttp.ClientSession() as session:
        client = api(session, folder, "correct horse")
        login = await client.login.login_mode_interactive(good)
        devices = await client.get_devices_data()
        lists = {each.name or each.list_type.value: each.id for each in client.todo_lists}
        items = await client.get_todo_list_items(lists["SHOP"])
        named = {device.account_name: device for device in devices.values()}
        monitor = client.sensors[named["Air Monitor"].serial_number]
        color = {"hue": 120, "saturation": 1, "brightness": 1}
        await client.call_feature_operation(named["Night Glow"], "color", "setColor", {"color": color})
        await client.call_feature_operation(named["Air Monitor"], "toggle", "turnOff", instance="11")
    hosts = {entry["host"] for entry in await asyncio.to_thread(sim.ledger)}
    return {
        "refusals": refusals,
        "site": login["site"],
        "customer": login["account_customer_id"],
        "devices": {device.account_name: device.online for device in devices.values()},
        "monitor": {key: sensor.value for key, sensor in monitor.items()},
        "lists": sorted(lists),
        "items": {item.name: [item.status.value, item.version] for item in items.values()},
        "providers": sorted(await client.music_providers),
        "routines": client.routines,
        "hosts": sorted(hosts),
        "color": _feature(await asyncio.to_thread(sim.state), "Night Glow", "color")["color"]["hue"],
        "light": _feature(await asyncio.to_thread(sim.state), "Air Monitor", "toggle.11")["toggleState"],
        "errors": await asyncio.to_thread(sim.errors),
    }


def _feature(state: dict[str, Any], name: str, feature: str) -> Any:
    """Return a feature of an appliance in the cloud."""
    appliances = [each for account in state["accounts"].values() for each in account["appliances"].values()]
    return next(each for each in appliances if each["name"] == name)["features"][feature]


def main() -> None:
    """Run everything in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(asyncio.run(use(folder, sys.argv[1]))))


if __name__ == "__main__":
    main()
