"""Tests that all ways to speak, show and push a text treat it in the same way, and read the same fields."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import end_speech

pytestmark = pytest.mark.platforms("media_player", "notify", "text")

KITCHEN: Final = "media_player.kitchen_show"
OFFICE: Final = "media_player.office_spot"

# Ways to speak, to announce and to send to the apps: action and data; the test adds the message.
SPEAKING: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("alexa_media.speak", {"entity_id": KITCHEN}),
    ("notify.send_message", {"entity_id": "notify.kitchen_show_speak"}),
    ("notify.alexa_media", {"target": [KITCHEN]}),
    ("notify.alexa_media_kitchen_show", {"data": {"type": "tts"}}),
    ("alexa_media.run_sequence", {"entity_id": KITCHEN, "steps": [{"speak": "MESSAGE"}]}),
)
ANNOUNCING: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("alexa_media.speak", {"entity_id": KITCHEN, "type": "announce"}),
    ("notify.send_message", {"entity_id": "notify.kitchen_show_announce"}),
    ("notify.alexa_media", {"target": [KITCHEN], "data": {"type": "announce"}}),
    ("notify.alexa_media_kitchen_show", {"data": {"type": "announce", "method": "all"}}),
    ("alexa_media.run_sequence", {"entity_id": KITCHEN, "steps": [{"announce": "MESSAGE"}]}),
)
PUSHING: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("notify.alexa_media", {"target": [KITCHEN], "data": {"type": "push"}}),
    ("notify.alexa_media_kitchen_show", {"data": {"type": "dropin_notification"}}),
)


async def say(hass: HomeAssistant, way: tuple[str, dict[str, Any]], message: str) -> None:
    """Send a message in one of the ways."""
    domain, _, name = way[0].partition(".")
    data = dict(way[1])
    if steps := data.get("steps"):
        data["steps"] = [dict.fromkeys(step, message) for step in steps]
    else:
        data["message"] = message
    await hass.services.async_call(domain, name, data, blocking=True)


async def said(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    ways: Iterable[tuple[str, dict[str, Any]]],
    text: str,
) -> list[dict[str, Any]]:
    """Return the result of each way for a text, without waiting for earlier speech."""
    before = len(sim.spoken())
    for way in ways:
        end_speech(entry)
        await say(hass, way, text)
    return sim.spoken()[before:]


# Text, and how it is spoken and shown.
TEXTS: Final = (
    ("Dinner & a <film>, 5 < 6", "Dinner &amp; a &lt;film&gt;, 5 &lt; 6", "Dinner & a <film>, 5 < 6"),
    ("Tom &amp; Jerry", "Tom &amp; Jerry", "Tom & Jerry"),
    ("\U0001f600 <break/>Hi", "<speak>\U0001f600 <break/>Hi</speak>", "\U0001f600 Hi"),
    (
        '<amazon:effect name="whispered">Hi</amazon:effect>',
        '<speak><amazon:effect name="whispered">Hi</amazon:effect></speak>',
        "Hi",
    ),
    (" <SPEAK>Bread &amp; <!-- c -->butter</SPEAK>", "<speak>Bread &amp; butter</speak>", "Bread & butter"),
    ("<speak><![CDATA[5 < 6]]></speak>", "<speak>5 &lt; 6</speak>", "5 < 6"),
)


async def test_the_same_text_is_spoken_and_shown_in_the_same_way(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for text, spoken, shown in TEXTS:
        with subtests.test(text):
            assert [(one["kind"], one["text"]) for one in await said(hass, sim, entry, SPEAKING, text)] == [
                ("speak", spoken)
            ] * len(SPEAKING)
            announced = await said(hass, sim, entry, ANNOUNCING, text)
            value = spoken if spoken.startswith("<speak") else shown
            assert [(one["text"], one["display"]) for one in announced] == [(value, shown)] * len(ANNOUNCING)
            assert [one["text"] for one in await said(hass, sim, entry, PUSHING, text)] == [shown] * len(PUSHING)


INVALID_TEXTS: Final = (
    ("<speak>Tom & Jerry</speak>", "ssml_malformed"),
    ("<emphasis>Hi", "ssml_malformed"),
    ("<speak><b>Hi</b></speak>", "ssml_unknown_element"),
    ("<speak> <!-- nothing --> </speak>", "empty_message"),
    (" \n", "empty_message"),
    ("cut \ud83d", "text_not_encodable"),
    ("x" * 8001, "message_too_long"),
)


async def test_an_invalid_text_is_refused_before_a_request_in_every_way(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The error of a sequence also names the step."""
    for text, key in INVALID_TEXTS:
        with subtests.test(ascii(text[:40])):
            sim.reset_ledger()
            for way in (*SPEAKING, *ANNOUNCING, *PUSHING):
                with pytest.raises(ServiceValidationError) as raised:
                    await say(hass, way, text)
                if "steps" not in way[1]:
                    assert raised.value.translation_key == key, way
                    continue
                assert raised.value.translation_key == "sequence_step_wrong", way
                assert (raised.value.translation_placeholders or {})["step"] == "1"
                assert getattr(raised.value.__cause__, "translation_key", key) == key
            assert sim.ledger(method="POST", path="/api/behaviors/*") == []


