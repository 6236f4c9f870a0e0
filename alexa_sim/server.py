"""The server: TLS with HTTP/2 and HTTP/1.1 for Amazon's hosts, plain HTTP for the control plane."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
import logging
from pathlib import Path
import socket
import ssl
from typing import Any, Self, cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.utils import wrap_app

from .asgi import CONNECTION, CloudApp, Connection
from .control import Control
from .http1 import HEAD, IDLE, serve_app, serve_control
from .simulation import Simulation
from .tls import Authority

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Function that serves one connection until its end."""


class Listener:
    """One listening socket on 127.0.0.1 and its connections, which a function serves."""

    def __init__(self, serve: Serve, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Bind a port (0 for any); raises ``OSError`` if it is in use."""
        self._serve = serve
        self._tls = tls
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        # asyncio only turns off Nagle's algorithm if the socket names its protocol; otherwise responses would wait 40
        # ms
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]

    async def start(self) -> None:
        """Accept connections."""
        self._server = await asyncio.start_server(
            self._accept, sock=self._socket, backlog=256, ssl=self._tls, limit=HEAD
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._connections[task] = writer
        # ConnectionError: the client has disconnected before the end
        with suppress(ConnectionError, ssl.SSLError):
            try:
                await self._serve(reader, writer)
            finally:
                if task is not None:
                    self._connections.pop(task, None)

    def release(self) -> None:
        """Release the port of a listener that was never started."""
        self._socket.close()

    async def close(self) -> None:
        """Close all connections and stop listening."""
        if self._server is None:
            self.release()
            return
        self._server.close()
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=1)


class Server:
    """A simulation with its two listeners, as an asynchronous context manager.

    ``port`` serves Amazon's hosts over TLS. ``control`` is the URL of the control plane. ``ca`` is the file of the
    certificate authority that clients have to trust.
    """

    def __init__(self, simulation: Simulation, *, port: int = 0, control_port: int = 0) -> None:
        """Bind both ports; raises ``OSError`` if one is in use."""
        self.simulation = simulation
        self.authority = Authority()
        self._ticks: asyncio.Task[None] | None = None
        self._listeners: list[Listener] = []
        try:
            self._listeners.append(Listener(_amazon(CloudApp(simulation)), port, self.authority.server_context()))
            self._listeners.append(Listener(partial(serve_control, answer=Control(simulation).respond), control_port))
        except OSError:
            for listener in self._listeners:
                listener.release()
            self.authority.close()
            raise
        self.port = self._listeners[0].port
        self.control = f"http://127.0.0.1:{self._listeners[1].port}"

    @property
    def ca(self) -> Path:
        """Return the path of the authority's certificate."""
        return self.authority.ca_pem

    async def __aenter__(self) -> Self:
        """Start serving."""
        for listener in self._listeners:
            await listener.start()
        self._ticks = asyncio.create_task(self.simulation.run_ticks())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything and delete the certificates."""
        if self._ticks is not None:
            self._ticks.cancel()
        await self.simulation.aclose()
        for listener in self._listeners:
            await listener.close()
        self.authority.close()


def _amazon(app: CloudApp) -> Serve:
    """Return a function that serves a connection to one of Amazon's hosts, with HTTP/2 or HTTP/1.1."""
    wrapped, config, context = wrap_app(cast("Any", app), 0, "asgi"), _config(), WorkerContext(None)

    async def serve_amazon(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        CONNECTION.set(Connection(writer))
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            await serve_app(reader, writer, app)
            return
        await TCPServer(wrapped, asyncio.get_running_loop(), config, context, {}, reader, writer)

    return serve_amazon


def _config() -> Config:
    """Return the configuration of hypercorn: little logging, no server header, persistent connections."""
    config = Config()
    config.include_server_header = False
    config.keep_alive_timeout = IDLE
    config.keep_alive_max_requests = 2**31
    config.h2_max_concurrent_streams = 128
    config.h11_max_incomplete_size = HEAD
    config.accesslog = None
    config.errorlog = logging.getLogger("alexa_sim.http")
    return config
