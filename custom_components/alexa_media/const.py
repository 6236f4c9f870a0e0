"""Constants of the integration."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

DOMAIN: Final = "alexa_media"
MANUFACTURER: Final = "Amazon"

# Keys of the config entry. Those up to CONF_SCAN_INTERVAL are alexa_media_player's.
CONF_URL: Final = "url"
CONF_EMAIL: Final = "email"
CONF_INCLUDE_DEVICES: Final = "include_devices"
CONF_EXCLUDE_DEVICES: Final = "exclude_devices"
CONF_OTP_SECRET: Final = "otp_secret"  # noqa: S105 - the name of a key
CONF_PUBLIC_URL: Final = "public_url"
CONF_EXTENDED_DISCOVERY: Final = "extended_entity_discovery"
CONF_SCAN_INTERVAL: Final = "scan_interval"
CONF_APPLIANCES: Final = "appliances"
CONF_KEEP_TRANSCRIPTS: Final = "keep_transcripts"
CONF_DEFAULT_DEVICE: Final = "default_device"
CONF_CONVERSATION: Final = "conversation"
CONF_BROADCAST: Final = "broadcast"
CONF_SERIAL: Final = "serial"
CONF_REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - the name of a key
CONF_MAC_DMS: Final = "mac_dms"
CONF_CUSTOMER_ID: Final = "customer_id"
CONF_ACCOUNT_ID: Final = "account_id"
CONF_ID_SUFFIX: Final = "id_suffix"
CONF_FEW_ENTITIES: Final = "few_entities"
CONF_ID_PREFIX: Final = "id_prefix"
# Keys of Alexa Smart Properties entries; an entry without a region is an account of the Alexa app.
CONF_REGION: Final = "region"
CONF_LOGIN_HOST: Final = "login_host"
CONF_UNIT_ID: Final = "unit_id"
CONF_WHOLE_ORGANIZATION: Final = "whole_organization"
# The email address in the names of alexa_media_player's files, until they are deleted.
CONF_LEFTOVERS: Final = "leftovers_of"

# Entries of alexa_media_player have versions 1.1 and 2.1; this integration's have 2.2 and later.
ENTRY_VERSION: Final = 2
ENTRY_MINOR_VERSION: Final = 2

# Events on Home Assistant's bus, with alexa_media_player's names.
EVENT_NOTIFICATION: Final = "alexa_media_notification_event"
EVENT_LAST_CALLED: Final = "alexa_media_last_called_event"
EVENT_ALARM_DISMISSAL: Final = "alexa_media_alarm_dismissal_event"
EVENT_RELOGIN_REQUIRED: Final = "alexa_media_relogin_required"
EVENT_RELOGIN_SUCCESS: Final = "alexa_media_relogin_success"

DEFAULT_SCAN_INTERVAL: Final = timedelta(seconds=60)

# Retail domains of Amazon; the sign-in for devices supports only some of them.
MARKETPLACES: Final = (
    "amazon.com",
    "amazon.ae",
    "amazon.ca",
    "amazon.co.jp",
    "amazon.co.uk",
    "amazon.co.za",
    "amazon.com.au",
    "amazon.com.be",
    "amazon.com.br",
    "amazon.com.mx",
    "amazon.com.tr",
    "amazon.de",
    "amazon.eg",
    "amazon.es",
    "amazon.fr",
    "amazon.ie",
    "amazon.in",
    "amazon.it",
    "amazon.nl",
    "amazon.pl",
    "amazon.sa",
    "amazon.se",
    "amazon.sg",
)


class Topic(StrEnum):
    """Names of the topics that a backend refers to; all other topics are named by their coordinators."""

    DEVICES = "devices"
    DND = "dnd"
    APPLIANCES = "appliances"
    SMART_HOME = "smart_home"
    DEVICE_SETTINGS = "device_settings"
