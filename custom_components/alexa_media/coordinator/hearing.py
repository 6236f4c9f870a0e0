"""Detection of a deaf stream: one that is open and answers pings but delivers nothing."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

UNCONFIRMED: Final = 3
"""Number of consecutive commands without a confirming push that prove the stream deaf."""

GRACE: Final = 5.0
"""Seconds that a push may be later than the poll that found its change."""

COOLDOWN: Final = 3600.0
"""Minimum seconds between two renewals of the stream."""


class Hearing:
    """Renew a stream that proves to be deaf, and have topics polled as without push until a directive arrives."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        renew: Callable[[], None],
        set_polling: Callable[[bool], None],
    ) -> None:
        """Initialize; ``set_polling`` receives whether topics are to be polled as without push."""
        self._hass = hass
        self._renew = renew
        self._set_polling = set_polling
        self._unconfirmed = 0
        self._renewed_at: float | None = None
        self._cancel_check: CALLBACK_TYPE | None = None
        self.is_deaf = False
        entry.async_on_unload(self._async_cancel)

    @callback
    def async_directive(self) -> None:
        """Note a directive: the stream is not deaf."""
        self._unconfirmed = 0
        self._async_cancel()
        if self.is_deaf:
            self.is_deaf = False
            self._set_polling(False)

    @callback
    def async_unconfirmed(self) -> None:
        """Note a command whose confirming push did not arrive."""
        self._unconfirmed += 1
        if self._unconfirmed >= UNCONFIRMED:
            self._async_deaf()

    @callback
    def async_unpushed(self) -> None:
        """Note a change found by a poll that should have been pushed."""
        if self._cancel_check is None:
            self._cancel_check = async_call_later(self._hass, GRACE, self._async_deaf)

    @callback
    def _async_deaf(self, _now: object = None) -> None:
        """Renew the stream, and poll until a directive arrives."""
        self._async_cancel()
        self._unconfirmed = 0
        now = self._hass.loop.time()
        if not self.is_deaf:
            self.is_deaf = True
            self._set_polling(True)
        if self._renewed_at is None or now - self._renewed_at >= COOLDOWN:
            self._renewed_at = now
            self._renew()

    @callback
    def _async_cancel(self) -> None:
        if self._cancel_check:
            self._cancel_check()
            self._cancel_check = None
