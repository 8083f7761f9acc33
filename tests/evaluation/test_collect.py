"""What was measured on several sets in one folder: every row with its protocol and seed, nothing of another version of a set."""

import json
import shutil

import pandas as pd
import pytest
from made_evaluations import checks_of, write_beside, write_card

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import new_artefact, read_manifest, read_table, verify, write_table
from rdrec.core.vocabulary import COLLECTION_KIND, CURVE_MEASURES
from rdrec.data.rationales import load_rationales
from rdrec.data.store import dataset_sha256
from rdrec.evaluation.collect import TABLES, collect
from rdrec.evaluation.gather import gather
from rdrec.evaluation.how_personal import of_column
from rdrec.explorer import collected as explorer
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world

SHOPPERS = 8


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    for name in ("toys", "games"):
        make(home, MakePlan(read_world("toys"), name, SHOPPERS, 0), progress=False)
        for seed in (0, 1):
            for variant in ("rdrec", "baseline"):
                write_card(home, name, f"{variant}-s{seed}", variant, seed)
    return home


def evaluation(home, data, seed, sha256=None, told="x", older=False, value=0.5):
    names = ["rdrec", "baseline"]
    ranks = pd.concat(
        pd.DataFrame({"model": f"{name}-s{seed}", "task": "sequential", "user": range(1, SHOPPERS + 1), "rank": 1.0 + place, "above": place, "tied": 1})
        for place, name in enumerate(names)
    )  # fmt: skip
    rows = pd.DataFrame(
        {"model": f"{name}-s{seed}", "task": "sequential", "metric": metric, "value": value, "low": 0.4, "high": 0.6,
         "users": SHOPPERS, "protocol": "clean", "seed": seed, "ablated": "", "ids": "protocol"}
        for name in [*names, "friend"]
        for metric in ("HR@10", "MRR")
    )  # fmt: skip
    rivals = {f"friend-s{seed}": "sasrec"}
    meta = {
        "data": data,
        "data_sha256": sha256 or dataset_sha256(home, data),
        "protocol": "clean",
        "seed": seed,
        "rivals": rivals,
        "rationales": {"answer-key": told},
    }
    with new_artefact(home.evaluation(data, f"clean-s{seed}"), "evaluation", meta) as folder:
        write_table(ranks, folder / "ranks.parquet")
        write_table(rows, folder / "evaluation.parquet")
        if not older:
            write_beside(
                folder, [f"{name}-s{seed}" for name in (*names, "friend")], [(f"rdrec-s{seed}", check) for check in checks_of()]
            )


def test_rows_of_every_set_and_differences_where_seeds_were_gathered(home, tmp_path):
    for data, seed in (("toys", 0), ("toys", 1), ("games", 0)):
        evaluation(home, data, seed)
    gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "clean-evidence"))
    folder = tmp_path / "evidence"
    found = collect(home, ["toys", "games"], folder)
    runs = found["runs"]
    assert set(runs["metric"]) == {"HR@10"} and set(runs["evaluated_under"]) == {"clean"}
    assert set(zip(runs["data"], runs["seed"], runs["method"], strict=True)) == {
        (data, seed, method)
        for data, seed in (("toys", 0), ("toys", 1), ("games", 0))
        for method in ("rdrec:answer-key", "baseline", "sasrec")
    }
    checks, beyond = found["checks"], found["beyond"]
    assert set(checks["method"]) == {"rdrec:answer-key"} and set(checks["outcome"]) == {"learned"} and len(checks) == 3 * 2
    assert (
        len(beyond) == 3 * 3
        and set(beyond["method"]) == {"rdrec:answer-key", "baseline", "sasrec"}
        and set(beyond["coverage"]) == {0.4}
    )
    assert checks["recipe"].iloc[0].startswith("nano, started at random") and set(beyond["evaluated_under"]) == {"clean"}
    assert set(found["differences"]["data"]) == {"toys"} and set(found["differences"]["protocol"]) == {"clean"}
    manifest = verify(folder, COLLECTION_KIND)
    assert manifest.meta["data"] == {name: dataset_sha256(home, name) for name in ("toys", "games")}
    assert set(manifest.meta["evaluations"]) == {"toys/clean-s0", "toys/clean-s1", "toys/clean-evidence", "games/clean-s0"}
    for name, columns in TABLES.items():
        assert list(read_table(folder / f"{name}.parquet").columns) == list(columns)
    readme = (folder / "README.md").read_text()
    assert f"| toys | {dataset_sha256(home, 'toys')[:16]} | clean | 0, 1 | 0 | answer-key |" in readme
    assert "invented world toys" in readme and manifest.meta["worlds"]["toys"] == manifest.meta["worlds"]["games"]
    collect(home, ["toys"], folder)  # replaces its own
    assert set(read_table(folder / "runs.parquet")["data"]) == {"toys"}


