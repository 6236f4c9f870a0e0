"""Tests of the events that pushes are converted to."""

from datetime import UTC, datetime
import json
import time
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.directives import (
    PARSERS,
    PushCommand,
    gateway,
    parse_directive,
    set_endpoint,
    synchronize_state,
)
from custom_components.alexa_media.cloud.account.multipart import MultipartParser
from custom_components.alexa_media.cloud.model.appliances import ApplianceState, PropertyKey, Sample, SmartHomeChanged
from custom_components.alexa_media.cloud.model.devices import PlayerState, Repeat, Volume
from custom_components.alexa_media.cloud.model.events import (
    AudioPlayerStateChanged,
    BluetoothChanged,
    ConnectionChanged,
    DirectiveIgnored,
    DirectiveUnknown,
    DndChanged,
    EqualizerChanged,
    ListsChanged,
    MediaProgressChanged,
    NotificationsChanged,
    NowPlayingChanged,
    PushEvent,
    QueueChanged,
    SessionsChanged,
    VolumeChanged,
)

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SERIAL = "G0XXKITCHEN0001"


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


def update(command: object, payload: object, **more: Any) -> dict[str, Any]:
    metadata = {"command": command, "timeStamp": 1795246549945, "payload": json.dumps(payload)}
    return {"route": "EventBus:tcomm::message", "resourceId": command, "resourceMetadata": json.dumps(metadata)} | more


def directive(*updates: Any) -> dict[str, Any]:
    header = {"namespace": "Alexa.Mobile.Push", "name": "RenderUpdate", "messageId": "5903de48"}
    return {"directive": {"header": header, "payload": {"renderingUpdates": list(updates)}}}


def of_device(**payload: Any) -> dict[str, Any]:
    device = {"deviceSerialNumber": SERIAL, "deviceType": "A3S5BH2HU6VAYF"}
    return {"destinationUserId": "A1SIM", "dopplerId": device} | payload


def push(command: str, payload: object) -> PushEvent:
    (event,) = parse_directive(directive(update(command, payload)), NOW)
    return event


def test_table_covers_every_command() -> None:
    assert set(PARSERS) == set(PushCommand)


def test_device_pushes_are_parsed() -> None:
    assert push("PUSH_DOPPLER_CONNECTION_CHANGE", of_device(dopplerConnectionState="ONLINE")) == ConnectionChanged(
        serial=SERIAL, online=True
    )
    assert push("PUSH_DOPPLER_CONNECTION_CHANGE", of_device(dopplerConnectionState="OFFLINE")) == ConnectionChanged(
        serial=SERIAL, online=False
    )
    assert push("PUSH_VOLUME_CHANGE", of_device(isMuted=False, volumeSetting=50)) == VolumeChanged(
        serial=SERIAL, volume=Volume(level=50, muted=False)
    )
    assert push("PUSH_VOLUME_CHANGE", of_device(volumeSetting="7")) == VolumeChanged(
        serial=SERIAL, volume=Volume(level=7, muted=None)
    )
    assert push("PUSH_DND_STATE_CHANGE", of_device(enabled=True)) == DndChanged(serial=SERIAL, enabled=True)


def test_pushes_of_players_are_parsed() -> None:
    playing = of_device(mediaReferenceId="2868373f:2", quality=None, error=False, audioPlayerState="PLAYING")
    assert push("PUSH_AUDIO_PLAYER_STATE", playing) == AudioPlayerStateChanged(
        serial=SERIAL, state=PlayerState.PLAYING, media_id="2868373f:2"
    )
    odd = push("PUSH_AUDIO_PLAYER_STATE", of_device(audioPlayerState="LEVITATING"))
    assert odd == AudioPlayerStateChanged(serial=SERIAL, state=PlayerState.UNKNOWN, media_id=None)
    assert push("PUSH_MEDIA_CHANGE", of_device(mediaReferenceId="71c4d721:1")) == SessionsChanged(serial=SERIAL)


