"""What could be reached on an invented shop: from command to table, the control, and training that never reads the truth."""

import json
import shutil

import numpy as np
import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError
from rdrec.core.storage import read_table
from rdrec.data.cases import cases, every_validation_case
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.evaluation.bounds import BOUNDS, KNOWS_OTHERS, KNOWS_REVIEWS, KNOWS_TASTES, bounds
from rdrec.evaluation.metrics import exchanged, per_user
from rdrec.evaluation.ranking import rule_places
from rdrec.evaluation.rivals import open_rivals
from rdrec.explorer.labels import MODEL
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world
from rdrec.synthetic.truth import load_standing
from rdrec.ui import texts

SHOPPERS = 500


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The shop at its default dials, and one in which no review names a motive."""
    home = Home(tmp_path_factory.mktemp("bounds"))
    for name, names in (("toys", None), ("silent", 0.0)):
        make(home, MakePlan(read_world("toys").with_dials(names=names), name, SHOPPERS, 0), progress=False)
    return home


def ndcg(home, data):
    """NDCG@10 of EASE and of the three rules on the next purchase."""
    view = protocol_view(load_dataset(home, data), "clean", 0)
    asked = cases(view, "sequential")
    (ease,) = open_rivals(home, view, ["ease"], data_sha256="", device="cpu", ridge=20.0, weight=0.0, batch_users=64)
    rules = bounds(view, load_standing(home, data), 20.0)
    assert tuple(rules) == BOUNDS
    found = {name: float(per_user("NDCG@10", rule_places(rule, asked)).mean()) for name, rule in rules.items()}
    alone = rule_places(lambda case: ease.scorer([case])[0][case.compete], asked)
    return found | {"ease": float(per_user("NDCG@10", alone).mean())}


def test_texts_hold_what_purchases_do_not_and_the_control_gains_nothing(home):
    found = ndcg(home, "toys")
    assert found[KNOWS_REVIEWS] > 1.2 * found["ease"]
    assert found[KNOWS_OTHERS] < 1.03 * found["ease"]
    assert found[KNOWS_TASTES] > 1.2 * found[KNOWS_REVIEWS], "nobody can pass the best possible score"


def test_where_no_review_names_a_motive_there_is_nothing_to_gain(home):
    found = ndcg(home, "silent")
    assert found[KNOWS_REVIEWS] == pytest.approx(found["ease"]) == pytest.approx(found[KNOWS_OTHERS])
    assert found[KNOWS_TASTES] == pytest.approx(ndcg(home, "toys")[KNOWS_TASTES]), "the purchases are the same"


def test_only_training_reviews_are_read(home):
    """Motives named in the last two reviews alone change nothing."""
    view, standing = protocol_view(load_dataset(home, "silent"), "clean", 0), load_standing(home, "silent")
    for reviews, motives in zip(standing.named, standing.motives, strict=True):
        reviews[-1] = reviews[-2] = np.flatnonzero(motives).tolist()
    case = cases(view, "sequential")[0]
    rules = bounds(view, standing, 20.0)
    assert np.array_equal(rules[KNOWS_REVIEWS](case), rules[KNOWS_OTHERS](case))
    for case in every_validation_case(view)[:20]:
        history = view.histories[case.user - 1]
        assert case.history.tolist() == history[:-2].tolist() and case.truth == history[-2]


def test_others_are_others():
    for users in (2, 3, 50):
        drawn = exchanged(users, np.random.default_rng(0))
        assert sorted(drawn) == list(range(users)) and (drawn != np.arange(users)).all()


def test_rows_in_the_table_of_the_command(home, capsys):
    assert main(["evaluate", "--data", "toys", "--rivals", "ease", "--ridge", "20", "--home", str(home.root), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    models = {row["model"] for row in rows}
    assert models == {"popularity", "bought together", "max-id rule", "order rule", "ease", *BOUNDS}
    assert {row["protocol"] for row in rows if row["model"] in BOUNDS} == {"any"}
    assert set(BOUNDS) <= set(read_table(home.evaluation("toys", "clean-s0") / "ranks.parquet")["model"])


def test_several_seeds_are_gathered_and_the_truth_is_tested_against_nothing(home, capsys):
    for seed in ("0", "1"):
        assert main(["evaluate", "--data", "toys", "--rivals", "ease", "--seed", seed, "--home", str(home.root)]) == 0
    assert main(["evaluate", "--data", "toys", "--gather", "0,1", "--home", str(home.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(BOUNDS) <= {row["method"] for row in found["runs"]}
    assert not {row[side] for row in found["differences"] for side in ("one", "other")} & set(BOUNDS)


def test_the_page_knows_the_rows_by_name():
    assert set(BOUNDS) <= set(MODEL) and set(BOUNDS) <= set(texts.MODEL_SMALL)


def test_a_truth_of_another_making_is_refused(home, tmp_path, capsys):
    copy = Home(tmp_path)
    shutil.copytree(home.root / "data", copy.root / "data")
    shutil.copytree(home.truth("silent"), copy.truth("toys"))
    with pytest.raises(ArtefactError, match=r"do not match.*--replace"):
        load_standing(copy, "toys")
    assert main(["evaluate", "--data", "toys", "--rivals", "ease", "--home", str(tmp_path)]) == 2
    assert "do not match" in capsys.readouterr().err


def test_training_gives_the_same_bytes_where_the_truth_is_gone(home, tmp_path):
    """The student and the rival, trained beside the truth and without it."""
    small = ["--shape", "nano", "--epochs", "1", "--batch-rows", "8", "--least-steps", "0", "--device", "cpu"]
    rival = ["--epochs", "1", "--width", "8", "--negatives", "16", "--batch-users", "16"]
    made = []
    for name in ("with", "without"):
        own = Home(tmp_path / name)
        make(own, MakePlan(read_world("toys"), "toys", 12, 0), progress=False)
        if name == "without":
            shutil.rmtree(own.root / "truth")
        root = ["--home", str(own.root)]
        assert main(["train", "--data", "toys", "--teacher", "answer-key", "--run", "one", *small, *root]) == 0
        assert main(["rival", "--data", "toys", "--run", "two", *rival, *root]) == 0
        folders = (own.student("toys", "one"), own.rival("toys", "two"))
        made.append([json.loads((folder / "manifest.json").read_text())["sha256"] for folder in folders])
    assert made[0] == made[1]
