"""Train a student on the sequential task alone, with data, sampling, steps and validation on one device.

Every prefix of every training list is a sample (`prefixes.py`), an item is a single token, and a step never waits for the device; on a
GPU it is captured once as a CUDA graph and replayed.  This is for large data sets without reviews, where a student must see millions of
rows.

A round is the steps between two validations.  Its randomness depends on (seed, round) alone and the state is saved after rounds, so a
run that was stopped resumes and ends with the same weights as an uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from next_item_scores import Cases, NextItem, measure
from prefixes import Prefixes
from torch.nn.functional import pad

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.splits import ProtocolView
from rdrec.student.model import Student, set_dropout
from rdrec.student.state import discard_other, resume, save_state, weights_once
from rdrec.student.step import PRECISIONS
from rdrec.student.tokenizer import StudentTokenizer

CLIP = 1.0  # largest norm of the gradient
EAGER_STEPS = 3  # steps before a graph is captured, because first calls of libraries allocate memory and choose kernels
SAVE_SECONDS = 60.0  # shortest time between two saved states; that of the small shape takes seconds to write
BETAS = (0.9, 0.98)  # of AdamW, as for SASRec


@dataclass(frozen=True)
class OnDeviceSettings:
    """Settings of a run.  The defaults were chosen for Toys; LOG.md lists the alternatives that were tried.

    rows           per step
    steps          at most
    every          steps per round, each of which ends with a validation
    patience       rounds without a better NDCG@10 on the validation items before training stops
    learning_rate  of the layers, constant after `warm_up` steps
    table_rate     learning rate of the token vectors and whole-word embeddings, relative to `learning_rate`
    shortened      probability that a history is cut to a random number of its newest items.  Whole prefixes are soon learned by heart;
                   then the newest item of a test history, the only one that is new, counts too little.
    weight_decay   of AdamW
    graph          whether steps on a GPU are captured as a CUDA graph
    """

    seed: int = 0
    rows: int = 1024
    steps: int = 20_000
    every: int = 250
    patience: int = 20
    learning_rate: float = 1e-3
    table_rate: float = 30.0
    warm_up: int = 100
    dropout: float = 0.4
    shortened: float = 1.0
    weight_decay: float = 0.01
    precision: str = "fp32"
    graph: bool = True


@dataclass(frozen=True)
class Round:
    """One round: optimiser steps and rows so far, mean training loss in nats, validation scores, and seconds of training."""

    steps: int
    rows: int
    loss: float
    recall10: float
    ndcg10: float
    seconds: float


@dataclass(frozen=True)
class TrainedOnDevice:
    """The student has the weights of round `best`, an index into `curve`.

    finished  whether training ended because of `patience` or `steps`, rather than because time ran out
    captured  whether a CUDA graph was replayed; if not, `why_not` says why, and steps ran one by one
    """

    student: Student
    best: int
    curve: tuple[Round, ...]
    finished: bool
    captured: bool
    why_not: str


def train_on_device(
    student: Student,
    tokenizer: StudentTokenizer,
    view: ProtocolView,
    settings: OnDeviceSettings,
    state_folder: Path,
    header: dict[str, Any],
    *,
    seconds: float = math.inf,
    restart: bool = False,
    after_round: Callable[[Round], None] | None = None,
) -> TrainedOnDevice:
    """Train `student` on its device until patience or steps run out, or until a round ends after more than `seconds`.

    header  identifies the run; a saved state with another header is refused (ArtefactError), or discarded with `restart`
    The caller removes the state with `discard_state` after saving a finished student.  Raises InputError if no user has a validation
    item or two training items, for a loss that is not finite, and for IDs of several tokens.
    """
    began = time.monotonic()
    net = NextItem(student, tokenizer, view.item_ids, view.dataset.n_users)
    net.forget_users()
    most = integer("train.max_history")
    prefixes = Prefixes.of(view.training_parts, most, student.device)
    held_out = [(one.train, one.validation) for one in view.splits if one.validation is not None]
    if not held_out:
        raise InputError("no user has a validation item", where=view.dataset.name, todo="import a set with longer histories")
    cases = Cases.of([(history, int(item)) for history, item in held_out if item is not None], most, student.device)
    set_dropout(student, settings.dropout)
    step = Step(net, prefixes, settings)
    header = {**header, "settings": {**asdict(settings), "steps": None, "patience": None, "graph": None}}
    if restart:
        discard_other(state_folder, header)
    saved, best = resume(student, step.optimizer, state_folder, header)
    step.use_rates()
    curve = [Round(**record) for record in saved]
    written = time.monotonic()
    late = False
    while not _finished(curve, settings) and not late:
        record = _round(step, prefixes, settings, curve)
        recall, ndcg = measure(net, cases)
        record = replace(record, recall10=recall, ndcg10=ndcg)
        if not curve or record.ndcg10 > max(one.ndcg10 for one in curve):
            best = {name: tensor.detach().clone() for name, tensor in weights_once(student).items()}
        curve.append(record)
        if after_round:
            after_round(record)
        late = time.monotonic() - began >= seconds
        if time.monotonic() - written > SAVE_SECONDS or _finished(curve, settings) or late:
            save_state(student, step.optimizer, state_folder, header, [asdict(one) for one in curve], best)
            written = time.monotonic()
    student.load_state_dict(best, strict=False)
    student.t5.tie_weights()
    net.share_user_vector()
    finished = _finished(curve, settings)
    return TrainedOnDevice(student.eval(), _best(curve), tuple(curve), finished, step.graph is not None, step.why_not)


class Step:
    """One optimiser step, run eagerly or replayed from a CUDA graph.

    total  sum of the losses since it was last cleared, on the device
    graph  the captured graph; None until the capture, and if there is none `why_not` says why
    """

    def __init__(self, net: NextItem, prefixes: Prefixes, settings: OnDeviceSettings) -> None:
        self.net, self._prefixes, self._settings = net, prefixes, settings
        device = net.student.device
        tables = [net.student.t5.shared.weight, net.student.whole_word.weight]
        layers = [one for one in net.student.parameters() if all(one is not table for table in tables)]
        self._rates = [torch.zeros((), device=device) for _ in range(2)]
        self.optimizer = torch.optim.AdamW(
            [{"params": tables}, {"params": layers}],
            lr=settings.learning_rate,
            betas=BETAS,
            weight_decay=settings.weight_decay,
            fused=True,
            capturable=device.type == "cuda",
        )
        self.use_rates()
        self.total = torch.zeros((), device=device)
        self._rows = [torch.zeros(share, dtype=torch.int64, device=device) for share in prefixes.shares(settings.rows)]
        self._most = max(group.width for group in prefixes.groups)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.why_not = "" if settings.graph else "not requested"
        self._eager = 0

    @property
    def rows(self) -> int:
        """Rows per step."""
        return sum(map(len, self._rows))

    def use_rates(self) -> None:
        """Let the optimiser read its learning rates from tensors, which a replayed graph reads too."""
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate

    def run(self, rows: list[torch.Tensor], number: int) -> None:
        """Run step `number` (from 0, over the whole run) on the given rows of each group of prefixes."""
        rate = self._settings.learning_rate * min(1.0, (number + 1) / max(self._settings.warm_up, 1))
        self._rates[0].fill_(rate * self._settings.table_rate)
        self._rates[1].fill_(rate)
        for static, chosen in zip(self._rows, rows, strict=True):
            static.copy_(chosen)
        if self.graph is not None:
            self.graph.replay()
        elif self.net.student.device.type != "cuda" or self.why_not:
            self._step()
        elif self._eager < EAGER_STEPS:
            self._on_side_stream()
        else:
            self._capture()

    def _on_side_stream(self) -> None:
        """Run a step on a side stream, which CUDA graphs require before a capture."""
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._eager += 1

    def _capture(self) -> None:
        """Capture a step (which does not run it) and replay it once."""
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._step()
        except RuntimeError as error:  # this version of torch cannot capture one of the operations
            self.why_not = str(error).splitlines()[0]
            torch.cuda.synchronize()
            self._step()
            return
        self.graph = graph
        graph.replay()

    def _step(self) -> None:
        histories, states, truths = [], [], []
        kind, precision = self.net.student.device.type, self._settings.precision
        with torch.autocast(kind, PRECISIONS[precision], enabled=precision != "fp32", cache_enabled=False):
            for group, rows in zip(self._prefixes.groups, self._rows, strict=True):
                history, truth = self._prefixes.histories(group, rows, self._settings.shortened)
                states.append(self.net.states(history))
                histories.append(pad(history, (0, self._most - group.width)))
                truths.append(truth)
            loss = self.net.loss(torch.cat(histories), torch.cat(states), torch.cat(truths))
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.net.student.parameters(), CLIP)
        self.optimizer.step()
        self.total += loss.detach()


def _round(step: Step, prefixes: Prefixes, settings: OnDeviceSettings, curve: list[Round]) -> Round:
    """Train one round; the caller fills in its validation scores."""
    began = time.monotonic()
    device = step.total.device
    generator = torch.Generator(device).manual_seed(settings.seed * 1_000_003 + len(curve))
    torch.manual_seed(settings.seed * 1_000_003 + len(curve))  # dropout
    step.net.student.train()
    step.total.zero_()
    before = curve[-1].steps if curve else 0
    count = min(settings.every, settings.steps - before)
    plan = prefixes.draw(count, settings.rows, generator)
    for number in range(count):
        step.run([rows[number] for rows in plan], before + number)
    loss = float(step.total) / count  # waits for the device
    if not math.isfinite(loss):
        raise InputError(f"the loss is {loss} after {before + count} steps", todo="lower the learning rate")
    rows = (curve[-1].rows if curve else 0) + count * step.rows
    return Round(before + count, rows, loss, 0.0, 0.0, round(time.monotonic() - began, 3))


def _best(curve: list[Round]) -> int:
    return max(range(len(curve)), key=lambda index: curve[index].ndcg10)


def _finished(curve: list[Round], settings: OnDeviceSettings) -> bool:
    return bool(curve) and (curve[-1].steps >= settings.steps or len(curve) - 1 - _best(curve) >= settings.patience)
