"""Command line: serves a household, or runs a command against it."""

import argparse
import asyncio
from collections.abc import Sequence
import gc
import json
import logging
import os
from pathlib import Path
import signal
import sys
from typing import Any

from . import catalogue
from .hosts import MARKETPLACES
from .record import Nothing, Record, load_pseudonyms
from .recording import RecordingError, Replay, read_recording
from .server import Server
from .simulation import CloudFactory, Simulation


class UsageError(Exception):
    """An invalid command-line argument; the message is one sentence."""


def main(argv: Sequence[str] | None = None, *, factory: CloudFactory | None = None) -> int:
    """Run the command line and return the exit code; 2 with a sentence on standard error for invalid arguments.

    ``factory`` replaces ``alexa_sim.cloud.Cloud``; households are then read as plain JSON.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["compare"]:
            from .compare import main as compare  # noqa: PLC0415 - only this command needs it

            return compare(arguments[1:])
        if arguments[:1] == ["run"]:
            from .run import run  # noqa: PLC0415 - only this command needs it

            options, command = _run_options(arguments[1:])
            server = _server(options, factory)
            server.simulation.record = _record(options)
            code = asyncio.run(run(server, command, chromium=options.print_chromium_args))
            _write_record(server.simulation, options.record)
            return code
        options = _serve_options(arguments)
        return asyncio.run(_serve(options, factory))
    except UsageError as err:
        print(f"alexa_sim: {err}", file=sys.stderr)
        return 2


def _common(prog: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the options of both commands."""
    parser = argparse.ArgumentParser(prog=prog, description=description, allow_abbrev=False)
    parser.add_argument("--household", default="demo", help="name of a household, or a JSON file (default: demo)")
    parser.add_argument("--recording", help="a recording, whose home is served in place of a household")
    parser.add_argument("--domain", default="amazon.com", help="retail domain of the account (default: amazon.com)")
    parser.add_argument("--port", type=int, default=0, help="port for Amazon's hosts (default: any)")
    parser.add_argument("--art", action="store_true", help="serve drawn covers and logos on the control plane")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control plane (default: any)")
    return parser


def _serve_options(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of ``python -m alexa_sim``."""
    parser = _common("python -m alexa_sim", "Simulate Amazon's cloud for Echo devices on 127.0.0.1.")
    parser.epilog = '"python -m alexa_sim run -- COMMAND" runs a command with every Amazon host redirected here.'
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    return parser.parse_args(arguments)


def _run_options(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse the arguments of ``python -m alexa_sim run``; return the options and the command."""
    parser = _common("python -m alexa_sim run", "Run a command with every Amazon host redirected to a simulation.")
    parser.usage = "%(prog)s [options] -- COMMAND …"
    parser.add_argument("--print-chromium-args", action="store_true", help="print what a Chromium has to be given")
    parser.add_argument("--record", type=Path, metavar="FILE", help="record what the command asks and is answered")
    parser.add_argument("--pseudonyms", metavar="FILE", help="Python file whose pseudonyms the recording gets")
    command: list[str] = []
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, command = arguments[:cut], arguments[cut + 1 :]
    options = parser.parse_args(arguments)
    if not command and not options.print_chromium_args:
        raise UsageError("There is no command to run; write it after --.")
    return options, command


def _server(options: argparse.Namespace, factory: CloudFactory | None) -> Server:
    """Return the server for the options; raises ``UsageError``."""
    if options.domain not in MARKETPLACES:
        raise UsageError(f"{options.domain} is no retail domain of Amazon's that is known here.")
    if options.recording:
        simulation = _replay(options.recording)
    else:
        simulation = Simulation(_household(options.household, factory), domain=options.domain, factory=factory)
    try:
        server = Server(simulation, port=options.port, control_port=options.control_port)
    except (OSError, OverflowError) as err:
        wanted = " or ".join(str(port) for port in (options.port, options.control_port) if port)
        raise UsageError(f"Port {wanted} cannot be had: {getattr(err, 'strerror', None) or err}.") from err
    if options.art:
        catalogue.serve_art(server.control)
    return server


def _replay(path: str) -> Simulation:
    """Return a simulation that replays a recording with its original timing; raises ``UsageError``."""
    try:
        recording = read_recording(path)
    except RecordingError as err:
        raise UsageError(str(err)) from err
    simulation = Simulation(recording.household(), domain=recording.domain)
    simulation.replay = Replay(recording, automatic=True)
    return simulation


def _record(options: argparse.Namespace) -> Record | None:
    """Return the recording for the options; raises ``UsageError``."""
    if options.record is None:
        return None
    try:
        return Record(load_pseudonyms(options.pseudonyms) if options.pseudonyms else Nothing())
    except (OSError, ImportError, AttributeError) as err:
        raise UsageError(f"{options.pseudonyms} has no pseudonyms: {err}.") from err


def _write_record(simulation: Simulation, path: Path) -> None:
    """Write the recording, if one was made; raises ``UsageError``."""
    if (record := simulation.record) is None:
        return
    cloud = simulation.cloud
    try:
        record.write(path, cloud.state(), cloud.newest_app(), simulation.domain)
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror or err}.") from err


def _household(name: str, factory: CloudFactory | None) -> dict[str, Any]:
    """Load a household; raises ``UsageError``."""
    if factory is not None:
        return {"name": name}
    from .household import HouseholdError, load_household  # noqa: PLC0415 - not needed with another factory

    try:
        return load_household(name)
    except HouseholdError as err:
        raise UsageError(str(err)) from err


async def _serve(options: argparse.Namespace, factory: CloudFactory | None) -> int:
    """Serve until SIGTERM, SIGINT or, if requested, the end of standard input."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    async with _server(options, factory) as server:
        if options.until_eof:
            await _watch_input(end)
        # the schemas and households that are loaded by now live until the end
        gc.collect()
        gc.freeze()
        gc.set_threshold(500_000, 20, 20)
        ready = {"ready": True, "port": server.port, "control": server.control, "ca": str(server.ca)}
        print(json.dumps(ready), flush=True)
        await end.wait()
    return 0


async def _watch_input(end: asyncio.Event) -> None:
    """Set ``end`` when standard input ends."""

    def read() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            end.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(0, read)
