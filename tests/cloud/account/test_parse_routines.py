"""Tests of parsing routines, and of preparing their sequences."""

from dataclasses import replace
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.routines import parse_routines, sequence_for
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily
from custom_components.alexa_media.cloud.model.media import Routine

MODEL = "com.amazon.alexa.behaviors.model."
ALARM_STOPPED = "<$Trigger.Alexa.Trigger.Alarms.NotificationStopped.Payload$>"
ACCOUNT = "A1EXAMPLE0JODO"
ALEX = "A1EXAMPLE0ALEX"

ECHO = Device(
    serial="G0EXAMPLE0000001",
    device_type="A3EXAMPLE",
    name="Kitchen",
    family=DeviceFamily.ECHO,
    family_raw="ECHO",
    online=True,
    owner_customer_id=ALEX,
    account_id=None,
    capabilities=frozenset(),
    locale="de-DE",
)


def node(**payload: Any) -> dict[str, Any]:
    """Return an operation node."""
    return {"@type": f"{MODEL}OpaquePayloadOperationNode", "type": "Alexa.Speak", "operationPayload": payload}


def automation(start: Any, **changes: Any) -> dict[str, Any]:
    """Return one element of the list of routines."""
    return {
        "automationId": "amzn1.alexa.automation.1",
        "name": "Good night",
        "status": "ENABLED",
        "triggers": [
            {"type": "Alexa.Trigger.Alarms.NotificationStopped", "payload": {"utterance": None}},
            {"type": "CustomUtterance", "payload": {"utterance": "good night", "utterances": ["good night", "sleep"]}},
        ],
        "sequence": {"@type": f"{MODEL}Sequence", "sequenceId": "amzn1.alexa.sequence.1", "startNode": start},
        **changes,
    }


def routine_of(start: Any, **changes: Any) -> Routine:
    """Return the single routine in a list."""
    (routine,) = parse_routines([automation(start, **changes)]).values()
    return routine


def test_a_routine_is_parsed() -> None:
    routine = routine_of(node(deviceSerialNumber="G0EXAMPLE0000002"))
    assert (routine.routine_id, routine.name, routine.enabled) == ("amzn1.alexa.automation.1", "Good night", True)
    assert routine.utterances == ("good night", "sleep")
    assert not routine.needs_echo
    assert not routine_of(node(), status="DISABLED").enabled
    assert routine_of(node(), name=None).name == "good night"
    assert routine_of(node(), name=None, triggers=None).name == "amzn1.alexa.automation.1"
    for value in ("ALEXA_CURRENT_DSN", "ALEXA_CURRENT_DEVICE_TYPE", ALARM_STOPPED):
        assert routine_of(node(target=[{"x": value}])).needs_echo
    assert not routine_of(node(customerId="ALEXA_CUSTOMER_ID", text="ALEXA_CURRENT_DSN of course")).needs_echo


def test_unreadable_routines_are_skipped() -> None:
    broken: list[Any] = [
        None,
        7,
        {},
        automation(None),
        automation(node(), automationId=""),
        automation(node(), sequence=[]),
    ]
    assert list(parse_routines([*broken, automation(node())])) == ["amzn1.alexa.automation.1"]
    assert parse_routines([]) == {}


@pytest.mark.parametrize(
    "answer",
    [None, {}, "x", {"automations": []}, [None], [{"automationId": 1}, 2, 3]],
    ids=["null", "empty", "a text", "an empty object", "a null", "no routine"],
)
def test_a_missing_list_is_refused(answer: Any) -> None:
    with pytest.raises(AlexaBadResponseError):
        parse_routines(answer)


