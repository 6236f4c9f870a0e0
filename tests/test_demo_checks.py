"""Tests that the checks of ``scripts/demo --check`` cover every action."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
import yaml

from custom_components.alexa_media import OPTIONAL_PLATFORMS

ROOT: Final = Path(__file__).resolve().parent.parent
CHECKS: Final = ROOT / "scripts" / "checks"
TABLE: Final = CHECKS / "actions.py"


def table(path: Path = TABLE, name: str = "DRIVEN") -> dict[str, str]:
    """Return the check for each action, or for each key of another table."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value:
            found = ast.literal_eval(node.value)
            assert isinstance(found, dict)
            return found
    pytest.fail("there is no table")


def words(tree: ast.AST) -> set[str]:
    """Return the string literals in a function or module."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def rows(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Yield the checks of a module, each with the string literals in its function."""
    functions: Mapping[str, ast.AST] = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Name(id=function)]) if function in functions:
                yield name, words(functions[function])


def test_every_action_has_a_check_that_calls_it() -> None:
    """The test fails for a new action without a check, and for a check that no longer calls its action."""
    driven = table()
    actions = yaml.safe_load((ROOT / "custom_components/alexa_media/services.yaml").read_text())
    assert set(driven) == set(actions)
    known = dict(row for path in CHECKS.glob("*.py") for row in rows(ast.parse(path.read_text())))
    assert set(driven.values()) <= set(known)
    silent = [name for name, row in driven.items() if not {name, f"alexa_media.{name}"} & known[row]]
    assert silent == []


def test_every_module_that_home_assistant_loads_by_name_has_a_check() -> None:
    """The modules are platforms enabled by options, and the modules for tools and repairs."""
    driven = table(CHECKS / "voice.py", "MODULES")
    optional = {platform.value for platform in OPTIONAL_PLATFORMS.values()}
    assert set(driven) == optional | {"llm", "repairs"}
    assert set(driven.values()) <= {name for name, _ in rows(ast.parse((CHECKS / "voice.py").read_text()))}


def test_every_trigger_and_condition_has_a_check() -> None:
    source = words(ast.parse((CHECKS / "automation.py").read_text()))
    for name in ("triggers", "conditions"):
        assert set(yaml.safe_load((ROOT / f"custom_components/alexa_media/{name}.yaml").read_text())) <= source
