"""Operation nodes of a sequence: validation like at Amazon, and their effects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from . import catalogue, player
from .answers import answer
from .state import Json, State

GUARD_STATES: Mapping[Any, str] = {"AWAY": "ARMED_AWAY", "HOME": "ARMED_STAY"}
"""Arm state of Guard for the state in a node of an Echo."""

SECONDS_PER_CHARACTER = 0.06
"""Seconds that Alexa needs to speak a character."""

SOUND_SECONDS = 2.0
"""Assumed length of a sound, a recorded phrase or a short skill in seconds."""

"""What Alexa answers to a text command."""

ALL_DEVICES = "ALEXA_ALL_DSN"
CURRENT_DEVICE = "ALEXA_CURRENT_DSN"
CUSTOMER = "ALEXA_CUSTOMER_ID"

_LONGEST_DND = timedelta(hours=12)
_INFO = re.compile(
    r"Alexa\.(Weather|Traffic|FlashBriefing|GoodMorning|GoodNight|FunFact|Joke|CleanUp|SingASong|TellStory|Date|Time|ImHome)"
    r"\.Play|Alexa\.News\.NationalNews|Alexa\.Calendar\.Play(Today|Tomorrow|Next)"
)
_TAGS = re.compile(r"<[^>]*>")
_BREAKS = re.compile(r"""<break\b[^>]*\stime\s*=\s*["']([\d.]+)(m?s)["']""")


_VIDEO = "Alexa.Operation.Video.PlaySearchPhrase"
_FIRE_TV: Mapping[str, Json] = {
    "Alexa.Operation.FireTV.TurnOn": {"on": True},
    "Alexa.Operation.FireTV.TurnOff": {"on": False},
    "Alexa.Operation.FireTV.PauseVideo": {"paused": True},
    "Alexa.Operation.FireTV.ResumeVideo": {"paused": False},
    "Alexa.Operation.FireTV.NavigateHome": {"home": True},
    _VIDEO: {},
}
"""Changes of a Fire TV by node type."""


class OperationError(Exception):
    """A node that Amazon refuses; the message becomes part of the 400 response."""


@dataclass(frozen=True, slots=True)
class Said:
    """Speech or a shown text with its Echo; the Echo is ``None`` for a phone."""

    kind: str
    serial: str | None
    text: str
    title: str | None = None
    display: str | None = None


@dataclass(slots=True)
class Operation:
    """A validated node: its duration, what is spoken, and its effect on the state."""

    seconds: float = 0.0
    said: list[Said] = field(default_factory=list)
    volumes: dict[str, int] = field(default_factory=dict)
    effect: Callable[[float], None] | None = None


class Operations:
    """Validates and prepares nodes for one account."""

    def __init__(self, state: State, account_id: str) -> None:
        """Initialize for the devices that the account sees."""
        self._state = state
        self._account_id = account_id
        self._devices = dict(state.devices(account_id))
        self.addressed: set[str] = set()
        """The devices that nodes name, by serial."""

    def prepare(self, kind: str, payload: Mapping[str, Any]) -> Operation:
        """Return the operation for a node; raises ``OperationError``."""
        if _INFO.fullmatch(kind):
            return self._info(kind, payload)
        preparations = {
            "Alexa.Speak": self._speak,
            "AlexaAnnouncement": self._announce,
            "Alexa.CannedTts.Speak": self._canned,
            "Alexa.Sound": self._sound,
            "Alexa.TextCommand": self._text_command,
            "Alexa.Operation.SkillConnections.Launch": self._skill,
            "Alexa.Notifications.SendMobilePush": self._mobile_push,
            "Alexa.Notifications.DropIn": self._drop_in,
            "Alexa.Music.PlaySearchPhrase": self._play,
            "Alexa.DeviceControls.Volume": self._volume,
            "Alexa.DeviceControls.Stop": self._stop,
            "Alexa.DeviceControls.DoNotDisturb": self._do_not_disturb,
            "Alexa.System.Wait": self._wait,
            "controlGuardState": self._guard,
        }
        if kind in _FIRE_TV:
            return self._fire_tv(kind, payload)
        if kind not in preparations:
            raise OperationError(f"Unknown operation type {kind}")
        return preparations[kind](payload)

    def music(self, payload: Mapping[str, Any]) -> tuple[str, str, str]:
        """Return serial, provider and search text of a music node; raises ``OperationError``."""
        serial = self._device(payload)
        provider, phrase = payload.get("musicProviderId"), payload.get("searchPhrase")
        if not isinstance(provider, str) or not isinstance(phrase, str):
            raise OperationError("musicProviderId and searchPhrase are required")
        return serial, provider, phrase

    def _device(self, payload: Mapping[str, Any]) -> str:
        """Return the serial of the device in a payload after checking its owner; raises ``OperationError``."""
        serial = payload.get("deviceSerialNumber")
        self._check(serial, payload.get("deviceType"), payload.get("customerId"))
        return str(serial)

    def _check(self, serial: Any, device_type: Any, customer_id: Any) -> None:
        """Raise ``OperationError`` unless the account may control the device and the customer owns it."""
        device = self._devices.get(serial) if isinstance(serial, str) else None
        if device is None or device["deviceType"] != device_type:
            raise OperationError(f"Invalid device {serial} of type {device_type}")
        if self._customer(customer_id) != device["deviceOwnerCustomerId"]:
            raise OperationError(f"customerId {customer_id} is not the owner of the device {serial}")
        self.addressed.add(str(serial))

    def _person(self, payload: Mapping[str, Any]) -> None:
        """Raise ``OperationError`` unless the customer belongs to the household."""
        account = self._state.accounts[self._account_id]
        known = {self._account_id, *(person["id"] for person in account["household"])}
        if self._customer(payload.get("customerId")) not in known:
            raise OperationError(f"Invalid customerId {payload.get('customerId')}")

    def _customer(self, customer_id: Any) -> Any:
        """Return a customer id; the placeholder in stored routines stands for the account that runs them."""
        return self._account_id if customer_id == CUSTOMER else customer_id

    def _listed(self, payload: Mapping[str, Any], type_key: str) -> list[str]:
        """Return the validated serials in ``devices``; ``ALEXA_ALL_DSN`` stands for every Echo of the customer."""
        devices = payload.get("devices")
        if not isinstance(devices, list) or not devices:
            raise OperationError("devices is required")
        serials: list[str] = []
        for item in devices:
            if not isinstance(item, Mapping):
                raise OperationError("devices holds objects")
            if item.get("deviceSerialNumber") == ALL_DEVICES:
                self._person(payload)
                owner = self._customer(payload.get("customerId"))
                owned = [serial for serial, each in self._devices.items() if each["deviceOwnerCustomerId"] == owner]
                self.addressed.update(owned)
                return owned
            self._check(item.get("deviceSerialNumber"), item.get(type_key), payload.get("customerId"))
            serials.append(str(item["deviceSerialNumber"]))
        return serials

    def _heard(self, serial: str) -> bool:
        """Return whether a device can speak; groups, apps and offline devices cannot."""
        device = self._devices[serial]
        return bool(device["online"]) and device["deviceFamily"] not in ("WHA", "VOX")

    def _one(self, kind: str, serial: str, text: str, seconds: float) -> Operation:
        """Return an operation on a single Echo."""
        return Operation(seconds, [Said(kind, serial, text)] if self._heard(serial) else [])

    def _speak(self, payload: Mapping[str, Any]) -> Operation:
        text = _text(payload, "textToSpeak")
        return self._one("speak", self._device(payload), text, speaking_time(text))

    def _announce(self, payload: Mapping[str, Any]) -> Operation:
        content = payload.get("content")
        if not isinstance(content, list) or not content or not isinstance(content[0], Mapping):
            raise OperationError("content is required")
        speak, display = content[0].get("speak"), content[0].get("display")
        if not isinstance(speak, Mapping) or not isinstance(display, Mapping) or not content[0].get("locale"):
            raise OperationError("content needs locale, display and speak")
        value = speak.get("value")
        if not isinstance(value, str) or speak.get("type") not in ("text", "ssml"):
            raise OperationError("speak needs a value of type text or ssml")
        if speak["type"] == "ssml" and not value.startswith("<speak>"):
            raise OperationError("SSML has to begin with <speak>")
        title, body = str(display.get("title") or ""), str(display.get("body") or "")
        said = [
            Said("announce", serial, value, title, body)
            for serial in self._audience(payload)
            if self._heard(serial) and not self._devices[serial]["dnd"]
        ]
        return Operation(speaking_time(value), said)

    def _audience(self, payload: Mapping[str, Any]) -> list[str]:
        """Return the serials for an announcement: the target's devices, or every Echo if there is no target."""
        target = payload.get("target")
        if target is None:
            self._person(payload)
            self.addressed.update(self._devices)
            return list(self._devices)
        if not isinstance(target, Mapping):
            raise OperationError("target has to be an object")
        owner = target.get("customerId") or payload.get("customerId")
        if not target.get("devices"):
            self._person({"customerId": owner})
            return list(self._devices)
        return self._listed({"devices": target["devices"], "customerId": owner}, "deviceTypeId")

    def _canned(self, payload: Mapping[str, Any]) -> Operation:
        text = _text(payload, "cannedTtsStringId")
        if not text.startswith("alexa.cannedtts.speak"):
            raise OperationError("Unknown cannedTtsStringId")
        return self._one("canned", self._device(payload), text, SOUND_SECONDS)

    def _sound(self, payload: Mapping[str, Any]) -> Operation:
        return self._one("sound", self._device(payload), _text(payload, "soundStringId"), SOUND_SECONDS)

    def _text_command(self, payload: Mapping[str, Any]) -> Operation:
        serial, text = self._device(payload), _text(payload, "text")
        operation = self._one("text", serial, text, SOUND_SECONDS)
        if operation.said:
            operation.effect = partial(self._hear, serial, text)
        return operation

    def _hear(self, serial: str, text: str, now: float) -> None:
        """Run a text command for the account of the Echo, and add it to the voice history.

        Timers and alarms belong to this account.
        """
        account, device = self._state.accounts[self._account_id], self._devices[serial]
        response, intent = answer(device, text, now)
        words = {"text": text, "response": response, "person": None, "intent": intent}
        record = {"time": now, "serial": serial, "utteranceType": "GENERAL", **words}
        self._state.history.append({**record, "readableAt": now + float(account["historyDelay"])})
        with self._state.change():
            self._state.hear(self._account_id, serial, text)

    def _info(self, kind: str, payload: Mapping[str, Any]) -> Operation:
        return self._one("sequence", self._device(payload), kind, SOUND_SECONDS)

    def _skill(self, payload: Mapping[str, Any]) -> Operation:
        device, request = payload.get("targetDevice"), payload.get("connectionRequest")
        if not isinstance(device, Mapping) or not isinstance(request, Mapping):
            raise OperationError("targetDevice and connectionRequest are required")
        uri = str(request.get("uri"))
        if not uri.startswith("connection://AMAZON.Launch/"):
            raise OperationError("uri has to begin with connection://AMAZON.Launch/")
        serial = self._device({**device, "customerId": payload.get("customerId")})
        return self._one("skill", serial, uri.removeprefix("connection://AMAZON.Launch/"), SOUND_SECONDS)

    def _mobile_push(self, payload: Mapping[str, Any]) -> Operation:
        serial = self._device(payload) if "deviceSerialNumber" in payload else None
        self._person(payload)
        title = str(payload.get("title") or "") or None
        return Operation(0.0, [Said("mobilepush", serial, _text(payload, "notificationMessage"), title)])

    def _drop_in(self, payload: Mapping[str, Any]) -> Operation:
        self._person(payload)
        title = str(payload.get("title") or "") or None
        return Operation(0.0, [Said("dropin", None, _text(payload, "notificationMessage"), title)])

    def _fire_tv(self, kind: str, payload: Mapping[str, Any]) -> Operation:
        """Press a key of a Fire TV, or search it; the Fire TV is identified by its account id."""
        self._person(payload)
        wanted = payload.get("deviceAccountId")
        found = (
            serial
            for serial, device in self._devices.items()
            if device["deviceFamily"] == "FIRE_TV" and device["deviceAccountId"] == wanted
        )
        if (serial := next(found, None)) is None:
            raise OperationError(f"deviceAccountId {wanted} is no Fire TV")
        change = {"search": _text(payload, "searchPhrase")} if kind == _VIDEO else _FIRE_TV[kind]

        def effect(_now: float) -> None:
            if self._devices[serial]["online"]:
                self._devices[serial]["fireTv"].update(change)

        return Operation(0.0, effect=effect)

    def _wait(self, payload: Mapping[str, Any]) -> Operation:
        return Operation(_number(payload, "waitTimeInSeconds", 0, 86400))

    def _play(self, payload: Mapping[str, Any]) -> Operation:
        serial, provider, phrase = self.music(payload)
        if provider == "DEFAULT":
            provider = self._state.accounts[self._account_id]["defaultMusicProvider"]
        if provider not in catalogue.PROVIDERS:
            raise OperationError(f"Unknown musicProviderId {provider}")
        if not phrase.strip():
            raise OperationError("searchPhrase is empty")
        if "MUSIC_SKILL" not in self._devices[serial]["capabilities"]:
            raise OperationError("The device cannot play music")
        wait = payload.get("waitTimeInSeconds")
        seconds = None if wait is None else _number(payload, "waitTimeInSeconds", 0, 86400)

        def effect(now: float) -> None:
            device = self._state.find(serial)
            if device is None or not device["online"]:
                return
            self._free(serial)
            player.start(device["player"], provider, catalogue.search(provider, phrase), now)
            if seconds:
                queue_id = device["player"]["queueId"]
                self._state.later(now + seconds, lambda: self._stop_queue(serial, queue_id))

        return Operation(effect=effect)

    def _free(self, serial: str) -> None:
        """End other sessions on the speakers that a new session on this device uses."""
        taken = set(self._state.speakers(serial))
        for other, device in self._state.devices(self._account_id):
            if other != serial and not taken.isdisjoint(self._state.speakers(other)):
                player.stop(device["player"])

    def _stop_queue(self, serial: str, queue_id: str) -> None:
        """Stop the playback of a queue if it is still the current one."""
        if (device := self._state.find(serial)) is not None and device["player"]["queueId"] == queue_id:
            player.stop(device["player"])

    def _volume(self, payload: Mapping[str, Any]) -> Operation:
        serial = self._device(payload)
        level = round(_number(payload, "value", 0, 100))
        serials = self._state.speakers(serial) or [serial]

        def effect(_now: float) -> None:
            for device in self._found(serials):
                set_volume(device, level)

        return Operation(volumes=dict.fromkeys(serials, level), effect=effect)

    def _stop(self, payload: Mapping[str, Any]) -> Operation:
        serials = self._listed(payload, "deviceType")
        parts = [set(self._state.speakers(serial)) for serial in serials]

        def effect(_now: float) -> None:
            for serial, device in self._state.devices(self._account_id):
                speakers = self._state.speakers(serial)
                if serial in serials or any(part and part.issubset(speakers) for part in parts):
                    player.stop(device["player"])

        return Operation(effect=effect)

    def _guard(self, payload: Mapping[str, Any]) -> Operation:
        """Arm or disarm Guard, which is identified by the end of its appliance id."""
        self._device(payload)
        if payload.get("operationId") != "controlGuardState" or payload.get("state") not in GUARD_STATES:
            raise OperationError("controlGuardState needs operationId, and AWAY or HOME as state")
        appliances = self._state.accounts[self._account_id]["appliances"].values()
        guard = next(
            (
                appliance
                for appliance in appliances
                if appliance["armState"] is not None
                and payload.get("target") == appliance["applianceId"].rpartition("_")[2]
            ),
            None,
        )
        if guard is None:
            raise OperationError(f"Invalid target {payload.get('target')}")
        state = GUARD_STATES[payload["state"]]

        def effect(_now: float) -> None:
            guard["armState"] = state

        return Operation(effect=effect)

    def _do_not_disturb(self, payload: Mapping[str, Any]) -> Operation:
        serials = self._listed(payload, "deviceTypeId")
        if payload.get("action") not in ("Enable", "Disable"):
            raise OperationError("action has to be Enable or Disable")
        enabled = payload["action"] == "Enable"
        end = self._dnd_end(payload) if enabled else None

        def effect(_now: float) -> None:
            self._set_dnd(serials, enabled=enabled)
            if end is not None:
                self._state.later(end, lambda: self._set_dnd(serials, enabled=False))

        return Operation(effect=effect)

    def _set_dnd(self, serials: list[str], *, enabled: bool) -> None:
        """Turn Do Not Disturb on or off on the devices that have it."""
        for device in self._found(serials):
            if device["deviceFamily"] != "VOX":
                device["dnd"] = enabled

    def _found(self, serials: list[str]) -> list[Json]:
        """Return the devices that still exist."""
        return [device for serial in serials if (device := self._state.find(serial)) is not None]

    def _dnd_end(self, payload: Mapping[str, Any]) -> float | None:
        """Return the end of a timed Do Not Disturb in epoch seconds, or None."""
        now = self._state.now()
        if (duration := payload.get("duration")) is not None:
            found = re.fullmatch(r"DURATION#PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", str(duration))
            hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
            length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
            if not timedelta(0) < length <= _LONGEST_DND:
                raise OperationError("duration has to be DURATION#PT…, at most 12 hours")
            return now + length.total_seconds()
        if (until := payload.get("until")) is not None:
            found = re.fullmatch(r"TIME#T(\d{2}):(\d{2})(?::\d{2})?", str(until))
            if found is None:
                raise OperationError("until has to be TIME#Thh:mm")
            try:
                local = datetime.fromtimestamp(now, ZoneInfo(str(payload.get("timeZoneId"))))
                end = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
            except (ZoneInfoNotFoundError, ValueError) as err:
                raise OperationError("until needs a time of day and timeZoneId") from err
            return (end if end > local else end + timedelta(days=1)).timestamp()
        return None


def set_volume(device: Json, level: int) -> None:
    """Set the volume of an online Echo, and unmute it."""
    if device["online"]:
        device.update(volume=level, muted=False)


def speaking_time(text: str) -> float:
    """Return the seconds that Alexa needs to speak a text without its tags, and for breaks with a time."""
    breaks = sum(float(count) / (1000 if unit == "ms" else 1) for count, unit in _BREAKS.findall(text))
    return len(_TAGS.sub("", text)) * SECONDS_PER_CHARACTER + breaks


def _text(payload: Mapping[str, Any], name: str) -> str:
    """Return a required text; raises ``OperationError``."""
    if not isinstance(value := payload.get(name), str) or not value.strip():
        raise OperationError(f"{name} is required")
    return value


def _number(payload: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Return a number in a range, which may be text like at Amazon; raises ``OperationError``."""
    try:
        value = float(payload.get(name))  # type: ignore[arg-type]
    except (TypeError, ValueError) as err:
        raise OperationError(f"{name} has to be a number") from err
    if not least <= value <= most:
        raise OperationError(f"{name} has to be between {least:g} and {most:g}")
    return value
