"""A running Home Assistant with the probe, against a simulated cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import socket
import subprocess
import tempfile
import time
from typing import Any, Final

from alexa_sim.client import ControlClient, start
from alexa_sim.household import generate_household
from alexa_sim.run import client_environment

ROOT: Final = Path(__file__).resolve().parent.parent
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Setup key of the invented account's authenticator app; core signs in with codes computed from it."""

CONFIGURATION: Final = """\
homeassistant:
  name: Bench
  latitude: 52.37
  longitude: 4.90
  elevation: 0
  unit_system: metric
  currency: EUR
  country: US
  time_zone: Europe/Amsterdam
http:
  server_host: 127.0.0.1
  server_port: {port}
history:
logger:
  default: warning
media_player:
notify:
switch:
sensor:
binary_sensor:
bench_probe:
"""


class BenchError(Exception):
    """The benchmark cannot continue; the message is the reason."""


def free_port() -> int:
    """Return an unused port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def household(echos: int) -> dict[str, Any]:
    """Return an account with a number of Echos, whose sign-in requires a code."""
    made = generate_household("bench", echos)
    (account,) = made["accounts"].values()
    account["otpSecret"] = SECRET
    account["devices"] = {
        serial: device
        for serial, device in account["devices"].items()
        if device["deviceFamily"] != "WHA" or device.get("clusterMembers")
    }
    return made


class Probe:
    """Client of the probe; each command is a blocking call."""

    def __init__(self, port: int) -> None:
        """Initialize with the port of the probe."""
        self._port = port

    def __call__(self, command: str, *, limit: float = 90.0, **data: Any) -> Any:
        """Run a command, for at most ``limit`` seconds; raises ``BenchError`` with the probe's message."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=limit)
        try:
            connection.request("POST", f"/{command}", json.dumps(data), {"content-type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise BenchError(f"{command}: {answer['error']}")
        return answer


@dataclass(frozen=True, slots=True)
class Home:
    """A running Home Assistant with its simulated cloud and their logs."""

    probe: Probe
    sim: ControlClient
    folder: Path
    pid: int

    @property
    def log(self) -> str:
        """Return the log of Home Assistant."""
        return (self.folder / "output.log").read_text(errors="replace")

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests since the last reset, without pings."""
        return [entry for entry in self.sim.ledger() if entry["path"] != "/ping"]

    def quiet(self, calm: float = 2.5, limit: float = 60.0) -> list[dict[str, Any]]:
        """Wait until the cloud has received no request for ``calm`` seconds; return the requests since the reset."""
        end = time.monotonic() + limit
        count, since = -1, time.monotonic()
        while time.monotonic() - since < calm:
            if len(requests := self.requests()) != count:
                count, since = len(requests), time.monotonic()
            if time.monotonic() > end:
                raise BenchError(f"the cloud is not left alone within {limit:.0f} s: {requests[-1]['path']}")
            time.sleep(0.1)
        return self.requests()


def _write_config(folder: Path) -> None:
    """Write a configuration with the integration and the probe."""
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=free_port()), encoding="utf-8")
    (folder / "custom_components").mkdir()
    components = folder / "custom_components"
    (components / "alexa_media").symlink_to(ROOT / "custom_components/alexa_media")
    (components / "bench_probe").symlink_to(ROOT / "benchmarks/bench_probe")


@contextmanager
def home(environment: str, echos: int) -> Iterator[Home]:
    """Run the Home Assistant of an environment under ``.cache/envs`` with a household of a number of Echos."""
    python = ROOT / ".cache/envs" / environment / "bin/python"
    if not python.exists():
        raise BenchError(f"there is no environment {environment}: run scripts/setup {environment}")
    with tempfile.TemporaryDirectory(prefix="alexa-bench-", ignore_cleanup_errors=True) as name, start() as sim:
        folder = Path(name)
        _write_config(folder)
        sim.client.household(household(echos))
        port = free_port()
        variables = client_environment(sim.port, sim.ca, sim.control, {**os.environ, "BENCH_PORT": str(port)})
        with (folder / "output.log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-m", "homeassistant", "--config", folder, "--skip-pip"],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                running = Home(Probe(port), sim.client, folder, process.pid)
                _wait(running, process)
                yield running
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait(running: Home, process: subprocess.Popen[bytes], limit: float = 90.0) -> None:
    """Wait until the probe responds and Home Assistant has started."""
    end = time.monotonic() + limit
    while True:
        try:
            running.probe("begin")
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise BenchError(f"Home Assistant did not start:\n{running.log[-2000:]}") from None
            time.sleep(0.2)
        else:
            time.sleep(3)  # Let startup finish, so that the initial memory includes it.
            return