def test_progress_is_in_seconds() -> None:
    progress: dict[str, object] = {"mediaProgress": 899459, "mediaLength": 1000000}
    assert push("PUSH_MEDIA_PROGRESS_CHANGE", of_device(progress=progress, mediaReferenceId="m:1")) == (
        MediaProgressChanged(serial=SERIAL, position=899.459, duration=1000.0, media_id="m:1")
    )
    endless = {"mediaProgress": 0, "mediaLength": 0}
    assert push("PUSH_MEDIA_PROGRESS_CHANGE", of_device(progress=endless)) == (
        MediaProgressChanged(serial=SERIAL, position=0.0, duration=None, media_id=None)
    )
    odd: tuple[tuple[object, object], ...] = (("1", float("nan")), (-1, 1e300), (10**400, True))
    for position, length in odd:
        progress = {"mediaProgress": position, "mediaLength": length}
        assert push("PUSH_MEDIA_PROGRESS_CHANGE", of_device(progress=progress)) == (
            MediaProgressChanged(serial=SERIAL, position=None, duration=None, media_id=None)
        )


@pytest.mark.parametrize(
    ("fields", "shuffle", "repeat"),
    [
        ({"playBackOrder": "SHUFFLE_ALL", "loopMode": "LOOP_QUEUE"}, True, Repeat.ALL),
        ({"playBackOrder": None, "loopMode": None}, False, Repeat.OFF),
        ({"playBackOrder": "NORMAL", "loopMode": "NORMAL"}, False, Repeat.OFF),
        ({"playBackOrder": "BACKWARDS", "loopMode": "LOOP_TWICE"}, None, None),
        ({}, None, None),
    ],
    ids=["on", "null", "normal", "unseen", "absent"],
)
def test_pushes_of_the_queue_are_parsed(fields: dict[str, Any], shuffle: bool | None, repeat: Repeat | None) -> None:
    assert push("PUSH_MEDIA_QUEUE_CHANGE", of_device(changeType="STATUS_CHANGED", **fields)) == QueueChanged(
        serial=SERIAL, shuffle=shuffle, repeat=repeat, new_queue=False
    )
    new = push("PUSH_MEDIA_QUEUE_CHANGE", of_device(changeType="NEW_QUEUE", **fields))
    assert isinstance(new, QueueChanged)
    assert new.new_queue


def test_both_versions_of_a_notification_are_reported() -> None:
    events = [
        push(
            "PUSH_NOTIFICATION_CHANGE",
            of_device(eventType="UPDATE", notificationId="d676d954", notificationVersion=version),
        )
        for version in (1, 2, True)
    ]
    assert events == [
        NotificationsChanged(serial=SERIAL, notification_id="d676d954", version=version) for version in (1, 2, None)
    ]


def test_pushes_of_playback_are_parsed() -> None:
    playing = {
        "playerState": "PLAYING",
        "queueId": "sim:playlist:1",
        "mediaId": "sim:track:1",
        "transport": {"playPause": "ENABLED", "next": "ENABLED"},
        "progress": {"mediaProgress": 613, "mediaLength": 199773},
        "infoText": {"title": "Song", "subText1": "Artist", "subText2": "Album"},
        "provider": {"providerName": "Spotify"},
    }
    payload = {
        "customerId": "A1SIM",
        "name": "NotifyNowPlayingUpdated",
        "update": {
            "taskSessionId": "amzn1.echo-api.session.1",
            "update": {"cause": "PLAYBACK_STARTED", "nowPlayingData": playing},
        },
    }
    event = push("NotifyNowPlayingUpdated", payload)
    assert isinstance(event, NowPlayingChanged)
    session = event.session
    assert (session.session_id, session.serials, session.state) == ("amzn1.echo-api.session.1", (), PlayerState.PLAYING)
    assert (session.media.title, session.media.artist, session.media.position) == ("Song", "Artist", 0.613)
    assert session.media.position_at == NOW
    assert push("NotifyMediaSessionsUpdated", {"customerId": "A1SIM", "update": {}}) == SessionsChanged(serial=None)


def test_bluetooth_is_a_hint() -> None:
    payload = of_device(bluetoothEvent="DEVICE_CONNECTED", bluetoothEventPayload=None, bluetoothEventSuccess=True)
    assert push("PUSH_BLUETOOTH_STATE_CHANGE", payload) == BluetoothChanged(serial=SERIAL)
    assert push("PUSH_BLUETOOTH_STATE_CHANGE", {}) == BluetoothChanged(serial=None)


def test_an_equalizer_push_is_only_a_hint() -> None:
    """The bands are read after the push, which calls the middle band ``midrange`` instead of ``mid``."""
    event = push("PUSH_EQUALIZER_STATE_CHANGE", of_device(bass=-1, midrange=2, treble=0))
    assert event == EqualizerChanged(serial=SERIAL, bass=-1, mid=2, treble=0)
    for values in ({"bass": 1, "midrange": "x"}, {"bass": 7, "midrange": 0, "treble": 0}):
        assert push("PUSH_EQUALIZER_STATE_CHANGE", of_device(**values)) == EqualizerChanged(serial=SERIAL)
    assert push("PUSH_EQUALIZER_STATE_CHANGE", {}) == EqualizerChanged(serial=None)


