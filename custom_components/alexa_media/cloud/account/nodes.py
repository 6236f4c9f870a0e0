"""Sequence nodes: commands in the format that ``POST /api/behaviors/preview`` expects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..model.commands import (
    Announce,
    Command,
    DeviceCommand,
    DoNotDisturb,
    DropInNotification,
    LaunchSkill,
    MobilePush,
    PlaySearch,
    PlaySound,
    PlayVideo,
    PressFireTv,
    RunSequence,
    SetVolume,
    Speak,
    Stop,
    TextCommand,
)
from ..model.devices import Device
from ..ssml import escape, is_ssml, pieces, plain

type Node = Mapping[str, Any]

DEFAULT_LOCALE: Final = "en-US"

_MODEL: Final = "com.amazon.alexa.behaviors.model."
_TEXT_COMMAND: Final = "Alexa.TextCommand"
_CANNED: Final = "alexa.cannedtts.speak"
_SAY_SOMETHING: Final = "amzn1.ask.1p.saysomething"
_DEVICE_CONTROLS: Final = "amzn1.ask.1p.alexadevicecontrols"
_FIRE_TV: Final = "amzn1.ask.1p.routines.firetv"
_VIDEO: Final = "amzn1.ask.skill.3b150b52-cedb-4792-a4b2-f656523a06f5"
_MESSAGING: Final = "amzn1.ask.1p.routines.messaging"
_DROP_IN_PAGE: Final = "#v2/comms/conversation-list?showDropInDialog=true"


ALL_OF_CUSTOMER: Final = Device.standing_for_all("ALEXA_ALL_DSN", device_type="ALEXA_ALL_DEVICE_TYPE")
"""Device that stands for all devices of the signed-in customer in ``Stop``."""


class Target(NamedTuple):
    """A device and the customer on whose behalf the command runs."""

    device: Device
    customer_id: str

    @classmethod
    def of(cls, device: Device, default_customer_id: str) -> Target:
        """Return the device with its owner's customer id, or with the default one if the owner is unknown.

        If the device belongs to another adult of the household, Amazon drops nodes with any other customer id.
        """
        return cls(device, device.owner_customer_id or default_customer_id)

    @property
    def locale(self) -> str:
        """Return the language of the device, such as "en-US"; the default one if it is unknown."""
        return self.device.locale or DEFAULT_LOCALE


def command_node(command: Command, targets: Sequence[Target]) -> Node:
    """Return the node of one command for one device, or of an announcement for one or more devices.

    All devices of an announcement must have the same customer and locale.
    """
    if isinstance(command, Announce):
        return _announcement(command, targets)
    (target,) = targets
    return _node(command, target)


def serial_node(nodes: Sequence[Node]) -> Node:
    """Return a node that runs the given nodes in order."""
    return nodes[0] if len(nodes) == 1 else {"@type": f"{_MODEL}SerialNode", "nodesToExecute": list(nodes)}


def parallel_node(nodes: Sequence[Node]) -> Node:
    """Return a node that runs the given nodes at the same time."""
    return nodes[0] if len(nodes) == 1 else {"@type": f"{_MODEL}ParallelNode", "nodesToExecute": list(nodes)}


def wait_node(seconds: int) -> Node:
    """Return a node that waits for the given number of seconds."""
    return _operation("Alexa.System.Wait", {"waitTimeInSeconds": seconds})


def text_commands(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the serial and the text of each text command in a node."""
    for inner in node.get("nodesToExecute", ()):
        yield from text_commands(inner)
    if node.get("type") == _TEXT_COMMAND:
        payload = node["operationPayload"]
        yield payload["deviceSerialNumber"], payload["text"]


def search_payload(command: PlaySearch, target: Target) -> dict[str, Any]:
    """Return the payload of a music search, used both to validate and to play it."""
    return _base(target) | _search(command)


def _operation(kind: str, payload: Mapping[str, Any]) -> Node:
    """Return an operation node."""
    return {"@type": f"{_MODEL}OpaquePayloadOperationNode", "type": kind, "operationPayload": dict(payload)}


def _base(target: Target) -> dict[str, Any]:
    """Return the fields that most operations have in common."""
    return {
        "deviceType": target.device.device_type,
        "deviceSerialNumber": target.device.serial,
        "locale": target.locale,
        "customerId": target.customer_id,
    }


