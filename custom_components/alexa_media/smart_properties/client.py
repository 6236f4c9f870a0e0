"""The client of the Alexa Smart Properties API: one method for each operation.

The methods carry the names of the operations in snake case. All of them raise
``AlexaInvalidValueError`` before anything is sent, and what ``Transport.async_request``
says.
"""

from collections.abc import Mapping, Sequence

from . import operations as table, requests
from .base import nothing
from .client_endpoints import EndpointsClient
from .client_features import FeaturesClient
from .client_settings import SettingsClient
from .models import WifiInstallation
from .parse import submitted_operation, wifi_installation
from .requests import KeyManagement, Wifi


class SmartPropertiesClient(EndpointsClient, FeaturesClient, SettingsClient):
    """The API of one organization in one region."""

    # --- Wi-Fi ----------------------------------------------------------------------------

    async def save_wifi_configurations(self, networks: Sequence[Wifi]) -> None:
        """Store networks with their passwords in the account's locker (a scope of its own is needed)."""
        await self._transport.async_request(table.SAVE_WIFI_CONFIGURATIONS, nothing, json=requests.save_wifi(networks))

    async def add_or_update_wifi_configurations(
        self, endpoint_id: str, ssid: str, key_management: KeyManagement
    ) -> str:
        """Start to install one stored network on an Echo; returns the id with which to ask how it goes.

        An Echo takes 32 networks over time.
        """
        return await self._transport.async_request(
            table.ADD_OR_UPDATE_WIFI_CONFIGURATIONS,
            submitted_operation,
            params={"endpointId": requests.endpoint_id(endpoint_id)},
            json=requests.install_wifi(ssid, key_management),
        )

    async def get_wifi_installation_status(self, endpoint_id: str, operation_id: str) -> WifiInstallation:
        """Return how an installation goes; raises ``AlexaEndpointMovedError`` when the id of the Echo changed."""
        return await self._transport.async_request(
            table.GET_WIFI_INSTALLATION_STATUS,
            wifi_installation,
            params={
                "endpointId": requests.endpoint_id(endpoint_id),
                "operationId": requests.operation_id(operation_id),
            },
        )

    # --- timers and notifications ---------------------------------------------------------

    async def delete_timers(self, endpoint_id: str) -> None:
        """Delete all timers of an Echo, which must be online."""
        await self._transport.async_request(
            table.DELETE_TIMERS, nothing, query=[("endpoint", requests.endpoint_id(endpoint_id))]
        )

    async def send_notification(
        self,
        texts_by_locale: Mapping[str, str],
        *,
        endpoint_ids: Sequence[str] = (),
        unit_ids: Sequence[str] = (),
    ) -> None:
        """Announce a text on up to 100 endpoints, or in up to 100 units: spoken, and shown on screens."""
        await self._transport.async_request(
            table.SEND_NOTIFICATION,
            nothing,
            json=requests.announcement(endpoint_ids=endpoint_ids, unit_ids=unit_ids, texts_by_locale=texts_by_locale),
        )
