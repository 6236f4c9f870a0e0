"""Routines of the account API: endpoints, parser, client."""

from collections.abc import Callable, Iterator, Mapping
import json
import re
from typing import Any, Final

from ..errors import AlexaCommandError, AlexaError, AlexaRoutineError
from ..json import by_key, mapping, mappings, name, text, texts
from ..model.devices import Device
from ..model.media import Routine, RoutinesApi, RunRoutine
from .endpoints import BEHAVIOR, Endpoint, Write
from .nodes import DEFAULT_LOCALE, Node
from .parse import required_list
from .session import AccountClient, AccountSession

ROUTINES: Final = Endpoint("routines", "GET", "/api/behaviors/v2/automations", timeout=30, whole_account=True)

UPDATE_ROUTINE: Final = Write("update_routine", "PUT", "/api/behaviors/automations/{routine_id}")


# Known keys of an automation in the list: those that a write sends, those that it sends as JSON texts, and those that
# Amazon sets.
_WRITTEN: Final = ("name", "triggers", "sequence", "status")
_JSON_TEXTS: Final = ("tags", "presentationDataList")
_OF_AMAZON: Final = ("@type", "automationId", "creationTimeEpochMillis", "lastUpdatedTimeEpochMillis")


CURRENT_TYPE: Final = "ALEXA_CURRENT_DEVICE_TYPE"
CURRENT_SERIAL: Final = "ALEXA_CURRENT_DSN"
CURRENT_LOCALE: Final = "ALEXA_CURRENT_LOCALE"
CUSTOMER: Final = "ALEXA_CUSTOMER_ID"

# Placeholder for the Echo in the steps of a routine that starts when an alarm is stopped.
_TRIGGER: Final = re.compile(r"<\$Trigger\..*\$>")
_SERIAL_KEYS: Final = ("deviceSerialNumber",)
_TYPE_KEYS: Final = ("deviceType", "deviceTypeId")


def parse_routines(data: Any) -> dict[str, Routine]:
    """Parse the routines of the account by id; raises like ``required_list``."""
    elements = mappings(required_list(data, None, ROUTINES))
    return by_key(((routine.routine_id, routine) for element in elements if (routine := _routine(element))), "routines")


def _routine(element: Mapping[str, Any]) -> Routine | None:
    """Parse one routine; ``None`` if it has no id or no actions."""
    routine_id, sequence = text(element.get("automationId")), mapping(element.get("sequence"))
    if routine_id is None or not mapping(sequence.get("startNode")):
        return None
    utterances = tuple(dict.fromkeys(_utterances(element)))
    return Routine(
        routine_id=routine_id,
        name=name(element.get("name")) or next(filter(None, map(name, utterances)), routine_id),
        enabled=element.get("status") != "DISABLED",
        sequence=json.dumps(sequence),
        utterances=utterances,
        needs_echo=any(map(_is_echo, _strings(sequence))),
        serials=frozenset(serial for serial in _serials(sequence) if not _is_echo(serial)),
    )


def _utterances(element: Mapping[str, Any]) -> Iterator[str]:
    """Yield the utterances of all voice triggers of a routine."""
    for trigger in mappings(element.get("triggers")):
        payload = mapping(trigger.get("payload"))
        if said := text(payload.get("utterance")):
            yield said
        yield from texts(payload.get("utterances"))


