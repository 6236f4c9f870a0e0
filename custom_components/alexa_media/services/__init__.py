"""The actions of the integration's own, a module for each family."""

from homeassistant.core import HomeAssistant, callback

from . import accounts, alerts, history, media, players, routines, settings, smart_properties, speech


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions; they are there whether or not an account is loaded."""
    for family in (accounts, alerts, history, media, players, routines, settings, smart_properties, speech):
        family.async_setup(hass)
