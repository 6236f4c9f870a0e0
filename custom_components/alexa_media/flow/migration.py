"""Migration of alexa_media_player's config entries and tokens, and deletion of its files.

There are two kinds of entries. Version 1 has everything in the data, with the tokens under ``oauth``. The "secure"
version 2 (``secure_enrollment`` in the data) has the credentials in a separate file in ``.storage``. The entries of
this integration are version 2 as well, so the content decides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from glob import escape
from hashlib import sha256
import json
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import entity_registry as er, instance_id
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import slugify

from ..cloud.account.sign_in_proxy import checked_otp_secret
from ..const import (
    CONF_ACCOUNT_ID,
    CONF_CUSTOMER_ID,
    CONF_EMAIL,
    CONF_EXCLUDE_DEVICES,
    CONF_EXTENDED_DISCOVERY,
    CONF_ID_SUFFIX,
    CONF_INCLUDE_DEVICES,
    CONF_LEFTOVERS,
    CONF_MAC_DMS,
    CONF_OTP_SECRET,
    CONF_PUBLIC_URL,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SCAN_INTERVAL,
    CONF_SERIAL,
    CONF_URL,
    DOMAIN,
    ENTRY_MINOR_VERSION,
    ENTRY_VERSION,
)
from ..coordinator.base import registered_entities
from ..coordinator.runtime import AlexaConfigEntry
from ..issues import translated

_LOGGER = logging.getLogger(__name__)

CONF_OAUTH: Final = "oauth"
CONF_SECURE: Final = "secure_enrollment"
SECURE_STORE: Final = f"{DOMAIN}.secure_credentials"

# Suffixes after the player's id in unique ids. Some releases of alexa_media_player wrote them with other capitals or
# underscores; an entity that has only such an id gets the permanent one.
_KEYS: Final = {
    key.casefold(): key for key in ("do not disturb", "next Alarm", "next Timer", "next Reminder", "shuffle", "repeat")
}


async def async_migrate(hass: HomeAssistant, entry: AlexaConfigEntry) -> bool:
    """Convert an entry of alexa_media_player; the data of this integration's entries is kept unchanged.

    Returns False for an entry of a later version, else True. No request is sent to Amazon. The unique id of the
    entry is kept until the first successful sign-in returns the account (``async_settle``). Without a refresh token,
    the user has to sign in.
    """
    if entry.version > ENTRY_VERSION:
        return False
    if {CONF_REFRESH_TOKEN, CONF_SERIAL} <= entry.data.keys() or CONF_REGION in entry.data:
        hass.config_entries.async_update_entry(entry, version=ENTRY_VERSION, minor_version=ENTRY_MINOR_VERSION)
        return True
    old = entry.data
    stored: Mapping[str, Any] = {}
    if old.get(CONF_SECURE):
        stored = await hass.async_add_executor_job(_read_store, _secure_path(hass, entry.entry_id))
    domain = "".join(str(old.get(CONF_URL) or stored.get("domain") or "amazon.com").split()).lower()
    email = str(old.get(CONF_EMAIL) or "").strip()
    tokens = stored if old.get(CONF_SECURE) else _mapping(old.get(CONF_OAUTH))
    position = _position(hass, entry)
    data: dict[str, Any] = {
        CONF_URL: domain.removeprefix("https://").removeprefix("www.").rstrip("/"),
        CONF_EMAIL: email,
        CONF_SERIAL: str(stored.get("serial") or await _async_serial(hass, email, old.get(CONF_URL, ""), position)),
        CONF_REFRESH_TOKEN: str(tokens.get(CONF_REFRESH_TOKEN) or ""),
        CONF_MAC_DMS: {
            key: value for key, value in _mapping(tokens.get(CONF_MAC_DMS)).items() if isinstance(value, str)
        },
        **_ids(entry, stored.get("customer_id")),
        CONF_ID_SUFFIX: _id_suffix(hass, entry, email, first=position == 0),
        CONF_LEFTOVERS: str(old.get(CONF_EMAIL) or ""),
    }
    if secret := _otp_secret(old.get(CONF_OTP_SECRET)):
        data[CONF_OTP_SECRET] = secret
    _async_adopt_ids(hass, entry)
    hass.config_entries.async_update_entry(
        entry,
        data=data,
        options={**_options(old), **entry.options},
        version=ENTRY_VERSION,
        minor_version=ENTRY_MINOR_VERSION,
    )
    return True


async def async_settle(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Finish the migration after a successful sign-in: store the account, and delete the old files.

    Raises ``ConfigEntryError`` if another entry has the same account.
    """
    if not entry.data.get(CONF_CUSTOMER_ID, True):
        account = entry.runtime_data.backend.account
        others = (other for other in hass.config_entries.async_entries(DOMAIN) if other.entry_id != entry.entry_id)
        if same := next((other for other in others if other.unique_id == account.customer_id), None):
            raise translated(ConfigEntryError, "duplicate_account", other=same.title)
        known = {CONF_CUSTOMER_ID: account.customer_id, CONF_EMAIL: entry.data[CONF_EMAIL] or account.email}
        hass.config_entries.async_update_entry(entry, unique_id=account.customer_id, data={**entry.data, **known})
    if (email := entry.data.get(CONF_LEFTOVERS)) is not None:
        await hass.async_add_executor_job(_remove_leftovers, hass, entry.entry_id, email)
        data = {key: value for key, value in entry.data.items() if key != CONF_LEFTOVERS}
        hass.config_entries.async_update_entry(entry, data=data)


# --- data of the entry -------------------------------------------------------------------


