"""Training a student: one task a batch, all tasks a step, early stop, and a state on disk after every epoch.

In: a `Sampler`, a student, its tokenizer, settings.  Out: the best weights and the curve.  It knows no file of reviews and no page.

A step adds up the gradients of one batch a task, each with its own weight whatever its rows, so that short rows are
never padded to long ones.  Randomness depends on (seed, epoch) alone: a run that was killed goes on from its last finished epoch and
ends with the same weights, bit for bit on a CPU, as one that was not.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from rdrec.records import ArtefactError, InputError
from rdrec.storage import new_artefact, verify, write_json
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student, set_dropout
from rdrec.student.sampling import Sampler
from rdrec.student.step import add_gradients, target_tokens
from rdrec.student.tasks import ID_TASKS, RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer

STATE_KIND = "training-state"
VALIDATION_ROWS = 64  # rows a batch when nothing has to be remembered for a gradient
CLIP = 1.0  # norm of the gradient; keeps the first steps of a student from scratch in bounds


@dataclass(frozen=True)
class TrainSettings:
    """See `settings.py` for units and bounds."""

    seed: int
    epochs: int
    patience: int
    batch_rows: int
    learning_rate: float
    topn_rows: int = 0
    text_rows: int = 0
    warm_up: int = 0
    schedule: str = "constant"
    dropout: float = 0.1
    hide_user: float = 0.0
    sequential_weight: float = 1.0
    watch: str = "paper"
    accumulate: int = 1
    precision: str = "fp32"

    def rows(self, task: Task) -> int:
        """Rows of a task in one step."""
        own = self.topn_rows if task is Task.TOPN else 0 if task is Task.SEQUENTIAL else self.text_rows
        return own or self.batch_rows

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of `step` (from 0) of `steps` in all epochs."""
        rising = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        falling = 0.5 * (1 + math.cos(math.pi * step / steps)) if self.schedule == "cosine" else 1.0
        return self.learning_rate * rising * falling


@dataclass(frozen=True)
class EpochRecord:
    """One line of the training curve.  Losses are means over target tokens, by task key; `score` is what early stop watches."""

    epoch: int
    train: dict[str, float]
    validation: dict[str, float]
    score: float


@dataclass(frozen=True)
class Trained:
    """`student` holds the weights of `best_epoch`: the last one where nothing is watched."""

    student: Student
    best_epoch: int
    curve: tuple[EpochRecord, ...]


def validation_score(losses: dict[str, float], watch: str = "paper") -> float:
    """`paper`: the mean of the validation losses of explanation, sequential, top-N and rationale (RDRec, section 4.1), the two
    rationale tasks counting as one; `ids` and `last`: of the two recommendation tasks alone.  Tasks without rows are left out.
    """
    if watch != "paper":
        losses = {key: loss for key, loss in losses.items() if Task.of(key) in ID_TASKS} or losses
    rationale = [losses[task.key] for task in RATIONALE_TASKS if task.key in losses]
    groups = [loss for key, loss in losses.items() if Task.of(key) not in RATIONALE_TASKS]
    if rationale:
        groups.append(sum(rationale) / len(rationale))
    return sum(groups) / len(groups)


def train(
    student: Student,
    tokenizer: StudentTokenizer,
    sampler: Sampler,
    settings: TrainSettings,
    state_folder: Path,
    header: dict[str, Any],
    *,
    restart: bool = False,
    progress: bool = True,
    after_epoch: Callable[[EpochRecord], None] | None = None,
) -> Trained:
    """Train until early stop or `settings.epochs`, saving the full state under `state_folder` after every epoch.

    `header` says what run this is; a state with another header is refused (ArtefactError), or with `restart` thrown away.  After a finished run the
    caller removes the state with `discard_state`, once the checkpoint is safe.
    """
    # more epochs may be asked for on resuming, unless the learning rate depends on how many there will be
    epochs = settings.epochs if settings.schedule == "cosine" else None
    header = {**header, "settings": {**asdict(settings), "epochs": epochs}}
    set_dropout(student, settings.dropout)
    optimizer = torch.optim.AdamW(student.parameters(), lr=settings.learning_rate)
    curve, best = _resume(student, optimizer, state_folder, header, restart)
    validation = {task: sampler.validation(task) for task in sampler.tasks}
    if not any(validation.values()):
        raise InputError(
            "no user has a validation item, so nothing says when to stop", todo="import a set with longer histories"
        )
    while (epoch := len(curve)) < settings.epochs and not (settings.watch != "last" and _stopped(curve, settings.patience)):
        losses = _train_epoch(student, tokenizer, sampler, settings, optimizer, epoch, progress)
        checked = {task.key: validation_loss(student, tokenizer, rows) for task, rows in validation.items() if rows}
        record = EpochRecord(epoch + 1, losses, checked, validation_score(checked, settings.watch))
        if not math.isfinite(record.score):
            raise InputError(f"the validation loss is {record.score} in epoch {epoch + 1}", todo="lower --learning-rate")
        better = settings.watch == "last" or not curve or record.score < min(r.score for r in curve)
        curve.append(record)
        if better:
            best = {name: tensor.detach().clone() for name, tensor in _weights(student).items()}
        _save_state(student, optimizer, state_folder, header, curve, best)
        if after_epoch:
            after_epoch(record)
    student.load_state_dict(best, strict=False)
    student.t5.tie_weights()
    best_epoch = curve[-1].epoch if settings.watch == "last" else min(curve, key=lambda record: record.score).epoch
    return Trained(student.eval(), best_epoch, tuple(curve))


