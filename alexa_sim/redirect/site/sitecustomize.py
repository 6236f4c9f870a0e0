"""Loaded by every Python that ``python -m alexa_sim run`` starts, before anything of the client.

It loads ``alexa_sim`` by its place, so that nothing but this folder comes onto the client's
path, redirects the process, and goes on to the sitecustomize that this one hides.
Older Pythons read this file too, so it keeps to syntax that they know.
"""

# ruff: noqa: INP001, PTH100, PTH120, UP036 - no package; pathlib would slow every start down; see above

import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name: str, path: list[str]) -> None:
    """Load a module under a name from the folders of a path; nothing when it is not there."""
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def redirect() -> None:
    """Redirect this process."""
    if sys.version_info < (3, 14):
        print("alexa_sim: this Python is older than 3.14 and is not redirected", file=sys.stderr)
        return
    if "alexa_sim" not in sys.modules:
        load("alexa_sim", [os.path.dirname(os.path.dirname(os.path.dirname(HERE)))])
    from alexa_sim.redirect import install_from_environment  # noqa: PLC0415 - only now can it be found

    install_from_environment()


redirect()
load("sitecustomize", [folder for folder in sys.path if os.path.abspath(folder) != HERE])
