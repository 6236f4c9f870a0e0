"""Routines; they are run by ``BEHAVIOR``."""

from typing import Final

from .base import Endpoint, Host

ROUTINES: Final = Endpoint(
    name="routines", method="GET", host=Host.WEBSITE, path="/api/behaviors/v2/automations", timeout=30
)

ROUTINE_ENDPOINTS: Final = (ROUTINES,)
