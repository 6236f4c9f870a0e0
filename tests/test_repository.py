"""Tests of the files around the code: packaging, texts, pins, workflows and import contracts."""

import ast
from collections.abc import Iterator
from functools import cache
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib
from typing import Any
import zipfile

from awesomeversion import AwesomeVersion
from homeassistant.const import Platform
from PIL import Image
import pytest
import yaml

from scripts import check_english, check_hosts, package

ROOT = Path(__file__).resolve().parent.parent
COMPONENT = ROOT / "custom_components" / "alexa_media"
LANGUAGES = sorted((COMPONENT / "translations").glob("*.json"))
PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raises for a duplicate name."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), f"{path.name}: a name is repeated in {names}"
        return dict(pairs)

    data: dict[str, Any] = json.loads(path.read_text(), object_pairs_hook=unique)
    return data


def texts(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted name, text) for every text of a translation file."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from texts(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def fields(service: dict[str, Any] | None) -> set[str]:
    """Return the names of a service's fields in services.yaml, including those in sections."""
    names: set[str] = set()
    for name, field in ((service or {}).get("fields") or {}).items():
        names |= fields(field) if field and "fields" in field else {name}
    return names


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return the manifest."""
    return read_json(COMPONENT / "manifest.json")


@pytest.fixture(scope="module")
def english() -> dict[str, Any]:
    """Return the English texts, on which all other languages are based."""
    return read_json(COMPONENT / "translations" / "en.json")


@pytest.fixture(scope="module")
def icons() -> dict[str, Any]:
    """Return the icons."""
    return read_json(COMPONENT / "icons.json")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Return the descriptions of the services."""
    data: dict[str, Any] = yaml.safe_load((COMPONENT / "services.yaml").read_text())
    return data


@pytest.fixture(scope="module")
def sources() -> str:
    """Return the Python source of the component."""
    return "\n".join(path.read_text() for path in sorted(COMPONENT.rglob("*.py")))


@pytest.mark.contract("manifest")
def test_manifest_says_what_home_assistant_and_hacs_need(manifest: dict[str, Any]) -> None:
    fixed = {
        "domain": "alexa_media",
        "config_flow": True,
        "dependencies": ["application_credentials", "http"],
        "after_dependencies": ["ffmpeg", "media_source", "recorder"],
        "integration_type": "hub",
        "iot_class": "cloud_push",
        "loggers": [],
        "requirements": ["alexapy==1.33.0"],
    }
    assert {name: manifest.get(name) for name in fixed} == fixed
    assert manifest["name"]
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["codeowners"]
    # Home Assistant links to this page from every dialog and action; it has to work before the site is published.
    address, _, page = manifest["documentation"].partition("/blob/main/")
    assert address == "https://github.com/alexa-media/alexa_media"
    assert (ROOT / page).is_file()
    assert manifest["issue_tracker"].startswith("https://")
    assert AwesomeVersion(manifest["version"]).valid
    # hassfest requires the domain first, then the name, then the other keys in alphabetical order
    assert list(manifest) == ["domain", "name", *sorted(set(manifest) - {"domain", "name"})]


def test_all_versions_are_equal(manifest: dict[str, Any]) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{manifest["version"]}"\n' in project


def test_hacs_json_has_only_keys_that_hacs_allows() -> None:
    hacs = read_json(ROOT / "hacs.json")
    allowed = {
        "content_in_root",
        "country",
        "filename",
        "hacs",
        "hide_default_branch",
        "homeassistant",
        "name",
        "persistent_directory",
        "render_readme",
        "zip_release",
    }
    assert set(hacs) <= allowed
    assert hacs["name"]
    assert hacs["homeassistant"] == "2026.10.0"
    assert hacs["zip_release"] is True
    assert hacs["hide_default_branch"] is True, "only a release has the file"
    assert hacs["filename"] == "alexa_media.zip"
    assert (ROOT / "info.md").read_text().strip()


