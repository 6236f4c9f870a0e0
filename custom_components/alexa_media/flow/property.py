"""Sign-in to an organization of Alexa Smart Properties: region, Login with Amazon, organization and unit."""

from abc import ABCMeta
from collections.abc import Mapping
import logging
from typing import Any, Final, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntry, ConfigFlowResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2FlowHandler
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio as vol

from ..backends import CONF_TOKEN, LOGIN_HOSTS, use_login_host
from ..cloud.errors import (
    AlexaAuthError,
    AlexaError,
    AlexaInvalidValueError,
    AlexaPermissionError,
    AlexaUnsupportedError,
)
from ..cloud.property.client import SmartPropertiesClient
from ..cloud.property.models import PropertyUnit
from ..cloud.property.operation import Region
from ..const import (
    CONF_ID_PREFIX,
    CONF_ID_SUFFIX,
    CONF_LOGIN_HOST,
    CONF_REGION,
    CONF_UNIT_ID,
    CONF_WHOLE_ORGANIZATION,
    DOMAIN,
)

_LOGGER: Final = logging.getLogger(__name__)

CONF_IMPLEMENTATION: Final = "auth_implementation"
CONF_UNIT: Final = "unit"

ID_PREFIX: Final = "asp_"

SCOPE: Final = "alexa::enterprise:management credential_locker::wifi_management"
"""Scope of the management operations, and the separate scope of Wi-Fi networks."""

_BY_REGION: Final = "by_region"
_LOGIN_HOSTS: Final = {"amazon_com": "amazon.com", "amazon_co_uk": "amazon.co.uk", "amazon_co_jp": "amazon.co.jp"}
_DEEPEST: Final = 15


