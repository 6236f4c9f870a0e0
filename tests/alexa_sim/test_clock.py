"""Tests of the clock: real time that can be advanced."""

import asyncio
import time

from alexa_sim.clock import Clock


async def test_it_shows_real_time_until_it_is_advanced() -> None:
    clock = Clock()
    assert abs(clock.now() - time.time()) < 0.1
    clock.advance(3600)
    assert abs(clock.now() - time.time() - 3600) < 0.1
    clock.reset()
    assert abs(clock.now() - time.time()) < 0.1


async def test_advancing_only_wakes_sleepers_whose_time_has_come() -> None:
    clock = Clock()
    early = asyncio.create_task(clock.sleep(60))
    late = asyncio.create_task(clock.sleep(600))
    await asyncio.sleep(0)
    clock.advance(59)
    done, _ = await asyncio.wait({early, late}, timeout=0.05)
    assert done == set()
    clock.advance(2)
    async with asyncio.timeout(10):
        await early
    assert not late.done()
    clock.advance(600)
    async with asyncio.timeout(10):
        await late


async def test_time_passes_by_itself() -> None:
    clock = Clock()
    before = clock.now()
    async with asyncio.timeout(10):
        await clock.sleep(0.05)
    assert clock.now() - before >= 0.05


async def test_a_sleep_of_zero_seconds_ends_immediately() -> None:
    async with asyncio.timeout(10):
        await Clock().sleep(0)
        await Clock().sleep(-5)
