"""The smart home: GraphQL, and phoenix for what GraphQL has not."""

from typing import Final

from .base import Endpoint, Host

# The more appliances there are, the longer Amazon takes.
_SLOW: Final = 30

APPLIANCES: Final = Endpoint(
    name="appliances",
    method="POST",
    host=Host.WEBSITE,
    path="/nexus/v1/graphql",
    timeout=_SLOW,
    partial=True,
    csrf=False,
)
CONTROL_APPLIANCES: Final = Endpoint(
    name="control_appliances",
    method="POST",
    host=Host.WEBSITE,
    path="/nexus/v1/graphql",
    is_write=True,
    timeout=_SLOW,
    partial=True,
)
APPLIANCE_GROUPS: Final = Endpoint(
    name="appliance_groups", method="GET", host=Host.WEBSITE, path="/api/phoenix/group", timeout=_SLOW
)
GUARD_STATE: Final = Endpoint(name="guard_state", method="POST", host=Host.WEBSITE, path="/api/phoenix/state")
CONTROL_PHOENIX: Final = Endpoint(
    name="control_phoenix",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/phoenix/state",
    is_write=True,
    timeout=_SLOW,
    partial=True,
)

SMART_HOME_ENDPOINTS: Final = (
    APPLIANCES,
    CONTROL_APPLIANCES,
    APPLIANCE_GROUPS,
    GUARD_STATE,
    CONTROL_PHOENIX,
)
