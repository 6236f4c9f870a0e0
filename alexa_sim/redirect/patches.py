"""Patches for libraries; the table of patches is in ``__init__``."""

import functools
from typing import Any

from .target import LOOPBACK, TARGET, RefusedError, leads_to_simulation, may_connect, may_resolve, text


def patch_socket(socket: Any) -> None:
    """Resolve Amazon's names to the simulation, and refuse other names and connections beyond loopback.

    This suffices for urllib, http.client, requests and asyncio's own connections.
    """
    getaddrinfo, gethostbyname, gethostbyname_ex = socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex

    @functools.wraps(getaddrinfo)
    def our_getaddrinfo(host: Any, port: Any, family: int = 0, *rest: int, **options: int) -> Any:
        if leads_to_simulation(host):
            return getaddrinfo(LOOPBACK, TARGET.port_for(port), socket.AF_INET, *rest, **options)
        if not may_resolve(host):
            raise socket.gaierror(socket.EAI_NONAME, str(RefusedError(text(host))))
        return getaddrinfo(host, port, family, *rest, **options)

    @functools.wraps(gethostbyname)
    def our_gethostbyname(host: Any) -> Any:
        return our_getaddrinfo(host, 0, socket.AF_INET)[0][4][0]

    @functools.wraps(gethostbyname_ex)
    def our_gethostbyname_ex(host: Any) -> Any:
        return (text(host), [], [our_gethostbyname(host)])

    socket.getaddrinfo = our_getaddrinfo
    socket.gethostbyname = our_gethostbyname
    socket.gethostbyname_ex = our_gethostbyname_ex
    _guard_connections(socket)


def _guard_connections(socket: Any) -> None:
    """Refuse stream connections and datagrams to other addresses, however they were resolved."""
    kind = socket.socket
    connect, connect_ex, sendto = kind.connect, kind.connect_ex, kind.sendto
    families = (socket.AF_INET, socket.AF_INET6)

    def check(self: Any, address: Any) -> None:
        # programs connect a datagram socket to find out their own address; this sends nothing
        if self.family not in families or self.type != socket.SOCK_STREAM or not isinstance(address, tuple):
            return
        if not may_connect(address[0]):
            raise RefusedError(text(address[0]))

    @functools.wraps(connect)
    def our_connect(self: Any, address: Any) -> Any:
        check(self, address)
        return connect(self, address)

    @functools.wraps(connect_ex)
    def our_connect_ex(self: Any, address: Any) -> Any:
        check(self, address)
        return connect_ex(self, address)

    @functools.wraps(sendto)
    def our_sendto(self: Any, data: Any, *rest: Any) -> Any:
        if self.family in families and isinstance(rest[-1], tuple) and not may_connect(rest[-1][0], datagram=True):
            raise RefusedError(text(rest[-1][0]))
        return sendto(self, data, *rest)

    kind.connect, kind.connect_ex, kind.sendto = our_connect, our_connect_ex, our_sendto


def patch_ssl(ssl: Any) -> None:
    """Make every client context trust the simulation's certificate authority, and offer a single key exchange.

    Both are done at the time of use, because contexts are created early and cached (certifi's bundle at import, Home
    Assistant's caches), and because truststore and others load their certificates late.
    """
    import _ssl  # noqa: PLC0415 - not before the process loads it

    context = ssl.SSLContext
    # The base class's method is used, because Home Assistant replaces the derived one by a method that reports blocking
    # calls. Loading text from memory does not block.
    load = _ssl._SSLContext.load_verify_locations  # noqa: SLF001 - it has no public name

    def trusting(wrap: Any, position: int) -> Any:
        """Return a wrap method that makes client contexts trust the authority.

        ``position`` is the position of its argument ``server_side``.
        """

        @functools.wraps(wrap)
        def our_wrap(self: Any, *args: Any, **options: Any) -> Any:
            server_side = args[position] if len(args) > position else options.get("server_side", False)
            if not server_side and TARGET.ca_pem not in ("", self.__dict__.get("_alexa_sim_ca")):
                load(self, cadata=TARGET.ca_pem)
                # By default, OpenSSL also offers a post-quantum key, which takes half of the time of a handshake.
                self.set_ecdh_curve("X25519")
                self._alexa_sim_ca = TARGET.ca_pem
            return wrap(self, *args, **options)

        return our_wrap

    context.wrap_bio = trusting(context.wrap_bio, 2)
    context.wrap_socket = trusting(context.wrap_socket, 1)


def patch_aiohttp_resolver(resolver: Any) -> None:
    """Resolve host and port for aiohttp, whose connector takes both from its resolver.

    The resolver classes are patched, so this also covers Home Assistant's derived resolver and connectors that create a
    resolver.
    """
    import socket  # noqa: PLC0415 - in the process being patched

    def redirect(kind: Any) -> None:
        resolve = kind.resolve

        @functools.wraps(resolve)
        async def our_resolve(self: Any, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            if leads_to_simulation(host):
                flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
                return [
                    resolver.ResolveResult(
                        hostname=host,
                        host=LOOPBACK,
                        port=TARGET.port_for(port),
                        family=socket.AF_INET,
                        proto=0,
                        flags=flags,
                    )
                ]
            if not may_resolve(host):
                raise RefusedError(host)
            return await resolve(self, host, port, family)

        kind.resolve = our_resolve

    redirect(resolver.ThreadedResolver)
    redirect(resolver.AsyncResolver)


def patch_aiodns(aiodns: Any) -> None:
    """Refuse DNS queries, which c-ares sends without the socket module."""
    kind = aiodns.DNSResolver
    for name in ("query", "query_dns", "gethostbyname", "getaddrinfo", "gethostbyaddr"):
        if (method := getattr(kind, name, None)) is not None:
            setattr(kind, name, _refusing(aiodns, method))


def _refusing(aiodns: Any, method: Any) -> Any:
    """Return a resolver method that only resolves names of this machine."""

    @functools.wraps(method)
    def ask(self: Any, host: Any, *rest: Any, **options: Any) -> Any:
        if not may_resolve(host):
            raise aiodns.error.DNSError(4, str(RefusedError(text(host))))
        return method(self, host, *rest, **options)

    return ask


def patch_anyio(anyio: Any) -> None:
    """Redirect ``connect_tcp`` to the simulation, because httpx and httpx2 keep port 443."""
    connect_tcp = anyio.connect_tcp

    @functools.wraps(connect_tcp)
    async def our_connect_tcp(remote_host: Any, remote_port: int, **options: Any) -> Any:
        if leads_to_simulation(remote_host):
            if options.get("tls") or options.get("ssl_context") is not None:
                options["tls_hostname"] = options.get("tls_hostname") or text(remote_host)
            return await connect_tcp(LOOPBACK, TARGET.port_for(remote_port), **options)
        if not may_connect(remote_host):
            raise RefusedError(text(remote_host))
        return await connect_tcp(remote_host, remote_port, **options)

    anyio.connect_tcp = our_connect_tcp