def test_irrelevant_commands_are_ignored() -> None:
    ignored = {command for command, parser in PARSERS.items() if parser is PARSERS[PushCommand.PUSH_ACTIVITY]}
    assert PushCommand.PUSH_MICROPHONE_STATE in ignored
    for command in ignored:
        assert push(command, of_device()) == DirectiveIgnored(command=command, serial=SERIAL)
    assert push("PUSH_DEVICE_SETUP_STATE_CHANGE", {"deviceSerialNumber": SERIAL}) == DirectiveIgnored(
        command="PUSH_DEVICE_SETUP_STATE_CHANGE", serial=SERIAL
    )


def test_lists_are_a_hint() -> None:
    assert push("PUSH_LIST_ITEM_CHANGE", {"listId": "YW16", "version": 1}) == ListsChanged(list_id="YW16")
    assert push("PUSH_LIST_CHANGE", {}) == ListsChanged(list_id=None)


def test_pushes_of_appliances_are_parsed() -> None:
    features = [{"name": "power", "instance": None, "properties": [{"name": "powerState", "powerStateValue": "OFF"}]}]
    payload = {"data": {"__typename": "Endpoint", "features": features}, "entity": {"id": "amzn1.alexa.endpoint.x"}}
    fdal = {"route": "EventBus:AlexaMobile::FDAL", "resourceId": "x"}
    state = ApplianceState(samples={PropertyKey("power", "powerState"): Sample(value="OFF")})
    metadata: Any
    for metadata in ({"payload": payload}, {"payload": json.dumps(payload)}):
        events = parse_directive(directive(fdal | {"resourceMetadata": json.dumps(metadata)}), NOW)
        assert events == [SmartHomeChanged(states={"amzn1.alexa.endpoint.x": state})]
    for metadata in ({"type": "UPDATE_ENTITY"}, {"payload": None}, {"payload": {"data": [], "entity": {"id": "x"}}}):
        events = parse_directive(directive(fdal | {"resourceMetadata": json.dumps(metadata)}), NOW)
        assert events == [DirectiveUnknown(command="FDAL")]


def test_several_updates_of_one_directive_in_order() -> None:
    volumes = [update("PUSH_VOLUME_CHANGE", of_device(volumeSetting=level)) for level in range(5)]
    events = parse_directive(directive(*volumes), NOW)
    assert [event.volume.level for event in events if isinstance(event, VolumeChanged)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("times", [0, 1, 2, 3], ids=["object", "string", "twice", "thrice"])
def test_payload_is_decoded_however_often_it_is_encoded(times: int) -> None:
    payload: object = of_device(enabled=False)
    for _ in range(times):
        payload = json.dumps(payload)
    metadata = {"command": "PUSH_DND_STATE_CHANGE", "payload": payload}
    for resource in (metadata, json.dumps(metadata), json.dumps(json.dumps(metadata))):
        event = parse_directive(directive({"resourceMetadata": resource}), NOW)
        assert event == [DndChanged(serial=SERIAL, enabled=False)]


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("PUSH_DND_STATE_CHANGE", of_device(enabled="yes")),
        ("PUSH_DND_STATE_CHANGE", of_device()),
        ("PUSH_DND_STATE_CHANGE", {"enabled": True}),
        ("PUSH_DND_STATE_CHANGE", [1]),
        ("PUSH_DND_STATE_CHANGE", None),
        ("PUSH_VOLUME_CHANGE", of_device()),
        ("PUSH_VOLUME_CHANGE", of_device(volumeSetting="loud")),
        ("PUSH_VOLUME_CHANGE", of_device(volumeSetting=float("inf"))),
        ("PUSH_VOLUME_CHANGE", of_device(volumeSetting=101, isMuted=False)),
        ("PUSH_VOLUME_CHANGE", of_device(volumeSetting="-1")),
        ("PUSH_DOPPLER_CONNECTION_CHANGE", of_device(dopplerConnectionState=[])),
        ("PUSH_AUDIO_PLAYER_STATE", of_device()),
        ("PUSH_MEDIA_PROGRESS_CHANGE", of_device()),
        ("NotifyNowPlayingUpdated", {"update": {"update": {"nowPlayingData": []}}}),
        ("NotifyNowPlayingUpdated", {"update": None}),
    ],
)
def test_unreadable_payload_is_reported(command: str, payload: object) -> None:
    assert push(command, payload) == DirectiveUnknown(command=command)


