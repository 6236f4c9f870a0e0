"""Client for the control plane, and a function that starts a simulation; standard library only."""

from collections.abc import Mapping
from io import BytesIO
import json
from pathlib import Path
from socket import create_connection, socket
import subprocess
import sys
from threading import Lock
from typing import IO, Any, Self
from urllib.parse import urlencode, urlsplit

_START_TIMEOUT = 20.0
"""Maximum number of seconds until a new simulation prints its ready line."""

_STOP_TIMEOUT = 5.0


class ControlError(Exception):
    """The control plane refused a request; ``status`` and the message are from its response."""

    def __init__(self, status: int, message: str) -> None:
        """Initialize with the status and the message of the response."""
        super().__init__(f"{status}: {message}")
        self.status = status


class ControlClient:
    """Client with one blocking method per path of the control plane; all methods raise ``ControlError``."""

    def __init__(self, url: str) -> None:
        """Initialize with the URL of a control plane, such as ``http://127.0.0.1:40001``."""
        self.url = url
        self._address = urlsplit(url).netloc
        self._connection: socket | None = None
        self._responses: IO[bytes] = BytesIO()
        self._lock = Lock()

    def request(self, method: str, path: str, data: Any = None) -> Any:
        """Send one request and return the JSON of the response."""
        body = b"" if data is None else json.dumps(data).encode()
        with self._lock:
            try:
                status, text = self._exchange(method, path, body)
            except ConnectionError:
                # The server closed the kept-alive connection in the meantime, so it did not receive the request.
                status, text = self._exchange(method, path, body)
        answer = json.loads(text or b"null")
        if status >= 400:
            message = answer.get("message", text.decode()) if isinstance(answer, dict) else text.decode()
            raise ControlError(status, message)
        return answer

    def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send a request on the open connection or a new one; return status and body.

        ``http.client`` needs several times as long, which a test suite notices.
        """
        if self._connection is None:
            host, _, port = self._address.rpartition(":")
            self._connection = create_connection((host, int(port)), timeout=30)
            self._responses = self._connection.makefile("rb")
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._address}\r\ncontent-type: application/json\r\n"
        try:
            self._connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            status, length = _status(self._responses.readline()), 0
            while line := self._responses.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            answer = self._responses.read(length)
        except BaseException:
            self.close()
            raise
        if len(answer) < length:
            self.close()
            raise EOFError("The control plane closed the connection within a response.")
        return status, answer

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            self._responses.close()
            self._connection.close()
            self._connection = None

    def ledger(
        self, *, since: float | None = None, path: str | None = None, host: str | None = None, method: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the requests since ``since`` (epoch seconds) that match the globs."""
        filters = {"since": since, "path": path, "host": host, "method": method}
        query = urlencode({name: value for name, value in filters.items() if value is not None})
        entries: list[dict[str, Any]] = self.request("GET", f"/ledger?{query}")
        return entries

    def progress(self) -> tuple[int, list[str]]:
        """Return the number of requests since the reset, and the paths of those without a complete response."""
        return _progress(self.request("GET", "/ledger/progress"))

    def reset_ledger(self) -> None:
        """Clear the list of requests."""
        self.request("POST", "/ledger/reset")

    def state(self) -> dict[str, Any]:
        """Return the state of the cloud."""
        state: dict[str, Any] = self.request("GET", "/state")
        return state

    def patch_state(self, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Change the state with a JSON merge patch, which causes pushes; return the new state."""
        state: dict[str, Any] = self.request("PATCH", "/state", patch)
        return state

    def push(self, command: str, payload: Mapping[str, Any] | None = None) -> None:
        """Send a directive to all streams."""
        self.request("POST", "/push", {"command": command, "payload": payload or {}})

    def push_raw(self, raw: Any) -> None:
        """Send a text or an object unchanged to all streams."""
        self.request("POST", "/push", {"raw": raw})

    def say(
        self,
        serial: str,
        text: str,
        response: str | None = None,
        person: str | None = None,
        *,
        intent: str | None = None,
        utterance_type: str | None = None,
    ) -> Any:
        """Simulate speech to an Echo."""
        data = {"serial": serial, "text": text, "response": response, "person": person}
        data |= {"intent": intent, "utteranceType": utterance_type}
        return self.request("POST", "/say", {name: value for name, value in data.items() if value is not None})

    def spoken(self) -> list[dict[str, Any]]:
        """Return what the Echos have spoken."""
        spoken: list[dict[str, Any]] = self.request("GET", "/spoken")
        return spoken

    def now(self) -> float:
        """Return the time of the simulation in epoch seconds."""
        return float(self.request("GET", "/clock")["now"])

    def advance(self, seconds: float) -> float:
        """Advance the time by a number of seconds; return the new time in epoch seconds."""
        return float(self.request("POST", "/clock", {"advance": seconds})["now"])

    def advance_after_progress(self, seconds: float) -> tuple[int, list[str]]:
        """Advance the time by a number of seconds; return what ``progress`` would have returned before that."""
        return _progress(self.request("POST", "/clock", {"advance": seconds}))

    def fault(self, **rule: Any) -> str | None:
        """Add a fault and return its id; ``None`` for an immediate action."""
        answer: dict[str, str] = self.request("POST", "/faults", rule)
        return answer.get("id")

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults with the number of their hits."""
        faults: list[dict[str, Any]] = self.request("GET", "/faults")
        return faults

    def remove_fault(self, fault: str) -> None:
        """Delete one fault."""
        self.request("DELETE", f"/faults/{fault}")

    def clear_faults(self) -> None:
        """Delete all faults."""
        self.request("DELETE", "/faults")

    def household(self, household: str | Mapping[str, Any] = "demo", *, domain: str | None = None) -> None:
        """Restart with a household, given by its name or as an object."""
        data: dict[str, Any] = {"name": household} if isinstance(household, str) else {"household": household}
        self.request("POST", "/household", data if domain is None else {**data, "domain": domain})

    def replay(self, path: str | Path) -> dict[str, Any]:
        """Restart with the home of a recording; return ``entry`` (data of a config entry) and ``pushes``."""
        answer: dict[str, Any] = self.request("POST", "/household", {"recording": str(path)})
        return answer

    def replay_push(self, count: int = 1) -> int:
        """Send the next directives of the recording; return the number of those left."""
        return int(self.request("POST", "/replay/push", {"count": count})["pushes"])

    def sign_in(self, url: str, account: str | None = None) -> str:
        """Sign in at a sign-in URL; return the URL on which a browser would end."""
        data = {"url": url} if account is None else {"url": url, "account": account}
        return str(self.request("POST", "/sign-in", data)["redirect"])

    def errors(self) -> list[dict[str, Any]]:
        """Return the exceptions raised inside the simulation."""
        errors: list[dict[str, Any]] = self.request("GET", "/errors")
        return errors


def _progress(answer: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return the number of requests, and the paths of those without a complete response."""
    return int(answer["requests"]), list(answer["open"])


def _status(line: bytes) -> int:
    """Return the status in the first line of a response; raises ``ConnectionError`` if there is none."""
    if not line:
        raise ConnectionResetError("The control plane closed the connection.")
    return int(line.split(b" ", 2)[1])


class Running:
    """A simulation in a separate process, which ends with this one.

    ``port`` is the port for Amazon's hosts, ``control`` the URL of the control plane, ``ca`` the PEM file of the
    certificate authority, ``client`` a ``ControlClient``. It is a context manager.
    """

    def __init__(self, process: subprocess.Popen[str], ready: Mapping[str, Any]) -> None:
        """Initialize with a process that has printed its ready line."""
        self._process = process
        self.port = int(ready["port"])
        self.control = str(ready["control"])
        self.ca = str(ready["ca"])
        self.client = ControlClient(self.control)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        """Return the simulation."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the simulation."""
        self.stop()


def start(
    household: str = "demo", domain: str = "amazon.com", *, python: str = sys.executable, module: str = "alexa_sim"
) -> Running:
    """Start ``python -m alexa_sim`` and wait until it is ready.

    ``python`` is an interpreter with hypercorn, trustme, jsonschema and graphql-core. Raises ``RuntimeError`` if the
    simulation ends before it is ready; the reason is on standard error.
    """
    command = [python, "-m", module, "--household", household, "--domain", domain, "--until-eof"]
    process = subprocess.Popen(  # noqa: S603 - the caller names the interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    line = process.stdout.readline() if process.stdout is not None else ""
    try:
        return Running(process, json.loads(line))
    except ValueError, KeyError:
        process.kill()
        process.wait()
        raise RuntimeError(f"The simulation did not start: {line.strip() or 'it said nothing'}") from None
