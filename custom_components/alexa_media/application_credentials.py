"""Application credentials: the security profile of Login with Amazon for signing in to a property."""

from typing import Any, override

from aiohttp import ClientError
from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .backends import LOGIN_HOSTS, use_login_host
from .cloud.json import mapping, text
from .cloud.property.operation import Region

DOCUMENTATION = "https://github.com/alexa-media/alexa_media/blob/main/docs/smart-properties.md"


class PropertyImplementation(AuthImplementation):
    """OAuth2 implementation for a security profile."""

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a token request; raises ``ClientError``, also for a response without a valid token.

        Home Assistant itself does not validate the response completely.
        """
        try:
            token: dict[str, Any] = {**mapping(await super()._token_request(data))}
            int(token["expires_in"])
        except (LookupError, TypeError, ValueError, OverflowError) as err:
            raise ClientError("The response contains no lifetime of a token") from err
        if text(token.get("access_token")) is None:
            raise ClientError("The response contains no access token")
        if text(token.get("refresh_token")) is None:
            # The previous one remains valid. A new sign-in has none, and could not be renewed.
            token.pop("refresh_token", None)
            if "refresh_token" not in data:
                raise ClientError("The response contains no refresh token")
        return token


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AbstractOAuth2Implementation:
    """Return the OAuth2 implementation for a security profile, with the sign-in site of North America."""
    implementation = PropertyImplementation(hass, auth_domain, credential, AuthorizationServer("", ""))
    return use_login_host(implementation, LOGIN_HOSTS[Region.NORTH_AMERICA])


async def async_get_description_placeholders(_hass: HomeAssistant) -> dict[str, str]:
    """Return the placeholders for the text of Home Assistant's dialog for application credentials."""
    return {
        "console_url": "https://developer.amazon.com/loginwithamazon/console/site/lwa/overview.html",
        "redirect_url": "https://my.home-assistant.io/redirect/oauth",
        "more_info_url": DOCUMENTATION,
    }
