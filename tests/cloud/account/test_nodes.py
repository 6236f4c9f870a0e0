"""Tests of sequence nodes in Amazon's format."""

from datetime import time, timedelta
from typing import Any

import pytest

from custom_components.alexa_media.cloud.account.nodes import Target, command_node, parallel_node, serial_node
from custom_components.alexa_media.cloud.model.commands import (
    Announce,
    Command,
    DoNotDisturb,
    DropInNotification,
    LaunchSkill,
    MobilePush,
    PlaySearch,
    PlaySound,
    RunSequence,
    SetVolume,
    Speak,
    Stop,
    TextCommand,
)
from custom_components.alexa_media.cloud.ssml import is_ssml, plain

from .echos import device

KIND = "com.amazon.alexa.behaviors.model.OpaquePayloadOperationNode"


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


KITCHEN = Target.of(device("G0KITCHEN"), "A1JO")
OFFICE = Target.of(device("G0OFFICE", owner="A2SAM", locale="de-DE"), "A1JO")
BASE = {
    "deviceType": "A3S5BH2HU6VAYF",
    "deviceSerialNumber": "G0KITCHEN",
    "locale": "en-US",
    "customerId": "A1JO",
}


def payload(command: Command, target: Target = KITCHEN) -> dict[str, Any]:
    found: dict[str, Any] = command_node(command, [target])["operationPayload"]
    return found


@pytest.mark.parametrize(
    ("command", "kind", "fields"),
    [
        (SetVolume(level=29), "Alexa.DeviceControls.Volume", {"value": 29}),
        (
            PlaySound(sound="amzn_sfx_doorbell_chime_01"),
            "Alexa.Sound",
            {"soundStringId": "amzn_sfx_doorbell_chime_01", "skillId": "amzn1.ask.1p.sound"},
        ),
        (
            TextCommand(text="what <time> & is it"),
            "Alexa.TextCommand",
            {"text": "what <time> & is it", "skillId": "amzn1.ask.1p.tellalexa"},
        ),
        (RunSequence(name="Alexa.Weather.Play", extra={}), "Alexa.Weather.Play", {}),
        (
            RunSequence(name="Alexa.System.Wait", extra={"waitTimeInSeconds": 3, "root_x": "root_y"}),
            "Alexa.System.Wait",
            {"waitTimeInSeconds": 3, "root_x": "root_y"},
        ),
        (
            PlaySearch(provider="SPOTIFY", phrase="abba"),
            "Alexa.Music.PlaySearchPhrase",
            {"searchPhrase": "abba", "sanitizedSearchPhrase": "abba", "musicProviderId": "SPOTIFY"},
        ),
        (
            PlaySearch(provider="TUNEIN", phrase="radio", timer=60),
            "Alexa.Music.PlaySearchPhrase",
            {
                "searchPhrase": "radio",
                "sanitizedSearchPhrase": "radio",
                "musicProviderId": "TUNEIN",
                "waitTimeInSeconds": 60,
            },
        ),
    ],
)
def test_a_command_becomes_an_operation(command: Command, kind: str, fields: dict[str, Any]) -> None:
    node = command_node(command, [KITCHEN])
    assert node == {"@type": KIND, "type": kind, "operationPayload": BASE | fields}


def test_spoken_text_is_escaped() -> None:
    node = command_node(Speak(text="root_of <all> & evil"), [KITCHEN])
    assert node["type"] == "Alexa.Speak"
    assert node["operationPayload"] == BASE | {
        "textToSpeak": "root_of &lt;all&gt; &amp; evil",
        "target": {
            "customerId": "A1JO",
            "devices": [{"deviceSerialNumber": "G0KITCHEN", "deviceTypeId": "A3S5BH2HU6VAYF"}],
        },
        "skillId": "amzn1.ask.1p.saysomething",
    }


def test_speech_as_ssml_is_sent_unchanged() -> None:
    ssml = '<speak version="1.1">one &amp; <break time="1s"/>\n"two"</speak>'
    assert payload(Speak(text=f" {ssml}\n"))["textToSpeak"] == ssml


def test_owner_and_locale_are_the_device_s() -> None:
    found = payload(Speak(text="hallo"), OFFICE)
    assert (found["customerId"], found["locale"], found["target"]["customerId"]) == ("A2SAM", "de-DE", "A2SAM")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<speak>x</speak>", True),
        (" <SPEAK>x</SPEAK> ", True),
        ("<speak>x", False),
        ("say <speak>x</speak>", False),
        ("<speakers>x</speak>", False),
        ("plain", False),
        ("", False),
    ],
)
def test_ssml_is_recognized(text: str, expected: bool) -> None:
    assert is_ssml(text) is expected


def test_tags_are_removed_from_text() -> None:
    assert plain('<speak>one<break time="1s"/>two  <b>three</b></speak>') == "one two three"
    assert plain("1 < 2 and <b>") == "1 < 2 and <b>"


def announced(command: Announce, *targets: Target) -> tuple[dict[str, Any], dict[str, Any]]:
    node = command_node(command, targets)
    assert node["type"] == "AlexaAnnouncement"
    (content,) = node["operationPayload"]["content"]
    return node["operationPayload"], content


