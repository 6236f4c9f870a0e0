"""Tests that every action reports errors of a whole account as themselves, and not as errors of the Echos."""

import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.entity import masked

from .conftest import until
from .test_two_accounts import JACK, PLAYERS, Pair, domains, pair
from .test_ways_to_speak import ANNOUNCING, KITCHEN, OFFICE, PUSHING, SPEAKING

__all__ = ["domains", "pair"]  # fixtures

pytestmark = pytest.mark.usefixtures("brief_speech")

LIVING_ROOM: Final = "media_player.living_room_studio"
KIDS: Final = "media_player.kids_dot"  # offline

# Words of HTTP, OAuth and of the code, which no error may show.
INTERNALS: Final = re.compile(
    r"invalid.grant|unauthorized|forbidden|grant|oauth|token|http\b|cookie|csrf|[a-z]Error\b|\b[45]\d\d\b",
    re.IGNORECASE,
)

type Call = tuple[str, dict[str, Any]]

# Actions on one or several Echos or on all accounts, besides those that speak.
ACTING: Final[tuple[Call, ...]] = (
    ("alexa_media.speak", {"entity_id": [KITCHEN, OFFICE, LIVING_ROOM], "message": "Hello", "volume": 0.3}),
    ("alexa_media.speak", {"entity_id": "all", "message": "Hello", "type": "announce"}),
    ("notify.alexa_media", {"target": [KITCHEN, OFFICE], "message": "Hello"}),
    ("notify.send_message", {"entity_id": ["notify.kitchen_show_speak", "notify.office_spot_speak"], "message": "Hi"}),
    ("notify.send_message", {"entity_id": "notify.jo_example_org_amazon_com_alexa_app", "message": "Hello"}),
    ("alexa_media.ask", {"entity_id": KITCHEN, "text_command": "what time is it"}),
    ("alexa_media.ask", {"entity_id": [KITCHEN, OFFICE], "text_command": "what time is it"}),
    ("alexa_media.send_text_command", {"entity_id": [KITCHEN, OFFICE], "text_command": "stop"}),
    ("media_player.volume_set", {"entity_id": [KITCHEN, OFFICE], "volume_level": 0.3}),
    ("media_player.play_media", {"entity_id": KITCHEN, "media_content_type": "TUNEIN", "media_content_id": "jazz"}),
    ("media_player.play_media", {"entity_id": KITCHEN, "media_content_type": "custom", "media_content_id": "stop"}),
    ("alexa_media.run_sequence", {"entity_id": [KITCHEN, OFFICE], "steps": [{"speak": "Hello"}]}),
    ("alexa_media.set_do_not_disturb", {"entity_id": [KITCHEN, OFFICE], "enabled": True}),
    ("alexa_media.create_timer", {"entity_id": KITCHEN, "duration": "00:05:00"}),
    ("alexa_media.create_reminder", {"entity_id": [KITCHEN, OFFICE], "time": "07:00:00", "message": "Tea"}),
    ("alexa_media.stop_all", {}),
    ("alexa_media.enable_network_discovery", {}),
)
RESPONDING: Final = ("alexa_media.ask",)


async def error_of(hass: HomeAssistant, call: Call) -> tuple[str | None, str]:
    """Return the translation key and the text of the error of an action; both are empty without an error."""
    domain, _, name = call[0].partition(".")
    data = {"message": "Hello"} | call[1] if domain == "notify" or name == "speak" else call[1]
    try:
        await hass.services.async_call(domain, name, data, blocking=True, return_response=call[0] in RESPONDING)
    except HomeAssistantError as err:
        return err.translation_key, str(err)
    return "", ""


