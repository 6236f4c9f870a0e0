"""Settings of devices through the account API."""

from collections.abc import Mapping
from typing import Any, Final

from custom_components.alexa_media.backend.settings import (
    EQUALIZER as BANDS,
    Person,
    PreferenceChanges,
    Setting,
    SettingsApi,
    SettingSource,
    SettingValue,
    SettingValues,
)
from custom_components.alexa_media.errors import AlexaUnsupportedError
from custom_components.alexa_media.http_values import json_text
from custom_components.alexa_media.models import Device, DevicePreferences

from .addressing import address_of, place_of
from .endpoints import (
    AUX,
    COMMUNICATION_PREFERENCE,
    DEVICE_SETTING,
    EQUALIZER,
    HOME_GROUP,
    HOME_GROUP_DEVICES,
    HOUSEHOLD,
    PREFERENCES,
    RENAME_DEVICE,
    RESTART_DEVICE,
    SET_AUX,
    SET_COMMUNICATION_PREFERENCE,
    SET_DEVICE_SETTING,
    SET_EQUALIZER,
    SET_PREFERENCES,
    SET_WAKE_WORD,
    UNPAIR_BLUETOOTH,
    WAKE_WORD_CHOICES,
    WAKE_WORDS,
    WIFI,
    Endpoint,
)
from .parse_settings import (
    parse_announcements,
    parse_aux,
    parse_device_setting,
    parse_equalizer,
    parse_home_group,
    parse_home_group_devices,
    parse_household,
    parse_preference,
    parse_preference_objects,
    parse_wake_word_choices,
    parse_wake_words,
    parse_wifi,
)
from .session import WebSession

_PERSON: Final = "amzn1.comms.id.person.amzn1~"

_BANDS: Final = dict(zip(BANDS, ("bass", "mid", "treble"), strict=True))
_NAMES: Final = {
    SettingSource.DISPLAY_POWER: "displayPower",
    SettingSource.BRIGHTNESS: "brightness",
    SettingSource.ADAPTIVE_BRIGHTNESS: "adaptiveBrightness",
    SettingSource.TIME_FORMAT: "timeFormat",
}
_COMMUNICATIONS: Final = {
    Setting.COMMUNICATIONS: "communications",
    Setting.DROP_IN: "dropin",
    Setting.ANNOUNCEMENTS: "announcements",
}


