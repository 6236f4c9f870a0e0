"""Every endpoint × every fault × every moment at which it is asked while an account is loaded.

The table is made of the client's list of endpoints; when each is asked is found out by
watching. An endpoint that is new is in it by itself, and one that no moment reaches fails.
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
async def test_while_it_runs(table: Table, endpoint: Endpoint) -> None:
    """No fault costs an entity, a command or the truth, and all is well by itself once it is over."""
    problems = await table.cases(endpoint, (Moment.RENEWAL,) if endpoint in LIBRARY else WHEN)
    assert not problems, problems
