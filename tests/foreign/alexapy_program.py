"""A program that uses unmodified alexapy with a stored token; prints its results as JSON.

It runs inside ``python -m alexa_sim run``. It only uses the control plane to check the simulation.
"""

import asyncio
import json
import os
from pathlib import Path
import sys
import tempfile
import time
from types import SimpleNamespace
from typing import Any

from alexapy import AlexaAPI, AlexaLogin, HTTP2EchoClient

from alexa_sim.client import ControlClient

JO = "A2SIMJO7D0EQ11"


async def pushed(sim: ControlClient, login: Any, serial: str) -> dict[str, Any]:
    """Return the payload that is pushed when the volume of an Echo changes."""
    pushes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    opened = asyncio.Event()

    async def on_message(message: dict[str, Any]) -> None:
        pushes.put_nowait(message["directive"]["payload"]["renderingUpdates"][0])

    async def on_open() -> None:
        opened.set()

    async def on_other(*_: Any) -> None:
        return

    client = HTTP2EchoClient(login, on_message, on_open, on_other, on_other)
    await client.async_run()
    try:
        async with asyncio.timeout(10):
            await opened.wait()
            change = {"accounts": {JO: {"devices": {serial: {"volume": 61}}}}}
            await asyncio.to_thread(sim.patch_state, change)
            while (update := await pushes.get())["resourceId"] != "PUSH_VOLUME_CHANGE":
                pass
    finally:
        client.on_close()
        await asyncio.sleep(0)
    metadata = json.loads(update["resourceMetadata"])
    payload: dict[str, Any] = json.loads(metadata["payload"])
    return payload


async def use(sim: ControlClient, folder: Path) -> dict[str, Any]:
    """Sign in with a stored token, let it expire, read lists, speak, and receive pushes."""
    (folder / ".storage").mkdir()
    login = AlexaLogin(
        "amazon.com",
        "jo@example.org",
        "",
        lambda name: str(folder / name),
        uuid="D3A0B1C2D4E5F60718293A4B5C6D7E8F",
        oauth={"refresh_token": "Atnr|demo-jo"},
    )
    try:
        await login.login()
        first = login.access_token
        login.expires_in = time.time() - 1
        devices = await AlexaAPI.get_devices(login)
        registered = await login.register_capabilities()
        kitchen = next(device for device in devices if device["accountName"] == "Kitchen Show")
        echo = SimpleNamespace(
            _device_type=kitchen["deviceType"],
            device_serial_number=kitchen["serialNumber"],
            _device_family=kitchen["deviceFamily"],
            _cluster_members=kitchen["clusterMembers"],
            _locale="en-US",
            unique_id=kitchen["serialNumber"],
        )
        payload = await pushed(sim, login, kitchen["serialNumber"])
        await AlexaAPI(echo, login).send_tts("Hello from alexapy", queue_delay=0)
    finally:
        await login.session.close()
    return {
        "renewed": login.access_token != first and str(login.access_token).startswith("Atna|"),
        "registered": registered,
        "devices": sorted(device["accountName"] for device in devices),
        "pushed": payload["volumeSetting"],
        "spoken": await asyncio.to_thread(sim.spoken),
        "renewals": [entry["status"] for entry in await asyncio.to_thread(sim.ledger, path="/auth/token")],
        "errors": await asyncio.to_thread(sim.errors),
    }


def main() -> None:
    """Run everything with the simulation in the environment."""
    sim = ControlClient(os.environ["ALEXA_SIM_CONTROL"])
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(asyncio.run(use(sim, Path(folder)))))


if __name__ == "__main__":
    main()
