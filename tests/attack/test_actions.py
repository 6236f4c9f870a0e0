"""Tests of every action with invalid values.

Each call succeeds or raises a translated error, within limited time.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from alexa_sim.client import ControlClient
import custom_components.alexa_media as component
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from custom_components.alexa_media.features import alarms as alerts
from tests.conftest import end_speech, until
from tests.test_permissions import CALLS, filled

KITCHEN: Final = "media_player.kitchen_show"
ACTIONS: Final[dict[str, Any]] = yaml.safe_load((Path(component.__file__).parent / "services.yaml").read_text())


def nested(depth: int, key: str = "parallel") -> object:
    """Return steps nested in steps."""
    value: object = [{"speak": "x"}]
    for _ in range(depth):
        value = [{key: value}]
    return value


ENTITIES: Final = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><speak>&b;</speak>'
)
TEXTS: Final[tuple[object, ...]] = (
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u200b",
    "a" * 200_000,
    "\U0001f3f3\ufe0f\u200d\U0001f308" * 500,
    "\r\nX: y",
    "{{ states }}",
    "<speak>",
    ENTITIES,
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><speak>x</speak>',
    "<speak>" + "<p>" * 1900 + "</speak>",
    "<" * 100_000,
    "<!--" * 50_000,
    "<speak " * 20_000,
    "../../../etc/passwd",
    "[" * 3000,
    "[" * 3000 + "]" * 3000,
    '["a"' + ',"b"' * 10_000 + "]",
    "," * 100_000,
    "all",
    "none",
)
NUMBERS: Final[tuple[object, ...]] = (float("nan"), float("inf"), -1, 10**400, "1e999", True, "٣", 1e-320)
DATES: Final[tuple[object, ...]] = (
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30 00:00:00",
    "24:00",
    "23:59:60",
    "07:00+05:00",
    "99999-01-01 00:00:00",
)
DURATIONS: Final[tuple[object, ...]] = (
    "00:00:00",
    "-00:00:01",
    "999999:00:00",
    {"hours": 10**9},
    {"seconds": float("nan")},
    {"seconds": float("inf")},
    {"days": 10**20},
    10**20,
)
STEPS: Final[tuple[object, ...]] = (
    nested(6),
    nested(480),
    nested(900, "serial"),
    [{"parallel": []}],
    [[]],
    [None],
    [{}],
    [{"speak": None}],
    [{"speak": "x"}] * 10_000,
    [{"wait": 1}] * 10_000,
    [{"wait": float("nan")}],
    [{"volume": 10**400}],
    [{"speak": "\ud800"}],
    [{"text_command": "\ud800"}],
    [{"sound": "\ud800"}],
    [{"speak": "a. " * 50_000}],
    [{"speak": "word " * 1500}] * 8,
    [{"text_command": "a" * 200_000}],
    [{"speak": "x", "entity_id": None}],
    [{"speak": "x", "entity_id": [None]}],
    [{"speak": "x", "entity_id": {"a": 1}}],
    [{"speak": "x", "entity_id": [["a"]]}],
    [{"speak": "x", "entity_id": [KITCHEN] * 10_000}],
    [{None: 1}],
    [{("a",): 1}],
    [{"routine": "\ud800"}],
    [{"music": "x", "provider": None}],
    [{"announce": "x", "title": 1}],
    [{"play": "Alexa.Weather.Play\ud800"}],
    [{"speak": ENTITIES}],
)
TARGETS: Final[tuple[object, ...]] = (
    "",
    None,
    [],
    [None],
    [[None]],
    "media_player.nowhere",
    ["all", KITCHEN],
    [KITCHEN] * 5000,
    "media_player." + "a" * 100_000,
    {"a": 1},
    "\ud800.x",
    1,
)
OTHERS: Final[tuple[object, ...]] = (None, {"a": 1}, [1], [None], b"x", [["mo"]], "x")

_BY_SELECTOR: Final[dict[str, tuple[object, ...]]] = {
    "text": TEXTS,
    "number": NUMBERS,
    "datetime": DATES,
    "time": DATES,
    "select": TEXTS[:8],
    "duration": DURATIONS,
    "object": STEPS,
    "entity": TARGETS,
}


def odd_calls(action: str, good: dict[str, Any]) -> list[dict[str, Any]]:
    """Return calls of an action, each with one invalid value."""
    spec = ACTIONS[action] or {}
    calls: list[dict[str, Any]] = [{}, {**good, "\ud800": 1}]
    for name, field in (spec.get("fields") or {}).items():
        kind = next(iter(field["selector"]))
        calls += [{**good, name: value} for value in (*_BY_SELECTOR.get(kind, TEXTS[:8]), *OTHERS)]
    if "target" in spec:
        calls += [{**good, "entity_id": value} for value in TARGETS]
    return calls


async def try_call(
    hass: HomeAssistant, entry: MockConfigEntry, domain: str, action: str, data: dict[str, Any]
) -> str | None:
    """Return a problem if a call is too slow, or neither succeeds nor raises a clear error; otherwise return None."""
    end_speech(entry)
    responds = hass.services.supports_response(domain, action) is SupportsResponse.ONLY
    told = f"{action}: {str(data)[:200]}"
    begin = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(15):
            await hass.services.async_call(domain, action, data, blocking=True, return_response=responds)
    except HomeAssistantError, vol.Invalid:
        pass
    except TimeoutError:
        return f"{told} did not return"
    except Exception as err:  # noqa: BLE001 - the test looks for unexpected exceptions
        frames: list[str] = []
        trace = err.__traceback__
        while trace:
            frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
            trace = trace.tb_next
        # the integration cannot change the exceptions of Home Assistant's own validators
        ours = [frame for frame in frames if "custom_components/alexa_media" in frame]
        return f"{told}: {type(err).__name__} {err} at {ours[-1]}" if ours else None
    if (took := asyncio.get_running_loop().time() - begin) > 5:
        return f"{told} took {took:.1f} s"
    return None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for timers, because Amazon never lists one here, and read soon after a text command."""
    monkeypatch.setattr(alerts, "TIMER_APPEARS", 0.05)
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)


