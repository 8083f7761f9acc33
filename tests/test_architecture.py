"""What holds the house together: one-way imports, short files, and a page that starts without torch."""

import ast
import importlib
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import pytest

from rdrec.core import settings

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = [
    "core",
    "data",
    "synthetic",
    "teachers",
    "student",
    "baselines",
    "ranking",
    "evaluation",
    "explorer",
    "report",
    "ui",
    "bench",
    "cli",
]  # in the order in which data flows
SOURCES = [*sorted((PROJECT / "rdrec").rglob("*.py")), PROJECT / "app.py"]
HEAVY = {"torch", "transformers", "bitsandbytes", "accelerate"}
ALL_PYTHON = SOURCES + sorted((PROJECT / "tests").rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).parts
    return parts[1] if parts[0] == "rdrec" and len(parts) > 2 else Path(parts[-1]).stem


def imports(path: Path, *, top_level_only: bool = False):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree) if not top_level_only else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_room_imports_only_earlier_rooms(path):
    room = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "rdrec" or len(parts) == 1:
            assert parts[0] != "gradio" or room in {"ui", "app"}, f"{name}: only the page knows gradio"
            continue
        target = parts[1]
        if room not in {"app", "__main__"}:
            assert ROOMS.index(target) <= ROOMS.index(room), f"{room} imports the later room {name}"


@cache
def modules() -> set[str]:
    return {".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in SOURCES}


def imports_from_other_rooms(path: Path):
    """(room, module, name); the name is None where a module is imported as a whole.  `core` belongs to everybody."""
    known, here = modules(), room_of(path)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("rdrec.")], f"{path}: use from ... import"
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("rdrec."):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}" in known
            module = f"{node.module}.{alias.name}" if whole else node.module
            _, room, *inner = module.split(".")
            if room not in (here, "core"):
                yield room, ".".join(inner), None if whole else alias.name


def exported(room: str) -> dict[str, tuple[str, ...]]:
    return importlib.import_module(f"rdrec.{room}").PUBLIC


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_other_rooms_import_only_what_a_room_exports(path):
    for room, module, name in imports_from_other_rooms(path):
        names = exported(room).get(module)
        wanted = f"{module} as a whole" if name is None else f"{name} of {module}"
        allowed = names is not None and (names == () if name is None else names == () or name in names)
        assert allowed, f"{wanted} is private to rdrec.{room}: add it to PUBLIC in rdrec/{room}/__init__.py if others need it"


def test_rooms_export_only_what_is_there_and_used_elsewhere():
    used = {found for path in SOURCES for found in imports_from_other_rooms(path)}
    for room in ROOMS[1:]:
        for module, names in exported(room).items():
            wanted = {(room, module, name) for name in names} or {(room, module, None)}
            assert wanted <= used, f"no other room uses {sorted(map(str, wanted - used))}"


@pytest.mark.parametrize("path", ALL_PYTHON, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_are_short_and_say_what_they_are(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text)), "every file opens with what it does"


def test_the_page_is_light():
    """`import app` brings neither torch nor transformers: the first view is there before any model."""
    code = f"import sys, app; bad = {HEAVY!r} & set(sys.modules); assert not bad, bad"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_what_the_page_imports_is_light():
    """Every module of the page comes without torch, with all that it imports of the explorer."""
    paths = sorted((PROJECT / "rdrec" / "ui").rglob("*.py"))
    assert len(paths) > 40
    names = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in paths]
    code = f"import importlib, sys\nfor name in {names!r}:\n    importlib.import_module(name)\n    assert not {HEAVY!r} & set(sys.modules), name"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_early_stages_are_light():
    """Of the early stages two models load torch, the local teacher and the judge of entailment; only the command that names one loads it."""
    heavy = {PROJECT / "rdrec" / "teachers" / name for name in ("chat_model.py", "nli_model.py")}
    for room in ("core", "data", "synthetic", "teachers"):
        for path in (PROJECT / "rdrec" / room).rglob("*.py"):
            if path in heavy:
                continue
            assert not HEAVY & {name.split(".")[0] for name in imports(path)}, path


