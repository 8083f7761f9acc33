"""`rdrec space`: what is written can be started by itself, fits the hub, and is refused where it would overwrite something."""

import json
import os
import re
import subprocess
import sys

import pytest

from rdrec.cli import space
from rdrec.cli.main import main
from rdrec.core.home import PROJECT


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("spaces") / "zero"
    assert main(["space", "--out", str(out), "--hardware", "zero-gpu", "--space", "lab/rdrec"]) == 0
    return out


def test_the_folder_holds_what_a_space_needs_and_nothing_else(written):
    top = {path.name for path in written.iterdir()}
    assert top == {*space.WHOLE, *space.FOLDERS, "README.md", ".gitattributes"}
    files = [path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()]
    assert "precomputed/toys/manifest.json" in files and space.THUMBNAIL in files
    assert not [
        name
        for name in files
        if "__pycache__" in name or name.endswith((".sh", ".pyc")) or name.startswith("precomputed/answers")
    ]
    assert sum(name.startswith("assets/screenshots") for name in files) == 1
    assert max((written / name).stat().st_size for name in files) <= space.FILE_LIMIT


def test_the_front_matter_is_one_that_the_hub_takes(written):
    front = (written / "README.md").read_text("utf-8").split("---\n")[1]
    facts = dict(line.split(": ", 1) for line in front.splitlines() if re.match(r"[a-z_]+: ", line))
    assert len(facts["short_description"]) <= 60 and facts["sdk_version"] == space.version(
        (PROJECT / "requirements.txt").read_text(), "gradio"
    )
    assert (
        facts["python_version"] == '"3.12"'
        and facts["thumbnail"].startswith("https://huggingface.co/spaces/lab/rdrec/resolve/main/")
        and (written / facts["thumbnail"].partition("/main/")[2]).is_file()
        and (written / facts["app_file"]).is_file()
    )
    assert facts["startup_duration_timeout"] == "30m" and facts["suggested_hardware"] == "zero-a10g"


def test_large_files_are_stored_as_such(written):
    kinds = [line.split()[0].lstrip("*") for line in (written / ".gitattributes").read_text().splitlines()]
    binary = {path.suffix for path in written.rglob("*") if path.is_file() and b"\0" in path.read_bytes()[:4096]}
    assert binary and binary <= set(kinds)


@pytest.mark.parametrize("hardware", list(space.TORCH))
def test_every_hardware_gets_one_torch_and_no_gradio(hardware):
    pinned = (PROJECT / "requirements.txt").read_text("utf-8")
    lines = space.requirements(pinned, hardware).splitlines()
    names = [re.split(r"[<=>]", line)[0] for line in lines if not line.startswith("--")]
    assert names.count("torch") == 1 and "gradio" not in names and ("spaces" in names) == (hardware == "zero-gpu")
    assert any("whl/cpu" in line for line in lines) == (hardware == "cpu")
    assert {"transformers", "bitsandbytes", "plotly", "pandas"} <= set(names)


def test_the_page_is_built_from_the_folder_alone(written):
    code = (
        "import json, app, rdrec\n"
        "from rdrec.core.home import PROJECT, Home\n"
        "from rdrec.explorer.catalogue import find_stores\n"
        "from rdrec.ui.page import build_page, launch_options\n"
        "from pathlib import Path\n"
        "catalogue = find_stores(Home(Path('/nonexistent')), PROJECT)\n"
        "build_page(catalogue); launch_options()\n"
        "print(json.dumps([str(PROJECT), list(catalogue.stores), [str(b.error) for b in catalogue.broken]]))\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(written)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=written, env=environment, capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == [str(written), ["toys"], []]


@pytest.mark.parametrize("name", ["rdrec", "a/b/c", "a b/c", "../x\ntags: y"])
def test_a_name_that_is_none_of_a_space_is_refused(tmp_path, capsys, name):
    assert main(["space", "--out", str(tmp_path / "new"), "--space", name]) == 2
    assert "--space: " in capsys.readouterr().err and not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["space", "--out", str(tmp_path)]) == 2
    assert "not an empty folder" in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_that_the_hub_would_refuse_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(space, "FILE_LIMIT", 1000)
    assert main(["space", "--out", str(tmp_path / "new")]) == 2
    assert "this file is larger than" in capsys.readouterr().err and not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["rdrec", "/a b", "//", "/a?b", "http://x", ""])
def test_a_root_path_is_a_path(path):
    from rdrec.cli.main import build_parser

    with pytest.raises(SystemExit):
        build_parser().parse_args(["serve", "--root-path", path])
    assert build_parser().parse_args(["serve", "--root-path", "/lab/rdrec/"]).root_path == "/lab/rdrec"


def test_the_container_copies_what_there_is_and_starts_a_known_command():
    lines = (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
    for line in lines:
        if line.startswith("COPY"):
            assert all((PROJECT / name).exists() for name in line.split()[1:-1]), line
    command = json.loads(next(line for line in lines if line.startswith("CMD")).removeprefix("CMD "))
    from rdrec.cli.main import build_parser

    assert command[:3] == ["python", "-m", "rdrec"] and build_parser().parse_args(command[3:]).host == "0.0.0.0"
