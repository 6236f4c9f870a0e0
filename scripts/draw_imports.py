#!/usr/bin/env python3
"""Draw the import graph of the component, from the contracts in pyproject.toml.

scripts/draw_imports.py            writes docs/images/imports.svg
scripts/draw_imports.py --check    exits with 1 if the file differs

Each row is a layer of the contract. An arrow means that a box imports another one; it is left out if a longer path of
arrows leads to the same box. The rows come from the contracts, the arrows from the imports in the code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
import re
import sys
import tomllib
from typing import Final
from xml.sax.saxutils import escape

import grimp

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "images" / "imports.svg"
PACKAGE: Final = "custom_components.alexa_media"

SIZE: Final = (160, 40)
GAP: Final = (24, 64)
MARGIN: Final = 24
TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" fill="#7a8794"/></marker></defs>'
)
HELPERS: Final = frozenset({"services", "diagnostics", "flow", "repairs", "trigger", "condition", "llm"})
"""Members of the layer of platforms that are not platforms."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the picture: its label and the prefixes of its modules."""

    label: str
    modules: tuple[str, ...]


def layers(contract_id: str) -> list[list[str]]:
    """Return the members of each layer of a contract, top to bottom."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = config["tool"]["importlinter"]["contracts"]
    contract = next(found for found in contracts if found["id"] == contract_id)
    return [re.findall(r"[a-z_]+", layer) for layer in contract["layers"]]


def rows(modules: Iterable[str]) -> list[list[Box]]:
    """Return the rows of boxes, top to bottom; members that do not exist are left out."""
    existing = {name.removeprefix(f"{PACKAGE}.") for name in modules}
    found: list[list[Box]] = []
    for layer in layers("layers"):
        present = [name for name in layer if name in existing]
        if "cloud" in present:
            found += [[Box(name, (f"cloud.{name}",)) for name in inner] for inner in _cloud_rows(existing)]
            continue
        platforms = [name for name in present if len(present) > 8 and name not in HELPERS]
        boxes = [Box(f"{len(platforms)} platforms", tuple(platforms))] if platforms else []
        found.append(boxes + [Box(name, (name,)) for name in present if name not in platforms])
    return [row for row in found if row]


def _cloud_rows(existing: set[str]) -> list[list[str]]:
    """Return the existing members of each layer inside ``cloud``."""
    return [[name for name in layer if f"cloud.{name}" in existing] for layer in layers("cloud")]


def arrows(graph: grimp.ImportGraph, boxes: Iterable[Box]) -> list[tuple[str, str]]:
    """Return the pairs of labels of which the first one imports the second one."""
    home = {module: box.label for box in boxes for module in box.modules}
    pairs: set[tuple[str, str]] = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            ends = _home(importer, home), _home(imported, home)
            if ends[0] and ends[1] and ends[0] != ends[1]:
                pairs.add((ends[0], ends[1]))
    return sorted(pair for pair in pairs if not _has_detour(pair, pairs))


def _has_detour(pair: tuple[str, str], pairs: set[tuple[str, str]]) -> bool:
    """Return whether there is a longer path of arrows from the first to the second."""
    first, second = pair
    reached: set[str] = set()
    ahead = [b for a, b in pairs if a == first and b != second]
    while ahead:
        box = ahead.pop()
        if box not in reached:
            reached.add(box)
            ahead += [b for a, b in pairs if a == box]
    return second in reached


def _home(module: str, home: Mapping[str, str]) -> str | None:
    """Return the label of the box that contains a module, or None."""
    name = module.removeprefix(f"{PACKAGE}.")
    while name:
        if name in home:
            return home[name]
        name = name.rpartition(".")[0]
    return None


def draw(table: list[list[Box]], pairs: Iterable[tuple[str, str]]) -> str:
    """Return the picture as SVG."""
    longest = max(len(row) for row in table)
    width = longest * (SIZE[0] + GAP[0]) - GAP[0] + 2 * MARGIN
    height = len(table) * (SIZE[1] + GAP[1]) - GAP[1] + 2 * MARGIN
    place: dict[str, tuple[float, float]] = {}
    for line, row in enumerate(table):
        left = (width - len(row) * (SIZE[0] + GAP[0]) + GAP[0]) / 2
        for column, box in enumerate(row):
            place[box.label] = (left + column * (SIZE[0] + GAP[0]), MARGIN + line * (SIZE[1] + GAP[1]))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        TIP,
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for importer, imported in pairs:
        lines.append(_arrow(place[importer], place[imported]))
    for row in table:
        for box in row:
            x, y = place[box.label]
            lines += [
                f'<rect x="{x:g}" y="{y:g}" width="{SIZE[0]}" height="{SIZE[1]}" rx="6"',
                ' fill="#e8f1fb" stroke="#3b6ea5"/>',
                f'<text x="{x + SIZE[0] / 2:g}" y="{y + SIZE[1] / 2 + 5:g}" text-anchor="middle" font-size="13"',
                f' fill="#16324f">{escape(box.label)}</text>',
            ]
    return "\n".join([*lines, "</svg>", ""])


def _arrow(importer: tuple[float, float], imported: tuple[float, float]) -> str:
    """Return the arrow between two boxes, given by their upper left corners."""
    x1, y1 = importer[0] + SIZE[0] / 2, importer[1] + SIZE[1]
    x2, y2 = imported[0] + SIZE[0] / 2, imported[1]
    bend = max(30.0, (y2 - y1) / 2)
    curve = f"M{x1:g} {y1:g} C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    return f'<path d="{curve}" fill="none" stroke="#7a8794" stroke-opacity="0.45" marker-end="url(#tip)"/>'


def picture() -> str:
    """Return the picture of the current code."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(PACKAGE.partition(".")[0], cache_dir=None)
    modules = [name for name in graph.modules if name.startswith(f"{PACKAGE}.")]
    table = rows(modules)
    return draw(table, arrows(graph, [box for row in table for box in row]))


def main() -> int:
    """Write or compare the picture; returns the exit status."""
    drawn = picture()
    if "--check" in sys.argv[1:]:
        return 0 if PICTURE.read_text() == drawn else 1
    PICTURE.write_text(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
