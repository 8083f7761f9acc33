"""Measurements on GPUs: gpu/results/*.json, written by `gpu/run.py`, and the csv tables in the same folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec.core.records import InputError
from rdrec.report.markdown import NOT_MEASURED, cell, code, table, titled

_TODO = "measure it again with gpu/run.py, or remove the file"
_STEPS = "[a-z].json"  # one file per step; rehearsals have longer names
_TABLES = {
    "b": (
        "Recommenders on Beauty and Toys",
        "Means over the seeds measured so far (step b), beside rules that need no training and published figures; whole catalogue, purchases in the released order.",
    )
}
_PARTS_OF_TABLES = {"published"}  # joined into b.csv by gpu/tables.py


@dataclass(frozen=True)
class Part:
    """One part of one step.  `result` is None if it failed; `error` is the reason."""

    step: str
    name: str
    card: str
    result: Mapping[str, Any] | None
    error: str = ""


@dataclass(frozen=True)
class Family:
    """Parts that form the rows of one table; columns: heading -> key of the result."""

    prefix: str
    title: str
    aid: str
    columns: Mapping[str, str]


FAMILIES = (
    Family(
        "rank-", "Ranking the whole catalogue",
        "Milliseconds per batch. *exact*: every item with its probability in one decoder pass; *top-k*: exact, only the best items; *generate, held*: "
        "transformers' `generate` with 20 beams and `prefix_allowed_tokens_fn`; *masked beams*: beams with a trie mask computed on the device; "
        "*released way*: the search of the released program. *speed-up*: generate, held over exact. *error*: largest difference from brute force.",
        {"form": "precision", "users": "users", "items": "items", "exact": "tree_ms", "top-k": "topk_ms", "generate, held": "hf_constrained_beam_ms",
         "masked beams": "hf_masked_beam_ms", "released way": "released_way_ms", "speed-up": "speedup_tree_vs_hf_constrained",
         "over masked beams": "speedup_tree_vs_hf_masked", "error": "max_abs_error_vs_brute_force", "peak MB": "peak_memory_mb"},
    ),
    Family(
        "train-", "Training steps",
        "Samples per second: batches of one task and similar length, compared with one mixed padded batch of the same rows.",
        {"form": "precision", "rows per batch": "rows", "ours": "ours_samples_per_s", "mixed, padded": "mixed_padded_samples_per_s",
         "speed-up": "speedup", "peak MB": "peak_memory_mb"},
    ),
    Family(
        "sasrec-", "SASRec on real data",
        "Test purchase of every user, ranked in the whole catalogue without items bought before; one row per seed.",
        {"users": "test_users", "HR@10": "test_recall10", "NDCG@10": "test_ndcg10"},
    ),
    Family(
        "t5-", "T5 students on real data",
        "Trained for the next purchase on the device and ranked like SASRec; *best*: steps until the best validation NDCG@10; *NF4*, *int8*: NDCG@10 of "
        "the quantised student; *over the floor*: time of a step divided by the time that its arithmetic takes at the peak rate.",
        {"users": "test_users", "rows seen": "rows", "best": "best_steps", "validation": "validation_ndcg10", "HR@10": "test_recall10",
         "NDCG@10": "test_ndcg10", "NF4": "nf4_ndcg10", "int8": "int8_ndcg10", "ms per step": "step_ms", "over the floor": "step_over_floor"},
    ),
    Family(
        "teacher-", "A language model reads reviews",
        "One row per job; *cut*: answers that reached the token limit; seconds include processing the prompts but not loading the model.",
        {"reviews": "reviews", "seconds": "seconds", "prompt tokens": "prompt_tokens", "answer tokens": "answer_tokens", "cut": "cut",
         "loading (s)": "load_seconds", "peak MB": "peak_memory_mb"},
    ),
)  # fmt: skip


def section(folder: Path) -> list[str]:
    """Every part with its GPU, without rehearsals.  Raises InputError for a file that cannot be read."""
    lines = ["## On a GPU", ""]
    files = sorted(folder.glob(_STEPS))
    parts = [part for path in files for part in _parts(path)]
    tables = sorted(path for path in folder.glob("*.csv") if path.stem not in _PARTS_OF_TABLES)
    if not parts and not tables:
        return [*lines, "No measurement is stored.", ""]
    lines += ["From `gpu/results`; `gpu/README.md` describes what each step measures and how to run it.", ""]
    known: set[str] = set()
    for family in FAMILIES:
        members = [
            part
            for part in parts
            if part.name.startswith(family.prefix) and part.result is not None and family.columns.values() & part.result.keys()
        ]
        known |= {part.name for part in members}
        if members:
            lines += [f"### {family.title}", "", family.aid, "", *_family(family, members)]
    if others := [part for part in parts if part.name not in known]:
        lines += ["### Other parts", "", *_others(others)]
    for path in tables:
        title, aid = _TABLES.get(
            path.stem, (cell(path.stem), f"As stored in {code(path.name)}; that file does not name its GPU.")
        )
        lines += [f"### {title}", "", aid, "", *_csv(path)]
    return lines


def _parts(path: Path) -> Iterable[Part]:
    try:
        found = json.loads(path.read_text("utf-8"))
        return [
            Part(path.stem, name, str(raw["machine"].get("card", "no card")), raw.get("result"), str(raw.get("error", "")))
            for name, raw in found.items()
        ]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"these results cannot be read ({error!r})", where=path, todo=_TODO) from None


def _family(family: Family, parts: Sequence[Part]) -> list[str]:
    columns = {
        head: key
        for head, key in family.columns.items()
        if any(key in part.result for part in parts if part.result is not None)
    }
    rows = [
        [code(part.name), *(_value((part.result or {}).get(key)) for key in columns.values()), cell(part.card)]
        for part in parts
    ]
    return table(["part", *columns, "card"], rows)


def _others(parts: Sequence[Part]) -> list[str]:
    rows = [[cell(part.step), code(part.name), _stored(part), cell(part.card)] for part in parts]
    title = "One row per part, with all stored results, or the reason for the failure."
    return titled(title, ["step", "part", "result", "card"], rows)


def _stored(part: Part) -> str:
    if part.result is None:
        last = part.error.strip().splitlines()[-1:] or ["no reason stored"]
        return f"failed: {cell(last[0][:200])}"
    return "; ".join(f"{cell(key)} {_value(value)}" for key, value in _flat(part.result))


def _flat(result: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in result.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key} ")
        else:
            yield f"{before}{key}", value


def _value(value: Any) -> str:
    if value is None:
        return NOT_MEASURED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cell(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def _csv(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"this table cannot be read ({error})", where=path, todo=_TODO) from None
    if wrong := next((number for number, row in enumerate(rows, 2) if len(row) != len(head)), None):
        raise InputError(f"line {wrong} has a different number of fields from the first", where=path, todo=_TODO)
    return table([cell(name) for name in head], [[cell(value) or NOT_MEASURED for value in row] for row in rows])