def test_release_zip_has_its_version_stamped(tmp_path: Path, manifest: dict[str, Any]) -> None:
    target = tmp_path / "dist" / "alexa_media.zip"
    names = package.build(COMPONENT, "12.3.4", target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == names
        assert json.loads(archive.read("manifest.json")) == manifest | {"version": "12.3.4"}
        assert archive.read("const.py") == (COMPONENT / "const.py").read_bytes()
    assert {"__init__.py", "translations/en.json", "services.yaml", "brand/icon.png"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.parametrize("theme", ["", "dark_"])
@pytest.mark.parametrize(("suffix", "scale"), [("", 1), ("@2x", 2)])
def test_brand_images_have_the_sizes_asked_for(theme: str, suffix: str, scale: int) -> None:
    with Image.open(COMPONENT / "brand" / f"{theme}icon{suffix}.png") as icon:
        assert (icon.format, icon.size) == ("PNG", (256 * scale, 256 * scale))
    with Image.open(COMPONENT / "brand" / f"{theme}logo{suffix}.png") as logo:
        assert logo.format == "PNG"
        assert 128 * scale <= min(logo.size) <= 256 * scale


def test_translations_contain_no_references(english: dict[str, Any]) -> None:
    assert not list(COMPONENT.rglob("strings*.json"))
    for name, text in texts(english):
        assert isinstance(text, str), name
        assert text, name
        assert text == text.strip(), name
        assert "[%key:" not in text, name
        assert "'{" not in text, f"{name}: a placeholder in quotes is not replaced"


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_translation_has_the_placeholders_of_the_english_text(path: Path, english: dict[str, Any]) -> None:
    wanted = dict(texts(english))
    translated = dict(texts(read_json(path)))
    assert set(translated) <= set(wanted), "texts that do not exist in English"
    for name, text in translated.items():
        assert sorted(set(PLACEHOLDER.findall(text))) == sorted(set(PLACEHOLDER.findall(wanted[name]))), name
        assert "{" not in PLACEHOLDER.sub("", text), f"{name}: a brace that is not a placeholder"


def test_texts_used_in_the_code_exist_and_none_is_unused(english: dict[str, Any], sources: str) -> None:
    known = {*english.get("exceptions", {}), *english.get("issues", {})}
    for platform in english.get("entity", {}).values():
        known |= set(platform)
    known |= set(english.get("selector", {}))
    named = set(re.findall(r"translation_key=\"([a-z0-9_]+)\"", sources))
    assert named <= known
    spoken = set(re.findall(r"\"([a-z0-9_]+)\"", sources))
    for group in ("exceptions", "issues"):
        assert set(english.get(group, {})) <= spoken, f"{group} that no code raises"
    by_home_assistant = {"already_configured", "missing_configuration", "reauth_successful", "reconfigure_successful"}
    assert set(english["config"]["abort"]) <= spoken | by_home_assistant, "reasons with which no flow ends"


def test_services_have_texts_and_icons(
    services: dict[str, Any], english: dict[str, Any], icons: dict[str, Any], sources: str
) -> None:
    described = english["services"]
    assert set(services) == set(described)
    assert set(services) == set(icons["services"])
    for name, service in services.items():
        assert f'"{name}"' in sources, f"no code names the service {name}"
        assert described[name]["name"], name
        assert described[name]["description"], name
        assert fields(service) == set(described[name].get("fields", {})), name
        for field, said in described[name].get("fields", {}).items():
            assert said["name"], f"{name}.{field}"
            assert said["description"], f"{name}.{field}"


def test_icons_belong_to_entities_and_services(icons: dict[str, Any], english: dict[str, Any]) -> None:
    assert set(icons) <= {"entity", "services", "conditions", "triggers"}
    for platform, entities in icons.get("entity", {}).items():
        # "_" is the platform's own icon, which needs no name
        assert set(entities) - {"_"} <= set(english["entity"].get(platform, {})), platform
        assert list(COMPONENT.glob(f"{platform}.py")) or list(COMPONENT.glob(f"{platform}/__init__.py")), platform
    for name, icon in texts(icons):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), name


def test_no_file_names_the_host_of_a_package_registry(tmp_path: Path) -> None:
    assert check_hosts.offences(ROOT) == []
    (tmp_path / "requirements.txt").write_text("first\n--index-url https://" + "py" + "pi.org/simple\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "uv.lock").write_text("https://files.python" + "hosted.org/x")
    assert check_hosts.offences(tmp_path) == ["requirements.txt:2: " + "py" + "pi.org"]


def test_phrases_that_are_not_plain_english_are_found_across_lines() -> None:
    text = "# Read it an" + "ew.\n# No" + "body knows what\n# plays.\nnotanewword = 1\n"
    assert list(check_english.findings(text)) == [(1, "an" + "ew"), (2, "No" + "body"), (2, "what" + " plays")]


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_pins_are_exact_and_have_hashes(path: Path) -> None:
    text = path.read_text()
    pins = re.findall(r"^[a-zA-Z0-9].*$", text, re.MULTILINE)
    assert pins
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._\[\],-]+==\S+( ; .+)? \\", pin), pin
    assert len(re.findall(r" \\\n    --hash=sha256:", text)) >= len(pins)
    assert "://" not in text
    assert text.startswith("# This file was autogenerated by uv via the following command:\n#    scripts/lock\n")


def test_node_packages_are_pinned_with_hashes_of_the_archives() -> None:
    wanted = dict(line.split() for line in _lines("node.in"))
    pins = [line.split() for line in _lines("node.pins")]
    for place, version, integrity in pins:
        assert re.fullmatch(r"(node_modules/(@[a-z0-9-]+/)?[a-z0-9._-]+/?)+", place), place
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version), place
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", integrity), place
    assert {place.removeprefix("node_modules/"): version for place, version, _ in pins}.items() >= wanted.items()


