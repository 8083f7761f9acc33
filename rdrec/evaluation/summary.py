"""Evaluations as Markdown: accuracy and what lies beyond it, whether the students learned their rationales, differences over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.vocabulary import ANY_PROTOCOL, TASKS, TEMPORAL
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.time_cut import facts_in_words
from rdrec.evaluation.evidence import CONTRASTS, Evidence
from rdrec.evaluation.metrics import METRICS
from rdrec.evaluation.outcomes import check_of, nats, sentence, share, verdict
from rdrec.evaluation.verdicts import verdict_of_pair

BEYOND = {
    "coverage": "coverage@10", "popularity": "popularity@10", "novelty": "novelty@10", "similarity": "similarity@10",
    "top_share": "top products@10",
}  # fmt: skip
_SHARES = ("coverage", "top_share")
_NOT_THERE = "–"


def as_text(rows: pd.DataFrame, beyond: pd.DataFrame, checks: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """One line a model and task; `meta` is that of the artefact."""
    first, cut = rows.iloc[0], meta["cut"]
    lines = [
        f"protocol {meta['protocol']}, seed {first['seed']}, {first['users']} users; 95 % bootstrap intervals over users for HR@10. "
        "One seed: nothing here speaks of other training runs (evaluate two seeds or more, then --gather).",
        f"Order of purchases: {meta['ties']}." if cut is None else f"Order of purchases: {meta['ties']}. {facts_in_words(cut)}",
        *([f"Data: {meta['world']}."] if meta["world"] else []),
        *(
            [f"Protocol {ANY_PROTOCOL}: plain item indices, the same under every protocol but {TEMPORAL}."]
            if cut is None
            else []
        ),
        *beyond_in_words(beyond, meta["attributes"]),
        "",
        "| model | task | protocol | " + " | ".join([*METRICS, "HR@10 interval", *BEYOND.values()]) + " |",
        "|---" * (len(METRICS) + len(BEYOND) + 4) + "|",
    ]
    further = {row["model"]: row for row in beyond.to_dict("records")}
    for (model, task), group in rows.groupby(["model", "task"], sort=False):
        values = group.set_index("metric")
        hit = values.loc["HR@10"]
        numbers = " | ".join(f"{float(value):.4f}" for value in values.loc[list(METRICS), "value"])
        shown = beyond_cells(further.get(model, {})) if task == TASKS[0] else [""] * len(BEYOND)
        lines.append(
            f"| {model!s}{_described(group.iloc[0])} | {task!s} | {hit['protocol']} | {numbers} | {hit['low']:.4f} to {hit['high']:.4f} "
            f"| {' | '.join(shown)} |"
        )
    return "\n".join([*lines, *checks_as_text(checks)])


def evidence_as_text(found: Evidence, meta: Mapping[str, Any]) -> str:
    """Runs, checks and differences; what differs between users stands apart from what differs between seeds."""
    cells = {(row["way"], row["task"], row["metric"], row["seed"]): row["value"] for row in found.runs.to_dict("records")}
    seeds = list(dict.fromkeys(found.runs["seed"]))
    cut = meta["cut"]
    lines = [
        f"each cell: the runs with seeds {', '.join(map(str, seeds))}; their mean and standard deviation",
        "",
        f"protocol {meta['protocol']}; order of purchases: {meta['ties']}.{'' if cut is None else ' ' + facts_in_words(cut)}",
        *([f"Data: {meta['world']}."] if meta.get("world") else []),
        *beyond_in_words(found.beyond, str(meta.get("attributes"))),
        "",
        f"| way | task | {' | '.join([*CONTRASTS, *BEYOND.values()])} |",
        "|---" * (len(CONTRASTS) + len(BEYOND) + 2) + "|",
    ]
    further = {
        row["way"]: row for row in found.beyond.groupby("way", as_index=False).mean(numeric_only=True).to_dict("records")
    }
    for way, task in dict.fromkeys((key[0], key[1]) for key in cells):
        values = [[cells[way, task, metric, seed] for seed in seeds] for metric in CONTRASTS]
        shown = [f"{' '.join(f'{v:.4f}' for v in row)} ({np.mean(row):.4f} ± {np.std(row, ddof=1):.4f})" for row in values]
        shown += beyond_cells(further.get(way, {})) if task == TASKS[0] else [""] * len(BEYOND)
        lines.append(f"| {way} | {task} | {' | '.join(shown)} |")
    lines += checks_as_text(found.checks, "way")
    lines += [
        "",
        "p: paired sign-flip test over users; p (Holm): corrected for the tests of the same pair. Rationales: whether the difference may be "
        "read as one of rationales, by the check above.",
        "",
        "| one | other | task | metric | difference (95 % over users) | range over seeds (sd) | p | p (Holm) | rationales |",
        "|---" * 9 + "|",
    ]
    checks = {str(way): [check_of(row) for row in rows.to_dict("records")] for way, rows in found.checks.groupby("way")}
    for d in found.differences.to_dict("records"):
        judged = verdict_of_pair(d["one"], d["other"], checks)
        lines.append(
            f"| {d['one']} | {d['other']} | {d['task']} | {d['metric']} | {d['difference']:+.4f} ({d['low']:+.4f} to {d['high']:+.4f}) "
            f"| {d['seed_low']:+.4f} to {d['seed_high']:+.4f} ({d['seed_sd']:.4f}) | {d['p']:.4f} | {d['p_holm']:.4f} "
            f"| {'' if judged is None else 'tested' if judged.tested else 'not tested'} |"
        )
    return "\n".join(lines)


def _described(row: pd.Series) -> str:
    """What a name alone does not say: whose rationales, what was left out, which numbers."""
    said = [f"teacher {row['teacher']}"] if row["teacher"] else []
    said += [f"without {str(row['ablated']).replace(',', ', ')}"] if row["ablated"] else []
    said += [f"{row['ids']} numbers"] if row["ids"] != PROTOCOL else []
    return f" ({'; '.join(said)})" if said else ""


def beyond_in_words(beyond: pd.DataFrame, attributes: str) -> Iterator[str]:
    """What the columns beyond accuracy mean here."""
    if len(beyond):
        yield (
            "Of the first ten of the whole catalogue: coverage, share of the catalogue shown to anybody; popularity, training purchases of "
            f"what is shown (of what was really bought next: {beyond['bought'].iloc[0]:.1f}); novelty in bits; similarity, mean cosine within "
            f"a list ({attributes}); top products, share of all places that the ten most shown products take."
        )


def beyond_cells(row: Mapping[Any, Any]) -> list[str]:
    """One cell a column of `BEYOND`; a dash where nothing was measured."""
    return [_cell(name, row.get(name, np.nan)) for name in BEYOND]


def _cell(name: str, value: float) -> str:
    if np.isnan(value):
        return _NOT_THERE
    return f"{value:.3f}" if name in _SHARES or name == "similarity" else f"{value:.1f}"


def checks_as_text(checks: pd.DataFrame, name: str = "model") -> Iterator[str]:
    """A verdict and a sentence a task for each student with rationale tasks, then the numbers.  name: the column that says who it is."""
    if checks.empty:
        return
    yield from ("", "## Did the students learn their rationales?", "")
    yield (
        "Measured on held-out texts (those of the test interactions): what the own user or item gains over another's, in nats per token with a "
        "95 % interval over texts. A student passes with an interval above 0 and half of what n-gram counts of the same training texts gain."
    )
    for who, rows in checks.groupby(name, sort=False):
        found = [check_of(row) for row in rows.to_dict("records")]
        yield from ("", f"**{who}**: {verdict(found).why}", "")
        seeds = [f"Seed {seed}. " for seed in rows["seed"]] if "seed" in rows else [""] * len(found)
        yield from (f"- {seed}{sentence(check)}" for seed, check in zip(seeds, found, strict=True))
    yield ""
    head = (
        "task",
        "gap",
        "interval",
        "n-gram counts",
        "outcome",
        "different texts",
        "repeated trigram",
        "own first",
        "values named",
        "true",
        "of another's",
    )
    yield f"| {name} | {' | '.join(head)} |"
    yield "|---" * (len(head) + 1) + "|"
    for row in checks.to_dict("records"):
        one = check_of(row)
        named = _NOT_THERE if np.isnan(one.named) else f"{one.named:.0f}"
        numbers = [one.gap, one.yardstick]
        gap, yardstick = (_NOT_THERE if np.isnan(value) else nats(value) for value in numbers)
        interval = _NOT_THERE if np.isnan(one.low) else f"{nats(one.low)} to {nats(one.high)}"
        shares = [share(value) for value in (one.different, one.repeated, one.own_first)]
        cells = [one.task, gap, interval, yardstick, one.outcome, *shares, named, share(one.true_own), share(one.true_other)]
        yield f"| {row[name]} | {' | '.join(cells)} |"
