"""Tests of the scheduler: timing, merging, and the results of callers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from custom_components.alexa_media.cloud import ssml
from custom_components.alexa_media.cloud.account.nodes import Target, command_node, parallel_node
from custom_components.alexa_media.cloud.account.scheduler import (
    MAX_NODES,
    MAX_SPEECH_WAIT,
    CommandScheduler,
    speech_seconds,
)
from custom_components.alexa_media.cloud.errors import (
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaRateLimitedError,
    AlexaSpeakingError,
    AlexaStepsSpeakingError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.commands import Announce, Command, RunSequence, SetVolume, Speak, Stop
from custom_components.alexa_media.cloud.model.devices import Device
from custom_components.alexa_media.cloud.ssml import pieces, speaking_seconds

from .echos import device


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


A, B, C = device("A"), device("B"), device("C")


def outline(node: Mapping[str, Any]) -> Any:
    """Return a short form of a node: ``["serial" | "parallel", …]`` or "type serials value"."""
    kind = node["@type"].rpartition(".")[2]
    if kind != "OpaquePayloadOperationNode":
        return [kind.removesuffix("Node").lower(), *map(outline, node["nodesToExecute"])]
    payload = node["operationPayload"]
    match node["type"]:
        case "AlexaAnnouncement":
            serials = ",".join(target["deviceSerialNumber"] for target in payload["target"]["devices"])
            return f"announce {serials} {payload['content'][0]['speak']['value']}"
        case "Alexa.Speak":
            return f"speak {payload['deviceSerialNumber']} {payload['textToSpeak']}"
        case "Alexa.DeviceControls.Volume":
            return f"volume {payload['deviceSerialNumber']} {payload['value']}"
        case "Alexa.DeviceControls.Stop":
            return f"stop {payload['devices'][0]['deviceSerialNumber']}"
        case other:
            return f"{other} {payload['deviceSerialNumber']}"


class Cloud:
    """Records sequences; each request waits for its response unless ``answer`` is set."""

    def __init__(self) -> None:
        """Initialize with a clock that does not advance."""
        self.sent: list[Any] = []
        self.open: list[asyncio.Future[None]] = []
        self.answer: Any = None
        self.now = 1000.0
        self.scheduler = CommandScheduler(self.submit, default_customer_id=lambda: "A1JO", now=lambda: self.now)

    async def submit(self, node: Mapping[str, Any]) -> None:
        """Record a sequence."""
        self.sent.append(outline(node))
        if self.answer is not None:
            if error := self.answer(self.sent[-1]):
                raise error
            return
        future = asyncio.get_running_loop().create_future()
        self.open.append(future)
        await future

    def accept(self) -> None:
        """Accept the oldest request."""
        self.open.pop(0).set_result(None)

    def refuse(self, error: AlexaError) -> None:
        """Fail the oldest request."""
        self.open.pop(0).set_exception(error)

    def command(self, command: Command, *devices: Device) -> asyncio.Task[None]:
        """Start a command as a task."""
        return asyncio.create_task(self.scheduler.execute(command, devices))


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    cloud = Cloud()
    yield cloud
    await cloud.scheduler.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "alexa_media commands"]


def is_working(cloud: Cloud) -> bool:
    return cloud.scheduler._worker is not None


async def settle() -> None:
    """Run everything in the event loop that does not have to wait."""
    for _ in range(10):
        await asyncio.sleep(0)


def accept_all(_: Any) -> None:
    """Accept every sequence."""


async def test_the_first_command_is_sent_immediately(cloud: Cloud) -> None:
    task = cloud.command(Speak(text="hi"), A)
    await settle()
    assert cloud.sent == ["speak A hi"]
    assert not task.done(), "the command only returns once Amazon has accepted it"
    cloud.accept()
    await task


async def test_ten_simultaneous_texts_are_one_request(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await asyncio.gather(*(cloud.scheduler.execute(Speak(text="hi"), [device(f"D{n}")]) for n in range(10)))
    assert cloud.sent == [["parallel", *(f"speak D{n} hi" for n in range(10))]]
    assert cloud.scheduler.requests == 1


async def test_one_call_for_several_devices_is_one_request(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await cloud.scheduler.execute(SetVolume(level=30), [A, B, A])
    assert cloud.sent == [["parallel", "volume A 30", "volume B 30"]]


async def test_a_command_for_no_device_sends_nothing(cloud: Cloud) -> None:
    await cloud.scheduler.execute(Stop(), [])
    assert cloud.sent == []


async def test_commands_during_a_request_are_merged(cloud: Cloud) -> None:
    tasks = [cloud.command(SetVolume(level=1), A)]
    await settle()
    for command in (SetVolume(level=2), Stop()):
        tasks.append(cloud.command(command, A))
        await settle()
    tasks.append(cloud.command(SetVolume(level=3), B))
    await settle()
    assert cloud.sent == ["volume A 1"]
    cloud.accept()
    await settle()
    assert cloud.sent[1:] == [["parallel", ["serial", "volume A 2", "stop A"], "volume B 3"]]
    assert [task.done() for task in tasks] == [True, False, False, False]
    cloud.accept()
    await asyncio.gather(*tasks)


async def test_equal_announcements_are_merged(cloud: Cloud) -> None:
    cloud.answer = accept_all
    sam = device("S", owner="A2SAM")
    german = device("G", locale="de-DE")
    same = Announce(text="dinner")
    await asyncio.gather(
        *(cloud.scheduler.execute(same, [target]) for target in (A, B, sam, german)),
        cloud.scheduler.execute(Announce(text="dinner", title="Cook"), [C]),
    )
    assert cloud.sent == [
        ["parallel", "announce A,B dinner", "announce S dinner", "announce G dinner", "announce C dinner"]
    ]


async def test_an_announcement_waits_for_earlier_commands_on_each_device(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await asyncio.gather(
        cloud.scheduler.execute(SetVolume(level=5), [B]),
        cloud.scheduler.execute(Announce(text="hi"), [A, B]),
        cloud.scheduler.execute(SetVolume(level=9), [A]),
        cloud.scheduler.execute(Stop(), [C]),
    )
    assert cloud.sent == [["parallel", ["serial", "volume B 5", "announce A,B hi", "volume A 9"], "stop C"]]


async def test_an_announcement_is_not_moved_behind_later_commands(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await asyncio.gather(
        cloud.scheduler.execute(Announce(text="hi"), [A]),
        cloud.scheduler.execute(SetVolume(level=9), [A]),
        cloud.scheduler.execute(SetVolume(level=5), [B]),
        cloud.scheduler.execute(Announce(text="hi"), [B]),
    )
    assert cloud.sent == [
        ["parallel", ["serial", "announce A hi", "volume A 9"], ["serial", "volume B 5", "announce B hi"]]
    ]


async def test_volumes_are_set_before_one_announcement(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await asyncio.gather(
        cloud.scheduler.execute(SetVolume(level=5), [A, B]), cloud.scheduler.execute(Announce(text="hi"), [A, B])
    )
    assert cloud.sent == [["serial", ["parallel", "volume A 5", "volume B 5"], "announce A,B hi"]]


async def test_large_sequence_is_split(cloud: Cloud) -> None:
    tasks = [cloud.command(SetVolume(level=n), device(f"D{n}")) for n in range(MAX_NODES + 5)]
    await settle()
    assert len(cloud.sent[0]) == 1 + MAX_NODES
    cloud.accept()
    await settle()
    assert [task.done() for task in tasks] == [True] * MAX_NODES + [False] * 5
    cloud.accept()
    await asyncio.gather(*tasks)
    assert cloud.sent[1] == ["parallel", *(f"volume D{n} {n}" for n in range(MAX_NODES, MAX_NODES + 5))]


async def test_long_texts_for_several_devices_are_several_sequences(cloud: Cloud) -> None:
    """Each piece of a text counts as one operation."""
    cloud.answer = accept_all
    text = "word " * 1000
    await cloud.scheduler.execute(Speak(text=text), [A, B, C])
    sizes = [str(sent).count("speak") for sent in cloud.sent]
    assert sum(sizes) == 3 * len(pieces(text))
    assert max(sizes) <= MAX_NODES
    assert len(cloud.sent) > 1


async def test_a_text_that_would_wait_too_long_is_refused_immediately(cloud: Cloud) -> None:
    """An Echo that speaks for minutes accepts no more texts.

    The Echo still accepts other commands, and other Echos accept texts.
    """
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="x" * 8000), [A])
    with pytest.raises(AlexaSpeakingError) as raised:
        await cloud.scheduler.execute(Speak(text="hi"), [A])
    assert raised.value.seconds > MAX_SPEECH_WAIT
    assert raised.value.reason == f"still speaking for about {raised.value.seconds} s"
    assert raised.value.placeholders == {"devices": A.name, "seconds": "1202"}
    await cloud.scheduler.execute(Speak(text="hi"), [B])
    await cloud.scheduler.execute(SetVolume(level=5), [A])
    assert len(cloud.sent) == 3
    with pytest.raises(AlexaStepsSpeakingError) as steps:
        await cloud.scheduler.execute_node({}, [A, B], {"B": 5.0})
    assert steps.value.placeholders == {"devices": A.name, "seconds": "1202"}
    assert len(cloud.sent) == 3


async def test_only_the_devices_that_do_not_receive_a_text_are_named(cloud: Cloud) -> None:
    """The others receive it; another error of one of them takes precedence."""
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="x" * 6000), [B])
    await cloud.scheduler.execute(Speak(text="x" * 8000), [C])
    with pytest.raises(AlexaSpeakingError) as raised:
        await cloud.scheduler.execute(Speak(text="hi"), [A, B, C])
    assert raised.value.placeholders == {"devices": f"{B.name}, {C.name}", "seconds": "1202"}
    assert cloud.sent[2:] == ["speak A hi"]
    cloud.answer = lambda _: AlexaConnectionError("no", sent=False)
    with pytest.raises(AlexaConnectionError):
        await cloud.scheduler.execute(Announce(text="hi"), [B, device("D")])


async def test_waiting_texts_count_toward_the_wait(cloud: Cloud) -> None:
    tasks = [cloud.command(Speak(text="x" * 1000), A) for _ in range(8)]
    await settle()
    cloud.accept()
    await settle()
    refused = [task for task in tasks if task.done() and isinstance(task.exception(), AlexaSpeakingError)]
    assert tasks[-len(refused) :] == refused
    assert 0 < len(refused) < 8
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_announcement_to_many_devices_is_not_split(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await cloud.scheduler.execute(Announce(text="hi"), [device(f"D{n}") for n in range(MAX_NODES * 2)])
    assert len(cloud.sent) == 1


# --- speech ---------------------------------------------------------------------------


def test_the_length_of_speech_is_estimated() -> None:
    assert speech_seconds(Speak(text="x" * 10)) == 3.5
    assert speech_seconds(Announce(text="x" * 10)) == 6.5
    assert speech_seconds(Announce(text="x" * 10, spoken=False)) == 5.0
    assert speech_seconds(Stop()) is None


@pytest.mark.parametrize(
    ("ssml", "seconds"),
    [
        ('<break time="10s"/>', 10.0),
        ("<break strength='weak' time = '1.5s'/><break time=\"500ms\"></break>", 2.0),
        ('<break time="60s"/>', 10.0),
        ('<break/><break strength="x-strong"/><break time="soon"/>', 3 * 1.5),
        ('<break strength="none"/><break strength="x-weak"/>', 0.0),
        ('<!-- <break time="9s"/> -->', 0.0),
        ('<audio src="soundbank://soundlibrary/bell"/>', 10.0),
        ('<audio src="https://example.org/a.mp3?time=5s"/><audio src="b"></audio>', 20.0),
        ('<sub alias="aluminum">Al</sub>', 10 * 0.15),
        ('<sub time="9s" alias="H&amp;M"/>', 3 * 0.15),
    ],
)
def test_breaks_and_sounds_take_time(ssml: str, seconds: float) -> None:
    """Breaks have at most ten seconds, as at Amazon; the lengths of other breaks and of sounds are assumed."""
    text = "<speak>" + "x" * 10 + ssml + "</speak>"
    assert speech_seconds(Speak(text=text)) == pytest.approx(3.5 + seconds)
    assert speech_seconds(Announce(text=text)) == pytest.approx(6.5 + seconds)
    assert speech_seconds(Announce(text=text, spoken=False)) == 5.0


def test_sounds_of_a_known_length_are_not_assumed() -> None:
    text = '<speak><audio src="https://home.example.org/a.mp3"/><break time="2s"/></speak>'
    assert speech_seconds(Speak(text=text, sound_seconds=0.5)) == 4.5
    assert speaking_seconds(text, longest=True) == 2 + 2 + 240


async def wake(cloud: Cloud) -> None:
    """Let the scheduler check its clock by sending a command."""
    cloud.sent.append("-")
    await cloud.scheduler.execute(RunSequence(name="Wake", extra={}), [device("Z")])
    await settle()


async def test_speech_never_interrupts_speech(cloud: Cloud) -> None:
    tasks = [cloud.command(Speak(text="x" * 10), A)]
    await settle()
    tasks.append(cloud.command(Speak(text="second"), A))
    tasks.append(cloud.command(Announce(text="third"), A))
    cloud.now += 100  # the speaking time starts with acceptance, not with sending
    cloud.accept()
    cloud.answer = accept_all
    await settle()
    assert cloud.sent == ["speak A " + "x" * 10]
    await cloud.scheduler.execute(Stop(), [A])
    await cloud.scheduler.execute(Speak(text="other"), [B])
    assert cloud.sent[1:] == ["stop A", "speak B other"], "other commands and other devices do not wait"
    cloud.now += 3.4
    await wake(cloud)
    assert cloud.sent[-1] == "Wake Z"
    cloud.now += 0.2
    await wake(cloud)
    assert cloud.sent[-1] == ["parallel", "speak A second", "Wake Z"]
    assert [task.done() for task in tasks] == [True, True, False]
    cloud.now += 2.8
    await wake(cloud)
    assert cloud.sent[-1] == "Wake Z"
    cloud.now += 0.2
    await wake(cloud)
    assert cloud.sent[-1] == ["parallel", "announce A third", "Wake Z"]
    await asyncio.gather(*tasks)


async def test_simultaneous_texts_for_one_device_are_sent_one_by_one(cloud: Cloud) -> None:
    cloud.answer = accept_all
    tasks = [cloud.command(Speak(text="one"), A), cloud.command(SetVolume(level=3), A)]
    tasks += [cloud.command(Speak(text="two"), A), cloud.command(Speak(text="one"), B)]
    await settle()
    assert cloud.sent == [["parallel", ["serial", "speak A one", "volume A 3"], "speak B one"]]
    assert [task.done() for task in tasks] == [True, True, False, True]
    cloud.now += 60
    await wake(cloud)
    assert cloud.sent[-1] == ["parallel", "speak A two", "Wake Z"]
    await asyncio.gather(*tasks)


async def test_an_announcement_reaches_silent_devices_immediately_and_the_speaking_one_later(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="hi"), [A])
    task = cloud.command(Announce(text="dinner"), A, B)
    await settle()
    assert cloud.sent[-1] == "announce B dinner"
    assert not task.done()
    cloud.now += 60
    await wake(cloud)
    assert cloud.sent[-1] == ["parallel", "announce A dinner", "Wake Z"]
    await task


async def test_a_waiting_text_is_sent_automatically(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssml, "SPEECH_BASE", 0.05)
    cloud = Cloud()
    cloud.answer = accept_all
    cloud.scheduler = CommandScheduler(cloud.submit, default_customer_id=lambda: "A1JO")
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(cloud.scheduler.execute(Speak(text=""), [A]) for _ in range(3)))
    assert cloud.sent == ["speak A "] * 3
    assert 0.1 <= loop.time() - began < 2
    await cloud.scheduler.close()


async def test_a_refused_or_unsent_text_does_not_delay_the_next_one(cloud: Cloud) -> None:
    for error in (AlexaCommandError("no"), AlexaConnectionError("no", sent=False)):
        cloud.answer = lambda _, error=error: error
        with pytest.raises(type(error)):
            await cloud.scheduler.execute(Speak(text="hi"), [A])
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="again"), [A])
    assert cloud.sent[-1] == "speak A again"


async def test_a_refused_node_keeps_the_speech_of_other_echos(cloud: Cloud) -> None:
    spoken = command_node(Speak(text="hello"), [Target.of(B, "A1JO")])
    node = asyncio.create_task(cloud.scheduler.execute_node(spoken, [B], {"B": 20.0}))
    await settle()
    announced = cloud.command(Speak(text="hi"), A)
    await settle()
    cloud.open.pop(1).set_result(None)
    await announced
    cloud.refuse(AlexaCommandError("no"))
    with pytest.raises(AlexaCommandError):
        await node
    assert cloud.scheduler._pause("B") == 0
    assert cloud.scheduler._pause("A") > 0, "the text is still being spoken"


def sequence(cloud: Cloud, *devices: Device, speech: float = 5.0) -> asyncio.Task[None]:
    """Start a node that speaks for some seconds on devices, or stops them if ``speech`` is 0."""
    command = Speak(text="steps") if speech else Stop()
    node = parallel_node([command_node(command, [Target.of(each, "A1JO")]) for each in devices])
    ends = dict.fromkeys((each.serial for each in devices), speech) if speech else {}
    return asyncio.create_task(cloud.scheduler.execute_node(node, devices, ends))


async def test_a_waiting_node_holds_up_only_nodes_of_its_devices(cloud: Cloud) -> None:
    """Nodes of a device keep their order; others, such as that which stops all devices, are sent immediately."""
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="x" * 500), [A])
    waiting, later = sequence(cloud, A, B), sequence(cloud, B, speech=0)
    await settle()
    await sequence(cloud, C)
    await sequence(cloud, speech=0)
    assert cloud.sent[1:] == ["speak C steps", ["parallel"]]
    assert not waiting.done()
    assert not later.done()
    waiting.cancel()
    await later
    assert cloud.sent[3:] == ["stop B"]


async def test_closing_ends_waiting_nodes(cloud: Cloud) -> None:
    """The node that waits for speech fails, and so does one that waits for that node."""
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="x" * 500), [A])
    nodes = [sequence(cloud, A), sequence(cloud, A, B)]
    await settle()
    await cloud.scheduler.close()
    async with asyncio.timeout(1):
        results = await asyncio.gather(*nodes, return_exceptions=True)
    assert [isinstance(error, AlexaConnectionError) and error.code for error in results] == ["closed"] * 2
    assert len(cloud.sent) == 1


async def test_a_text_with_an_unknown_outcome_counts_as_spoken(cloud: Cloud) -> None:
    cloud.answer = lambda _: AlexaConnectionError("timeout")
    with pytest.raises(AlexaConnectionError):
        await cloud.scheduler.execute(Speak(text="hi"), [A])
    cloud.answer = accept_all
    task = cloud.command(Speak(text="again"), A)
    await settle()
    assert not task.done()
    cloud.now += 60
    await wake(cloud)
    await task


# --- results --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [AlexaCommandError("bad"), AlexaUnsupportedError("bad")], ids=["refused", "unknown"])
async def test_refused_merge_is_sent_one_by_one(cloud: Cloud, error: AlexaError) -> None:
    cloud.answer = lambda sent: error if "B" in str(sent) else None
    results = await asyncio.gather(
        cloud.scheduler.execute(Speak(text="hi"), [A]),
        cloud.scheduler.execute(Speak(text="hi"), [B]),
        cloud.scheduler.execute(SetVolume(level=1), [A]),
        return_exceptions=True,
    )
    assert list(results) == [None, error, None]
    assert cloud.sent[1:] == ["speak A hi", "speak B hi", "volume A 1"]


async def test_one_bad_device_of_a_call_does_not_affect_the_others(cloud: Cloud) -> None:
    bad = AlexaCommandError("offline")
    cloud.answer = lambda sent: bad if "B" in str(sent) else None
    with pytest.raises(AlexaCommandError):
        await cloud.scheduler.execute(Announce(text="hi"), [A, B, C])
    assert cloud.sent == ["announce A,B,C hi", "announce A hi", "announce B hi", "announce C hi"]


async def test_single_refusal_is_not_sent_again(cloud: Cloud) -> None:
    cloud.answer = lambda _: AlexaCommandError("bad", code="NO")
    with pytest.raises(AlexaCommandError) as caught:
        await cloud.scheduler.execute(Stop(), [A])
    assert caught.value.code == "NO"
    assert cloud.sent == ["stop A"]


@pytest.mark.parametrize(
    "error",
    [
        AlexaConnectionError("timeout"),
        AlexaRateLimitedError("slow down", retry_after=30),
        RuntimeError("our own mistake"),
    ],
    ids=["unknown outcome", "throttled", "mistake"],
)
async def test_other_errors_reach_all_callers_and_nothing_is_sent_again(cloud: Cloud, error: Exception) -> None:
    cloud.answer = lambda _: error
    results = await asyncio.gather(
        cloud.scheduler.execute(Stop(), [A]), cloud.scheduler.execute(Stop(), [B]), return_exceptions=True
    )
    assert list(results) == [error, error]
    assert len(cloud.sent) == 1
    cloud.answer = accept_all
    await cloud.scheduler.execute(Stop(), [C])


async def test_a_canceled_caller_is_removed(cloud: Cloud) -> None:
    first = cloud.command(Stop(), A)
    await settle()
    second, third = cloud.command(Stop(), B), cloud.command(Stop(), C)
    await settle()
    second.cancel()
    await settle()
    assert second.cancelled()
    cloud.accept()
    await settle()
    assert cloud.sent == ["stop A", "stop C"]
    cloud.accept()
    await asyncio.gather(first, third)


async def test_cancelled_text_that_waits_leaves_nothing_behind(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="hi"), [A])
    waiting = cloud.command(Speak(text="later"), A)
    await settle()
    assert is_working(cloud)
    waiting.cancel()
    await settle()
    assert not is_working(cloud)
    assert cloud.scheduler._waiting == []


async def test_cancelled_caller_does_not_stop_what_was_sent(cloud: Cloud) -> None:
    first, second = cloud.command(Stop(), A), cloud.command(Stop(), B)
    await settle()
    first.cancel()
    await settle()
    assert len(cloud.open) == 1
    cloud.accept()
    await second


async def test_cancelled_caller_is_not_sent_again_after_a_refusal(cloud: Cloud) -> None:
    first, second, third = cloud.command(Stop(), A), cloud.command(Stop(), B), cloud.command(Stop(), C)
    await settle()
    second.cancel()
    third.cancel()
    await settle()
    cloud.refuse(AlexaCommandError("bad"))
    await settle()
    assert cloud.sent[1:] == ["stop A"]
    first.cancel()
    await settle()
    cloud.refuse(AlexaCommandError("bad"))
    await settle()
    assert not is_working(cloud)


async def test_caller_cancelled_while_others_are_sent_again(cloud: Cloud) -> None:
    first, second = cloud.command(Stop(), A), cloud.command(Stop(), B)
    await settle()
    cloud.refuse(AlexaCommandError("bad"))
    await settle()
    second.cancel()
    await settle()
    cloud.accept()
    await first
    assert cloud.sent[1:] == ["stop A"]


# --- end ------------------------------------------------------------------------------


async def test_close_fails_what_waits(cloud: Cloud) -> None:
    flying = cloud.command(Stop(), A)
    await settle()
    waiting = cloud.command(Stop(), B)
    await settle()
    await cloud.scheduler.close()
    results = await asyncio.gather(flying, waiting, return_exceptions=True)
    assert [type(result) for result in results] == [AlexaConnectionError] * 2
    assert [result.sent for result in results if isinstance(result, AlexaConnectionError)] == [True, False]
    with pytest.raises(AlexaConnectionError) as caught:
        await cloud.scheduler.execute(Stop(), [A])
    assert not caught.value.sent
    await cloud.scheduler.close()
    assert cloud.sent == ["stop A"]


async def test_close_before_the_first_command(cloud: Cloud) -> None:
    task = cloud.command(Stop(), A)
    await asyncio.sleep(0)
    await cloud.scheduler.close()
    with pytest.raises(AlexaConnectionError):
        await task
    assert cloud.sent == []


async def test_close_while_refused_commands_are_sent_again(cloud: Cloud) -> None:
    tasks = [cloud.command(Stop(), target) for target in (A, B, C)]
    await settle()
    cloud.refuse(AlexaCommandError("bad"))
    await settle()
    assert cloud.sent[1:] == ["stop A"]
    await cloud.scheduler.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result.sent for result in results if isinstance(result, AlexaConnectionError)] == [True, False, False]


async def test_close_while_a_text_waits(cloud: Cloud) -> None:
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="hi"), [A])
    task = cloud.command(Speak(text="later"), A)
    await settle()
    await cloud.scheduler.close()
    with pytest.raises(AlexaConnectionError) as caught:
        await task
    assert not caught.value.sent


# --- plans: several commands for each device ----------------------------------------------


def loud(text: str, restore: int) -> list[Command]:
    """Return the commands of a text with a temporary volume."""
    return [SetVolume(level=80), Speak(text=text), SetVolume(level=restore)]


async def test_a_plan_is_serial_on_a_device_and_parallel_across_devices(cloud: Cloud) -> None:
    cloud.answer = accept_all
    assert await cloud.scheduler.execute_each([(A, loud("hi", 30)), (B, loud("hi", 40))]) == [None, None]
    assert cloud.sent == [
        [
            "parallel",
            ["serial", "volume A 80", "speak A hi", "volume A 30"],
            ["serial", "volume B 80", "speak B hi", "volume B 40"],
        ]
    ]


async def test_announcement_of_several_plans_is_one(cloud: Cloud) -> None:
    """The volume of all Echos is set before the announcement, and none is restored before its end."""
    cloud.answer = accept_all
    ding = Announce(text="ding")
    await cloud.scheduler.execute_each(
        [
            (A, [SetVolume(level=80), ding, SetVolume(level=30)]),
            (B, [ding]),
            (C, [SetVolume(level=80), ding, SetVolume(level=20)]),
        ]
    )
    (sent,) = cloud.sent
    assert sent == [
        "serial",
        ["parallel", "volume A 80", "volume C 80"],
        "announce A,B,C ding",
        ["parallel", "volume A 30", "volume C 20"],
    ]


async def test_a_plan_that_has_to_wait_waits_as_a_whole(cloud: Cloud) -> None:
    """The volume does not change before the text can be spoken."""
    cloud.answer = accept_all
    await cloud.scheduler.execute(Speak(text="one"), [A])
    task = asyncio.create_task(cloud.scheduler.execute_each([(A, loud("two", 30)), (B, loud("two", 40))]))
    await settle()
    assert cloud.sent[1:] == [["serial", "volume B 80", "speak B two", "volume B 40"]]
    cloud.now += 60
    await wake(cloud)
    assert await task == [None, None]
    assert cloud.sent[-1][1] == ["serial", "volume A 80", "speak A two", "volume A 30"]


async def test_refused_plan_leaves_the_others_alone(cloud: Cloud) -> None:
    error = AlexaCommandError("bad")
    cloud.answer = lambda sent: error if "speak B" in str(sent) else None
    assert await cloud.scheduler.execute_each([(A, loud("hi", 1)), (B, loud("hi", 1)), (C, loud("hi", 1))]) == [
        None,
        error,
        None,
    ]


async def test_plans_are_never_split_between_sequences(cloud: Cloud) -> None:
    cloud.answer = accept_all
    many = [(device(f"D{number}"), loud("hi", 30)) for number in range(MAX_NODES // 3 + 1)]
    await cloud.scheduler.execute_each(many)
    assert [len(sent) - 1 for sent in cloud.sent] == [MAX_NODES // 3, 3]
    assert cloud.sent[1][0] == "serial"


async def test_no_plans_send_no_request(cloud: Cloud) -> None:
    assert not await cloud.scheduler.execute_each([])
    assert cloud.sent == []
