"""Tests of names with white space, commas and equivalent letters, and of the names in errors."""

from functools import partial
from typing import Any, Final
from unicodedata import normalize

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.names import (
    filter_names,
    find_name,
    folded,
    same,
    split_names,
    tidy,
    told_apart,
)
from custom_components.alexa_media.const import CONF_EXCLUDE_DEVICES, CONF_INCLUDE_DEVICES, DOMAIN

from .conftest import Household, quiet, set_up, until

pytestmark = pytest.mark.platforms("media_player", "notify")

JO: Final = "A2SIMJO7D0EQ11"
KITCHEN: Final = "media_player.kitchen_show"


def forms(name: str) -> tuple[str, ...]:
    """Return a name in different spellings."""
    return (
        name,
        f" {name} ",
        name.upper(),
        normalize("NFD", name),
        name.replace(" ", "\u00a0\u3000"),
        f"\u200b{name}\ufeff\n",
    )


@pytest.mark.parametrize("name", ["Movie time", "Café Ölgemälde", "Straße", "ΣΊΣΥΦΟΣ", "Kitchen, big"])
def test_forms_of_one_name_are_the_same(name: str) -> None:
    assert all(same(form, name) for form in forms(name))
    assert not same(name, f"{name} 2")
    assert find_name(["x", f" {name}"], name) == f" {name}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kitchen 2", "\uff2b\uff49\uff54\uff43\uff48\uff45\uff4e\u3000\uff12"),
        ("Kim's room", "Kim\u2019s room"),
        ("Gästezimmer", "Gäste\u00adzimmer"),
        ("☕ Café", "☕\ufe0f Cafe\u0301"),
        ("Kitchen", "\u202aKitchen\u202c"),
        ("Kitchen", "\u2066Kit\u200dchen\u2069"),
        ("a b", "a\u202f\u2028b"),
        ("fire", "\ufb01re"),
    ],
)
def test_letters_that_look_alike_are_the_same(one: str, other: str) -> None:
    """Full-width letters, ligatures, apostrophes, joiners, soft hyphens and direction marks are equivalent."""
    assert same(one, other)
    assert find_name([one], other) == one


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@given(st.text())
def test_tidy_and_folded_are_stable(name: str) -> None:
    assert tidy(tidy(name)) == tidy(name)
    assert folded(tidy(name)) == folded(name)


def test_an_identical_name_has_priority() -> None:
    assert find_name(["movie time", "Movie time"], "Movie time") == "Movie time"
    assert find_name([], "x") is None
    assert not same(None, None)


def test_names_with_a_comma_are_found_among_names_with_commas_between() -> None:
    known = {folded(name) for name in ("Kitchen, big", "Office", "Kitchen")}
    assert list(split_names("Office,kitchen , big, Kitchen, attic,, ", known)) == [
        "Office",
        "kitchen , big",
        "Kitchen",
        "attic",
    ]
    assert list(filter_names("Office,kitchen , big", known)) == ["Office", "kitchen , big"]
    assert list(filter_names("Office, Kitchen", known | {"office,kitchen"})) == ["Office", "Kitchen"]
    assert list(filter_names([" Office", "", "Kitchen"], known | {"office,kitchen"})) == ["Office", "Kitchen"]


def test_an_id_takes_the_place_of_a_name_that_several_have() -> None:
    assert told_apart([("Kitchen", "1"), ("Office", "2"), ("kitchen ", "3")]) == "1, 3, Office"
    assert told_apart([]) == "-"


def test_many_commas_are_split_in_linear_time() -> None:
    assert len(list(split_names("a," * 50_000, {"x,y"}))) == 50_000


