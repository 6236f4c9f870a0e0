"""Settings of an Echo: their keys, their valid values, and how each is read and written.

A setting is a plain JSON value; only an address is an object.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Any, Final

from ..errors import AlexaInvalidValueError
from ..json import listed, mapping, mappings, number, text
from ..model.devices import OpenEnum
from ..model.property import PostalAddress
from .models import JsonValue, Setting, SettingError, SettingErrorCode, SettingsPage
from .operation import BACKOFF_UNSPECIFIED, Answer, Operation, Write
from .parse import ShapeError, address, integer, next_token

SPEAKING_RATES: Final = (0.75, 0.85, 1.0, 1.25, 1.5, 1.75, 2.0)
"""Valid speaking rates as multiples of the normal rate."""

_LOCALE: Final = re.compile(r"[a-z]{2}-[A-Z]{2}")


class SettingKey(StrEnum):
    """Keys of the settings, as used in paths and in the query parameter ``keys``."""

    ADDRESS = "address"
    DO_NOT_DISTURB = "Alexa.DoNotDisturb.doNotDisturb"
    LOCALES = "System.locales"
    WAKE_WORDS = "SpeechRecognizer.wakeWords"
    WAKE_WORD_CONFIRMATION = "SpeechRecognizer.wakeWordConfirmation"
    SPEECH_CONFIRMATION = "SpeechRecognizer.speechConfirmation"
    ERROR_SUPPRESSION = "Alexa.ManagedDevice.Settings.errorSuppression"
    SETUP_MODE_PRIVILEGES = "Alexa.ManagedDevice.Settings.setupModePrivileges"
    MAXIMUM_VOLUME_LIMIT = "Alexa.ManagedDevice.Settings.maximumVolumeLimit"
    TIME_FORMAT = "Alexa.DataFormat.Time.timeFormat"
    TIME_ZONE = "System.timeZone"
    TEMPERATURE_UNIT = "System.temperatureUnit"
    DISTANCE_UNITS = "System.distanceUnits"
    ALEXA_CAPTIONS = "Accessibility.Captions.AlexaCaptions.enablement"
    CLOSED_CAPTIONS = "Accessibility.Captions.ClosedCaptions.enablement"
    MAGNIFIER = "Accessibility.Display.Magnifier.enablement"
    COLOR_INVERSION = "Accessibility.Display.ColorInversion.enablement"
    FOLLOW_UP = "SpeechRecognizer.FollowUp.mode"
    SPEAKING_RATE = "SpeechSynthesizer.speakingRate"


class Enablement(OpenEnum):
    """Whether an accessibility feature is enabled."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    UNKNOWN = "UNKNOWN"


class Tone(OpenEnum):
    """Whether a tone is played."""

    TONE = "TONE"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class WakeWord(OpenEnum):
    """Wake words; not every device and language supports all of them."""

    ALEXA = "ALEXA"
    AMAZON = "AMAZON"
    COMPUTER = "COMPUTER"
    ECHO = "ECHO"
    UNKNOWN = "UNKNOWN"


class SuppressedError(OpenEnum):
    """Errors whose sounds can be muted."""

    CONNECTIVITY = "CONNECTIVITY"
    UNKNOWN = "UNKNOWN"


class SetupModePrivilege(OpenEnum):
    """Settings that a guest may change on the device."""

    ALL_SETTINGS = "ALL_SETTINGS"
    UNKNOWN = "UNKNOWN"


class TimeFormat(OpenEnum):
    """Format in which the time is shown."""

    HOURS_12 = "12_HOURS"
    HOURS_24 = "24_HOURS"
    UNKNOWN = "UNKNOWN"


class TemperatureUnit(OpenEnum):
    """Temperature unit that Alexa uses in speech."""

    CELSIUS = "CELSIUS"
    FAHRENHEIT = "FAHRENHEIT"
    UNKNOWN = "UNKNOWN"


class DistanceUnits(OpenEnum):
    """Distance units that Alexa uses in speech."""

    METRIC = "METRIC"
    IMPERIAL = "IMPERIAL"
    UNKNOWN = "UNKNOWN"


