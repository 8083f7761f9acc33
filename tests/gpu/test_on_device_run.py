"""A student trained on the device is a student like any other: it is loaded, quantised, ranked and evaluated by what is there."""

import json

import numpy as np
import pytest
from next_item_scores import Cases, NextItem, measure
from on_device import OnDeviceSettings
from on_device_run import OnDevicePlan, run_on_device
from walks import walks

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.data.cases import cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rank_cases
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import load_student

ITEMS, USERS = 120, 150
SETTINGS = OnDeviceSettings(seed=2, rows=64, steps=60, every=30, learning_rate=1e-3, warm_up=5, dropout=0.1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a released folder of users who walk around a ring of items."""
    folder = tmp_path_factory.mktemp("walks")
    released = folder / "released"
    released.mkdir()
    histories = walks(USERS, ITEMS)
    lines = [" ".join(map(str, [user, *history])) for user, history in enumerate(histories, 1)]
    (released / "sequential.txt").write_text("\n".join(lines) + "\n")
    maps = {"id2user": {str(n): f"U{n:04d}" for n in range(1, USERS + 1)}}
    maps["id2item"] = {str(n): f"I{n:04d}" for n in range(1, ITEMS + 1)}
    (released / "datamaps.json").write_text(json.dumps(maps))
    assert main(["data", "import", str(released), "--name", "walks", "--home", str(folder / "home")]) == 0
    return Home(folder / "home")


@pytest.fixture(scope="module", params=["random", "data"])
def made(request, home):
    plan = OnDevicePlan("walks", start=request.param, run=f"walker-{request.param}")
    return run_on_device(home, plan, SETTINGS, device="cpu")


@pytest.mark.slow
def test_it_is_ranked_as_the_training_measured_it_and_knows_the_way(home, made):
    loaded = load_student(made.folder)
    view = protocol_view(load_dataset(home, "walks"), "clean", 2)
    asked = cases(view, "sequential")
    ranked = rank_cases(Recommender(loaded, view.item_ids), asked, "sequential", top=5, batch_users=64, progress=False)
    ndcg = float(per_user("NDCG@10", ranked).mean())
    net = NextItem(loaded.model, loaded.tokenizer, view.item_ids, USERS)
    measured = measure(net, Cases.of([(case.history, case.truth) for case in asked], 20, "cpu"))
    assert ndcg == pytest.approx(measured[1], abs=1e-6) and ndcg > 0.5
    card = loaded.card
    assert (card.tasks, card.variant, card.precision) == (["sequential"], "baseline", "fp32")
    told = {"start_recipe", "purchase_measure", "purchase_axes"}
    assert told & set(card.training) == (told if card.training["start"] == "data" else set())
    assert card.epochs == made.trained.best + 1 and len(json.loads((made.folder / "curve.json").read_text())) == 2


@pytest.mark.slow
def test_it_is_quantised_and_evaluated_by_the_commands(home, made, capsys):
    where = ["--data", "walks", "--home", str(home.root)]
    for form in ("nf4", "int8"):
        assert main(["quantize", *where, "--run", made.name, "--precision", form]) == 0
    names = [made.name, f"{made.name}-nf4", f"{made.name}-int8"]
    capsys.readouterr()
    assert main(["evaluate", *where, "--models", ",".join(names), "--seed", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    rows = {row["model"]: row["value"] for row in answer["rows"] if (row["task"], row["metric"]) == ("sequential", "NDCG@10")}
    assert set(names) <= set(rows) and rows[made.name] > 2 * rows["popularity"]
    assert np.allclose([rows[name] for name in names], rows[made.name], atol=0.05)


def test_names_protect_what_is_there_and_unknown_starts_are_refused(home):
    short = OnDeviceSettings(seed=2, rows=16, steps=1, every=1)
    plan = OnDevicePlan("walks", run="short")
    assert run_on_device(home, plan, short, device="cpu").folder is not None
    with pytest.raises(InputError, match="already exists"):
        run_on_device(home, plan, short, device="cpu")
    with pytest.raises(InputError, match="unknown start"):
        run_on_device(home, OnDevicePlan("walks", start="purchases"), short, device="cpu")


def test_time_ends_a_run_without_a_student_and_the_next_call_goes_on(home):
    settings = OnDeviceSettings(seed=2, rows=16, steps=3, every=1)
    plan = OnDevicePlan("walks", run="slow")
    part = run_on_device(home, plan, settings, device="cpu", seconds=0)
    assert part.folder is None and not part.trained.finished and len(part.trained.curve) == 1
    rest = run_on_device(home, plan, settings, device="cpu")
    assert rest.folder is not None and [one.steps for one in rest.trained.curve] == [1, 2, 3]
