"""The machinery of the simulation around a toy cloud, in a process of its own."""

from collections.abc import Iterator

import pytest

from alexa_sim.client import Running, start

TOY = "tests.alexa_sim.toy_cloud"


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Take the place of the fixture that sets Home Assistant up for every test."""


@pytest.fixture(scope="session")
def toy_process() -> Iterator[Running]:
    """Run the toy cloud."""
    with start(module=TOY) as running:
        yield running


@pytest.fixture
def toy(toy_process: Running, socket_enabled: None) -> Iterator[Running]:
    """Return a toy cloud that starts anew."""
    toy_process.client.household("demo", domain="amazon.com")
    yield toy_process
    toy_process.client.clear_faults()
