"""Start the simulated cloud and a real Home Assistant, sign in, and wait or run the checks."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import gzip
import json
import os
from pathlib import Path
import re
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, Final
import zlib

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.old_households import OLD_HOUSEHOLDS, OldHousehold

ROOT: Final = Path(__file__).resolve().parent.parent
USER: Final = "owner"
PASSWORD: Final = "demo-home"  # noqa: S105 - password of a demo on loopback
WAIT: Final = 120.0

ROOMS: Final = {
    "Kitchen Show": "Kitchen",
    "Living Room Studio": "Living Room",
    "Bedroom Dot": "Bedroom",
    "Office Spot": "Office",
    "Kids Dot": "Kids' Room",
    "Garage Echo": "Garage",
}
"""Areas of the Echos. In the demo household they are in no group, from which the integration would take the areas."""
ICONS: Final = {
    "Garage": "mdi:garage",
    "Hall": "mdi:coat-rack",
    "Kids' Room": "mdi:teddy-bear",
    "Office": "mdi:desk",
}
"""Icons of areas for which Home Assistant has none."""

CONFIGURATION: Final = """\
homeassistant:
  name: Demo home
  internal_url: http://127.0.0.1:{port}
  latitude: 52.37
  longitude: 4.90
  elevation: 0
  unit_system: metric
  currency: EUR
  country: {country}
  time_zone: Europe/Amsterdam
application_credentials:
automation: !include automations.yaml
config:
demo_model:
ffmpeg:
  ffmpeg_bin: {ffmpeg}
history:
logbook:
scene:
tts:
  - platform: demo_voice
logger:
  default: warning
  logs:
    custom_components.alexa_media: {level}
"""

# Onboarding steps that set up integrations with internet access are marked as done.
ONBOARDING: Final = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}

# Address on which Home Assistant listens. In the YAML configuration, it would raise a repair issue.
ADDRESS: Final = {
    "server_host": ["127.0.0.1"],
    "cors_allowed_origins": ["https://cast.home-assistant.io"],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": True,
    "ssl_profile": "intermediate_v6",
    "use_x_frame_options": True,
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}

DASHBOARD: Final = "demo-home"
MUSIC: Final = (
    ("media_player.kitchen_show", "AMAZON_MUSIC", "harbour"),
    ("media_player.living_room_studio", "SPOTIFY", "kettle"),
)
"""Music that is playing at the start of the demo: player, provider, search text."""

HOUSEHOLDS: Final = (
    *sorted(path.stem for path in (ROOT / "alexa_sim" / "households").glob("*.json") if path.stem != "schema"),
    "forty",
    "two_hundred",
)

RECORDING: Final = "recording.json.gz"

_END: Final = "Ctrl-C stops Home Assistant and the simulated Amazon, and deletes what you changed here.\n"
"""File name of the recording of the checks."""

PROPERTY: Final = "property"
"""Name of the household of Alexa Smart Properties."""

OPERATOR: Final = "operator@example.org"
ORGANIZATION: Final = "amzn1.alexa.unit.did.SIMORGANIZATION"
PROFILE: Final = {
    "name": "Hotel",
    "client_id": "amzn1.application-oa2-client.sim",
    "client_secret": "amzn1.oa2-cs.v1.sim",
}

COUNTRIES: Final = {"amazon.de": "DE", "amazon.co.uk": "GB", "amazon.fr": "FR", "amazon.nl": "NL", "amazon.co.jp": "JP"}


class DemoError(Exception):
    """The demo cannot continue; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    url: str
    token: str
    control: str
    domain: str
    config: Path


def free_port() -> int:
    """Return an unused port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """Raise ``DemoError`` if the port is in use."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except OSError as err:
        message = f"port {port} is in use: stop what uses it, or name another one with --port"
        raise DemoError(message) from err


