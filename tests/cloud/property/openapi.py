"""Access to the OpenAPI file: its operations, validators for its schemas, and matching values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
import itertools
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
import yaml

FILE = Path(__file__).parent.parent.parent / "fixtures" / "smart-properties.yaml"
HERE = "urn:smart-properties"


@cache
def document() -> dict[str, Any]:
    """Return the complete file; callers must not modify it."""
    data: dict[str, Any] = yaml.load(FILE.read_text(), Loader=yaml.CSafeLoader)
    return data


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(HERE, resource)
    return registry


def resolve(node: Any) -> Any:
    """Resolve references within the file."""
    while isinstance(node, dict) and "$ref" in node:
        target = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


_VALIDATORS: dict[int, Draft202012Validator] = {}


def errors(schema: Any, value: Any) -> list[str]:
    """Return the errors of a value that is validated with ``schema``, a part of the file."""
    if id(schema) not in _VALIDATORS:
        _VALIDATORS[id(schema)] = Draft202012Validator(_absolute(schema), registry=_registry())
    return [f"{error.json_path}: {error.message}" for error in _VALIDATORS[id(schema)].iter_errors(value)]


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: f"{HERE}{v}" if k == "$ref" else _absolute(v) for k, v in node.items()}
    return [_absolute(item) for item in node] if isinstance(node, list) else node


@dataclass(frozen=True, slots=True)
class Spec:
    """One operation of the file."""

    operation_id: str
    method: str
    path: str
    item: Mapping[str, Any]
    operation: Mapping[str, Any]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """Return the parameters in path and query."""
        return [resolve(p) for p in self.operation.get("parameters", [])]

    @property
    def body(self) -> Any:
        """Return the schema of the body, or ``None``."""
        request = self.operation.get("requestBody")
        return None if request is None else request["content"]["application/json"]["schema"]

    @property
    def servers(self) -> list[str]:
        """Return the addresses of the hosts: North America, Europe, Far East."""
        return [server["url"] for server in self.item.get("servers", document()["servers"])]

    @property
    def is_write(self) -> bool:
        """Return whether the operation changes something; all POST operations except one do."""
        return self.method != "GET" and self.operation_id != "queryEndpoints"

    def responses(self) -> Iterator[tuple[int, dict[str, Any], Any]]:
        """Yield (status, response, schema of the body or ``None``)."""
        for status, response in self.operation["responses"].items():
            found = resolve(response)
            content = found.get("content", {}).get("application/json")
            yield int(status), found, content and content["schema"]

    def examples(self, status: int) -> Iterator[Any]:
        """Yield the examples of a response."""
        content = resolve(self.operation["responses"][str(status)]).get("content", {}).get("application/json", {})
        if "example" in content:
            yield content["example"]
        for example in content.get("examples", {}).values():
            yield resolve(example)["value"]


def specs() -> list[Spec]:
    """Return all operations."""
    methods = ("get", "put", "post", "delete")
    return [
        Spec(item[method]["operationId"], method.upper(), path, item, item[method])
        for path, item in document()["paths"].items()
        for method in methods
        if method in item
    ]


# --- values that fit a schema ---------------------------------------------------------------


def samples(schema: Any, *, depth: int = 0) -> Iterator[Any]:
    """Yield values that match a schema: with all properties, only required ones, each branch, and each name."""
    found = resolve(schema)
    if depth > 12:
        return
    if "allOf" in found:
        yield from samples(_merged(found["allOf"]), depth=depth)
    elif branches := found.get("oneOf") or found.get("anyOf"):
        yield from itertools.chain.from_iterable(samples(branch, depth=depth + 1) for branch in branches)
    elif "enum" in found:
        yield from found["enum"]
    elif found.get("type") == "object" or "properties" in found:
        yield from _objects(found, depth)
    elif found.get("type") == "array":
        yield from _lists(found, depth)
    else:
        yield _scalar(found)


def _merged(parts: Sequence[Any]) -> dict[str, Any]:
    """Return one object schema that combines several; later ones restrict earlier ones."""
    merged: dict[str, Any] = {"type": "object", "required": [], "properties": {}}
    for part in map(resolve, parts):
        merged["required"] += part.get("required", [])
        for name, inner in part.get("properties", {}).items():
            merged["properties"][name] = inner
    return merged


def _objects(schema: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    values = {name: list(samples(inner, depth=depth + 1)) for name, inner in schema.get("properties", {}).items()}
    for turn in range(max(map(len, values.values()), default=1)):
        yield {name: found[turn % len(found)] for name, found in values.items() if found}
    yield {name: values[name][0] for name in schema.get("required", [])}


def _lists(schema: Mapping[str, Any], depth: int) -> Iterator[list[Any]]:
    items = list(samples(schema["items"], depth=depth + 1))
    most = schema.get("maxItems", 99)
    if schema.get("minItems", 0) == 0:
        yield []
    for item in items:
        yield [item]
    # list elements need different names
    named = {item["name"]: item for item in items if isinstance(item, dict) and "name" in item}
    together = list(named.values()) or items
    if 1 < len(together) <= most and not schema.get("uniqueItems"):
        yield together


def _scalar(schema: Mapping[str, Any]) -> Any:
    if "example" in schema:
        return schema["example"]
    match schema.get("type"):
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 7)
        case "string":
            if schema.get("format") == "date-time":
                return "2025-03-04T09:15:30.250Z"
            known = (
                "4000",
                "en-US",
                '"Guest"',
                "DE",
                "amzn1.alexa.unit.did.A1",
                "amzn1.alexa.endpoint.A1",
                "some text",
            )
            return next(text for text in known[::-1] if not errors(schema, text))
        case _:
            return {"value": "something new"}
