"""An organization: its units, its endpoints, its Wi-Fi locker, and its scheduled events."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from alexa_sim import household
from alexa_sim.http import HttpError
from alexa_sim.merge import copied, merge
from alexa_sim.state import Json, State

from .checks import contradictions

REGIONS = {"CA": "na", "US": "na", "DE": "eu", "ES": "eu", "FR": "eu", "IT": "eu", "UK": "eu", "JP": "fe"}
"""Region of the hosts that serve a country; Amazon uses UK, not GB."""

ECHO = "ALEXA_VOICE_ENABLED"
"""Display category of devices with Alexa."""

RESTART_SECONDS = 90.0
"""Seconds for which an Echo is offline after a move to another unit."""

WIFI_SECONDS = 20.0
"""Seconds that a reachable Echo needs to install a Wi-Fi network."""

WIFI_TIMEOUT = 60.0
"""Seconds after which an installation on an unreachable Echo fails."""

SETTING_DEFAULTS: Mapping[str, Any] = {
    "Alexa.DoNotDisturb.doNotDisturb": False,
    "System.locales": ["en-US"],
    "SpeechRecognizer.wakeWords": ["ALEXA"],
    "SpeechRecognizer.wakeWordConfirmation": "NONE",
    "SpeechRecognizer.speechConfirmation": "NONE",
    "Alexa.ManagedDevice.Settings.errorSuppression": [],
    "Alexa.ManagedDevice.Settings.setupModePrivileges": [],
    "Alexa.ManagedDevice.Settings.maximumVolumeLimit": 100,
    "Alexa.DataFormat.Time.timeFormat": "12_HOURS",
    "System.timeZone": "America/Los_Angeles",
    "System.temperatureUnit": "FAHRENHEIT",
    "System.distanceUnits": "IMPERIAL",
    "SpeechRecognizer.FollowUp.mode": False,
    "SpeechSynthesizer.speakingRate": 1,
}
SCREEN_DEFAULTS: Mapping[str, Any] = {
    "Accessibility.Captions.AlexaCaptions.enablement": "DISABLED",
    "Accessibility.Captions.ClosedCaptions.enablement": "DISABLED",
    "Accessibility.Display.Magnifier.enablement": "DISABLED",
    "Accessibility.Display.ColorInversion.enablement": "DISABLED",
}


class Organization:
    """The organization of an operator; ``data`` is the JSON under ``smartProperties`` in ``GET /state``."""

    def __init__(self, given: Mapping[str, Any], state: State) -> None:
        """Initialize with the part of a household that ``check_household`` has validated."""
        self._state = state
        self.data: Json = _completed(given, {})
        self.spoken: list[Json] = []

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return self._state.now()

    @property
    def units(self) -> dict[str, Json]:
        """Return the units by id."""
        units: dict[str, Json] = self.data["units"]
        return units

    @property
    def endpoints(self) -> dict[str, Json]:
        """Return the endpoints by id."""
        endpoints: dict[str, Json] = self.data["endpoints"]
        return endpoints

    @property
    def region(self) -> str:
        """Return the region that serves the organization: ``na``, ``eu`` or ``fe``."""
        return REGIONS[self.data["country"]]

    def level(self, unit_id: str) -> int:
        """Return the level of a unit below the organization, which has level 0."""
        level = 0
        while unit_id != self.data["organization"]:
            unit_id, level = self.units[unit_id]["parentId"], level + 1
        return level

    def below(self, unit_id: str, depth: int) -> Iterator[str]:
        """Yield the units at most ``depth`` levels below a unit, nearest first."""
        children = [key for key, unit in self.units.items() if unit["parentId"] == unit_id]
        yield from children
        if depth > 1:
            for child in children:
                yield from self.below(child, depth - 1)

    def move(self, endpoint_id: str, unit_id: str | None) -> str:
        """Move an endpoint into a unit or out of all units; return its new id.

        It loses its settings and restarts.
        """
        endpoint = self.endpoints.pop(endpoint_id)
        endpoint["unit"] = unit_id
        endpoint["settings"] = {}
        endpoint["offlineUntil"] = self.now() + RESTART_SECONDS
        new_id = endpoint_id
        if self.data["newIdOnMove"]:
            moves = len(self.data["moved"])
            new_id = f"amzn1.alexa.endpoint.{sha256(f'{endpoint_id} {moves}'.encode()).hexdigest()[:24].upper()}"
            self.data["moved"][endpoint_id] = new_id
        self.endpoints[new_id] = endpoint
        return new_id

    def settle(self) -> None:
        """Process everything that is due: the end of restarts and of Wi-Fi installations."""
        now = self.now()
        for endpoint in self.endpoints.values():
            if endpoint["offlineUntil"] is not None and endpoint["offlineUntil"] <= now:
                endpoint["offlineUntil"] = None
        for operation in self.data["wifiOperations"].values():
            if operation["status"] == "IN_PROGRESS":
                self._install(operation, now - operation["started"])

    def _install(self, operation: Json, seconds: float) -> None:
        """Finish an installation that is due."""
        endpoint_id = operation["endpoint"]
        endpoint = self.endpoints.get(self.data["moved"].get(endpoint_id, endpoint_id))
        if seconds >= WIFI_SECONDS and endpoint is not None and reachable(endpoint):
            operation["status"] = endpoint["wifiOutcome"]
            if operation["status"] == "SUCCESS":
                endpoint["wifiNetworks"][operation["ssid"]] = operation["keyManagement"]
        elif seconds >= WIFI_TIMEOUT:
            operation["status"] = "TIMEOUT"

    def document(self) -> Json:
        """Return the current state as JSON."""
        self.settle()
        document: Json = copied(self.data)
        return document

    def patched(self, patch: Any) -> Json:
        """Return the data after a JSON merge patch; raises ``HttpError`` 400 if it is invalid."""
        if not isinstance(patch, Mapping):
            raise HttpError(400, {"message": "smartProperties: The patch has to be an object."})
        self.settle()
        data: Json = merge(self.data, patch)
        try:
            household.check_part("smartProperties", data, "smartProperties")
        except household.HouseholdError as err:
            raise HttpError(400, {"message": str(err)}) from err
        for place, problem in contradictions(data, self._state.accounts):
            raise HttpError(400, {"message": f"{place}: {problem}"})
        return _completed(data, self.endpoints)


def reachable(endpoint: Mapping[str, Any]) -> bool:
    """Return whether Alexa can reach an endpoint now; call ``settle`` before."""
    return bool(endpoint["online"]) and endpoint["offlineUntil"] is None


def is_echo(endpoint: Mapping[str, Any]) -> bool:
    """Return whether an endpoint is a device with Alexa."""
    return bool(endpoint["displayCategory"] == ECHO)


def timestamp(seconds: float) -> str:
    """Return a time in the API's notation: UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _completed(given: Mapping[str, Any], known: Mapping[str, Any]) -> Json:
    """Return the data completed with default values; settings of ``known`` endpoints are kept."""
    full: Json = {
        "vertical": "hospitality",
        "newIdOnMove": True,
        "rotateRefreshTokens": False,
        "clients": [],
        "grants": [],
        "endpoints": {},
        "wifiNetworks": {},
        "wifiOperations": {},
        "moved": {},
        **copied(dict(given)),
    }
    for unit in full["units"].values():
        unit.setdefault("parentId", None)
    for client in full["clients"]:
        client.setdefault("apiAccess", True)
    full["endpoints"] = {
        endpoint_id: _endpoint(endpoint_id, endpoint, fresh=endpoint_id not in known)
        for endpoint_id, endpoint in full["endpoints"].items()
    }
    return full


