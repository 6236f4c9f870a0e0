"""Measure this integration, and Home Assistant's integration for comparison, against the simulated cloud."""

import argparse
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import platform
import sys
import time
from typing import Any, Final

from .clients import Client, Core, Ours
from .growth import Growth
from .home import ROOT, BenchError, home
from .measure import Bench
from .report import details, features, missed, picture, table

RESULTS: Final = ROOT / "benchmarks/results"
LARGE: Final = 200
CORE_FLOOD: Final = 2
"""Duration of the flood for core in seconds.

Core writes every entity for each directive, so it falls behind immediately.
"""


def _say(text: str) -> None:
    """Print progress to standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _step(bench: Bench | Growth, name: str, *args: Any, **kwargs: Any) -> None:
    """Run one measurement; if it fails, only its results are missing."""
    began = time.monotonic()
    try:
        getattr(bench, name)(*args, **kwargs)
    except (BenchError, OSError, ValueError) as err:
        bench.found.setdefault("failed", []).append(f"{name}: {err}")
        _say(f"{bench.client.name} {name} failed: {err}")
    else:
        _say(f"{bench.client.name} {name} {' '.join(map(str, args))} ({time.monotonic() - began:.0f} s)")


def measure(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    """Return the measurements of a client."""
    ours = client.name == "alexa_media"
    with home(client.environment, LARGE) as running:
        bench = Bench(running, client, quick=args.quick or not ours, profiles=RESULTS if args.profile else None)
        bench.first_set_up(LARGE, memory=True)
        _say(f"{client.name} is set up")
        _step(bench, "set_up", LARGE, timed=True)
        _step(bench, "pushes")
        _step(bench, "latency")
        if ours:
            _step(bench, "flood", 8 if args.quick else 60)
        _step(bench, "commands")
        _step(bench, "lights")
        # Read everything again: the pushed volumes are not those of the cloud, so the stream would count as stalled.
        _step(bench, "set_up", LARGE)
        _step(bench, "idle_hour", LARGE)
        if ours:
            _step(bench, "proven_hours", LARGE)
            _step(bench, "asks")
            _step(bench, "recording")
        for echos in (1,) if args.quick else (40, 1):
            bench.replace(echos)
            _step(bench, "first_set_up", echos)
            _step(bench, "set_up", echos)
            if "round_trips_limited" not in bench.found:
                _step(bench, "round_trips")
            _step(bench, "idle_hour", echos)
            if ours:
                _step(bench, "proven_hours", echos)
        if ours:
            _step(bench, "list_item")
            # Last, because Home Assistant remembers which entities were enabled.
            for echos in (1,) if args.quick else (1, 40):
                bench.replace(echos)
                _step(bench, "first_set_up", echos)
                _step(bench, "everything", echos)
            _step(bench, "hotel")
        errors = running.sim.errors()
        if errors:
            bench.found["simulation_errors"] = errors[:3]
            _say(f"the simulated cloud had errors: {errors[0]}")
    if not ours:
        # In a separate Home Assistant, because profiling affects later measurements.
        with home(client.environment, LARGE) as running:
            flooded = Bench(running, client, quick=True)
            flooded.first_set_up(LARGE)
            _step(flooded, "flood", CORE_FLOOD)
            bench.found["flood"] = flooded.found.get(
                "flood", {"failed": f"{CORE_FLOOD} s of it, and no answer any more for 45 s"}
            )
    return bench.found


def growth() -> dict[str, Any]:
    """Return how the costs of this integration grow."""
    with home(Ours.environment, 1) as running:
        grown = Growth(running)
        for name in ("appliances", "accounts", "features"):
            _step(grown, name)
    return grown.found


def machine() -> str:
    """Return a description of the machine."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()}"


def main() -> int:
    """Run the measurements and print the results; return 1 if a counted goal is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only this integration, with short bursts: about a minute")
    parser.add_argument("--no-core", action="store_true", help="skip Home Assistant's own integration")
    parser.add_argument(
        "--profile", action="store_true", help="store profiles of setup and flood in benchmarks/results"
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help="also measure 1,000 appliances, 4 accounts and each feature: takes minutes more",
    )
    parser.add_argument("--record", action="store_true", help="write benchmarks/RESULTS.md")
    args = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    began = time.monotonic()
    core: dict[str, Any] | None = None
    try:
        ours = measure(Ours(), args)
        if args.growth:
            ours |= growth()
        if not (args.quick or args.no_core):
            core = measure(Core(), args)
    except BenchError as err:
        _say(str(err))
        return 2
    text = table(ours, core, "not measured in this run")
    now = datetime.now(UTC)
    results = {
        "at": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "alexa_media": ours,
        "alexa_devices": core,
    }
    (RESULTS / "latest.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(text)
    for line in details(ours):
        print(f"  {line}")
    _say(f"took {time.monotonic() - began:.0f} s; all numbers are in benchmarks/results/latest.json")
    if args.record:
        command = " ".join(["scripts/bench", *sys.argv[1:]])
        head = f"# Results\n\n{now:%Y-%m-%d}, {machine()}, `{command}`.\n\n"
        shown = "\n![The results beside Home Assistant's own integration](results.svg)\n"
        text = head + text + "\n" + shown + NOTES + features(ours)
        (ROOT / "benchmarks/RESULTS.md").write_text(text, encoding="utf-8")
        (ROOT / "benchmarks/results.svg").write_text(picture(ours, core), encoding="utf-8")
    if failed := missed(ours):
        _say(f"missed: {'; '.join(failed)}")
    return bool(failed)


NOTES: Final = """
Counts hold on any machine. Times are of one machine that others used at the same time: compare columns, not days.

- Both run in a real Home Assistant 2026.11.0 with its recorder, against the same simulated households, one after the
  other in one run. Requests: from a restart of the entry; pings are not counted.
- *directive arrives* is when its bytes are read from the connection; for the flood it is when the cloud gets the
  command to send. The longest times there are garbage collections of the whole heap, caused by the recorder.
- Settings of single devices cost a request for each device when their entity is enabled, and one a day; + 3 are the
  lists.
- A block is one turn of the event loop in which the integration's code, or Home Assistant's on its entities, was seen;
  processor time of the loop's thread, so that other processes and threads have no share in it, and without garbage
  collections, whose duration depends on the whole heap.
- Round trips: by how much later all entities of 40 Echos are there when each round trip takes half a second longer.
  What waits only because eight requests at a time are allowed depends on none of them: the first number is without it.
- Memory is resident memory after a collection and after the recorder has written everything, with what is imported for
  the integration. The goal was set for 1,000 entities; core makes another number of them, so look at the kB each. A
  disabled entity has no state, but is registered. About 40 MB of both are free parts of Python's memory, which the peak
  of set-up leaves behind and later objects use.
- core's flood lasts 2 s in place of 60.
"""


if __name__ == "__main__":
    sys.exit(main())
