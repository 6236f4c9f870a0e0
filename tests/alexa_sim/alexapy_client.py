"""A program that uses unmodified alexapy inside ``python -m alexa_sim run``; prints its results as JSON.

It must not import Home Assistant, because it represents a client that is not aware of the simulation.
"""

# ruff: noqa: T201 - it prints its results

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import sys
import tempfile
from types import SimpleNamespace
from typing import Any

import aiohttp
from alexapy import AlexaAPI, AlexaLogin, HTTP2EchoClient
from alexapy.secureauth import AuthTerminalError, EnrollmentFlow, TokenManager

from alexa_sim.client import ControlClient

APP = "D3A0B1C2D4E5F60718293A4B5C6D7E8F"
READS = (
    "get_bluetooth",
    "get_device_preferences",
    "get_dnd_state",
    "get_wake_words",
    "get_authentication",
    "get_notifications",
    "get_notification_states",
)


async def enrol(sim: ControlClient, domain: str) -> dict[str, Any]:
    """Sign in with a pasted URL, renew the tokens, and deregister."""
    flow = EnrollmentFlow(domain)
    end = await asyncio.to_thread(sim.sign_in, flow.oauth_url)
    async with aiohttp.ClientSession() as session:
        credentials = await flow.async_register(session, flow.parse_redirect_url(end))
        manager = TokenManager(credentials)
        token = await manager.async_refresh_access_token(session)
        cookies = (await manager.async_exchange_cookies(session))[f".{domain}"]
        async with session.get(f"https://alexa.{domain}/api/devices-v2/device", cookies=cookies) as response:
            devices = [device["serialNumber"] for device in (await response.json())["devices"]]
        deregistered = await manager.async_deregister(session)
        try:
            await manager.async_refresh_access_token(session)
            refused = False
        except AuthTerminalError:
            refused = True
    return {
        "token": token[:5],
        "listed": flow.serial in devices,
        "deregistered": deregistered,
        "refused": refused,
    }


@asynccontextmanager
async def signed_in(domain: str, folder: str, **oauth: Any) -> AsyncIterator[Any]:
    """Yield an alexapy login that is signed in."""
    login = AlexaLogin(
        domain, "jo@example.org", "correct horse", lambda name: str(Path(folder) / name), uuid=APP, oauth=oauth
    )
    try:
        await login.login()
        yield login
    finally:
        await login.session.close()


async def use(sim: ControlClient, domain: str, folder: str) -> dict[str, Any]:
    """Read everything, control an Echo, and receive the pushes in the meantime."""
    async with signed_in(domain, folder, refresh_token="Atnr|demo-jo") as login:
        registered = await login.register_capabilities()
        devices = await AlexaAPI.get_devices(login)
        kitchen = next(device for device in devices if device["accountName"] == "Kitchen Show")
        device = SimpleNamespace(
            _device_type=kitchen["deviceType"],
            device_serial_number=kitchen["serialNumber"],
            _device_family=kitchen["deviceFamily"],
            _cluster_members=kitchen["clusterMembers"],
            _locale="en-US",
            unique_id=kitchen["serialNumber"],
        )
        pushes: asyncio.Queue[str] = asyncio.Queue()

        async def on_message(message: dict[str, Any]) -> None:
            pushes.put_nowait(message["directive"]["payload"]["renderingUpdates"][0]["resourceId"])

        async def on_other(*_: Any) -> None:
            return

        client = HTTP2EchoClient(login, on_message, on_other, on_other, on_other)
        await client.async_run()
        reads = {name: bool(await getattr(AlexaAPI, name)(login)) for name in READS}
        state = await command(AlexaAPI(device, login))
        heard: list[str] = []
        async with asyncio.timeout(10):
            while not heard or heard[-1] != "PUSH_BLUETOOTH_STATE_CHANGE" or len(set(heard)) < 4:
                heard.append(await pushes.get())
        client.on_close()
        await asyncio.sleep(0)
    return {
        "registered": registered,
        "devices": len(devices),
        "reads": reads,
        "state": state,
        "pushes": sorted(set(heard)),
        "spoken": [entry["kind"] for entry in await asyncio.to_thread(sim.spoken)],
    }


async def command(api: Any) -> dict[str, Any]:
    """Send every command that the household supports; return the current track at the end."""
    await api.send_tts("Hello there", queue_delay=0)
    await api.send_announcement("Bins", title="Home", queue_delay=0)
    await api.play_sound("amzn_sfx_doorbell_chime_01", queue_delay=0)
    await api.run_custom("what time is it", queue_delay=0)
    await api.run_skill("amzn1.ask.skill.x", queue_delay=0)
    await api.send_mobilepush("Bins", title="Home", queue_delay=0)
    await api.send_dropin_notification("Door", title="Home", queue_delay=0)
    await api.send_sequence("Alexa.Weather.Play", queue_delay=0)
    await api.set_volume(0.29, queue_delay=0)
    await api.play_music("AMAZON_MUSIC", "northern", queue_delay=0)
    for name in ("pause", "play", "next", "forward", "rewind"):
        await getattr(api, name)()
    await api.shuffle(True)
    await api.repeat(True)
    await api.set_dnd_state(True)
    player = (await api.get_state())["playerInfo"]
    await api.set_bluetooth("00:53:10:00:00:01")
    return {
        "title": player["infoText"]["title"],
        "volume": player["volume"]["volume"],
        "wifi": (await api.get_wifi_details())["essid"],
    }


async def scrape(folder: str) -> bool:
    """Sign in with the form, like alexapy without a token; return whether the sign-in succeeded."""
    async with signed_in("amazon.com", folder) as login:
        return bool(login.status.get("login_successful"))


async def main() -> None:
    """Run everything at the marketplace in the argument."""
    domain = sys.argv[1]
    sim = ControlClient(os.environ["ALEXA_SIM_CONTROL"])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".storage").mkdir()
        found = {
            "enrol": await enrol(sim, domain),
            "use": await use(sim, domain, folder),
            "scrape": domain != "amazon.com" or await scrape(folder),
        }
    refused = [
        f"{entry['method']} {entry['path']} {entry['status']}"
        for entry in sim.ledger()
        if entry["status"] is not None and entry["status"] >= 400
    ]
    print(json.dumps({**found, "refused": refused, "errors": sim.errors()}))


if __name__ == "__main__":
    asyncio.run(main())
