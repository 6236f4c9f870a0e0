"""Redirect a process's connections for Amazon to the simulation, and refuse all others.

The client is not modified: names resolve to 127.0.0.1, port 443 becomes the simulation's port, and TLS contexts of
clients trust its certificate authority. Import hooks patch a client's libraries as it loads them, and do not import
others. ``python -m alexa_sim run`` installs this in every Python process that it starts (``site/sitecustomize.py``),
and ``node.cjs`` in every Node process. ``install`` does it inside a running interpreter, for a test suite.

Not covered: uvloop, programs with their own resolver and TLS library, and datagram sockets that are connected before
they send.
"""

from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
import os
from pathlib import Path
import sys
from types import ModuleType
from typing import Any, override

from . import patches
from .target import TARGET

type Patch = Callable[[Any], None]

_PATCHES: dict[str, Patch] = {
    "socket": patches.patch_socket,
    "ssl": patches.patch_ssl,
    "aiohttp.resolver": patches.patch_aiohttp_resolver,
    "aiodns": patches.patch_aiodns,
    "anyio": patches.patch_anyio,
}
"""Patch function by name of the module; called once the module is loaded."""

_done: set[str] = set()


def install(port: int, ca_pem: str) -> None:
    """Redirect this process to a simulation on a port of 127.0.0.1.

    ``ca_pem`` is the certificate of the authority, as PEM text or the path of its file. A second call redirects new
    connections to another simulation. The redirection cannot be undone. Sessions that have resolved a name keep its
    address while they cache it (aiohttp: 10 s).
    """
    TARGET.port = port
    TARGET.ca_pem = ca_pem if "-----BEGIN" in ca_pem else Path(ca_pem).read_text(encoding="ascii")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    for name, patch in _PATCHES.items():
        if (module := sys.modules.get(name)) is not None:
            _apply(name, patch, module)


def install_from_environment() -> None:
    """Redirect according to ``ALEXA_SIM_PORT`` and ``ALEXA_SIM_CA``; do nothing if they are not set."""
    port, ca = os.environ.get("ALEXA_SIM_PORT"), os.environ.get("ALEXA_SIM_CA")
    if port and ca:
        install(int(port), ca)


def _apply(name: str, patch: Patch, module: ModuleType) -> None:
    """Patch a module, unless it is already patched."""
    if name not in _done:
        _done.add(name)
        patch(module)


class _Finder(MetaPathFinder):
    """Finds the modules to patch in their original location, and wraps their loaders."""

    @override
    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the real spec with a patching loader; ``None`` for other modules."""
        if fullname not in _PATCHES or fullname in _done:
            return None
        for finder in sys.meta_path:
            if finder is self or (find := getattr(finder, "find_spec", None)) is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _PatchingLoader(spec.loader)
                return spec
        return None


class _PatchingLoader(Loader):
    """Loads a module with its real loader, then patches it."""

    def __init__(self, loader: Loader) -> None:
        """Initialize with the real loader."""
        self._loader = loader

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let the real loader create the module."""
        return self._loader.create_module(spec)

    @override
    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then patch it."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _apply(module.__name__, _PATCHES[module.__name__], module)
