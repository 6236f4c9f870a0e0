"""Tests of values that are shown as they were received from the cloud."""

import json
from typing import Any

from homeassistant.helpers.json import json_bytes
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.json import DEEPEST, LONGEST_TEXT, MOST_VALUES, cleaned

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=6)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([2**64, -(2**63) - 1, 10**400]) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(ANYTHING)
@settings(deadline=None, max_examples=200)
def test_any_cleaned_value_can_be_serialized(value: Any) -> None:
    shown = cleaned(value)
    assert cleaned(shown) == shown
    json_bytes({"value": shown, "event": ("id", shown)})


def test_ordinary_values_are_unchanged() -> None:
    value = {"a": [1, 2.5, True, None, "Müll 🗑"], "b": {"c": -(2**63), "d": 2**64 - 1}}
    assert cleaned(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Call Mum \ud83d", "Call Mum ?"),
        ({"\ud83d": 1}, {"?": 1}),
        (2**64, None),
        (-(2**63) - 1, None),
        (float("nan"), None),
        (float("-inf"), None),
        ("x" * 9999, "x" * LONGEST_TEXT),
    ],
)
def test_unserializable_values_are_replaced(value: Any, expected: Any) -> None:
    assert cleaned(value) == expected


def test_depth_and_size_are_bounded() -> None:
    deep: Any = "end"
    for _ in range(900):
        deep = [deep]
    assert json.dumps(cleaned(deep)).count("[") <= DEEPEST + 1
    assert len(cleaned(list(range(10 * MOST_VALUES)))) <= MOST_VALUES