def discard_state(state_folder: Path) -> None:
    """Remove a state at once: it is renamed first, so that half of it is never found."""
    if state_folder.exists():
        dead = state_folder.with_name(f"{state_folder.name}.dead")
        shutil.rmtree(dead, ignore_errors=True)
        state_folder.replace(dead)
        shutil.rmtree(dead, ignore_errors=True)


def validation_loss(student: Student, tokenizer: StudentTokenizer, rows: list[Row]) -> float:
    """Mean loss over all target tokens of `rows`; batches of like length, so that little is padding."""
    student.eval()
    ordered = sorted(rows, key=lambda row: len(tokenizer.encode(row.source).tokens))
    total, count = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(ordered), VALIDATION_ROWS):
            batch = make_batch(ordered[start : start + VALIDATION_ROWS], tokenizer).to(student.device)
            tokens = target_tokens(batch)
            total += float(student(batch)) * tokens
            count += tokens
    return total / count


def _train_epoch(
    student: Student,
    tokenizer: StudentTokenizer,
    sampler: Sampler,
    settings: TrainSettings,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    progress: bool,
) -> dict[str, float]:
    """One pass; returns the mean training loss of each task."""
    torch.manual_seed(settings.seed * 1_000_003 + epoch)  # dropout
    student.train()
    steps = sampler.steps(settings.batch_rows)
    sizes = {task: settings.rows(task) for task in sampler.tasks}
    rows = {task: sampler.epoch(task, epoch, steps * size, settings.hide_user) for task, size in sizes.items()}
    weights = {task: settings.sequential_weight if task is Task.SEQUENTIAL else 1.0 for task in sizes}
    whole = sum(weights.values())
    sums = dict.fromkeys(sampler.tasks, 0.0)
    with tqdm(total=steps, desc=f"epoch {epoch + 1}", unit="step", leave=False, disable=None if progress else True) as bar:
        for step in range(steps):
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = settings.rate(epoch * steps + step, settings.epochs * steps)
            for task, size in sizes.items():
                sums[task] += add_gradients(
                    student,
                    tokenizer,
                    rows[task][step * size : (step + 1) * size],
                    weights[task] / whole,
                    parts=settings.accumulate,
                    precision=settings.precision,
                )
            torch.nn.utils.clip_grad_norm_(student.parameters(), CLIP)
            optimizer.step()
            bar.update()
            bar.set_postfix({task.key: f"{sums[task] / (step + 1):.2f}" for task in sampler.tasks}, refresh=False)
    return {task.key: sums[task] / steps for task in sampler.tasks}


def _stopped(curve: list[EpochRecord], patience: int) -> bool:
    """`patience` epochs in a row without a new best; a new best starts the count again (method fault 11)."""
    if not curve:
        return False
    best = min(range(len(curve)), key=lambda index: curve[index].score)
    return len(curve) - 1 - best >= patience


def _weights(student: Student) -> dict[str, torch.Tensor]:
    """Every tensor once: tied ones under their first name."""
    seen: set[int] = set()
    found = {}
    for name, tensor in student.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor
    return found


def _save_state(
    student: Student,
    optimizer: torch.optim.Optimizer,
    folder: Path,
    header: dict[str, Any],
    curve: list[EpochRecord],
    best: dict[str, torch.Tensor],
) -> None:
    state = optimizer.state_dict()["state"]
    moments = {f"{index}.{key}": value for index, entry in state.items() for key, value in entry.items()}
    with new_artefact(folder, STATE_KIND, {"epochs": len(curve)}) as temporary:
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in _weights(student).items()},
            temporary / "weights.safetensors",
        )
        save_file({name: tensor.cpu().contiguous() for name, tensor in best.items()}, temporary / "best.safetensors")
        save_file({name: tensor.cpu().contiguous() for name, tensor in moments.items()}, temporary / "optimizer.safetensors")
        write_json({"header": header, "curve": [asdict(record) for record in curve]}, temporary / "state.json")


def _resume(
    student: Student, optimizer: torch.optim.Optimizer, folder: Path, header: dict[str, Any], restart: bool
) -> tuple[list[EpochRecord], dict[str, torch.Tensor]]:
    """Put a saved state back; ([], {}) when there is none."""
    if not (folder / "manifest.json").is_file():
        return [], {}
    verify(folder, STATE_KIND)
    saved = json.loads((folder / "state.json").read_text("utf-8"))
    if saved["header"] != json.loads(json.dumps(header)):
        if restart:
            discard_state(folder)
            return [], {}
        raise ArtefactError(
            "an unfinished run of this name has other settings or data",
            where=folder,
            todo="add --replace to start it over, or choose another --run",
        )
    student.load_state_dict(load_file(folder / "weights.safetensors"), strict=False)
    student.t5.tie_weights()
    moments = load_file(folder / "optimizer.safetensors")
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in moments.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    best = {name: tensor.to(student.device) for name, tensor in load_file(folder / "best.safetensors").items()}
    return [EpochRecord(**record) for record in saved["curve"]], best
