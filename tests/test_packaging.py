"""The wheel holds all that the program needs, and the command of an installed wheel works away from any checkout."""

import email
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from rdrec import __version__
from rdrec.core.home import PROJECT

LARGEST_WHEEL = 30_000_000  # bytes
BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"


def build(kind, folder):
    """Build in a process of its own, with the backend that pyproject.toml names and what is installed here."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(folder)], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder into which pip installed the wheel, without the dependencies: those of the tests serve."""
    site = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True, timeout=120)
    return site


def environment(site, home):
    kept = {name: value for name, value in os.environ.items() if name not in {"SPACE_ID", "PYTHONPATH", "GRADIO_SERVER_PORT"}}
    return {**kept, "PYTHONPATH": str(site), "RDREC_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def files_below(*folders):
    found = [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.is_file()]
    assert found
    return {path.relative_to(PROJECT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_the_assets_and_the_bundled_set(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
    beside = {name for name in files_below("assets", "precomputed") if not name.startswith("assets/screenshots/")}
    assert names == files_below("rdrec") | {f"rdrec/_bundled/{name}" for name in beside}
    assert wheel.stat().st_size < LARGEST_WHEEL


def test_version_and_requirements_come_from_where_they_are_kept(wheel):
    with zipfile.ZipFile(wheel) as opened:
        info = f"rdrec_explorer-{__version__}.dist-info"
        metadata = email.message_from_bytes(opened.read(f"{info}/METADATA"))
        scripts = opened.read(f"{info}/entry_points.txt").decode()
        assert f"{info}/licenses/LICENSE" in opened.namelist()
    assert metadata["Version"] == __version__ and "rdrec = rdrec.cli.main:main" in scripts
    required = metadata.get_all("Requires-Dist")
    assert {canonical(line) for line in required if "extra ==" not in line} == requirements("requirements.txt")
    for extra in metadata.get_all("Provides-Extra"):
        lines = {canonical(line) for line in required if re.search(rf"extra == ['\"]{extra}['\"]", line)}
        assert lines == requirements(f"requirements-{extra}.txt")


def requirements(name):
    lines = (PROJECT / name).read_text("utf-8").splitlines()
    found = {canonical(line) for line in lines if line.strip() and not line.startswith("#")}
    assert found
    return found


def canonical(line):
    return line.partition(";")[0].replace("_", "-").replace(" ", "").lower()


def test_versions_that_are_written_twice_agree():
    headings = re.findall(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == __version__
    hooks = (PROJECT / ".pre-commit-config.yaml").read_text("utf-8")
    pinned = re.search(r"^ruff==(\S+)", (PROJECT / "requirements-test.txt").read_text("utf-8"), re.MULTILINE)
    assert re.search(r"rev: v(\S+)", hooks)[1] == pinned[1]


def test_an_editable_install_points_at_the_checkout(tmp_path):
    """Nothing is copied, so `PROJECT` is the top of the checkout there."""
    with zipfile.ZipFile(build("build_editable", tmp_path)) as opened:
        files = [name for name in opened.namelist() if ".dist-info/" not in name]
        assert [Path(name).suffix for name in files] == [".pth"]
        assert Path(opened.read(files[0]).decode().strip()).samefile(PROJECT)


def test_the_installed_program_finds_its_files(installed, tmp_path):
    code = """
import json
from rdrec.data.public_sets import CATALOGUE
from rdrec.teachers.answers import SHIPPED
from rdrec.teachers.prompts import load_prompt
from rdrec.core.home import PROJECT, Home
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.collected import FOLDER
from rdrec.explorer.published import FILE
from rdrec.ui.page import ASSETS
from rdrec.synthetic.spec import read_world
load_prompt("lists"), read_world("toys")
there = [path.exists() for path in (CATALOGUE, SHIPPED, FOLDER, FILE, ASSETS / "explorer.css")]
catalogue = find_stores(Home.find(), PROJECT)
print(json.dumps([str(PROJECT), there, list(catalogue.stores), len(catalogue.broken)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(installed, tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    project, there, stores, broken = json.loads(done.stdout.splitlines()[-1])
    assert Path(project).is_relative_to(installed) and all(there) and len(there) == 5
    assert "toys" in stores and not broken


def test_the_installed_command_serves_the_bundled_set(installed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(installed / "bin" / "rdrec"), "serve", "--data", "toys", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(installed, tmp_path / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as page:
        try:
            said = []
            for line in page.stdout:
                said.append(line)
                if "Running on" in line:
                    break
            assert said and "Running on" in said[-1], "".join(said)
            local = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with local.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                assert answer.status == 200 and "<gradio-app" in answer.read().decode()
        finally:
            page.terminate()  # a shell that runs tests in the background lets them ignore Ctrl-C
            page.stdout.read()
