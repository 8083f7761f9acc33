"""What the processes of a team do in tests: they are started anew and import it from here.  Also a program: HOME, run on its own.

What trains imports the training itself: a process that only fails or waits would take seconds for it.
"""

import os
import signal
import time
from pathlib import Path

from rdrec.core.records import InputError

SETTINGS = {
    "seed": 3, "epochs": 2, "patience": 5, "batch_rows": 33, "topn_rows": 7, "learning_rate": 1e-3, "dropout": 0.0, "least_steps": 0, "language_rate": 0.3,
}  # fmt: skip


def plan(run):
    from rdrec.student.run import RunPlan
    from rdrec.student.train import TrainSettings

    return RunPlan("toy", "rdrec", "nano", "clean", "released", None, run, TrainSettings(**SETTINGS))


def measure_ndcg(student, tokenizer, view):
    """Stands for a ranking: a number that any change of the weights changes."""
    assert int(os.environ.get("RANK", "0")) == 0, "the first process alone measures"
    return 1 / (1 + float(sum(tensor.abs().sum() for tensor in student.parameters())))


def trained(home, given, *, device, team=None):
    """A run in which only the first process may write."""
    from rdrec.student import run as running
    from rdrec.student import train as training

    if team is not None and not team.first:
        training.save_state = running.save_student = running.discard_state = _never
    return running.run_training(home, given, device=device, progress=False, measure_ndcg=measure_ndcg, team=team).curve


def _never(*given, **named):
    raise AssertionError("only the first process writes")


def killed_after_an_epoch(home, given, place, *, device, team):
    """Process `place` is killed by the system in the second epoch, once all are in it: the first process has written by then."""
    from rdrec.student import run as running
    from rdrec.student import train as training

    whole = training._train_epoch

    def one_epoch(*arguments):
        if arguments[6] == 1:  # the epoch
            team.all_reduce([], [0.0])
            if team.rank == place:
                os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments)

    training._train_epoch = one_epoch
    return running.run_training(home, given, device=device, progress=False, team=team)


def fails(place, kind, *, device, team):
    """Process `place` fails with an error of that kind while the others wait for it."""
    if team.rank == place:
        raise {"input": InputError("this is wrong", where="there", todo="do that"), "disk": OSError(28, "No space left")}.get(
            kind, ZeroDivisionError("a fault")
        )
    return team.broadcast(lambda: 1) + team.all_reduce([], [1.0])[0]


def prints_into(file, *given):
    """A process of a team, as `run_processes` starts it, that prints into a file, errors too."""
    from rdrec.student import launch

    printed = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(printed, stream)
    launch._worker(*given)


def sums(*, device, team):
    """Gradients of a team in which not every process has one."""
    import torch

    lacking, shared, own = (torch.nn.Parameter(torch.zeros(2, 3)) for _ in range(3))
    shared.grad = torch.full((2, 3), float(team.rank + 1))
    if team.rank == 1:
        own.grad = torch.arange(6.0).view(2, 3)
    told = team.all_reduce([lacking, shared, own], [0.5, team.rank])
    return lacking.grad is None, shared.grad.tolist(), own.grad.tolist(), told, team.share(range(5)), torch.get_num_threads()


def waits(folder, *, device, team):
    Path(folder, f"{team.rank}").write_text(str(os.getpid()))
    team.broadcast(lambda: time.sleep(600))


if __name__ == "__main__":
    import sys

    from rdrec.student.launch import run_processes

    run_processes(2, "cpu", waits, sys.argv[1])