def test_every_action_is_described() -> None:
    assert set(ACTIONS) == set(CALLS)


# These actions need a home of their own: one signs the account out, and the others are refused after too many reads.
APART: Final = ("force_logout", "get_history_records", "update_last_called")
SHARED: Final = tuple(sorted(ACTIONS.keys() - set(APART)))


@pytest.mark.platforms("media_player", "notify", "sensor", "todo")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("actions", [SHARED, *((name,) for name in APART)], ids=["shared", *APART])
@pytest.mark.usefixtures("quick")
async def test_invalid_values_are_refused_with_a_clear_error(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    subtests: pytest.Subtests,
    actions: tuple[str, ...],
) -> None:
    await until(hass, lambda: any(entry.runtime_data.notifications.data.values()))
    for action in actions:
        with subtests.test(action):
            good = filled(CALLS[action], entry)
            bad = [await try_call(hass, entry, DOMAIN, action, data) for data in odd_calls(action, good)]
            assert not [line for line in bad if line]


@pytest.mark.platforms("media_player", "notify")
@pytest.mark.usefixtures("quick")
async def test_invalid_notify_targets_and_data_are_refused_with_a_clear_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    calls: list[dict[str, Any]] = [{"message": text, "target": [KITCHEN]} for text in TEXTS]
    calls += [{"message": "x", "target": target} for target in (*TARGETS, *TEXTS)]
    calls += [{"message": "x", "title": text, "target": [KITCHEN], "data": {"type": "announce"}} for text in TEXTS]
    for name in ("type", "method", "title", "volume", "language", "override_dnd"):
        calls += [
            {"message": "x", "target": [KITCHEN], "data": {name: value}} for value in (*TEXTS[:8], *NUMBERS, *OTHERS)
        ]
    bad = [await try_call(hass, entry, "notify", "alexa_media", data) for data in calls]
    assert not [line for line in bad if line]


