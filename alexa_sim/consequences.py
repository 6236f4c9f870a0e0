"""Pushes caused by a change: differences between two states, as directives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from . import nowplaying, player, smart_home
from .push import FDAL

type Push = tuple[str, str, dict[str, Any]]
"""Account, command, payload."""

_JUMP = 0.5
"""Seconds by which a position must differ from the expected one to count as a jump."""


@dataclass(frozen=True, slots=True)
class PlayerFacts:
    """Pushed values of a player; ``origin`` is the start time of the track, or the position while paused."""

    state: str
    reference: str | None
    media_id: str | None
    queue_id: str | None
    session_id: str | None
    queue: tuple[str, ...]
    shuffle: bool
    repeat: bool
    origin: float = field(compare=False)

    def jumped(self, old: PlayerFacts) -> bool:
        """Return whether the position jumped within one track."""
        same = (old.state, old.reference, old.media_id) == (self.state, self.reference, self.media_id)
        return same and self.state != "IDLE" and abs(self.origin - old.origin) > _JUMP


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Pushed values of a device."""

    device_type: str
    viewers: tuple[str, ...]
    online: bool
    volume: int
    muted: bool
    dnd: bool
    equalizer: tuple[int, int, int]
    bluetooth: tuple[tuple[str, bool], ...]
    player: PlayerFacts


@dataclass(frozen=True, slots=True)
class Facts:
    """All values that are pushed when they change; devices by serial, notifications and items by account and ids."""

    devices: Mapping[str, DeviceFacts]
    notifications: Mapping[tuple[str, str], tuple[str, str, int]]
    items: Mapping[tuple[str, str, str], tuple[Any, ...]]
    features: Mapping[tuple[str, str], smart_home.FeatureFacts]


def facts(accounts: Mapping[str, Any]) -> Facts:
    """Return the pushed values in a state."""
    devices: dict[str, DeviceFacts] = {}
    notifications: dict[tuple[str, str], tuple[str, str, int]] = {}
    items: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    features: dict[tuple[str, str], smart_home.FeatureFacts] = {}
    for customer_id, account in accounts.items():
        for serial, device in account["devices"].items():
            sound = device["equalizer"]
            devices[serial] = DeviceFacts(
                device_type=device["deviceType"],
                viewers=(customer_id, *device["sharedWith"]),
                online=device["online"],
                volume=device["volume"],
                muted=device["muted"],
                dnd=device["dnd"],
                equalizer=(sound["bass"], sound["mid"], sound["treble"]),
                bluetooth=tuple((paired["address"], paired["connected"]) for paired in device["bluetooth"]),
                player=_player_facts(device["player"]),
            )
        for key, notification in account["notifications"].items():
            notifications[customer_id, key] = (
                notification["deviceSerialNumber"],
                notification["deviceType"],
                int(notification["version"]),
            )
        for list_id, held in account["lists"].items():
            for item_id, item in held["items"].items():
                values = (item[name] for name in ("version", "itemName", "itemStatus", "quantity", "note"))
                items[customer_id, list_id, item_id] = tuple(values)
        features.update(smart_home.facts(account))
    return Facts(devices, notifications, items, features)


def pushes(before: Facts, after: Facts, accounts: Mapping[str, Any], now: float) -> Iterator[Push]:
    """Yield the pushes between two states, with their accounts, in the order in which they are sent."""
    for serial, new in after.devices.items():
        old = before.devices.get(serial)
        if old == new and not new.player.jumped(old.player):
            continue
        doppler = {"dopplerId": {"deviceSerialNumber": serial, "deviceType": new.device_type}}
        for command, payload in _of_device(old, new):
            for account in new.viewers:
                yield account, command, {"destinationUserId": account, **doppler, **payload}
        if old is not None and (old.player != new.player or new.player.jumped(old.player)):
            yield from _now_playing(serial, old.player, new, accounts, now)
    yield from _of_notifications(before, after)
    yield from _of_items(before, after)
    yield from _of_features(before, after, accounts, now)


def _player_facts(playing: Mapping[str, Any]) -> PlayerFacts:
    """Return the pushed values of a player."""
    idle = player.is_idle(playing)
    return PlayerFacts(
        state=playing["state"],
        reference=player.reference(playing),
        media_id=None if idle else player.track(playing).id,
        queue_id=playing["queueId"],
        session_id=playing["taskSessionId"],
        queue=tuple(playing["queue"]),
        shuffle=playing["shuffle"],
        repeat=playing["repeat"],
        origin=playing["position"] - (playing["since"] if playing["state"] == "PLAYING" else 0.0),
    )