def _endpoint(endpoint_id: str, given: Mapping[str, Any], *, fresh: bool) -> Json:
    """Return an endpoint completed with default values."""
    number = int(sha256(endpoint_id.encode()).hexdigest()[:4], 16)
    full: Json = {
        "manufacturer": "Amazon",
        "model": "Echo Dot",
        "serialNumber": None,
        "softwareVersion": "9283042692",
        "macAddress": f"00005E00{number:04X}",
        "creationTime": "2026-03-02T09:00:00.000Z",
        "unit": None,
        "displayCategory": ECHO,
        "online": True,
        "offlineUntil": None,
        "readOnly": False,
        "screen": False,
        "features": {},
        "notRetrievable": [],
        "propertyErrors": {},
        "address": None,
        "deniedSettings": [],
        "unsupportedOperations": [],
        "unsupportedSettings": [],
        "timers": [],
        "notifications": [],
        "wifiOutcome": "SUCCESS",
        "wifiNetworks": {},
        **given,
    }
    if fresh and is_echo(full):
        settings = {**SETTING_DEFAULTS, **(SCREEN_DEFAULTS if full["screen"] else {}), **given.get("settings", {})}
        full["settings"] = copied({key: value for key, value in settings.items() if value is not None})
    full.setdefault("settings", {})
    return full
