"""Tests of the command line, run as processes."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from .conftest import TOY

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.usefixtures("socket_enabled")


@contextmanager
def started(*options: str, module: str = TOY) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the command line; yield its process and its ready line."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def failed(*options: str, module: str = TOY) -> str:
    """Return the sentence on standard error of a command that exits with 2."""
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_a_ready_line_and_ends_cleanly(number: signal.Signals) -> None:
    with started() as (process, ready):
        assert ready.keys() == {"ready", "port", "control", "ca"}
        assert ready["ready"] is True
        assert ready["control"].startswith("http://127.0.0.1:")
        assert Path(ready["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
        with socket.create_connection(("127.0.0.1", ready["port"]), timeout=20):
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert not Path(ready["ca"]).parent.exists()


def test_it_ends_with_its_input_if_requested() -> None:
    with started("--until-eof") as (process, _):
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_it_listens_on_loopback_only() -> None:
    with started() as (process, ready):
        listening = {}
        for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A":
                listening[int(address[9:], 16)] = address[:8]
    assert listening[ready["port"]] == "0100007F"


def test_the_ports_can_be_selected() -> None:
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, control = free.getsockname()[1], other.getsockname()[1]
    with started("--port", str(port), "--control-port", str(control)) as (_, ready):
        assert (ready["port"], ready["control"]) == (port, f"http://127.0.0.1:{control}")


@pytest.mark.parametrize("option", ["--port", "--control-port"])
def test_a_port_in_use_is_reported_in_a_sentence(option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert failed(option, str(port)) == f"alexa_sim: Port {port} cannot be had: Address already in use."


def test_a_port_out_of_range_is_reported_in_a_sentence() -> None:
    assert "70000" in failed("--port", "70000")


def test_an_unknown_marketplace_is_reported_in_a_sentence() -> None:
    assert "amazon.xx is no retail domain" in failed("--domain", "amazon.xx")


def test_an_invalid_household_is_reported_in_a_sentence(tmp_path: Path) -> None:
    assert "nobody" in failed("--household", "nobody", module="alexa_sim")
    (tmp_path / "a.json").write_text("{")
    assert "not JSON" in failed("--household", str(tmp_path / "a.json"), module="alexa_sim")


def test_a_command_is_needed_to_run() -> None:
    assert "There is no command to run" in failed("run", "--domain", "amazon.de")
