"""Train SASRec: every item but a user's first is a target; early stopping by Recall@10 on the validation items.

The test item is never seen, and the validation item is only ranked.  Randomness depends only on (seed, epoch), so a killed run
resumes after its last finished epoch and ends with the same weights as an uninterrupted one.  Histories stay on the device as one
table, negatives are drawn there, and nothing is copied back before the epoch ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from rdrec.baselines.sasrec import SASRec, Shape, pad, sampled_softmax
from rdrec.core.arrays import Integers
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.splits import UserSplit
from rdrec.student.state import SavedState, discard_other, read_state, write_state

STATE_KIND = "rival-training-state"
RANKED_TOGETHER = 256  # users per validation batch
CUTOFF = 10
BETAS = (0.9, 0.98)  # of Adam, as in the SASRec paper


@dataclass(frozen=True)
class RivalSettings:
    """Training settings; `rdrec/core/settings/` documents units and bounds."""

    seed: int
    epochs: int
    patience: int
    batch_users: int
    learning_rate: float
    negatives: int
    width: int
    blocks: int
    heads: int
    length: int
    dropout: float

    def shape(self, items: int) -> Shape:
        """The sizes of the model for a catalogue of `items` items."""
        return Shape(items, self.width, self.blocks, self.heads, self.length, self.dropout)


@dataclass(frozen=True)
class RivalEpoch:
    """One epoch of the curve: mean training loss, and Recall@10 (which selects the epoch) and NDCG@10 on the validation items."""

    epoch: int
    loss: float
    recall10: float
    ndcg10: float


@dataclass(frozen=True)
class Table:
    """items (N, S) int64 on the device, left-padded with 0; lengths (N,) int64 on the host."""

    items: torch.Tensor
    lengths: np.ndarray


@dataclass(frozen=True)
class TrainedRival:
    """A trained SASRec with the weights of `best_epoch`, and its curve."""

    model: SASRec
    best_epoch: int
    curve: tuple[RivalEpoch, ...]


def train_sasrec(
    splits: Sequence[UserSplit],
    items: int,
    settings: RivalSettings,
    state_folder: Path,
    header: dict[str, Any],
    *,
    device: str = "cpu",
    restart: bool = False,
    after_epoch: Callable[[RivalEpoch], None] | None = None,
) -> TrainedRival:
    """Train until early stopping or `settings.epochs`, saving the full state in `state_folder` after every epoch.

    header  identifies the run; a saved state with another header is refused (ArtefactError), or discarded with `restart`
    The caller removes the state with `discard_state` after saving the weights.  Raises InputError if no user has two training items or
    a validation item, or if the loss is not finite.
    """
    torch.manual_seed(settings.seed)
    model = SASRec(settings.shape(items)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, betas=BETAS, fused=True)
    header = {**header, "settings": {**asdict(settings), "epochs": None}}  # a resumed run may ask for more epochs
    curve, best = _resume(model, optimizer, state_folder, header, restart)
    rows = training_rows(splits, settings.length)
    if not rows:
        raise InputError("no user has two interactions to train on", todo="import a data set with longer histories")
    asked = validation_cases(splits, settings.seed)
    if not asked:
        raise InputError("no user has a validation item for early stopping", todo="import a data set with longer histories")
    table = as_table(rows, device)
    while (epoch := len(curve)) < settings.epochs and not _should_stop(curve, settings.patience):
        loss = _train_epoch(model, optimizer, table, settings, epoch)
        record = RivalEpoch(epoch + 1, loss, *measure(model, asked, settings.length))
        if not curve or record.recall10 > max(one.recall10 for one in curve):
            best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        curve.append(record)
        _save_state(model, optimizer, state_folder, header, curve, best)
        if after_epoch:
            after_epoch(record)
    model.load_state_dict(best)
    return TrainedRival(model.eval(), _best(curve) + 1, tuple(curve))


def training_rows(splits: Sequence[UserSplit], length: int) -> list[Integers]:
    """The last `length` + 1 training items of each user with at least two; all but the last are read, all but the first are targets."""
    return [one.train[-length - 1 :] for one in splits if len(one.train) >= 2]


def validation_cases(splits: Sequence[UserSplit], seed: int) -> list[tuple[Integers, int]]:
    """(training items, validation item) of at most `rival.validation_users` users, the same for a seed."""
    found = [(one.train, one.validation) for one in splits if one.validation is not None]
    chosen = np.random.default_rng([seed, 2]).permutation(len(found))[: integer("rival.validation_users")]
    return sorted((found[index] for index in chosen), key=lambda case: len(case[0]))


def as_table(rows: Sequence[Integers], device: str) -> Table:
    """Put all rows in one table on the device."""
    return Table(pad(rows).to(device), np.array([len(row) for row in rows]))


def batches(count: int, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Row indices in random batches, each row once.

    Rows are not grouped by length: a step averages over positions, so each position of a batch of short histories would weigh much
    more than one of a batch of long histories.
    """
    order = rng.permutation(count)
    return [order[begin : begin + size] for begin in range(0, count, size)]


