"""Patches of the simulated cloud's state for the changes that recorded directives report."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

type Json = dict[str, Any]
type Payload = Mapping[str, Any]

_FDAL = "EventBus:AlexaMobile::FDAL"
_OPPOSITES = {"ON": "OFF", "OFF": "ON", "DETECTED": "NOT_DETECTED", "NOT_DETECTED": "DETECTED"}


def patches(command: str, payload: Any, state: Json, ids: Mapping[str, str]) -> Iterator[Json]:
    """Yield the patches that make the simulated cloud push the same command; none if they are unknown.

    Values of appliances and notifications are changed to different ones, because the simulated cloud only pushes
    changes.
    """
    if not isinstance(payload, dict):
        return
    for customer, account in state["accounts"].items():
        if (values := _device_values(command, payload)) is not None:
            doppler = payload.get("dopplerId")
            recorded = str(doppler.get("deviceSerialNumber")) if isinstance(doppler, dict) else ""
            serial = ids.get(recorded, recorded)
            if isinstance(device := account["devices"].get(serial), dict):
                changed = {name: value for name, value in values.items() if _is_change(device[name], value)}
                if changed:
                    yield _of_account(customer, {"devices": {serial: changed}})
        elif (change := _OTHERS.get(command)) is not None:
            yield from (_of_account(customer, each) for each in change(payload, account, ids))


def _is_change(known: object, value: object) -> bool:
    """Return whether a directive reports a different value of the same type."""
    return type(value) is type(known) and value != known


def _of_account(customer: str, patch: Json) -> Json:
    return {"accounts": {customer: patch}}


def _device_values(command: str, payload: Payload) -> Json | None:
    """Return the values of an Echo in a directive; None for directives that are not about an Echo."""
    match command:
        case "PUSH_VOLUME_CHANGE":
            return {"volume": payload.get("volumeSetting"), "muted": payload.get("isMuted")}
        case "PUSH_DOPPLER_CONNECTION_CHANGE":
            return {"online": payload.get("dopplerConnectionState") == "ONLINE"}
        case "PUSH_DND_STATE_CHANGE":
            return {"dnd": payload.get("enabled")}
        case "PUSH_EQUALIZER_STATE_CHANGE":
            gains = {"bass": "bass", "mid": "midrange", "treble": "treble"}
            values = {name: payload.get(key) for name, key in gains.items()}
            return {"equalizer": values} if all(isinstance(value, int) for value in values.values()) else {}
    return None


def _notification(payload: Payload, account: Json, ids: Mapping[str, str]) -> Iterator[Json]:
    """Change or delete the notification in a directive, or another notification if that one is unknown."""
    known = account["notifications"]
    wanted = str(payload.get("notificationId"))
    key = next((each for each in (ids.get(wanted), wanted, *known) if each in known), None)
    if key is not None and payload.get("eventType") == "DELETE":
        yield {"notifications": {key: None}}
    elif key is not None and (status := _OPPOSITES.get(known[key]["status"])) is not None:
        yield {"notifications": {key: {"status": status}}}


def _appliance(payload: Payload, account: Json, _ids: Mapping[str, str]) -> Iterator[Json]:
    """Change each feature in a directive, for the first appliance that has it."""
    data = payload.get("data")
    features = data.get("features") if isinstance(data, dict) else None
    for name in [each.get("name") for each in features or () if isinstance(each, dict)]:
        for key, appliance in account["appliances"].items():
            if isinstance(feature := appliance["features"].get(name), dict) and (other := _other(feature)):
                yield {"appliances": {key: {"features": {name: other}}}}
                break


def _other(feature: Json) -> Json:
    """Return a different value for a property of a feature: the opposite, or the next number."""
    for name, value in feature.items():
        if name == "sampled":
            continue
        if isinstance(value, str) and value in _OPPOSITES:
            return {name: _OPPOSITES[value]}
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {name: value + (1 if value < 50 else -1)}
        if isinstance(value, dict) and (other := _other(value)):
            return {name: other}
    return {}


def _item(payload: Payload, account: Json, ids: Mapping[str, str]) -> Iterator[Json]:
    """Add, change or delete an item of the list in a directive, or of another list if that one is unknown."""
    wanted = str(payload.get("listId"))
    key = next((each for each in (ids.get(wanted), wanted, *account["lists"]) if each in account["lists"]), None)
    if key is None:
        return
    items = account["lists"][key]["items"]
    match payload.get("eventName"):
        case "itemCreated":
            yield {"lists": {key: {"items": {f"recorded-{len(items)}": {"itemName": "bread"}}}}}
        case "itemUpdated" if items:
            yield {"lists": {key: {"items": {next(iter(items)): {"itemName": f"bread {len(items)}"}}}}}
        case "itemDeleted" if items:
            yield {"lists": {key: {"items": {next(iter(items)): None}}}}


_OTHERS: dict[str, Callable[[Payload, Json, Mapping[str, str]], Iterator[Json]]] = {
    "PUSH_NOTIFICATION_CHANGE": _notification,
    "PUSH_LIST_ITEM_CHANGE": _item,
    _FDAL: _appliance,
}
