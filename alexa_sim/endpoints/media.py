"""Players: sessions, volumes, the old player endpoint, commands and queues."""

from base64 import b64decode
import json
from typing import Any

from alexa_sim import nowplaying, operations, player
from alexa_sim.catalogue import STATIONS, TRACKS
from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, bad_request, empty

_UNSUPPORTED_PROVIDER = (
    "UnsupportedProviderException:http://internal.amazon.com/coral/com.amazon.dee.web.coral.model.nowplaying/"
)


def add_media(api: WebsiteApi) -> None:
    """Add the endpoints for players."""
    api.add("GET", "/api/np/list-media-sessions", _sessions)
    api.add("GET", "/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes", _volumes)
    api.add("GET", "/api/np/player", _player)
    api.add("GET", "/api/np/queue", _queue)
    api.add("POST", "/api/np/command", _command)
    api.add("GET", "/api/tunein/search", _stations)
    api.add("PUT", "/api/entertainment/v1/player/queue", _play_token)


def _sessions(call: Call) -> Response:
    """Return all sessions of the account, for whichever device is in the query."""
    if not {"deviceSerialNumber", "deviceType"} <= set(call.request.query):
        raise bad_request("deviceSerialNumber and deviceType are required")
    sessions = []
    for serial, device in call.devices():
        if not player.is_idle(device["player"]):
            serials = call.state.speakers(serial) or [serial]
            endpoints = [
                (each, found["deviceType"]) for each in serials if (found := call.state.find(each)) is not None
            ]
            sessions.append(nowplaying.media_session(device["player"], endpoints, call.state.now()))
    return json_response({"mediaSessionList": sessions})


def _volumes(call: Call) -> Response:
    """Return the volumes of all Echos."""
    volumes = [
        {
            "alertVolume": None,
            "deviceType": device["deviceType"],
            "dsn": serial,
            "error": None,
            "speakerMuted": device["muted"],
            "speakerVolume": device["volume"],
        }
        for serial, device in call.devices("WHA", "VOX")
    ]
    return json_response({"volumes": volumes})


def _player(call: Call) -> Response:
    """Return the player of a device; for a member of a group, the group's player only if the query has ``lemurId``."""
    device = call.queried_device()
    query = call.request.query
    serial = query["deviceSerialNumber"]
    group = None
    if "lemurId" in query:
        group = call.device(query["lemurId"], query.get("lemurDeviceType"))
        if serial not in call.state.speakers(query["lemurId"]):
            raise bad_request("The device is not in the group")
    in_group = any(
        not player.is_idle(other["player"]) and serial in call.state.speakers(key)
        for key, other in call.devices()
        if key != serial
    )
    cluster = query.get("lemurId") or (serial if device["deviceFamily"] == "WHA" else None)
    info = nowplaying.player_info((group or device)["player"], call.state.now())
    info["isPlayingInLemur"] = in_group
    info["lemurVolume"] = None if cluster is None else _cluster_volume(call, cluster)
    info["volume"] = None
    if device["deviceFamily"] not in ("WHA", "VOX") and not player.is_idle((group or device)["player"]):
        info["volume"] = {"muted": device["muted"], "volume": device["volume"]}
    return json_response({"playerInfo": info})


def _cluster_volume(call: Call, cluster: str) -> dict[str, Any]:
    """Return the volumes of a group: of each speaker, and their mean."""
    found = {serial: call.state.find(serial) for serial in call.state.speakers(cluster)}
    members = {serial: device for serial, device in found.items() if device is not None}
    volumes = {serial: {"muted": found["muted"], "volume": found["volume"]} for serial, found in members.items()}
    mean = sum(found["volume"] for found in members.values()) // len(members) if members else 0
    muted = bool(members) and all(found["muted"] for found in members.values())
    return {"compositeVolume": {"muted": muted, "volume": mean}, "memberVolume": volumes}


def _queue(call: Call) -> Response:
    """Return the current track and the next ones."""
    playing = _active(call.queried_device())
    size = call.request.query.get("size", "50")
    if not size.isdecimal():
        raise bad_request("size must be a number")
    items = nowplaying.queue_items(playing, TRACKS, int(size))
    return json_response({"queueId": playing["queueId"], "queue": items})


def _stations(call: Call) -> Response:
    """Return the stations that match a search."""
    query = call.request.query.get("query", "").casefold().split()
    if not query or "mediaOwnerCustomerId" not in call.request.query:
        raise bad_request("query and mediaOwnerCustomerId are required")
    return json_response(
        {
            "browseList": [
                {
                    "id": station,
                    "contentType": "station",
                    "name": TRACKS[track].title,
                    "image": TRACKS[track].art(256),
                    "available": True,
                }
                for station, track in STATIONS.items()
                if any(word in TRACKS[track].title.casefold() for word in query)
            ]
        }
    )


def _play_token(call: Call) -> Response:
    """Play the station in a TuneIn token."""
    device = call.queried_device()
    token = call.body().get("contentToken")
    try:
        inner = b64decode(b64decode(str(token).removeprefix("music:"), validate=True), validate=True).decode()
        kind, station = json.loads(inner.partition("|")[0])
    except (ValueError, TypeError) as err:
        raise bad_request("contentToken is malformed") from err
    if kind != "music/tuneIn/stationId" or station not in STATIONS:
        raise bad_request("There is no such station")
    if not device["online"] or "MUSIC_SKILL" not in device["capabilities"]:
        raise bad_request("The device cannot play music")
    with call.state.change():
        player.start(device["player"], "TUNEIN", [STATIONS[station]], call.state.now())
    return empty()


def _command(call: Call) -> Response:
    """Run a command of Amazon's own player; a provider's own player refuses it."""
    device = call.queried_device()
    data = call.body()
    if not device["online"]:
        raise bad_request("The device is offline")
    with call.state.change():
        if data.get("type") == "VolumeLevelCommand":
            _volume_level(call, device, data.get("volumeLevel"))
            return empty()
        try:
            playing = _active(device)
            if player.is_external(playing):
                raise _unsupported_provider()
            player.command(playing, data, call.state.now())
        except player.CommandError as err:
            raise bad_request(str(err)) from err
    return empty()


def _volume_level(call: Call, device: dict[str, Any], level: Any) -> None:
    """Set the volume of a player, or of all speakers of a group; ignored unless Amazon's player is active."""
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= 100:
        raise bad_request("volumeLevel has to be between 0 and 100")
    if player.is_idle(device["player"]) or player.is_external(device["player"]):
        return
    for serial in call.state.speakers(call.request.query["deviceSerialNumber"]):
        if (target := call.state.find(serial)) is not None:
            operations.set_volume(target, level)


def _active(device: dict[str, Any]) -> dict[str, Any]:
    """Return the active player of a device; raises ``HttpError`` 404 if nothing is playing."""
    playing: dict[str, Any] = device["player"]
    if player.is_idle(playing):
        raise _unsupported_provider()
    return playing


def _unsupported_provider() -> HttpError:
    """Return the error for a device on which Amazon's own player is not active."""
    return HttpError(404, {"message": "No active media session"}, [("x-amzn-ErrorType", _UNSUPPORTED_PROVIDER)])
