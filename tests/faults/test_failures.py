"""Tests of every endpoint × every fault × every moment at which a loaded account uses it.

The table is derived from the client's endpoints, and the moments are found by observation. A new endpoint is included
automatically. The test of an endpoint that is never used fails.
"""

from collections.abc import Sequence

import pytest

from custom_components.alexa_media.cloud.account.endpoints import Endpoint

from .failures import (
    ASKED,
    LIBRARY,
    Moment,
    Table,
    in_homes,
    table as table,  # noqa: PLC0414 - a fixture
)

WHEN = (Moment.POLL, Moment.PUSH, Moment.COMMAND)


@pytest.mark.contract("throttling is a traceback")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("endpoints", in_homes([endpoint for endpoint in ASKED if endpoint not in LIBRARY]))
async def test_everything_recovers_from_a_fault(
    table: Table, subtests: pytest.Subtests, endpoints: Sequence[Endpoint]
) -> None:
    """No fault causes a lost entity, a lost command or a wrong value, and everything recovers afterward."""
    await table.cases(subtests, endpoints, WHEN)


@pytest.mark.timeout(300)
async def test_everything_recovers_from_a_fault_of_a_renewal(table: Table, subtests: pytest.Subtests) -> None:
    """The same holds for the endpoints that renew tokens, cookies and capabilities."""
    await table.cases(subtests, LIBRARY, (Moment.RENEWAL,))
