"""Options flows of accounts and properties."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
import re
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol
from yarl import URL

from .. import recordings
from ..cloud.model.appliances import Appliance
from ..cloud.model.devices import Device
from ..cloud.names import filter_names, folded
from ..const import (
    CONF_APPLIANCES,
    CONF_BROADCAST,
    CONF_CONVERSATION,
    CONF_EXCLUDE_DEVICES,
    CONF_EXTENDED_DISCOVERY,
    CONF_INCLUDE_DEVICES,
    CONF_KEEP_TRANSCRIPTS,
    CONF_PUBLIC_URL,
    CONF_SCAN_INTERVAL,
    DEFAULT_SCAN_INTERVAL,
)
from ..coordinator.runtime import AlexaConfigEntry

MIN_INTERVAL: Final = 10
MAX_INTERVAL: Final = 3600

# International domain names have been converted to ASCII at this point.
_ADDRESS: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:/[!-~]*)?")
# Fields of the forms that aren't options.
_RECORD: Final = "record"
_HOURS: Final = "hours"
_FILTERS: Final = (CONF_INCLUDE_DEVICES, CONF_EXCLUDE_DEVICES)
# Options whose changes only take effect after a reload of the account.
_NEEDS_RELOAD: Final = (CONF_BROADCAST, CONF_CONVERSATION, CONF_EXTENDED_DISCOVERY, CONF_KEEP_TRANSCRIPTS)


class AlexaMediaOptionsFlow(OptionsFlow):
    """Flow for changing the options of an account.

    The flow itself applies them, because Home Assistant deprecates update listeners in integrations that reload the
    entry after a new sign-in.
    """

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options, then store and apply them; start or end a recording if requested."""
        entry: AlexaConfigEntry = self.config_entry
        before = current_options(entry)
        is_recording = await recordings.async_is_started(self.hass, entry)
        if user_input is None:
            await _async_freshen(entry)
            return self._show({**before, _RECORD: True} if is_recording else before)
        user_input = dict(user_input)
        wants_recording = user_input.pop(_RECORD, is_recording)
        lists = (*_FILTERS, CONF_APPLIANCES)
        after = {
            CONF_PUBLIC_URL: "",
            **{key: before[key] for key in (CONF_CONVERSATION, CONF_BROADCAST)},
            **{key: user_input.get(key, []) for key in lists},
            **user_input,
        }
        after[CONF_SCAN_INTERVAL] = int(after[CONF_SCAN_INTERVAL])
        if (url := _root(after[CONF_PUBLIC_URL])) is None:
            return self._show(after, {CONF_PUBLIC_URL: "invalid_public_url"})
        after[CONF_PUBLIC_URL] = url
        if set(after[CONF_INCLUDE_DEVICES]) & set(after[CONF_EXCLUDE_DEVICES]):
            return self._show(after, {CONF_EXCLUDE_DEVICES: "included_and_excluded"})
        self.hass.config_entries.async_update_entry(entry, options={**entry.options, **after})
        self._apply(entry, before, after)
        if wants_recording and not is_recording:
            return await self.async_step_record()
        if is_recording and not wants_recording:
            try:
                await recordings.async_stop(self.hass, entry)
            except OSError:
                return self._show(after, {"base": "recording_not_written"})
        return self.async_create_entry(data=dict(entry.options))

    async def async_step_record(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the duration of a recording, and reload the account to start it."""
        entry: AlexaConfigEntry = self.config_entry
        if user_input is None:
            hours = NumberSelector(
                NumberSelectorConfig(min=1, max=recordings.MAX_HOURS, step=1, unit_of_measurement="h")
            )
            return self.async_show_form(
                step_id="record", data_schema=vol.Schema({vol.Required(_HOURS, default=1): hours})
            )
        if await recordings.async_start(self.hass, entry, user_input[_HOURS]) is not None:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data=dict(entry.options))

    def _apply(self, entry: AlexaConfigEntry, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Apply changed options to a loaded account, with a reload only if necessary."""
        if entry.state is not ConfigEntryState.LOADED:
            return
        if any(before[key] != after[key] for key in _NEEDS_RELOAD):
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        runtime = entry.runtime_data
        if any(before[key] != after[key] for key in _FILTERS):
            runtime.devices.async_options_changed()
        if runtime.players is not None and before[CONF_PUBLIC_URL] != after[CONF_PUBLIC_URL]:
            # Players can announce sounds only with an external URL that Amazon can reach.
            runtime.players.async_show_again()
        if runtime.appliances is not None and before[CONF_APPLIANCES] != after[CONF_APPLIANCES]:
            runtime.appliances.async_options_changed()
        if runtime.players is not None and before[CONF_SCAN_INTERVAL] != after[CONF_SCAN_INTERVAL]:
            runtime.players.async_options_changed()

    def _show(self, values: Mapping[str, Any], errors: dict[str, str] | None = None) -> ConfigFlowResult:
        """Show the form with values: the current options, or the user's input again."""
        chosen = {serial for key in _FILTERS for serial in values[key]}
        devices = _several_of(_choices(_listed(self.config_entry), chosen))
        appliances = _several_of(_appliance_choices(_others(self.config_entry), values[CONF_APPLIANCES]))
        interval = NumberSelector(
            NumberSelectorConfig(
                min=MIN_INTERVAL, max=MAX_INTERVAL, step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX
            )
        )
        schema = vol.Schema(
            {
                vol.Optional(CONF_INCLUDE_DEVICES): devices,
                vol.Optional(CONF_EXCLUDE_DEVICES): devices,
                vol.Required(CONF_SCAN_INTERVAL): interval,
                vol.Optional(CONF_PUBLIC_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
                vol.Required(CONF_EXTENDED_DISCOVERY): BooleanSelector(),
                vol.Optional(CONF_APPLIANCES): appliances,
                vol.Required(CONF_KEEP_TRANSCRIPTS): BooleanSelector(),
                vol.Optional(CONF_CONVERSATION): BooleanSelector(),
                vol.Optional(CONF_BROADCAST): BooleanSelector(),
                vol.Optional(_RECORD): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(schema, values), errors=errors
        )


class PropertyOptionsFlow(AlexaMediaOptionsFlow):
    """Flow for changing the options that apply to a property."""

    @override
    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options, and store them; options that are not shown are kept."""
        if user_input is not None:
            kept = current_options(self.config_entry)
            user_input = {key: value for key, value in kept.items() if key not in _FILTERS} | user_input
        return await super().async_step_init(user_input)

    @override
    def _show(self, values: Mapping[str, Any], errors: dict[str, str] | None = None) -> ConfigFlowResult:
        """Show the form with only the fields that apply to a property."""
        result = super()._show(values, errors)
        if schema := result["data_schema"]:
            shown = {key: selector for key, selector in schema.schema.items() if str(key) in (*_FILTERS, _RECORD)}
            result["data_schema"] = vol.Schema(shown)
        return result


def current_options(entry: AlexaConfigEntry) -> dict[str, Any]:
    """Return the current options; devices are given by serial, or as stored if no device has the stored name."""
    stored = {**entry.data, **entry.options}
    devices = _listed(entry)
    interval = stored.get(CONF_SCAN_INTERVAL) or DEFAULT_SCAN_INTERVAL
    seconds = interval.total_seconds() if isinstance(interval, timedelta) else interval
    return {
        **{key: _serials(stored.get(key), devices) for key in _FILTERS},
        CONF_SCAN_INTERVAL: min(max(int(seconds), MIN_INTERVAL), MAX_INTERVAL),
        CONF_PUBLIC_URL: (stored.get(CONF_PUBLIC_URL) or "").rstrip("/"),
        CONF_APPLIANCES: list(stored.get(CONF_APPLIANCES) or ()),
        CONF_EXTENDED_DISCOVERY: bool(stored.get(CONF_EXTENDED_DISCOVERY, False)),
        CONF_KEEP_TRANSCRIPTS: bool(stored.get(CONF_KEEP_TRANSCRIPTS, True)),
        CONF_CONVERSATION: bool(stored.get(CONF_CONVERSATION, False)),
        CONF_BROADCAST: bool(stored.get(CONF_BROADCAST, False)),
    }


def _several_of(options: list[SelectOptionDict]) -> SelectSelector:
    """Return a field in which any number of options can be selected."""
    return SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.DROPDOWN))


def _listed(entry: AlexaConfigEntry) -> Mapping[str, Device]:
    """Return by serial all devices that can have entities, ignoring the filters; empty if the account isn't loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return {}
    devices = entry.runtime_data.devices
    known = {**devices.data, **devices.listed}
    return {serial: device for serial, device in known.items() if devices.has_use(device)}


async def _async_freshen(entry: AlexaConfigEntry) -> None:
    """Discover the appliances of a loaded account, unless a discovery is recent."""
    if entry.state is ConfigEntryState.LOADED and entry.runtime_data.appliances is not None:
        await entry.runtime_data.appliances.async_freshen()


def _others(entry: AlexaConfigEntry) -> Mapping[str, Appliance]:
    """Return the selectable appliances by entity id; empty if the account isn't loaded."""
    if entry.state is not ConfigEntryState.LOADED or entry.runtime_data.appliances is None:
        return {}
    return entry.runtime_data.appliances.others


def _appliance_choices(appliances: Mapping[str, Appliance], chosen: Iterable[str]) -> list[SelectOptionDict]:
    """Return the options for selectable appliances (name and manufacturer), including selected ones now missing."""
    labels = {entity_id: entity_id for entity_id in chosen}
    for entity_id, appliance in appliances.items():
        labels[entity_id] = f"{appliance.name} ({appliance.manufacturer})" if appliance.manufacturer else appliance.name
    return _options(labels)


def _options(labels: Mapping[str, str]) -> list[SelectOptionDict]:
    """Return options with labels, sorted by label."""
    in_order = sorted(labels.items(), key=lambda item: item[1].casefold())
    return [SelectOptionDict(value=value, label=label) for value, label in in_order]


def _serials(value: str | Iterable[str] | None, devices: Mapping[str, Device]) -> list[str]:
    """Return a filter as serials, with unknown names unchanged."""
    by_name: dict[str, list[str]] = {}
    for serial, device in devices.items():
        by_name.setdefault(folded(device.name), []).append(serial)
    return [one for name in filter_names(value or (), by_name) for one in by_name.get(folded(name), (name,))]


def _choices(devices: Mapping[str, Device], chosen: Iterable[str]) -> list[SelectOptionDict]:
    """Return the options for selectable devices (by name), and for selected ones now missing (as stored)."""
    labels = {**{serial: serial for serial in chosen}, **{serial: device.name for serial, device in devices.items()}}
    return _options(labels)


def _root(text: str) -> str | None:
    """Return a normalized URL, "" for an empty text; None unless it is http(s) without user, query and fragment."""
    given = text.strip().rstrip("/")
    if not given:
        return ""
    try:
        url = URL(given)
        port = url.port
    except ValueError:
        return None
    plain = not (url.user or url.password or url.query_string or url.fragment) and "?" not in given and "#" not in given
    if url.scheme not in ("http", "https") or not plain or not port:
        return None
    found = str(url).rstrip("/")
    return found if _ADDRESS.fullmatch(found) else None
