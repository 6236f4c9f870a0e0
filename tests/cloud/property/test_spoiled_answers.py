"""Tests of Smart Properties commands with altered responses: the caller gets a clear error.

Nothing else is affected.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.attack.tools import collecting
from tests.conftest import until
from tests.faults.failures import CLASS_NAME, FAULTS

ADDRESS: Final = {"line1": "1 Example Road", "city": "Springfield", "state": "IL", "postal_code": "62701"}
COMMANDS: Final[dict[str, tuple[str | None, dict[str, Any], bool]]] = {
    "query_endpoints": (None, {}, True),
    "announce_in_units": (None, {"units": ["Room 101"], "message": "Hello"}, False),
    "delete_timers": ("Room 101 bed", {}, False),
    "move_to_unit": ("Spare Echo", {"unit": "Harbour Hotel / Room 102", "confirm": True}, False),
    "remove_from_unit": ("Room 101 bath", {"confirm": True}, False),
    "rename_endpoint": ("Spare Echo", {"name": "Porter's lodge"}, False),
    "set_address": ("Room 101 bed", {**ADDRESS, "country": "us"}, True),
    "save_wifi": (None, {"ssid": "Guests", "password": "correct horse battery"}, False),
    "install_wifi": ("Room 101 balcony", {"ssid": "Guests", "wait": False}, True),
    "wifi_status": ("Room 101 bed", {"operation_id": "amzn1.operation.X"}, True),
    "deregister_endpoint": ("Room 101 bed", {"serial_number": "G0SIMASP00000004", "confirm": True}, False),
    "forget_endpoint": ("Room 101 lamp", {"serial_number": "simhome000001", "confirm": True}, False),
}
"""Actions with their device (None for the whole property), their data, and whether they have a response."""

# A request without a response ends with a timeout, which tests of the client cover.
WRITTEN: Final = ("wrong types", "missing keys", "empty")
"""Altered responses that do not report a refusal; the write took effect."""

SPOILED: Final = sorted((name for name in FAULTS if name != "hang"), key=lambda name: "429" in name)
"""Faults, last those after which the client sends nothing for a while."""


@pytest.fixture
def spoil(sim: ControlClient) -> Callable[[str], None]:
    """Return a function that alters every response; a write with status 200 takes effect."""

    def spoil(name: str) -> None:
        for host in ("api.amazonalexa.com", "credential-locker-service.amazon.com"):
            sim.fault(host=host, **FAULTS[name], **({"after": True} if name in WRITTEN else {}))

    return spoil


@pytest.mark.timeout(200)
async def test_the_caller_of_an_action_gets_an_error_for_an_altered_response(
    hass: HomeAssistant,
    hotel: MockConfigEntry,
    sim: ControlClient,
    spoil: Callable[[str], None],
    subtests: pytest.Subtests,
) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)
    ids = {device.name: device.id for device in devices}
    for action, (about, data, answers) in COMMANDS.items():
        target = {"config_entry_id": hotel.entry_id} if about is None else {"device_id": ids[about]}
        with subtests.test(action):
            assert await _found(hass, sim, spoil, action, target | data, answers=answers) == []


async def _found(
    hass: HomeAssistant,
    sim: ControlClient,
    spoil: Callable[[str], None],
    action: str,
    data: dict[str, Any],
    *,
    answers: bool,
) -> list[str]:
    """Return what is wrong when an action is called with each altered response."""
    found: list[str] = []
    for fault in SPOILED:
        sim.reset_ledger()
        spoil(fault)
        with collecting() as log:
            try:
                await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers)
            except HomeAssistantError as err:
                found += [f"{fault}: {err}"] if CLASS_NAME.search(str(err)) or not str(err) else []
            except Exception as err:  # noqa: BLE001 - the test reports any unexpected exception
                found.append(f"{fault}: {type(err).__name__}: {err}")
            else:
                found += [f"{fault}: no error"] if FAULTS[fault].get("status", 200) >= 400 else []
        found += [f"{fault}: {line}" for line in log.bad() if "Traceback" in line]
        # a cut connection must be closed before the next request, which would otherwise be sent on it
        await until(hass, lambda: not sim.progress()[1])
        found += [] if sim.ledger() or "429" in fault else [f"{fault}: nothing was sent"]
        sim.clear_faults()
    return found


@pytest.mark.timeout(120)
async def test_a_poll_with_altered_responses_removes_no_device(
    hass: HomeAssistant,
    hotel: MockConfigEntry,
    sim: ControlClient,
    spoil: Callable[[str], None],
    subtests: pytest.Subtests,
) -> None:
    before = set(hotel.runtime_data.devices.data)
    for fault in SPOILED:
        spoil(fault)
        with subtests.test(fault), collecting() as log:
            for coordinator in hotel.runtime_data.coordinators:
                await coordinator.async_refresh()
            await hass.async_block_till_done()
            assert [line for line in log.bad() if "Traceback" in line] == []
            sim.clear_faults()
            for coordinator in hotel.runtime_data.coordinators:
                await coordinator.async_refresh()
                assert coordinator.last_update_success or "429" in fault, coordinator.topic
            assert set(hotel.runtime_data.devices.data) == before


PAGE: Final = "<!DOCTYPE html><html><body>Sign in to the network</body></html>"


BODIES: Final[dict[str, tuple[Any, bool]]] = {
    "web page": (PAGE, False),
    "offline": ({"errors": [{"type": "DEVICE_UNREACHABLE", "message": "no"}]}, False),
    "partial errors": ({"errors": [{"code": "INTERNAL_ERROR", "message": "no"}]}, False),
    "property error": ({"error": {"type": "ENDPOINT_UNREACHABLE"}}, False),
    "empty": ("", True),
    "a word": ("OK", True),
    "no errors": ({"errors": []}, True),
    "list": ([], True),
}
"""Bodies of a response with status 200, and whether the write succeeded."""


async def test_a_body_that_contradicts_the_status_is_an_error(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    """A write without a documented body fails if a 200 contains a web page or errors."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)
    device = next(device.id for device in devices if device.name == "Spare Echo")
    data = {"device_id": device, "name": "Porter's lodge"}
    for case, (body, is_done) in BODIES.items():
        sim.clear_faults()
        sim.reset_ledger()
        sim.fault(host="api.amazonalexa.com", method="POST", path="*/friendlyName", status=200, body=body)
        with subtests.test(case):
            with nullcontext() if is_done else pytest.raises(HomeAssistantError) as raised:
                await hass.services.async_call(DOMAIN, "rename_endpoint", data, blocking=True)
            if raised is not None:
                assert str(raised.value)
                assert not CLASS_NAME.search(str(raised.value))
            assert sim.ledger(method="POST", path="*/friendlyName")
