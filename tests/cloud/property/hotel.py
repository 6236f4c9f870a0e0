"""A hotel in the simulated cloud, and entries that are signed in to it."""

import time
from typing import Any

from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

CLIENT_ID = "amzn1.application-oa2-client.sim"
CLIENT_SECRET = "amzn1.oa2-cs.v1.sim"
IMPLEMENTATION = "hotel"
ORGANIZATION = "amzn1.alexa.unit.did.SIMORGANIZATION"
ROOM_101 = "amzn1.alexa.unit.did.SIMROOM101"
ROOM_102 = "amzn1.alexa.unit.did.SIMROOM102"
BED_101 = "amzn1.alexa.endpoint.SIM101BED"
LAMP_101 = "amzn1.alexa.endpoint.SIM101LAMP"


async def add_credentials(hass: HomeAssistant) -> None:
    """Add the hotel's security profile to Home Assistant."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(hass, DOMAIN, ClientCredential(CLIENT_ID, CLIENT_SECRET), IMPLEMENTATION)


def hotel_entry(unit_id: str = ORGANIZATION, refresh_token: str = "Atzr|property", **data: Any) -> MockConfigEntry:
    """Return an entry with an expired access token, so that the entry starts with a renewal."""
    return MockConfigEntry(
        domain=DOMAIN,
        version=2,
        minor_version=2,
        title="Example Hotels",
        unique_id=f"asp_{unit_id}",
        data={
            "auth_implementation": IMPLEMENTATION,
            "token": {
                "access_token": "Atza|old",
                "refresh_token": refresh_token,
                "token_type": "bearer",
                "expires_in": 3600,
                "expires_at": time.time() - 10,
            },
            "region": "na",
            "login_host": "amazon.com",
            "unit_id": unit_id,
            "whole_organization": unit_id == ORGANIZATION,
            "id_prefix": "asp_",
            "id_suffix": "",
        }
        | data,
    )


async def load(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Set up an entry."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    return entry


def endpoint(sim: ControlClient, endpoint_id: str) -> dict[str, Any]:
    """Return an endpoint in the cloud."""
    found: dict[str, Any] = sim.state()["smartProperties"]["endpoints"][endpoint_id]
    return found


def change(sim: ControlClient, endpoint_id: str, **values: Any) -> None:
    """Change an endpoint in the cloud, like a guest at the device."""
    sim.patch_state({"smartProperties": {"endpoints": {endpoint_id: values}}})


def requests(sim: ControlClient) -> list[str]:
    """Return the API requests since the ledger was last reset, as "METHOD /path"."""
    return [f"{entry['method']} {entry['path']}" for entry in sim.ledger(host="api.amazonalexa.com")]