def ffmpeg() -> str:
    """Return the path of the machine's ffmpeg, or of the one in Home Assistant's environment."""
    binaries = "lib/python3*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"
    return shutil.which("ffmpeg") or next(map(str, (ROOT / ".cache/envs/hass").glob(binaries)), "ffmpeg")


def write_config(folder: Path, port: int, domain: str, level: str) -> None:
    """Write the configuration of a new Home Assistant that starts offline."""
    (folder / ".storage").mkdir(parents=True)
    (folder / ".storage" / "onboarding").write_text(json.dumps(ONBOARDING))
    address = {"stable": {**ADDRESS, "server_port": port}, "pending": None, "yaml_migration_done": True}
    stored = {"version": 3, "minor_version": 1, "key": "http", "data": address}
    (folder / ".storage" / "http").write_text(json.dumps(stored))
    (folder / "configuration.yaml").write_text(
        CONFIGURATION.format(port=port, country=COUNTRIES.get(domain, "US"), level=level, ffmpeg=ffmpeg())
    )
    (folder / "automations.yaml").write_text("[]\n")
    (folder / "custom_components").mkdir()
    # This must be a package, or Python imports the project's package, which lacks the voice and the model.
    (folder / "custom_components" / "__init__.py").touch()
    (folder / "custom_components" / "alexa_media").symlink_to(ROOT / "custom_components" / "alexa_media")
    for helper in ("demo_model", "demo_voice"):
        (folder / "custom_components" / helper).symlink_to(ROOT / "scripts" / helper)


@asynccontextmanager
async def home_assistant(
    args: argparse.Namespace, folder: Path, control: int, environment: str = "hass"
) -> AsyncIterator[None]:
    """Run the Home Assistant of an environment with every Amazon host redirected to the simulated cloud."""
    log = folder / "output.log"
    python = ROOT / ".cache/envs" / environment / "bin/python"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            ROOT / ".cache/envs/sim/bin/python",
            *("-m", "alexa_sim", "run"),
            *(("--recording", args.recording) if args.recording else ("--household", args.household)),
            *("--domain", args.domain),
            *("--control-port", str(control), "--art", "--print-chromium-args", "--"),
            *(python, "-m", "homeassistant", "--config", folder, "--skip-pip"),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        watcher = asyncio.create_task(process.wait())
        body = asyncio.current_task()
        watcher.add_done_callback(lambda _: body.cancel() if body and not body.done() else None)
        try:
            yield
        except asyncio.CancelledError:
            if watcher.done():
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                message = f"Home Assistant or the simulated cloud ended (exit {process.returncode}):\n{tail}"
                raise DemoError(message) from None
            raise
        finally:
            body = None
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(watcher), 30)
            if process.returncode is None:
                process.kill()
            await watcher


def chromium_args(folder: Path) -> list[str]:
    """Return the Chromium arguments that redirect Amazon to the simulated cloud of a Home Assistant in a folder."""
    for line in (folder / "output.log").read_text(errors="replace").splitlines():
        if line.startswith(("--host-resolver-rules", "'--host-resolver-rules")):
            return shlex.split(line)
    message = "the simulated cloud did not say what leads a browser to it"
    raise DemoError(message)


async def post(session: aiohttp.ClientSession, url: str, **kwargs: Any) -> Any:
    """Send a POST request and return the JSON of the response."""
    async with session.post(url, **kwargs) as response:
        text = await response.text()
        if response.status >= 400:
            message = f"{url} answered {response.status}: {text[:300]}"
            raise DemoError(message)
        return json.loads(text) if text else None


