"""Recordings that the simulated cloud makes of any client: ``python -m alexa_sim run --record FILE -- COMMAND``.

Invented homes contain nothing private, so pseudonyms are optional. ``--pseudonyms FILE`` names a Python file with the
class ``Pseudonyms`` and the function ``load_allowed``, such as the one of the integration's recorder; the recording
then has the form that this recorder writes.
"""

import gzip
import importlib.util
import json
from pathlib import Path
import secrets
import time
from typing import Any, Final, Protocol
from urllib.parse import unquote

from .http import Request, Response
from .push import directive_of
from .recording import FORMAT, grouped

_SIGN_IN: Final = ("/ap/", "/auth/", "/user/", "/v20160207/", "/ping")
"""Start of the paths for sign-in, for the directive stream and for pings, which recordings don't contain."""

_WEEKS: Final = -104


class Replace(Protocol):
    """Replaces values that identify a household with pseudonyms."""

    def value(self, value: Any, key: str = "") -> Any:
        """Return a JSON value with pseudonyms."""

    def path(self, template: str, path: str) -> str:
        """Return a path with pseudonyms."""


class Nothing:
    """Replacement that leaves all values unchanged."""

    def value(self, value: Any, key: str = "") -> Any:  # noqa: ARG002 - required by the protocol
        """Return the value unchanged."""
        return value

    def path(self, template: str, path: str) -> str:  # noqa: ARG002 - required by the protocol
        """Return the path unchanged."""
        return path


def load_pseudonyms(path: str) -> Replace:
    """Return the pseudonyms defined by a Python file; raises ``OSError``, ``ImportError`` or ``AttributeError``."""
    spec = importlib.util.spec_from_file_location("alexa_sim_pseudonyms", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Replace = module.Pseudonyms(secrets.token_bytes(32), module.load_allowed(), weeks=_WEEKS)
    return made


class Record:
    """Collects the requests of a client, their responses and the pushes as lines of a recording."""

    def __init__(self, replace: Replace) -> None:
        """Initialize an empty recording."""
        self._replace = replace
        self._started = time.time()
        self._lines: list[dict[str, Any]] = []

    def exchange(self, request: Request, params: dict[str, str], response: Response) -> None:
        """Add a request and its response, except for streams and sign-in."""
        if response.stream is not None or request.path.startswith(_SIGN_IN):
            return
        template = _template(request.path, params)
        line: dict[str, Any] = {
            "at": self._at,
            "seconds": 0.0,
            "method": request.method,
            "host": request.host,
            "template": template,
            "path": self._replace.path(template, request.path),
            "status": response.status,
        }
        if query := grouped(request.pairs):
            line["query"] = self._replace.value(query)
        if (sent := _json(request.body)) is not None:
            line["sent"] = self._replace.value(sent)
        if (body := _json(response.body)) is not None:
            line["body"] = self._replace.value(body)
        elif response.body.strip():
            line["text"] = len(response.body)
        self._lines.append(line)

    def pushed(self, piece: bytes) -> None:
        """Add the directive in a piece of the stream, if there is one."""
        if (directive := directive_of(piece)) is not None:
            self._lines.append({"at": self._at, "directive": self._replace.value(directive)})

    @property
    def _at(self) -> float:
        return round(time.time() - self._started, 3)

    def write(self, path: Path, state: dict[str, Any], serial: str | None, domain: str) -> None:
        """Write the recording to a file; its account is the one with the device ``serial``. Raises ``OSError``."""
        accounts = state["accounts"]
        customer = next(
            (key for key, account in accounts.items() if serial in account["devices"]), next(iter(accounts))
        )
        private = {
            "email": accounts[customer]["email"],
            "customer_id": customer,
            "account_id": accounts[customer]["directedId"],
            "serial": serial,
        }
        head = {
            "recording": FORMAT,
            "versions": {"simulated_cloud": FORMAT},
            "cloud": "account",
            "domain": domain,
            "started": self._replace.value(int(self._started), "started"),
            **{key: self._replace.value(value, "id") for key, value in private.items()},
        }
        lines = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in (head, *self._lines))
        path.write_bytes(gzip.compress(lines.encode(), 6))


def _json(data: bytes) -> Any:
    """Return the parsed JSON, or None if it is invalid."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def _template(path: str, params: dict[str, str]) -> str:
    """Return a path with the names of its parameters in place of their values."""
    names = {value: name for name, value in params.items() if name not in ("domain", "region")}
    segments = (f"{{{names[segment]}}}" if (segment := unquote(each)) in names else each for each in path.split("/"))
    return "/".join(segments)
