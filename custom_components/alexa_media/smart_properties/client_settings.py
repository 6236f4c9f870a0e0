"""Settings of an Echo: one at a time, or many in one request.

A setting without a value (204) has ``raw`` ``None``. What Amazon does not let us read or
write, or what a device lacks, is ``AlexaPermissionError`` or ``AlexaUnsupportedError``.
"""

from collections.abc import Iterable, Sequence

from custom_components.alexa_media.errors import AlexaBadResponseError, AlexaInvalidValueError

from . import operations as table, requests, settings
from .base import MOST_PAGES, ClientBase, nothing
from .models import Address, Setting, SettingError, SettingsPage
from .parse import address_setting
from .settings import (
    DistanceUnits,
    Enablement,
    SettingKey,
    SettingSpec,
    SettingValue,
    SetupModePrivilege,
    SuppressedError,
    TemperatureUnit,
    TimeFormat,
    Tone,
    WakeWord,
    settings_page,
)


class SettingsClient(ClientBase):
    """Operations on the settings of one endpoint."""

    async def get_settings(
        self,
        endpoint_id: str,
        keys: Iterable[str],
        *,
        next_token: str | None = None,
        max_results: int | None = None,
    ) -> SettingsPage[SettingValue]:
        """Return one page of the settings with these keys."""
        wanted = ",".join(dict.fromkeys(keys))
        if not wanted:
            raise AlexaInvalidValueError("keys", "at least one")
        query = [("keys", wanted), *requests.page_query(next_token, max_results)]
        return await self._transport.async_request(
            table.GET_SETTINGS,
            lambda data: SettingsPage() if data is None else settings_page(data),
            params={"endpointId": requests.endpoint_id(endpoint_id)},
            query=query,
        )

    async def get_all_settings(self, endpoint_id: str, keys: Iterable[str]) -> SettingsPage[SettingValue]:
        """Return the settings with these keys, of all pages together."""
        wanted = tuple(keys)
        found: list[Setting[SettingValue]] = []
        errors: list[SettingError] = []
        seen: set[str | None] = set()
        token: str | None = None
        while token not in seen and len(seen) < MOST_PAGES:
            seen.add(token)
            page = await self.get_settings(endpoint_id, wanted, next_token=token)
            found += page.settings
            errors += page.errors
            token = page.next_token
            if token is None:
                return SettingsPage(settings=tuple(found), errors=tuple(errors))
        label = table.GET_SETTINGS.label
        raise AlexaBadResponseError(f"The pages of {label} never end", endpoint=label, code="pages")

    async def get_setting(self, endpoint_id: str, key: SettingKey) -> Setting[SettingValue]:
        """Return any setting by its key."""
        return await self._transport.async_request(
            table.GET_SETTING,
            lambda data: settings.setting(key, data),
            params={"endpointId": requests.endpoint_id(endpoint_id), "settingName": key.value},
        )

    async def put_setting(self, endpoint_id: str, key: SettingKey, value: object) -> None:
        """Write any setting by its key, but not the address; the value is checked as by the named methods."""
        spec = settings.SETTINGS.get(key)
        if spec is None:
            raise AlexaInvalidValueError("key", "the key of a setting other than the address")
        await self._transport.async_request(
            table.PUT_SETTING,
            nothing,
            params={"endpointId": requests.endpoint_id(endpoint_id), "settingName": key.value},
            json=spec.encode(value),
        )

    async def _get[V](self, spec: SettingSpec[V], endpoint_id: str) -> Setting[V]:
        return await self._transport.async_request(
            spec.read, spec.setting, params={"endpointId": requests.endpoint_id(endpoint_id)}
        )

    async def _put[V](self, spec: SettingSpec[V], endpoint_id: str, value: object) -> None:
        await self._command(spec.write, endpoint_id, spec.encode(value))

    async def get_address(self, endpoint_id: str) -> Address:
        """Return the address of an endpoint, which Alexa uses for weather and places nearby."""
        return await self._transport.async_request(
            table.GET_ADDRESS, address_setting, params={"endpointId": requests.endpoint_id(endpoint_id)}
        )

    async def post_address(self, endpoint_id: str, address: Address) -> Address:
        """Set the address of an endpoint; returns it as Amazon stored it.

        Raises ``AlexaAddressRejectedError`` with what is wrong, or with what would be right.
        """
        return await self._transport.async_request(
            table.POST_ADDRESS,
            address_setting,
            params={"endpointId": requests.endpoint_id(endpoint_id)},
            json=requests.address(address),
        )

    async def get_do_not_disturb(self, endpoint_id: str) -> Setting[bool]:
        """Return whether do not disturb is on."""
        return await self._get(settings.DO_NOT_DISTURB, endpoint_id)

    async def put_do_not_disturb(self, endpoint_id: str, enabled: bool) -> None:
        """Turn do not disturb on or off: no notifications, calls and other things nobody asked for."""
        await self._put(settings.DO_NOT_DISTURB, endpoint_id, enabled)

    async def get_locales(self, endpoint_id: str) -> Setting[tuple[str, ...]]:
        """Return the languages of an Echo, the preferred one first."""
        return await self._get(settings.LOCALES, endpoint_id)

    async def put_locales(self, endpoint_id: str, locales: Sequence[str]) -> None:
        """Set one or two languages such as en-US, the preferred one first."""
        await self._put(settings.LOCALES, endpoint_id, locales)

    async def get_wake_words(self, endpoint_id: str) -> Setting[tuple[WakeWord, ...]]:
        """Return the wake word of an Echo."""
        return await self._get(settings.WAKE_WORDS, endpoint_id)

    async def put_wake_words(self, endpoint_id: str, wake_words: Sequence[WakeWord]) -> None:
        """Set the wake word: exactly one."""
        await self._put(settings.WAKE_WORDS, endpoint_id, wake_words)

    async def get_wake_word_confirmation(self, endpoint_id: str) -> Setting[Tone]:
        """Return whether an Echo sounds when it starts to listen."""
        return await self._get(settings.WAKE_WORD_CONFIRMATION, endpoint_id)

    async def put_wake_word_confirmation(self, endpoint_id: str, tone: Tone) -> None:
        """Set whether an Echo sounds when it starts to listen."""
        await self._put(settings.WAKE_WORD_CONFIRMATION, endpoint_id, tone)

    async def get_speech_confirmation(self, endpoint_id: str) -> Setting[Tone]:
        """Return whether an Echo sounds when it stops listening."""
        return await self._get(settings.SPEECH_CONFIRMATION, endpoint_id)

    async def put_speech_confirmation(self, endpoint_id: str, tone: Tone) -> None:
        """Set whether an Echo sounds when it stops listening."""
        await self._put(settings.SPEECH_CONFIRMATION, endpoint_id, tone)

    async def get_error_suppression(self, endpoint_id: str) -> Setting[tuple[SuppressedError, ...]]:
        """Return which errors an Echo does not sound for."""
        return await self._get(settings.ERROR_SUPPRESSION, endpoint_id)

    async def put_error_suppression(self, endpoint_id: str, errors: Sequence[SuppressedError]) -> None:
        """Set which errors an Echo does not sound for."""
        await self._put(settings.ERROR_SUPPRESSION, endpoint_id, errors)

    async def get_setup_mode_privileges(self, endpoint_id: str) -> Setting[tuple[SetupModePrivilege, ...]]:
        """Return what a guest may change at the device."""
        return await self._get(settings.SETUP_MODE_PRIVILEGES, endpoint_id)

    async def put_setup_mode_privileges(self, endpoint_id: str, privileges: Sequence[SetupModePrivilege]) -> None:
        """Set what a guest may change at the device; Amazon lists this operation, but does not describe it."""
        await self._put(settings.SETUP_MODE_PRIVILEGES, endpoint_id, privileges)

    async def get_maximum_volume_limit(self, endpoint_id: str) -> Setting[int]:
        """Return how loud an Echo can be made (0–100)."""
        return await self._get(settings.MAXIMUM_VOLUME_LIMIT, endpoint_id)

    async def put_maximum_volume_limit(self, endpoint_id: str, percent: int) -> None:
        """Set how loud an Echo can be made (0–100)."""
        await self._put(settings.MAXIMUM_VOLUME_LIMIT, endpoint_id, percent)

    async def get_time_format(self, endpoint_id: str) -> Setting[TimeFormat]:
        """Return how an Echo shows the time."""
        return await self._get(settings.TIME_FORMAT, endpoint_id)

    async def put_time_format(self, endpoint_id: str, time_format: TimeFormat) -> None:
        """Set how an Echo shows the time."""
        await self._put(settings.TIME_FORMAT, endpoint_id, time_format)

    async def get_time_zone(self, endpoint_id: str) -> Setting[str]:
        """Return the IANA name of the time zone of an Echo."""
        return await self._get(settings.TIME_ZONE, endpoint_id)

    async def put_time_zone(self, endpoint_id: str, time_zone: str) -> None:
        """Set the time zone of an Echo by its IANA name."""
        await self._put(settings.TIME_ZONE, endpoint_id, time_zone)

    async def get_temperature_unit(self, endpoint_id: str) -> Setting[TemperatureUnit]:
        """Return the unit in which an Echo tells temperatures."""
        return await self._get(settings.TEMPERATURE_UNIT, endpoint_id)

    async def put_temperature_unit(self, endpoint_id: str, unit: TemperatureUnit) -> None:
        """Set the unit in which an Echo tells temperatures."""
        await self._put(settings.TEMPERATURE_UNIT, endpoint_id, unit)

    async def get_distance_units(self, endpoint_id: str) -> Setting[DistanceUnits]:
        """Return the units in which an Echo tells distances."""
        return await self._get(settings.DISTANCE_UNITS, endpoint_id)

    async def put_distance_units(self, endpoint_id: str, units: DistanceUnits) -> None:
        """Set the units in which an Echo tells distances."""
        await self._put(settings.DISTANCE_UNITS, endpoint_id, units)

    async def get_alexa_captions(self, endpoint_id: str) -> Setting[Enablement]:
        """Return whether an Echo shows what Alexa says."""
        return await self._get(settings.ALEXA_CAPTIONS, endpoint_id)

    async def put_alexa_captions(self, endpoint_id: str, enablement: Enablement) -> None:
        """Set whether an Echo shows what Alexa says."""
        await self._put(settings.ALEXA_CAPTIONS, endpoint_id, enablement)

    async def get_closed_captions(self, endpoint_id: str) -> Setting[Enablement]:
        """Return whether an Echo shows the captions of films."""
        return await self._get(settings.CLOSED_CAPTIONS, endpoint_id)

    async def put_closed_captions(self, endpoint_id: str, enablement: Enablement) -> None:
        """Set whether an Echo shows the captions of films."""
        await self._put(settings.CLOSED_CAPTIONS, endpoint_id, enablement)

    async def get_magnifier(self, endpoint_id: str) -> Setting[Enablement]:
        """Return whether the magnifier of a screen can be used."""
        return await self._get(settings.MAGNIFIER, endpoint_id)

    async def put_magnifier(self, endpoint_id: str, enablement: Enablement) -> None:
        """Set whether the magnifier of a screen can be used."""
        await self._put(settings.MAGNIFIER, endpoint_id, enablement)

    async def get_color_inversion(self, endpoint_id: str) -> Setting[Enablement]:
        """Return whether the colours of a screen are inverted."""
        return await self._get(settings.COLOR_INVERSION, endpoint_id)

    async def put_color_inversion(self, endpoint_id: str, enablement: Enablement) -> None:
        """Set whether the colours of a screen are inverted."""
        await self._put(settings.COLOR_INVERSION, endpoint_id, enablement)

    async def get_follow_up(self, endpoint_id: str) -> Setting[bool]:
        """Return whether an Echo goes on listening after an answer."""
        return await self._get(settings.FOLLOW_UP, endpoint_id)

    async def put_follow_up(self, endpoint_id: str, enabled: bool) -> None:
        """Set whether an Echo goes on listening after an answer."""
        await self._put(settings.FOLLOW_UP, endpoint_id, enabled)

    async def get_speaking_rate(self, endpoint_id: str) -> Setting[float]:
        """Return how fast Alexa speaks, as a multiple of normal."""
        return await self._get(settings.SPEAKING_RATE, endpoint_id)

    async def put_speaking_rate(self, endpoint_id: str, rate: float) -> None:
        """Set how fast Alexa speaks: one of ``settings.SPEAKING_RATES``."""
        await self._put(settings.SPEAKING_RATE, endpoint_id, rate)
