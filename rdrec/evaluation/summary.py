"""Evaluations as Markdown: accuracy and beyond, whether the students learned their rationales, differences over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.markdown import table_lines
from rdrec.core.vocabulary import ANY_PROTOCOL, TASKS, TEMPORAL
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.time_cut import facts_in_words
from rdrec.evaluation.metrics import METRICS
from rdrec.evaluation.multi_seed import CONTRASTS, Evidence
from rdrec.evaluation.outcomes import check_of, nats, sentence, shares, verdict, verdict_of_pair

BEYOND = {
    "coverage": "coverage@10", "popularity": "popularity@10", "novelty": "novelty@10", "similarity": "similarity@10",
    "top_share": "top products@10",
}  # fmt: skip
_SHARES = ("coverage", "top_share")
_MISSING = "–"


def as_text(rows: pd.DataFrame, beyond: pd.DataFrame, checks: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """One evaluation, one line per model and task.  meta: of the artefact."""
    first, cut = rows.iloc[0], meta["cut"]
    lines = [
        f"protocol {meta['protocol']}, seed {first['seed']}, {first['users']} users; 95 % bootstrap intervals over users for HR@10. "
        "One seed says nothing about other training runs (evaluate two seeds or more, then use --gather).",
        f"Order of purchases: {meta['ties']}." if cut is None else f"Order of purchases: {meta['ties']}. {facts_in_words(cut)}",
        *([f"Data: {meta['world']}."] if meta["world"] else []),
        *(
            [f"Protocol {ANY_PROTOCOL}: plain item indices, the same under every protocol except {TEMPORAL}."]
            if cut is None
            else []
        ),
        *beyond_in_words(beyond, meta["attributes"]),
        "",
    ]
    body: list[list[object]] = []
    further = {row["model"]: row for row in beyond.to_dict("records")}
    for (model, task), group in rows.groupby(["model", "task"], sort=False):
        values = group.set_index("metric")
        hit = values.loc["HR@10"]
        numbers = [f"{float(value):.4f}" for value in values.loc[list(METRICS), "value"]]
        shown = beyond_cells(further.get(model, {})) if task == TASKS[0] else [""] * len(BEYOND)
        named = [f"{model!s}{_described(group.iloc[0])}", str(task), hit["protocol"]]
        body.append([*named, *numbers, f"{hit['low']:.4f} to {hit['high']:.4f}", *shown])
    head = ["model", "task", "protocol", *METRICS, "HR@10 interval", *BEYOND.values()]
    return "\n".join([*lines, *table_lines(head, body), *checks_as_text(checks)])


def evidence_as_text(found: Evidence, meta: Mapping[str, Any]) -> str:
    """Evidence from several seeds: runs, checks and differences, with separate ranges over users and over seeds."""
    cells = {(row["method"], row["task"], row["metric"], row["seed"]): row["value"] for row in found.runs.to_dict("records")}
    seeds = list(dict.fromkeys(found.runs["seed"]))
    cut = meta["cut"]
    lines = [
        f"each cell: the results with seeds {', '.join(map(str, seeds))}, and their mean and standard deviation",
        "",
        f"protocol {meta['protocol']}; order of purchases: {meta['ties']}.{'' if cut is None else ' ' + facts_in_words(cut)}",
        *([f"Data: {meta['world']}."] if meta.get("world") else []),
        *beyond_in_words(found.beyond, str(meta.get("attributes"))),
        "",
    ]
    body = []
    further = {
        row["method"]: row for row in found.beyond.groupby("method", as_index=False).mean(numeric_only=True).to_dict("records")
    }
    for method, task in dict.fromkeys((key[0], key[1]) for key in cells):
        values = [[cells[method, task, metric, seed] for seed in seeds] for metric in CONTRASTS]
        shown = [f"{' '.join(f'{v:.4f}' for v in row)} ({np.mean(row):.4f} ± {np.std(row, ddof=1):.4f})" for row in values]
        shown += beyond_cells(further.get(method, {})) if task == TASKS[0] else [""] * len(BEYOND)
        body.append([method, task, *shown])
    lines += table_lines(["method", "task", *CONTRASTS, *BEYOND.values()], body)
    lines += checks_as_text(found.checks, "method")
    lines += [
        "",
        "p: paired sign-flip test over users; p (Holm): corrected for the tests of the same pair. Rationales: whether, by the check above, "
        "the difference says something about rationales.",
        "",
    ]
    checks = {
        str(method): [check_of(row) for row in rows.to_dict("records")] for method, rows in found.checks.groupby("method")
    }
    pairs = []
    for d in found.differences.to_dict("records"):
        change = f"{d['difference']:+.4f} ({d['low']:+.4f} to {d['high']:+.4f})"
        spread = f"{d['seed_low']:+.4f} to {d['seed_high']:+.4f} ({d['seed_sd']:.4f})"
        judged = verdict_of_pair(d["one"], d["other"], checks)
        tested = "" if judged is None else "tested" if judged.tested else "not tested"
        what = [d[name] for name in ("one", "other", "task", "metric")]
        pairs.append([*what, change, spread, f"{d['p']:.4f}", f"{d['p_holm']:.4f}", tested])
    head = [
        "one",
        "other",
        "task",
        "metric",
        "difference (95 % over users)",
        "range over seeds (sd)",
        "p",
        "p (Holm)",
        "rationales",
    ]
    return "\n".join([*lines, *table_lines(head, pairs)])


def _described(row: pd.Series) -> str:
    """What the name of a model does not say: its teacher, the tasks left out, the kind of IDs."""
    parts = [f"teacher {row['teacher']}"] if row["teacher"] else []
    parts += [f"without {str(row['ablated']).replace(',', ', ')}"] if row["ablated"] else []
    parts += [f"{row['ids']} numbers"] if row["ids"] != PROTOCOL else []
    return f" ({'; '.join(parts)})" if parts else ""


def beyond_in_words(beyond: pd.DataFrame, attributes: str) -> Iterator[str]:
    """What the columns beyond accuracy mean in this evaluation."""
    if len(beyond):
        yield (
            "For the top 10 of the whole catalogue: coverage, the share of the catalogue shown to anyone; popularity, mean training purchases of "
            f"items shown (of the items really bought next: {beyond['bought'].iloc[0]:.1f}); novelty in bits; similarity, mean cosine within "
            f"a list ({attributes}); top products, the share of all positions taken by the ten products shown most."
        )


def beyond_cells(row: Mapping[Any, Any]) -> list[str]:
    """One cell for each column of `BEYOND`; a dash if it was not measured."""
    return [_cell(name, row.get(name, np.nan)) for name in BEYOND]


def _cell(name: str, value: float) -> str:
    if np.isnan(value):
        return _MISSING
    return f"{value:.3f}" if name in _SHARES or name == "similarity" else f"{value:.1f}"


def checks_as_text(checks: pd.DataFrame, name: str = "model") -> Iterator[str]:
    """For each student with rationale tasks a verdict and one sentence per task, then a table.  name: the column with the student's name."""
    if checks.empty:
        return
    yield from ("", "## Did the students learn their rationales?", "")
    yield (
        "Measured on held-out texts (about the test interactions): the gain from knowing the right user or item rather than another one, in "
        "nats per token with a 95 % interval over texts. A student passes if the interval is above 0 and the gain at least half of that of "
        "n-gram counts of the same training texts."
    )
    for who, rows in checks.groupby(name, sort=False):
        found = [check_of(row) for row in rows.to_dict("records")]
        yield from ("", f"**{who}**: {verdict(found).why}", "")
        seeds = [f"Seed {seed}. " for seed in rows["seed"]] if "seed" in rows else [""] * len(found)
        yield from (f"- {seed}{sentence(check)}" for seed, check in zip(seeds, found, strict=True))
    yield ""
    body = []
    for row in checks.to_dict("records"):
        one = check_of(row)
        named = _MISSING if np.isnan(one.named) else f"{one.named:.0f}"
        interval = _MISSING if np.isnan(one.low) else f"{nats(one.low)} to {nats(one.high)}"
        *texts, own, other = shares(one)
        body.append([row[name], one.task, nats(one.gap), interval, nats(one.yardstick), one.outcome, *texts, named, own, other])
    head = [
        name,
        "task",
        "gap",
        "interval",
        "n-gram counts",
        "outcome",
        "different texts",
        "verbatim",
        "repeated trigram",
        "own first",
    ]
    yield from table_lines([*head, "values named", "true", "of another's"], body)
