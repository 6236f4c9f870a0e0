"""Fixtures for a toy cloud in a separate process."""

from collections.abc import Iterator

import pytest

from alexa_sim.client import Running, start

TOY = "tests.alexa_sim.toy_cloud"


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture that prepares Home Assistant for every test."""


@pytest.fixture(scope="session")
def toy_process() -> Iterator[Running]:
    """Run the toy cloud."""
    with start(module=TOY) as running:
        yield running


@pytest.fixture
def toy(toy_process: Running, socket_enabled: None) -> Iterator[Running]:
    """Return the toy cloud in its initial state."""
    toy_process.client.household("demo", domain="amazon.com")
    yield toy_process
    toy_process.client.clear_faults()