type SettingValue = bool | int | float | str | tuple[str, ...] | PostalAddress
"""Value of a setting; members of the enumerations above are strings."""


@dataclass(frozen=True, slots=True)
class SettingSpec[V]:
    """One setting: its operations, its parser and its encoder.

    ``parse`` returns ``None`` for a value of the wrong form; ``encode`` raises ``AlexaInvalidValueError`` for an
    invalid value.
    """

    key: SettingKey
    read: Operation
    write: Operation
    parse: Callable[[Any], V | None]
    encode: Callable[[Any], JsonValue]

    def setting(self, raw: Any) -> Setting[V]:
        """Return the setting with a raw value and its parsed form."""
        return Setting(key=self.key, value=None if raw is None else self.parse(raw), raw=raw)


# --- values ---------------------------------------------------------------------------------


def _parse_flag(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _percent(raw: Any) -> int | None:
    found = None if isinstance(raw, str) else integer(raw)
    return found if found is not None and 0 <= found <= 100 else None


def _parse_texts(raw: Any) -> tuple[str, ...] | None:
    if not isinstance(raw, list):
        return None
    found = tuple(text(item) for item in raw)
    return None if None in found else tuple(item for item in found if item)


def _encode_flag(key: SettingKey) -> Callable[[Any], JsonValue]:
    def encode(value: Any) -> JsonValue:
        if not isinstance(value, bool):
            raise AlexaInvalidValueError(key, "true or false")
        return value

    return encode


def _encode_percent(key: SettingKey) -> Callable[[Any], JsonValue]:
    def encode(value: Any) -> JsonValue:
        if (found := _percent(value)) is None:
            raise AlexaInvalidValueError(key, "a whole number from 0 to 100")
        return found

    return encode


def _encode_rate(value: Any) -> JsonValue:
    if (found := number(value)) not in SPEAKING_RATES and not isinstance(value, UnlistedRate):
        raise AlexaInvalidValueError(SettingKey.SPEAKING_RATE, "one of " + ", ".join(f"{r:g}" for r in SPEAKING_RATES))
    return found


def _encode_text(key: SettingKey) -> Callable[[Any], JsonValue]:
    def encode(value: Any) -> JsonValue:
        if text(value) is None:
            raise AlexaInvalidValueError(key, "text that isn't empty")
        return str(value)

    return encode


class Unlisted(str):
    """A text from Amazon that is not a known value of its setting; it can be written back unchanged."""

    __slots__ = ()


class UnlistedRate(float):
    """A speaking rate from Amazon that is not in ``SPEAKING_RATES``; it can be written back unchanged."""


def kept(setting: Setting[Any]) -> Any:
    """Return the value of a setting, even an unknown one, in a form that can be written back.

    Returns None for an address and for a value that could not be parsed.
    """
    value, raw = setting.value, setting.raw
    if isinstance(value, PostalAddress):
        return None
    if isinstance(value, OpenEnum) and value == "UNKNOWN" and isinstance(raw, str):
        return Unlisted(raw)
    if isinstance(value, tuple) and isinstance(raw, list) and len(raw) == len(value):
        sent = (str(item) for item in raw)
        return tuple(
            Unlisted(word)
            if item == "UNKNOWN" or (setting.key == SettingKey.LOCALES and not _LOCALE.fullmatch(word))
            else item
            for item, word in zip(value, sent, strict=True)
        )
    if setting.key == SettingKey.SPEAKING_RATE and isinstance(value, float) and value not in SPEAKING_RATES:
        return UnlistedRate(value)
    return value


def _known[E: OpenEnum](kind: type[E], value: Any, key: SettingKey, allowed: str = "one of") -> str:
    """Return a value in Amazon's notation; raises ``AlexaInvalidValueError`` unless it is known or ``Unlisted``."""
    if isinstance(value, Unlisted):
        return str(value)
    found = kind(value) if isinstance(value, str) else kind("UNKNOWN")
    if found is kind("UNKNOWN"):
        raise AlexaInvalidValueError(key, f"{allowed} {', '.join(item for item in kind if item != 'UNKNOWN')}")
    return str(found)


def _choice[E: OpenEnum](kind: type[E]) -> Callable[[Any], E | None]:
    def parse(raw: Any) -> E | None:
        found = text(raw)
        return None if found is None else kind(found)

    return parse


def _choices[E: OpenEnum](kind: type[E]) -> Callable[[Any], tuple[E, ...] | None]:
    def parse(raw: Any) -> tuple[E, ...] | None:
        found = _parse_texts(raw)
        return None if found is None else tuple(kind(item) for item in found)

    return parse


def _encode_choice[E: OpenEnum](kind: type[E], key: SettingKey) -> Callable[[Any], JsonValue]:
    return lambda value: _known(kind, value, key)


def _encode_choices[E: OpenEnum](
    kind: type[E], key: SettingKey, *, exactly_one: bool = False
) -> Callable[[Any], JsonValue]:
    def encode(value: Any) -> JsonValue:
        found: list[JsonValue] = [_known(kind, item, key, "a list with values of") for item in _sequence(value, key)]
        if exactly_one and len(found) != 1:
            raise AlexaInvalidValueError(key, "a list with exactly one value")
        if len(set(_sequence(value, key))) != len(found):
            raise AlexaInvalidValueError(key, "a list without duplicates")
        return found

    return encode


def _encode_locales(value: Any) -> JsonValue:
    found = _sequence(value, SettingKey.LOCALES)
    good = all(isinstance(item, Unlisted) or (isinstance(item, str) and _LOCALE.fullmatch(item)) for item in found)
    if not good or not 1 <= len(set(found)) == len(found) <= 2:
        raise AlexaInvalidValueError(SettingKey.LOCALES, "one or two different languages, such as en-US")
    return list(found)


def _sequence(value: Any, key: SettingKey) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise AlexaInvalidValueError(key, "a list")
    return value


# --- the table ------------------------------------------------------------------------------


def _spec[V](
    name: str, key: SettingKey, parse: Callable[[Any], V | None], encode: Callable[[Any], JsonValue]
) -> SettingSpec[V]:
    """Return a setting whose operations are named ``get…`` and ``put…``."""
    path = f"/v2/endpoints/{{endpointId}}/settings/{key}"
    backs_off = key is SettingKey.TIME_FORMAT
    retry = dict.fromkeys((429, 500), BACKOFF_UNSPECIFIED) if backs_off else {}
    return SettingSpec(
        key,
        Operation(
            f"get{name}",
            "GET",
            path,
            answer=Answer.JSON_OR_NOTHING,
            documented_retry=retry,
            is_ambiguous=backs_off,
        ),
        Write(f"put{name}", "PUT", path, documented_retry=retry, is_ambiguous=backs_off),
        parse,
        encode,
    )


def _flag(name: str, key: SettingKey) -> SettingSpec[bool]:
    return _spec(name, key, _parse_flag, _encode_flag(key))


def _one_of[E: OpenEnum](name: str, key: SettingKey, kind: type[E]) -> SettingSpec[E]:
    return _spec(name, key, _choice(kind), _encode_choice(kind, key))


def _some_of[E: OpenEnum](
    name: str, key: SettingKey, kind: type[E], *, exactly_one: bool = False
) -> SettingSpec[tuple[E, ...]]:
    return _spec(name, key, _choices(kind), _encode_choices(kind, key, exactly_one=exactly_one))


DO_NOT_DISTURB: Final = _flag("DoNotDisturb", SettingKey.DO_NOT_DISTURB)
LOCALES: Final = _spec("Locales", SettingKey.LOCALES, _parse_texts, _encode_locales)
WAKE_WORDS: Final = _some_of("WakeWords", SettingKey.WAKE_WORDS, WakeWord, exactly_one=True)
WAKE_WORD_CONFIRMATION: Final = _one_of("WakeWordConfirmation", SettingKey.WAKE_WORD_CONFIRMATION, Tone)
SPEECH_CONFIRMATION: Final = _one_of("SpeechConfirmation", SettingKey.SPEECH_CONFIRMATION, Tone)
ERROR_SUPPRESSION: Final = _some_of("ErrorSuppression", SettingKey.ERROR_SUPPRESSION, SuppressedError)
SETUP_MODE_PRIVILEGES: Final = _some_of("SetupModePrivileges", SettingKey.SETUP_MODE_PRIVILEGES, SetupModePrivilege)
MAXIMUM_VOLUME_LIMIT: Final = _spec(
    "MaximumVolumeLimit", SettingKey.MAXIMUM_VOLUME_LIMIT, _percent, _encode_percent(SettingKey.MAXIMUM_VOLUME_LIMIT)
)
TIME_FORMAT: Final = _one_of("TimeFormat", SettingKey.TIME_FORMAT, TimeFormat)
TIME_ZONE: Final = _spec("TimeZone", SettingKey.TIME_ZONE, text, _encode_text(SettingKey.TIME_ZONE))
TEMPERATURE_UNIT: Final = _one_of("TemperatureUnit", SettingKey.TEMPERATURE_UNIT, TemperatureUnit)
DISTANCE_UNITS: Final = _one_of("DistanceUnits", SettingKey.DISTANCE_UNITS, DistanceUnits)
ALEXA_CAPTIONS: Final = _one_of("AlexaCaptions", SettingKey.ALEXA_CAPTIONS, Enablement)
CLOSED_CAPTIONS: Final = _one_of("ClosedCaptions", SettingKey.CLOSED_CAPTIONS, Enablement)
MAGNIFIER: Final = _one_of("Magnifier", SettingKey.MAGNIFIER, Enablement)
COLOR_INVERSION: Final = _one_of("ColorInversion", SettingKey.COLOR_INVERSION, Enablement)
FOLLOW_UP: Final = _flag("FollowUp", SettingKey.FOLLOW_UP)
SPEAKING_RATE: Final = _spec("SpeakingRate", SettingKey.SPEAKING_RATE, number, _encode_rate)

SETTINGS: Final[Mapping[str, SettingSpec[Any]]] = {
    spec.key: spec
    for spec in (
        DO_NOT_DISTURB,
        LOCALES,
        WAKE_WORDS,
        WAKE_WORD_CONFIRMATION,
        SPEECH_CONFIRMATION,
        ERROR_SUPPRESSION,
        SETUP_MODE_PRIVILEGES,
        MAXIMUM_VOLUME_LIMIT,
        TIME_FORMAT,
        TIME_ZONE,
        TEMPERATURE_UNIT,
        DISTANCE_UNITS,
        ALEXA_CAPTIONS,
        CLOSED_CAPTIONS,
        MAGNIFIER,
        COLOR_INVERSION,
        FOLLOW_UP,
        SPEAKING_RATE,
    )
}
"""All settings except the address, which has a separate operation for writing."""


def setting(key: str, raw: Any) -> Setting[SettingValue]:
    """Return a setting from its key and raw value; an unknown setting has only the raw value."""
    if key == SettingKey.ADDRESS:
        return Setting(key=key, value=address(raw), raw=raw)
    spec = SETTINGS.get(key)
    return Setting(key=key, raw=raw) if spec is None else spec.setting(raw)


def settings_page(data: Any) -> SettingsPage[SettingValue]:
    """Parse a page of settings; raises ``ShapeError`` if it is malformed. Errors without a key are kept."""
    if not isinstance(data, dict):
        raise ShapeError("the answer is not an object")
    found = mapping(data)
    if any(listed(found.get(part, [])) is None for part in ("settings", "errors")):
        raise ShapeError("the answer has no lists of settings and errors")
    return SettingsPage(
        settings=tuple(
            setting(key, item["value"])
            for item in mappings(found.get("settings"))
            if (key := text(item.get("key"))) and "value" in item
        ),
        errors=tuple(_setting_error(item) for item in mappings(found.get("errors"))),
        next_token=next_token(data),
    )


def _setting_error(item: Mapping[str, Any]) -> SettingError:
    # one section of the reference shows the code as "type"
    raw = text(item.get("code")) or text(item.get("type"))
    return SettingError(
        key=text(item.get("key")),
        status=integer(item.get("status")),
        code=SettingErrorCode(raw or "UNKNOWN"),
        code_raw=raw,
    )