def _strings(value: Any) -> Iterator[str]:
    """Yield every string value in nested JSON."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _is_echo(value: str) -> bool:
    """Return whether a string is a placeholder for the Echo that is spoken to."""
    return value in (CURRENT_SERIAL, CURRENT_TYPE) or _TRIGGER.fullmatch(value) is not None


def sequence_for(routine: Routine, device: Device | None, devices: Mapping[str, Device], customer_id: str) -> str:
    """Return the sequence of a routine as JSON, with the placeholders for Echo, language and customer filled in.

    ``device`` replaces the Echo that is spoken to; if it is None, the placeholders for this Echo stay. ``devices`` are
    all devices of the account by serial. The customer is the owner of a node's Echo if known, else ``customer_id``,
    because Amazon otherwise drops nodes for Echos of another adult of the household.
    """
    return json.dumps(_Filler(device, devices, customer_id).filled(json.loads(routine.sequence)))


class _Filler:
    """Fills in the placeholders of a sequence without changing the original."""

    def __init__(self, device: Device | None, devices: Mapping[str, Device], customer_id: str) -> None:
        self._device = device
        self._devices = devices
        self._customer_id = customer_id

    def filled(self, value: Any, named: Device | None = None, key: str = "") -> Any:
        """Return a copy of a JSON value; placeholders whose value is known are replaced."""
        if isinstance(value, dict):
            if isinstance(payload := value.get("operationPayload"), dict):
                named = self._named(payload)
                if any(map(_is_echo, _serials(payload))):
                    value = {**value, "operationPayload": _without_customer(payload, self._customer_id)}
            return {name: self.filled(item, named, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, named, key) for item in value]
        return self._text(value, named, key) if isinstance(value, str) else value

    def _text(self, value: str, named: Device | None, key: str) -> str:
        """Return the replacement of a placeholder, or the string itself if there is none."""
        if value == CUSTOMER:
            return (named.owner_customer_id if named else None) or self._customer_id
        if value == CURRENT_LOCALE:
            return (named.locale if named else None) or DEFAULT_LOCALE
        if (device := self._device) is None:
            return value
        is_trigger = _TRIGGER.fullmatch(value) is not None
        if value == CURRENT_SERIAL or (is_trigger and key in _SERIAL_KEYS):
            return device.serial
        if value == CURRENT_TYPE or (is_trigger and key in _TYPE_KEYS):
            return device.device_type
        return value

    def _named(self, payload: Mapping[str, Any]) -> Device | None:
        """Return the first known Echo that a node names, else the Echo on which the routine is run, or None."""
        for serial in _serials(payload):
            is_current = serial == CURRENT_SERIAL or _TRIGGER.fullmatch(serial)
            device = self._device if is_current else self._devices.get(serial)
            if device is not None:
                return device
        return self._device


def _without_customer(value: Any, customer_id: str) -> Any:
    """Return a payload in which the placeholder replaces the account's customer id.

    Amazon stores either of them in nodes for the Echo that is spoken to.
    """
    if isinstance(value, dict):
        return {
            name: CUSTOMER if name == "customerId" and item == customer_id else _without_customer(item, customer_id)
            for name, item in value.items()
        }
    return [_without_customer(item, customer_id) for item in value] if isinstance(value, list) else value


def _serials(value: Any) -> Iterator[str]:
    """Yield the serials in a payload; the serial of an object comes before those nested in the object."""
    if isinstance(value, dict):
        yield from (serial for name in _SERIAL_KEYS if (serial := text(value.get(name))))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _serials(item)


def _checked(data: Any) -> Any:
    """Check that a response is a list of routines and return it unchanged; raises ``AlexaBadResponseError``."""
    return required_list(data, None, ROUTINES)


def _element_of(data: Any, routine_id: str) -> Mapping[str, Any]:
    """Return the JSON object of a routine in a list, or an empty object."""
    found = (element for element in mappings(data) if element.get("automationId") == routine_id)
    return next(found, {})


def _trigger(trigger: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trigger in the format of requests: its payload is JSON in a string."""
    payload = trigger.get("payload")
    return {**trigger, "payload": payload if isinstance(payload, str) else json.dumps(payload)}


def _substance(element: Mapping[str, Any]) -> list[Any]:
    """Return the parts of a routine that a status update must preserve."""
    triggers = [{**trigger, "id": None} for trigger in mappings(element.get("triggers"))]
    node = mapping(element.get("sequence")).get("startNode")
    return [element.get("name"), triggers, node, *(element.get(name) or None for name in _JSON_TEXTS)]


LIMIT: Final = 2000
"""Maximum number of routines to request, as in other clients; no paged response has been observed."""