@pytest.mark.parametrize(
    ("data", "command"),
    [
        ({}, "?"),
        ({"directive": []}, "?"),
        ({"directive": {"header": {"namespace": "SpeechSynthesizer", "name": "Speak"}}}, "SpeechSynthesizer.Speak"),
        (directive("text"), "?"),
        (directive({"resourceMetadata": "{half"}), "?"),
        (directive({"resourceId": "PUSH_VOLUME_CHANGE", "resourceMetadata": "[" * 100_000}), "PUSH_VOLUME_CHANGE"),
        (directive(update("PUSH_NEVER_SEEN", {})), "PUSH_NEVER_SEEN"),
        (directive(update("Jo said: hello world", {})), "?"),
        (directive(update("X" * 65, {})), "?"),
        (directive(update(["PUSH_DND_STATE_CHANGE"], {})), "?"),
    ],
)
def test_unknown_directives_keep_their_command(data: dict[str, Any], command: str) -> None:
    assert parse_directive(data, NOW) == [DirectiveUnknown(command=command)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [
    "dopplerConnectionState", "volumeSetting", "isMuted", "enabled", "audioPlayerState", "mediaReferenceId",
    "playBackOrder", "loopMode", "changeType", "progress", "notificationId", "notificationVersion", "update",
]  # fmt: skip


@given(
    st.sampled_from(list(PushCommand)),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=6),
    st.booleans(),
)
def test_no_payload_makes_it_raise(command: PushCommand, fields: dict[str, Any], with_device: bool) -> None:
    payload = of_device(**fields) if with_device else fields
    assert len(parse_directive(directive(update(command, payload)), NOW)) == 1


@given(json_values)
def test_no_directive_makes_it_raise(value: Any) -> None:
    for data in ({"directive": value}, {"directive": {"header": value, "payload": value}}, directive(value)):
        assert parse_directive(data, NOW)
        assert set_endpoint(data) == (False, None)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://alexa.eu.gateway.devices.a2z.com", "https://alexa.eu.gateway.devices.a2z.com"),
        ("https://bob-dispatch-prod-fe.amazon.com:443/", "https://bob-dispatch-prod-fe.amazon.com:443"),
        ("http://bob-dispatch-prod-fe.amazon.com", None),
        ("https://amazon.com.example.org", None),
        ("https://example.org/.amazon.com", None),
        ("https://evilamazon.com", None),
        ("https://user@bob-dispatch-prod-fe.amazon.com", None),
        (12, None),
        (None, None),
    ],
)
def test_only_gateways_of_amazon_are_accepted(endpoint: object, expected: str | None) -> None:
    header = {"namespace": "System", "name": "SetEndpoint", "messageId": "1"}
    assert set_endpoint({"directive": {"header": header, "payload": {"endpoint": endpoint}}}) == (True, expected)


def test_each_marketplace_has_its_gateway() -> None:
    assert gateway("amazon.com") == gateway("amazon.com.br") == "https://alexa.na.gateway.devices.a2z.com"
    assert gateway("amazon.co.jp") == gateway("amazon.in") == "https://alexa.fe.gateway.devices.a2z.com"
    assert gateway("amazon.de") == gateway("amazon.co.za") == "https://alexa.eu.gateway.devices.a2z.com"


def test_each_region_request_has_a_different_id() -> None:
    first, second = synchronize_state()["event"]["header"], synchronize_state()["event"]["header"]
    assert first["messageId"] != second["messageId"]
    assert (first["namespace"], first["name"]) == ("System", "SynchronizeState")


def test_parsing_handles_far_more_than_500_directives_a_second() -> None:
    data = json.dumps(directive(update("PUSH_VOLUME_CHANGE", of_device(volumeSetting=50, isMuted=False))))
    stream = b"--------b\r\n" + f"Content-Type: application/json\r\n\r\n{data}\r\n--------b\r\n".encode() * 2_000
    parser = MultipartParser()
    began = time.perf_counter()
    events = [event for value in parser.feed(stream) for event in parse_directive(value, NOW)]
    rate = len(events) / (time.perf_counter() - began)
    assert len(events) == 2_000
    assert rate > 2_500, f"{rate:.0f} directives/s"
