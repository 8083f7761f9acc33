"""The T5 parts of steps b and c: train a student for the next purchase on the card, rank, quantise, and compare with lower bounds."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from step_a import ceilings, rdrec

if TYPE_CHECKING:
    from run import Setting

PROJECT = Path(__file__).resolve().parent.parent
SHORTER = {"rows": 8, "steps": 2, "every": 1}  # for a rehearsal
CHOICE = "t5-choice"  # name of the part of step b that chooses among CANDIDATES
CANDIDATES: tuple[dict[str, Any], ...] = (
    {"start": "data"},
    {"start": "data", "dropout": 0.3},
    {"start": "data", "dropout": 0.5},
    {"start": "data", "table_rate": 10.0},
    {"start": "data", "table_rate": 100.0},
    {"start": "data", "weight_decay": 0.1},
    {"start": "data", "learning_rate": 2e-3},
    {"start": "data", "shortened": 0.5},
    {"start": "data", "shortened": 0.0},
    {"start": "random"},
)
TRIED = {"steps": 4_000}  # for each candidate: 4 million rows, five times what SASRec needs on these sets
TRIED_SECONDS = 15.0


def home_of(setting: Setting) -> Path:
    """The home in the scratch folder, one for rehearsals and one for measurements."""
    return setting.scratch / ("home-rehearsal" if setting.rehearse else "home")


def imported(setting: Setting, name: str) -> Path:
    """The home with the data set `name`, imported if missing; a rehearsal makes a shop of 30 users instead."""
    home = home_of(setting)
    if not (home / "data" / name / "manifest.json").exists():
        if setting.rehearse:
            rdrec(home, "data", "make", "--users", "30", "--name", name)
        else:
            rdrec(home, "data", "import", str(real_data(name)), "--name", name)
    return home


def real_data(name: str) -> Path:
    """The released folder of a data set."""
    folder = Path(os.environ.get("RDREC_SHARED_DATA", PROJECT.parent / "shared" / "data" / "amazon")) / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is missing: set RDREC_SHARED_DATA to the folder with the released sets")
    return folder


def choose(setting: Setting) -> dict[str, Any]:
    """Train `nano` on Toys briefly with each of CANDIDATES; the one with the best validation NDCG@10 is "chosen"."""
    from copy import deepcopy

    from on_device import OnDeviceSettings, train_on_device
    from on_device_run import STARTS, OnDevicePlan, new_student

    from rdrec.core.home import Home
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import load_dataset
    from rdrec.student.state import discard_state

    view = protocol_view(load_dataset(Home(imported(setting, "toys")), "toys"), "clean", 0)
    begun = {start: new_student(view, OnDevicePlan("toys", start=start), 0) for start in STARTS}
    precision, shorter = precision_on(setting), SHORTER if setting.rehearse else TRIED
    tried = []
    for number, candidate in enumerate(CANDIDATES):
        changed = dict(candidate)
        student, tokenizer, _ = begun[changed.pop("start")]
        settings = OnDeviceSettings(precision=precision, **{**changed, **shorter})
        state = setting.scratch / f"candidate-{number}"
        discard_state(state)
        trained = train_on_device(
            deepcopy(student).to(setting.device), tokenizer, view, settings, state, {}, seconds=TRIED_SECONDS
        )
        discard_state(state)
        best = trained.curve[trained.best]
        tried.append({**candidate, "validation_ndcg10": best.ndcg10, "best_steps": best.steps, "steps": trained.curve[-1].steps,
                      "rows": trained.curve[-1].rows, "graph": trained.captured, "why_no_graph": trained.why_not})  # fmt: skip
        print(tried[-1], flush=True)
    chosen = max(range(len(tried)), key=lambda number: tried[number]["validation_ndcg10"])
    return {"chosen": CANDIDATES[chosen], "tried": tried}


def chosen(setting: Setting) -> dict[str, Any]:
    """The settings chosen by `choose`, read from the results; the first candidate if it was not run."""
    from run import results_of

    found: dict[str, Any] = results_of("b", setting).get(CHOICE, {}).get("result", {}).get("chosen", CANDIDATES[0])
    return found


def precision_on(setting: Setting) -> str:
    """The precision of matrix products in training: bf16 on a card, else fp32."""
    return "bf16" if setting.device == "cuda" else "fp32"


def train_student(setting: Setting, name: str, shape: str, seed: int, seconds: float, **changed: Any) -> dict[str, Any]:
    """Train for at most `seconds`, then rank every user's test purchase among all items not seen before.

    changed  settings that override those of `chosen`
    If time runs out, "finished" is false, the weights so far are ranked, and the next call continues the run.  Every validation adds a
    line to SCRATCH/PART.jsonl.
    """
    import torch
    from on_device import OnDeviceSettings, Round
    from on_device_run import OnDevicePlan, run_on_device

    from rdrec.core.home import Home

    home, changed = Home(imported(setting, name)), {**chosen(setting), **changed}
    plan = OnDevicePlan(name, shape, start=str(changed.pop("start")), run=f"t5-{shape}-s{seed}")
    shorter = SHORTER if setting.rehearse else {}
    settings = OnDeviceSettings(seed=seed, precision=precision_on(setting), **{**changed, **shorter})
    journal = setting.scratch / f"t5-{shape}-{name}-s{seed}.jsonl"

    def note(record: Round) -> None:
        with journal.open("a") as file:
            file.write(json.dumps(asdict(record)) + "\n")
        print(f"{journal.stem}: {record}", flush=True)

    if setting.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    made = run_on_device(home, plan, settings, device=setting.device, seconds=seconds, replace=True, after_round=note)
    trained, curve = made.trained, made.trained.curve
    peak = round(torch.cuda.max_memory_allocated() / 2**20) if setting.device == "cuda" else None
    timed = curve[1:] or curve  # the first round also warms up and captures
    milliseconds = sorted(1000 * record.seconds / settings.every for record in timed)[len(timed) // 2]
    found = {
        "finished": trained.finished, "settings": asdict(settings), "start": plan.start,
        "parameters": trained.student.parameters_count, "steps": curve[-1].steps, "rows": curve[-1].rows,
        "best_steps": curve[trained.best].steps, "training_seconds": round(sum(one.seconds for one in curve), 1),
        "validation_recall10": curve[trained.best].recall10, "validation_ndcg10": curve[trained.best].ndcg10,
        "graph": trained.captured, "why_no_graph": trained.why_not, "step_ms": round(milliseconds, 4),
        "rows_per_s": round(1000 * curve[-1].rows / curve[-1].steps / milliseconds), "peak_memory_mb": peak,
        **floors(setting, home, plan, settings, milliseconds),
        **tested(home, name, trained.student, seed, "test"),
        "curve": [[one.steps, round(one.loss, 4), round(one.recall10, 5), round(one.ndcg10, 5)] for one in curve],
    }  # fmt: skip
    if made.folder is not None:
        found |= quantised(setting, home, name, made.name, seed)
    return found


HISTORIES = (1, 2, 3, 5, 10)  # numbers of newest items that are tried besides the setting train.max_history


def tested(home: Any, name: str, student: Any, seed: int, prefix: str) -> dict[str, Any]:
    """Recall@10 and NDCG@10 of the test purchases; the validation item is part of the history.

    How many of the newest items the student reads, "history", is chosen by NDCG@10 of the validation purchases; the scores with all of
    them are stored as well, as "whole".
    """
    from next_item_scores import Cases, NextItem, measure
    from on_device_run import tokenizer_of

    from rdrec.core.settings import integer
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import load_dataset

    view, most = protocol_view(load_dataset(home, name), "clean", seed), integer("train.max_history")
    asked = [(split.shown, split.test) for split in view.splits if split.test is not None]
    held_out = [(split.train, int(split.validation)) for split in view.splits if split.validation is not None]
    net = NextItem(student, tokenizer_of(view, seed), view.item_ids, view.dataset.n_users)
    lengths = [*(length for length in HISTORIES if length < most), most]
    checked = {length: measure(net, Cases.of(held_out, length, student.device))[1] for length in lengths}
    history = max(lengths, key=lambda length: checked[length])
    found: dict[str, Any] = {f"{prefix}_users": len(asked), f"{prefix}_history": history}
    for kind, length in (("", history), ("whole_", most)):
        recall, ndcg = measure(net, Cases.of(asked, length, student.device))
        found |= {f"{prefix}_{kind}recall10": round(recall, 6), f"{prefix}_{kind}ndcg10": round(ndcg, 6)}
    return found


def quantised(setting: Setting, home: Any, name: str, run: str, seed: int) -> dict[str, Any]:
    """Bytes and measures of the saved student quantised by bitsandbytes; a sentence if that is not installed."""
    from rdrec.student.checkpoint import load_student
    from rdrec.student.quantize import PRECISIONS, quantize

    if find_spec("bitsandbytes") is None:
        return {"quantised": "bitsandbytes is not installed"}
    found = {}
    for form in PRECISIONS:
        folder = home.student(name, f"{run}-{form}")
        made = quantize(home.student(name, run), folder, form, setting.device)
        student = load_student(folder, setting.device).model
        found |= {f"{form}_bytes": made.bytes, "fp32_bytes": made.fp32_bytes, **tested(home, name, student, seed, form)}
    return found


def floors(setting: Setting, home: Any, plan: Any, settings: Any, milliseconds: float) -> dict[str, Any]:
    """Lower bounds for the time of one step: its arithmetic and bytes at the peak rates measured on this device.

    Arithmetic is counted by torch.  Bytes are only those of AdamW (weights and two moments, read and written), since activations
    could stay on the chip.
    """
    import torch
    from next_item_scores import NextItem
    from on_device import Step
    from on_device_run import OnDevicePlan, new_student
    from prefixes import Prefixes
    from torch.utils.flop_counter import FlopCounterMode

    from rdrec.core.settings import integer
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import load_dataset

    view = protocol_view(load_dataset(home, plan.data), plan.protocol, settings.seed)
    student, tokenizer, _ = new_student(view, OnDevicePlan(plan.data, plan.shape, start="random"), settings.seed)
    student.to(setting.device).train()
    prefixes = Prefixes.of(view.training_parts, integer("train.max_history"), setting.device)
    step = Step(NextItem(student, tokenizer, view.item_ids, view.dataset.n_users), prefixes, replace(settings, graph=False))
    rows = [drawn[0] for drawn in prefixes.draw(1, settings.rows, torch.Generator(setting.device).manual_seed(0))]
    with FlopCounterMode(display=False) as counter:
        step.run(rows, 0)
    operations, moved = counter.get_total_flops(), 6 * 4 * student.parameters_count
    rates = rates_of(setting)
    arithmetic = operations / rates[f"{settings.precision}_tflops"] / 1e9
    copied = moved / rates["copy_gb_per_s"] / 1e6
    return {
        "step_operations": operations, "step_bytes": moved, "rates": rates,
        "floor_operations_ms": round(arithmetic, 4), "floor_bytes_ms": round(copied, 4),
        "step_over_floor": round(milliseconds / max(arithmetic, copied), 1),
    }  # fmt: skip


@cache
def rates_of(setting: Setting) -> dict[str, Any]:
    """`ceilings` of step a, measured once per process."""
    return ceilings(setting)