def test_what_the_words_of_a_teacher_tell_is_measured_where_they_are_those_that_were_learned(home, tmp_path):
    evaluation(home, "toys", 0, told=read_manifest(home.rationales("toys", "answer-key"), "rationales").sha256)
    words = collect(home, ["toys"], tmp_path / "evidence")["words"]
    table = load_rationales(home, "toys", "answer-key")
    for task, by in (("user_preference", "user"), ("item_attribution", "item")):
        row = words[words["task"] == task].iloc[0]
        expected = of_column(table, task, by)
        assert (row["data"], row["teacher"], row["texts"]) == ("toys", "answer-key", expected.texts)
        assert (row["gap"], row["low"], row["high"]) == (expected.gap.value, expected.gap.low, expected.gap.high)
    assert len(words) == 2
    read = explorer.read(tmp_path / "evidence").words_of("toys")["answer-key"]
    assert read["user_preference"].gap == words["gap"][0] and read["user_preference"].tell == (words["gap"][0] >= 0.02)
    evaluation(home, "games", 0, told="another distillation")
    assert collect(home, ["games"], tmp_path / "other")["words"].empty


def test_another_version_of_a_set_is_refused(home, tmp_path):
    evaluation(home, "toys", 0, sha256="0" * 64)
    with pytest.raises(ArtefactError, match="another version"):
        collect(home, ["toys"], tmp_path / "evidence")
    assert not (tmp_path / "evidence").exists()


def test_a_set_that_was_never_measured_names_the_command(home, tmp_path, capsys):
    assert main(["collect", "--data", "toys", "--to", str(tmp_path / "e"), "--home", str(home.root)]) == 2
    assert "python -m rdrec evaluate --data toys" in capsys.readouterr().err


def test_what_is_no_collection_is_not_replaced(home, tmp_path):
    evaluation(home, "toys", 0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="there is something else in this place"):
        collect(home, ["toys"], tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_evaluations_of_different_distillations_or_before_the_check_are_refused(home, tmp_path):
    evaluation(home, "toys", 0)
    evaluation(home, "toys", 1, told="y")
    with pytest.raises(ArtefactError, match="another distillation of the teacher 'answer-key'"):
        collect(home, ["toys"], tmp_path / "evidence")
    evaluation(home, "toys", 1, older=True)
    with pytest.raises(ArtefactError, match="has no beyond and no checks table"):
        collect(home, ["toys"], tmp_path / "evidence")


def rows_of(tables, data):
    return {label: table[table["data"] == data].reset_index(drop=True) for label, table in tables.items()}


def assert_same(found, expected):
    for label, table in expected.items():
        pd.testing.assert_frame_equal(found[label], table)


@pytest.fixture
def collected(home, tmp_path):
    """A folder with two seeds of toys, gathered, and one of games."""
    for data, seed in (("toys", 0), ("toys", 1), ("games", 0)):
        evaluation(home, data, seed)
    gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "clean-evidence"))
    folder = tmp_path / "evidence"
    return folder, collect(home, ["toys", "games"], folder)


def test_adding_keeps_other_sets_and_replaces_the_named_one(home, collected):
    folder, before = collected
    meta = verify(folder, COLLECTION_KIND).meta
    shutil.rmtree(home.data("games"))
    shutil.rmtree(home.evaluation("toys", "clean-evidence"))
    shutil.rmtree(home.evaluation("toys", "clean-s0"))
    evaluation(home, "toys", 1, value=0.25)
    found = collect(home, ["toys"], folder, add=True)
    assert_same(rows_of(found, "games"), rows_of(before, "games"))
    toys = rows_of(found, "toys")
    assert set(toys["runs"]["seed"]) == {1} and set(toys["runs"]["value"]) == {0.25} and toys["differences"].empty
    assert list(dict.fromkeys(found["runs"]["data"])) == ["toys", "games"], "in the order they had"
    manifest = verify(folder, COLLECTION_KIND)
    assert set(manifest.meta["evaluations"]) == {"toys/clean-s1", "games/clean-s0"}
    for section in ("data", "ties", "worlds", "rationales"):
        assert manifest.meta[section] == meta[section], section
    assert_same(found, {label: read_table(folder / f"{label}.parquet") for label in TABLES})
    readme = (folder / "README.md").read_text()
    assert "| toys |" in readme and "| games |" in readme and "not recorded" not in readme


def test_adding_the_same_again_or_to_nothing_changes_nothing(home, collected, tmp_path):
    folder, _ = collected
    sha256 = verify(folder, COLLECTION_KIND).sha256
    collect(home, ["games"], folder, add=True)
    assert verify(folder, COLLECTION_KIND).sha256 == sha256
    collect(home, ["toys", "games"], tmp_path / "new", add=True)
    assert verify(tmp_path / "new", COLLECTION_KIND).sha256 == sha256


