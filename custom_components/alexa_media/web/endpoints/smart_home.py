"""The smart home: GraphQL, and phoenix for what GraphQL has not."""

from typing import Final

from .base import Endpoint, Host

# The more appliances there are, the longer Amazon takes: others wait for up to a minute.
_SLOW: Final = 45

DISCOVER_APPLIANCES: Final = Endpoint(
    name="discover_appliances", method="POST", host=Host.WEBSITE, path="/nexus/v1/graphql", timeout=_SLOW
)
APPLIANCE_STATES: Final = Endpoint(
    name="appliance_states", method="POST", host=Host.WEBSITE, path="/nexus/v1/graphql", timeout=_SLOW, partial=True
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
    name="appliance_groups", method="GET", host=Host.WEBSITE, path="/api/phoenix/group", timeout=30
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
    DISCOVER_APPLIANCES,
    APPLIANCE_STATES,
    CONTROL_APPLIANCES,
    APPLIANCE_GROUPS,
    GUARD_STATE,
    CONTROL_PHOENIX,
)
