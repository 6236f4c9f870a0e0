"""Tests of parsing media into models."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.media import (
    parse_providers,
    parse_queue,
    parse_sound_effects,
    parse_stations,
    parse_validation,
)
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.media import MusicProvider, QueueItem, SearchResult, SoundEffect, Station

PARSERS = (parse_providers, parse_sound_effects, parse_stations, parse_queue, lambda data: parse_validation(data, "x"))
KEYS = (
    "id",
    "displayName",
    "categories",
    "browseList",
    "queue",
    "mediaId",
    "result",
    "operationPayload",
    "contentType",
)


def test_providers_and_sounds_are_parsed() -> None:
    spotify = {
        "id": "SPOTIFY",
        "displayName": "Spotify",
        "availability": "AVAILABLE",
        "icon": "https://art.example.org/s.png",
        "providerData": {"isDefaultMusicProvider": True},
    }
    assert parse_providers([spotify, {"id": "DEEZER", "availability": "UNLINKED"}, {}]) == (
        MusicProvider(
            provider_id="SPOTIFY",
            name="Spotify",
            available=True,
            default=True,
            icon_url="https://art.example.org/s.png",
        ),
        MusicProvider(provider_id="DEEZER", name="DEEZER", available=False),
    )
    assert parse_sound_effects([{"id": "horn", "displayName": "Horn", "categories": ["bells", 3]}, 4]) == (
        SoundEffect(sound_id="horn", name="Horn", categories=("bells",)),
    )
    show = {"id": "p1", "contentType": "program", "name": "A show"}
    off = {"id": "s2", "contentType": "station", "name": "Away", "available": False}
    on = {"id": "s1", "contentType": "station", "name": "Here", "image": "i"}
    assert parse_stations({"browseList": [show, off, on]}) == (Station(station_id="s1", name="Here", image_url="i"),)
    assert parse_queue({"queue": [{"mediaId": "m", "title": "T", "subText1": "A"}, {"title": "x"}]}) == (
        QueueItem(media_id="m", title="T", artist="A"),
    )
    valid = {"result": "VALID", "operationPayload": {"sanitizedSearchPhrase": "abba"}}
    assert parse_validation(valid, "ABBA!") == SearchResult(phrase="abba")
    assert parse_validation({"result": "NO_MATCH"}, "x").refusal == "NO_MATCH"


@pytest.mark.parametrize("data", [None, {}, "x", {"queue": None}], ids=["null", "empty", "a text", "no queue"])
def test_a_response_without_the_requested_data_is_refused(data: Any) -> None:
    for parse in PARSERS:
        with pytest.raises(AlexaBadResponseError):
            parse(data)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
        max_leaves=10,
    )
)
def test_any_value_is_parsed_or_refused(data: Any) -> None:
    for parse in PARSERS:
        try:
            parse(data)
        except AlexaBadResponseError:
            continue
