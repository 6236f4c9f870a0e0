"""A reader of GraphQL queries: enough of the language for what clients ask, bounded in size and depth.

``parse`` reads a document, ``execute`` answers it from data by a schema. The schema is a
mapping from type to fields; a field's value is the name of its type, or ``None`` for a
leaf. As at Amazon, one field that the schema lacks fails the whole document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Any

type Schema = Mapping[str, Mapping[str, str | None]]

MAX_LENGTH = 65536
MAX_DEPTH = 24

_TOKEN = re.compile(
    r"""[\s,]+ | \#[^\n]* | (?P<name>[_A-Za-z]\w*) | (?P<number>-?\d+(?:\.\d+)?) | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<spread>\.\.\.) | (?P<sign>[!$():=@\[\]{}|&])""",
    re.VERBOSE,
)


class GraphqlError(Exception):
    """A document that cannot be read or that asks for what there is not; the message is for ``errors``."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A field (its name, and the key that it is answered under), or a fragment on a type (``on``)."""

    name: str = ""
    key: str = ""
    on: str | None = None
    spread: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    selections: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The one operation of a document (``query`` or ``mutation``) and its fragments by name."""

    operation: str
    selections: tuple[Selection, ...]
    fragments: Mapping[str, Selection]


def parse(text: str, variables: Mapping[str, Any]) -> Document:
    """Read a document with its variables filled in; raises ``GraphqlError``."""
    reader = _Reader(text, variables)
    try:
        return reader.document()
    except IndexError as err:
        raise GraphqlError("Invalid syntax: the document ends too early") from err


class _Reader:
    """Tokens of a document, and how far they are read."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        if len(text) > MAX_LENGTH:
            raise GraphqlError("The document is too long")
        self._variables = variables
        self._tokens: list[str] = []
        self._place = 0
        self._depth = 0
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise GraphqlError(f"Invalid syntax at {text[position : position + 10]!r}")
            if match.lastgroup:
                self._tokens.append(match[0])
            position = match.end()

    def _peek(self) -> str:
        return self._tokens[self._place]

    def _next(self, expected: str | None = None) -> str:
        token = self._tokens[self._place]
        if expected is not None and token != expected:
            raise GraphqlError(f"Invalid syntax: {expected} expected, not {token}")
        self._place += 1
        return token

    def document(self) -> Document:
        """Read operations and fragments; exactly one operation."""
        operations: list[tuple[str, tuple[Selection, ...]]] = []
        fragments: dict[str, Selection] = {}
        while self._place < len(self._tokens):
            kind = "query" if self._peek() == "{" else self._next()
            if kind == "fragment":
                name = self._next()
                self._next("on")
                on = self._next()
                fragments[name] = Selection(on=on, selections=self._selections())
            elif kind in ("query", "mutation"):
                operations.append((kind, self._operation()))
            else:
                raise GraphqlError(f"Invalid syntax: {kind}")
        if len(operations) != 1:
            raise GraphqlError("One operation is expected")
        return Document(*operations[0], fragments)

    def _operation(self) -> tuple[Selection, ...]:
        """Read a name and the types of variables, which are not checked, and what is asked for."""
        while self._peek() != "{":
            self._next()
        return self._selections()

    def _selections(self) -> tuple[Selection, ...]:
        """Read what stands in braces."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise GraphqlError("The document is nested too deeply")
        self._next("{")
        found: list[Selection] = []
        while self._peek() != "}":
            found.append(self._fragment() if self._peek() == "..." else self._field())
        self._next("}")
        self._depth -= 1
        if not found:
            raise GraphqlError("Invalid syntax: empty braces")
        return tuple(found)

    def _fragment(self) -> Selection:
        self._next("...")
        if self._peek() != "on":
            return Selection(spread=self._next())
        self._next("on")
        return Selection(on=self._next(), selections=self._selections())

    def _field(self) -> Selection:
        name = key = self._next()
        if self._peek() == ":":
            self._next(":")
            name = self._next()
        arguments = self._arguments() if self._peek() == "(" else {}
        selections = self._selections() if self._peek() == "{" else ()
        return Selection(name=name, key=key, arguments=arguments, selections=selections)

    def _arguments(self) -> dict[str, Any]:
        self._next("(")
        found: dict[str, Any] = {}
        while self._peek() != ")":
            name = self._next()
            self._next(":")
            found[name] = self._value()
        self._next(")")
        return found

    def _value(self) -> Any:
        """Read a value; a word that is no constant of JSON stands for itself, as enumerations do."""
        token = self._next()
        if token == "$":
            return self._variables.get(self._next())
        if token == "[":
            items: list[Any] = []
            while self._peek() != "]":
                items.append(self._value())
            self._next("]")
            return items
        if token == "{":
            members: dict[str, Any] = {}
            while self._peek() != "}":
                name = self._next()
                self._next(":")
                members[name] = self._value()
            self._next("}")
            return members
        if token.startswith('"'):
            return token[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return float(token) if "." in token else int(token)
        return {"true": True, "false": False, "null": None}.get(token, token)


def execute(document: Document, schema: Schema, resolvers: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data``: each root field is a resolver that gets its arguments; raises ``GraphqlError``."""
    root = {"query": "Query", "mutation": "Mutation"}[document.operation]
    checked = _Projection(document.fragments, schema)
    checked.check(document.selections, root, 0)
    return {
        selection.key: checked.project(
            resolvers[selection.name](selection.arguments), selection.selections, schema[root][selection.name]
        )
        for selection in document.selections
    }