async def wait_until_up(session: aiohttp.ClientSession, url: str) -> None:
    """Wait until Home Assistant responds."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with suppress(aiohttp.ClientError):
            async with session.get(f"{url}/api/onboarding") as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.3)
    message = f"Home Assistant did not answer at {url} within {WAIT:.0f} s"
    raise DemoError(message)


async def onboard(session: aiohttp.ClientSession, url: str) -> str:
    """Create the owner and return a long-lived access token."""
    client = f"{url}/"
    made = await post(
        session,
        f"{url}/api/onboarding/users",
        json={"client_id": client, "name": "Owner", "username": USER, "password": PASSWORD, "language": "en"},
    )
    tokens = await post(
        session,
        f"{url}/auth/token",
        data={"grant_type": "authorization_code", "code": made["auth_code"], "client_id": client},
    )
    async with session.ws_connect(f"{url}/api/websocket") as ws:
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": tokens["access_token"]})
        await ws.receive_json()
        await ws.send_json({"id": 1, "type": "auth/long_lived_access_token", "client_name": "demo", "lifespan": 365})
        answer = await ws.receive_json()
        token: str = answer["result"]
        return token


async def sign_in(session: aiohttp.ClientSession, demo: Demo) -> None:
    """Add the integration like a user: select the marketplace, sign in on Amazon, and paste the URL."""
    flows = f"{demo.url}/api/config/config_entries/flow"
    headers = {"Authorization": f"Bearer {demo.token}"}
    flow = await post(session, flows, json={"handler": "alexa_media"}, headers=headers)
    for _ in range(2):  # The marketplace, and the sign-in method.
        if flow["type"] == "menu" or "marketplace" in str(flow.get("data_schema")):
            chosen = {"next_step_id": "paste"} if flow["type"] == "menu" else {"marketplace": demo.domain}
            flow = await post(session, f"{flows}/{flow['flow_id']}", json=chosen, headers=headers)
    address = flow["description_placeholders"]["url"]
    done = await post(session, f"{demo.control}/sign-in", json={"url": address})
    flow = await post(session, f"{flows}/{flow['flow_id']}", json={"redirect_url": done["redirect"]}, headers=headers)
    if flow["type"] != "create_entry":
        message = f"the sign-in did not work: {flow.get('errors') or flow}"
        raise DemoError(message)


async def sign_in_property(session: aiohttp.ClientSession, demo: Demo) -> None:
    """Add a property: enter the security profile, sign in with Login with Amazon, and select the organization."""
    async with session.ws_connect(f"{demo.url}/api/websocket") as ws:
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": demo.token})
        await ws.receive_json()
        # Home Assistant responds before all of its integrations are loaded.
        for number in range(1, 60):
            create = {"id": number, "type": "application_credentials/create", "domain": "alexa_media"}
            await ws.send_json({**create, **PROFILE})
            answer = await ws.receive_json()
            if answer["success"]:
                break
            await asyncio.sleep(0.5)
        else:
            message = f"the application credentials were not taken: {answer}"
            raise DemoError(message)
    flows = f"{demo.url}/api/config/config_entries/flow"
    headers = {"Authorization": f"Bearer {demo.token}", "HA-Frontend-Base": demo.url}
    flow = await post(session, flows, json={"handler": "alexa_media"}, headers=headers)
    steps = (
        {"marketplace": demo.domain},
        {"next_step_id": "smart_properties"},
        {"region": "na", "login_host": "by_region"},
    )
    for chosen in steps:
        flow = await post(session, f"{flows}/{flow['flow_id']}", json=chosen, headers=headers)
    if flow["type"] != "external":
        message = f"there is no way to Amazon: {flow}"
        raise DemoError(message)
    back = await post(session, f"{demo.control}/sign-in", json={"url": flow["url"], "account": OPERATOR})
    for url in (back["redirect"], f"{flows}/{flow['flow_id']}"):
        async with session.get(url, headers=headers) as response:
            response.raise_for_status()
    for chosen in ({"unit_id": ORGANIZATION}, {"unit": ORGANIZATION}):
        flow = await post(session, f"{flows}/{flow['flow_id']}", json=chosen, headers=headers)
    if flow["type"] != "create_entry":
        message = f"the sign-in did not work: {flow.get('errors') or flow}"
        raise DemoError(message)


async def run_checks(demo: Demo, args: argparse.Namespace) -> int:
    """Run the checks in a separate environment; return the exit code."""
    checks = await asyncio.create_subprocess_exec(
        ROOT / ".cache/envs/check/bin/python",
        ROOT / "scripts/demo_check.py",
        *("--url", demo.url, "--control", demo.control, "--domain", demo.domain, "--log", demo.config / "output.log"),
        *(("--kept", args.kept) if args.kept else ()),
        *("--household", "recording" if args.recording else args.household),
        *(("--migration",) if args.migration else ()),
        cwd=ROOT,
        env={**os.environ, "DEMO_TOKEN": demo.token},
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(args.limit):
            return await checks.wait()
    finally:
        if checks.returncode is None:
            checks.kill()
            await checks.wait()


async def put_into_rooms(ws: aiohttp.ClientWebSocketResponse, first: int) -> None:
    """Set the areas of the Echos like a user. ``first`` is the id of the first command; areas are created if needed."""

    async def ask(**command: Any) -> Any:
        nonlocal first
        await ws.send_json({"id": first, **command})
        first += 1
        return (await ws.receive_json())["result"]

    rooms = {device["id"]: ROOMS.get(device["name"]) for device in await ask(type="config/device_registry/list")}
    areas = {area["name"]: area["area_id"] for area in await ask(type="config/area_registry/list")}
    for device_id, room in rooms.items():
        if room is not None:
            if room not in areas:
                areas[room] = (await ask(type="config/area_registry/create", name=room))["area_id"]
            await ask(type="config/device_registry/update", device_id=device_id, area_id=areas[room])
    for area in areas.keys() & ICONS.keys():
        await ask(type="config/area_registry/update", area_id=areas[area], icon=ICONS[area])


async def furnish(session: aiohttp.ClientSession, demo: Demo) -> None:
    """Add the dashboard from the documentation, put the Echos into rooms, and start the music."""
    # The environment of Home Assistant has PyYAML, but the one of the browser tests does not.
    import yaml  # noqa: PLC0415 - see above

    blocks = re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "dashboards.md").read_text(), re.MULTILINE | re.DOTALL
    )
    views = [yaml.safe_load(block) for block in blocks]
    commands: tuple[dict[str, Any], ...] = (
        {
            "type": "lovelace/dashboards/create",
            "url_path": DASHBOARD,
            "title": "Echos",
            "icon": "mdi:speaker-wireless",
            "mode": "storage",
        },
        {"type": "lovelace/config/save", "url_path": DASHBOARD, "config": {"views": views}},
    )
    async with session.ws_connect(f"{demo.url}/api/websocket") as ws:
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": demo.token})
        await ws.receive_json()
        for number, command in enumerate(commands, 1):
            await ws.send_json({"id": number, **command})
            await ws.receive_json()
        await put_into_rooms(ws, len(commands) + 1)
    async with session.get(f"{demo.control}/state") as response:
        accounts = (await response.json())["accounts"]
    serial = next(serial for account in accounts.values() for serial in account["devices"])
    await post(session, f"{demo.control}/say", json={"serial": serial, "text": "play harbour lights"})
    # The music would otherwise end after a few tracks.
    repeated = {
        customer_id: {"devices": {key: {"player": {"repeat": True}} for key in account["devices"]}}
        for customer_id, account in accounts.items()
    }
    async with session.patch(f"{demo.control}/state", json={"accounts": repeated}) as response:
        response.raise_for_status()
    headers = {"Authorization": f"Bearer {demo.token}"}
    for player, provider, phrase in MUSIC:
        music = {"entity_id": player, "media_content_type": provider, "media_content_id": phrase}
        # Only the demo household has these players.
        with suppress(DemoError):
            await post(session, f"{demo.url}/api/services/media_player/play_media", json=music, headers=headers)


async def welcome(session: aiohttp.ClientSession, demo: Demo) -> str:
    """Return the text for the user of the demo."""
    async with session.get(f"{demo.control}/state") as response:
        accounts = (await response.json())["accounts"]
    customer_id, account = next(iter(accounts.items()))
    serial, device = next(iter(account["devices"].items()))
    name = device["accountName"]
    say = json.dumps({"serial": serial, "text": "good night", "response": "Good night!"})
    browser = demo.config / "browser.sh"
    chromium = ["chromium", f"--user-data-dir={demo.config / 'browser'}", *chromium_args(demo.config), demo.url]
    browser.write_text(f"#!/bin/sh\nexec {shlex.join(chromium)}\n")
    browser.chmod(0o700)
    patch = json.dumps({"accounts": {customer_id: {"devices": {serial: {"volume": 60}}}}})
    return f"""
{head_of_welcome(demo)}
Dashboard             {demo.url}/{DASHBOARD}