async def test_every_action_reports_that_the_sign_in_has_ended(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    sim.fault(revoke=True)
    ways = [*SPEAKING, *ANNOUNCING, *PUSHING, *ACTING]
    errors = [(call, *await error_of(hass, call)) for call in ways]
    assert [(call, key, text) for call, key, text in errors if key != "auth_failed" or INTERNALS.search(text)] == []
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    assert sim.spoken() == []


@pytest.mark.platforms("media_player", "notify")
@pytest.mark.parametrize("requested", [False, True], ids=["by Amazon alone", "requested before"])
async def test_an_account_that_cannot_be_loaded_for_its_sign_in_reports_the_sign_in(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, requested: bool
) -> None:
    """After a restart without a valid sign-in, the account isn't loaded; the error names the cause."""
    if requested:
        await hass.services.async_call(DOMAIN, "force_logout", {}, blocking=True)
    sim.fault(revoke=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    target: dict[str, Any] = {"message": "Hello", "target": [KITCHEN, OFFICE]}
    calls: list[Call] = [
        ("alexa_media.speak", {"entity_id": [KITCHEN, OFFICE]}),
        ("notify.alexa_media", target),
        ("notify.alexa_media", target | {"data": {"type": "push"}}),
        ("notify.alexa_media_kitchen_show", {}),
        ("alexa_media.enable_network_discovery", {}),
    ]
    assert [(await error_of(hass, call))[0] for call in calls] == ["auth_failed"] * len(calls)


@pytest.mark.platforms("media_player", "notify")
async def test_an_account_that_is_not_loaded_is_not_reported_as_a_problem_of_the_echos(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The same applies after ``force_logout``: a new sign-in is pending, although Amazon accepts the old one."""
    await hass.config_entries.async_unload(entry.entry_id)
    for call in (
        ("alexa_media.speak", {"entity_id": [KITCHEN, OFFICE]}),
        ("notify.alexa_media", {"target": KITCHEN}),
        ("alexa_media.force_logout", {}),
        ("alexa_media.speak", {"entity_id": KITCHEN}),
    ):
        expected = "" if call[0] == "alexa_media.force_logout" else "speech_failed_account_not_loaded"
        assert (await error_of(hass, call))[0] == expected


@pytest.mark.platforms("media_player", "notify")
@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"status": 429, "headers": {"Retry-After": 600}}, "rate_limited"),
        ({"status": 503}, "cannot_connect"),
        ({"cut": "before"}, "cannot_connect"),
    ],
    ids=["throttled", "server error", "no connection"],
)
async def test_an_error_of_the_account_is_reported_as_itself(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, fault: dict[str, Any], key: str
) -> None:
    sim.fault(path="/api/behaviors/preview", **fault)
    for call in (("alexa_media.speak", {"entity_id": [KITCHEN, OFFICE]}), ("notify.alexa_media", {"target": KITCHEN})):
        found, text = await error_of(hass, call)
        assert found == key
        assert not INTERNALS.search(text), text


@pytest.mark.platforms("media_player")
async def test_an_offline_echo_and_an_ended_sign_in_are_both_named(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    sim.fault(revoke=True)
    key, text = await error_of(hass, ("alexa_media.speak", {"entity_id": [KIDS, KITCHEN]}))
    assert key == "speech_failed_auth_failed"
    assert text == (
        "Couldn't send the message to: Kids Dot (offline), Kitchen Show (signed out). You need to sign in to these "
        "accounts again: jo@e*********g. Select Reconfigure on each"
    )


async def end_sign_in(hass: HomeAssistant, pair: Pair) -> None:
    """End the sign-in of Jack's account at Amazon, and wait until Home Assistant knows."""
    entry = pair.entries["jack"]
    pair.sim.patch_state({"accounts": {JACK: {"devices": {entry.data["serial"]: None}}}})
    pair.sim.fault(expire_tokens=True)
    await until(hass, lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN))


@pytest.mark.platforms("media_player", "notify")
async def test_with_two_accounts_the_error_names_the_account_whose_sign_in_has_ended(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """The Echos of the other account speak; the error names those that don't, and the account."""
    await end_sign_in(hass, pair)
    targets = [PLAYERS["john"]["Study Dot"], PLAYERS["jack"]["Workshop Studio"]]
    for call in (("alexa_media.speak", {"entity_id": targets}), ("notify.alexa_media", {"target": targets})):
        key, text = await error_of(hass, call)
        assert key == "speech_failed_auth_failed"
        assert "Workshop Studio (signed out). " in text
        assert f"these accounts again: {masked(pair.entries['jack'].data['email'])}. " in text
        assert "Study Dot" not in text
    assert [said["device"] for said in sim.spoken()] == ["Study Dot", "Study Dot"]
    key, _ = await error_of(hass, ("alexa_media.speak", {"entity_id": PLAYERS["jack"]["Workshop Studio"]}))
    assert key == "auth_failed"
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


@pytest.mark.platforms("media_player", "notify")
async def test_with_two_accounts_other_actions_name_the_ended_sign_in_first(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """Each account is tried; of several errors, the caller gets the ended sign-in."""
    for entry in pair.entries.values():
        hass.config_entries.async_update_entry(entry, title="Alexa")
    response: Any = await hass.services.async_call(
        "alexa_media", "enable_network_discovery", {}, blocking=True, return_response=True
    )
    assert [(one["account"], one["config_entry_id"], one["devices"]) for one in response["accounts"]] == [
        ("Alexa", entry.entry_id, len(entry.runtime_data.devices.data)) for entry in pair.entries.values()
    ]
    await end_sign_in(hass, pair)
    sim.fault(host="*.amazon.com", path="/api/behaviors/preview", status=400, body={"message": "not today"})
    echos = [PLAYERS["john"]["Study Dot"], PLAYERS["jack"]["Workshop Studio"]]
    for call in (
        ("alexa_media.stop_all", {}),
        ("alexa_media.send_text_command", {"entity_id": echos, "text_command": "stop"}),
        ("alexa_media.ask", {"entity_id": echos, "text_command": "what time is it"}),
    ):
        assert (await error_of(hass, call))[0] == "auth_failed", call
    key, text = await error_of(hass, ("alexa_media.enable_network_discovery", {}))
    assert key == "discovery_failed_auth_failed"
    assert f"{masked(pair.entries['jack'].data['email'])} (signed out). " in text
    sim.fault(revoke=True)
    key, text = await error_of(hass, ("alexa_media.enable_network_discovery", {}))
    assert key == "discovery_failed_auth_failed", "the error of a single account would not name the accounts"
    # both masked addresses are the same
    assert text.count(f"{masked(pair.entries['john'].data['email'])} (signed out)") == 2