@dataclass(frozen=True, slots=True)
class _Projection:
    """Checks selections against the schema, and answers them from data."""

    fragments: Mapping[str, Selection]
    schema: Schema

    def _of_fragment(self, selection: Selection) -> Selection:
        """Return the fragment that a selection spreads, or itself."""
        if selection.spread is None:
            return selection
        if selection.spread not in self.fragments:
            raise GraphqlError(f"Validation error (UndefinedFragment): Undefined fragment {selection.spread}")
        return self.fragments[selection.spread]

    def check(self, selections: tuple[Selection, ...], kind: str, depth: int) -> None:
        """Raise ``GraphqlError`` for a field or a type that the schema lacks."""
        if depth > MAX_DEPTH:
            raise GraphqlError("The document is nested too deeply")
        for selection in selections:
            fragment = self._of_fragment(selection)
            if fragment.on is not None:
                if fragment.on not in self.schema:
                    raise GraphqlError(f"Validation error (UnknownType): Unknown type '{fragment.on}'")
                self.check(fragment.selections, fragment.on, depth + 1)
                continue
            if selection.name == "__typename":
                continue
            fields = self.schema[kind]
            if selection.name not in fields:
                raise GraphqlError(
                    f"Validation error (FieldUndefined): Field '{selection.name}' in type '{kind}' is undefined"
                )
            inner = fields[selection.name]
            if (inner is None) is bool(selection.selections):
                raise GraphqlError(f"Validation error (SubselectionRequired or not allowed) at '{selection.name}'")
            if inner is not None:
                self.check(selection.selections, inner, depth + 1)

    def project(self, data: Any, selections: tuple[Selection, ...], kind: str | None) -> Any:
        """Return what is asked for of ``data``; a fragment on another type adds nothing."""
        if kind is None or data is None:
            return data
        if isinstance(data, list):
            return [self.project(item, selections, kind) for item in data]
        found: dict[str, Any] = {}
        actual = data.get("__typename", kind)
        for selection in selections:
            fragment = self._of_fragment(selection)
            if fragment.on is not None:
                if fragment.on in (actual, kind):
                    found.update(self.project(data, fragment.selections, fragment.on))
            elif selection.name == "__typename":
                found[selection.key] = actual
            else:
                inner = self.schema[kind][selection.name]
                found[selection.key] = self.project(data.get(selection.name), selection.selections, inner)
        return found
