"""What was measured on several sets in one folder: every row with its protocol and seed, nothing of another version of a set."""

import pandas as pd
import pytest
from made_evaluations import checks_of, write_beside, write_card

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.core.vocabulary import COLLECTION_KIND
from rdrec.data.store import dataset_sha256
from rdrec.evaluation.collect import TABLES, collect
from rdrec.evaluation.gather import gather
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


def evaluation(home, data, seed, sha256=None, told="x", older=False):
    names = ["rdrec", "baseline"]
    ranks = pd.concat(
        pd.DataFrame({"model": f"{name}-s{seed}", "task": "sequential", "user": range(1, SHOPPERS + 1), "rank": 1.0 + place, "above": place, "tied": 1})
        for place, name in enumerate(names)
    )  # fmt: skip
    rows = pd.DataFrame(
        {"model": f"{name}-s{seed}", "task": "sequential", "metric": metric, "value": 0.5, "low": 0.4, "high": 0.6,
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
