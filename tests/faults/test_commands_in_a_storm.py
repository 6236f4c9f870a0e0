"""Tests of all commands while polls are refused: the integration's own back-off does not delay them."""

from typing import Any

from homeassistant.core import ServiceRegistry
from homeassistant.exceptions import HomeAssistantError
import pytest

from .failures import (
    Table,
    table as table,  # noqa: PLC0414 - a fixture
)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 429}, id="429"),
        pytest.param({"status": 503, "body": {"message": "Rate exceeded"}}, id="503"),
    ],
)
async def test_no_command_is_refused_by_the_back_off_of_polls(
    table: Table, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    """Each command is sent, with its reads, and succeeds; only polls are held back."""
    refused: list[str] = []
    real = ServiceRegistry.async_call

    async def call(self: ServiceRegistry, *args: Any, **kwargs: Any) -> Any:
        try:
            return await real(self, *args, **kwargs)
        except HomeAssistantError as err:
            refused.append(f"{args[:2]}: {err}")
            raise

    monkeypatch.setattr(ServiceRegistry, "async_call", call)
    problems: list[str] = []
    for command in table.commands:
        rule = table.sim.fault(method="GET", **fault)
        assert rule
        for topic in (table.entry.runtime_data.devices, table.entry.runtime_data.dnd):
            await topic.async_refresh()
        table.sim.remove_fault(rule)
        assert table.entry.runtime_data.backend.stats["requests"]["throttled_for"]
        refused.clear()
        problems += [f"{command.__name__}: {problem}" for problem in (await command(), *refused) if problem]
    assert not problems, "\n".join(problems)
