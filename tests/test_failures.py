"""Every endpoint × every fault × every moment at which it is asked.

The table is made of the client's list of endpoints; when each is asked is found out by
watching. An endpoint that is new is in it by itself, and one that no moment reaches fails.
"""

import pytest

from custom_components.alexa_media.web.endpoints import ACCOUNT, Endpoint

from .failures import EVERY, FAULTS, LIBRARY, MOMENTS, Moment, Table, table as table

IDS = [endpoint.name for endpoint in EVERY if endpoint is not ACCOUNT]
ASKED = [endpoint for endpoint in EVERY if endpoint is not ACCOUNT]
"""Who is signed in is asked by the sign-in alone; its row is with the sign-in."""

RUNNING = (Moment.POLL, Moment.PUSH, Moment.COMMAND)


@pytest.mark.timeout(110)
@pytest.mark.parametrize("endpoint", ASKED, ids=IDS)
async def test_while_it_runs(table: Table, endpoint: Endpoint) -> None:
    """No fault costs an entity, a command or the truth, and all is well once it is over."""
    moments = MOMENTS.get(endpoint.name, set())
    assert moments, f"no moment of the table reaches {endpoint.name}: add the command or push that does"
    wanted = [moment for moment in RUNNING if moment in moments]
    if endpoint in LIBRARY:
        wanted.append(Moment.RENEWAL)
    problems: list[str] = []
    for moment in wanted:
        for fault in FAULTS:
            problems += await table.case(endpoint, fault, moment)
    assert problems == [], "\n".join(problems)
