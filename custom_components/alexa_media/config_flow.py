"""Config flow: select the marketplace, and sign in through Home Assistant or on Amazon's own page."""

from collections.abc import Iterable, Mapping
import contextlib
import logging
from traceback import walk_tb
from typing import Any, Final, override
from uuid import uuid4

from aiohttp import ClientSession, CookieJar
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow, FlowError, UnknownFlow
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import slugify
import probatio as vol

from .backends import create_push_client
from .cloud.account.backend import AccountBackend
from .cloud.account.enrollment import Enrollment
from .cloud.account.sign_in_proxy import checked_otp_secret
from .cloud.errors import AlexaConnectionError, AlexaError, EnrollmentError
from .cloud.model.devices import Account, Credentials
from .const import (
    CONF_ACCOUNT_ID,
    CONF_CUSTOMER_ID,
    CONF_EMAIL,
    CONF_FEW_ENTITIES,
    CONF_ID_SUFFIX,
    CONF_MAC_DMS,
    CONF_OTP_SECRET,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SERIAL,
    CONF_URL,
    DOMAIN,
    ENTRY_MINOR_VERSION,
    ENTRY_VERSION,
    EVENT_RELOGIN_REQUIRED,
    EVENT_RELOGIN_SUCCESS,
    MARKETPLACES,
)
from .coordinator.runtime import sharing_registration
from .entity import masked
from .flow.login_proxy import LoginSession, async_open_login
from .flow.options import AlexaMediaOptionsFlow, PropertyOptionsFlow
from .flow.property import PropertyFlow

_LOGGER = logging.getLogger(__name__)

CONF_MARKETPLACE: Final = "marketplace"
CONF_REDIRECT_URL: Final = "redirect_url"

# Errors after which the user can correct the URL or submit it again.
_CODE_UNUSED: Final = frozenset({"invalid_url", "wrong_page", "wrong_marketplace_url", "no_code", "cannot_connect"})

# Errors after which the sign-in has to start again, because the code is no longer valid.
_CODE_USED: Final = frozenset({"code_refused", "not_identified"})

# With the proxy, the user enters no URL, so an invalid URL means that it contains no code.
_PROXY_ERRORS: Final = frozenset({"cannot_connect", "code_refused", "not_identified", "unknown"})

# Marketplaces of countries whose marketplace is not "amazon." with the country code, or that have no marketplace. Most
# Irish accounts with an Echo are older than amazon.ie, for which no sign-in is known.
_MARKETPLACE_OF: Final[Mapping[str, str]] = {
    "AT": "amazon.de",
    "AU": "amazon.com.au",
    "BE": "amazon.com.be",
    "BR": "amazon.com.br",
    "CH": "amazon.de",
    "GB": "amazon.co.uk",
    "IE": "amazon.co.uk",
    "JP": "amazon.co.jp",
    "LI": "amazon.de",
    "LU": "amazon.de",
    "MX": "amazon.com.mx",
    "NZ": "amazon.com.au",
    "PT": "amazon.es",
    "TR": "amazon.com.tr",
    "ZA": "amazon.co.za",
}


class _WrongMarketplaceError(Exception):
    """The account belongs to the marketplace ``domain``, which uses a different sign-in."""

    def __init__(self, domain: str) -> None:
        """Initialize with the marketplace that Amazon reported."""
        super().__init__(domain)
        self.domain = domain


