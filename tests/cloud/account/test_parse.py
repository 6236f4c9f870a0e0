"""Tests of parsing responses; invalid ones only raise ``AlexaBadResponseError``."""

from collections.abc import Callable
import contextlib
import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud import json as json_values
from custom_components.alexa_media.cloud.account import parse
from custom_components.alexa_media.cloud.account.alarms import parse_notifications
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import Account, DeviceFamily, Media, PlayerState, Repeat, Volume

from . import captures
from .captures import APP, GROUP, KITCHEN, STUDIO

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def test_the_account_is_parsed() -> None:
    assert parse.parse_account(captures.ACCOUNT, "amazon.com") == Account(
        customer_id="A1EXAMPLE0JODO", email="jo@example.org", name="Jo Doe", domain="amazon.de"
    )


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("https://www.amazon.co.uk", "amazon.co.uk"),
        ("https://alexa.amazon.com.br/", "amazon.com.br"),
        ("https://www.example.org", "amazon.com"),
        ("http://www.amazon.de", "amazon.com"),
        ("https://[x", "amazon.com"),
        (None, "amazon.com"),
    ],
)
def test_the_domain_of_the_account(name: str | None, domain: str) -> None:
    account = parse.parse_account(captures.ACCOUNT | {"marketPlaceDomainName": name, "email": None}, "amazon.com")
    assert account.domain == domain
    assert account.email == ""


def test_the_region_is_only_used_if_its_hosts_may_get_cookies_and_tokens() -> None:
    assert parse.parse_region(captures.REGION, "amazon.de") == (
        "https://eu-api-alexa.amazon.de",
        "https://api.eu.amazonalexa.com",
    )
    assert parse.parse_region(captures.REGION, "amazon.nl") == (None, "https://api.eu.amazonalexa.com")
    odd = {"websiteApiUrl": "https://eu-api-alexa.amazon.de:444", "alexaApiUrl": "https://example.org"}
    assert parse.parse_region(odd, "amazon.de") == (None, None)


def test_devices_are_parsed() -> None:
    devices = parse.parse_devices(captures.DEVICES)
    assert list(devices) == [APP, KITCHEN, STUDIO, GROUP]
    studio = devices[STUDIO]
    assert (studio.name, studio.device_type, studio.family) == (
        "Living Room Studio",
        "A3RBAYBE7VM004",
        DeviceFamily.ECHO,
    )
    assert studio.owner_customer_id == "A1EXAMPLE0JODO"
    assert studio.account_id == "A1ACC0002"
    assert studio.software_version == "24394849412"
    assert "MUSIC_SKILL" in studio.capabilities
    assert studio.online
    assert not devices[KITCHEN].online


def test_members_and_parents_agree_whichever_side_names_them() -> None:
    devices = parse.parse_devices(captures.DEVICES)
    assert devices[GROUP].members == (STUDIO, KITCHEN)
    assert devices[STUDIO].parents == (GROUP,)
    assert devices[KITCHEN].parents == (GROUP,)


def test_a_group_that_is_not_listed_is_kept_as_parent() -> None:
    element = captures.device(STUDIO, "Studio", "ECHO", "A3", parentClusters=["gone"])
    assert parse.parse_devices({"devices": [element]})[STUDIO].parents == ("gone",)


def test_invalid_devices_are_skipped_and_new_families_kept() -> None:
    answer = {
        "devices": [
            7,
            captures.device(STUDIO, "", "HOLOGRAM", "A3", online="yes"),
            captures.device(STUDIO, "Twice", "ECHO", "A3"),
            {"serialNumber": 5, "deviceType": "A3"},
            {"serialNumber": KITCHEN},
        ]
    }
    (device,) = parse.parse_devices(answer).values()
    assert device.name == STUDIO
    assert (device.family, device.family_raw, device.online) == (DeviceFamily.UNKNOWN, "HOLOGRAM", True)


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"devices": None}, {"devices": []}, {"devices": [{}]}],
    ids=["null", "a list", "empty", "no devices", "an empty list", "an empty device"],
)
def test_a_response_without_devices_is_refused(answer: Any) -> None:
    with pytest.raises(AlexaBadResponseError) as error:
        parse.parse_devices(answer)
    assert error.value.endpoint == "GET /api/devices-v2/device"


def test_do_not_disturb_is_parsed() -> None:
    assert parse.parse_dnd(captures.DND) == {STUDIO: False, KITCHEN: True}
    assert parse.parse_dnd_echo({"enabled": True}) is True
    assert parse.parse_dnd_echo({"enabled": "maybe"}) is None
    assert parse.parse_dnd_echo(None) is None


@pytest.mark.parametrize(
    ("value", "state"), [("true", True), ("False", False), (1, True), (0, False), (" TRUE ", True)]
)
def test_truth_values_may_be_words_or_numbers(value: Any, state: bool) -> None:
    assert parse.parse_dnd({"doNotDisturbDeviceStatusList": [{"deviceSerialNumber": "a", "enabled": value}]}) == {
        "a": state
    }
    assert parse.parse_dnd_echo({"enabled": value}) is state
    paired = [{"address": "00:11", "connected": value}]
    states = parse.parse_bluetooth({"bluetoothStates": [{"deviceSerialNumber": "a", "pairedDeviceList": paired}]})
    assert states["a"].paired is not None
    assert states["a"].paired[0].connected is state


