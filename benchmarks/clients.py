"""The measured clients, with their sign-in and the names that identify them."""

from abc import ABC, abstractmethod
import time
from typing import Any, ClassVar, override

from alexa_sim.auth import totp

from .home import SECRET, BenchError, Home


class Client(ABC):
    """A measured integration; ``owners`` are its platform, and parts of the paths of its code."""

    name: ClassVar[str]
    platform: ClassVar[str]
    owners: ClassVar[tuple[str, ...]]
    environment: ClassVar[str]

    @abstractmethod
    def sign_in(self, home: Home) -> str:
        """Complete the config flow like a user; return the entry id."""

    def _done(self, result: dict[str, Any]) -> str:
        """Return the entry id in the result of a successful flow."""
        if not result["entry_id"]:
            raise BenchError(f"{self.name} did not sign in: {result}")
        return str(result["entry_id"])


class Ours(Client):
    """The integration of this project."""

    name = "alexa_media"
    platform = "alexa_media"
    owners = ("custom_components/alexa_media", "alexa_media")
    environment = "hass"

    @override
    def sign_in(self, home: Home, account: str | None = None) -> str:
        """Select the marketplace, sign in at Amazon as ``account`` (email), paste the URL; return the entry id."""
        result = home.probe("flow", handler="alexa_media")
        for _ in range(3):
            if "url" in result["placeholders"]:
                break
            answer = {"next_step_id": "paste"} if result["type"] == "menu" else {"marketplace": "amazon.com"}
            result = home.probe("flow", flow_id=result["flow_id"], input=answer)
        address = home.sim.sign_in(result["placeholders"]["url"], account)
        return self._done(home.probe("flow", flow_id=result["flow_id"], input={"redirect_url": address}))


class Core(Client):
    """Home Assistant's own integration."""

    name = "alexa_devices"
    platform = "alexa_devices"
    owners = ("components/alexa_devices", "aioamazondevices", "alexa_devices")
    environment = "foreign"

    @override
    def sign_in(self, home: Home) -> str:
        """Enter email address, password and the code of the authenticator app; return the entry id."""
        flow_id = home.probe("flow", handler="alexa_devices")["flow_id"]
        code = totp(SECRET, int(time.time() // 30))
        form = {"username": "jo@example.org", "password": "correct horse", "code": code}
        result = home.probe("flow", flow_id=flow_id, input=form)
        end = time.monotonic() + 60
        while result["type"].startswith("progress") and time.monotonic() < end:
            time.sleep(0.1)
            result = home.probe("flow", flow_id=flow_id)
        return self._done(result)
