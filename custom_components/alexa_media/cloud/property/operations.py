"""Table of all operations of the Smart Properties API that the client uses.

Operations of the settings are in ``settings.py``, together with the valid values of each setting.
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
)
from .settings import SETTINGS

_ENDPOINT: Final = "/v2/endpoints/{endpointId}"
_FEATURES: Final = f"{_ENDPOINT}/features"
_INSTALL: Final = f"{_FEATURES}/connectivity/addOrUpdateWifiConfigurations"


def _read_feature(operation_id: str, feature: str) -> Operation:
    return Operation(operation_id=operation_id, method="GET", path=f"{_FEATURES}/{feature}")


def _command(feature: str, operation_id: str, documented_retry: Mapping[int, Retry] | None = None) -> Operation:
    return Operation(
        operation_id=operation_id,
        method="POST",
        path=f"{_FEATURES}/{feature}/{operation_id}",
        is_write=True,
        answer=Answer.NOTHING,
        documented_retry=documented_retry or {},
    )


LIST_ENDPOINTS: Final = Operation(
    operation_id="listEndpoints",
    method="GET",
    path="/v2/endpoints",
    documented_retry=LISTED,
    # with features in the list, Alexa queries the devices before it responds
    timeout=60,
)
GET_ENDPOINT: Final = Operation(
    operation_id="getEndpoint", method="GET", path=_ENDPOINT, documented_retry=LISTED, timeout=60
)
QUERY_ENDPOINTS: Final = Operation(operation_id="queryEndpoints", method="POST", path="/v2/endpointQuery", timeout=60)
SET_ASSOCIATED_UNITS: Final = Operation(
    operation_id="setAssociatedUnits",
    method="PUT",
    path=f"{_ENDPOINT}/associatedUnits",
    is_write=True,
    documented_retry=LISTED,
)
GET_CONNECTIVITY: Final = Operation(
    operation_id="getConnectivity", method="GET", path=f"{_FEATURES}/connectivity", documented_retry=LISTED
)
SAVE_WIFI_CONFIGURATIONS: Final = Operation(
    operation_id="saveWifiConfigurations",
    method="POST",
    host=Host.CREDENTIAL_LOCKER,
    path="/credentiallocker/v2/saveWifiConfigurations",
    is_write=True,
    answer=Answer.NOTHING,
)
ADD_OR_UPDATE_WIFI_CONFIGURATIONS: Final = Operation(
    operation_id="addOrUpdateWifiConfigurations", method="POST", path=_INSTALL, is_write=True
)
GET_WIFI_INSTALLATION_STATUS: Final = Operation(
    operation_id="getWifiInstallationStatus", method="GET", path=f"{_INSTALL}/submittedOperations/{{operationId}}"
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
GET_SPEAKER: Final = Operation(
    operation_id="getSpeaker", method="GET", path=f"{_FEATURES}/speaker", documented_retry={500: ONCE_AFTER_1S}
)
SET_VOLUME: Final = _command("speaker", "setVolume", {429: EXPONENTIAL_256, 500: ONCE_AFTER_1S})
ADJUST_VOLUME: Final = _command("speaker", "adjustVolume", {429: EXPONENTIAL_256, 500: ONCE_AFTER_1S})
GET_SETTINGS: Final = Operation(
    operation_id="getSettings", method="GET", path=f"{_ENDPOINT}/settings", answer=Answer.JSON_OR_NOTHING
)
GET_SETTING: Final = Operation(
    operation_id="getSetting",
    method="GET",
    path=f"{_ENDPOINT}/settings/{{settingName}}",
    answer=Answer.JSON_OR_NOTHING,
)
PUT_SETTING: Final = Operation(
    operation_id="putSetting",
    method="PUT",
    path=f"{_ENDPOINT}/settings/{{settingName}}",
    is_write=True,
    answer=Answer.NOTHING,
)
GET_ADDRESS: Final = Operation(
    operation_id="getAddress",
    method="GET",
    path=f"{_ENDPOINT}/settings/address",
    documented_retry={429: EXPONENTIAL_256},
)
POST_ADDRESS: Final = Operation(
    operation_id="postAddress",
    method="POST",
    path=f"{_ENDPOINT}/settings/address",
    is_write=True,
    documented_retry={429: EXPONENTIAL_256},
)
DEREGISTER_ENDPOINT: Final = Operation(
    operation_id="deregisterEndpoint",
    method="POST",
    path=f"{_ENDPOINT}/deregister",
    is_write=True,
    answer=Answer.NOTHING,
    documented_retry=LISTED,
)
SET_FRIENDLY_NAME: Final = Operation(
    operation_id="setFriendlyName",
    method="POST",
    path=f"{_ENDPOINT}/friendlyName",
    is_write=True,
    answer=Answer.NOTHING,
    documented_retry={429: EXPONENTIAL_256},
)
FORGET_ENDPOINT: Final = Operation(
    operation_id="forgetEndpoint",
    method="POST",
    path=f"{_ENDPOINT}/forget",
    is_write=True,
    answer=Answer.NOTHING,
    documented_retry={429: NO_AUTO_RETRY, 500: EXPONENTIAL_256_JITTER},
)
DELETE_TIMERS: Final = Operation(
    operation_id="deleteTimers",
    method="DELETE",
    path="/v1/alerts/timers",
    is_write=True,
    answer=Answer.NOTHING,
    is_ambiguous=True,
)

OPERATIONS: Final = (
    LIST_ENDPOINTS,
    GET_ENDPOINT,
    QUERY_ENDPOINTS,
    SET_ASSOCIATED_UNITS,
    GET_CONNECTIVITY,
    SAVE_WIFI_CONFIGURATIONS,
    ADD_OR_UPDATE_WIFI_CONFIGURATIONS,
    GET_WIFI_INSTALLATION_STATUS,
    GET_COLOR,
    SET_COLOR,
    GET_BRIGHTNESS,
    SET_BRIGHTNESS,
    ADJUST_BRIGHTNESS,
    GET_COLOR_TEMPERATURE,
    SET_COLOR_TEMPERATURE,
    INCREASE_COLOR_TEMPERATURE,
    DECREASE_COLOR_TEMPERATURE,
    GET_POWER,
    TURN_ON,
    TURN_OFF,
    GET_TEMPERATURE_SENSOR,
    GET_THERMOSTAT,
    ADJUST_TARGET_SETPOINT,
    SET_TARGET_SETPOINT,
    SET_THERMOSTAT_MODE,
    GET_SPEAKER,
    SET_VOLUME,
    ADJUST_VOLUME,
    GET_SETTINGS,
    GET_SETTING,
    PUT_SETTING,
    GET_ADDRESS,
    POST_ADDRESS,
    *(operation for spec in SETTINGS.values() for operation in (spec.read, spec.write)),
    DEREGISTER_ENDPOINT,
    SET_FRIENDLY_NAME,
    FORGET_ENDPOINT,
    DELETE_TIMERS,
)
"""All operations of the Endpoint API."""

LIST_UNITS: Final = Operation(operation_id="listUnits", method="GET", path="/v2/units")
GET_UNIT: Final = Operation(operation_id="getUnit", method="GET", path="/v2/units/{unitId}")
SEND_NOTIFICATION: Final = Operation(
    operation_id="sendNotification",
    method="POST",
    path="/v3/notifications",
    is_write=True,
    answer=Answer.NOTHING,
)

SIBLINGS: Final = (LIST_UNITS, GET_UNIT, SEND_NOTIFICATION)
"""Operations of other APIs on the same hosts; their names are not Amazon's but defined here."""
