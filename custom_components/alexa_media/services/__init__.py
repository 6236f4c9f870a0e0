"""Actions of the integration, one module per family."""

from homeassistant.core import HomeAssistant, callback

from . import accounts, alarms, appliances, history, players, property as smart_properties


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, whether or not an account is loaded."""
    for family in (accounts, alarms, appliances, history, players, smart_properties):
        for action in family.ACTIONS:
            action.async_register(hass)