def _lines(name: str) -> list[str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    assert not [line for line in lines if "://" in line]
    return [line for line in lines if not line.startswith("#")]


def test_environments_agree_on_what_the_manifest_requires(manifest: dict[str, Any]) -> None:
    pins = {name: (ROOT / "requirements" / f"{name}.txt").read_text() for name in ("test", "hass")}
    for requirement in manifest["requirements"]:
        assert all(f"\n{requirement} \\" in text for text in pins.values()), requirement
    # The plugin requires an exact version of Home Assistant. If another version is pinned, a resolver selects a plugin
    # that is years old.
    assert "\npytest-homeassistant-custom-component==0.13.375 \\" in pins["test"]
    assert "\nhomeassistant==2026.10.4 \\" in pins["test"]
    assert "\nhomeassistant==2026.11.0 \\" in pins["hass"]


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_workflow_pins_its_actions_and_asks_for_little(path: Path) -> None:
    text = path.read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    used = re.findall(r"uses: (\S+)", text)
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used), used
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"], name
    for script in re.findall(r"(?:run: |python3 )(scripts/[\w.]+)", text):
        assert (ROOT / script).exists(), script


@pytest.mark.parametrize(
    "name", [".ci/run", *(f"scripts/{n}" for n in ("setup", "test", "lint", "lock", "develop", "docs"))]
)
def test_scripts_are_executable(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111 == 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")


def test_soak_finds_its_test() -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTEST_ADDOPTS": "--collect-only"}
    command = [str(ROOT / "scripts" / "soak"), "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("test_day.py::test_days_leave_nothing_behind") == 1


def test_setup_refuses_an_unknown_environment() -> None:
    done = subprocess.run([ROOT / "scripts" / "setup", "tset"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    names = "test, hass, foreign, node, check, sim, browser, contract or docs"
    assert done.stderr == f"setup: there is no environment tset: name {names}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of everything that import-linter reads."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("custom_components", "alexa_sim"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(tree: Path) -> tuple[int, str]:
    """Return import-linter's exit status and output for ``tree``."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    return done.returncode, done.stdout + done.stderr


def test_imports_keep_their_contracts(tree: Path) -> None:
    status, said = lint_imports(tree)
    assert status == 0, said
    assert " 0 broken." in said


@pytest.mark.parametrize(
    ("file", "planted", "contract"),
    [
        (
            "alexa_media/cloud/account/planted.py",
            "import homeassistant",
            "The lower layers do not import Home Assistant",
        ),
        ("alexa_media/cloud/planted.py", "from homeassistant.core import callback", "The lower layers do not import"),
        ("alexa_media/valve.py", "from .water_heater import X", "platforms never import each other"),
        ("alexa_media/valve.py", "from . import water_heater", "platforms never import each other"),
        ("alexa_media/models.py", "from .entity import X", "Modules of the component only import lower layers"),
        ("alexa_media/const.py", "from .cloud import X", "Modules of the component only import lower layers"),
        ("alexa_media/unheard_of.py", "", "Modules of the component only import lower layers"),
        ("alexa_media/valve.py", "from . import async_setup_entry", "No module imports the component's __init__"),
        ("alexa_media/valve.py", "import alexapy", "Only the account API imports alexapy"),
        ("alexa_media/valve.py", "import alexa_sim", "The integration does not import the simulated cloud"),
        ("../alexa_sim/planted.py", "import httpx", "The simulated cloud does not import"),
        ("../alexa_sim/planted.py", "import homeassistant.const", "The simulated cloud does not import"),
    ],
)
def test_planted_violation_breaks_its_contract(tree: Path, file: str, planted: str, contract: str) -> None:
    component = tree / "custom_components"
    (component / "alexa_media" / "water_heater.py").touch()
    with (component / file).open("a") as module:
        module.write(f"\n{planted}\n")
    status, said = lint_imports(tree)
    assert status == 1, said
    broken = [line for line in said.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken), said


parsed = cache(ast.parse)


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield name and length in lines of every function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def lines_of_code(text: str) -> list[tuple[int, str]]:
    """Return the lines to compare, without imports, blank lines, comments and single brackets."""
    imports = {
        number
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return [
        (number, line)
        for number, line in enumerate(map(str.strip, text.splitlines()), start=1)
        if number not in imports and re.search(r"\w", line) and not line.startswith("#")
    ]


def repeated_places(sources: dict[str, str], length: int) -> list[str]:
    """Return the first places that have ``length`` consecutive lines in common with an earlier place."""
    seen: dict[tuple[str, ...], tuple[str, int]] = {}
    found = []
    for name, text in sources.items():
        lines = lines_of_code(text)
        for start in range(len(lines) - length + 1):
            window = tuple(line for _, line in lines[start : start + length])
            number = lines[start][0]
            if window not in seen:
                seen[window] = name, start
                continue
            earlier, where = seen[window]
            if earlier != name or where + length <= start:
                found.append(f"{name}:{number} repeats {earlier}")
    return found


def test_repeated_places_are_found() -> None:
    body = "\n".join(f"value_{number} = {number}" for number in range(10))
    assert repeated_places({"a.py": body, "b.py": f"import re\n\n# why\n{body}"}, 10) == ["b.py:4 repeats a.py"]
    assert repeated_places({"a.py": body, "b.py": body.replace("value_5", "other")}, 10) == []


def test_component_stays_small_enough_to_read() -> None:
    """Limits: 150 modules (36 of them at the top level), functions of 50 lines, and no ten lines that occur twice."""
    paths = sorted(COMPONENT.rglob("*.py"))
    texts_by_name = {str(path.relative_to(COMPONENT)): path.read_text() for path in paths}
    assert len(paths) <= 150
    assert len(list(COMPONENT.glob("*.py"))) <= 36
    long = [
        f"{name}: {function} has {length} lines"
        for name, text in texts_by_name.items()
        for function, length in functions(parsed(text))
        if length > 50
    ]
    assert long == []
    assert repeated_places(texts_by_name, 10) == []


def test_every_guess_has_a_unique_id() -> None:
    rows = [line for line in (ROOT / "alexa_sim" / "GUESSES.md").read_text().splitlines() if line.startswith("|")]
    ids = [row.split("|")[1].strip() for row in rows]
    numbered = [found for found in ids if found != "Id" and set(found) != {"-"}]
    assert [found for found in numbered if not re.fullmatch(r"G\d{3}", found)] == []
    assert len(set(numbered)) == len(numbered)


def test_the_integration_has_the_same_name_everywhere(manifest: dict[str, Any]) -> None:
    name = manifest["name"]
    assert name == "Alexa Media Player"
    assert read_json(ROOT / "hacs.json")["name"] == name
    for page in ("README.md", "info.md"):
        assert (ROOT / page).read_text().startswith(f"# {name}\n")


def test_the_quality_scale_names_files_and_tests_that_exist() -> None:
    """If a file or test was moved, update the path in the quality scale."""
    scale = yaml.safe_load((COMPONENT / "quality_scale.yaml").read_text())["rules"]
    comments = " ".join(rule["comment"] for rule in scale.values())
    tests = {path.name: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    for name in re.findall(r"\b(?:tests|docs|scripts|blueprints)/[\w/-]+(?:\.\w+)?", comments):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"(?<!/)\btest_\w+\.py", comments):
        assert name in tests
    for name in re.findall(r"\btest_\w+\b(?!\.py)", comments):
        assert any(f"def {name}(" in text for text in tests.values()), name


def test_the_readme_is_short_and_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 150
    for wanted in (
        "\nscripts/demo ",
        "\nscripts/test ",
        "https://github.com/alexa-media/alexa_media`",
        "](docs/migrating.md)",
    ):
        assert wanted in text


@pytest.mark.parametrize("page", ["README.md", "info.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_to_files_exist(page: str) -> None:
    """Links between pages in docs/ are checked by scripts/docs --strict."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_page_of_the_documentation_is_in_its_navigation() -> None:
    named = set(re.findall(r"[\w./-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")} == named


def test_the_workflow_runs_every_form_of_the_demo_check() -> None:
    forms = re.findall(r"^step (scripts/demo .+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert len(forms) >= 3
    assert [form for form in forms if f"run: {form}\n" not in workflow] == []


def test_the_workflow_tests_the_oldest_and_the_newest_home_assistant() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    assert {"least", "newest"} <= set(jobs)
    least = read_json(ROOT / "hacs.json")["homeassistant"].rpartition(".")[0]
    assert f"\nhomeassistant=={least}." in (ROOT / "requirements" / "test.txt").read_text()
    assert f"\nhomeassistant=={least}." not in (ROOT / "requirements" / "hass.txt").read_text()


def test_the_picture_of_imports_is_current() -> None:
    drawn = subprocess.run([sys.executable, "scripts/draw_imports.py", "--check"], cwd=ROOT, check=False)
    assert drawn.returncode == 0, "run scripts/draw_imports.py"


@pytest.mark.parametrize(
    ("page", "contracts"), [("docs/architecture.md", ("layers", "cloud")), ("CONTRIBUTING.md", ("layers",))]
)
def test_page_names_every_layer_of_the_contracts(page: str, contracts: tuple[str, ...]) -> None:
    described = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", (ROOT / page).read_text()))))
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    missing = []
    for contract in found:
        if contract["id"] not in contracts:
            continue
        folder = COMPONENT / "cloud" if contract["id"] == "cloud" else COMPONENT
        names = re.findall(r"[a-z_]+", " ".join(contract["layers"]))
        exists = [name for name in names if (folder / f"{name}.py").exists() or (folder / name).is_dir()]
        platforms = {str(platform) for platform in Platform} if page == "CONTRIBUTING.md" else set()
        missing += [name for name in exists if name not in described | platforms]
    assert missing == [], f"describe these modules in {page}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda path: path.stem
)
def test_issue_forms_have_what_github_needs(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form)
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in asked}) == len(asked)
    assert all(field["attributes"]["label"] for field in asked)


def test_the_form_for_problems_asks_for_diagnostics_and_a_recording() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text())
    assert {"diagnostics", "recording", "version"} <= {field.get("id") for field in form["body"]}


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "faults").rglob("*.py")), ids=lambda path: path.stem)
def test_failure_tables_import_no_private_names_of_the_component(path: Path) -> None:
    private = [
        f"{node.module}: {alias.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("custom_components")
        for alias in node.names
        if alias.name.startswith("_") or "._" in (node.module or "")
    ]
    assert private == []
