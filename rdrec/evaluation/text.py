"""What students write about held-out purchases, measured: explanations, preferences, attributes.

In: loaded students, a `ProtocolView`, rationales by teacher.  Out: a `text-evaluation` artefact and its tables.  It ranks nothing.

A seeded sample of the test interactions with a review.  References, cut to the tokens that a target has in training: the
explanation of the interaction, or the two sentences of the student's own teacher about it.  Sources for grounding: of an explanation the
held-out review; of a preference the user's training reviews, of attributes the item's: what the student could know.  Beside
the students a floor without a model, sentences of the same task drawn from training; and the references themselves, which say
how far grounding can get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.core.storage import new_artefact, write_table
from rdrec.data.splits import ProtocolView
from rdrec.evaluation import text_metrics as metrics
from rdrec.evaluation.metrics import mean_interval
from rdrec.evaluation.run import own_view
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent
from rdrec.student.sampling import text_rows
from rdrec.student.tasks import RATIONALE_TASKS, Task

KIND = "text-evaluation"
FLOOR, CEILING = "drawn from training", "the reference itself"
TEXT_TASKS = (Task.EXPLANATION, *RATIONALE_TASKS)
TOGETHER = 64  # sentences generated at once
_STREAM = 5  # of the seed: which interactions, whose source instead, which training sentences


@dataclass(frozen=True)
class Cases:
    """The cases of one task and teacher, one row each: user, item, reference, feature (str or None), source ("" if there is none)."""

    task: Task
    told_by: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Written:
    """table: one row a model, task, metric and seed; sentences: one row a model and case."""

    table: pd.DataFrame
    sentences: pd.DataFrame


def measure(
    view: ProtocolView,
    students: Sequence[tuple[str, LoadedStudent]],
    rationales: Mapping[str, pd.DataFrame],
    sample: int,
    folder: Path,
    data_sha256: str,
) -> Written:
    """Generate, measure and save.  rationales: teacher -> table, of every teacher that a student learned from.

    Raises InputError where no student has a text task, and where fewer than two held-out purchases have a text to compare with.
    """
    held_out = _sample(view, sample)
    features = metrics.Features(view.dataset.interactions["feature"].dropna().unique())
    table: list[dict[str, object]] = []
    sentences = []
    floors: set[tuple[Task, str]] = set()
    for name, loaded in students:
        recommender = Recommender(loaded, own_view(loaded, view, name).item_ids)
        for task in (task for task in TEXT_TASKS if task.key in loaded.card.tasks):
            cases = _cases(view, held_out, task, loaded.card.teacher, rationales)
            cut = _cutter(loaded)
            references = [cut(text) for text in cases.rows["reference"]]
            written = [(name, _generate(recommender, cases, name))]
            if (task, cases.told_by) not in floors:
                floors.add((task, cases.told_by))
                written += [(FLOOR, [cut(text) for text in _floor(view, cases, rationales)]), (CEILING, references)]
            for model, said in written:
                stamp = {"model": model, "task": task.key, "reference": cases.told_by}
                for metric, values in _measured(said, references, cases, features, view.seed).items():
                    table.append(stamp | {"metric": metric} | values | {"protocol": view.protocol, "seed": view.seed})
                shown = cases.rows[["user", "item"]].assign(**stamp, text=said, said=references)
                sentences.append(shown.rename(columns={"reference": "told_by", "said": "reference"}))
    if not table:
        raise InputError("none of these students learned to write", todo="name a student of a data set with review text")
    found = Written(pd.DataFrame(table), pd.concat(sentences, ignore_index=True))
    meta = {
        "data": view.dataset.name, "data_sha256": data_sha256, "protocol": view.protocol, "seed": view.seed,
        "sample": len(held_out), "cut": view.cut_facts(),
    }  # fmt: skip
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(found.table, temporary / "text.parquet")
        write_table(found.sentences, temporary / "sentences.parquet")
        (temporary / "text.md").write_text(as_text(found.table) + "\n", "utf-8")
    return found


def _sample(view: ProtocolView, size: int) -> pd.DataFrame:
    rows = view.text_rows("test")
    if len(rows) < 2:
        raise InputError(
            f"{len(rows)} held-out purchases have a review, and sentences cannot be compared",
            where=view.dataset.name,
            todo="import a set with review text",
        )
    chosen = np.random.default_rng([view.seed, _STREAM]).permutation(len(rows))[:size]
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)


def _cases(
    view: ProtocolView, held_out: pd.DataFrame, task: Task, teacher: str | None, rationales: Mapping[str, pd.DataFrame]
) -> Cases:
    """The sampled purchases of which somebody said what the task asks for."""
    rows = held_out[["user", "position", "item", "review", "feature"]]
    if task is Task.EXPLANATION:
        told_by, rows = "reviews", rows.assign(reference=held_out["explanation"], source=held_out["review"])
    else:
        assert teacher is not None, "a student with rationale tasks has a teacher"
        told = rationales[teacher]
        told = told.loc[told["status"] == "ok", ["user", "position", task.key]].rename(columns={task.key: "reference"})
        by = "user" if task is Task.USER_PREFERENCE else "item"
        known = view.text_rows("train").groupby(by)["review"].agg("\n".join)
        told_by, rows = teacher, rows.merge(told, on=["user", "position"], how="left")
        rows["source"] = rows[by].map(known).fillna("")
    rows = rows[rows["reference"].notna()].reset_index(drop=True)
    if len(rows) < 2:
        raise InputError(
            f"{len(rows)} of the sampled purchases have a {task.key} by {told_by} to compare with",
            where=view.dataset.name,
            todo="use a larger --sample, or distil all reviews",
        )
    rows["feature"] = rows["feature"].astype(object).where(rows["feature"].notna(), None)
    return Cases(task, told_by, rows)


def _cutter(loaded: LoadedStudent) -> Callable[[str], str]:
    """Cuts a text as targets are cut in training, so that nothing is asked for that a student may not say."""
    limit, tokenizer = integer("train.max_target_tokens"), loaded.tokenizer
    return lambda text: tokenizer.decode(tokenizer.encode_target(text, limit))


def _generate(recommender: Recommender, cases: Cases, name: str) -> list[str]:
    users, items = cases.rows["user"].tolist(), cases.rows["item"].tolist()
    said: list[str] = []
    with tqdm(total=len(users), desc=f"{name} {cases.task.key}", unit="sentence", leave=False, disable=None) as bar:
        for start in range(0, len(users), TOGETHER):
            part = slice(start, start + TOGETHER)
            said += recommender.texts(cases.task, users[part], items[part])
            bar.update(len(users[part]))
    return said


def _floor(view: ProtocolView, cases: Cases, rationales: Mapping[str, pd.DataFrame]) -> list[str]:
    """For each case a sentence of its task from training, at random."""
    variant = "baseline" if cases.task is Task.EXPLANATION else "rdrec"
    known = text_rows(view, rationales.get(cases.told_by), variant, "train", view.seed).of(cases.task)
    rng = np.random.default_rng([view.seed, _STREAM, 1])
    return [known[place][2] for place in rng.integers(len(known), size=len(cases.rows))]


def _measured(
    said: Sequence[str], references: Sequence[str], cases: Cases, features: metrics.Features, seed: int
) -> dict[str, dict[str, object]]:
    """metric -> value, low, high (none for measures of the whole corpus), sentences."""
    found = {f"BLEU-{order}": _whole(metrics.bleu(said, references, order), len(said)) for order in (1, 4)}
    found |= {name: _mean(values) for name, values in metrics.rouge(said, references).items()}
    found["USR"] = _whole(metrics.usr(said), len(said))
    truth = cases.rows["feature"].tolist()
    if len(features):
        named = [features.within(sentence) for sentence in said]
        if any(feature is not None for feature in truth):
            found["FMR"] = _mean(metrics.fmr(named, truth))
        found["FCR"] = _whole(metrics.fcr(named, len(features)), len(said))
        found["DIV"] = _whole(metrics.div(named), len(said))
    sources = np.array(cases.rows["source"].tolist(), dtype=object)
    has = np.flatnonzero(sources != "")
    if len(has) < 2:
        return found
    kept, own = [said[int(place)] for place in has], sources[has].tolist()
    ring = np.random.default_rng([seed, _STREAM, 2]).permutation(len(has))
    other = np.empty_like(ring)
    other[ring] = np.roll(ring, 1)  # everybody has the source of one other
    others = [own[place] for place in other]
    mine, theirs = metrics.grounded(kept, own), metrics.grounded(kept, others)
    found["grounded"], found["grounded in another's"] = _mean(mine), _mean(theirs)
    found["grounding AUC"] = _whole(metrics.auc(mine, theirs), len(kept))
    found["copied"] = _mean(metrics.copied(kept, own))
    return found


def _whole(value: float, sentences: int) -> dict[str, object]:
    return {"value": value, "low": np.nan, "high": np.nan, "sentences": sentences}


def _mean(values: np.ndarray) -> dict[str, object]:
    mean, low, high = mean_interval(values)
    return {"value": mean, "low": low, "high": high, "sentences": len(values)}


def as_text(table: pd.DataFrame) -> str:
    """One Markdown table a task; 95 % intervals over sentences where a measure is a mean of them."""
    first = table.iloc[0]
    lines = [
        f"protocol {first['protocol']}, seed {first['seed']}; 95 % bootstrap intervals over sentences, none for measures of the whole "
        f"corpus. '{FLOOR}' and '{CEILING}': no model. One seed: nothing here speaks of other training runs."
    ]
    for task, group in table.groupby("task", sort=False):
        columns = list(dict.fromkeys(group["metric"]))
        lines += ["", f"{task}, {group['sentences'].max()} sentences", ""]
        lines += ["| model | reference | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
        for (model, told_by), rows in group.groupby(["model", "reference"], sort=False):
            values = rows.set_index("metric")
            cells = [_cell(values.loc[name]) if name in values.index else "–" for name in columns]
            lines.append(f"| {model} | {told_by} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    value = f"{row['value']:.3f}"
    return value if np.isnan(row["low"]) else f"{value} ({row['low']:.3f} to {row['high']:.3f})"
