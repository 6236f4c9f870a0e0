"""Values in requests and answers of the account API."""

from datetime import UTC, datetime
from typing import Any, Final

from ..errors import AlexaBadResponseError
from ..json import listed, mapping, number, texts
from ..model.devices import Device
from .endpoints import Endpoint

EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2199
"""Times beyond these years are no times: near the ends of the calendar, time zones lead out of it."""

_LATEST: Final = 7_258_118_400_000
"""The end of that year in milliseconds."""


def seconds(value: Any) -> float | None:
    """Return milliseconds as seconds; negative ones are no time."""
    milliseconds = number(value)
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000


def instant(value: Any) -> datetime | None:
    """Return epoch milliseconds as an aware UTC time; 0 stands for "no time"."""
    milliseconds = number(value)
    if milliseconds is None or not 0 < milliseconds < _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def required_list(data: Any, key: str | None, endpoint: Endpoint) -> list[Any]:
    """Return the list of objects that the whole answer hangs on, which without a key is the answer itself.

    Objects of no use to us are a good answer, as an empty list is. An answer that is no list,
    null, and a list of other things than objects are not: raises ``AlexaBadResponseError``.
    """
    value = listed(data if key is None else mapping(data).get(key))
    if value is None:
        raise AlexaBadResponseError(f"{endpoint.label} was answered without {key or 'a list'}", endpoint=endpoint.label)
    return value


def required_texts(data: Any, key: str, endpoint: Endpoint) -> tuple[str, ...]:
    """Return the list of texts that the whole answer hangs on; raises ``AlexaBadResponseError``."""
    value = mapping(data).get(key)
    if not isinstance(value, list) or (value and not texts(value)):
        raise AlexaBadResponseError(f"{endpoint.label} was answered without {key}", endpoint=endpoint.label)
    return texts(value)


def address_of(device: Device) -> dict[str, str]:
    """Return how Amazon names a device in a query or a body."""
    return {"deviceSerialNumber": device.serial, "deviceType": device.device_type}


def place_of(device: Device) -> dict[str, str]:
    """Return how Amazon names a device in a path."""
    return {"type": device.device_type, "serial": device.serial}
