"""Smart Properties as a part of the cloud."""

from collections.abc import Mapping
from typing import Any

from alexa_sim.auth import Auth
from alexa_sim.http import Router
from alexa_sim.state import Json, State

from .api import Api
from .endpoints import add_endpoints
from .features import add_features
from .lifecycle import add_lifecycle
from .lwa import LoginWithAmazon
from .notifications import add_notifications
from .organization import Organization
from .settings import add_settings
from .units import add_units
from .wifi import add_wifi


class SmartProperties:
    """An organization with its API and its Login with Amazon."""

    def __init__(self, given: Mapping[str, Any], *, router: Router, state: State, auth: Auth) -> None:
        """Initialize with a part of a household; everything is added to ``router``."""
        self.organization = Organization(given, state)
        self.login = LoginWithAmazon(self.organization, auth)
        self.login.add_to(router)
        api = Api(router, self.organization, self.login)
        for add in (
            *(add_endpoints, add_wifi, add_features, add_settings, add_lifecycle),
            *(add_units, add_notifications),
        ):
            add(api)

    def document(self) -> Json:
        """Return the current state as JSON."""
        return self.organization.document()

    def spoken(self) -> list[Json]:
        """Return what the Echos of the organization have spoken."""
        return [dict(entry) for entry in self.organization.spoken]
