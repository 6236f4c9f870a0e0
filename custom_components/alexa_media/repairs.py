"""Repair flows."""

from typing import Any, Final, cast

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.components.repairs.models import RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
import probatio as vol

from .coordinator.runtime import AlexaConfigEntry
from .features.alarms import async_choose_default, default_choices

_ECHO: Final = "echo"


class DefaultDeviceFlow(RepairsFlow):
    """Repair flow in which the user selects the default device of an account."""

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Initialize for an account."""
        self._entry = entry

    async def async_step_init(self, _issue: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start the flow."""
        return await self.async_step_choose()

    async def async_step_choose(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show the single devices that support alarms, and store the selected one as the default device."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="account_not_loaded")
        choices = default_choices(self._entry, groups=False)
        if user_input is not None:
            async_choose_default(self.hass, self._entry, user_input[_ECHO])
            return self.async_create_entry(data={})
        options = [SelectOptionDict(value=serial, label=name) for name, serial in choices.items()]
        schema = vol.Schema({vol.Required(_ECHO): SelectSelector(SelectSelectorConfig(options=options))})
        return self.async_show_form(
            step_id="choose", data_schema=schema, description_placeholders={"account": self._entry.title}
        )


async def async_create_fix_flow(hass: HomeAssistant, _issue_id: str, data: dict[str, Any] | None) -> RepairsFlow:
    """Return the flow for an issue, which only asks for confirmation if the account was removed."""
    entry = hass.config_entries.async_get_entry(str((data or {}).get("entry_id")))
    return ConfirmRepairFlow() if entry is None else DefaultDeviceFlow(cast(AlexaConfigEntry, entry))
