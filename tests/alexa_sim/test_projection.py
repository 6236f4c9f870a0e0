"""Tests of the fast execution of GraphQL queries: it returns what graphql-core returns, or leaves the query to it."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError
import pytest

from alexa_sim import graphql
from alexa_sim.graphql import GraphqlError, execute, read
from alexa_sim.projection import NotPlainError, Projection

ID = "amzn1.alexa.endpoint.1"
SHOWN = {"value": "LIGHT", "isCustomerSpecified": False, "isDiscovered": True, "sources": ["ENDPOINT_REPORTER"]}


def lamp(**changes: Any) -> dict[str, Any]:
    """Return an endpoint."""
    power = {"__typename": "Power", "name": "powerState", "powerStateValue": "ON", "error": None}
    feature = {"name": "power", "instance": None, "properties": [power], "operations": [{"name": "turnOn"}]}
    own = {"__typename": "Endpoint", "id": ID, "endpointId": ID, "friendlyName": "Lamp", "features": [feature]}
    return {**own, "displayCategories": {"all": [SHOWN], "primary": SHOWN}, "enablement": "ENABLED", **changes}


def roots_with(value: Any) -> Mapping[str, Callable[..., Any]]:
    """Return resolvers of which one echoes its argument as the name of a lamp."""

    def endpoint(_info: Any, *, id: str) -> Any:  # noqa: A002 - the schema's name
        if isinstance(value, Exception):
            raise value
        return value if value is None else {**value, "friendlyName": f"Lamp {id}"}

    return {"endpoint": endpoint}


QUERIES = {
    "fields": '{ endpoint(id: "a") { id friendlyName creationTime } }',
    "aliases": '{ a: endpoint(id: "a") { name: friendlyName __typename } b: endpoint(id: "b") { id } }',
    "a variable": "query q($id: String!) { endpoint(id: $id) { friendlyName } }",
    "a missing resolver": '{ __typename endpoint(id: "a") { id } habitTrackingStatus { habitTrackingEnabled } }',
    "enumerations": '{ endpoint(id: "a") { enablement displayCategories { primary { value sources } } } }',
    "fragments": """query q($id: String!) { endpoint(id: $id) { ...names ...on Endpoint { features { name } } } }
        fragment names on Endpoint { id features { properties { name ...on Power { powerStateValue } } } }""",
}
VALUES = {"a lamp": lamp(), "nothing": None, "no features": lamp(features=[])}


def both(query: str, value: Any, monkeypatch: pytest.MonkeyPatch, **variables: Any) -> tuple[Any, Any]:
    """Return the response as usual, and that of graphql-core alone."""
    usual = execute(read(query), roots_with(value), variables)
    with monkeypatch.context() as patch:
        patch.setattr(graphql, "_projection", lambda *_: None)
        return usual, execute(read(query), roots_with(value), variables)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_on_plain_data_has_the_same_response(query: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, slow = both(query, value, monkeypatch, id="x")
    assert usual == slow
    assert "errors" not in usual
    assert Projection(graphql.schema(), read(query).node, None).data(roots_with(value), {"id": "x"}) == usual["data"]


ODD = {
    "a null that is not allowed": lamp(id=None),
    "a wrong type": lamp(friendlyName=["x"], features={"x": 1}),
    "an unknown value": lamp(enablement="PERHAPS"),
    "a property of an unknown type": lamp(
        features=[{"name": "x", "properties": [{"__typename": "Nothing"}], "operations": []}]
    ),
    "a function": lamp(features=lambda _info: []),
    "an error": GraphqlError("There is no such endpoint"),
}
WIDE = '{ endpoint(id: "a") { id enablement features { name properties { __typename } } } }'


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_other_values_are_left_to_graphql_core(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, slow = both(WIDE, value, monkeypatch)
    assert usual == slow
    with pytest.raises((NotPlainError, GraphqlError, GraphQLError)):
        Projection(graphql.schema(), read(WIDE).node, None).data(roots_with(value), {})


@pytest.mark.parametrize(
    "query",
    [
        'query q($all: Boolean!) { endpoint(id: "a") { id friendlyName @include(if: $all) } }',
        "{ __schema { queryType { name } } }",
        'mutation { setEndpointEnablement(input: {endpointId: "a", enablement: ENABLED}) { __typename } }',
    ],
    ids=["directive", "introspection", "mutation"],
)
def test_other_documents_are_left_to_graphql_core(query: str) -> None:
    with pytest.raises(NotPlainError):
        Projection(graphql.schema(), read(query).node, None)


def test_wrong_variables_are_left_to_graphql_core(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, slow = both(QUERIES["a variable"], lamp(), monkeypatch)
    assert usual == slow
    assert usual["errors"]