class WebSettings:
    """The settings of one account's devices; see ``SettingsApi`` for what each method is for."""

    def __init__(self, session: WebSession) -> None:
        """Send requests through the transport of ``session``."""
        self._session = session
        self._transport = session.transport
        self._home_group: str | None = None
        self.last_preferences: Mapping[str, DevicePreferences] = {}

    # --- preferences --------------------------------------------------------------------

    async def async_preferences(self) -> Mapping[str, DevicePreferences]:
        """Return the preferences of all devices; ``last_preferences`` are those of the last time."""
        objects = await self._transport.async_read(PREFERENCES, parse_preference_objects)
        self.last_preferences = {serial: parse_preference(element) for serial, element in objects.items()}
        return self.last_preferences

    async def async_set_preferences(self, device: Device, changes: PreferenceChanges) -> None:
        """Change preferences: Amazon takes the whole object, so it is read anew just before."""
        objects = await self._transport.async_read(PREFERENCES, parse_preference_objects)
        if (present := objects.get(device.serial)) is None:
            raise _unsupported(SET_PREFERENCES)
        wanted = {
            "locale": changes.locale,
            "timeZoneId": changes.time_zone,
            "temperatureScale": changes.temperature_scale,
            "distanceUnits": changes.distance_units,
            "goldfishEnabled": changes.follow_up,
            "notificationEarconEnabled": changes.notification_sound,
        }
        await self._transport.async_request(
            SET_PREFERENCES,
            params={"serial": device.serial},
            json={**present, **{name: value for name, value in wanted.items() if value is not None}},
        )

    # --- reading ------------------------------------------------------------------------

    async def async_for_account(self, source: SettingSource) -> Mapping[str, SettingValues]:
        """Return what one request tells of all devices."""
        if source is SettingSource.WAKE_WORD:
            return await self._transport.async_read(WAKE_WORDS, parse_wake_words)
        if self._home_group is None:
            account_id = self._session.credentials.account_id
            if account_id is None:
                raise _unsupported(HOME_GROUP)
            self._home_group = await self._transport.async_read(
                HOME_GROUP, parse_home_group, params={"person": f"{_PERSON}{account_id}"}
            )
        try:
            return await self._transport.async_read(
                HOME_GROUP_DEVICES, parse_home_group_devices, params={"group": self._home_group}
            )
        except AlexaUnsupportedError:
            # the home may be another one by now
            self._home_group = None
            raise

    async def async_for_device(self, source: SettingSource, device: Device) -> SettingValues:
        """Return what one request tells of one device."""
        read = self._transport.async_read
        match source:
            case SettingSource.WAKE_WORDS:
                query = {**address_of(device), "softwareVersion": device.software_version or ""}
                return await read(WAKE_WORD_CHOICES, parse_wake_word_choices, query=query)
            case SettingSource.EQUALIZER:
                return await read(EQUALIZER, parse_equalizer, params=place_of(device))
            case SettingSource.AUX:
                return await read(AUX, parse_aux, params=place_of(device))
            case SettingSource.WIFI:
                return await read(WIFI, parse_wifi, query=address_of(device))
            case SettingSource.ANNOUNCEMENTS:
                return await read(
                    COMMUNICATION_PREFERENCE,
                    parse_announcements,
                    params=place_of(device),
                    query={"devicePreferences": "announcements"},
                )
            case _:
                return await read(
                    DEVICE_SETTING,
                    lambda data: parse_device_setting(data, source),
                    params=_place_of_setting(DEVICE_SETTING, device, _NAMES[source]),
                )

    async def async_household(self) -> tuple[Person, ...]:
        """Return the people of the household."""
        return await self._transport.async_read(HOUSEHOLD, parse_household)

    # --- writing ------------------------------------------------------------------------

    async def async_set(self, device: Device, setting: Setting, value: SettingValue, known: SettingValues) -> None:
        """Change one setting."""
        if setting in _BANDS:
            await self._write(
                SET_EQUALIZER,
                place_of(device),
                {name: value if band is setting else known[band] for band, name in _BANDS.items()},
            )
        elif setting in _COMMUNICATIONS:
            await self._write(
                SET_COMMUNICATION_PREFERENCE,
                {**place_of(device), "preference": _COMMUNICATIONS[setting]},
                {"state": _state(value)},
            )
        elif setting is Setting.WAKE_WORD:
            await self._write(
                SET_WAKE_WORD,
                {"serial": device.serial},
                {
                    **address_of(device),
                    "active": True,
                    "displayName": known[Setting.WAKE_WORD],
                    "midFieldState": None,
                    "wakeWord": value,
                },
            )
        elif setting is Setting.AUX_DIRECTION:
            await self._write(SET_AUX, place_of(device), {"direction": value, "deviceId": device.serial})
        else:
            await self._write(
                SET_DEVICE_SETTING,
                _place_of_setting(SET_DEVICE_SETTING, device, _NAMES[SettingSource(setting)]),
                {"value": json_text(_state(value))},
            )

    async def async_rename(self, device: Device, name: str) -> None:
        """Give a device another name."""
        await self._write(
            RENAME_DEVICE,
            {"serial": device.serial},
            {
                "accountName": name,
                "serialNumber": device.serial,
                "deviceAccountId": device.account_id,
                "deviceType": device.device_type,
            },
        )

    async def async_restart(self, device: Device) -> None:
        """Let a device start anew."""
        await self._write(RESTART_DEVICE, place_of(device), address_of(device))

    async def async_unpair_bluetooth(self, device: Device, address: str) -> None:
        """Make a device forget a bluetooth device."""
        await self._write(
            UNPAIR_BLUETOOTH,
            place_of(device),
            {"bluetoothDeviceAddress": address, "bluetoothDeviceClass": "OTHER"},
        )

    async def _write(self, endpoint: Endpoint, params: Mapping[str, str], body: Mapping[str, Any]) -> None:
        """Send a change."""
        await self._transport.async_request(endpoint, params=params, json=body)


def _state(value: SettingValue) -> SettingValue:
    """Return how Amazon writes a value: ON and OFF for what is switched."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    return value


def _place_of_setting(endpoint: Endpoint, device: Device, name: str) -> dict[str, str]:
    """Return how a setting of a display or a clock is named in a path; raises ``AlexaUnsupportedError``."""
    if device.account_id is None:
        raise _unsupported(endpoint)
    return {"account_id": device.account_id, "name": name}


def _unsupported(endpoint: Endpoint) -> AlexaUnsupportedError:
    """Return the error for what Amazon has not told enough about to ask."""
    return AlexaUnsupportedError(f"{endpoint.label} cannot be asked", endpoint=endpoint.label, code="not_known")


_: type[SettingsApi] = WebSettings
