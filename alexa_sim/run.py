"""The ``run`` command: runs a client with all connections for Amazon redirected to the simulation."""

import asyncio
from collections.abc import Mapping
import json
import os
from pathlib import Path
import shlex
import signal
import sys

from .hosts import chromium_resolver_rules
from .server import Server

_REDIRECT = Path(__file__).resolve().parent / "redirect"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")


def client_environment(
    port: int, ca: str, control: str, base: Mapping[str, str] | None = None, *, chromium: list[str] | None = None
) -> dict[str, str]:
    """Return the environment that redirects Python and Node clients to the simulation.

    ``ca`` is the authority's PEM file. Proxies are removed, because they would bypass the simulation.
    """
    environment = dict(os.environ if base is None else base)
    for name in list(environment):
        if name.lower() in _PROXIES:
            del environment[name]
    environment["ALEXA_SIM_PORT"] = str(port)
    environment["ALEXA_SIM_CA"] = ca
    environment["ALEXA_SIM_CONTROL"] = control
    if chromium:
        environment["ALEXA_SIM_CHROMIUM_ARGS"] = json.dumps(chromium)
    _put_first(environment, "PYTHONPATH", str(_REDIRECT / "site"), os.pathsep)
    _put_first(environment, "NODE_OPTIONS", f'--require "{_REDIRECT / "node.cjs"}"', " ")
    environment["NODE_EXTRA_CA_CERTS"] = ca
    return environment


def _put_first(environment: dict[str, str], name: str, value: str, separator: str) -> None:
    """Insert a value before the present value of an environment variable."""
    environment[name] = f"{value}{separator}{environment[name]}" if environment.get(name) else value


def chromium_args(port: int, spki: list[str]) -> list[str]:
    """Return the arguments that redirect a Chromium; it also needs its own ``--user-data-dir``."""
    return [
        f"--host-resolver-rules={chromium_resolver_rules(port)}",
        f"--ignore-certificate-errors-spki-list={','.join(spki)}",
    ]


async def run(server: Server, command: list[str], *, chromium: bool = False) -> int:
    """Serve while a command runs, and return its exit code (128 + n if signal n ended it).

    Without a command, serve until SIGTERM or SIGINT.
    """
    loop = asyncio.get_running_loop()
    async with server:
        arguments = chromium_args(server.port, server.authority.spki)
        if chromium:
            print(shlex.join(arguments), flush=True)
        if not command:
            end = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, end.set)
            await end.wait()
            return 0
        environment = client_environment(server.port, str(server.ca), server.control, chromium=arguments)
        try:
            process = await asyncio.create_subprocess_exec(*command, env=environment)
        except OSError as err:
            print(f"alexa_sim: {command[0]} cannot be run: {err.strerror}.", file=sys.stderr)
            return 127 if isinstance(err, FileNotFoundError) else 126
        _pass_signals_on(process)
        code = await process.wait()
    return code if code >= 0 else 128 - code


def _pass_signals_on(process: asyncio.subprocess.Process) -> None:
    """Forward the signals that this process receives to the command.

    A terminal already sends SIGINT to both; it is then only ignored in this process.
    """

    def forward(number: signal.Signals) -> None:
        if process.returncode is None and not (number is signal.SIGINT and os.isatty(0)):
            process.send_signal(number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        loop.add_signal_handler(number, forward, number)
