"""Repair issues, and translated errors."""

from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

# alexa_media_player's id of the issue: users who have ignored it there need not do so again.
ISSUE_YAML: Final = "deprecated_yaml_configuration"


@callback
def async_report_yaml(hass: HomeAssistant, *, present: bool) -> None:
    """Create the issue about ``alexa_media:`` in configuration.yaml if that is ``present``, else delete the issue."""
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


@dataclass(frozen=True, slots=True)
class EntryIssue:
    """A kind of issue about a config entry, or about one of its topics."""

    key: str
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    is_fixable: bool = False

    @callback
    def async_report(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], topic: str | None = None, **placeholders: str
    ) -> None:
        """Create the issue about an entry, or about one of its topics."""
        ir.async_create_issue(
            hass,
            DOMAIN,
            self._id(entry, topic),
            data={"entry_id": entry.entry_id} if self.is_fixable else None,
            is_fixable=self.is_fixable,
            severity=self.severity,
            translation_key=self.key,
            translation_placeholders={"account": entry.title, **placeholders},
        )

    @callback
    def async_clear(self, hass: HomeAssistant, entry: ConfigEntry[Any], topic: str | None = None) -> None:
        """Delete the issue about an entry, or about one of its topics, if there is one."""
        ir.async_delete_issue(hass, DOMAIN, self._id(entry, topic))

    @callback
    def async_withdraw(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], topic: str | None = None, *, ignored: bool = False
    ) -> None:
        """Delete the issues about an entry and all its topics, or about one of its topics.

        Those that the user has ignored are only deleted with ``ignored``: they must not reappear after a reload.
        """
        issues, wanted = ir.async_get(hass).issues, self._id(entry, topic)
        for domain, issue_id in tuple(issues):
            is_wanted = issue_id == wanted or (topic is None and issue_id.startswith(f"{wanted}_"))
            if domain == DOMAIN and is_wanted and (ignored or not issues[domain, issue_id].dismissed_version):
                ir.async_delete_issue(hass, domain, issue_id)

    def _id(self, entry: ConfigEntry[Any], topic: str | None) -> str:
        return "_".join(filter(None, (self.key, entry.entry_id, topic)))


PERMISSION: Final = EntryIssue("permission_missing")
"""Amazon does not allow the account to read a topic."""

DUPLICATE: Final = EntryIssue("duplicate_account", ir.IssueSeverity.ERROR)
"""The entry is a copy of another entry; the placeholder ``other`` is the title of that entry."""

NO_DEFAULT: Final = EntryIssue("no_default_device", is_fixable=True)
"""The default device of the account was needed, for example by a routine, but none is selected."""


def translated[E: HomeAssistantError](kind: type[E], key: str, /, **placeholders: str) -> E:
    """Return an error with a translated message; ``key`` is its translation key.

    Blank placeholders, such as an id from a template, are put in quotes.
    """
    shown = {name: text if text.strip() else f'"{text}"' for name, text in placeholders.items()}
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=shown or None)
