"""Settings: the table, its file, and how they are changed from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

from rdrec.core import settings
from rdrec.core.records import InputError
from rdrec.core.settings import SETTINGS, check, chosen
from rdrec.core.storage import new_artefact, read_manifest

PROJECT = Path(__file__).parents[2]


def found(tmp_path, text=None, **environment):
    if text is not None:
        (tmp_path / "settings.toml").write_text(text)
        environment["RDREC_SETTINGS"] = str(tmp_path / "settings.toml")
    return chosen(environment)


def test_a_file_and_variables_change_settings_and_variables_win(tmp_path):
    text = "[train]\ntext_beams = 1\ndropout = 0\n[data]\nties = 'file'\n"
    assert found(
        tmp_path, text, HOME="/", RDREC_TRAIN_TEXT_BEAMS="2", RDREC_HOME="x", RDREC_TEACHER_KEY="k", RDREC_MCP="1"
    ) == {
        "train.text_beams": 2,
        "train.dropout": 0.0,
        "data.ties": "file",
    }
    assert found(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("[train]\ntext_beam = 1", {}, "no setting 'train.text_beam'"),
        ("text_beams = 1", {}, "outside a table"),
        ("[train]\ntext_beams = true", {}, "not a whole number"),
        ("[train]\ntext_beams = 2.5", {}, "not a whole number"),
        ("[train]\ntext_beams = 1000000", {}, "train.text_beams is 1000000 - use a number from 1 to 8000"),
        ("[train]\ndropout = nan", {}, "not a number"),
        ("[train", {}, "cannot be read"),
        (None, {"RDREC_SETTINGS": "/nowhere.toml"}, "cannot be read"),
        (None, {"RDREC_TRAIN_TEXT_BEAM": "1"}, r"\$RDREC_TRAIN_TEXT_BEAM: there is no such setting"),
        (None, {"RDREC_TRAIN_EPOCHS": "many"}, r"\$RDREC_TRAIN_EPOCHS: 'many' is not a whole number"),
        (None, {"RDREC_DATA_TIES": "random"}, "use one of hash, file"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, environment, message):
    with pytest.raises(InputError, match=message):
        found(tmp_path, text, **environment)


def test_what_is_written_says_which_settings_were_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "changed", lambda: {"data.negatives": 49})
    assert settings.integer("data.negatives") == 49
    with new_artefact(tmp_path / "made", "thing", {"about": 1}) as folder:
        (folder / "file").write_text("x")
    assert read_manifest(tmp_path / "made", "thing").meta == {"about": 1, "changed_settings": {"data.negatives": 49}}


def test_a_command_uses_them_and_refuses_wrong_ones():
    def run(**environment):
        command = [sys.executable, "-m", "rdrec", "train", "--help"]
        return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env={"PATH": "/usr/bin"} | environment)

    done = run(RDREC_TRAIN_EPOCHS="7", COLUMNS="200")
    assert "(default 7 epochs)" in done.stdout and "train.epochs is set to 7" in done.stderr
    failed = run(RDREC_TRAIN_EPOCHS="0")
    assert failed.returncode == 2 and "$RDREC_TRAIN_EPOCHS: --epochs is 0" in failed.stderr and "Traceback" not in failed.stderr


def test_every_default_is_within_its_bounds():
    assert len(SETTINGS) > 100
    for entry in SETTINGS:
        assert check(entry.name, entry.default) == entry.default
        if not entry.option and not isinstance(entry.default, str):
            assert entry.low is not None and entry.low <= entry.default <= (entry.high or 0)
