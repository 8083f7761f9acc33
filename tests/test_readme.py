"""The README is short, and what it says can be checked: its commands are commands, its example is tested, its numbers are of the bundle."""

import re
import shlex

import pytest

from rdrec.cli.main import build_parser
from rdrec.core import settings
from rdrec.core.home import PROJECT
from rdrec.core.storage import read_manifest
from rdrec.ui.texts import COMMANDS

README = (PROJECT / "README.md").read_text("utf-8")
OWN_DATA = (PROJECT / "docs" / "own-data.md").read_text("utf-8")
SHAPE = next(one.default for one in settings.SETTINGS if one.name == "train.shape")


def commands(text):
    """Every `python -m rdrec ...` of the code blocks, with values for the shell's variables."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", text, re.S | re.M)).replace("\\\n", " ")
    lines = (line.strip() for line in blocks.splitlines())
    values = {"$variant": "rdrec", "$seed": "0"}
    for line in lines:
        if line.startswith("python -m rdrec "):
            yield shlex.split(re.sub(r"\$\w+", lambda found: values[found[0]], line))[3:]


def test_it_is_short():
    assert len(README.split()) <= 900


@pytest.mark.parametrize(
    "text", [README, OWN_DATA, "```\n" + "\n".join(COMMANDS) + "\n```"], ids=["README", "own-data", "page"]
)
def test_its_commands_are_understood_and_fit_together(text):
    found = list(commands(text))
    parsed = [build_parser().parse_args(one) for one in found]
    assert {args.stage for args in parsed} >= {"data", "distill", "train", "quantize", "precompute", "serve"}
    names = {f"{variant}-{SHAPE}-clean-s0" for variant in ("rdrec", "baseline")}
    assert {args.run for args in parsed if args.stage == "quantize"} <= names


def test_its_example_is_one_of_the_tested_ones():
    example = re.search(r"```python\n(.*?)```", README, re.S)[1]
    assert f"```python\n{example}```" in (PROJECT / "docs" / "api.md").read_text("utf-8")


def test_its_numbers_are_of_the_bundle():
    users = read_manifest(PROJECT / "precomputed" / "toys", "precomputed").meta["users"]
    assert f"{users:,} shoppers" in README


def test_no_result_is_typed_into_it():
    text = README.split("---", 2)[2].partition("## Cite")[0]
    assert not re.findall(r"(?<![\d.])0?\.\d{2,}|\d+(?:\.\d+)? ?%|± ?\d", text)
