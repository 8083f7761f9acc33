"""Save and restore the full state of an unfinished training run: weights, optimiser moments, training curve, best weights so far."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from rdrec.core.records import ArtefactError
from rdrec.core.storage import new_artefact, verify, write_json
from rdrec.student.model import Student

KIND = "training-state"


def discard_state(state_folder: Path) -> None:
    """Remove a state, and what a killed run left of one.  The folder is renamed first, so that a partly deleted state is never read."""
    discarded = state_folder.with_name(f"{state_folder.name}.dead")
    shutil.rmtree(discarded, ignore_errors=True)
    if state_folder.exists():
        state_folder.replace(discarded)
        shutil.rmtree(discarded, ignore_errors=True)


def saved_header(state_folder: Path) -> dict[str, Any]:
    """The header of the unfinished run, or {} if there is none."""
    if not (state_folder / "manifest.json").is_file():
        return {}
    header: dict[str, Any] = json.loads((state_folder / "state.json").read_text("utf-8"))["header"]
    return header


def discard_other(state_folder: Path, header: dict[str, Any]) -> None:
    """Discard the saved state if it belongs to another run, that is, if its header differs."""
    if saved_header(state_folder) != json.loads(json.dumps(header)):
        discard_state(state_folder)


def weights_once(student: Student) -> dict[str, torch.Tensor]:
    """The student's tensors by name, each once: tied ones under their first name."""
    seen: set[int] = set()
    found = {}
    for name, tensor in student.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor
    return found


@dataclass(frozen=True)
class SavedState:
    """What is saved besides the optimiser's moments; tensors are on the CPU.  curve: one record per epoch or round."""

    weights: dict[str, torch.Tensor]
    best: dict[str, torch.Tensor]
    curve: list[dict[str, Any]]


def write_state(folder: Path, kind: str, header: dict[str, Any], state: SavedState, optimizer: torch.optim.Optimizer) -> None:
    """Write the full state of a run as one artefact.  It replaces the previous one only after it is complete."""
    moments = {
        f"{index}.{key}": value for index, entry in optimizer.state_dict()["state"].items() for key, value in entry.items()
    }
    with new_artefact(folder, kind, {"epochs": len(state.curve)}) as temporary:
        for name, tensors in (("weights", state.weights), ("best", state.best), ("optimizer", moments)):
            on_cpu = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
            save_file(on_cpu, temporary / f"{name}.safetensors")
        write_json({"header": header, "curve": state.curve}, temporary / "state.json")


def read_state(folder: Path, kind: str, header: dict[str, Any], optimizer: torch.optim.Optimizer) -> SavedState | None:
    """The saved state, or None if there is none; also restores the optimiser's moments.

    Raises ArtefactError if the state belongs to another run or is damaged.
    """
    if not (folder / "manifest.json").is_file():
        return None
    verify(folder, kind)
    saved = json.loads((folder / "state.json").read_text("utf-8"))
    if saved["header"] != json.loads(json.dumps(header)):
        raise ArtefactError(
            "an unfinished run of this name has other settings or data, or is of another version",
            where=folder,
            todo="add --replace to start over, or choose another --run",
        )
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(folder / "optimizer.safetensors").items():
        index, key = name.split(".", 1)
        moments.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    weights, best = (load_file(folder / f"{name}.safetensors") for name in ("weights", "best"))
    return SavedState(weights, best, saved["curve"])


def save_state(
    student: Student,
    optimizer: torch.optim.Optimizer,
    folder: Path,
    header: dict[str, Any],
    curve: list[dict[str, Any]],
    best: dict[str, torch.Tensor],
) -> None:
    """Write the full state of a student's run."""
    write_state(folder, KIND, header, SavedState(weights_once(student), best, curve), optimizer)


def resume(
    student: Student,
    optimizer: torch.optim.Optimizer,
    folder: Path,
    header: dict[str, Any],
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Restore a saved state and return (curve, best weights); ([], {}) if there is none."""
    saved = read_state(folder, KIND, header, optimizer)
    if saved is None:
        return [], {}
    student.load_state_dict(saved.weights, strict=False)
    student.t5.tie_weights()
    return saved.curve, {name: tensor.to(student.device) for name, tensor in saved.best.items()}
