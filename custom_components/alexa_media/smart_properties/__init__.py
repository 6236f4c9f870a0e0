"""The client of Amazon's Alexa Smart Properties REST API, for hotels, care homes and offices.

It knows neither Home Assistant nor the account API of the Alexa app. What others use of it:

- ``SmartPropertiesClient(session, region, access_token)``: one method for each operation of
  the API, named like it in snake case, all of them coroutines; ``iter_endpoints``,
  ``iter_query``, ``iter_units`` and ``get_all_settings`` walk through all pages; ``stats``
  for diagnostics. ``access_token`` is an ``AccessTokenGetter``.
- ``SmartPropertiesBackend``: all of that as the rest of the integration knows an account.
- ``Region``: which hosts.
- ``EndpointFilter``, ``Expand``, ``AllOf``, ``AnyOf``, ``Match``, ``QueryField``, ``NO_UNIT``,
  ``OpenWifi``, ``PskWifi``, ``EnterpriseWifi``, ``KeyManagement``: what goes into requests.
- ``Endpoint``, ``Feature``, ``Property``, ``Unit``, ``Page``, ``Setting``, ``SettingsPage`` and the
  other models: what comes back. ``Feature.value(PropertyName.VOLUME, int)`` reads a property.
- ``SettingKey`` and the enumerations of the settings' values.
- ``AlexaAddressRejectedError``, ``AlexaEndpointMovedError``; all other errors are in the
  component's ``errors``.
- ``OPERATIONS``, ``SIBLINGS``: the tables of all requests.
"""

from .account import SmartPropertiesBackend
from .client import SmartPropertiesClient
from .errors import AlexaAddressRejectedError, AlexaEndpointMovedError
from .models import (
    OFFLINE_CODES,
    Address,
    AddressProblem,
    Color,
    Connection,
    ConnectionType,
    DisplayCategory,
    Endpoint,
    Feature,
    FeatureName,
    JsonValue,
    MovedEndpoint,
    Page,
    Power,
    Property,
    PropertyName,
    PropertyType,
    Reachability,
    Setting,
    SettingError,
    SettingErrorCode,
    SettingsPage,
    Temperature,
    TemperatureScale,
    ThermostatMode,
    Unit,
    WifiInstallation,
    WifiStatus,
)
from .operation import HOSTS, Host, Operation, Region
from .operations import OPERATIONS, SIBLINGS
from .requests import (
    NO_UNIT,
    AllOf,
    AnyOf,
    EndpointFilter,
    EnterpriseWifi,
    Expand,
    KeyManagement,
    Match,
    OpenWifi,
    PskWifi,
    QueryField,
    Wifi,
)
from .settings import (
    SPEAKING_RATES,
    DistanceUnits,
    Enablement,
    SettingKey,
    SettingValue,
    SetupModePrivilege,
    SuppressedError,
    TemperatureUnit,
    TimeFormat,
    Tone,
    WakeWord,
)
from .transport import AccessTokenGetter, Time

__all__ = [
    "HOSTS",
    "NO_UNIT",
    "OFFLINE_CODES",
    "OPERATIONS",
    "SIBLINGS",
    "SPEAKING_RATES",
    "AccessTokenGetter",
    "Address",
    "AddressProblem",
    "AlexaAddressRejectedError",
    "AlexaEndpointMovedError",
    "AllOf",
    "AnyOf",
    "Color",
    "Connection",
    "ConnectionType",
    "DisplayCategory",
    "DistanceUnits",
    "Enablement",
    "Endpoint",
    "EndpointFilter",
    "EnterpriseWifi",
    "Expand",
    "Feature",
    "FeatureName",
    "Host",
    "JsonValue",
    "KeyManagement",
    "Match",
    "MovedEndpoint",
    "OpenWifi",
    "Operation",
    "Page",
    "Power",
    "Property",
    "PropertyName",
    "PropertyType",
    "PskWifi",
    "QueryField",
    "Reachability",
    "Region",
    "Setting",
    "SettingError",
    "SettingErrorCode",
    "SettingKey",
    "SettingValue",
    "SettingsPage",
    "SetupModePrivilege",
    "SmartPropertiesBackend",
    "SmartPropertiesClient",
    "SuppressedError",
    "Temperature",
    "TemperatureScale",
    "TemperatureUnit",
    "ThermostatMode",
    "Time",
    "TimeFormat",
    "Tone",
    "Unit",
    "WakeWord",
    "Wifi",
    "WifiInstallation",
    "WifiStatus",
]