def test_volumes_are_parsed() -> None:
    answer = copy.deepcopy(captures.VOLUMES)
    answer["volumes"] += [
        {"dsn": GROUP, "error": None, "speakerMuted": True, "speakerVolume": 101},
        {"dsn": APP, "error": None, "speakerMuted": None, "speakerVolume": True},
    ]
    assert parse.parse_volumes(answer) == {STUDIO: Volume(level=35, muted=False), GROUP: Volume(level=None, muted=True)}


def test_sessions_are_parsed() -> None:
    (session,) = parse.parse_sessions(captures.SESSIONS, NOW)
    assert session.serials == (STUDIO,)
    assert session.session_id == "amzn1.echo-api.session.1"
    assert (session.state, session.state_raw) == (PlayerState.PLAYING, "PLAYING")
    assert session.media == Media(
        media_id="sim:track:1",
        queue_id="sim:playlist:1",
        title="Song",
        artist="Artist",
        album="Album",
        art_url="https://art.example.org/l.jpg",
        provider="Spotify",
        duration=199.773,
        position=0.613,
        position_at=NOW,
    )
    assert session.controls == {"playPause", "next", "shuffle", "repeat"}
    assert (session.shuffle, session.repeat) == (True, Repeat.OFF)


def test_sessions_are_parsed_while_all_players_are_idle() -> None:
    assert parse.parse_sessions([], NOW) == ()
    assert parse.parse_sessions({"mediaSessionList": []}, NOW) == ()
    with pytest.raises(AlexaBadResponseError):
        parse.parse_sessions({"message": None}, NOW)


def test_a_group_and_its_members_are_all_named() -> None:
    endpoint = {
        "id": {"deviceSerialNumber": GROUP},
        "memberList": [{"id": {"deviceSerialNumber": KITCHEN}}, {"deviceSerialNumber": STUDIO}],
    }
    (session,) = parse.parse_sessions({"mediaSessionList": [{"endpointList": [endpoint]}]}, NOW)
    assert session.serials == (GROUP, KITCHEN, STUDIO)
    assert session.state is PlayerState.IDLE
    assert session.media == Media()


def test_playing_sessions_are_last() -> None:
    elements = [
        {"nowPlayingData": {"playerState": state}, "endpointList": [{"deviceSerialNumber": STUDIO}]}
        for state in ("PLAYING", "BUFFERING", "PAUSED")
    ]
    sessions = parse.parse_sessions({"mediaSessionList": elements}, NOW)
    assert [session.state_raw for session in sessions] == ["BUFFERING", "PAUSED", "PLAYING"]
    assert sessions[0].state is PlayerState.UNKNOWN


@pytest.mark.parametrize(
    ("control", "shuffle"), [("SELECTED", True), ("ENABLED", False), ("DISABLED", None), ("HIDDEN", None), (1, None)]
)
def test_shuffle_is_known_if_it_can_be_changed(control: Any, shuffle: bool | None) -> None:
    session = parse.parse_now_playing({"transport": {"shuffle": control, "repeat": control}}, (), None, NOW)
    assert session.shuffle is shuffle
    assert session.repeat == {True: Repeat.ALL, False: Repeat.OFF, None: None}[shuffle]


def test_a_stream_without_an_end_has_no_duration() -> None:
    session = parse.parse_now_playing({"progress": {"mediaProgress": 899459, "mediaLength": 0}}, (), None, NOW)
    assert (session.media.position, session.media.duration) == (899.459, None)


@pytest.mark.parametrize(
    ("data", "url"),
    [
        ({"mainArt": {"url": "https://a.example.org", "fullUrl": "https://f.example.org"}}, "https://f.example.org"),
        ({"mainArt": {"url": "javascript:x"}, "miniArt": {"url": "https://m.example.org"}}, "https://m.example.org"),
        ({"mainArt": []}, None),
    ],
)
def test_the_address_of_the_picture_is_parsed(data: dict[str, Any], url: str | None) -> None:
    assert parse.parse_now_playing(data, (), None, NOW).media.art_url == url


def test_values_of_wrong_types_are_dropped() -> None:
    assert json_values.text("a\ud800") == "a?"
    assert json_values.text("Küche") == "Küche"
    assert json_values.text("") is None
    assert json_values.number(10**400) is None
    assert json_values.number(float("inf")) is None
    assert json_values.number(True) is None
    assert parse.seconds(-1) is None
    assert parse.instant(10**18) is None
    assert parse.instant(1000) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


PARSERS: list[tuple[Callable[[Any], Any], Any]] = [
    (lambda data: parse.parse_account(data, "amazon.com"), captures.ACCOUNT),
    (lambda data: parse.parse_region(data, "amazon.de"), captures.REGION),
    (parse.parse_devices, captures.DEVICES),
    (parse.parse_dnd, captures.DND),
    (parse.parse_dnd_echo, {"enabled": True}),
    (parse.parse_volumes, captures.VOLUMES),
    (lambda data: parse.parse_sessions(data, NOW), captures.SESSIONS),
    (parse_notifications, captures.NOTIFICATIONS),
]

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON value, including itself."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_altered_responses_raise_no_other_error(data: st.DataObject) -> None:
    parser, capture = data.draw(st.sampled_from(PARSERS))
    mutated = copy.deepcopy(capture)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(_places(mutated)))
        value = data.draw(_JSON)
        if not place:
            mutated = value
            continue
        parent = mutated
        for key in place[:-1]:
            parent = parent[key]
        if isinstance(parent, dict) and data.draw(st.booleans()):
            del parent[place[-1]]
        else:
            parent[place[-1]] = value
    with contextlib.suppress(AlexaBadResponseError):
        parser(mutated)