class PropertyFlow(AbstractOAuth2FlowHandler, metaclass=ABCMeta):
    """The Alexa Smart Properties steps of the config flow."""

    DOMAIN = DOMAIN

    def __init__(self) -> None:
        """Initialize with North America as the region."""
        super().__init__()
        self._region = Region.NORTH_AMERICA
        self._login_host = LOGIN_HOSTS[Region.NORTH_AMERICA]
        self._oauth_data: dict[str, Any] = {}
        self._units: dict[str, PropertyUnit] = {}
        self._organization: PropertyUnit | None = None

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return the logger for Home Assistant's OAuth2 flow."""
        return _LOGGER

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """Return the scopes to request from Amazon."""
        return {"scope": SCOPE}

    @override
    async def async_generate_authorize_url(self) -> str:
        """Return the URL for the browser at the selected site of Login with Amazon."""
        use_login_host(self.flow_impl, self._login_host)
        return await super().async_generate_authorize_url()

    # --- region ---------------------------------------------------------------------------

    async def async_step_smart_properties(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the region and site, then start the sign-in to a new property."""
        if user_input is None:
            return self._show_region("smart_properties", _region_of(self.hass.config.country), _BY_REGION)
        self._take_region(user_input)
        return await self.async_step_pick_implementation()

    async def async_step_property_reauth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Explain that a new sign-in is needed, then start it with the same security profile."""
        entry = self._get_reauth_entry()
        if user_input is None:
            return self.async_show_form(
                step_id="property_reauth",
                data_schema=vol.Schema({}),
                description_placeholders={"account": entry.title},
            )
        self._region, self._login_host = Region(entry.data[CONF_REGION]), entry.data[CONF_LOGIN_HOST]
        return await self.async_step_pick_implementation({"implementation": entry.data[CONF_IMPLEMENTATION]})

    async def async_step_property_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the region and site of the sign-in, then start it again."""
        if user_input is None:
            data = self._get_reconfigure_entry().data
            region, host = Region(data[CONF_REGION]), data[CONF_LOGIN_HOST]
            chosen = _BY_REGION if host == LOGIN_HOSTS[region] else host.replace(".", "_")
            return self._show_region("property_reconfigure", region, chosen)
        self._take_region(user_input)
        return await self.async_step_pick_implementation()

    def _show_region(self, step_id: str, region: Region, login_host: str) -> ConfigFlowResult:
        """Show the form with the regions and the sites of Login with Amazon."""
        regions = SelectSelector(
            SelectSelectorConfig(
                options=[item.value for item in Region], mode=SelectSelectorMode.LIST, translation_key="region"
            )
        )
        hosts = SelectSelector(
            SelectSelectorConfig(
                options=[_BY_REGION, *_LOGIN_HOSTS],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key="login_host",
            )
        )
        schema = vol.Schema(
            {
                vol.Required(CONF_REGION, default=region.value): regions,
                vol.Required(CONF_LOGIN_HOST, default=login_host): hosts,
            }
        )
        return self.async_show_form(step_id=step_id, data_schema=schema)

    def _take_region(self, user_input: Mapping[str, Any]) -> None:
        """Store the selected region, and the selected site of Login with Amazon or the default of the region."""
        self._region = Region(user_input[CONF_REGION])
        self._login_host = _LOGIN_HOSTS.get(user_input[CONF_LOGIN_HOST], LOGIN_HOSTS[self._region])

    # --- organization and unit ------------------------------------------------------------

    @override
    async def async_oauth_create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Ask for the organization, or renew the sign-in of an existing entry."""
        self._oauth_data = data
        if self.source == SOURCE_USER:
            return await self.async_step_organization()
        entry = self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()
        return await self._async_renew(entry)

    async def _async_renew(self, entry: ConfigEntry[Any]) -> ConfigFlowResult:
        """Store the new sign-in and reload the entry, or abort if the entry's unit cannot be read with it."""
        try:
            await self._client().get_unit(entry.data[CONF_UNIT_ID])
        except AlexaError as err:
            _LOGGER.debug("Could not read the unit: %s", err.details)
            return self.async_abort(reason=_KEYS.get(type(err), "cannot_connect_property"))
        return self.async_update_reload_and_abort(
            entry,
            data_updates={**self._oauth_data, CONF_REGION: self._region.value, CONF_LOGIN_HOST: self._login_host},
        )

    async def async_step_organization(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the id of an organization or of one of its units, and read it with the units below it."""
        if user_input is None:
            return self._show_organization()
        unit_id = user_input[CONF_UNIT_ID].strip()
        try:
            await self._async_read_units(unit_id)
        except AlexaError as err:
            _LOGGER.debug("Could not read the organization: %s", err.details)
            return self._show_organization(unit_id, _KEYS.get(type(err), "cannot_connect_property"))
        return await self.async_step_unit()

    async def _async_read_units(self, unit_id: str) -> None:
        """Read a unit and all units below it; raises ``AlexaError``."""
        client = self._client()
        self._organization = top = await client.get_unit(unit_id)
        self._units = {top.id: top, **{unit.id: unit async for unit in client.iter_units(top.id, depth=_DEEPEST)}}

    async def async_step_unit(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the whole organization or one unit, then create the entry."""
        top = self._organization
        if top is None:
            return await self.async_step_organization()
        if user_input is None:
            options = [
                SelectOptionDict(value=unit.id, label=_label(unit, self._units)) for unit in self._units.values()
            ]
            selector = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))
            return self.async_show_form(
                step_id="unit",
                data_schema=vol.Schema({vol.Required(CONF_UNIT, default=top.id): selector}),
                description_placeholders={"organization": _name(top)},
            )
        unit_id = user_input[CONF_UNIT]
        await self.async_set_unique_id(f"{ID_PREFIX}{unit_id}")
        self._abort_if_unique_id_configured()
        others = [entry for entry in self._async_current_entries() if CONF_REGION in entry.data]
        return self.async_create_entry(
            title=_name(self._units[unit_id]),
            data={
                **self._oauth_data,
                CONF_REGION: self._region.value,
                CONF_LOGIN_HOST: self._login_host,
                CONF_UNIT_ID: unit_id,
                CONF_WHOLE_ORGANIZATION: unit_id == top.id and not top.parent_id,
                CONF_ID_PREFIX: ID_PREFIX,
                # Two properties may have the same Echo, so the ids of further properties get a suffix.
                CONF_ID_SUFFIX: unit_id.rpartition(".")[2] if others else "",
            },
        )

    def _show_organization(self, unit_id: str = "", error: str | None = None) -> ConfigFlowResult:
        """Show the form for the id of an organization or of one of its units."""
        schema = vol.Schema(
            {vol.Required(CONF_UNIT_ID, default=unit_id): TextSelector(TextSelectorConfig(autocomplete="off"))}
        )
        return self.async_show_form(
            step_id="organization", data_schema=schema, errors={CONF_UNIT_ID: error} if error else None
        )

    def _client(self) -> SmartPropertiesClient:
        """Return a client with the access token of this sign-in."""
        token: str = self._oauth_data[CONF_TOKEN]["access_token"]

        async def access_token(refused: str | None = None) -> str:
            if refused is not None:
                raise AlexaAuthError("The new token is refused")
            return token

        return SmartPropertiesClient(async_get_clientsession(self.hass), self._region, access_token, patience=4)


_KEYS: Final[Mapping[type[AlexaError], str]] = {
    AlexaAuthError: "property_refused",
    AlexaPermissionError: "property_refused",
    AlexaUnsupportedError: "unit_unknown",
    AlexaInvalidValueError: "unit_invalid",
}
"""Error keys of the form and reasons for aborting, by error type."""


def _name(unit: PropertyUnit) -> str:
    """Return the name of a unit, or its id if it has none."""
    return unit.name or unit.id


def _label(unit: PropertyUnit, found: Mapping[str, PropertyUnit]) -> str:
    """Return the path of a unit from its topmost known ancestor down, as a label."""
    names: list[str] = []
    current: PropertyUnit | None = unit
    while current is not None and len(names) <= _DEEPEST:
        names.insert(0, _name(current))
        current = found.get(current.parent_id or "")
    return " / ".join(names)


def _region_of(country: str | None) -> Region:
    """Return the likely region of a country (ISO 3166 alpha-2)."""
    if country == "JP":
        return Region.FAR_EAST
    return Region.NORTH_AMERICA if country in ("US", "CA", None) else Region.EUROPE