TRAINING = ["data", "teachers", "student", "baselines", "ranking"]
TRAINING_COMMANDS = ["train.py", "rival.py", "distill.py", "distill_results.py", "quantize.py"]


def test_nothing_that_trains_or_distils_can_read_the_truth():
    """The truth of an invented shop lies in one folder: rooms and commands before evaluation neither name it nor import who does."""
    paths = [path for room in TRAINING for path in (PROJECT / "rdrec" / room).glob("*.py")]
    paths += [PROJECT / "rdrec" / "cli" / name for name in TRAINING_COMMANDS]
    assert len(paths) > 60 and all(path.is_file() for path in paths)
    for path in paths:
        assert not [name for name in imports(path) if name.startswith("rdrec.synthetic")], path
        named = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute) and node.attr == "truth"
        ]
        homes = [node for node in named if isinstance(node.value, ast.Name) and node.value.id in ("home", "Home")]
        assert not homes, f"{path}: {homes[0].lineno if homes else ''}"


def test_the_settings_page_is_the_table():
    """docs/settings.md is made with: python -c 'from rdrec.core.settings import as_markdown; print(as_markdown())'."""
    assert settings.as_markdown().strip() in (PROJECT / "docs" / "settings.md").read_text("utf-8")


def test_every_setting_is_used():
    """By its whole name; options of a run are also fields of its plan, which is read by their short names."""
    text = "\n".join(path.read_text("utf-8") for path in SOURCES if path.parent.name != "settings")
    for entry in settings.SETTINGS:
        stage, short = entry.name.split(".", 1)
        field = stage in ("distill", "train", "rival") and f'"{short}"' in text
        assert f'"{entry.name}"' in text or field, f"nobody reads {entry.name}"


def test_the_lock_holds_every_pin_with_hashes_and_no_address():
    """Made anew with `make lock`; torch depends on the machine."""
    pins = dict(line.split("==") for line in (PROJECT / "requirements.txt").read_text().splitlines() if "==" in line)
    lock = (PROJECT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, re.MULTILINE))
    for name, version in pins.items():
        key = re.sub(r"[-_.]+", "-", name.lower())
        assert locked.get(key) == (None if name == "torch" else version), f"{name}: run make lock"
    entries = re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) >= len(locked) > 80 and all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock and "--index" not in lock


def test_every_installed_package_of_the_lock_has_its_licence_named():
    """Made anew with `make notices`."""
    listed = {
        line.split("|")[1].strip().lower().replace("_", "-").replace(".", "-")
        for line in (PROJECT / "THIRD_PARTY.md").read_text().splitlines()
        if line.startswith("|")
    }
    installed = {str(found.metadata["Name"]).lower().replace("_", "-").replace(".", "-") for found in distributions()}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (PROJECT / "requirements.lock").read_text(), re.MULTILINE))
    missing = (locked | {"torch"}) & installed - listed
    assert not missing, f"run make notices: {sorted(missing)}"


def test_pins():
    """The Space's gradio is the pinned one; pydantic stays where a Space can install it."""
    pins = dict(line.split("==") for line in (PROJECT / "requirements.txt").read_text().splitlines() if "==" in line)
    front = (PROJECT / "README.md").read_text("utf-8").split("---")[1]
    assert f"sdk_version: {pins['gradio']}" in front
    assert pins["torch"] == "2.13.0"
    assert "pydantic<=2.12.5" in (PROJECT / "requirements.txt").read_text()


def test_every_file_that_the_readme_and_the_docs_name_is_there():
    documents = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
    links = [(document, link) for document in documents for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))]
    files = [(document, link.partition("#")[0]) for document, link in links if "://" not in link and not link.startswith("#")]
    assert files and not [(document.name, link) for document, link in files if not (document.parent / link).exists()]
