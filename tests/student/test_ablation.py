"""The paper's ablations: a task that is left out is trained nowhere, and everything that is kept says so."""

import json

import pandas as pd
import pytest
from small_training import Killed, kill

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, InputError
from rdrec.data.splits import protocol_view
from rdrec.evaluation import gather
from rdrec.explorer.build_students import _check_role
from rdrec.student import run as running
from rdrec.student.checkpoint import StudentCard, read_card
from rdrec.student.run import RunPlan, run_training
from rdrec.student.sampling import Sampler
from rdrec.student.tasks import RATIONALE_TASKS, Task, left_out
from rdrec.student.train import TrainSettings

SETTINGS = TrainSettings(seed=0, epochs=1, patience=1, batch_rows=64, learning_rate=1e-3, language_rate=0.3)
BOTH = "user_preference,item_attribution"


def plan(ablate="", variant="rdrec", run=None):
    teacher = "released"
    return RunPlan("toy", variant, "nano", "clean", teacher, None, run, SETTINGS, left_out(ablate))


def test_what_is_left_out():
    assert left_out("") == left_out("  ") == ()
    assert left_out("item_attribution, user_preference") == RATIONALE_TASKS
    with pytest.raises(InputError, match="unknown task 'preference' - use one of explanation"):
        left_out("preference")
    with pytest.raises(InputError, match="no task to train"):
        left_out(",".join(task.key for task in Task))


def test_the_sampler_has_no_such_rows(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 3)
    whole = Sampler(view, toy_rationales, "rdrec", 3)
    for task in (*RATIONALE_TASKS, Task.EXPLANATION):
        part = Sampler(view, toy_rationales, "rdrec", 3, [task])
        assert part.tasks == tuple(one for one in whole.tasks if one is not task)
        for other in part.tasks:  # what is left is drawn as before
            assert part.epoch(other, 2, 10) == whole.epoch(other, 2, 10)
            assert part.validation(other) == whole.validation(other)
    neither = Sampler(view, toy_rationales, "rdrec", 3, RATIONALE_TASKS)
    assert neither.tasks == Sampler(view, None, "baseline", 3).tasks
    for variant in ("baseline", "scrambled"):
        with pytest.raises(InputError, match=f"rationale tasks cannot be left out of the {variant} variant: user_preference"):
            Sampler(view, toy_rationales, variant, 3, [Task.USER_PREFERENCE])
    assert Task.EXPLANATION not in Sampler(view, toy_rationales, "scrambled", 3, [Task.EXPLANATION]).tasks


def test_the_name_says_it():
    assert plan().name == "rdrec-nano-clean-s0"
    assert plan("user_preference").name == "rdrec-no-preference-nano-clean-s0"
    assert plan(BOTH).name == "rdrec-no-preference-attribution-nano-clean-s0"
    assert plan("explanation", "scrambled").name == "scrambled-no-explanation-nano-clean-s0"
    assert plan(BOTH, run="own").name == "own"


def test_card_table_and_way_say_it(home, capsys):
    common = ["--data", "toy", "--home", str(home.root), "--json"]
    training = ["--shape", "nano", "--epochs", "1", "--batch-rows", "64", "--least-steps", "0", "--teacher", "released"]
    assert main(["train", *common, *training, "--ablate", "item_attribution"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["run"] == "rdrec-no-attribution-nano-clean-s0" and answer["ablated"] == ["item_attribution"]
    folder = home.student("toy", answer["run"])
    card = read_card(folder)[0]
    assert card.ablated == ["item_attribution"] and "item_attribution" not in card.tasks and len(card.tasks) == 4
    assert all("item_attribution" not in row["train"] for row in json.loads((folder / "curve.json").read_text()))
    assert main(["evaluate", *common, "--models", answer["run"]]) == 0
    said = capsys.readouterr().out
    assert "rdrec-no-attribution-nano-clean-s0 (teacher released; without item_attribution) | sequential" in said
    table = pd.read_parquet(home.evaluation("toy", "clean-s0-chosen") / "evaluation.parquet")
    ablated = dict(zip(table["model"], table["ablated"], strict=True))
    assert ablated.pop(answer["run"]) == "item_attribution"
    assert set(ablated) >= {"popularity", "ease", "rationale neighbours:released"} and set(ablated.values()) == {""}
    assert gather.method_of(home, "toy", answer["run"], {}) == "rdrec:released without item_attribution"
    view = protocol_view(running.load_dataset(home, "toy"), "clean", 0)
    with pytest.raises(InputError, match="trained without item_attribution"):
        _check_role("rdrec", card, folder, view, "released", str(card.rationales_sha256))


def test_an_unfinished_run_of_other_tasks_is_not_gone_on_with(home, monkeypatch):
    """Under one `--run` name; and a run without ablation goes on from a state that was written before there was any."""

    monkeypatch.setattr(running, "_report", kill)
    with pytest.raises(Killed):
        run_training(home, plan("explanation", run="mine"), device="cpu")
    for other in ("", BOTH):
        with pytest.raises(ArtefactError, match="other settings or data"):
            run_training(home, plan(other, run="mine"), device="cpu")
    monkeypatch.setattr(running, "_report", lambda record: None)
    assert run_training(home, plan("explanation", run="mine"), device="cpu").best_epoch == 1


def test_older_cards_were_not_ablated(tmp_path):
    card = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 5, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)
    old = {name: getattr(card, name) for name in StudentCard.__dataclass_fields__ if name not in ("compat", "ablated")}
    assert StudentCard.from_meta(old, tmp_path) == card and card.ablated == [] and not card.compat
    del old["tasks"]
    with pytest.raises(ArtefactError, match="lacks 'tasks'"):
        StudentCard.from_meta(old, tmp_path)
