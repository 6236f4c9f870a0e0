"""A minimal HTTPS client that connects to the simulation with Amazon's host names."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
import json
import socket
import ssl
from typing import Any

from alexa_sim.client import Running


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def connect(sim: Running, name: str | None = "alexa.amazon.com", *, timeout: float = 10) -> ssl.SSLSocket:
    """Return a TLS connection with a host name in its handshake, or with none."""
    context = ssl.create_default_context(cafile=sim.ca)
    context.check_hostname = name is not None
    raw = socket.create_connection(("127.0.0.1", sim.port), timeout=timeout)
    return context.wrap_socket(raw, server_hostname=name)


def open_request(
    sim: Running, method: str, url: str, *, sni: str | None = "", body: str | None = None, timeout: float = 10
) -> tuple[HTTPConnection, HTTPResponse]:
    """Send a request for ``host/path``; return the connection and the response, whose body is not read yet."""
    host, _, path = url.partition("/")
    connection = HTTPConnection(host, timeout=timeout)
    connection.sock = connect(sim, host if sni == "" else sni, timeout=timeout)
    connection.request(method, f"/{path}", body, {"cookie": "c=1"})
    return connection, connection.getresponse()


def request(
    sim: Running, method: str, url: str, *, sni: str | None = "", body: str | None = None, timeout: float = 10
) -> Answer:
    """Send a request for ``host/path``; return the complete response."""
    connection, response = open_request(sim, method, url, sni=sni, body=body, timeout=timeout)
    try:
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()