def test_an_announcement_is_shown_and_spoken() -> None:
    other = Target.of(device("G0BATH"), "A1JO")
    found, content = announced(Announce(text="a < b & c", title="Home"), KITCHEN, other)
    assert content == {
        "locale": "en-US",
        "display": {"title": "Home", "body": "a < b & c"},
        "speak": {"type": "text", "value": "a < b & c"},
    }
    assert found["expireAfter"] == "PT5S"
    assert found["skillId"] == "amzn1.ask.1p.routines.messaging"
    assert found["customerId"] == "A1JO"
    assert found["target"] == {
        "customerId": "A1JO",
        "devices": [
            {"deviceSerialNumber": "G0KITCHEN", "deviceTypeId": "A3S5BH2HU6VAYF"},
            {"deviceSerialNumber": "G0BATH", "deviceTypeId": "A3S5BH2HU6VAYF"},
        ],
    }


def test_announcement_as_ssml_shows_plain_text() -> None:
    _, content = announced(Announce(text="<speak>hi <b>you</b></speak>"), OFFICE)
    assert content == {
        "locale": "de-DE",
        "display": {"title": "Home Assistant", "body": "hi you"},
        "speak": {"type": "ssml", "value": "<speak>hi <b>you</b></speak>"},
    }


def test_an_announcement_can_be_only_spoken_or_only_shown() -> None:
    _, spoken = announced(Announce(text="hi", shown=False), KITCHEN)
    assert spoken["display"] == {"title": "", "body": ""}
    assert spoken["speak"]["value"] == "hi"
    _, shown = announced(Announce(text="<speak>hi</speak>", spoken=False), KITCHEN)
    assert shown["display"]["body"] == "hi"
    assert shown["speak"] == {"type": "text", "value": ""}


def test_stop_and_skill_nodes_have_different_device_fields() -> None:
    assert payload(Stop()) == {
        "customerId": "A1JO",
        "devices": [{"deviceSerialNumber": "G0KITCHEN", "deviceType": "A3S5BH2HU6VAYF"}],
        "skillId": "amzn1.ask.1p.alexadevicecontrols",
    }
    assert command_node(LaunchSkill(skill_id="amzn1.ask.skill.1"), [KITCHEN]) == {
        "@type": KIND,
        "type": "Alexa.Operation.SkillConnections.Launch",
        "operationPayload": {
            "targetDevice": {"deviceType": "A3S5BH2HU6VAYF", "deviceSerialNumber": "G0KITCHEN"},
            "locale": "en-US",
            "customerId": "A1JO",
            "connectionRequest": {"uri": "connection://AMAZON.Launch/amzn1.ask.skill.1", "input": {}},
        },
    }


def test_several_nodes_become_one_node() -> None:
    one, two = command_node(Stop(), [KITCHEN]), command_node(Stop(), [OFFICE])
    assert serial_node([one]) is parallel_node([one]) is one
    assert serial_node([one, two]) == {
        "@type": "com.amazon.alexa.behaviors.model.SerialNode",
        "nodesToExecute": [one, two],
    }
    assert parallel_node([one, two])["@type"] == "com.amazon.alexa.behaviors.model.ParallelNode"


def test_a_canned_phrase_is_not_a_text() -> None:
    phrase = "alexa.cannedtts.speak.curatedtts-category-goodbye/alexa.cannedtts.speak.curatedtts-random"
    node = command_node(Speak(text=phrase), [KITCHEN])
    assert node["type"] == "Alexa.CannedTts.Speak"
    assert node["operationPayload"] == {
        **BASE,
        "cannedTtsStringId": phrase,
        "skillId": "amzn1.ask.1p.saysomething",
    }


def test_long_text_is_several_nodes_in_order() -> None:
    text = " ".join(f"Sentence number {number} & more." for number in range(20))
    node = command_node(Speak(text=text), [KITCHEN])
    assert node["@type"].endswith("SerialNode")
    texts = [child["operationPayload"]["textToSpeak"] for child in node["nodesToExecute"]]
    assert " ".join(texts) == text.replace("&", "&amp;")
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("command", "kind", "rest"),
    [
        (
            MobilePush(text="Leak", title="Water", customer_id="A1JO"),
            "Alexa.Notifications.SendMobilePush",
            {"alexaUrl": "#v2/behaviors", "skillId": "amzn1.ask.1p.routines.messaging"},
        ),
        (
            DropInNotification(text="Leak", title="Water", customer_id="A1JO"),
            "Alexa.Notifications.DropIn",
            {"alexaUrl": "#v2/comms/conversation-list?showDropInDialog=true"},
        ),
    ],
)
def test_message_to_apps_names_no_device(command: Command, kind: str, rest: dict[str, str]) -> None:
    """The message is for the account's own customer, whoever owns the device."""
    node = command_node(command, [OFFICE])
    assert node["type"] == kind
    assert node["operationPayload"] == {"customerId": "A1JO", "notificationMessage": "Leak", "title": "Water", **rest}
    assert node.get("skillId") == ("amzn1.ask.1p.action.dropin" if kind.endswith("DropIn") else None)


def test_do_not_disturb_can_have_an_end() -> None:
    node = command_node(DoNotDisturb(duration=timedelta(hours=1, minutes=30)), [OFFICE])
    assert (node["type"], node["skillId"]) == (
        "Alexa.DeviceControls.DoNotDisturb",
        "amzn1.ask.1p.alexadevicecontrols",
    )
    assert node["operationPayload"] == {
        "customerId": "A2SAM",
        "devices": [
            {"deviceSerialNumber": "G0OFFICE", "deviceTypeId": "A3S5BH2HU6VAYF", "deviceAccountId": None},
        ],
        "isAssociatedDevice": False,
        "action": "Enable",
        "duration": "DURATION#PT1H30M0S",
    }
    until = payload(DoNotDisturb(until=time(7, 5)))
    assert (until["until"], "duration" in until, "timeZoneId" in until) == ("TIME#T07:05", False, True)
