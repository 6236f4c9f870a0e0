"""Tests of parsing responses about Amazon Kids."""

from typing import Any

import pytest

from custom_components.alexa_media.cloud.account.kids import parse_children, parse_kids_mode
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import Child


def test_the_mode_is_parsed() -> None:
    assert parse_kids_mode({"isChildDirectedDevice": True})
    assert not parse_kids_mode({"isChildDirectedDevice": False})
    assert parse_kids_mode({"isChildDirectedDevice": "true"})


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"isChildDirectedDevice": "maybe"}, {"isChildDirectedDevice": None}],
    ids=["null", "a list", "empty", "a text", "no mode"],
)
def test_an_answer_without_a_mode_is_refused(answer: Any) -> None:
    with pytest.raises(AlexaBadResponseError):
        parse_kids_mode(answer)


def test_children_are_parsed() -> None:
    members = [
        {"firstName": "Jo", "role": "ADULT", "directedId": "amzn1.account.JO"},
        {"firstName": "Kim", "role": "CHILD", "directedId": "amzn1.account.KIM", "age": 9},
        {"firstName": None, "role": "CHILD", "directedId": "amzn1.account.TIM"},
        {"firstName": "Nobody", "role": "CHILD"},
        7,
    ]
    assert parse_children({"members": members}) == (
        Child(child_id="amzn1.account.KIM", name="Kim"),
        Child(child_id="amzn1.account.TIM", name="amzn1.account.TIM"),
    )
    assert parse_children({"members": []}) == ()
    with pytest.raises(AlexaBadResponseError):
        parse_children({})
