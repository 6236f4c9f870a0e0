"""Write the generated pages in ``docs/reference/``, or with ``--check`` exit with 1 if one is outdated.

Actions, triggers and conditions come from their YAML files and the English texts, devices from the table of types.
``entities.md`` lists the registry of the demo household; this script runs ``tests/test_reference.py`` to write it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
COMPONENT: Final = ROOT / "custom_components" / "alexa_media"
PAGES: Final = ROOT / "docs" / "reference"
NOTE: Final = "<!-- Written by scripts/reference. Change the sources instead. -->\n"

ACTIONS: Final = """\
All actions of this integration. Entities also have the actions of their domain, such as `media_player.play_media`,
`notify.send_message` and `todo.add_item`.
"""
AUTOMATION: Final = """\
Fields are set below `options`. [Voice and triggers](../voice.md) has examples.
"""
DEVICES: Final = """\
Every device that Amazon lists with media playback, alarms or reminders is supported. These are known by name; others
are shown by their family and type id. Smart home devices behind Alexa are [on another page](../smart-home.md).
"""
ENTITIES: Final = """\
The entities of the demo household: six Echos, a speaker group, lists, routines and smart home devices. Which of them
your devices have depends on what they support: a sensor that is listed for one Echo exists for every Echo that has it.
The main entity of a device has no name.
"""

GROUPS: Final = {
    "Account": "One device for each Amazon account.",
    "Echo": "A device for each Echo.",
    "Speaker group": "A device for each speaker group of the Alexa app.",
    "Smart home": "A device for each appliance, below the Echo or hub that it is connected to.",
}
"""Description of each group on the page of entities."""

type Json = Mapping[str, Any]


def cell(text: str) -> str:
    """Return a text escaped for a cell of a table."""
    return " ".join(str(text).replace("|", "\\|").replace("<", "&lt;").replace("{", "&#123;").split())


def code(text: object) -> str:
    """Return a text as code in a cell of a table, where only the separator of cells is escaped."""
    return f"`{' '.join(str(text).replace('|', '\\|').split())}`"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def accepted(field: Json) -> str:
    """Return the values that a field accepts according to its selector."""
    kind, limits = next(iter((field.get("selector") or {"object": None}).items()))
    limits = limits or {}
    if kind == "select":
        options = [option["value"] if isinstance(option, dict) else option for option in limits.get("options", ())]
        return ("list of " if limits.get("multiple") else "") + ", ".join(code(option) for option in options)
    if kind == "number":
        bounds = f"{limits.get('min', '')}–{limits.get('max', '')}".strip("–")
        return f"number {bounds} {limits.get('unit_of_measurement', '')}".strip()
    names = {
        "boolean": "true or false",
        "config_entry": "id of a config entry",
        "datetime": "date and time",
        "entity": "entity",
        "text": "text",
    }
    return names.get(kind, str(kind).replace("_", " ")) + (" or list" if limits.get("multiple") else "")


def flat(fields: Json) -> Iterator[tuple[str, Json]]:
    """Yield the fields, including those in sections."""
    for name, field in (fields or {}).items():
        if field and "fields" in field:
            yield from flat(field["fields"])
        else:
            yield name, field or {}


def described(name: str, key: str, source: Json | None, texts: Json) -> Iterator[str]:
    """Yield the lines of the section for one action, trigger or condition."""
    yield f"### `{name}`\n"
    yield f"**{texts['name']}.** {texts['description']}\n"
    source = source or {}
    if "target" in source:
        domains = _target_domains(source["target"])
        kinds = " or ".join(f"`{domain}`" for domain in domains)
        yield f"Target: {kinds} (entities, devices, areas, floors, labels).\n"
    rows = []
    for field, spec in flat(source.get("fields") or {}):
        said = texts["fields"][field]
        needed = "required" if spec.get("required") else f"default `{spec['default']}`" if "default" in spec else ""
        example = f" Example: {code(spec['example'])}" if "example" in spec else ""
        rows.append((f"`{field}`", accepted(spec), cell(needed), cell(said["description"]) + example))
    if rows:
        yield from table((key, "accepts", "", "meaning"), rows)


def _target_domains(target: Json | None) -> list[str]:
    """Return the domains of the entities that a target accepts."""
    entities = (target or {}).get("entity") or {}
    found: list[str] = []
    for entity in entities if isinstance(entities, list) else [entities]:
        domains = entity.get("domain") or ["any entity"]
        found += domains if isinstance(domains, list) else [domains]
    return list(dict.fromkeys(found))


def load(name: str) -> Json:
    """Return the content of a YAML file of the component; empty if it does not exist."""
    path = COMPONENT / name
    loaded: Json = yaml.safe_load(path.read_text()) if path.exists() else {}
    return loaded


def actions(texts: Json) -> str:
    """Return the page of actions; actions of accounts precede those of Smart Properties."""
    services = load("services.yaml")
    own: list[str] = []
    hotel: list[str] = []
    for name in sorted(services):
        said = texts["services"][name]
        section = described(f"alexa_media.{name}", "field", services[name], said)
        (hotel if said["name"].startswith("Smart Properties") else own).extend(section)
    lines = [
        "# Actions\n",
        NOTE,
        ACTIONS,
        "## Accounts\n",
        *own,
        "## Smart Properties\n",
        *hotel,
    ]
    return "\n".join(lines).rstrip() + "\n"


def automation(texts: Json) -> str:
    """Return the page of triggers and conditions."""
    lines = [
        "# Triggers and conditions\n",
        NOTE,
        AUTOMATION,
    ]
    for title, file, key in (
        ("Triggers", "triggers.yaml", "triggers"),
        ("Conditions", "conditions.yaml", "conditions"),
    ):
        lines.append(f"## {title}\n")
        for name, source in load(file).items():
            lines += described(f"alexa_media.{name}", "option", source, texts[key][name])
    return "\n".join(lines).rstrip() + "\n"


def devices() -> str:
    """Return the page of known device types."""
    # imported here, because the path is set above
    from custom_components.alexa_media.cloud.device_types import MODELS  # noqa: PLC0415 - see above

    names = sorted(set(MODELS.values()))
    families: dict[str, list[str]] = {}
    for name in names:
        family = next(
            (f for f in ("Fire TV", "Echo Dot", "Echo Show", "Echo Spot", "Echo") if name.startswith(f)), "Other"
        )
        families.setdefault(family, []).append(name)
    lines = [
        "# Supported devices\n",
        NOTE,
        DEVICES,
    ]
    for family, models in families.items():
        lines += [f"## {family}\n", *(f"- {model}" for model in models), ""]
    return "\n".join(lines).rstrip() + "\n"


class Entity(NamedTuple):
    """An entity of the registry for the page."""

    group: str
    platform: str
    name: str
    device: str
    enabled: bool
    category: str


def entities(found: Iterable[Entity]) -> str:
    """Return the page of entities; entities of one name on several devices of a group share a row."""
    rows: dict[tuple[str, str, str], list[Entity]] = {}
    for entity in found:
        rows.setdefault((entity.group, entity.platform, entity.name), []).append(entity)
    devices = {
        group: {entity.device for key, same in rows.items() for entity in same if key[0] == group} for group in GROUPS
    }
    lines = [
        "# Entities\n",
        NOTE,
        ENTITIES,
    ]
    for group, about in GROUPS.items():
        lines += [f"## {group}\n", f"{about}\n"]
        body = [
            (
                cell(name) or "–",
                f"`{platform}`",
                _on(same, devices[group]),
                "yes" if same[0].enabled else "no",
                same[0].category,
            )
            for (of, platform, name), same in sorted(rows.items())
            if of == group
        ]
        lines += table(("name", "platform", "on", "enabled by default", "category"), body)
    return "\n".join(lines).rstrip() + "\n"


def _on(same: Sequence[Entity], every: Collection[str]) -> str:
    """Return the devices that have an entity, or "all"."""
    names = sorted({entity.device for entity in same})
    return "all" if len(names) == len(every) else cell(", ".join(names))


def pages() -> dict[str, str]:
    """Return the text of each page that can be generated without Home Assistant."""
    texts: Json = json.loads((COMPONENT / "translations" / "en.json").read_text())
    return {"actions.md": actions(texts), "automation.md": automation(texts), "devices.md": devices()}


def main() -> int:
    """Write or compare the pages; return the exit status."""
    outdated = [name for name, text in pages().items() if not same(PAGES / name, text)]
    if "--check" in sys.argv:
        for name in outdated:
            print(f"docs/reference/{name} is outdated: run scripts/reference", file=sys.stderr)
        return bool(outdated)
    PAGES.mkdir(exist_ok=True)
    for name in outdated:
        (PAGES / name).write_text(pages()[name])
        print(f"docs/reference/{name} is written")
    test = [str(ROOT / ".venv/bin/python"), "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*test, "tests/test_reference.py", "-k", "entities"],
        cwd=ROOT,
        env={**os.environ, "WRITE_REFERENCE": "1"},
        check=False,
    )
    return done.returncode


def same(path: Path, text: str) -> bool:
    """Return whether a file has this text."""
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
