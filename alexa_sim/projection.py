"""Fast execution of GraphQL queries on plain data.

graphql-core needs 8 ms for the discovery of the demo household, this module 2 ms. Nearly every test has a discovery.
A valid document is translated once into nested functions that pick its fields. If a document or a value needs more (a
directive, or a null where the schema allows none), ``NotPlainError`` is raised, and graphql-core executes the query.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_operation_ast,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

type Pick = Callable[[Any], Any]
"""Function that returns the part of a value that a document selects."""


class NotPlainError(Exception):
    """The query needs graphql-core."""


class Projection:
    """One operation of a valid document, prepared for execution."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation_name: str | None) -> None:
        """Initialize with an operation; raises ``NotPlainError`` if it has directives or is not a query."""
        operation = get_operation_ast(document, operation_name)
        if operation is None or schema.query_type is None or operation.operation.value != "query":
            raise NotPlainError
        self._schema = schema
        self._operation: OperationDefinitionNode = operation
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._picks = self._picks_of(schema.query_type, [operation.selection_set])
        self._roots = [
            (key, nodes[0], schema.query_type.fields[nodes[0].name.value])
            for key, nodes in self._collect(schema.query_type, [operation.selection_set]).items()
            if nodes[0].name.value != "__typename"
        ]

    def data(self, roots: Mapping[str, Callable[..., Any]], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of the response; raises ``NotPlainError``, and whatever a resolver raises."""
        values = get_variable_values(self._schema, self._operation.variable_definitions or (), dict(variables))
        if not isinstance(values, VariableValues):
            raise NotPlainError
        found: dict[str, Any] = {}
        for key, node, definition in self._roots:
            resolve = roots.get(node.name.value)
            found[key] = resolve and resolve(None, **get_argument_values(definition, node, values))
        return {key: pick(found.get(key)) for key, _, pick in self._picks}

    def _collect(
        self, parent: GraphQLObjectType, selections: Iterable[SelectionSetNode | None]
    ) -> dict[str, list[FieldNode]]:
        """Return the selected fields of a type by their names in the response, including those of fragments."""
        found: dict[str, list[FieldNode]] = {}
        for selection in selections:
            for node in selection.selections if selection else ():
                if node.directives:
                    raise NotPlainError
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                fragment: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                if self._applies(parent, fragment):
                    for key, nodes in self._collect(parent, [fragment.selection_set]).items():
                        found.setdefault(key, []).extend(nodes)
        return found

    def _applies(self, parent: GraphQLObjectType, fragment: Any) -> bool:
        """Return whether a fragment selects fields of a type."""
        if fragment.type_condition is None or (name := fragment.type_condition.name.value) == parent.name:
            return True
        condition = self._schema.type_map[name]
        return not isinstance(condition, GraphQLObjectType) and self._schema.is_sub_type(condition, parent)  # type: ignore[arg-type]

    def _picks_of(
        self, parent: GraphQLObjectType, selections: Iterable[SelectionSetNode | None]
    ) -> list[tuple[str, str, Pick]]:
        """Return the names in the response and in the data with the function for each selected field of a type."""
        picks: list[tuple[str, str, Pick]] = []
        for key, nodes in self._collect(parent, selections).items():
            name = nodes[0].name.value
            if name == "__typename":
                picks.append((key, name, _constant(parent.name)))
            elif name in parent.fields:
                picks.append((key, name, self._pick(parent.fields[name].type, nodes)))
            else:
                raise NotPlainError
        return picks

    def _pick(self, kind: Any, nodes: list[FieldNode]) -> Pick:
        """Return the function for a value of a type."""
        if isinstance(kind, GraphQLNonNull):
            return _required(self._pick(kind.of_type, nodes))
        if isinstance(kind, GraphQLList):
            return _each(self._pick(kind.of_type, nodes))
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return _leaf(kind)
        selections = [node.selection_set for node in nodes]
        if isinstance(kind, GraphQLObjectType):
            return _object(self._picks_of(kind, selections))
        return _one_of({each.name: self._pick(each, nodes) for each in self._schema.get_possible_types(kind)})


def _constant(value: str) -> Pick:
    """Return a function that returns a fixed value."""
    return lambda _: value


def _required(inner: Pick) -> Pick:
    """Return the function for a value that must not be null."""

    def pick(value: Any) -> Any:
        if (found := inner(value)) is None:
            raise NotPlainError
        return found

    return pick


def _each(inner: Pick) -> Pick:
    """Return the function for a list."""

    def pick(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise NotPlainError
        return [inner(each) for each in value]

    return pick


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Pick:
    """Return the function for a scalar or an enumeration."""
    coerce = kind.coerce_output_value
    plain = {"String": str, "ID": str, "Boolean": bool}.get(kind.name)

    def pick(value: Any) -> Any:
        if value is None or type(value) is plain:
            return value
        if callable(value) or (found := coerce(value)) is None:
            raise NotPlainError
        return found

    return pick


def _object(picks: list[tuple[str, str, Pick]]) -> Pick:
    """Return the function for an object."""

    def pick(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise NotPlainError
        return {key: inner(value.get(name)) for key, name, inner in picks}

    return pick


def _one_of(kinds: Mapping[str, Pick]) -> Pick:
    """Return the function for an object of one of several types."""

    def pick(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict) or (inner := kinds.get(value.get("__typename", ""))) is None:
            raise NotPlainError
        return inner(value)

    return pick
