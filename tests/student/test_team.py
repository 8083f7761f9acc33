"""Several processes that train one student: as one would, and all or none."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import team_work
import torch
from ctrl_c import hears_ctrl_c
from small_training import Killed, fresh, kill
from team_work import SETTINGS, in_two, plan, trained
from tolerances import SUMS, adamw_distance, order_of_sums

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, InputError
from rdrec.student import run as training_run
from rdrec.student import start
from rdrec.student.checkpoint import load_student, read_card_alone
from rdrec.student.model import set_dropout
from rdrec.student.step import add_gradients
from rdrec.student.tasks import Task
from rdrec.student.team import LostOthersError, Team, join
from rdrec.student.tokenizer import StudentTokenizer

PROJECT = Path(__file__).parents[2]
APART = adamw_distance(order_of_sums(33 * 20))  # of the path; no sum has more terms than a step of a task has target tokens


@pytest.fixture(scope="module")
def alone(home):
    """The curve and the weights of one process."""
    return trained(home, plan("alone"), device="cpu"), weights(home, "alone")


@pytest.fixture(scope="module")
def pair(home):
    return in_two(trained, home, plan("pair")), weights(home, "pair")


def weights(home, run):
    return load_student(home.student("toy", run)).model.state_dict()


def apart(one, other):
    """Root mean square over all numbers of two students."""
    differences = torch.cat([(one[name] - other[name]).flatten() for name in one])
    return float(differences.double().square().mean().sqrt())


@pytest.fixture(scope="module")
def path(sampler):
    """How far a number can come: by the learning rate in each step."""
    steps = SETTINGS["epochs"] * sampler.steps(SETTINGS["batch_rows"])
    return steps * SETTINGS["learning_rate"]


@pytest.mark.parametrize("size", [2, 3, 50])
@pytest.mark.parametrize("parts", [1, 3])
def test_shares_add_up_to_the_gradient_of_one(sampler, tokenizer, size, parts):
    """Rows have targets of different lengths, and with 50 processes most have no row at all."""
    student = fresh(tokenizer)
    set_dropout(student, 0.0)
    for task in (Task.EXPLANATION, Task.SEQUENTIAL):
        rows = sampler.epoch(task, 0, 17)
        student.zero_grad(set_to_none=True)
        mean = add_gradients(student, tokenizer, rows, 0.7, parts=parts)
        whole = {name: p.grad.clone() for name, p in student.named_parameters() if p.grad is not None}
        student.zero_grad(set_to_none=True)
        means = [add_gradients(student, tokenizer, rows, 0.7, parts=parts, team=Team(number, size)) for number in range(size)]
        assert sum(means) == pytest.approx(mean, rel=SUMS)
        assert max(means) < mean, "no process has it all"
        length = torch.cat([grad.flatten() for grad in whole.values()]).norm()
        for name, parameter in student.named_parameters():
            if name in whole:
                assert (parameter.grad - whole[name]).norm() <= SUMS * length, name


def test_the_loss_of_a_row_does_not_depend_on_the_rows_beside_it(sampler):
    """Where an item is one token, items of the history do not compete; nor may padding compete in some rows alone."""
    dataset = sampler.view.dataset
    tokenizer = StudentTokenizer.train(sampler.vocabulary_texts(), users=dataset.n_users, items=dataset.n_items)
    assert tokenizer.whole_ids
    student, rows = fresh(tokenizer), sampler.epoch(Task.SEQUENTIAL, 0, 33)
    set_dropout(student, 0.0)
    assert len({len(tokenizer.encode(row.source).tokens) for row in rows}) > 1, "of different lengths"
    alone = [add_gradients(student, tokenizer, [row], 1.0) for row in rows]
    assert sum(alone) / len(rows) == pytest.approx(add_gradients(student, tokenizer, rows, 1.0), rel=SUMS)


def test_a_team_of_one_changes_nothing():
    team, rows, parameter = Team(), [1, 2, 3], torch.nn.Parameter(torch.ones(2))
    assert team.share(rows) is rows and team.broadcast(lambda: 7) == 7 and team.first and team.dropout_seed == 0
    assert team.all_reduce([parameter], [0.1]) == [0.1] and parameter.grad is None
    assert join("cpu").size == 1


def test_gradients_of_processes_add_up():
    lacking, shared, own, told, share = in_two(team_work.sums)
    assert lacking and shared == [[3.0] * 3] * 2 and own == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert told == [1.0, 1.0] and list(share) == [0, 2, 4]


def test_two_processes_train_what_one_does(alone, pair, path):
    """Same samples, same steps; only the order of sums differs: 2e-7 here, where a process that loses a row makes 8e-4."""
    (curve, one), (other_curve, two) = alone, pair
    assert apart(one, two) <= APART * path
    assert len(curve) == len(other_curve) == 2 and curve[0].validation != curve[1].validation
    for mine, theirs in zip(curve, other_curve, strict=True):
        assert mine.train == pytest.approx(theirs.train, rel=APART)  # along a path no loss falls by more than itself
        assert mine.validation == pytest.approx(theirs.validation, rel=APART)
        assert (mine.ndcg, mine.score) == pytest.approx((theirs.ndcg, theirs.score), rel=APART)


def test_machines_that_see_different_runs_are_refused(home, monkeypatch, tmp_path):
    """Another machine that does not share the home finds no state where the first finds one."""
    team = Team(0, 1)
    monkeypatch.setattr(team, "broadcast", lambda make: 1 if isinstance(made := make(), int) else made)
    with pytest.raises(
        ArtefactError, match="finds 0 finished epochs of the run, but the first process finds 1 - use a --home that all"
    ):
        trained(home, plan("apart"), device="cpu", team=team)


def test_what_the_first_process_chose_stands_in_the_card(home, monkeypatch):
    """Another machine may round differently, and choose another start."""
    team = Team(0, 1)

    def broadcast(make):
        made = make()
        return (
            made | {"purchase_axes": 7, "purchase_measure": "other"}
            if isinstance(made, dict) and "purchase_axes" in made
            else made
        )

    monkeypatch.setattr(team, "broadcast", broadcast)
    trained(home, plan("chosen"), device="cpu", team=team)
    training = read_card_alone(home.student("toy", "chosen")).training
    assert (training["purchase_axes"], training["purchase_measure"]) == (7, "other")


def test_a_training_that_goes_on_does_not_choose_its_start_again(home, alone, monkeypatch):
    monkeypatch.setattr(training_run, "_report", kill)
    with pytest.raises(Killed):
        trained(home, plan("begun"), device="cpu")

    def again(*given):
        raise AssertionError("the start is known")

    monkeypatch.setattr(training_run, "_report", lambda record: None)
    monkeypatch.setattr(start, "best_choice", again)
    trained(home, plan("begun"), device="cpu")
    cards = [read_card_alone(home.student("toy", name)) for name in ("begun", "alone")]
    assert cards[0].training == cards[1].training


def test_an_unfinished_training_of_a_wider_shape_is_not_gone_on_with(home, monkeypatch):
    """Its start has more axes than the narrower student."""
    monkeypatch.setattr(training_run, "_report", kill)
    with pytest.raises(Killed):
        trained(home, dataclasses.replace(plan("wide"), shape="mini"), device="cpu")
    with pytest.raises(ArtefactError, match="other settings or data"):
        trained(home, plan("wide"), device="cpu")


def test_lost_others_are_told(monkeypatch):
    def gone(*given, **named):
        raise RuntimeError("Connection closed by peer\nlong story")

    monkeypatch.setattr(torch.distributed, "all_reduce", gone)
    with pytest.raises(
        LostOthersError, match=r"process 2 of 3 lost its connection to the others \(Connection closed by peer\)"
    ):
        Team(1, 3).all_reduce([torch.nn.Parameter(torch.ones(1))], [])


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match="3 processes need 3 GPUs, but there are 2 - start 2, or use --device cpu"):
        join("cuda")


@pytest.mark.slow
def test_the_command_by_accelerate_launch_killed_stopped_and_resumed(home, tmp_path, path):
    """A killed process ends all, Ctrl-C too, no process outlives the launcher, and what is trained in the end is what one process trains."""
    same = [
        text
        for name, value in SETTINGS.items()
        if name not in ("epochs", "patience")
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]
    command = [
        "train", "--home", str(home.root), "--data", "toy", "--teacher", "released", "--shape", "nano", "--patience", "99", "--schedule", "constant",
        "--device", "cpu", "--json", *same,
    ]  # fmt: skip
    state = home.student("toy", "launched").with_name(".launched.training")

    def epochs():
        return len(json.loads((state / "state.json").read_text())["curve"])

    def stopped(after, stop):
        """What the launched processes print if `stop` is called with them and the launcher after so many epochs."""
        with (tmp_path / "said").open("w") as said:
            launcher = launch([*command, "--run", "launched", "--epochs", "90"], said)
            eventually(lambda: epochs() >= after or None)
            workers = psutil.Process(launcher.pid).children(recursive=True)
            assert len(workers) == 2
            stop(launcher, workers)
            assert launcher.wait(400) != 0
            eventually(lambda: not any(running(worker.pid) for worker in workers) or None)
        assert epochs() >= after and not home.student("toy", "launched").exists()
        return (tmp_path / "said").read_text()

    stopped(1, lambda launcher, workers: workers[1].kill())
    assert "stopped; run the same command to resume\n" in stopped(
        2, lambda launcher, workers: launcher.send_signal(signal.SIGINT)
    )
    stopped(3, lambda launcher, workers: launcher.kill())
    last = epochs() + 1
    with (tmp_path / "said").open("w") as said:
        assert launch([*command, "--run", "launched", "--epochs", str(last)], said).wait(400) == 0
    lines = (tmp_path / "said").read_text().splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("epoch ")] == [f"epoch {last}"], (
        "resumed, and one process speaks"
    )
    answer = json.loads(next(line for line in lines if line.startswith("{")))
    assert (answer["run"], answer["epochs"], answer["processes"]) == ("launched", last, 2) and not state.exists()
    assert main([*command, "--run", "single", "--epochs", str(last)]) == 0
    assert apart(weights(home, "launched"), weights(home, "single")) <= APART * path * last / SETTINGS["epochs"]


def launch(command, said):
    """`rdrec` in two processes on the CPU, as docs/training.md has it."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
            "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0", "-m", "rdrec", *command,
        ],
        cwd=PROJECT, env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}, stdout=said, stderr=said, preexec_fn=hears_ctrl_c,
    )  # fmt: skip


def running(number):
    return psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE


def eventually(found, seconds=400):
    """What `found` gives as soon as it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if (answer := found()) is not None:
                return answer
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
