"""Resolver that resolves some host names to this machine, and no others."""

from collections.abc import Collection
import socket
from typing import override

from aiohttp.abc import AbstractResolver, ResolveResult


class Loopback(AbstractResolver):
    """Resolves some hosts to one port on loopback, and refuses others."""

    def __init__(self, port: int, hosts: Collection[str]) -> None:
        """Initialize with the port and the hosts."""
        self._port = port
        self._hosts = hosts

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self._hosts:
            raise OSError(f"{host} is not to be asked")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    @override
    async def close(self) -> None:
        """Do nothing: the resolver has no resources."""