class AlexaMediaConfigFlow(PropertyFlow, ConfigFlow, domain=DOMAIN):
    """Sign-in for a new or an existing account; ``PropertyFlow`` adds the sign-in to a property.

    All attempts of one flow register under the same device serial, so a later registration replaces an earlier one.
    """

    VERSION = ENTRY_VERSION
    MINOR_VERSION = ENTRY_MINOR_VERSION

    _enrollment: Enrollment
    _marketplace: str

    def __init__(self) -> None:
        """Initialize with a new serial for the registration: 32 hex digits, as in Amazon's app."""
        super().__init__()
        self._serial = uuid4().hex.upper()
        self._removed = False
        self._may_be_registered = False
        self._login: LoginSession | None = None
        self._otp_secret: str | None = None

    @override
    @callback
    def async_remove(self) -> None:
        """Mark the flow as closed, so that a registration in progress is undone, and close the proxied sign-in."""
        self._removed = True
        self._close_login()
        self._warn_of_registration()

    @override
    @staticmethod
    @callback
    def async_get_options_flow(config_entry: ConfigEntry[Any]) -> OptionsFlow:
        return PropertyOptionsFlow() if CONF_REGION in config_entry.data else AlexaMediaOptionsFlow()

    # --- entry points ----------------------------------------------------------------

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the marketplace, then offer the sign-in methods."""
        if user_input is None:
            return self._show_marketplaces(_marketplace_of(self.hass.config.country))
        self._start_enrollment(user_input[CONF_MARKETPLACE])
        return await self.async_step_sign_in()

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start a new sign-in because the entry needs one, or because the action ``force_logout`` requested it."""
        if CONF_REGION in entry_data:
            return await self.async_step_property_reauth()
        self._fire(EVENT_RELOGIN_REQUIRED)
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Explain the new sign-in, then start it."""
        return await self._async_confirm("reauth_confirm", self._get_reauth_entry(), user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Sign in again at the user's request."""
        if CONF_REGION in self._get_reconfigure_entry().data:
            return await self.async_step_property_reconfigure()
        return await self._async_confirm("reconfigure", self._get_reconfigure_entry(), user_input)

    async def _async_confirm(
        self, step_id: str, entry: ConfigEntry[Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Explain the sign-in, then start it at the entry's marketplace with the entry's serial."""
        if user_input is None:
            return self.async_show_form(
                step_id=step_id,
                data_schema=vol.Schema({}),
                description_placeholders={"account": entry.data.get(CONF_EMAIL) or entry.title},
            )
        self._serial = entry.data[CONF_SERIAL]
        self._otp_secret = entry.data.get(CONF_OTP_SECRET)
        self._start_enrollment(entry.data[CONF_URL])
        return await self.async_step_sign_in()

    async def async_step_sign_in(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the two sign-in methods, and for a new entry also Alexa Smart Properties."""
        others = ["smart_properties"] if self.source == SOURCE_USER else []
        return self.async_show_menu(step_id="sign_in", menu_options=["proxy", "paste", *others])

    # --- through Home Assistant ---------------------------------------------------------

    async def async_step_proxy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the optional setup key of the authenticator app, then open the browser."""
        if user_input is None:
            return self._show_proxy()
        if given := user_input.get(CONF_OTP_SECRET):
            try:
                self._otp_secret = checked_otp_secret(given)
            except ValueError:
                return self._show_proxy({CONF_OTP_SECRET: "invalid_otp_secret"})
        self._close_login()
        try:
            self._login = async_open_login(self.hass, self._enrollment.url, self._otp_secret, self._login_ended)
        except NoURLAvailableError:
            return self._show_proxy({"base": "no_address"})
        return await self.async_step_browser()

    async def async_step_browser(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Wait until the sign-in in the browser ends or expires."""
        if self._login is None or self._login.landed or self._login.expired:
            return self.async_external_step_done(next_step_id="proxy_done")
        return self.async_external_step(step_id="browser", url=self._login.url)

    async def async_step_proxy_done(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Finish the sign-in in the browser."""
        landed = self._login.landed if self._login else None
        self._close_login()
        if landed is None:
            self._start_enrollment(self._marketplace)
            return self._show_proxy({"base": "proxy_expired"})
        result = await self._async_try(landed)
        if not isinstance(result, str):
            return result
        self._start_enrollment(self._marketplace)
        return self._show_proxy({"base": f"proxy_{result if result in _PROXY_ERRORS else 'no_code'}"})

    @callback
    def _login_ended(self) -> None:
        """Continue the flow after the sign-in in the browser has ended or expired."""
        self.hass.async_create_task(self._async_continue(), f"{DOMAIN} sign-in ended")

    async def _async_continue(self) -> None:
        """Continue the flow if it still exists."""
        with contextlib.suppress(UnknownFlow):
            await self.hass.config_entries.flow.async_configure(self.flow_id)

    @callback
    def _close_login(self) -> None:
        """Close the proxied sign-in, if any."""
        if self._login:
            self._login.async_close()
            self._login = None

    # --- the sign-in -----------------------------------------------------------------

    async def async_step_paste(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the URL of the page on which the sign-in ended, then register."""
        if user_input is None:
            return self._show_paste()
        result = await self._async_try(user_input[CONF_REDIRECT_URL])
        if not isinstance(result, str):
            return result
        if result not in _CODE_UNUSED:
            self._start_enrollment(self._marketplace)
        return self._show_paste(result, user_input[CONF_REDIRECT_URL] if result in _CODE_UNUSED else None)

    async def _async_try(self, landed: str) -> ConfigFlowResult | str:
        """Sign in with the URL on which the sign-in ended; return the flow result or an error key.

        Raises ``FlowError``.
        """
        try:
            return await self._async_sign_in(landed)
        except FlowError:
            raise
        except _WrongMarketplaceError as err:
            return self._show_marketplaces(err.domain, "wrong_marketplace")
        except AlexaError as err:
            error = err.key if isinstance(err, EnrollmentError) else "cannot_connect"
            _LOGGER.debug("Sign-in failed: %s (%s %s)", error, err.endpoint, err.status)
        except Exception as err:  # noqa: BLE001 - after any error, the user may try again
            # Without the texts of the traceback, because they may contain the pasted URL.
            _LOGGER.error("Unexpected error during sign-in: %s in %s", type(err).__name__, _place_of(err))  # noqa: TRY400
            error = "unknown"
        return error if error in _CODE_UNUSED | _CODE_USED else "unknown"

    async def _async_sign_in(self, pasted: str) -> ConfigFlowResult:
        """Register with the code in a URL, then create or update the entry; try to undo the registration on failure."""
        code = self._enrollment.code_from(pasted)
        self._refuse_other_entry(self._enrollment.account_from(pasted))
        session = async_create_clientsession(self.hass, auto_cleanup=False, cookie_jar=CookieJar())
        try:
            credentials = await self._async_register(session, code)
            backend = AccountBackend(session, credentials, client_factory=create_push_client)
            try:
                account = await _async_identify(backend)
                # The flow may be closed at any time before it is finished, but not while nothing is awaited.
                await backend.async_close()
                return await self._async_finish(account, credentials)
            except BaseException:
                try:
                    await backend.async_deregister()
                finally:
                    await backend.async_close()
                raise
        finally:
            session.detach()

    async def _async_register(self, session: ClientSession, code: str) -> Credentials:
        """Register with an authorization code, and note whether a failed attempt may have left a registration."""
        try:
            credentials = await self._enrollment.async_register(session, code)
        except AlexaConnectionError as err:
            self._may_be_registered |= err.sent
            if self._removed:
                self._warn_of_registration()
            raise
        self._may_be_registered = False
        return credentials

    @callback
    def _warn_of_registration(self) -> None:
        """Log a warning if the sign-in for a new entry may have left a registration that cannot be undone."""
        if self._may_be_registered and self.source == SOURCE_USER:
            _LOGGER.warning(
                "Amazon gave no usable response to the registration; "
                "the integration may remain in the account's list of devices"
            )

    async def _async_finish(self, account: Account, credentials: Credentials) -> ConfigFlowResult:
        """Create the entry, or update the entry that is signed in again.

        Raises ``FlowError``, or ``_WrongMarketplaceError`` like ``_require_marketplace``. After the check whether the
        flow was closed, nothing may be awaited, because the flow could be closed meanwhile.
        """
        new = self.source == SOURCE_USER
        await self.async_set_unique_id(account.customer_id, raise_on_progress=new)
        if self._removed:
            raise UnknownFlow
        if new:
            self._abort_if_unique_id_configured()
        else:
            self._require_same_account(account)
        self._require_marketplace(account)
        domain = account.domain or self._marketplace
        data: dict[str, Any] = {
            CONF_URL: domain,
            CONF_EMAIL: account.email,
            CONF_SERIAL: credentials.serial,
            CONF_REFRESH_TOKEN: credentials.refresh_token,
            CONF_MAC_DMS: dict(credentials.mac_dms),
            CONF_CUSTOMER_ID: account.customer_id,
            CONF_ACCOUNT_ID: credentials.account_id or account.account_id,
        }
        if self._otp_secret:
            data[CONF_OTP_SECRET] = self._otp_secret
        if self.source == SOURCE_REAUTH:
            self._fire(EVENT_RELOGIN_SUCCESS)
        if not new:
            self._renew_copies(data)
            return self.async_update_reload_and_abort(
                self._known_entry, unique_id=account.customer_id, data_updates=data
            )
        data[CONF_FEW_ENTITIES] = True
        data[CONF_ID_SUFFIX] = _id_suffix(account, self._async_current_entries(include_ignore=True))
        return self.async_create_entry(title=self._title(account, domain), data=data)

    def _title(self, account: Account, domain: str) -> str:
        """Return an unused title, such as "Alexa (Ann, amazon.de)", without the email address."""
        taken = {entry.title for entry in self._async_current_entries(include_ignore=True)}
        first = next((word for word in account.name.split() if "@" not in word), None)
        known = [part for part in (first, domain) if part]
        additions = [known[:1], known, *([*known, str(number)] for number in range(2, len(taken) + 2))]
        titles = ("Alexa", *(f"Alexa ({', '.join(parts)})" for parts in additions))
        return next(title for title in titles if title not in taken)

    def _renew_copies(self, data: Mapping[str, Any]) -> None:
        """Update copies of the entry with the new tokens, because their old tokens are invalid now."""
        entries = self.hass.config_entries
        for copy in sharing_registration(self.hass, self._known_entry):
            new = {key: data[key] for key in (CONF_REFRESH_TOKEN, CONF_MAC_DMS)}
            entries.async_update_entry(copy, data={**copy.data, **new})
            for flow in list(copy.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
                entries.flow.async_abort(flow["flow_id"])
            if copy.disabled_by is None:
                entries.async_schedule_reload(copy.entry_id)

    def _fire(self, event: str) -> None:
        """Fire a sign-in event of alexa_media_player."""
        data = self._known_entry.data
        self.hass.bus.async_fire(event, {"email": masked(data[CONF_EMAIL]), "url": data[CONF_URL]})

    @property
    def _known_entry(self) -> ConfigEntry[Any]:
        """Return the entry that is being signed in again."""
        return self._get_reauth_entry() if self.source == SOURCE_REAUTH else self._get_reconfigure_entry()

    def _require_same_account(self, account: Account) -> None:
        """Raise ``AbortFlow`` if the account is known to differ from the entry's, or has another entry.

        A migrated entry has no customer id until its first sign-in, but may have the account's email address.
        """
        entry = self._known_entry
        if entry.data[CONF_CUSTOMER_ID]:
            self._abort_if_unique_id_mismatch(reason="wrong_account")
            return
        typed = entry.data[CONF_EMAIL]
        if "@" in typed and account.email and typed.casefold() != account.email.casefold():
            raise AbortFlow("wrong_email")
        self._abort_if_unique_id_configured()

    def _refuse_other_entry(self, account_id: str | None) -> None:
        """Raise ``AbortFlow`` if the account is known to belong to another entry, and not to this one.

        Registering that account with the serial of this entry would sign out this entry.
        """
        if account_id is None or self.source == SOURCE_USER:
            return
        known = self._known_entry.data
        if known.get(CONF_ACCOUNT_ID) == account_id:
            return
        others = (other for other in self._async_current_entries() if other.entry_id != self._known_entry.entry_id)
        if any(other.data.get(CONF_ACCOUNT_ID) == account_id for other in others):
            is_known = known[CONF_CUSTOMER_ID] or known.get(CONF_ACCOUNT_ID)
            raise AbortFlow("wrong_account" if is_known else "already_configured")

    def _require_marketplace(self, account: Account) -> None:
        """Raise ``_WrongMarketplaceError`` if the account's marketplace is known and uses a different sign-in."""
        if account.domain in (self._marketplace, "") or account.domain not in MARKETPLACES:
            return
        if Enrollment(account.domain, self._serial).sign_in_domain != self._enrollment.sign_in_domain:
            raise _WrongMarketplaceError(account.domain)

    def _start_enrollment(self, marketplace: str) -> None:
        """Prepare a new sign-in at a marketplace, with the serial of the flow."""
        self._marketplace = marketplace
        self._enrollment = Enrollment(marketplace, self._serial)

    # --- forms -----------------------------------------------------------------------

    def _show_marketplaces(self, default: str, error: str | None = None) -> ConfigFlowResult:
        """Show the form with the marketplaces."""
        selector = SelectSelector(
            SelectSelectorConfig(options=sorted(MARKETPLACES), mode=SelectSelectorMode.DROPDOWN, custom_value=False)
        )
        return self.async_show_form(
            step_id="user",
            data_schema=vol.Schema({vol.Required(CONF_MARKETPLACE, default=default): selector}),
            errors={CONF_MARKETPLACE: error} if error else None,
            description_placeholders={"domain": default},
        )

    def _show_proxy(self, errors: dict[str, str] | None = None) -> ConfigFlowResult:
        """Show the form for the authenticator app's setup key, without the previous input."""
        secret = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
        return self.async_show_form(
            step_id="proxy",
            data_schema=vol.Schema({vol.Optional(CONF_OTP_SECRET): secret}),
            errors=errors,
            description_placeholders={"domain": self._enrollment.sign_in_domain},
            last_step=False,
        )

    def _show_paste(self, error: str | None = None, pasted: str | None = None) -> ConfigFlowResult:
        """Show the link to Amazon and the field for the URL; ``pasted`` is the previous input."""
        schema = vol.Schema({vol.Required(CONF_REDIRECT_URL): TextSelector(TextSelectorConfig(autocomplete="off"))})
        return self.async_show_form(
            step_id="paste",
            data_schema=self.add_suggested_values_to_schema(schema, {CONF_REDIRECT_URL: pasted} if pasted else None),
            errors={CONF_REDIRECT_URL: error} if error else None,
            description_placeholders={"url": self._enrollment.url, "domain": self._enrollment.sign_in_domain},
        )


async def _async_identify(backend: AccountBackend) -> Account:
    """Return the signed-in account; raises ``EnrollmentError`` if it cannot be read."""
    try:
        await backend.async_connect()
    except AlexaError as err:
        raise EnrollmentError("Registered, but not identified", code="not_identified") from err
    return backend.account


def _id_suffix(account: Account, others: Iterable[ConfigEntry[Any]]) -> str:
    """Return the suffix for the unique ids of a new account, or "" if there is no other account.

    Accounts may have the same Echos. Email addresses such as ``a.b@example.org`` and ``a_b@example.org`` have the same
    slug.
    """
    taken = [slugify(entry.data.get(CONF_ID_SUFFIX, "")) for entry in others if CONF_REGION not in entry.data]
    if not taken:
        return ""
    return account.email if account.email and slugify(account.email) not in taken else account.customer_id


def _marketplace_of(country: str | None) -> str:
    """Return the likely marketplace of a country (ISO 3166 alpha-2)."""
    named = f"amazon.{(country or '').lower()}"
    return _MARKETPLACE_OF.get(country or "", named if named in MARKETPLACES else "amazon.com")


def _place_of(err: BaseException) -> str:
    """Return where an error was raised, as "module:line"."""
    *_, (frame, line) = walk_tb(err.__traceback__)
    return f"{frame.f_globals.get('__name__')}:{line}"