def test_placeholders_are_replaced() -> None:
    current = {
        "deviceType": "ALEXA_CURRENT_DEVICE_TYPE",
        "deviceSerialNumber": "ALEXA_CURRENT_DSN",
        "customerId": "ALEXA_CUSTOMER_ID",
        "locale": "ALEXA_CURRENT_LOCALE",
        "target": {"customerId": "ALEXA_CUSTOMER_ID", "devices": [{"deviceTypeId": "ALEXA_CURRENT_DEVICE_TYPE"}]},
        "textToSpeak": "ALEXA_CURRENT_DSN is what I say",
        "volume": 3,
    }
    alarm = {"deviceType": ALARM_STOPPED, "deviceSerialNumber": ALARM_STOPPED, "customerId": "ALEXA_CUSTOMER_ID"}
    app = {"customerId": "ALEXA_CUSTOMER_ID", "notificationMessage": ALARM_STOPPED}
    start = {"@type": f"{MODEL}ParallelNode", "nodesToExecute": [node(**current), node(**alarm), node(**app)]}
    filled = json.loads(sequence_for(routine_of(start), ECHO, {ECHO.serial: ECHO}, ACCOUNT))
    assert (filled["@type"], filled["sequenceId"]) == (f"{MODEL}Sequence", "amzn1.alexa.sequence.1")
    first, second, third = (one["operationPayload"] for one in filled["startNode"]["nodesToExecute"])
    assert first == {
        "deviceType": ECHO.device_type,
        "deviceSerialNumber": ECHO.serial,
        "customerId": ALEX,
        "locale": "de-DE",
        "target": {"customerId": ALEX, "devices": [{"deviceTypeId": ECHO.device_type}]},
        "textToSpeak": "ALEXA_CURRENT_DSN is what I say",
        "volume": 3,
    }
    assert second == {"deviceType": ECHO.device_type, "deviceSerialNumber": ECHO.serial, "customerId": ALEX}
    assert third["notificationMessage"] == ALARM_STOPPED


@pytest.mark.parametrize("stored", ["ALEXA_CUSTOMER_ID", ACCOUNT])
def test_the_owner_of_the_echo_spoken_to_replaces_a_stored_customer(stored: str) -> None:
    payload = {
        "deviceType": "ALEXA_CURRENT_DEVICE_TYPE",
        "deviceSerialNumber": "ALEXA_CURRENT_DSN",
        "customerId": stored,
        "target": {"customerId": stored, "devices": [{"deviceSerialNumber": "ALEXA_CURRENT_DSN"}]},
        "textToSpeak": ACCOUNT,
    }
    filled = json.loads(sequence_for(routine_of(node(**payload)), ECHO, {ECHO.serial: ECHO}, ACCOUNT))
    sent = filled["startNode"]["operationPayload"]
    assert (sent["customerId"], sent["target"]["customerId"], sent["textToSpeak"]) == (ALEX, ALEX, ACCOUNT)


def test_a_stored_customer_is_kept_for_a_named_echo() -> None:
    named = node(deviceSerialNumber=ECHO.serial, deviceType=ECHO.device_type, customerId=ACCOUNT)
    app = node(customerId=ACCOUNT, notificationMessage="x")
    for one in (named, app):
        filled = json.loads(sequence_for(routine_of(one), ECHO, {ECHO.serial: ECHO}, ACCOUNT))
        assert filled["startNode"]["operationPayload"]["customerId"] == ACCOUNT


def test_a_node_with_an_echo_has_the_customer_id_of_its_owner() -> None:
    mine = replace(ECHO, serial="G0EXAMPLE0000009", owner_customer_id=None, locale=None)
    devices = {device.serial: device for device in (ECHO, mine)}
    fixed = node(
        customerId="ALEXA_CUSTOMER_ID",
        locale="ALEXA_CURRENT_LOCALE",
        target={"devices": [{"deviceSerialNumber": ECHO.serial}], "customerId": "ALEXA_CUSTOMER_ID"},
    )
    for device, other in ((mine, ALEX), (None, ALEX)):
        payload = json.loads(sequence_for(routine_of(fixed), device, devices, ACCOUNT))["startNode"]["operationPayload"]
        assert (payload["customerId"], payload["target"]["customerId"], payload["locale"]) == (other, other, "de-DE")
    loose = node(customerId="ALEXA_CUSTOMER_ID", locale="ALEXA_CURRENT_LOCALE")
    payload = json.loads(sequence_for(routine_of(loose), None, devices, ACCOUNT))["startNode"]["operationPayload"]
    assert payload == {"customerId": ACCOUNT, "locale": "en-US"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["ALEXA_CURRENT_DSN", ALARM_STOPPED]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["automationId", "sequence", "startNode", "triggers", "payload", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_value_is_parsed_or_refused(data: Any) -> None:
    try:
        routines = parse_routines(data)
    except AlexaBadResponseError:
        return
    for routine in routines.values():
        assert json.loads(sequence_for(routine, ECHO, {}, ACCOUNT))