def _of_device(old: DeviceFacts | None, new: DeviceFacts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ``PUSH_`` commands for one device."""
    volume = ("PUSH_VOLUME_CHANGE", {"isMuted": new.muted, "volumeSetting": new.volume})
    if old is None:
        if new.online:
            yield "PUSH_DOPPLER_CONNECTION_CHANGE", {"dopplerConnectionState": "ONLINE"}
            yield volume
        return
    if old.online != new.online:
        state = "ONLINE" if new.online else "OFFLINE"
        yield "PUSH_DOPPLER_CONNECTION_CHANGE", {"dopplerConnectionState": state}
    if (old.volume, old.muted) != (new.volume, new.muted):
        yield volume
    if old.dnd != new.dnd:
        yield "PUSH_DND_STATE_CHANGE", {"enabled": new.dnd}
    if old.equalizer != new.equalizer:
        bass, mid, treble = new.equalizer
        yield "PUSH_EQUALIZER_STATE_CHANGE", {"bass": bass, "midrange": mid, "treble": treble}
    connected = dict(old.bluetooth)
    for address, is_connected in sorted(new.bluetooth, key=lambda paired: paired[1]):
        if is_connected != connected.get(address, False):
            event = "DEVICE_CONNECTED" if is_connected else "DEVICE_DISCONNECTED"
            payload = {"bluetoothEvent": event, "bluetoothEventPayload": None, "bluetoothEventSuccess": True}
            yield "PUSH_BLUETOOTH_STATE_CHANGE", payload
    if old.player != new.player:
        yield from _of_player(old.player, new.player)


def wake_signs(device: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pushes of an Echo that wakes: its unchanged equalizer and volume."""
    if any(capability.startswith("EQUALIZER_CONTROLLER_") for capability in device["capabilities"]):
        sound = device["equalizer"]
        gains = {"bass": sound["bass"], "midrange": sound["mid"], "treble": sound["treble"]}
        yield "PUSH_EQUALIZER_STATE_CHANGE", gains
    yield "PUSH_VOLUME_CHANGE", {"isMuted": device["muted"], "volumeSetting": device["volume"]}


def _of_player(old: PlayerFacts, new: PlayerFacts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ``PUSH_`` commands for one player."""
    moved = (old.reference, old.media_id) != (new.reference, new.media_id)
    if moved and old.state == "PLAYING":
        # FINISHED: another track follows; INTERRUPTED: playback has ended
        yield _audio("FINISHED" if new.state == "PLAYING" else "INTERRUPTED", old)
    if change := _queue_change(old, new):
        payload = {
            "changeType": change,
            "playBackOrder": "SHUFFLE_ALL" if new.shuffle else None,
            "trackOrderChanged": change == "TRACK_ORDER_CHANGED",
            "loopMode": "LOOP_QUEUE" if new.repeat else None,
        }
        yield "PUSH_MEDIA_QUEUE_CHANGE", payload
    if moved and new.reference is not None:
        yield "PUSH_MEDIA_CHANGE", {"mediaReferenceId": new.reference}
    if new.state == "PLAYING" and (moved or old.state != "PLAYING"):
        yield _audio("PLAYING", new)
    elif new.state == "PAUSED" and old.state == "PLAYING" and not moved:
        yield _audio("INTERRUPTED", new)


def _queue_change(old: PlayerFacts, new: PlayerFacts) -> str | None:
    """Return ``changeType`` of a change of the queue, or None."""
    if new.queue_id != old.queue_id and new.queue_id is not None:
        return "NEW_QUEUE"
    if new.queue_id is not None and new.queue != old.queue and sorted(new.queue) == sorted(old.queue):
        return "TRACK_ORDER_CHANGED"
    if new.queue_id is not None and new.queue != old.queue:
        return "NEW_QUEUE"
    return "STATUS_CHANGED" if (old.shuffle, old.repeat) != (new.shuffle, new.repeat) else None


def _audio(state: str, facts: PlayerFacts) -> tuple[str, dict[str, Any]]:
    """Return PUSH_AUDIO_PLAYER_STATE."""
    payload = {
        "mediaReferenceId": facts.reference,
        "quality": None,
        "error": False,
        "errorMessage": None,
        "audioPlayerState": state,
    }
    return "PUSH_AUDIO_PLAYER_STATE", payload


def _now_playing(
    serial: str, old: PlayerFacts, new: DeviceFacts, accounts: Mapping[str, Any], now: float
) -> Iterator[Push]:
    """Yield progress, NotifyNowPlayingUpdated and NotifyMediaSessionsUpdated, which name no device."""
    new_player = new.player
    device = next(account["devices"][serial] for account in accounts.values() if serial in account["devices"])
    for account in new.viewers:
        if new_player.state != "IDLE":
            data = nowplaying.now_playing_data(device["player"], now)
            if new_player.jumped(old):
                progress = {name: data["progress"][name] for name in ("mediaProgress", "mediaLength")}
                yield (
                    account,
                    "PUSH_MEDIA_PROGRESS_CHANGE",
                    {
                        "destinationUserId": account,
                        "dopplerId": {"deviceSerialNumber": serial, "deviceType": new.device_type},
                        "progress": progress,
                        "mediaReferenceId": new_player.reference,
                        "quality": None,
                    },
                )
            update = {
                "taskSessionId": new_player.session_id,
                "type": "NowPlayingUpdate",
                "update": {"cause": _cause(old, new_player), "nowPlayingData": data},
            }
            yield account, "NotifyNowPlayingUpdated", _notify("NotifyNowPlayingUpdated", account, update)
        if old.session_id != new_player.session_id:
            yield account, "NotifyMediaSessionsUpdated", _notify("NotifyMediaSessionsUpdated", account, None)


def _cause(old: PlayerFacts, new: PlayerFacts) -> str:
    """Return the reason of a change of the current track."""
    if new.state == "PAUSED":
        return "PLAYBACK_PAUSED"
    if old.state != "PLAYING" or old.reference != new.reference:
        return "PLAYBACK_STARTED"
    return "PLAYBACK_UPDATED"


def _notify(name: str, account: str, update: Any) -> dict[str, Any]:
    """Return the payload of a ``Notify…`` command."""
    return {"customerId": account, "messageId": str(uuid4()), "name": name, "fallbackAllowed": False, "update": update}


def _of_notifications(before: Facts, after: Facts) -> Iterator[Push]:
    """Yield PUSH_NOTIFICATION_CHANGE; twice for each change, with an odd and an even version."""
    for (account, key), (serial, device_type, version) in after.notifications.items():
        old = before.notifications.get((account, key))
        if old is None or old[2] != version:
            for number in (version - 1, version):
                doppler = {"deviceSerialNumber": serial, "deviceType": device_type}
                yield account, *_notification(account, key, doppler, "UPDATE", number)
    for (account, key), (serial, device_type, version) in before.notifications.items():
        # the notifications of a deleted device disappear without a push
        if (account, key) not in after.notifications and serial in after.devices:
            doppler = {"deviceSerialNumber": serial, "deviceType": device_type}
            yield account, *_notification(account, key, doppler, "DELETE", version + 1)


def _notification(
    account: str, key: str, doppler: dict[str, str], event: str, version: int
) -> tuple[str, dict[str, Any]]:
    """Return one PUSH_NOTIFICATION_CHANGE."""
    payload = {
        "destinationUserId": account,
        "dopplerId": doppler,
        "eventType": event,
        "notificationId": key,
        "notificationVersion": version,
    }
    return "PUSH_NOTIFICATION_CHANGE", payload


def _of_items(before: Facts, after: Facts) -> Iterator[Push]:
    """Yield PUSH_LIST_ITEM_CHANGE for items that were added, changed or removed."""
    for place, values in after.items.items():
        if place not in before.items:
            yield _item(place, "itemCreated", values[0])
        elif before.items[place] != values:
            yield _item(place, "itemUpdated", values[0])
    for place, values in before.items.items():
        if place not in after.items:
            yield _item(place, "itemDeleted", values[0])


def _item(place: tuple[str, str, str], event: str, version: int) -> Push:
    """Return one PUSH_LIST_ITEM_CHANGE."""
    account, list_id, item_id = place
    payload = {
        "destinationUserId": account,
        "listId": list_id,
        "listItemId": item_id,
        "eventName": event,
        "version": version,
    }
    return account, "PUSH_LIST_ITEM_CHANGE", payload


def _of_features(before: Facts, after: Facts, accounts: Mapping[str, Any], now: float) -> Iterator[Push]:
    """Yield the updates of changed appliances; some features are never pushed."""
    for (entity_id, key), new in after.features.items():
        old = before.features.get((entity_id, key))
        if old is None or old == new:
            continue
        is_silent = smart_home.split(key)[0] in smart_home.UNPUSHED
        for customer_id, account in accounts.items():
            if is_silent and not account["pushesSensors"]:
                continue
            if (feature := smart_home.feature_of(account, entity_id, key)) is not None:
                yield customer_id, FDAL, smart_home.update(entity_id, key, feature, now)
