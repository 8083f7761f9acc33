"""Compare a student in fp32, bf16, int8 and NF4: rankings, accuracy, size and speed.

Each form of the student ranks the same users.  Compared are the rankings of the items that compete: all items that the user has not
bought (sequential), or the 100 candidates (topn).

    agreement    share of users whose best item is the same as in fp32; items with equal scores are ordered by their numbers
    overlap      share of the ten best items of fp32 that are also among the ten best of the form; mean over users
    correlation  Spearman's rho between the two rankings; mean over users; tied items share their mean rank

bf16 is converted from the fp32 files on loading, so it has their size on disk.  A quantised student that was made from the same weights
is measured as stored; if there is none, a temporary one is made.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import stats

from rdrec.core.home import Home
from rdrec.core.markdown import table_lines
from rdrec.core.records import InputError
from rdrec.core.storage import new_artefact, scratch_folder, write_table
from rdrec.core.vocabulary import PRECISIONS, TASKS
from rdrec.data.cases import Case, cases
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import Places, mean_interval, per_user, place_among
from rdrec.evaluation.ranking import batches, student_scores, top_of
from rdrec.evaluation.run import check_compatible, view_for
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, load_student, read_card
from rdrec.student.quantize import PRECISIONS as QUANTISED
from rdrec.student.quantize import memory_bytes, quantize, weight_bytes

KIND = "precision"
TOP = 10
MEANS = {"agreement": "same_best", "overlap": "overlap", "correlation": "correlation"}  # column of the table, field
METRICS = {"hr10": "HR@10", "ndcg10": "NDCG@10"}
TIMED_USERS = 15  # the median of fewer timings is not stable
WARM_UP = 3  # rankings before timing starts, because the first ones also allocate memory

# the design's targets for an NF4 student, relative to fp32
NF4_BYTES, NF4_OVERLAP, NF4_NDCG = 0.25, 0.95, 0.01


@dataclass(frozen=True)
class Form:
    """One student in one precision.  stored: the name of the quantised student in the home, or "" if it was made for this comparison."""

    precision: str
    loaded: LoadedStudent
    disk_bytes: int
    stored: str = ""


@dataclass(frozen=True)
class Compared(Places):
    """One form compared with fp32, one row per case: whether the best item is the same, share of the top items, Spearman's rho."""

    same_best: np.ndarray
    overlap: np.ndarray
    correlation: np.ndarray


def measure(
    home: Home,
    view: ProtocolView,
    runs: Sequence[str],
    precisions: Sequence[str],
    folder: Path,
    *,
    data_sha256: str,
    device: str,
    batch_users: int,
) -> pd.DataFrame:
    """Compare each fp32 student in `runs` with its other forms; save `precision.parquet` in `folder`.

    Returns one row per student, precision and task.
    Raises InputError for an unknown precision, for a quantised student, and for one of another protocol or seed.
    """
    if unknown := [name for name in precisions if name not in PRECISIONS]:
        raise InputError(f"unknown precision {unknown[0]!r}", todo=f"use {', '.join(PRECISIONS)}")
    data = view.dataset.name
    wanted = [name for name in PRECISIONS if name == "fp32" or name in precisions]
    sources = {run: home.require(home.student(data, run), "student", f"python -m rdrec train --data {data}") for run in runs}
    for run, source in sources.items():
        card, _ = read_card(source)
        check_compatible(card, view, run)
        if card.precision != "fp32":
            raise InputError(
                f"this student is {card.precision}, not fp32", where=run, todo="name the fp32 student it was made from"
            )
    rows = []
    for run, source in sources.items():
        with student_forms(source, wanted, device, data_sha256) as forms:
            rows += _rows(run, forms, view, batch_users)
    frame = pd.DataFrame(rows)
    meta = {"data": data, "data_sha256": data_sha256, "protocol": view.protocol, "seed": view.seed, "cut": view.cut_facts()}
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(frame, temporary / "precision.parquet")
    return frame


