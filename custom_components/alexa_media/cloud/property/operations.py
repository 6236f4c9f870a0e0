"""Operations of the Smart Properties API that the client uses.

Those that read or write one particular setting, except the address, are in ``settings.py``.
"""

from collections.abc import Mapping
from typing import Final

from .operation import (
    EXPONENTIAL_256,
    EXPONENTIAL_256_JITTER,
    LISTED,
    NO_AUTO_RETRY,
    ONCE_AFTER_1S,
    Answer,
    Host,
    Operation,
    Retry,
    Write,
)

_ENDPOINT: Final = "/v2/endpoints/{endpointId}"
_FEATURES: Final = f"{_ENDPOINT}/features"
_INSTALL: Final = f"{_FEATURES}/connectivity/addOrUpdateWifiConfigurations"


def _read_feature(operation_id: str, feature: str) -> Operation:
    return Operation(operation_id, "GET", f"{_FEATURES}/{feature}")


def _command(feature: str, operation_id: str, documented_retry: Mapping[int, Retry] | None = None) -> Operation:
    return Write(operation_id, "POST", f"{_FEATURES}/{feature}/{operation_id}", documented_retry=documented_retry or {})


# With features in the list, Alexa queries the devices before it responds.
LIST_ENDPOINTS: Final = Operation("listEndpoints", "GET", "/v2/endpoints", documented_retry=LISTED, timeout=60)
GET_ENDPOINT: Final = Operation("getEndpoint", "GET", _ENDPOINT, documented_retry=LISTED, timeout=60)
QUERY_ENDPOINTS: Final = Operation("queryEndpoints", "POST", "/v2/endpointQuery", timeout=60)
SET_ASSOCIATED_UNITS: Final = Write(
    "setAssociatedUnits", "PUT", f"{_ENDPOINT}/associatedUnits", documented_retry=LISTED, answer=Answer.JSON
)
GET_CONNECTIVITY: Final = Operation("getConnectivity", "GET", f"{_FEATURES}/connectivity", documented_retry=LISTED)
SAVE_WIFI_CONFIGURATIONS: Final = Write(
    "saveWifiConfigurations", "POST", "/credentiallocker/v2/saveWifiConfigurations", host=Host.CREDENTIAL_LOCKER
)
ADD_OR_UPDATE_WIFI_CONFIGURATIONS: Final = Write("addOrUpdateWifiConfigurations", "POST", _INSTALL, answer=Answer.JSON)
GET_WIFI_INSTALLATION_STATUS: Final = Operation(
    "getWifiInstallationStatus", "GET", f"{_INSTALL}/submittedOperations/{{operationId}}"
)
GET_COLOR: Final = _read_feature("getColor", "color")
SET_COLOR: Final = _command("color", "setColor")
GET_BRIGHTNESS: Final = _read_feature("getBrightness", "brightness")
SET_BRIGHTNESS: Final = _command("brightness", "setBrightness")
ADJUST_BRIGHTNESS: Final = _command("brightness", "adjustBrightness")
GET_COLOR_TEMPERATURE: Final = _read_feature("getColorTemperature", "colorTemperature")
SET_COLOR_TEMPERATURE: Final = _command("colorTemperature", "setColorTemperature")
INCREASE_COLOR_TEMPERATURE: Final = _command("colorTemperature", "increaseColorTemperature")
DECREASE_COLOR_TEMPERATURE: Final = _command("colorTemperature", "decreaseColorTemperature")
GET_POWER: Final = _read_feature("getPower", "power")
TURN_ON: Final = _command("power", "turnOn")
TURN_OFF: Final = _command("power", "turnOff")
GET_TEMPERATURE_SENSOR: Final = _read_feature("getTemperatureSensor", "temperatureSensor")
GET_THERMOSTAT: Final = _read_feature("getThermostat", "thermostat")
ADJUST_TARGET_SETPOINT: Final = _command("thermostat", "adjustTargetSetpoint")
SET_TARGET_SETPOINT: Final = _command("thermostat", "setTargetSetpoint")
SET_THERMOSTAT_MODE: Final = _command("thermostat", "setThermostatMode")
GET_SPEAKER: Final = Operation("getSpeaker", "GET", f"{_FEATURES}/speaker", documented_retry={500: ONCE_AFTER_1S})
SET_VOLUME: Final = _command("speaker", "setVolume", {429: EXPONENTIAL_256, 500: ONCE_AFTER_1S})
ADJUST_VOLUME: Final = _command("speaker", "adjustVolume", {429: EXPONENTIAL_256, 500: ONCE_AFTER_1S})
GET_SETTINGS: Final = Operation("getSettings", "GET", f"{_ENDPOINT}/settings", answer=Answer.JSON_OR_NOTHING)
GET_SETTING: Final = Operation(
    "getSetting", "GET", f"{_ENDPOINT}/settings/{{settingName}}", answer=Answer.JSON_OR_NOTHING
)
PUT_SETTING: Final = Write("putSetting", "PUT", f"{_ENDPOINT}/settings/{{settingName}}")
GET_ADDRESS: Final = Operation(
    "getAddress", "GET", f"{_ENDPOINT}/settings/address", documented_retry={429: EXPONENTIAL_256}
)
POST_ADDRESS: Final = Write(
    "postAddress", "POST", f"{_ENDPOINT}/settings/address", documented_retry={429: EXPONENTIAL_256}, answer=Answer.JSON
)
DEREGISTER_ENDPOINT: Final = Write("deregisterEndpoint", "POST", f"{_ENDPOINT}/deregister", documented_retry=LISTED)
SET_FRIENDLY_NAME: Final = Write(
    "setFriendlyName", "POST", f"{_ENDPOINT}/friendlyName", documented_retry={429: EXPONENTIAL_256}
)
FORGET_ENDPOINT: Final = Write(
    "forgetEndpoint", "POST", f"{_ENDPOINT}/forget", documented_retry={429: NO_AUTO_RETRY, 500: EXPONENTIAL_256_JITTER}
)
DELETE_TIMERS: Final = Write("deleteTimers", "DELETE", "/v1/alerts/timers", is_ambiguous=True)


# Operations of other APIs on the same hosts. Their names are not Amazon's but defined here.
LIST_UNITS: Final = Operation("listUnits", "GET", "/v2/units")
GET_UNIT: Final = Operation("getUnit", "GET", "/v2/units/{unitId}")
SEND_NOTIFICATION: Final = Write("sendNotification", "POST", "/v3/notifications")
