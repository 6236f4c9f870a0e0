"""Tests of every endpoint × every fault × every moment at which a loaded account uses it.

The table is derived from the client's endpoints, and the moments are found by observation. A new endpoint is included
automatically. The test of an endpoint that is never used fails.
"""

import pytest

from custom_components.alexa_media.cloud.account.endpoints import Endpoint

from .failures import (
    ASKED,
    LIBRARY,
    Moment,
    Table,
    table as table,  # noqa: PLC0414 - a fixture
)

WHEN = (Moment.POLL, Moment.PUSH, Moment.COMMAND)


@pytest.mark.contract("throttling is a traceback")
@pytest.mark.timeout(110)
@pytest.mark.parametrize("endpoint", ASKED, ids=lambda endpoint: endpoint.name)
async def test_everything_recovers_from_a_fault(table: Table, endpoint: Endpoint) -> None:
    """No fault causes a lost entity, a lost command or a wrong value, and everything recovers afterward."""
    problems = await table.cases(endpoint, (Moment.RENEWAL,) if endpoint in LIBRARY else WHEN)
    assert not problems, problems