def target_positions(lengths: np.ndarray) -> np.ndarray:
    """Flat indices into (B, longest - 1) of the positions with a target, that is, all but padding."""
    width = int(lengths.max()) - 1
    real = np.arange(width) >= width - (lengths[:, None] - 1)  # (B, longest - 1)
    return np.flatnonzero(real)


def measure(model: SASRec, asked: Sequence[tuple[Integers, int]], length: int) -> tuple[float, float]:
    """Recall@10 and NDCG@10 over the whole catalogue, without the items of the history (except the true item).

    asked: (history, true item); length: number of recent items read, although all are excluded.  Ties count with their middle rank.
    """
    model.eval()
    device, ranks = model.items.weight.device, []
    with torch.inference_mode():
        for start in range(0, len(asked), RANKED_TOGETHER):
            chunk = asked[start : start + RANKED_TOGETHER]
            seen = pad([history for history, _ in chunk]).to(device)  # (B, S)
            truth = torch.tensor([item for _, item in chunk], device=device)[:, None]  # (B, 1)
            scores = model.score_all(seen[:, -length:])
            own = scores.gather(1, truth)
            scores.scatter_(1, seen, -torch.inf).scatter_(1, truth, own)
            ranks.append((scores > own).sum(1) + ((scores == own).sum(1) + 1) / 2)
    rank = torch.cat(ranks).double().cpu().numpy()
    found = rank <= CUTOFF
    return float(found.mean()), float((found / np.log2(1 + rank)).mean())


def _train_epoch(
    model: SASRec,
    optimizer: torch.optim.Optimizer,
    table: Table,
    settings: RivalSettings,
    epoch: int,
) -> float:
    """Train one epoch and return the mean loss per batch.  Raises InputError if it is not finite."""
    torch.manual_seed(settings.seed * 1_000_003 + epoch)  # dropout and negatives
    rng = np.random.default_rng([settings.seed, epoch])
    device = table.items.device
    model.train()
    total, steps = torch.zeros((), device=device), 0
    with (
        _fast_products(device),
        tqdm(total=len(table.lengths), desc=f"epoch {epoch + 1}", unit="user", leave=False, disable=None) as bar,
    ):
        for chosen in batches(len(table.lengths), settings.batch_users, rng):
            lengths = table.lengths[chosen]
            rows = table.items[_to_device(chosen, device), -int(lengths.max()) :]  # (B, S + 1)
            at = _to_device(target_positions(lengths), device)  # (N,)
            truth = rows[:, 1:].flatten()[at]
            negatives = torch.randint(1, model.shape.items + 1, (len(truth), settings.negatives), device=device)
            loss = sampled_softmax(model(rows[:, :-1]).flatten(0, 1)[at], model.items.weight, truth, negatives)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            total, steps = total + loss.detach(), steps + 1
            bar.update(len(chosen))
    if not math.isfinite(mean := float(total) / steps):
        raise InputError(f"the loss is {mean} in epoch {epoch + 1}", todo="lower --learning-rate")
    return mean


def _to_device(indices: np.ndarray, device: torch.device) -> torch.Tensor:
    """Copy indices to the device without waiting for its current work."""
    tensor = torch.from_numpy(indices)
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


@contextmanager
def _fast_products(device: torch.device) -> Iterator[None]:
    """Use TF32 products while training on a GPU; ranking stays in fp32."""
    before = torch.get_float32_matmul_precision()
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _best(curve: Sequence[RivalEpoch]) -> int:
    return max(range(len(curve)), key=lambda index: curve[index].recall10)


def _should_stop(curve: Sequence[RivalEpoch], patience: int) -> bool:
    return bool(curve) and len(curve) - 1 - _best(curve) >= patience


def _save_state(
    model: SASRec,
    optimizer: torch.optim.Optimizer,
    folder: Path,
    header: dict[str, Any],
    curve: Sequence[RivalEpoch],
    best: dict[str, torch.Tensor],
) -> None:
    state = SavedState(model.state_dict(), best, [asdict(record) for record in curve])
    write_state(folder, STATE_KIND, header, state, optimizer)


def _resume(
    model: SASRec, optimizer: torch.optim.Optimizer, folder: Path, header: dict[str, Any], restart: bool
) -> tuple[list[RivalEpoch], dict[str, torch.Tensor]]:
    """Restore a saved state; returns ([], {}) if there is none."""
    if restart:
        discard_other(folder, header)
    saved = read_state(folder, STATE_KIND, header, optimizer)
    if saved is None:
        return [], {}
    model.load_state_dict(saved.weights)
    device = model.items.weight.device
    return [RivalEpoch(**record) for record in saved.curve], {name: tensor.to(device) for name, tensor in saved.best.items()}
