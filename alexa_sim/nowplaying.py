"""The current track, in the forms of sessions and pushes (milliseconds) and of the old player (seconds)."""

from collections.abc import Mapping
import json
from typing import Any

from . import player
from .catalogue import PROVIDERS, Track, provider_logo

_MODEL = "com.amazon.alexa.media.access.shared.model.MusicNowPlayingData"
_ENDPOINT = "http://internal.amazon.com/coral/com.amazon.dee.web.coral.model/"


def media_session(playing: Mapping[str, Any], endpoints: list[tuple[str, str]], now: float) -> dict[str, Any]:
    """Return an element of ``mediaSessionList``; ``endpoints`` are the serials and types of its devices."""
    return {
        "castEligibility": "NOT_ELIGIBLE",
        "taskSessionId": playing["taskSessionId"],
        "endpointList": [
            {
                "__type": f"NPSingletonEndpoint:{_ENDPOINT}",
                "encryptedFriendlyName": None,
                "id": {
                    "__type": f"NPEndpointIdentifier:{_ENDPOINT}",
                    "deviceSerialNumber": serial,
                    "deviceType": device_type,
                },
            }
            for serial, device_type in endpoints
        ],
        "nowPlayingData": now_playing_data(playing, now),
    }


def now_playing_data(playing: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return ``nowPlayingData`` of an active player; times are in milliseconds."""
    track = player.track(playing)
    provider = PROVIDERS[playing["provider"]]
    transport = _transport(playing, track)
    return {
        "@class": _MODEL,
        "playerState": playing["state"],
        "queueId": playing["queueId"],
        "mediaId": track.id,
        "transport": {**transport, "seekForward": "HIDDEN", "seekBackward": "HIDDEN"},
        "progress": {
            "visible": True,
            "mediaProgress": round(player.position(playing, now) * 1000),
            "mediaLength": round(track.length * 1000),
            "allowScrubbing": not track.is_live,
            "showTiming": not track.is_live,
        },
        "quality": {"name": "Default Quality", "badge": {"altText": None, "url": "", "contentType": None}},
        "provider": {
            "providerName": provider,
            "providerLogo": {
                "altText": provider,
                "url": provider_logo(playing["provider"]),
                "contentType": "image/png",
            },
        },
        "mainArt": {
            "altText": None,
            "contentType": "image/jpeg",
            "tinyUrl": track.art(48),
            "smallUrl": track.art(60),
            "mediumUrl": track.art(110),
            "largeUrl": track.art(256),
            "fullUrl": track.art(600),
        },
        "infoText": {
            "title": track.title,
            "subText1": track.artist,
            "subText2": track.album,
            "multiLineMode": False,
        },
        "lyrics": None,
        "mediaReference": {
            "namespace": "Alexa.Media.ExternalMediaPlayer",
            "name": "item",
            "value": json.dumps({"contentId": track.id, "externalItemId": player.reference(playing)}),
        },
    }


_IDLE: Mapping[str, Any] = dict.fromkeys(
    (
        "hint",
        "infoText",
        "lyrics",
        "mainArt",
        "mediaId",
        "miniArt",
        "miniInfoText",
        "playbackSource",
        "progress",
        "provider",
        "quality",
        "queueId",
        "state",
        "template",
        "transport",
        "upNextItems",
    )
)


def player_info(playing: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    """Return ``playerInfo`` of ``/api/np/player`` without volumes; times are in seconds.

    All fields are null if the player is idle.
    """
    if playing is None or player.is_idle(playing):
        return dict(_IDLE)
    track = player.track(playing)
    provider = PROVIDERS[playing["provider"]]
    info = {
        "header": None,
        "headerSubtext1": None,
        "multiLineMode": False,
        "subText1": track.artist,
        "subText2": track.album,
        "title": track.title,
    }
    return {
        **_IDLE,
        "infoText": info,
        "mainArt": _art("Album art", track.art(600), "image/jpeg"),
        "mediaId": track.id,
        "miniArt": _art("Album art", track.art(110), "image/jpeg"),
        "miniInfoText": {**info, "subText2": None},
        "playbackSource": provider,
        "progress": {
            "allowScrubbing": not track.is_live,
            "locationInfo": None,
            "mediaLength": round(track.length),
            "mediaProgress": int(player.position(playing, now)),
            "showTiming": not track.is_live,
            "visible": True,
        },
        "provider": {
            "artOverlay": None,
            "fallbackMainArt": None,
            "providerDisplayName": provider,
            "providerLogo": _art(provider, provider_logo(playing["provider"]), "image/png"),
            "providerName": provider,
        },
        "queueId": playing["queueId"],
        "state": playing["state"],
        "transport": {
            **_transport(playing, track),
            "closedCaptions": "HIDDEN",
            "forward": "HIDDEN",
            "rewind": "HIDDEN",
        },
    }


def queue_items(playing: Mapping[str, Any], tracks: Mapping[str, Track], size: int) -> list[dict[str, Any]]:
    """Return the queue from the current track on, in the format of ``/api/np/queue``."""
    rest = playing["queue"][playing["index"] : playing["index"] + size]
    return [
        {
            "mediaId": media_id,
            "title": tracks[media_id].title,
            "artist": tracks[media_id].artist,
            "album": tracks[media_id].album,
            "imageURL": tracks[media_id].art(256),
        }
        for media_id in rest
    ]


def _transport(playing: Mapping[str, Any], track: Track) -> dict[str, str]:
    """Return the available controls, and those that are on (SELECTED)."""
    able = "DISABLED" if track.is_live else "ENABLED"
    last = playing["index"] + 1 >= len(playing["queue"]) and not playing["repeat"]
    return {
        "playPause": "ENABLED",
        "next": "DISABLED" if last else able,
        "previous": able,
        "shuffle": "SELECTED" if playing["shuffle"] and not track.is_live else able,
        "repeat": "SELECTED" if playing["repeat"] and not track.is_live else able,
        "thumbsUp": "HIDDEN",
        "thumbsDown": "HIDDEN",
    }


def _art(text: str, url: str, content_type: str) -> dict[str, Any]:
    """Return a picture in the format of the old player."""
    return {"altText": text, "artType": "UrlArtSource", "contentType": content_type, "url": url}