Try:
  Settings > Devices & services > Alexa Media Player: the Echos, each with its entities
  Speak: Settings > Tools > Actions, "notify.send_message" with the entity "{name} Speak". This shows what was spoken:
    curl {demo.control}/spoken
  Say something to “{name}”. It appears in its entity "Voice command", and starts automations:
    curl {demo.control}/say -d '{say}'
  Change the volume of “{name}” to 60 %. Its media player follows at once:
    curl -X PATCH {demo.control}/state -d '{patch}'
  Sign in: delete the account, and add it again with the site {demo.domain} and either way to sign in. It requires a
  browser in which Amazon is the simulated one. This starts Chromium (change the name of the program if yours differs):
    {browser}
  At the simulated Amazon the user is {account["email"]}, the password “{account["password"]}”.
  Another household: scripts/demo --household NAME. demo: six Echos; two_accounts: two accounts that share Echos;
  forty, two_hundred: many Echos; property: a hotel of Alexa Smart Properties.
  A home that comes from alexa_media_player: scripts/demo --migration

{_END}"""


def head_of_welcome(demo: Demo) -> str:
    """Return the addresses of a demo."""
    return f"""\
Home Assistant        {demo.url}     only from this computer
  user                {USER}
  password            {PASSWORD}
Simulated Amazon      {demo.control}     its requests: docs/simulated-cloud.md"""


def welcome_to_property(demo: Demo) -> str:
    """Return the text for the user of a property demo."""
    lamp = {"smartProperties": {"endpoints": {"amzn1.alexa.endpoint.SIM101LAMP": {"online": False}}}}
    return f"""
{head_of_welcome(demo)}

