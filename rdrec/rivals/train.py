"""Training SASRec: every purchase but a user's first is a target; early stop by NDCG@10 on the validation items.

In: what of each user is for what, settings, a folder for the state.  Out: the best weights and the curve.  It knows no home and no
protocol.
The test item is never seen, the validation item only ranked.  Randomness depends on (seed, epoch) alone: a run that was killed
goes on from its last finished epoch and ends with the same weights as one that was not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from rdrec.data.splits import Integers, UserSplit
from rdrec.records import ArtefactError, InputError
from rdrec.rivals.sasrec import SASRec, Shape, pad, sampled_softmax
from rdrec.settings import integer
from rdrec.storage import new_artefact, verify, write_json
from rdrec.student.state import discard_state

STATE_KIND = "rival-training-state"
SORTED_TOGETHER = 16  # batches whose users are sorted by length: little padding, and the order of users stays random enough
RANKED_TOGETHER = 256  # users
CUTOFF = 10
BETAS = (0.9, 0.98)  # of Adam, as SASRec was published


@dataclass(frozen=True)
class RivalSettings:
    """See `rdrec/settings/` for units and bounds."""

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
        return Shape(items, self.width, self.blocks, self.heads, self.length, self.dropout)


@dataclass(frozen=True)
class RivalEpoch:
    """One line of the curve: mean training loss, NDCG@10 of the validation items."""

    epoch: int
    loss: float
    ndcg10: float


@dataclass(frozen=True)
class TrainedRival:
    """`model` holds the weights of `best_epoch`."""

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
    progress: bool = True,
    after_epoch: Callable[[RivalEpoch], None] | None = None,
) -> TrainedRival:
    """Train until early stop or `settings.epochs`, saving the full state under `state_folder` after every epoch.

    `header` says what run this is; a state with another one is refused (ArtefactError), or with `restart` thrown away.  The
    caller removes the state with `discard_state` once the weights are safe.  Raises InputError where no user has two training
    items, or none has a validation item, or the loss is not a number.
    """
    torch.manual_seed(settings.seed)
    model = SASRec(settings.shape(items)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, betas=BETAS, fused=True)
    header = {**header, "settings": {**asdict(settings), "epochs": None}}  # more epochs may be asked for on resuming
    curve, best = _resume(model, optimizer, state_folder, header, restart)
    rows = training_rows(splits, settings.length)
    if not rows:
        raise InputError("no user has two purchases to train on", todo="import a set with longer histories")
    asked = validation_cases(splits, settings.seed)
    if not asked:
        raise InputError(
            "no user has a validation item, so nothing says when to stop", todo="import a set with longer histories"
        )
    while (epoch := len(curve)) < settings.epochs and not _stopped(curve, settings.patience):
        loss = _train_epoch(model, optimizer, rows, settings, epoch, progress)
        record = RivalEpoch(epoch + 1, loss, ndcg(model, asked))
        if not curve or record.ndcg10 > max(one.ndcg10 for one in curve):
            best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        curve.append(record)
        _save_state(model, optimizer, state_folder, header, curve, best)
        if after_epoch:
            after_epoch(record)
    model.load_state_dict(best)
    return TrainedRival(model.eval(), _best(curve) + 1, tuple(curve))


def training_rows(splits: Sequence[UserSplit], length: int) -> list[Integers]:
    """The last `length` + 1 training items of every user that has two: all but the last are read, all but the first are targets."""
    return [one.train[-length - 1 :] for one in splits if len(one.train) >= 2]


def validation_cases(splits: Sequence[UserSplit], seed: int) -> list[tuple[Integers, int]]:
    """(training items, validation item) of at most `rival.validation_users` users, always the same."""
    found = [(one.train, one.validation) for one in splits if one.validation is not None]
    chosen = np.random.default_rng([seed, 2]).permutation(len(found))[: integer("rival.validation_users")]
    return sorted((found[index] for index in chosen), key=lambda case: len(case[0]))


def batches(rows: Sequence[Integers], size: int, rng: np.random.Generator) -> Iterator[list[Integers]]:
    """Every row once, in batches of like length and random order."""
    order = rng.permutation(len(rows))
    cut: list[np.ndarray] = []
    for start in range(0, len(order), size * SORTED_TOGETHER):
        block = order[start : start + size * SORTED_TOGETHER]
        block = block[np.argsort([len(rows[index]) for index in block], kind="stable")]
        cut += [block[begin : begin + size] for begin in range(0, len(block), size)]
    for place in rng.permutation(len(cut)):
        yield [rows[index] for index in cut[place]]


def ndcg(model: SASRec, asked: Sequence[tuple[Integers, int]]) -> float:
    """NDCG@10 over the whole catalogue without the items of the history (but the truth); ties count as their middle rank."""
    model.eval()
    gains = 0.0
    for start in range(0, len(asked), RANKED_TOGETHER):
        chunk = asked[start : start + RANKED_TOGETHER]
        scores = model.scores([history for history, _ in chunk])
        for row, (history, truth) in zip(scores, chunk, strict=True):
            own = row[truth]
            row[history] = -np.inf
            row[truth] = own
            rank = int((row > own).sum()) + (int((row == own).sum()) + 1) / 2
            gains += 1 / math.log2(1 + rank) if rank <= CUTOFF else 0.0
    return gains / len(asked)


def _train_epoch(
    model: SASRec,
    optimizer: torch.optim.Optimizer,
    rows: Sequence[Integers],
    settings: RivalSettings,
    epoch: int,
    progress: bool,
) -> float:
    """One pass; returns the mean loss of a batch."""
    torch.manual_seed(settings.seed * 1_000_003 + epoch)  # dropout and negatives
    rng = np.random.default_rng([settings.seed, epoch])
    device = model.items.weight.device
    model.train()
    total, steps = 0.0, 0
    with tqdm(total=len(rows), desc=f"epoch {epoch + 1}", unit="user", leave=False, disable=None if progress else True) as bar:
        for batch in batches(rows, settings.batch_users, rng):
            padded = pad(batch).to(device)
            history, following = padded[:, :-1], padded[:, 1:]
            real = history > 0  # a place before the first purchase predicts nothing
            negatives = torch.randint(1, model.shape.items + 1, (settings.negatives,)).to(device)
            loss = sampled_softmax(model(history)[real], model.items.weight, following[real], negatives)
            if not math.isfinite(value := loss.item()):
                raise InputError(f"the loss is {value} in epoch {epoch + 1}", todo="lower --learning-rate")
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            total, steps = total + value, steps + 1
            bar.update(len(batch))
            bar.set_postfix(loss=f"{total / steps:.3f}", refresh=False)
    return total / steps


def _best(curve: Sequence[RivalEpoch]) -> int:
    return max(range(len(curve)), key=lambda index: curve[index].ndcg10)


def _stopped(curve: Sequence[RivalEpoch], patience: int) -> bool:
    return bool(curve) and len(curve) - 1 - _best(curve) >= patience


def _save_state(
    model: SASRec,
    optimizer: torch.optim.Optimizer,
    folder: Path,
    header: dict[str, Any],
    curve: Sequence[RivalEpoch],
    best: dict[str, torch.Tensor],
) -> None:
    moments = {
        f"{index}.{key}": value for index, entry in optimizer.state_dict()["state"].items() for key, value in entry.items()
    }
    with new_artefact(folder, STATE_KIND, {"epochs": len(curve)}) as temporary:
        for name, tensors in (("weights", model.state_dict()), ("best", best), ("optimizer", moments)):
            kept = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
            save_file(kept, temporary / f"{name}.safetensors")
        write_json({"header": header, "curve": [asdict(record) for record in curve]}, temporary / "state.json")


def _resume(
    model: SASRec, optimizer: torch.optim.Optimizer, folder: Path, header: dict[str, Any], restart: bool
) -> tuple[list[RivalEpoch], dict[str, torch.Tensor]]:
    """Put a saved state back; ([], {}) when there is none."""
    if not (folder / "manifest.json").is_file():
        return [], {}
    if restart:
        discard_state(folder)
        return [], {}
    verify(folder, STATE_KIND)
    saved = json.loads((folder / "state.json").read_text("utf-8"))
    if saved["header"] != json.loads(json.dumps(header)):
        raise ArtefactError(
            "an unfinished run of this name has other settings or data",
            where=folder,
            todo="add --replace to start it over, or choose another --run",
        )
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(folder / "optimizer.safetensors").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    device = model.items.weight.device
    best = {name: tensor.to(device) for name, tensor in load_file(folder / "best.safetensors").items()}
    return [RivalEpoch(**record) for record in saved["curve"]], best
