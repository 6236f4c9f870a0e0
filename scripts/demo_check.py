"""Test a running Home Assistant from outside and print the results: check, result, milliseconds.

Runs in an environment without Home Assistant and the integration, with independent clients: ``homeassistant_api``'s
REST and WebSocket clients, each in its plain and its asynchronous form. Requests to the cloud are read from the
simulated cloud's ledger.
"""

import argparse
import asyncio
from collections.abc import Awaitable
import os
from pathlib import Path
import sys
import time
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alexa_sim.client import ControlClient
from scripts.checks import (
    Check,
    actions,
    alerts,
    automation,
    echos,
    history,
    life,
    lists,
    media,
    migration,
    players,
    property as hotel,
    recording,
    routines,
    settings,
    smart_home,
    sounds,
    voice,
)
from scripts.checks.world import CheckFailedError, World

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    *echos.CHECKS,
    recording.START,
    *alerts.CHECKS,
    *history.CHECKS,
    *automation.CHECKS,
    *actions.CHECKS,
    *lists.CHECKS,
    *media.CHECKS,
    *players.CHECKS,
    *routines.CHECKS,
    *settings.CHECKS,
    *smart_home.CHECKS,
    *sounds.CHECKS,
    *voice.CHECKS,
    *settings.LATER,
    *life.CHECKS,
    recording.END,
    *life.END,
)
"""The checks; ``echos`` signs in, and ``life.END`` removes the entry and reads the log."""

OF_HOUSEHOLDS: Final[dict[str, tuple[tuple[str, Check], ...]]] = {
    "property": hotel.CHECKS,
    "recording": recording.CHECKS,
}
"""Households with separate checks."""


def run_one(world: World, check: Check) -> tuple[bool, str]:
    """Run one check; return whether it passed, and the line to print."""
    try:
        result = check(world)
        if not isinstance(result, str):
            result = asyncio.run(_bounded(result))
    except Exception as err:  # noqa: BLE001 - other rows still run
        return False, f"{type(err).__name__}: {err}" if not isinstance(err, CheckFailedError) else str(err)
    return True, result


async def _bounded(result: Awaitable[str]) -> str:
    """Wait for a check, for at most a minute."""
    async with asyncio.timeout(60):
        return await result


def main() -> int:
    """Run all checks; return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--url", "--control", "--domain", "--log"):
        parser.add_argument(name, required=True)
    parser.add_argument("--migration", action="store_true", help="check a migrated folder of alexa_media_player")
    parser.add_argument("--household", default="demo")
    parser.add_argument("--kept", type=Path, help="folder for a recording, and the states at its end")
    args = parser.parse_args()
    checks = migration.CHECKS if args.migration else OF_HOUSEHOLDS.get(args.household, CHECKS)
    world = World(
        args.url, os.environ["DEMO_TOKEN"], args.domain, ControlClient(args.control), Path(args.log), args.kept
    )
    failed = 0
    width = max(len(name) for name, _ in checks)
    sys.stdout.write(f"{'check':{width}}  result      ms\n")
    for name, check in checks:
        began = time.monotonic()
        good, text = run_one(world, check)
        failed += not good
        milliseconds = (time.monotonic() - began) * 1000
        sys.stdout.write(f"{name:{width}}  {'ok' if good else 'FAILED':6}  {milliseconds:6.0f}  {text}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(checks) - failed} of {len(checks)} checks hold\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