JSON: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=20),
        st.sampled_from([*(text for text in TEXTS if len(str(text)) < 1000), *DATES, KITCHEN, "speak", "wait"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["speak", "wait", "entity_id", "serial", "parallel", "x"]), inner, max_size=3),
    ),
    max_leaves=8,
)


@pytest.mark.platforms("media_player", "notify", "sensor", "todo")
@pytest.mark.usefixtures("quick")
async def test_generated_values_cause_clear_errors(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Generated values are passed to every field of every action."""
    fields = [(action, name) for action, spec in ACTIONS.items() for name in ((spec or {}).get("fields") or {})]
    drawn: list[tuple[tuple[str, str], object]] = []

    @settings(
        max_examples=150, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(st.sampled_from(fields), JSON)
    def draw(field: tuple[str, str], value: object) -> None:
        drawn.append((field, value))

    draw()
    bad: list[str | None] = []
    for (action, name), value in drawn:
        if action not in ("force_logout", "update_last_called"):
            data = {**filled(CALLS[action], entry), name: value}
            bad.append(await try_call(hass, entry, DOMAIN, action, data))
    assert not [line for line in bad if line]


HALF: Final = "half \ud83d of a letter"


@pytest.mark.platforms("calendar", "media_player", "notify", "todo")
async def test_text_that_cannot_be_encoded_is_never_sent(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """An action with text that cannot be encoded sends no write to Amazon.

    All actions with text fields are covered.
    """
    lists = hass.states.async_entity_ids("todo")
    calls: list[tuple[str, dict[str, Any]]] = [
        *(("todo.add_item", {"entity_id": entity_id, "item": HALF}) for entity_id in lists),
        *(("todo.add_item", {"entity_id": entity_id, "item": "x", "description": HALF}) for entity_id in lists[:1]),
        (
            "calendar.create_event",
            {
                "entity_id": hass.states.async_entity_ids("calendar"),
                "summary": HALF,
                "location": "Kitchen Show",
                "start_date_time": "2099-12-24 07:00:00",
                "end_date_time": "2099-12-24 07:10:00",
            },
        ),
        ("media_player.play_media", {"media_content_type": "AMAZON_MUSIC", "media_content_id": HALF}),
        ("media_player.play_media", {"media_content_type": "sound", "media_content_id": HALF}),
        ("media_player.play_media", {"media_content_type": "custom", "media_content_id": HALF}),
        ("media_player.play_media", {"media_content_type": "skill", "media_content_id": HALF}),
        ("media_player.play_media", {"media_content_type": "sequence", "media_content_id": f"Alexa.{HALF}"}),
        ("media_player.search_media", {"search_query": HALF}),
        ("notify.send_message", {"entity_id": "notify.kitchen_show_speak", "message": HALF}),
        ("notify.send_message", {"entity_id": "notify.kitchen_show_announce", "message": "x", "title": HALF}),
        ("alexa_media.send_text_command", {"text_command": HALF}),
        ("alexa_media.create_timer", {"duration": "00:10:00", "label": HALF}),
        ("alexa_media.create_reminder", {"at": "07:00", "message": HALF}),
    ]
    sim.reset_ledger()
    for action, data in calls:
        domain, _, name = action.partition(".")
        responds = hass.services.supports_response(domain, name) is SupportsResponse.ONLY
        try:
            await hass.services.async_call(
                domain, name, {"entity_id": KITCHEN, **data}, blocking=True, return_response=responds
            )
        except HomeAssistantError:
            continue
        assert action == "media_player.search_media", f"{action} {data!a} was taken"
    writes = [one for one in sim.ledger() if one["method"] != "GET" and "ping" not in one["path"]]
    assert not [one for one in writes if "half" in str(one["body"])]
