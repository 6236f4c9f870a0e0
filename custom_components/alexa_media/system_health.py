"""System health information without the names of accounts."""

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, Final

from homeassistant.components import system_health
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant, callback

from .const import CONF_URL, DOMAIN
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .features.speech import is_loaded

_COUNTED: Final[Mapping[str, Callable[[AlexaRuntimeData], Sized]]] = {
    "devices": lambda runtime: runtime.devices.data,
    "unsupported": lambda runtime: runtime.backend.unsupported,
    "drift": lambda runtime: runtime.backend.drift,
}
"""What is counted per account: devices, requests that Amazon refuses, and changes in Amazon's responses."""


@callback
def async_register(_hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the system health information."""
    register.async_register_info(async_system_health_info)


async def async_system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the sign-in state, push state and counts of each enabled account, and whether Amazon can be reached."""
    entries: Sequence[AlexaConfigEntry] = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    domain = next((entry.data[CONF_URL] for entry in entries if CONF_URL in entry.data), "amazon.com")
    info: dict[str, Any] = {"accounts": len(entries)}
    if entries:
        info["signed_in"] = _by_account([_signed_in(hass, entry) for entry in entries])
        info["push_up"] = _by_account([is_loaded(entry) and entry.runtime_data.push.up for entry in entries])
        for name, counted in _COUNTED.items():
            info[name] = _by_account([len(counted(entry.runtime_data)) if is_loaded(entry) else 0 for entry in entries])
    info["can_reach_amazon"] = system_health.async_check_can_reach_url(hass, f"https://alexa.{domain}/api/ping")
    return info


def _signed_in(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Return whether an account is loaded and no new sign-in is pending."""
    return is_loaded(entry) and not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


def _by_account(values: Sequence[bool | int]) -> bool | int | str:
    """Return the value of a single account, or the numbered values of several accounts as text."""
    if len(values) == 1:
        return values[0]
    texts = ({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) for value in values)
    return ", ".join(f"{number}: {text}" for number, text in enumerate(texts, 1))
