"""Tests of slots, throttling, back-off and shared renewals."""

import asyncio
import logging
from typing import Any

import pytest

from custom_components.alexa_media.cloud.account.limits import (
    THROTTLE_RESET_SECONDS,
    Backoff,
    SingleFlight,
    Slots,
    Throttle,
    Traffic,
)
from custom_components.alexa_media.cloud.errors import AlexaConnectionError

from .conftest import Clock


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class _Holder:
    """Tasks that each hold a slot until they are released."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.order: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    def start(self, name: str, *, urgent: bool = False) -> asyncio.Task[None]:
        self.gates[name] = asyncio.Event()
        return asyncio.create_task(self._hold(name, urgent))

    async def _hold(self, name: str, urgent: bool) -> None:
        async with self.slots.take(urgent=urgent):
            self.order.append(name)
            await self.gates[name].wait()


async def test_slots_are_limited_and_urgent_requests_are_first() -> None:
    slots = Slots(2)
    holder = _Holder(slots)
    tasks = [holder.start(name) for name in "abc"]
    await _settle()
    tasks.append(holder.start("urgent", urgent=True))
    await _settle()
    assert holder.order == ["a", "b"]
    assert slots.busy == 2
    holder.gates["a"].set()
    await _settle()
    assert holder.order == ["a", "b", "urgent"]
    for gate in holder.gates.values():
        gate.set()
    await asyncio.gather(*tasks)
    assert holder.order[-1] == "c"
    assert slots.busy == 0


async def test_a_lower_limit_lets_running_requests_finish() -> None:
    slots = Slots(2)
    holder = _Holder(slots)
    tasks = [holder.start(name) for name in "abc"]
    await _settle()
    slots.limit(1)
    holder.gates["a"].set()
    await _settle()
    assert holder.order == ["a", "b"]
    slots.limit(2)
    await _settle()
    assert holder.order == ["a", "b", "c"]
    for gate in holder.gates.values():
        gate.set()
    await asyncio.gather(*tasks)


async def test_a_canceled_waiter_takes_no_slot() -> None:
    slots = Slots(1)
    holder = _Holder(slots)
    first, second, third = holder.start("a"), holder.start("b"), holder.start("c")
    await _settle()
    second.cancel()
    await _settle()
    holder.gates["a"].set()
    holder.gates["c"].set()
    await asyncio.gather(first, third)
    assert holder.order == ["a", "c"]
    assert slots.busy == 0


async def test_a_slot_given_to_a_canceled_waiter_is_passed_on() -> None:
    slots = Slots(1)
    await slots.acquire(False)
    waiting = asyncio.create_task(slots.acquire(False))
    after = asyncio.create_task(slots.acquire(False))
    await _settle()
    slots.release()
    waiting.cancel()
    await _settle()
    assert waiting.cancelled()
    assert after.done()
    assert slots.busy == 1


HOST = "https://alexa.amazon.com"


def test_throttling_without_retry_after_grows_and_is_logged_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    throttle = Throttle()
    blocks = []
    for _ in range(7):
        blocks.append(round(throttle.hit(HOST, Traffic.READS, None)))
        assert throttle.hit(HOST, Traffic.READS, None) <= blocks[-1]
        clock.advance(blocks[-1] + 1)
    assert blocks == [30, 60, 120, 240, 480, 600, 600]
    assert throttle.hits == 14
    throttle.passed(HOST, Traffic.READS)
    assert throttle.hit(HOST, Traffic.READS, None) == pytest.approx(30, abs=0.1)
    clock.advance(31)
    throttle.passed(HOST, Traffic.READS)
    assert len(caplog.records) == 1
    clock.advance(THROTTLE_RESET_SECONDS)
    throttle.passed(HOST, Traffic.READS)
    throttle.hit(HOST, Traffic.READS, None)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_the_log_says_that_throttled_commands_pause_no_polls(caplog: pytest.LogCaptureFixture) -> None:
    throttle = Throttle()
    throttle.hit(HOST, Traffic.COMMANDS, 7)
    throttle.hit(HOST, Traffic.COMMANDS, 7)
    assert len(caplog.records) == 1
    assert "polling" not in caplog.text
    throttle.hit(HOST, Traffic.READS, 7)
    assert "polling pauses for 7 seconds" in caplog.text


def test_retry_after_is_kept_within_bounds() -> None:
    throttle = Throttle()
    assert throttle.hit(HOST, Traffic.READS, 7) == pytest.approx(7, abs=0.1)
    assert throttle.hit(HOST, Traffic.READS, 0) == pytest.approx(7, abs=0.1)
    assert throttle.hit(HOST, Traffic.READS, 10**9) == pytest.approx(3600, abs=0.1)


def test_a_throttled_host_does_not_delay_other_hosts_or_commands() -> None:
    throttle = Throttle()
    throttle.hit(HOST, Traffic.COMMANDS, None)
    assert not throttle.held_back(HOST)
    throttle.hit(HOST, Traffic.READS, None)
    assert throttle.held_back(HOST)
    assert not throttle.held_back("https://www.amazon.com")
    throttle.passed(HOST, Traffic.COMMANDS)
    assert not throttle.held_back(HOST)
    assert not throttle.remaining


@pytest.mark.parametrize("kind", Traffic)
async def test_one_request_at_a_time_goes_to_a_throttled_host(kind: Traffic) -> None:
    throttle = Throttle()
    throttle.hit(HOST, Traffic.READS, None)
    order: list[str] = []

    async def send(name: str, host: str) -> None:
        async with throttle.turn(host, kind):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(send("a", HOST), send("b", HOST))
    assert order == ["a begins", "a ends", "b begins", "b ends"]
    throttle.passed(HOST, Traffic.COMMANDS)
    order.clear()
    await asyncio.gather(send("a", HOST), send("b", HOST))
    assert order == ["a begins", "b begins", "a ends", "b ends"]


def test_backoff_doubles_to_its_limit_and_is_reset(clock: Clock) -> None:
    backoff = Backoff()
    waits = []
    for _ in range(8):
        backoff.failed()
        waits.append(round(backoff.remaining))
        clock.advance(backoff.remaining)
        assert backoff.remaining < 0.1
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    backoff.failed()
    backoff.succeeded()
    assert backoff.remaining == 0


class _Work:
    """Work that ends when it is released."""

    def __init__(self) -> None:
        self.runs = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.runs += 1
        await self.gate.wait()
        if self.error:
            raise self.error


async def test_waiters_share_a_run_and_its_error() -> None:
    work = _Work()
    flight = SingleFlight(work.__call__)
    work.error = AlexaConnectionError("no")
    waiters = [asyncio.create_task(flight.join()) for _ in range(3)]
    await _settle()
    work.gate.set()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert results == [work.error] * 3
    assert work.runs == 1
    work.error = None
    await flight.join()
    assert work.runs == 2


async def test_a_canceled_waiter_does_not_cancel_the_shared_run() -> None:
    work = _Work()
    flight = SingleFlight(work.__call__)
    waiter = asyncio.create_task(flight.join())
    await _settle()
    waiter.cancel()
    await _settle()
    assert waiter.cancelled()
    work.gate.set()
    await flight.close(1)
    await flight.close(1)
    assert work.runs == 1


async def test_closing_cancels_a_slow_run_and_its_waiters_get_an_error() -> None:
    flight = SingleFlight(_Work().__call__)
    waiter = asyncio.create_task(flight.join())
    await _settle()
    await flight.close(0)
    with pytest.raises(AlexaConnectionError):
        await waiter


async def test_a_failure_without_waiters_is_not_logged() -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    gate = asyncio.Event()

    async def work() -> None:
        await gate.wait()
        raise AlexaConnectionError("no")

    flight = SingleFlight(work)
    caller = asyncio.create_task(flight.join())
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    run = flight.start()
    gate.set()
    await asyncio.wait([run])
    await asyncio.sleep(0)
    assert isinstance(run.exception(), AlexaConnectionError)
    assert reported == []
