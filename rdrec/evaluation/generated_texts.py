"""Measure the texts that students generate for held-out purchases: explanations, preferences and attributes.

The cases are a seeded sample of the test interactions with a review.

    references  the explanation of the interaction, or the sentences of the student's own teacher about it, truncated like training
                targets
    sources     what a text should be grounded in: for an explanation the held-out review; for a preference the user's training
                reviews, and for attributes the item's, because the student cannot know more

Two models without training are measured too: random sentences of the same task from training as a floor, and the references themselves,
which show how much grounding is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.core.markdown import table_lines
from rdrec.core.records import InputError, plural
from rdrec.core.settings import integer
from rdrec.core.storage import new_artefact, write_table
from rdrec.data.splits import ProtocolView
from rdrec.evaluation import text_metrics as metrics
from rdrec.evaluation.manipulation_check import write_texts
from rdrec.evaluation.metrics import exchanged, mean_interval
from rdrec.evaluation.run import view_for
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent
from rdrec.student.sampling import text_rows
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.teachers.measure import auc

KIND = "text-evaluation"
FLOOR, CEILING = "drawn from training", "the reference itself"
TEXT_TASKS = (Task.EXPLANATION, *RATIONALE_TASKS)
_STREAM = 5  # random stream for the sample, the exchanged sources and the training sentences


@dataclass(frozen=True)
class Cases:
    """The cases of one task and teacher.

    reference_source  who wrote the references: "reviews" or a teacher
    rows              one per case: user, item, reference, feature (str or None), source ("" if there is none)
    """

    task: Task
    reference_source: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Written:
    """table: one row per model, task, metric and seed; sentences: one row per model and case."""

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
    """Generate texts with each student, measure them, and save the tables in `folder`.

    rationales  by teacher, for every teacher from which a student learned
    sample      number of test interactions
    Raises InputError if no student has a text task, and if fewer than two held-out purchases have a reference.
    """
    held_out = _sample(view, sample)
    features = metrics.Features(view.dataset.interactions["feature"].dropna().unique())
    table: list[dict[str, object]] = []
    sentences = []
    floors: set[tuple[Task, str]] = set()
    for name, loaded in students:
        recommender = Recommender(loaded, view_for(loaded, view, name).item_ids)
        for task in (task for task in TEXT_TASKS if task.key in loaded.card.tasks):
            cases = _cases(view, held_out, task, loaded.card.teacher, rationales)
            cut = _cutter(loaded)
            references = [cut(text) for text in cases.rows["reference"]]
            asked = list(zip(cases.rows["user"].tolist(), cases.rows["item"].tolist(), strict=True))
            written = [(name, write_texts(recommender, task, asked, f"{name} {task.key}"))]
            if (task, cases.reference_source) not in floors:
                floors.add((task, cases.reference_source))
                written += [(FLOOR, [cut(text) for text in _floor(view, cases, rationales)]), (CEILING, references)]
            for model, texts in written:
                own = {"model": model, "task": task.key}
                for metric, values in _measured(texts, references, cases, features, view.seed).items():
                    row = own | {"reference": cases.reference_source, "metric": metric} | values
                    table.append(row | {"protocol": view.protocol, "seed": view.seed})
                named = own | {"reference_source": cases.reference_source}
                sentences.append(cases.rows[["user", "item"]].assign(**named, text=texts, reference=references))
    if not table:
        raise InputError("none of these students has a text task", todo="name a student of a data set with review text")
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
            f"{plural(len(rows), 'held-out purchase')} with a review are too few to compare sentences",
            where=view.dataset.name,
            todo="import a set with review text",
        )
    chosen = np.random.default_rng([view.seed, _STREAM]).permutation(len(rows))[:size]
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)


def _cases(
    view: ProtocolView, held_out: pd.DataFrame, task: Task, teacher: str | None, rationales: Mapping[str, pd.DataFrame]
) -> Cases:
    """The sampled purchases for which there is a reference for the task."""
    rows = held_out[["user", "position", "item", "review", "feature"]]
    if task is Task.EXPLANATION:
        reference_source, rows = "reviews", rows.assign(reference=held_out["explanation"], source=held_out["review"])
    else:
        assert teacher is not None, "a student with rationale tasks has a teacher"
        table = rationales[teacher]
        references = table.loc[table["status"] == "ok", ["user", "position", task.key]].rename(columns={task.key: "reference"})
        by = "user" if task is Task.USER_PREFERENCE else "item"
        training_reviews = view.text_rows("train").groupby(by)["review"].agg("\n".join)
        reference_source, rows = teacher, rows.merge(references, on=["user", "position"], how="left")
        rows["source"] = rows[by].map(training_reviews).fillna("")
    rows = rows[rows["reference"].notna()].reset_index(drop=True)
    if len(rows) < 2:
        raise InputError(
            f"{plural(len(rows), 'sampled purchase')} with a {task.key} by {reference_source} are too few to compare sentences",
            where=view.dataset.name,
            todo="use a larger --sample, or distil all reviews",
        )
    rows["feature"] = rows["feature"].astype(object).where(rows["feature"].notna(), None)
    return Cases(task, reference_source, rows)


def _cutter(loaded: LoadedStudent) -> Callable[[str], str]:
    """A function that truncates a text like a training target, so that references are no longer than what a student can generate."""
    limit, tokenizer = integer("train.max_target_tokens"), loaded.tokenizer
    return lambda text: tokenizer.decode(tokenizer.encode_target(text, limit))


def _floor(view: ProtocolView, cases: Cases, rationales: Mapping[str, pd.DataFrame]) -> list[str]:
    """For each case a random sentence of its task from training."""
    variant = "baseline" if cases.task is Task.EXPLANATION else "rdrec"
    training = text_rows(view, rationales.get(cases.reference_source), variant, "train", view.seed).of(cases.task)
    rng = np.random.default_rng([view.seed, _STREAM, 1])
    return [training[index][2] for index in rng.integers(len(training), size=len(cases.rows))]


def _measured(
    texts: Sequence[str], references: Sequence[str], cases: Cases, features: metrics.Features, seed: int
) -> dict[str, dict[str, object]]:
    """By metric: value, low, high (NaN for measures of the whole corpus), and number of sentences."""
    found = {f"BLEU-{order}": _whole(metrics.bleu(texts, references, order), len(texts)) for order in (1, 4)}
    found |= {name: _mean(values) for name, values in metrics.rouge(texts, references).items()}
    found["USR"] = _whole(metrics.usr(texts), len(texts))
    truth = cases.rows["feature"].tolist()
    if len(features):
        named = [features.within(sentence) for sentence in texts]
        if any(feature is not None for feature in truth):
            found["FMR"] = _mean(metrics.fmr(named, truth))
        found["FCR"] = _whole(metrics.fcr(named, len(features)), len(texts))
        found["DIV"] = _whole(metrics.div(named), len(texts))
    sources = np.array(cases.rows["source"].tolist(), dtype=object)
    has = np.flatnonzero(sources != "")
    if len(has) < 2:
        return found
    with_source, own = [texts[int(index)] for index in has], sources[has].tolist()
    others = [own[index] for index in exchanged(len(has), np.random.default_rng([seed, _STREAM, 2]))]
    in_own, in_others = metrics.grounded(with_source, own), metrics.grounded(with_source, others)
    found["grounded"], found["grounded in another's"] = _mean(in_own), _mean(in_others)
    separation = auc(in_own, in_others)
    assert separation is not None, "there are at least two texts here"
    found["grounding AUC"] = _whole(separation, len(with_source))
    found["copied"] = _mean(metrics.copied(with_source, own))
    return found


def _whole(value: float, sentences: int) -> dict[str, object]:
    return {"value": value, "low": np.nan, "high": np.nan, "sentences": sentences}


def _mean(values: np.ndarray) -> dict[str, object]:
    mean, low, high = mean_interval(values)
    return {"value": mean, "low": low, "high": high, "sentences": len(values)}


def as_text(table: pd.DataFrame) -> str:
    """One Markdown table per task, with 95 % intervals over sentences for measures that are means over sentences."""
    first = table.iloc[0]
    lines = [
        f"protocol {first['protocol']}, seed {first['seed']}; 95 % bootstrap intervals over sentences, none for measures of the whole "
        f"corpus. '{FLOOR}' and '{CEILING}': no model. One seed says nothing about other training runs."
    ]
    for task, group in table.groupby("task", sort=False):
        columns = list(dict.fromkeys(group["metric"]))
        lines += ["", f"{task}, {group['sentences'].max()} sentences", ""]
        body = []
        for (model, reference_source), rows in group.groupby(["model", "reference"], sort=False):
            values = rows.set_index("metric")
            cells = [_cell(values.loc[name]) if name in values.index else "–" for name in columns]
            body.append([model, reference_source, *cells])
        lines += table_lines(["model", "reference", *columns], body)
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    value = f"{row['value']:.3f}"
    return value if np.isnan(row["low"]) else f"{value} ({row['low']:.3f} to {row['high']:.3f})"
