"""Several processes that train one student: as one would, and all or none."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
import team_work
import torch
from ctrl_c import hears_ctrl_c
from forking import forking_context
from small_training import fresh
from team_work import SETTINGS, plan, trained
from tolerances import SUMS, adamw_distance, order_of_sums

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, InputError
from rdrec.student import launch
from rdrec.student.checkpoint import load_student
from rdrec.student.launch import ProcessEndedError, run_processes
from rdrec.student.model import set_dropout
from rdrec.student.state import saved_header
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


@contextmanager
def forked(said=None):
    """Processes of a team are forked from one that has imported everything.

    They print into the file `said`, if it is given.  The test of the command starts its processes as a user does.
    """
    context = forking_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "get_context", lambda method: context)
        if said is not None:
            patch.setattr(launch, "_worker", partial(team_work.prints_into, said))
        yield


def in_two(work, *given, said=None):
    """`run_processes` in two processes that are `forked`."""
    with forked(said):
        return run_processes(2, "cpu", work, *given)


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


def children():
    """The processes of a team that still run, however they were started."""
    found = {process.pid: " ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)}
    forking = [number for number, command in found.items() if "forkserver import main" in command]
    parents = {number: psutil.Process(number).ppid() for number in forking}
    return [n for n, command in found.items() if "spawn_main" in command or parents.get(n) in forking]


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
    lacking, shared, own, told, share, threads = in_two(team_work.sums)
    assert lacking and shared == [[3.0] * 3] * 2 and own == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert told == [1.0, 1.0] and list(share) == [0, 2, 4]
    assert threads == max(1, torch.get_num_threads() // 2), "the processor is shared out"


def test_two_processes_train_what_one_does(alone, pair, path):
    """Same samples, same steps; only the order of sums differs: 2e-7 here, where a process that loses a row makes 8e-4."""
    (curve, one), (other_curve, two) = alone, pair
    assert apart(one, two) <= APART * path
    assert len(curve) == len(other_curve) == 2 and curve[0].validation != curve[1].validation
    for mine, theirs in zip(curve, other_curve, strict=True):
        assert mine.train == pytest.approx(theirs.train, rel=APART)  # along a path no loss falls by more than itself
        assert mine.validation == pytest.approx(theirs.validation, rel=APART)
        assert (mine.ndcg, mine.score) == pytest.approx((theirs.ndcg, theirs.score), rel=APART)


@pytest.mark.slow
def test_a_killed_process_ends_all_and_the_run_goes_on(home, alone, pair, path):
    """As the run of two that was not killed, up to rounding, which another process may do otherwise; and one may go on alone."""
    for run, place in (("killed-first", 0), ("killed-second", 1)):
        with pytest.raises(
            ProcessEndedError, match=f"process {place + 1} of 2 was killed by signal 9; the others were stopped"
        ):
            in_two(team_work.killed_after_an_epoch, home, plan(run), place)
        assert not children()
        state = home.student("toy", run).with_name(f".{run}.training")
        assert saved_header(state) and len(json.loads((state / "state.json").read_text())["curve"]) == 1
        assert not home.student("toy", run).exists()
    resumed = in_two(trained, home, plan("killed-first"))
    assert [one.score for one in resumed] == pytest.approx([one.score for one in pair[0]], rel=APART)
    assert apart(weights(home, "killed-first"), pair[1]) <= APART * path
    trained(home, plan("killed-second"), device="cpu")
    assert apart(weights(home, "killed-second"), alone[1]) <= APART * path


def test_a_refusal_in_the_first_process_is_that_of_all():
    """With all that an error says, whichever process notices the end first."""
    with pytest.raises(InputError, match="there: this is wrong - do that") as found:
        in_two(team_work.fails, 0, "input")
    assert found.value.where == "there" and not children()


def test_a_full_disk_in_the_second_process_is_that_of_all():
    with pytest.raises(OSError, match="No space left"):
        in_two(team_work.fails, 1, "disk")
    assert not children()


def test_a_fault_in_the_second_process_ends_all(tmp_path):
    said = tmp_path / "said.txt"
    with pytest.raises(ProcessEndedError, match="process 2 of 2 ended with code 1"):
        in_two(team_work.fails, 1, "fault", said=said)
    assert "ZeroDivisionError: a fault" in said.read_text() and not children()


def test_machines_that_see_different_runs_are_refused(home, monkeypatch, tmp_path):
    """Another machine that does not share the home finds no state where the first finds one."""
    team = Team(0, 1)
    monkeypatch.setattr(team, "broadcast", lambda make: 1)
    with pytest.raises(
        ArtefactError, match="finds 0 finished epochs of the run, but the first process finds 1 - use a --home that all"
    ):
        trained(home, plan("apart"), device="cpu", team=team)


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
    with pytest.raises(InputError, match="3 processes need 3 GPUs, but there are 2 - use --processes 2, or --device cpu"):
        join("cuda")


def test_processes_do_not_outlive_the_one_that_started_them(tmp_path):
    """Even where it is killed and can end nobody."""
    started = subprocess.Popen([sys.executable, team_work.__file__, str(tmp_path)], cwd=PROJECT, env=own_path())
    try:
        numbers = eventually(lambda: [int((tmp_path / name).read_text()) for name in ("0", "1")])
        started.kill()
        started.wait()
        assert eventually(lambda: not any(running(number) for number in numbers) or None)
    finally:
        started.kill()


@pytest.mark.slow
def test_the_command_in_two_processes_stopped_and_gone_on_with(home, tmp_path, capfd):
    """Ctrl-C reaches every process of a terminal: one word, no process left, and the same command finishes, in `forked` processes."""
    command = [
        "train", "--home", str(home.root), "--data", "toy", "--teacher", "released", "--shape", "nano",
        "--patience", "99", "--least-steps", "0", "--schedule", "constant", "--device", "cpu", "--processes", "2", "--run", "ctrl-c", "--json", "--epochs",
    ]  # fmt: skip
    state = home.student("toy", "ctrl-c").with_name(".ctrl-c.training")
    with (tmp_path / "err").open("w") as err:
        started = subprocess.Popen(
            [sys.executable, "-m", "rdrec", *command, "90"], cwd=PROJECT, env=own_path(), stdout=subprocess.PIPE, stderr=err, text=True, start_new_session=True,
            preexec_fn=hears_ctrl_c,
        )  # fmt: skip
        eventually(lambda: (state / "manifest.json").is_file() or None)
        helpers = psutil.Process(started.pid).children(recursive=True)
        os.killpg(started.pid, signal.SIGINT)
        said = started.communicate(timeout=400)[0]
    assert started.returncode == 130 and "{" not in said
    told = (tmp_path / "err").read_text()
    assert "stopped; run the same command to resume\n" in told and "Traceback" not in told
    assert helpers
    eventually(lambda: not any(process.is_running() for process in helpers) or None)
    finished = len(json.loads((state / "state.json").read_text())["curve"])
    capfd.readouterr()
    with forked(tmp_path / "said.txt"):
        assert main([*command, str(finished + 1)]) == 0
    said = (tmp_path / "said.txt").read_text() + capfd.readouterr().out
    assert said.count("epoch ") == 1 + said.count("best epoch"), "it went on, and one process speaks"
    assert f"epoch {finished + 1}: watched" in said
    answer = json.loads(said.splitlines()[-1])
    assert (answer["run"], answer["epochs"], answer["processes"]) == ("ctrl-c", finished + 1, 2) and answer[
        "validation_ndcg"
    ] is not None
    assert not state.exists()


@pytest.mark.slow
def test_accelerate_launch_starts_them_too(home, capsys, monkeypatch):
    command = [
        sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no",
        "--dynamo_backend", "no", "--main_process_port", "0", "-m", "rdrec", "train", "--home", str(home.root), "--data", "toy", "--variant",
        "baseline", "--shape", "nano", "--epochs", "1", "--least-steps", "0", "--device", "cpu", "--run", "by-accelerate", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=PROJECT, env=own_path(), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 1 and json.loads(lines[0])["run"] == "by-accelerate"
    assert load_student(home.student("toy", "by-accelerate")).card.epochs == 1
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "--home", str(home.root), "--data", "toy", "--processes", "2", "--device", "cpu"]) == 2
    assert "accelerate launch has already started the processes - leave out --processes" in capsys.readouterr().err


def own_path():
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}


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
