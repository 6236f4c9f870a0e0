"""Target of redirected connections, and the host names to which connections are allowed."""

import errno
import functools
import ipaddress

from alexa_sim.hosts import is_amazon

LOOPBACK = "127.0.0.1"


class Target:
    """The simulation to which this process is redirected: its port and its authority's certificate."""

    __slots__ = ("ca_pem", "port")

    def __init__(self) -> None:
        """Initialize without a simulation."""
        self.port = 0
        self.ca_pem = ""

    def port_for(self, port: object) -> int:
        """Return the port to use in place of Amazon's; only TLS is simulated."""
        if port in (443, "443", b"443", "https", b"https"):
            return self.port
        return int(port) if isinstance(port, int | str) and str(port).isdecimal() else 0


TARGET = Target()


class RefusedError(OSError):
    """A connection to a host that is neither Amazon's nor on the loopback interface."""

    def __init__(self, host: str) -> None:
        """Initialize with the host."""
        super().__init__(
            errno.ECONNREFUSED, f"alexa_sim: {host} is neither a simulated Amazon host nor loopback: refused"
        )


def text(host: object) -> str:
    """Return a host as text, converted like in the socket module."""
    return host.decode("idna", "replace") if isinstance(host, bytes | bytearray) else str(host)


def leads_to_simulation(host: object) -> bool:
    """Return whether a name is Amazon's."""
    return host is not None and is_amazon(text(host))


@functools.cache
def _own_names() -> frozenset[str]:
    """Return the names of this machine, which resolve without a DNS query."""
    import socket  # noqa: PLC0415 - loading it early would be before it is patched

    return frozenset({socket.gethostname().lower()})


def may_resolve(host: object) -> bool:
    """Return whether a name may be resolved: an address, localhost, or a name of this machine."""
    if host is None:
        return True
    name = text(host).lower().removesuffix(".")
    if name in ("", "localhost", "<broadcast>") or name.endswith(".localhost") or name in _own_names():
        return True
    return _address(name) is not None


def may_connect(host: object, *, datagram: bool = False) -> bool:
    """Return whether a connection to an address or a resolvable name is allowed.

    Datagrams may also go to multicast addresses, for discovery on the local network.
    """
    name = text(host).lower()
    if (address := _address(name)) is None:
        return may_resolve(host)
    return address.is_loopback or address.is_unspecified or (datagram and address.is_multicast)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address in a text, or ``None``."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