@pytest.mark.usefixtures("brief_speech")
async def test_titles_are_readable(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    title = "<speak>Salt &amp; pepper</speak>"
    for name, data in (
        ("notify.alexa_media", {"target": [OFFICE], "title": title, "data": {"type": "announce"}}),
        ("notify.alexa_media", {"target": [OFFICE], "title": title, "data": {"type": "push"}}),
        ("alexa_media.speak", {"entity_id": OFFICE, "title": title, "type": "show"}),
    ):
        await say(hass, (name, data), "Hi")
    assert [one["title"] for one in sim.spoken()] == ["Salt & pepper"] * 3


async def test_a_text_with_only_a_sound_is_spoken_and_neither_shown_nor_pushed(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    sound = '<speak><audio src="https://example.org/bell.mp3"/></speak>'
    await say(hass, SPEAKING[0], sound)
    assert [one["text"] for one in sim.spoken()] == [sound]
    for way in (*PUSHING, ("alexa_media.speak", {"entity_id": KITCHEN, "type": "show"})):
        with pytest.raises(ServiceValidationError) as raised:
            await say(hass, way, sound)
        assert raised.value.translation_key == "empty_message"


# --- options of the caller ---------------------------------------------------------------------


async def test_the_options_in_the_data_are_applied(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for kind in ("tts", "announce"):
        with subtests.test(f"volume of {kind}"):
            data: dict[str, Any] = {"target": [KITCHEN], "data": {"type": kind, "volume": "0.4"}}
            assert [one["volume"] for one in await said(hass, sim, entry, [("notify.alexa_media", data)], "Hi")] == [40]
    with subtests.test("language"):
        data = {"target": [KITCHEN], "data": {"language": "fr-FR"}}
        spoken = await said(hass, sim, entry, [("notify.alexa_media", data)], "Oui")
        text = '<speak><lang xml:lang="fr-FR">Oui</lang></speak>'
        assert [(one["kind"], one["text"]) for one in spoken] == [("speak", text)]
    with subtests.test("override Do Not Disturb"):
        data = {"target": ["Bedroom Dot"], "data": {"type": "announce", "override_dnd": True}}
        spoken = await said(hass, sim, entry, [("notify.alexa_media", data)], "Fire")
        assert [(one["kind"], one["text"]) for one in spoken] == [("speak", "Fire")]


UNKNOWN_OPTIONS: Final[tuple[tuple[dict[Any, Any], str], ...]] = (
    ({"volum": 0.4}, "volum"),
    ({"voice": "Brian"}, "voice"),
    ({"type": "announce", "Volume": 1, "heading": "x"}, "heading"),
    ({"volume": 1.1}, "volume"),
    ({"volume": "loud"}, "volume"),
    ({"volume": "nan"}, "volume"),
    ({"language": "Klingon"}, "language"),
    ({"override_dnd": "perhaps"}, "override_dnd"),
    ({"type": "push", "volume": 0.4}, "volume"),
    ({"type": "dropin_notification", "language": "fr-FR"}, "language"),
    ({"type": "push", "method": "show"}, "method"),
    ({"type": "tts", "title": "Never shown"}, "title"),
    ({"type": "tts", "method": "show"}, "method"),
    ({"type": "announce", "method": "show", "language": "fr-FR"}, "language"),
    ({1: 2}, "1"),
)


async def test_an_option_that_is_unknown_or_without_effect_is_reported(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for data, named in UNKNOWN_OPTIONS:
        with subtests.test(str(data)):
            spoken = len(sim.spoken())
            with pytest.raises(ServiceValidationError) as raised:
                await say(hass, ("notify.alexa_media", {"target": [KITCHEN], "data": data}), "Hi")
            assert named in str(raised.value.translation_placeholders)
            assert len(sim.spoken()) == spoken
    for option, named in (({"title": "x"}, "title"), ({"type": "show", "language": "fr-FR"}, "language")):
        with subtests.test(f"speak: {named}"):
            with pytest.raises(ServiceValidationError) as raised:
                await say(hass, ("alexa_media.speak", {"entity_id": KITCHEN, **option}), "Hi")
            assert (raised.value.translation_placeholders or {})["option"] == named
            assert sim.spoken() == []
