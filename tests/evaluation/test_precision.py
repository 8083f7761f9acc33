"""The table of precisions, against computations done the plain way."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tolerances import swapped_neighbours

from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.core.storage import read_table, verify
from rdrec.data.cases import cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, save_dataset
from rdrec.evaluation.metrics import Places, per_user
from rdrec.evaluation.precision import (
    as_text,
    compare,
    measure,
    spearman,
    student_forms,
)
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import StudentCard, load_student, save_student
from rdrec.student.quantize import quantize, weight_bytes

RUN = "rdrec-tiny-clean-s0"
CARD = StudentCard("toy", "", 30, 130, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)


@pytest.fixture
def view(toy_dataset):
    return protocol_view(toy_dataset, "clean", 0)


@pytest.fixture
def home(toy_dataset, toy_student, tmp_path):
    """A home with the toy set and one untrained fp32 student."""
    home = Home(tmp_path / "home")
    save_dataset(home, toy_dataset)
    save_student(home.student("toy", RUN), *toy_student, dataclasses.replace(CARD, data_sha256=dataset_sha256(home, "toy")))
    return home


@pytest.fixture
def run(home, view, tmp_path):
    def run(precisions, runs=(RUN,), **options):
        folder = home.evaluation("toy", "clean-s0-precision")
        sha256 = dataset_sha256(home, "toy")
        return measure(home, view, runs, precisions, folder, data_sha256=sha256, device="cpu", batch_users=8, **options)

    return run


def scores_of(recommender, case, task):
    if task == "sequential":
        return recommender.sequential([case.user], [case.history.tolist()])[0]
    return recommender.topn([case.user], [case.compete.tolist()])[0]


def ordered(scores, case):
    """What competes, best first, equal scores by item number."""
    return sorted(case.compete.tolist(), key=lambda item: (-scores[item], item))


@pytest.mark.parametrize("task", ["sequential", "topn"])
def test_compared_as_the_plain_way_does(home, view, task):
    with student_forms(home.student("toy", RUN), ["fp32", "bf16", "nf4"], "cpu") as forms:
        recommenders = [Recommender(form.loaded, view.item_ids) for form in forms]
        asked = cases(view, task)
        compared = compare(recommenders, asked, task, batch_users=8)
        for index in (0, 7, 29):
            case = asked[index]
            full = scores_of(recommenders[0], case, task)
            for one, recommender in zip(compared, recommenders, strict=True):
                own = scores_of(recommender, case, task)
                top, reference = ordered(own, case)[:10], ordered(full, case)[:10]
                assert one.same_best[index] == (top[0] == reference[0])
                assert one.overlap[index] == pytest.approx(len(set(top) & set(reference)) / 10)
                rho = stats.spearmanr(own[case.compete], full[case.compete]).statistic
                assert one.correlation[index] == pytest.approx(rho, abs=swapped_neighbours(len(case.compete)))
                better, same = (int(pick(own[case.compete], own[case.truth]).sum()) for pick in (np.greater, np.equal))
                assert (one.above[index], one.tied[index]) == (better, same)
    assert compared[2].overlap.mean() < 1 and compared[2].correlation.mean() < 1, "NF4 must have changed something"


def test_fp32_is_itself(run):
    frame = run(["fp32"])
    assert frame["task"].tolist() == ["sequential", "topn"]
    for name in ("agreement", "overlap", "correlation", "share"):
        assert set(frame[name]) == {1.0}
    for name in ("hr10", "ndcg10"):
        assert set(frame[[f"{name}_change", f"{name}_low", f"{name}_high"]].to_numpy().ravel()) == {0.0}


def test_rows_and_what_is_kept(run, home, view):
    frame = run(["nf4", "bf16", "int8", "nf4"])
    assert frame["precision"].tolist() == ["fp32", "bf16", "int8", "nf4"] * 2, "fp32 leads, each once"
    assert set(frame["protocol"]) == {"clean"} and set(frame["seed"]) == {0} and set(frame["users"]) == {30}
    rows = frame[frame["task"] == "topn"].set_index("precision")
    source = home.student("toy", RUN)
    assert rows.loc["fp32", "disk_bytes"] == rows.loc["bf16", "disk_bytes"] == weight_bytes(source)
    assert rows.loc["fp32", "memory_bytes"] == 2 * rows.loc["bf16", "memory_bytes"]
    assert rows.loc["nf4", "share"] == rows.loc["nf4", "disk_bytes"] / weight_bytes(source) < rows.loc["int8", "share"] < 1
    assert (frame["milliseconds"] > 0).all() and set(frame["stored"]) == {""}
    for name, metric in (("hr10", "HR@10"), ("ndcg10", "NDCG@10")):
        assert rows[f"{name}_change"].tolist() == pytest.approx((rows[name] - rows.loc["fp32", name]).tolist())
        assert (rows[f"{name}_low"] <= rows[f"{name}_change"]).all() and (rows[f"{name}_change"] <= rows[f"{name}_high"]).all()
        recommender = Recommender(load_student(source), view.item_ids)
        hits = [ordered(scores_of(recommender, case, "topn"), case).index(case.truth) + 1 for case in cases(view, "topn")]
        plain = per_user(metric, Places(np.array(hits) - 1, np.ones(len(hits), int))).mean()
        assert rows.loc["fp32", name] == pytest.approx(plain)
    folder = home.evaluation("toy", "clean-s0-precision")
    assert verify(folder, "precision").meta["protocol"] == "clean"
    pd.testing.assert_frame_equal(read_table(folder / "precision.parquet"), frame, check_dtype=False)
    json.dumps(frame.to_dict("records"), allow_nan=False)
    text = as_text(frame)
    assert "protocol clean, seed 0, 30 users" in text and f"{RUN} in NF4 misses" in text
    assert text.count("\n| rdrec-tiny-clean-s0 |") == 8


def test_a_stored_student_is_measured_when_it_is_up_to_date(run, home, toy_student):
    source, stored = home.student("toy", RUN), home.student("toy", f"{RUN}-nf4")
    quantize(source, stored, "nf4", keep=["wo"])
    frame = run(["nf4"])
    assert set(frame.loc[frame["precision"] == "nf4", "stored"]) == {stored.name}
    assert set(frame.loc[frame["precision"] == "nf4", "disk_bytes"]) == {weight_bytes(stored)}
    card = load_student(source).card
    save_student(source, *toy_student, dataclasses.replace(card, seed=0, epochs=2))  # trained again: the other is out of date
    frame = run(["nf4"])
    made = frame[frame["precision"] == "nf4"]
    assert set(made["stored"]) == {""} and (made["disk_bytes"] < weight_bytes(stored)).all()
    assert sorted(path.name for path in source.parent.iterdir()) == [RUN, f"{RUN}-nf4"], "what was made is gone"


def test_what_is_refused(run, home, view):
    with pytest.raises(InputError, match="unknown precision 'fp8'"):
        run(["fp32", "fp8"])
    quantize(home.student("toy", RUN), home.student("toy", f"{RUN}-nf4"), "nf4")
    with pytest.raises(InputError, match="name the fp32 student"):
        run(["fp32"], [f"{RUN}-nf4"])
    with pytest.raises(InputError, match="must not be mixed"):
        other = dataclasses.replace(view, seed=1)
        measure(home, other, [RUN], ["fp32"], home.evaluation("toy", "x"), data_sha256="", device="cpu", batch_users=8)


def test_the_correlation_of_ranks_by_hand():
    """Ranks 1, 2, 3, 4 against 1, 3, 2, 4: 1 - 6 * 2 / 60 = .8; whoever ties everything says nothing."""
    steep, flat = np.array([0.1, 0.2, 0.7, 5.0]), np.zeros(4)
    assert spearman(steep, np.array([1.0, 3.0, 2.0, 9.0])) == pytest.approx(0.8)
    assert (spearman(flat, steep), spearman(flat, flat), spearman(steep, steep[::-1])) == (0.0, 1.0, pytest.approx(-1.0))
