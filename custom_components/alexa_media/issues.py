"""Issues that the user finds under Settings, Repairs."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

# alexa_media_player's id of the issue: who has ignored it there need not do so again.
ISSUE_YAML: Final = "deprecated_yaml_configuration"


@callback
def async_report_yaml(hass: HomeAssistant, *, present: bool) -> None:
    """Ask for ``alexa_media:`` to be taken out of configuration.yaml, as long as it is there."""
    if not present:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_YAML)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_YAML,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_YAML,
        translation_placeholders={"domain": DOMAIN},
    )
