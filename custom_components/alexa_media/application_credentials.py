"""Application credentials: the security profile of Login with Amazon with which a property is signed in to."""

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .backends import LOGIN_HOSTS, lead_to
from .cloud.property.operation import Region

DOCUMENTATION = "https://github.com/alexa-media/alexa_media/blob/main/docs/smart-properties.md"


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AbstractOAuth2Implementation:
    """Return how to sign in with a security profile: its secret goes in the body of a request.

    Where, the region of the entry or of the flow says; until then it is North America's.
    """
    implementation = AuthImplementation(hass, auth_domain, credential, AuthorizationServer("", ""))
    return lead_to(implementation, LOGIN_HOSTS[Region.NORTH_AMERICA])


async def async_get_description_placeholders(_hass: HomeAssistant) -> dict[str, str]:
    """Return what the text of the dialog names."""
    return {
        "console_url": "https://developer.amazon.com/loginwithamazon/console/site/lwa/overview.html",
        "redirect_url": "https://my.home-assistant.io/redirect/oauth",
        "more_info_url": DOCUMENTATION,
    }