def _position(hass: HomeAssistant, entry: AlexaConfigEntry) -> int:
    """Return the position of the account among the entries, from 0.

    Home Assistant moves an entry whose unique id changes to the end of its domain's list, but not in the list of all
    entries.
    """
    ours = [other.entry_id for other in hass.config_entries.async_entries() if other.domain == DOMAIN]
    return ours.index(entry.entry_id)


async def _async_serial(hass: HomeAssistant, email: str, url: str, position: int) -> str:
    """Return the serial with which alexa_media_player registered (32 hex digits).

    The result is wrong if the account had another position when it registered.
    """
    salt = int(sha256((email.lower() + url.lower()).encode()).hexdigest(), 16)
    return hex(int(await instance_id.async_get(hass), 16) + position + salt)[-32:]


def _ids(entry: AlexaConfigEntry, stored: object) -> dict[str, str | None]:
    """Return the entry's fields for the ids of the account; its customer id is not known yet.

    Version 2 stores the ``amzn1.account`` id as the customer id.
    """
    known = [str(value) for value in (stored, entry.unique_id) if value]
    return {
        CONF_CUSTOMER_ID: "",
        CONF_ACCOUNT_ID: next((value for value in known if value.startswith("amzn1.account.")), None),
    }


def _options(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options, which alexa_media_player stores in the data; filters are comma-separated texts of names.

    alexa_media_player stores "/" if there is no external URL. ``queue_delay`` and ``debug`` have no equivalent here.
    """
    options: dict[str, Any] = {
        key: str(old.get(key) or "").strip() for key in (CONF_INCLUDE_DEVICES, CONF_EXCLUDE_DEVICES)
    }
    interval = old.get(CONF_SCAN_INTERVAL)
    seconds = interval.total_seconds() if isinstance(interval, timedelta) else interval
    try:
        if seconds and float(seconds) > 0:
            options[CONF_SCAN_INTERVAL] = int(float(seconds))
    except TypeError, ValueError, OverflowError:
        _LOGGER.debug("Ignoring a poll interval of type %s", type(interval).__name__)
    options[CONF_PUBLIC_URL] = str(old.get(CONF_PUBLIC_URL) or "").strip().rstrip("/")
    options[CONF_EXTENDED_DISCOVERY] = bool(old.get(CONF_EXTENDED_DISCOVERY, False))
    return options


def _otp_secret(value: object) -> str | None:
    """Return the setup key of an authenticator app if it is valid, else None."""
    try:
        return checked_otp_secret(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


# --- ids ---------------------------------------------------------------------------------


def _id_suffix(hass: HomeAssistant, entry: AlexaConfigEntry, email: str, *, first: bool) -> str:
    """Return the suffix that this account's players have in their unique ids ("" for none).

    alexa_media_player appends the email address for all accounts except the first. The first account may have changed
    since, so the registered ids decide.
    """
    forms = Counter(
        item.unique_id.partition("_")[2]
        for item in registered_entities(hass, entry)
        if item.domain == MEDIA_PLAYER_DOMAIN
    )
    usual = "" if first else slugify(email)
    form = usual if usual in forms or not forms else forms.most_common(1)[0][0]
    return email if form == slugify(email) else form


@callback
def _async_adopt_ids(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Replace outdated unique ids with their permanent form, unless another entity has it."""
    registry = er.async_get(hass)
    items = registered_entities(hass, entry)
    players = [item.unique_id for item in items if item.domain == MEDIA_PLAYER_DOMAIN]
    for item in items:
        for player in players:
            key = item.unique_id.removeprefix(f"{player}_")
            lasting = _KEYS.get(key.replace("_", " ").casefold())
            if key == item.unique_id or lasting is None or lasting == key:
                continue
            unique_id = f"{player}_{lasting}"
            if registry.async_get_entity_id(item.domain, DOMAIN, unique_id) is None:
                registry.async_update_entity(item.entity_id, new_unique_id=unique_id)


# --- files -------------------------------------------------------------------------------


def _secure_path(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the path of alexa_media_player's file with the credentials of an entry."""
    return Path(hass.config.path(STORAGE_DIR, f"{SECURE_STORE}.{entry_id}"))


def _read_store(path: Path) -> Mapping[str, Any]:
    """Return the data in a file in ``.storage``; empty if it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        _LOGGER.warning("Could not read the credentials of alexa_media_player: %s", type(err).__name__)
        return {}
    return _mapping(_mapping(content).get("data"))


def _remove_leftovers(hass: HomeAssistant, entry_id: str, email: str) -> None:
    """Delete the cookies, credentials and saved pages of one account without opening them."""
    paths = [_secure_path(hass, entry_id)]
    # An email address with a slash would result in a path outside the folder.
    if email and Path(email).name == email:
        paths += _files_of(Path(hass.config.path()), email)
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as err:
            _LOGGER.warning("Could not delete a file of alexa_media_player: %s", type(err).__name__)


def _files_of(config: Path, email: str) -> Iterable[Path]:
    """Yield the possible paths of the files that alexa_media_player names after an email address."""
    cookies = f"{DOMAIN}.{email}"
    for folder in (config / STORAGE_DIR, config):
        for suffix in ("cookies", "pickle", "txt"):
            yield folder / f"{cookies}.{suffix}"
            # Temporary files left by an interrupted write of the cookie file.
            yield from folder.glob(f"{escape(f'{cookies}.{suffix}')}.{'[0-9a-f]' * 32}.tmp")
    for page in ("post", "get"):
        yield config / f"{DOMAIN}{email}{page}.html"