@pytest.mark.usefixtures("brief_speech")
async def test_an_echo_is_found_in_any_form(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    household.add("G0SIM0000000CAFE", like="Office Spot", accountName="Cafe\u0301  two ")
    household.add("G0SIM000000COMMA", like="Office Spot", accountName="Kitchen, big ")
    await entry.runtime_data.devices.async_refresh()
    for service in ("alexa_media_cafe_two", "alexa_media_kitchen_big"):
        await until(hass, partial(hass.services.has_service, "notify", service))
    for given_name in forms("Café two"):
        spoken = len(sim.spoken())
        with subtests.test(ascii(given_name)):
            data = {"message": "Hi", "target": [given_name]}
            await hass.services.async_call("notify", "alexa_media", data, blocking=True)
            assert [said["serial"] for said in sim.spoken()[spoken:]] == ["G0SIM0000000CAFE"]
    spoken = len(sim.spoken())
    with subtests.test("a name with a comma among others"):
        data = {"message": "Hi", "target": "Office Spot,KITCHEN,Big"}
        await hass.services.async_call("notify", "alexa_media", data, blocking=True)
        assert {said["device"].strip() for said in sim.spoken()[spoken:]} == {"Office Spot", "Kitchen, big"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (CONF_INCLUDE_DEVICES, ["Kitchen, big "]),
        (CONF_INCLUDE_DEVICES, "kitchen, big"),
        # two names, as alexa_media_player stores them
        (CONF_INCLUDE_DEVICES, "Attic,Kitchen,big"),
        (CONF_INCLUDE_DEVICES, ["g0sim000000comma "]),
        (CONF_EXCLUDE_DEVICES, ["Kitchen,  Big"]),
    ],
)
async def test_a_name_with_a_comma_and_white_space_can_be_filtered(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    key: str,
    value: list[str] | str,
) -> None:
    household.add("G0SIM000000COMMA", like="Office Spot", accountName=" Kitchen, big")
    hass.config_entries.async_update_entry(config_entry, options={key: value})
    await set_up(hass, config_entry)
    found = set(config_entry.runtime_data.devices.data)
    assert found == {"G0SIM000000COMMA"} if key == CONF_INCLUDE_DEVICES else "G0SIM000000COMMA" not in found
    await hass.config_entries.async_unload(config_entry.entry_id)


async def routines_of(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    *named: tuple[str | None, str],
) -> None:
    """Set up an account with routines of given names and utterances."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    automations = household.accounts[JO]["automations"]
    held = next(automation for automation in automations.values() if automation["name"] == "Good night")
    sequence = {"@type": "com.amazon.alexa.behaviors.model.Sequence", "startNode": held["startNode"]}
    body: list[dict[str, Any]] = [
        {
            "automationId": key,
            "name": name,
            "status": "ENABLED",
            "triggers": [{"payload": {"utterance": utterance}}],
            "sequence": sequence,
        }
        for key, (name, utterance) in zip(automations, named, strict=False)
    ]
    sim.fault(path="/api/behaviors/v2/automations", status=200, body=body)
    await set_up(hass, entry)
    await quiet(hass, sim, calm=0.4)


async def run(hass: HomeAssistant, routine: str) -> None:
    """Run a routine on the Kitchen Show."""
    await hass.services.async_call(DOMAIN, "run_routine", {"entity_id": KITCHEN, "routine": routine}, blocking=True)


async def test_a_routine_runs_by_any_form_of_its_name_and_words(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = (("E\u0301te\u0301  time ", "film ab"), (None, "sleep  well "))
    await routines_of(hass, sim, config_entry, household, monkeypatch, *named)
    for wanted in ("Été time", "éTÉ  TIME ", "sleep well", "Sleep\u00a0well", " FILM ab"):
        await run(hass, wanted)
    assert len(sim.ledger(path="/api/behaviors/preview")) == 5
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_names_listed_in_an_error_can_be_used(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two routines that differ only in case or white space are distinguished by id."""
    named = (("Movie time ", "one"), ("movie  time", "two"))
    await routines_of(hass, sim, config_entry, household, monkeypatch, *named)
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, "nothing")
    assert raised.value.translation_placeholders is not None
    for name in raised.value.translation_placeholders["known"].split(", "):
        try:
            await run(hass, name)
        except ServiceValidationError as err:
            assert err.translation_key == "routine_ambiguous"  # noqa: PT017
            assert err.translation_placeholders is not None  # noqa: PT017
            for candidate in err.translation_placeholders["candidates"].split(", "):
                await run(hass, candidate.rpartition("(")[2].rstrip(")"))
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_account_is_found_by_the_masked_address_of_the_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(DOMAIN, "force_logout", {"email": "kim@example.org"}, blocking=True)
    assert raised.value.translation_placeholders is not None
    for name in (raised.value.translation_placeholders["known"], " JO@example.org"):
        assert await hass.services.async_call(
            DOMAIN, "enable_network_discovery", {"email": name}, blocking=True, return_response=True
        )


async def test_sound_modes_and_sources_are_found_in_any_form(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await hass.services.async_call(
        "media_player", "select_source", {"entity_id": KITCHEN, "source": " local  SPEAKER"}, blocking=True
    )
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            "media_player", "select_source", {"entity_id": KITCHEN, "source": "x"}, blocking=True
        )
    assert raised.value.translation_placeholders is not None
    paired = raised.value.translation_placeholders["known"].split(", ")[-1]
    await hass.services.async_call(
        DOMAIN, "unpair_bluetooth", {"entity_id": KITCHEN, "source": f" {paired.upper()}  "}, blocking=True
    )
