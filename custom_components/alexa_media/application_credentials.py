"""Application credentials: the security profile of Login with Amazon for signing in to a property."""

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .backends import LOGIN_HOSTS, use_login_host
from .cloud.property.operation import Region

DOCUMENTATION = "https://github.com/alexa-media/alexa_media/blob/main/docs/smart-properties.md"


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AbstractOAuth2Implementation:
    """Return the OAuth2 implementation of a security profile, which sends the client secret in the request body.

    It uses the sign-in site of North America until ``use_login_host`` sets another one.
    """
    implementation = AuthImplementation(hass, auth_domain, credential, AuthorizationServer("", ""))
    return use_login_host(implementation, LOGIN_HOSTS[Region.NORTH_AMERICA])


async def async_get_description_placeholders(_hass: HomeAssistant) -> dict[str, str]:
    """Return the placeholders for the text of Home Assistant's dialog for application credentials."""
    return {
        "console_url": "https://developer.amazon.com/loginwithamazon/console/site/lwa/overview.html",
        "redirect_url": "https://my.home-assistant.io/redirect/oauth",
        "more_info_url": DOCUMENTATION,
    }