def test_adding_to_the_old_form_says_what_was_not_recorded(home, collected, tmp_path):
    _, before = collected
    older = tmp_path / "older"
    meta = {"data": {"toys": "0" * 64}, "evaluations": {"toys/clean-s0": "1" * 64}}
    with new_artefact(older, COLLECTION_KIND, meta) as folder:
        for label in ("runs", "differences", "curves"):
            write_table(rows_of(before, "toys")[label], folder / f"{label}.parquet")
    found = collect(home, ["games"], older, add=True)
    for label in ("runs", "differences", "curves"):
        pd.testing.assert_frame_equal(rows_of(found, "toys")[label], rows_of(before, "toys")[label])
    assert set(found["checks"]["data"]) == set(found["beyond"]["data"]) == {"games"}
    manifest = verify(older, COLLECTION_KIND)
    assert set(manifest.meta["data"]) == {"toys", "games"} and set(manifest.meta["ties"]) == {"games"}
    line = next(line for line in (older / "README.md").read_text().splitlines() if line.startswith("| toys |"))
    assert line.endswith("| not recorded | not recorded | not recorded |")
    assert explorer.read(older).data == ("toys", "games")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "runs.parquet").write_bytes(b""), "missing or altered: .*runs.parquet.* - restore its files"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "the manifest cannot be read .* - restore its files"),
    ],
)
def test_what_is_damaged_is_not_added_to(home, collected, damage, words):
    folder, _ = collected
    damage(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ArtefactError, match=words):
        collect(home, ["games"], folder, add=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_collection_with_other_columns_or_of_another_kind_is_not_added_to(home, collected, tmp_path):
    _, before = collected
    with new_artefact(tmp_path / "other", COLLECTION_KIND, {"data": {}}) as folder:
        write_table(before["runs"].rename(columns={"method": "way"}), folder / "runs.parquet")
    with pytest.raises(ArtefactError, match=r"from another version and lacks .*method.* - restore its files"):
        collect(home, ["games"], tmp_path / "other", add=True)
    with new_artefact(tmp_path / "dials", "dials", {}):
        pass
    with pytest.raises(InputError, match="there is something else in this place"):
        collect(home, ["games"], tmp_path / "dials", add=True)


def test_the_command_adds(home, collected, capsys):
    folder, _ = collected
    arguments = ["collect", "--data", "games", "--to", str(folder), "--home", str(home.root)]
    assert main([*arguments, "--add"]) == 0 and "about toys, games" in capsys.readouterr().out
    assert main(arguments) == 0 and set(read_table(folder / "runs.parquet")["data"]) == {"games"}


def test_cards_and_curves_are_enough_and_a_damaged_curve_is_refused(home, tmp_path):
    evaluation(home, "toys", 0)
    folder = home.student("toys", "rdrec-s0")
    manifest = verify(folder, "student")
    with new_artefact(folder, "student", manifest.meta) as place:
        (place / "student.safetensors").write_bytes(b"no weights")
        epoch = {
            "epoch": 1,
            "ndcg": 0.25,
            "validation": {"sequential": 3.0, "topn": 4.0},
            "gaps": {"explanation": 0.1},
        }
        (place / "curve.json").write_text(json.dumps([epoch]), "utf-8")
    (folder / "student.safetensors").unlink()
    (curve,) = collect(home, ["toys"], tmp_path / "evidence")["curves"].dropna(axis=1).to_dict("records")
    measured = {"ndcg": 0.25, "loss_sequential": 3.0, "loss_topn": 4.0, "gap_explanation": 0.1}
    assert {name: curve[name] for name in CURVE_MEASURES if name in curve} == measured
    assert (curve["run"], curve["method"], curve["seed"], curve["epoch"]) == ("rdrec-s0", "rdrec:answer-key", 0, 1)
    (folder / "curve.json").write_text("[]", "utf-8")
    with pytest.raises(ArtefactError, match=r"the training curve is missing or damaged"):
        collect(home, ["toys"], tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("recorded", "recipe"),
    [
        ({}, "from data, earlier recipe with a fixed number of axes"),
        ({"purchase_axes": 63}, "from data, earlier recipe with cosines alone"),
        ({"purchase_axes": 63, "purchase_measure": "cosines", "start_recipe": 3}, "from data"),
    ],
)
def test_an_earlier_recipe_is_named(home, tmp_path, recorded, recipe):
    evaluation(home, "toys", 0)
    write_card(home, "toys", "rdrec-s0", "rdrec", 0, training={"start": "data"} | recorded)
    runs = collect(home, ["toys"], tmp_path / "evidence")["runs"]
    assert set(runs.loc[runs["model"] == "rdrec-s0", "recipe"]) == {f"nano, started {recipe}"}


def without_copies(folder, manifest):
    """Make the artefact again as an older version did, without the share of copies among its checks."""
    tables = {path.stem: read_table(path) for path in folder.glob("*.parquet")}
    with new_artefact(folder, manifest.kind, manifest.meta) as place:
        for name, table in tables.items():
            write_table(table.drop(columns="verbatim", errors="ignore"), place / f"{name}.parquet")


def test_checks_made_before_copies_were_counted_are_collected(home, tmp_path):
    for data in ("toys", "games"):
        evaluation(home, data, 0)
    older, folder = home.evaluation("toys", "clean-s0"), tmp_path / "found"
    without_copies(older, verify(older, "evaluation"))
    found = collect(home, ["toys"], folder)["checks"]
    assert len(found) == 2 and found["verbatim"].isna().all()
    without_copies(folder, verify(folder, COLLECTION_KIND))
    both = collect(home, ["games"], folder, add=True)["checks"]
    assert sorted(both["data"]) == ["games"] * 2 + ["toys"] * 2 and both["gap"].notna().all()
