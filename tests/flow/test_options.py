"""Tests of the options with a loaded account."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
import custom_components.alexa_media
from custom_components.alexa_media.backends import Stored, entry_store
from tests.conftest import Household, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN, BEDROOM = "media_player.kitchen_show", "media_player.bedroom_dot"
UNCHANGED = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}


@pytest.fixture
def setups(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Return the ids of the entries that are set up, one per setup; request it before ``entry``."""
    seen: list[str] = []
    real = custom_components.alexa_media.async_setup_entry

    async def _set_up(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
        seen.append(entry.entry_id)
        return await real(hass, entry)

    with patch.object(custom_components.alexa_media, "async_setup_entry", _set_up):
        yield seen


async def show(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the options."""
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "init")
    return flow


async def submit(hass: HomeAssistant, entry: MockConfigEntry, **values: Any) -> ConfigFlowResult:
    """Open the options and submit them with changed values."""
    flow = await show(hass, entry)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], UNCHANGED | values)
    await hass.async_block_till_done()
    return flow


def suggested(flow: ConfigFlowResult) -> dict[str, Any]:
    """Return the values with which the form is filled in."""
    schema = flow["data_schema"]
    assert schema is not None
    return {str(key): (key.description or {}).get("suggested_value") for key in schema.schema}


def choices(flow: ConfigFlowResult) -> dict[str, str]:
    """Return the names of the devices in the form by serial."""
    schema = flow["data_schema"]
    assert schema is not None
    selector = next(value for key, value in schema.schema.items() if key == "include_devices")
    assert selector.config["multiple"] is True
    return {option["value"]: option["label"] for option in selector.config["options"]}


async def test_filters_are_applied_and_removed_without_a_reload(
    hass: HomeAssistant, sim: ControlClient, household: Household, setups: list[str], entry: MockConfigEntry
) -> None:
    kitchen, bedroom = household.serial("Kitchen Show"), household.serial("Bedroom Dot")
    offered = choices(await show(hass, entry))
    assert offered[kitchen] == "Kitchen Show"
    assert entry.data["serial"] not in offered
    assert hass.states.get(KITCHEN)
    assert hass.states.get(BEDROOM)
    sim.reset_ledger()
    flow = await submit(hass, entry, exclude_devices=[kitchen])
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["exclude_devices"] == [kitchen]
    await until(hass, lambda: hass.states.get(KITCHEN) is None)
    assert choices(await show(hass, entry))[kitchen] == "Kitchen Show", "excluded devices can be selected"
    await submit(hass, entry, include_devices=[bedroom])
    await until(hass, lambda: hass.states.get(BEDROOM) and hass.states.get("media_player.office_spot") is None)
    assert hass.states.get(KITCHEN) is None
    await submit(hass, entry, include_devices=[], exclude_devices=[])
    await until(hass, lambda: hass.states.get(KITCHEN) and hass.states.get("media_player.office_spot"))
    assert household.requests(path="/api/devices-v2/*") == []
    assert setups == [entry.entry_id]


async def test_interval_is_applied_without_a_reload(
    hass: HomeAssistant, sim: ControlClient, setups: list[str], entry: MockConfigEntry
) -> None:
    players = entry.runtime_data.players
    await submit(hass, entry, scan_interval=10.0, public_url=" https://home.example.org/ ")
    assert players._scan_interval.total_seconds() == 10
    assert entry.options["scan_interval"] == 10
    assert entry.options["public_url"] == "https://home.example.org"
    shown = suggested(await show(hass, entry))
    assert (shown["scan_interval"], shown["public_url"]) == (10, "https://home.example.org")
    await submit(hass, entry)
    assert entry.options["public_url"] == ""
    assert setups == [entry.entry_id]
    await submit(hass, entry, extended_entity_discovery=True, keep_transcripts=False)
    await until(hass, lambda: len(setups) == 2)
    assert entry.options["keep_transcripts"] is False
    await until(hass, lambda: entry.runtime_data.push.up)


@pytest.mark.parametrize("seconds", [9, 3601])
async def test_interval_has_limits(
    hass: HomeAssistant, config_entry: MockConfigEntry, sim: ControlClient, seconds: int
) -> None:
    flow = await show(hass, config_entry)
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(flow["flow_id"], UNCHANGED | {"scan_interval": seconds})


INVALID_URLS = (
    *("https://[bad", "https://", "https:///x", "ftp://home.example.org", "javascript:alert(1)", "//home"),
    *("https://jo:pw@home.example.org", "https://home.example.org/?a=1", "https://home.example.org/#a"),
    *("https://home.example.org:0", "https://home.example.org:99999", "https://home.example.org:x"),
    *("https://home example.org", "https://home.example.org\r\nX: y", "https://home;evil", "https://\ud83d"),
    "home.example.org",
)
INVALID: list[tuple[dict[str, Any], dict[str, str]]] = [
    *(({"public_url": url}, {"public_url": "invalid_public_url"}) for url in INVALID_URLS),
    (
        {"include_devices": ["G0SIM00KITCHEN01"], "exclude_devices": ["G0SIM00KITCHEN01"]},
        {"exclude_devices": "included_and_excluded"},
    ),
]


async def test_errors_are_shown_and_the_input_is_kept(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for values, error in INVALID:
        with subtests.test(ascii(values)):
            flow = await submit(hass, entry, **values)
            assert flow["errors"] == error
            for key, value in values.items():
                assert suggested(flow)[key] == value
            assert dict(entry.options) == {}
            hass.config_entries.options.async_abort(flow["flow_id"])


@pytest.mark.contract("options")
async def test_options_of_alexa_media_player_are_understood(
    hass: HomeAssistant, sim: ControlClient, household: Household, config_entry: MockConfigEntry
) -> None:
    old = {"include_devices": "", "exclude_devices": "kitchen show, Gone Echo", "scan_interval": 120, "public_url": "/"}
    household.add("G0SIM00KITCHEN02", like="Kitchen Show")
    hass.config_entries.async_update_entry(config_entry, data=config_entry.data | old)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await until(hass, lambda: hass.states.get(BEDROOM) and config_entry.runtime_data.push.up)
    assert hass.states.get(KITCHEN) is None
    flow = await show(hass, config_entry)
    assert suggested(flow) == {
        "include_devices": [],
        "exclude_devices": ["G0SIM00KITCHEN01", "G0SIM00KITCHEN02", "Gone Echo"],
        "scan_interval": 120,
        "public_url": "",
        "extended_entity_discovery": False,
        "appliances": [],
        "keep_transcripts": True,
        "conversation": False,
        "broadcast": False,
        "record": None,
    }
    assert choices(flow)["Gone Echo"] == "Gone Echo"
    await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()


async def test_options_open_while_the_account_is_not_loaded(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    flow = await submit(hass, config_entry, scan_interval=30)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert config_entry.options["scan_interval"] == 30


STORED_URLS = {
    "HTTPS://Home.Example.org:443/": "https://home.example.org",
    "https://home.example.org/ha//": "https://home.example.org/ha",
    "http://192.168.1.2:8123": "http://192.168.1.2:8123",
    "https://[2001:db8::1]:8123/": "https://[2001:db8::1]:8123",
    "https://bücher.example": "https://xn--bcher-kva.example",
}


async def test_external_url_is_stored_in_one_form(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for given, stored in STORED_URLS.items():
        with subtests.test(given):
            hass.config_entries.async_update_entry(entry, options={})
            await submit(hass, entry, scan_interval=60, public_url=given)
            assert entry.options["public_url"] == stored


async def test_stored_files_are_private(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The files contain serials and names, so other users must not be able to read them."""
    for stored in Stored:
        assert entry_store(hass, entry.entry_id, stored)._private
