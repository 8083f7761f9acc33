"""What the processes of a team do in tests, and how tests start two of them without the seconds that `accelerate launch` takes."""

import os
import socket

from forking import forking_context

SETTINGS = {
    "seed": 3, "epochs": 2, "patience": 5, "batch_rows": 33, "topn_rows": 7, "learning_rate": 1e-3, "dropout": 0.0, "least_steps": 0, "language_rate": 0.3,
}  # fmt: skip


def in_two(work, *given):
    """What `work(*given, device=..., team=...)` returns in the first of two processes, forked from one that has imported everything."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(probe.getsockname()[1])}
    context = forking_context()
    receiver, sender = context.Pipe(duplex=False)
    workers = [context.Process(target=_joins, args=(rank, address, sender, work, given), daemon=True) for rank in range(2)]
    for worker in workers:
        worker.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]


def _joins(rank, address, pipe, work, given):
    from rdrec.student.team import join, leave

    os.environ |= address | {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    team = join("cpu")
    result = work(*given, device="cpu", team=team)
    if team.first:
        pipe.send(result)
    pipe.close()
    leave()


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
    return running.run_training(home, given, device=device, measure_ndcg=measure_ndcg, team=team).curve


def _never(*given, **named):
    raise AssertionError("only the first process writes")


def sums(*, device, team):
    """Gradients of a team in which not every process has one."""
    import torch

    lacking, shared, own = (torch.nn.Parameter(torch.zeros(2, 3)) for _ in range(3))
    shared.grad = torch.full((2, 3), float(team.rank + 1))
    if team.rank == 1:
        own.grad = torch.arange(6.0).view(2, 3)
    told = team.all_reduce([lacking, shared, own], [0.5, team.rank])
    return lacking.grad is None, shared.grad.tolist(), own.grad.tolist(), told, team.share(range(5))