@contextmanager
def student_forms(source: Path, precisions: Sequence[str], device: str, data_sha256: str | None = None) -> Iterator[list[Form]]:
    """The student in `source`, loaded in each precision.  Temporary quantised students are deleted after the block."""
    sha256 = read_card(source)[1].sha256
    with scratch_folder(source) as temporary:
        forms = []
        for precision in precisions:
            folder, stored, dtype = source, "", torch.bfloat16 if precision == "bf16" else torch.float32
            if precision in QUANTISED:
                folder = source.with_name(f"{source.name}-{precision}")
                stored = folder.name if _made_from(folder, sha256) else ""
                if not stored:
                    folder = temporary / precision
                    quantize(source, folder, precision, device)
            loaded = load_student(folder, device, data_sha256=data_sha256, dtype=dtype)
            forms.append(Form(precision, loaded, weight_bytes(folder), stored))
        yield forms


def compare(forms: Sequence[Recommender], asked: Sequence[Case], task: str, *, batch_users: int) -> list[Compared]:
    """Rank every case with every form and compare it with the first form.  Returns one `Compared` per form, the first included."""
    found = [
        Compared(*(np.zeros(len(asked), kind) for kind in (int, int, bool, float, float))) for _ in forms
    ]  # all forms rank one batch before the next, because complete rankings of all users would not fit in memory
    for chunk in batches(asked, f"compare {task}", batch_users):
        scores = [student_scores(form, [asked[index] for index in chunk], task) for form in forms]  # (B, I + 1) each
        for row, index in enumerate(chunk):
            compete = asked[index].compete
            reference = scores[0][row][compete]
            top = top_of(reference, compete, TOP)
            for one, form_scores in zip(found, scores, strict=True):
                own = form_scores[row][compete]
                one.above[index], one.tied[index] = place_among(own, compete, asked[index].truth)
                own_top = top_of(own, compete, TOP)
                one.same_best[index] = own_top[0] == top[0]
                one.overlap[index] = np.isin(top, own_top).mean()
                one.correlation[index] = spearman(reference, own)
    return found


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Rank correlation of two lists of scores (C,); 0 if one of them ties all items and the other does not."""
    if np.array_equal(one, other):
        return 1.0
    if one.max() == one.min() or other.max() == other.min():
        return 0.0
    return float(stats.spearmanr(one, other).statistic)


def milliseconds(forms: Sequence[Recommender], asked: Sequence[Case], task: str) -> list[float]:
    """Median time to rank one user with each form, in milliseconds.  Forms take turns, so that other load on the machine affects all
    of them alike."""
    users = [asked[index] for index in np.linspace(0, len(asked) - 1, WARM_UP + TIMED_USERS).astype(int)]
    taken: list[list[float]] = [[] for _ in forms]
    for case in users:
        for form, times in zip(forms, taken, strict=True):
            began = time.perf_counter()
            student_scores(form, [case], task)
            times.append((time.perf_counter() - began) * 1000)
    return [median(times[WARM_UP:]) for times in taken]


def _rows(run: str, forms: Sequence[Form], view: ProtocolView, batch_users: int) -> list[dict[str, object]]:
    """One row per form and task, each with protocol and seed."""
    memory = [memory_bytes(form.loaded.model) for form in forms]
    recommenders = [Recommender(form.loaded, view_for(form.loaded, view, run).item_ids) for form in forms]
    rows: list[dict[str, object]] = []
    for task in TASKS:
        asked = cases(view, task)
        compared = compare(recommenders, asked, task, batch_users=batch_users)
        times = milliseconds(recommenders, asked, task)
        for form, one, in_memory, taken in zip(forms, compared, memory, times, strict=True):
            row: dict[str, object] = {"model": run, "precision": form.precision, "task": task, "stored": form.stored}
            row |= {name: float(getattr(one, field).mean()) for name, field in MEANS.items()}
            for column, metric in METRICS.items():
                values = per_user(metric, one)
                change, low, high = mean_interval(values - per_user(metric, compared[0]))  # over users
                row |= {column: float(values.mean()), f"{column}_change": change}
                row |= {f"{column}_low": low, f"{column}_high": high}
            row |= {"disk_bytes": form.disk_bytes, "share": form.disk_bytes / forms[0].disk_bytes, "memory_bytes": in_memory}
            row |= {"milliseconds": taken, "device": form.loaded.device.split(":")[0], "users": len(asked)}
            rows.append(row | {"protocol": view.protocol, "seed": view.seed})
    return rows


def _made_from(folder: Path, source_sha256: str) -> bool:
    """Whether `folder` has a quantised student made from the fp32 student with that hash."""
    return (folder / "manifest.json").is_file() and read_card(folder)[0].source_sha256 == source_sha256


def as_text(frame: pd.DataFrame) -> str:
    """The table as Markdown, and one sentence per NF4 student about the design's targets."""
    first = frame.iloc[0]
    head = [
        "student",
        "precision",
        "task",
        "same best",
        "top-10 overlap",
        "rank correlation",
        "HR@10",
        "change",
        "NDCG@10",
        "change",
    ]
    lines = [
        f"protocol {first['protocol']}, seed {first['seed']}, {first['users']} users, all compared with fp32; change with its "
        f"95 % bootstrap interval over users; ms: median of {TIMED_USERS} single users on {first['device']}",
    ]
    body = []
    for row in frame.to_dict("records"):
        cells = [row["model"], row["precision"], row["task"], *(f"{row[name]:.3f}" for name in MEANS)]
        for name in METRICS:
            low, high = row[f"{name}_low"], row[f"{name}_high"]
            cells += [f"{row[name]:.4f}", f"{row[f'{name}_change']:+.4f} ({low:+.4f} to {high:+.4f})"]
        cells += [f"{row['disk_bytes'] / 1e6:.2f}", f"{row['share']:.4f}", f"{row['memory_bytes'] / 1e6:.2f}"]
        body.append([*cells, f"{row['milliseconds']:.1f}"])
    lines += table_lines([*head, "MB on disk", "of fp32", "MB in memory", "ms a user"], body)
    stored = [name for name in frame["stored"].unique() if name]
    lines.append(
        f"\nbf16 is converted from the fp32 files on loading.  Stored: {', '.join(stored) or 'none'}; the others were made for this table."
    )
    for model, group in frame[frame["precision"] == "nf4"].groupby("model", sort=False):
        faults = nf4_faults(group.to_dict("records"))
        asked = f"at most {NF4_BYTES} of fp32 in bytes, overlap at least {NF4_OVERLAP}, NDCG@10 within {NF4_NDCG:.0%}"
        lines.append(
            f"{model} in NF4 {'misses' if faults else 'meets'} the targets for NF4 ({asked}){': ' * bool(faults)}{'; '.join(faults)}."
        )
    return "\n".join(lines)


def nf4_faults(rows: Sequence[Mapping[Hashable, Any]]) -> list[str]:
    """Which of the design's targets an NF4 student misses, in words; rows: one per task.

    A change of NDCG@10 is within chance if its interval over users contains 0.
    """
    faults = [f"{rows[0]['share']:.4f} of fp32 in bytes"] if rows[0]["share"] > NF4_BYTES else []
    for row in rows:
        if row["overlap"] < NF4_OVERLAP:
            faults.append(f"{row['task']} overlap {row['overlap']:.3f}")
        change, full = row["ndcg10_change"], row["ndcg10"] - row["ndcg10_change"]
        if abs(change) > NF4_NDCG * full:
            share = f"{change / full:+.1%}" if full else f"{change:+.4f}"
            chance = ", within chance" if row["ndcg10_low"] <= 0 <= row["ndcg10_high"] else ""
            faults.append(f"{row['task']} NDCG@10 {share}{chance}")
    return faults