def _node(command: DeviceCommand, target: Target) -> Node:
    """Return the node of a command for one device."""
    base = _base(target)
    match command:
        case Speak(text=text) if text.startswith(_CANNED):
            return _operation("Alexa.CannedTts.Speak", base | {"cannedTtsStringId": text, "skillId": _SAY_SOMETHING})
        case Speak(text=text):
            return serial_node([_operation("Alexa.Speak", base | _speech(piece, target)) for piece in pieces(text)])
        case SetVolume(level=level):
            return _operation("Alexa.DeviceControls.Volume", base | {"value": round(level)})
        case Stop():
            return _operation("Alexa.DeviceControls.Stop", _stop(target))
        case PlaySearch():
            return _operation("Alexa.Music.PlaySearchPhrase", search_payload(command, target))
        case PlaySound(sound=sound):
            return _operation("Alexa.Sound", base | {"soundStringId": sound, "skillId": "amzn1.ask.1p.sound"})
        case RunSequence(name=name, extra=extra):
            return _operation(name, base | dict(extra))
        case TextCommand(text=text):
            return _operation(_TEXT_COMMAND, base | {"text": text, "skillId": "amzn1.ask.1p.tellalexa"})
        case LaunchSkill(skill_id=skill_id):
            return _operation("Alexa.Operation.SkillConnections.Launch", _launch(skill_id, target))
        case MobilePush():
            fields = _app_message(command) | {"alexaUrl": "#v2/behaviors", "skillId": _MESSAGING}
            return _operation("Alexa.Notifications.SendMobilePush", fields)
        case DropInNotification():
            fields = _app_message(command) | {"alexaUrl": _DROP_IN_PAGE}
            return {**_operation("Alexa.Notifications.DropIn", fields), "skillId": "amzn1.ask.1p.action.dropin"}
        case DoNotDisturb():
            fields = _do_not_disturb(command, target)
            return {**_operation("Alexa.DeviceControls.DoNotDisturb", fields), "skillId": _DEVICE_CONTROLS}
        case PressFireTv(key=key):
            return {**_operation(f"Alexa.Operation.FireTV.{key}", _fire_tv(target)), "skillId": _FIRE_TV}
        case PlayVideo(phrase=phrase):
            fields = {**_fire_tv(target), "locale": target.locale, "searchPhrase": phrase}
            return {**_operation("Alexa.Operation.Video.PlaySearchPhrase", fields), "skillId": _VIDEO}


def _fire_tv(target: Target) -> dict[str, Any]:
    """Return the fields that identify a Fire TV."""
    return {"customerId": target.customer_id, "deviceAccountId": target.device.account_id}


def _speech(text: str, target: Target) -> dict[str, Any]:
    """Return the fields of ``Alexa.Speak``, which treats every text as SSML."""
    return {
        "textToSpeak": text.strip() if is_ssml(text) else escape(text),
        "target": _targets([target]),
        "skillId": _SAY_SOMETHING,
    }


def _app_message(command: MobilePush | DropInNotification) -> dict[str, Any]:
    """Return the fields of a message to the Alexa apps of a customer."""
    return {
        "customerId": command.customer_id,
        "notificationMessage": command.text,
        "title": command.title,
    }


def _search(command: PlaySearch) -> dict[str, Any]:
    """Return the fields of a music search."""
    fields: dict[str, Any] = {
        "searchPhrase": command.phrase,
        "sanitizedSearchPhrase": command.phrase,
        "musicProviderId": command.provider,
    }
    if command.timer is not None:
        fields["waitTimeInSeconds"] = command.timer
    return fields


def _stop(target: Target) -> dict[str, Any]:
    """Return the payload that stops playback on a device; Amazon expects the device in a list."""
    device = {"deviceSerialNumber": target.device.serial, "deviceType": target.device.device_type}
    return {"customerId": target.customer_id, "devices": [device], "skillId": _DEVICE_CONTROLS}


def _do_not_disturb(command: DoNotDisturb, target: Target) -> dict[str, Any]:
    """Return the payload that turns on Do Not Disturb for a limited time."""
    device = target.device
    fields: dict[str, Any] = {
        "customerId": target.customer_id,
        "devices": [
            {
                "deviceSerialNumber": device.serial,
                "deviceTypeId": device.device_type,
                "deviceAccountId": device.account_id,
            }
        ],
        "isAssociatedDevice": False,
        "action": "Enable",
    }
    if command.until is not None:
        fields |= {"until": f"TIME#T{command.until:%H:%M}", "timeZoneId": device.time_zone}
    elif command.duration is not None:
        minutes, seconds = divmod(round(command.duration.total_seconds()), 60)
        fields["duration"] = f"DURATION#PT{minutes // 60}H{minutes % 60}M{seconds}S"
    return fields


def _launch(skill_id: str, target: Target) -> dict[str, Any]:
    """Return the payload that starts a skill."""
    return {
        "targetDevice": {
            "deviceType": target.device.device_type,
            "deviceSerialNumber": target.device.serial,
        },
        "locale": target.locale,
        "customerId": target.customer_id,
        "connectionRequest": {"uri": f"connection://AMAZON.Launch/{skill_id}", "input": {}},
    }


def _targets(targets: Sequence[Target]) -> dict[str, Any]:
    """Return the target of speech or of an announcement; all devices must have the same customer."""
    return {
        "customerId": targets[0].customer_id,
        "devices": [
            {"deviceSerialNumber": target.device.serial, "deviceTypeId": target.device.device_type}
            for target in targets
        ],
    }


def _announcement(command: Announce, targets: Sequence[Target]) -> Node:
    """Return the node of an announcement; empty texts turn off the display or the speech."""
    ssml = is_ssml(command.text)
    spoken = command.text.strip() if ssml else command.text
    content = {
        "locale": targets[0].locale,
        "display": {
            "title": command.title if command.shown else "",
            "body": plain(command.text) if command.shown else "",
        },
        "speak": {"type": "ssml" if ssml and command.spoken else "text", "value": spoken if command.spoken else ""},
    }
    return _operation(
        "AlexaAnnouncement",
        {
            "expireAfter": "PT5S",
            "content": [content],
            "customerId": targets[0].customer_id,
            "target": _targets(targets),
            "skillId": _MESSAGING,
        },
    )
