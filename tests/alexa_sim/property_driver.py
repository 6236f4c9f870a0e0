"""A cloud with the household ``property`` in this process, and a client of its operator."""

from collections.abc import Mapping
from typing import Any

from alexa_sim.household import load_household

from .cloud_driver import Answer, Driver

API = "https://api.amazonalexa.com"
LOCKER = "https://credential-locker-service.amazon.com/credentiallocker/v2/saveWifiConfigurations"
TOKEN = "https://api.amazon.com/auth/o2/token"
CLIENT = {"client_id": "amzn1.application-oa2-client.sim", "client_secret": "amzn1.oa2-cs.v1.sim"}
ENDPOINT = "amzn1.alexa.endpoint.SIM"
UNIT = "amzn1.alexa.unit.did.SIM"
OPERATOR = "A2SIMHOTEL0P01"


class Property(Driver):
    """The cloud with the household ``property``, and its operator."""

    def __init__(self, **changes: Any) -> None:
        """Initialize with changes to the organization."""
        household = load_household("property")
        household["smartProperties"].update(changes)
        super().__init__(household)

    async def refresh(self, refresh_token: str = "Atzr|property", **client: str) -> Answer:
        """Get an access token, and use it for later requests if there is one."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **CLIENT, **client}
        answer = await self.request("POST", TOKEN, form=form)
        self.token = answer.json.get("access_token", self.token)
        return answer

    async def ask(self, method: str, path: str, data: Any = None, **options: Any) -> Answer:
        """Send an API request; ``{name}`` in the path stands for the endpoint with that name."""
        answer = await self.request(method, f"{API}{path}", data=data, bearer=self.token, **options)
        assert answer.header("x-amzn-requestid")
        return answer

    async def at(self, name: str, path: str = "", data: Any = None, method: str | None = None) -> Answer:
        """Send a request for an endpoint: GET, or POST with a body."""
        method = method or ("GET" if data is None else "POST")
        return await self.ask(method, f"/v2/endpoints/{ENDPOINT}{name}{path}", data)

    async def command(self, name: str, feature: str, operation: str, **payload: Any) -> Answer:
        """Send a command to a feature of an endpoint."""
        path = f"/v2/endpoints/{ENDPOINT}{name}/features/{feature}/{operation}"
        return await self.ask("POST", path, {"payload": payload} if payload else None)

    async def put(self, name: str, key: str, value: Any) -> Answer:
        """Write a setting of an endpoint."""
        return await self.at(name, f"/settings/{key}", value, "PUT")

    def properties(self) -> Any:
        """Return the state of the organization."""
        return self.cloud.state()["smartProperties"]

    def endpoint(self, name: str) -> Any:
        """Return the state of an endpoint."""
        return self.properties()["endpoints"][ENDPOINT + name]

    def patch(self, name: str, change: Mapping[str, Any]) -> None:
        """Patch an endpoint."""
        self.cloud.patch({"smartProperties": {"endpoints": {ENDPOINT + name: change}}})


def refusal(answer: Answer) -> tuple[int, str]:
    """Return the status and the error type of a refused request."""
    return answer.status, answer.json.get("type") or answer.json.get("code")