Try:
  Settings > Areas, labels & zones: the rooms of a hotel, with their Echos, lamps and thermostats
  Settings > Tools > Actions > "Smart Properties: query devices"
  A lamp goes offline. It becomes unavailable within five minutes, or with the action homeassistant.update_entity:
    curl -X PATCH {demo.control}/state -d '{json.dumps(lamp)}'
  A home: scripts/demo

{_END}"""


def welcome_to_migration(demo: Demo) -> str:
    """Return the text for the user of a home that comes from alexa_media_player."""
    return f"""
{head_of_welcome(demo)}

This Home Assistant was set up with alexa_media_player, and has started with this integration. Its account, devices,
entities and automations are the old ones.

{_END}"""


async def main(args: argparse.Namespace) -> int:
    """Run the demo; return the exit code."""
    # Stopping the demo also stops Home Assistant and the cloud.
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if not args.migration:
        if not args.check or args.recording:
            return await run_demo(args)
        with tempfile.TemporaryDirectory(prefix="alexa-demo-kept-") as name:
            args.kept = args.kept or Path(name)
            args.kept.mkdir(exist_ok=True)
            return await run_demo(args) | await run_replay(args)
    failed = 0
    for name, old in OLD_HOUSEHOLDS.items():
        sys.stdout.write(f"\nMigration: {name}\n")
        failed |= await run_demo(args, old)
        if not args.check:
            break
    return failed


async def run_replay(args: argparse.Namespace) -> int:
    """Check the replay of the recording that the other checks made, if there is one; return the exit code."""
    if not (recording := args.kept / RECORDING).exists():
        return 0
    sys.stdout.write("\nThe recording of the checks above\n")
    return await run_demo(argparse.Namespace(**{**vars(args), "recording": recording}))


async def run_demo(args: argparse.Namespace, old: OldHousehold | None = None) -> int:
    """Run one Home Assistant, with a new folder or a folder of alexa_media_player; return the exit code."""
    port = args.port or (free_port() if args.check else 8123)
    control = free_port()
    require_free(port)
    with tempfile.TemporaryDirectory(prefix="alexa-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_config(folder, port, args.domain, "debug" if args.debug else "info")
        if old is not None:
            args.household = str(old.prepare(folder, args.domain))
        home = f"the recording {args.recording}" if args.recording else f"the household {args.household}"
        sys.stdout.write(f"Starting Home Assistant and a simulated Amazon with {home}, site {args.domain}.\n")
        sys.stdout.write("This takes up to two minutes. No Amazon account is needed.\n")
        sys.stdout.flush()
        async with home_assistant(args, folder, control), aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}"
            await wait_until_up(session, url)
            token = await onboard(session, url)
            demo = Demo(url, token, f"http://127.0.0.1:{control}", args.domain, folder)
            if args.check:
                return await run_checks(demo, args)
            if old is not None:
                sys.stdout.write(welcome_to_migration(demo))
            elif args.household == PROPERTY:
                await sign_in_property(session, demo)
                sys.stdout.write(welcome_to_property(demo))
            else:
                await sign_in(session, demo)
                await furnish(session, demo)
                sys.stdout.write(await welcome(session, demo))
            sys.stdout.flush()
            await asyncio.Event().wait()
    return 0


def domain_of(recording: Path) -> str | None:
    """Return the marketplace of a recording; raises ``ValueError`` if the demo cannot replay it."""
    try:
        with gzip.open(recording, "rt") as file:
            head: dict[str, Any] = json.loads(file.readline())
        cloud, domain = head["cloud"], head["domain"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as err:
        message = f"{recording} is not a recording, or it is damaged"
        raise ValueError(message) from err
    if cloud == PROPERTY:
        message = "the demo cannot replay Smart Properties: use tests/user_scenarios/test_recordings.py"
        raise ValueError(message)
    return domain or None


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="control it from outside, print a table, exit with 1 if a row fails"
    )
    parser.add_argument(
        "--migration", action="store_true", help="start with a configuration folder of alexa_media_player"
    )
    parser.add_argument(
        "--household",
        default="demo",
        help=f"household of the simulated cloud (demo): {', '.join(HOUSEHOLDS)}, or a JSON file",
    )
    parser.add_argument("--recording", type=Path, help="a recording whose home is used instead of a household")
    parser.add_argument(
        "--kept",
        type=Path,
        help="with --check: folder for the recording of the checks and the states at its end; with --recording: the "
        "folder of that recording, whose states the replay has to show",
    )
    parser.add_argument("--domain", default="amazon.com", help="marketplace of the account (amazon.com)")
    parser.add_argument("--port", type=int, help="port of Home Assistant (8123; with --check any free one)")
    parser.add_argument("--limit", type=float, default=600, help="maximum duration of the checks in seconds (600)")
    parser.add_argument("--debug", action="store_true", help="let the integration log everything")
    args = parser.parse_args()
    if args.recording:
        args.recording = args.recording.resolve()
        try:
            args.domain = domain_of(args.recording) or args.domain
        except ValueError as err:
            parser.error(str(err))
    return args


def run() -> int:
    """Run the command; print an error as one sentence."""
    try:
        return asyncio.run(main(arguments()))
    except DemoError as err:
        sys.stderr.write(f"demo: {err}\n")
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        return 0


if __name__ == "__main__":
    sys.exit(run())
