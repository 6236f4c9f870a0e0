"""Execution of GraphQL documents with ``schema.graphql`` and graphql-core.

A document is parsed and validated once and cached by its text, because clients send the same documents repeatedly. Like
at Amazon, one unknown field fails the whole document, one selection cannot contain a name with two types, and a null
where the schema allows none makes the surrounding object null.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValidationRule,
    build_schema,
    execute_sync,
    get_nullable_type,
    get_operation_ast,
    is_leaf_type,
    is_non_null_type,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path

type Resolver = Callable[..., Any]
"""Resolver of one root field; takes graphql-core's info and the field's arguments by name."""

MAX_LENGTH = 65536
_MAX_TOKENS = 8000
_MAX_DEPTH = 60
_KINDS = {
    "Cannot query field": "FieldUndefined",
    "Unknown type": "UnknownType",
    "Unknown fragment": "UndefinedFragment",
    "Unknown argument": "UnknownArgument",
    "Field '": "SubselectionRequired",
    "Fields '": "FieldsConflict",
    "Variable '": "VariableTypeMismatch",
}


class _NoEmptyBraces(ValidationRule):
    """Refuses empty braces, which graphql-core accepts."""

    def enter_selection_set(self, node: SelectionSetNode, *_args: Any) -> None:
        """Report an empty selection."""
        if not node.selections:
            self.report_error(GraphQLError("Fields '{}' must not be empty.", node))


class GraphqlError(Exception):
    """A document that is refused as a whole; ``errors`` are those of the response."""

    def __init__(self, message: str, classification: str = "ValidationError") -> None:
        """Initialize with the message of the only error."""
        super().__init__(message)
        self.errors = [_error(message, classification)]


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document."""

    node: DocumentNode

    def is_mutation(self, operation_name: str | None = None) -> bool:
        """Return whether the operation is a mutation; raises ``GraphqlError`` if there is no such operation."""
        operation = get_operation_ast(self.node, operation_name)
        if operation is None:
            raise GraphqlError("Must provide operation name if query contains multiple operations")
        return operation.operation is OperationType.MUTATION


@cache
def schema() -> GraphQLSchema:
    """Return the parsed schema."""
    return build_schema(files("alexa_sim").joinpath("schema.graphql").read_text(encoding="utf-8"))


def read(text: str) -> Document:
    """Return the valid document for a text; raises ``GraphqlError``."""
    found = _read(text)
    if isinstance(found, GraphqlError):
        raise found
    return found


@lru_cache(maxsize=256)
def _read(text: str) -> Document | GraphqlError:
    """Return the document for a text, or the error; both are cached."""
    if len(text) > MAX_LENGTH:
        return GraphqlError("The document is too long", "InvalidSyntax")
    try:
        if _depth(text) > _MAX_DEPTH:
            return GraphqlError("The document is nested too deeply", "InvalidSyntax")
        node = parse(text, max_tokens=_MAX_TOKENS, no_location=False)
        problems = validate(schema(), node, [*specified_rules, _NoEmptyBraces], max_errors=20)
    except GraphQLError as err:
        return GraphqlError(f"Invalid syntax: {err.message}", "InvalidSyntax")
    except RecursionError:
        return GraphqlError("The document is nested too deeply", "InvalidSyntax")
    if not problems:
        return Document(node)
    refused = GraphqlError("")
    refused.errors = [_error(_sentence(problem.message), "ValidationError") for problem in problems]
    return refused


def _depth(text: str) -> int:
    """Return the nesting depth of braces and brackets, including those in strings."""
    depth = deepest = 0
    for sign in text:
        if sign in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "}])":
            depth -= 1
    return deepest


def _sentence(message: str) -> str:
    """Return an error message in the format of Amazon's validation errors."""
    kind = next((kind for start, kind in _KINDS.items() if message.startswith(start)), "InvalidDocument")
    return f"Validation error ({kind}) : {message}"


def _error(message: str, classification: str) -> dict[str, Any]:
    """Return one element of ``errors`` in a response."""
    return {
        "message": message,
        "path": [],
        "extensions": {"errorCode": "BAD_REQUEST", "isRetryable": False, "classification": classification},
    }


def execute(
    document: Document,
    roots: Mapping[str, Resolver],
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> dict[str, Any]:
    """Return the response: ``data``, and ``errors`` if there are any.

    Fields are read by name from the result of a resolver; ``__typename`` selects the type where the schema allows
    several. A ``GraphqlError`` in a resolver becomes an error of its field.
    """
    result = execute_sync(
        schema(),
        document.node,
        root_value=roots,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
        field_resolver=_field,
        type_resolver=_type,
        executor_class=_Executor,
    )
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [
            _error(err.message, "DataFetchingException") | {"path": err.path or []} for err in result.errors
        ]
    return answer


class _Executor(Executor[Any]):
    """Executor that reads scalar values directly from the result of a resolver.

    Most fields are such values, and only root fields have a resolver. graphql-core prepares a call of a resolver for
    each field, so the whole response takes half as long again. It still handles all invalid values.
    """

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Return the fields of an object; the resolvers of root fields are called."""
        if path is None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        results: dict[str, Any] = {}
        for name, details in grouped_field_set.items():
            field = details[0].node.name.value
            value = _simple(parent_type, field, source_value)
            if value is Undefined:
                field_path = Path(path, name, parent_type.name)
                value = self.execute_field(parent_type, source_value, details, field_path, position_context)
            results[name] = value
        return results


def _simple(parent_type: GraphQLObjectType, name: str, source: Any) -> Any:
    """Return the value of a field if it is a valid scalar or an allowed null, otherwise ``Undefined``."""
    if (kind := _kind(parent_type, name)) is None or not isinstance(source, dict):
        return Undefined
    nullable, scalar = kind
    if (value := source.get(name)) is None:
        return None if nullable else Undefined
    try:
        return Undefined if scalar is None else scalar.coerce_output_value(value)
    except GraphQLError:
        return Undefined


@cache
def _kind(parent_type: GraphQLObjectType, name: str) -> tuple[bool, GraphQLLeafType | None] | None:
    """Return whether a field can be null, and its type if it is a scalar; None if graphql-core computes the field."""
    field = schema().get_field(parent_type, name)
    if field is None or field.resolve is not None:
        return None
    kind = get_nullable_type(field.type)
    return not is_non_null_type(field.type), kind if is_leaf_type(kind) else None


def _field(source: Mapping[str, Any], info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Return a field from the result of a resolver, or call the resolver of a root field."""
    value = source.get(info.field_name)
    return value(info, **arguments) if callable(value) else value


def _type(value: Mapping[str, Any], _info: Any, _abstract: Any) -> str | None:
    """Return the type name of a value where the schema allows several."""
    return value.get("__typename")