class AccountRoutines(AccountClient):
    """Routines of one account; ``RoutinesApi`` documents the methods."""

    def __init__(
        self, session: AccountSession, *, devices: Callable[[], Mapping[str, Device]], customer_id: Callable[[], str]
    ) -> None:
        """Initialize; ``devices`` returns the last device list, and ``customer_id`` the signed-in customer's id."""
        super().__init__(session)
        self._devices = devices
        self._customer_id = customer_id

    async def async_routines(self) -> Mapping[str, Routine]:
        """Return the routines by id."""
        return await self._transport.async_read(ROUTINES, parse_routines, query={"limit": str(LIMIT)})

    async def async_set_enabled(self, routine_id: str, *, enabled: bool) -> Mapping[str, Routine]:
        """Enable or disable a routine; return the routines as read afterward.

        Amazon replaces the routine with the sent object, so the routine is read, written, read again and compared. If
        a part that must be preserved has changed, the original is written back and ``AlexaRoutineError`` is raised.
        ``AlexaRoutineError`` is also raised if the routine is missing, before or after the write, or has unknown parts.
        Raises ``AlexaCommandError`` if Amazon did not change the status.
        """
        with self._transport.unproven.attempt(UPDATE_ROUTINE.name, routine_id):
            before = await self._element(routine_id)
            status = "ENABLED" if enabled else "DISABLED"
            try:
                await self._put(routine_id, before, status)
            except BaseException as err:
                # A refused command has not changed the routine; one with an unknown outcome, such as a canceled one,
                # may have damaged it.
                if not isinstance(err, AlexaError) or err.is_doubtful:
                    await self._read_back(routine_id, before)
                raise
            answer, after = await self._read_back(routine_id, before)
        if after.get("status", "ENABLED") != status:
            raise AlexaCommandError("Amazon did not change the routine", code="not_confirmed")
        return parse_routines(answer)

    async def _read_back(self, routine_id: str, before: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """Return the list and the routine as read after a write; undo the write if more has changed than asked.

        A routine that was deleted meanwhile stays deleted. One that was edited meanwhile, in the app, looks like one
        that Amazon has damaged, which is worse to keep.
        """
        answer = await self._list()
        after = _element_of(answer, routine_id)
        if not after:
            raise AlexaRoutineError("The routine no longer exists", "routine_gone")
        if _substance(after) == _substance(before):
            return answer, after
        try:
            await self._put(routine_id, before, str(before.get("status")))
            restored = _element_of(await self._list(), routine_id)
        except AlexaError as err:
            raise AlexaRoutineError("The routine could not be restored", "routine_not_restored") from err
        is_whole = _substance(restored) == _substance(before)
        raise AlexaRoutineError(
            "More of the routine has changed than asked", "routine_restored" if is_whole else "routine_not_restored"
        )

    async def _list(self) -> Any:
        """Return the unparsed response with all routines."""
        return await self._transport.async_read(ROUTINES, _checked, query={"limit": str(LIMIT)})

    async def _element(self, routine_id: str) -> Mapping[str, Any]:
        """Return the JSON object of a routine; raises ``AlexaRoutineError`` unless it can be sent back whole."""
        found = _element_of(await self._list(), routine_id)
        if not found:
            raise AlexaRoutineError("The routine no longer exists", "routine_gone")
        known = {*_WRITTEN, *_JSON_TEXTS, *_OF_AMAZON}
        if any(value not in (None, [], {}, "") for name, value in found.items() if name not in known):
            raise AlexaRoutineError("The routine cannot be sent back whole", "routine_unknown_parts")
        return found

    async def _put(self, routine_id: str, element: Mapping[str, Any], status: str) -> None:
        """Send a routine in the app's format: a flat object with the triggers and the sequence as JSON strings."""
        triggers = [json.dumps(_trigger(trigger)) for trigger in mappings(element.get("triggers"))]
        body = {
            "behaviorId": routine_id,
            "name": element.get("name"),
            "status": status,
            "triggerJson": triggers[0] if triggers else None,
            "triggerJsonList": triggers,
            "sequenceJson": json.dumps(element["sequence"]),
            **{name: json.dumps(value) for name in _JSON_TEXTS if (value := element.get(name)) is not None},
        }
        await self._transport.async_request(UPDATE_ROUTINE, params={"routine_id": routine_id}, json=body)

    def node(self, step: RunRoutine) -> Node:
        """Return the node of a routine for an Echo, to be part of another sequence."""
        sequence = json.loads(sequence_for(step.routine, step.device, self._devices(), self._customer_id()))
        node: Node = sequence["startNode"]
        return node

    async def async_run(self, routine: Routine, device: Device | None) -> None:
        """Run a routine under its own id, as the app does."""
        sequence = sequence_for(routine, device, self._devices(), self._customer_id())
        await self._transport.async_request(
            BEHAVIOR, json={"behaviorId": routine.routine_id, "sequenceJson": sequence, "status": "ENABLED"}
        )


_: type[RoutinesApi] = AccountRoutines
