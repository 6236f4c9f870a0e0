"""Fixtures that run clients of other projects in separate processes."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import time
from typing import Any, Final

import pytest

from alexa_sim.auth import totp
from alexa_sim.household import load_household

ROOT: Final = Path(__file__).resolve().parents[2]
PSEUDONYMS: Final = ROOT / "custom_components/alexa_media/cloud/pseudonyms.py"
FOREIGN: Final = ROOT / ".cache/envs/foreign/bin/python"
JO: Final = "A2SIMJO7D0EQ11"
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Setup key of an invented user's authenticator app."""


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture that prepares Home Assistant for every test."""


@pytest.fixture(scope="session")
def foreign_python() -> Path:
    """Return the interpreter with the newest Home Assistant, alexapy and aioamazondevices."""
    for name in ("foreign", "sim"):
        if not (ROOT / ".cache/envs" / name / "bin/python").exists():
            pytest.fail(f"there is no environment {name}: run scripts/setup foreign sim")
    return FOREIGN


@pytest.fixture(scope="session")
def node() -> str:
    """Return the path of Node."""
    found = shutil.which("node")
    if found is None:
        if os.environ.get("ALEXA_SIM_NO_NODE") == "1":
            pytest.skip("there is no node, and ALEXA_SIM_NO_NODE says that this is meant")
        pytest.fail("there is no node: install Node 20.11 or newer, or set ALEXA_SIM_NO_NODE=1")
    return found


@pytest.fixture(scope="session")
def node_packages(node: str) -> Path:
    """Return the folder with the packages of clients that run in Node."""
    folder = ROOT / ".cache/envs/node"
    if not (folder / "node_modules").exists():
        pytest.fail("the packages of Node are missing: run scripts/setup node")
    return folder


@pytest.fixture(scope="session")
def with_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the household ``demo`` in which the account requires a code."""
    household = load_household("demo")
    household["accounts"][JO]["otpSecret"] = SECRET
    path = tmp_path_factory.mktemp("household") / "with_code.json"
    path.write_text(json.dumps(household))
    return path


def code() -> str:
    """Return the current code of the authenticator app."""
    return totp(SECRET, int(time.time() // 30))


def run(
    *command: str | Path, household: str | Path = "demo", domain: str = "amazon.com", record: Path | None = None
) -> Any:
    """Run a command inside ``alexa_sim run``, recorded if ``record`` is a file, and return the JSON that it prints."""
    recorded = () if record is None else ("--record", record, "--pseudonyms", PSEUDONYMS)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "alexa_sim", "run", "--household", household, "--domain", domain),
            *recorded,
            "--",
            *command,
        ],
        cwd=ROOT,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
