"""Loaded by every Python process that ``python -m alexa_sim run`` starts, before the client.

It loads ``alexa_sim`` from its folder, so that only this folder is added to the client's path. It redirects the
process, then loads the sitecustomize that this one hides. Older Python versions also read this file, so it only uses
syntax that they support.
"""

# ruff: noqa: INP001, PTH100, PTH120, UP036 - no package; pathlib would slow down every start; old versions, see above

import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name: str, path: list[str]) -> None:
    """Load the module ``name`` from the folders in ``path``; do nothing if it does not exist."""
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
