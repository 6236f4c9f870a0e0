"""Repair issues."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .cloud.errors import AlexaPermissionError
from .const import DOMAIN

# alexa_media_player's id of the issue: users who have ignored it there need not do so again.
ISSUE_YAML: Final = "deprecated_yaml_configuration"
ISSUE_PERMISSION: Final = "permission_missing"
ISSUE_DUPLICATE: Final = "duplicate_account"
ISSUE_DEFAULT_DEVICE: Final = "no_default_device"


@callback
def async_report_yaml(hass: HomeAssistant, *, present: bool) -> None:
    """Create the issue about ``alexa_media:`` in configuration.yaml, or delete it if there is none."""
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


@callback
def async_report_permission(
    hass: HomeAssistant, entry: ConfigEntry[Any], topic: str, err: AlexaPermissionError
) -> None:
    """Create the issue about a topic that Amazon does not allow this account to read."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_PERMISSION}_{entry.entry_id}_{topic}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_PERMISSION,
        translation_placeholders={"account": entry.title, **err.placeholders},
    )


@callback
def async_clear_permission(hass: HomeAssistant, entry: ConfigEntry[Any], topic: str) -> None:
    """Delete the issue about a topic that Amazon does not allow this account to read."""
    ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_PERMISSION}_{entry.entry_id}_{topic}")


@callback
def async_report_duplicate(hass: HomeAssistant, entry: ConfigEntry[Any], other: str) -> None:
    """Create the issue about an entry that is a copy of the entry with the title ``other``."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_DUPLICATE}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_DUPLICATE,
        translation_placeholders={"account": entry.title, "other": other},
    )


@callback
def async_clear_duplicate(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete the issue about an entry that is a copy."""
    ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_DUPLICATE}_{entry.entry_id}")


@callback
def async_report_no_default(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Create the issue about an account without a default device, because an action has just needed one."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_DEFAULT_DEVICE}_{entry.entry_id}",
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_DEFAULT_DEVICE,
        translation_placeholders={"account": entry.title},
    )


@callback
def async_clear_no_default(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete the issue about an account without a default device."""
    ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_DEFAULT_DEVICE}_{entry.entry_id}")
