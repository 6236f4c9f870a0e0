"""Notifications: spoken announcements, and silent ones that turn on a light."""

from alexa_sim.http import Response
from alexa_sim.operations import SECONDS_PER_CHARACTER
from alexa_sim.state import Json

from .api import Api, Call, RefusalError, Route, empty
from .organization import is_echo, reachable


def add_notifications(api: Api) -> None:
    """Add the operation that sends notifications."""
    api.add("POST", "/v3/notifications", Route(_send))


def _send(call: Call) -> Response:
    """Send a notification to Echos and to units."""
    data = call.body("notification")
    organization = call.organization
    endpoints = {key: endpoint for key, endpoint in organization.endpoints.items() if is_echo(endpoint)}
    reached: dict[str, Json] = {}
    for recipient in data["recipients"]:
        known = organization.units if recipient["type"] == "Unit" else endpoints
        if recipient["id"] not in known:
            raise RefusalError(404, "NOT_FOUND", "There is no such recipient")
        if recipient["type"] == "Unit":
            reached |= {key: endpoint for key, endpoint in endpoints.items() if endpoint["unit"] == recipient["id"]}
        else:
            reached[recipient["id"]] = endpoints[recipient["id"]]
    (variant,) = data["notification"]["variants"]
    texts = {value["locale"]: value["text"] for value in variant["content"]["variants"][0]["values"]}
    for endpoint in reached.values():
        if not reachable(endpoint) or endpoint["settings"].get("Alexa.DoNotDisturb.doNotDisturb"):
            continue
        locales = [*endpoint["settings"].get("System.locales", ()), *texts]
        text = next(texts[locale] for locale in locales if locale in texts)
        if variant["type"] == "Announcement":
            organization.spoken.append(_said(call, endpoint, text))
        else:
            endpoint["notifications"].append(text)
    return empty(202)


def _said(call: Call, endpoint: Json, text: str) -> Json:
    """Return an announcement in the format of ``GET /spoken``."""
    return {
        "time": call.organization.now(),
        "kind": "Announcement",
        "serial": endpoint["serialNumber"],
        "device": endpoint["friendlyName"],
        "text": text,
        "title": None,
        "display": text if endpoint["screen"] else None,
        "volume": endpoint["features"].get("speaker", {}).get("volume"),
        "request": len(call.organization.spoken) + 1,
        "offset": 0.0,
        "duration": round(len(text) * SECONDS_PER_CHARACTER, 3),
    }
