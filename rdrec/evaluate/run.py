"""Evaluate students, rivals and rules on one data set under one protocol; keep the table and every user's rank.

In: loaded students and rivals.  Out: an `evaluation` artefact and the table.  It knows no page.
The `protocol` of a row is `any` where the model sees items as plain indices: renumbering them changes nothing (another choice of
held-out purchases does, so it is never `any` under `temporal`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.data.item_ids import PROTOCOL
from rdrec.data.splits import TEMPORAL, ProtocolView
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import facts_in_words, shares_in_words
from rdrec.evaluate.baselines import MAX_ID, PLAIN, RULES, Rule, rules_for
from rdrec.evaluate.cases import TASKS, Case, cases
from rdrec.evaluate.metrics import METRICS, Places, check_cutoffs, estimate
from rdrec.evaluate.ranking import rank_cases, rule_places, scorer_places
from rdrec.evaluate.rivals import Rival
from rdrec.rank.recommender import Recommender, score_of
from rdrec.records import ArtefactError, InputError
from rdrec.storage import new_artefact, write_table
from rdrec.student.checkpoint import LoadedStudent, StudentCard

KIND = "evaluation"
ANY = "any"  # protocol of a row that would be the same under every one with the same purchases held out


def metric_rows(model: str, task: str, places: Places, protocol: str, seed: int) -> list[dict[str, object]]:
    """One row a metric, with protocol and seed in every row."""
    rows: list[dict[str, object]] = []
    for metric in METRICS:
        e = estimate(metric, places)
        rows.append(
            {"model": model, "task": task, "metric": metric, "value": e.value, "low": e.low, "high": e.high}
            | {"users": e.users, "protocol": protocol, "seed": seed}
        )
    return rows


def rules(view: ProtocolView) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rules on both tasks: rows as `metric_rows`, and the rank of every user."""
    rows, ranks = [], []
    for name, make in rules_for(view.dataset).items():
        rule = make(view)
        for task in TASKS:
            asked = _asked(view, task)
            places = rule_places(rule, asked)
            rows += metric_rows(name, task, places, view.protocol, view.seed)
            ranks.append(rank_rows(name, task, asked, places))
    return pd.DataFrame(rows), pd.concat(ranks, ignore_index=True)


def _max_id_rows(view: ProtocolView, name: str) -> pd.DataFrame:
    rule = RULES[MAX_ID](view)
    rows = [metric_rows(name, task, rule_places(rule, _asked(view, task)), view.protocol, view.seed) for task in TASKS]
    return pd.DataFrame([row for part in rows for row in part])


def _asked(view: ProtocolView, task: str) -> list[Case]:
    asked = cases(view, task)
    check_cutoffs(min(len(case.compete) for case in asked))
    return asked


def rank_rows(model: str, task: str, asked: Sequence[Case], places: Places) -> pd.DataFrame:
    """One row a user: place of the truth."""
    users = {"user": [case.user for case in asked], "rank": places.rank, "above": places.above, "tied": places.tied}
    return pd.DataFrame({"model": model, "task": task} | users)


def check_belongs(card: StudentCard, view: ProtocolView, where: object) -> None:
    """A student may be evaluated only under the ids it was trained with."""
    if (card.protocol, card.seed) != (view.protocol, view.seed):
        raise InputError(
            f"this student was trained under {card.protocol} with seed {card.seed}, not {view.protocol} with seed {view.seed}",
            where=where,
            todo="choose the protocol and seed of the student; results of different ones are not mixed",
        )
    if view.cut is not None:
        asked = view.cut.shares.as_dict()
        trained = {name: card.training.get(name) for name in asked}
        if trained != asked:
            raise InputError(
                f"this student was trained with {shares_in_words(trained)}, not with {shares_in_words(asked)}",
                where=where,
                todo="give both as in its training; another cut in time hides other purchases",
            )
    if card.items != view.dataset.n_items:
        raise ArtefactError(
            f"this student knows {card.items} items, the data set has {view.dataset.n_items}",
            where=where,
            todo="train it again",
        )


def own_view(loaded: LoadedStudent, view: ProtocolView, where: object) -> ProtocolView:
    """The view in the numbers of this student: those of the protocol, or the ones it learned.  Raises as `check_belongs`."""
    check_belongs(loaded.card, view, where)
    return view if loaded.item_ids is None else view.numbered(loaded.card.ids, loaded.item_ids)


def evaluate(
    view: ProtocolView,
    students: Sequence[tuple[str, LoadedStudent]],
    folder: Path,
    data_sha256: str,
    batch_users: int,
    rivals: Sequence[Rival] = (),
    bounds: Mapping[str, Rule] | None = None,
) -> pd.DataFrame:
    """Rank all test cases with each named student, each rival and each rule, and with `bounds`: rules that know the truth of an
    invented shop.

    Saves `evaluation.parquet`, the same as `evaluation.md`, and `ranks.parquet` to `folder`.  The column `ablated` names the
    tasks that a student was trained without, `ids` where its item numbers come from.  Students with learned numbers stand beside the
    others: the hidden purchases are the same, and ranks are ranks of items.  What arithmetic on their numbers reaches is told
    in rows of its own (`max-id rule on RUN`).  Raises InputError where fewer items compete than a metric's k.
    """
    measured, ranked_by_rules = rules(view)
    without_numbers = ANY if view.cut is None else view.protocol
    measured.loc[measured["model"].isin(PLAIN), "protocol"] = without_numbers
    table, ranks, numberings = [measured], [ranked_by_rules], [view.item_ids]
    for name, rule in (bounds or {}).items():
        for task in TASKS:
            asked = _asked(view, task)
            places = rule_places(rule, asked)
            table.append(pd.DataFrame(metric_rows(name, task, places, ANY, view.seed)))
            ranks.append(rank_rows(name, task, asked, places))
    for rival in rivals:
        for task in TASKS:
            asked = _asked(view, task)
            places = scorer_places(rival.scorer, asked, task, batch_users=batch_users)
            table.append(pd.DataFrame(metric_rows(rival.name, task, places, without_numbers, view.seed)))
            ranks.append(rank_rows(rival.name, task, asked, places))
    for name, loaded in students:
        own = own_view(loaded, view, name)
        if not any(np.array_equal(own.item_ids, known) for known in numberings):
            numberings.append(own.item_ids)
            table.append(_max_id_rows(own, f"{MAX_ID} on {name}"))
        recommender = Recommender(loaded, own.item_ids, score_of(loaded))
        for task in TASKS:
            asked = _asked(view, task)
            ranked = rank_cases(recommender, asked, task, top=1, batch_users=batch_users)
            table.append(pd.DataFrame(metric_rows(name, task, ranked, view.protocol, view.seed)))
            ranks.append(rank_rows(name, task, asked, ranked))
    frame = pd.concat(table, ignore_index=True)
    told = {name: ",".join(loaded.card.ablated) for name, loaded in students}
    frame["ablated"] = [told.get(model, "") for model in frame["model"]]
    learned = {name: loaded.card.ids for name, loaded in students}
    frame["ids"] = [learned.get(model, PROTOCOL) for model in frame["model"]]
    meta = {
        "data": view.dataset.name, "data_sha256": data_sha256, "protocol": view.protocol, "seed": view.seed,
        "rivals": {rival.name: rival.kind for rival in rivals}, "ties": ties_in_words(view.dataset.meta), "cut": view.cut_facts(),
    }  # fmt: skip
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(frame, temporary / "evaluation.parquet")
        (temporary / "evaluation.md").write_text(as_text(frame, meta) + "\n", "utf-8")
        write_table(pd.concat(ranks, ignore_index=True), temporary / "ranks.parquet")
    return frame


def as_text(frame: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """The table as Markdown, one line a model and task; `meta` is that of the artefact."""
    first, protocol, cut = frame.iloc[0], meta["protocol"], meta["cut"]
    lines = [
        f"protocol {protocol}, seed {first['seed']}, {first['users']} users; 95 % bootstrap intervals over users for HR@10. "
        "One seed: nothing here speaks of other training runs (evaluate two seeds or more, then --gather).",
        f"Order of purchases: {meta['ties']}." if cut is None else f"Order of purchases: {meta['ties']}. {facts_in_words(cut)}",
        *([f"Protocol {ANY}: plain item indices, the same under every protocol but {TEMPORAL}."] if cut is None else []),
        "",
        "| model | task | protocol | " + " | ".join(METRICS) + " | HR@10 interval |",
        "|---" * (len(METRICS) + 4) + "|",
    ]
    for (model, task), group in frame.groupby(["model", "task"], sort=False):
        values = group.set_index("metric")
        hit = values.loc["HR@10"]
        ablated = str(group["ablated"].iloc[0])
        without = f" (without {ablated.replace(',', ', ')})" if ablated else ""
        ids = str(group["ids"].iloc[0])
        without += "" if ids == PROTOCOL else f" ({ids} numbers)"
        numbers = " | ".join(f"{float(value):.4f}" for value in values.loc[list(METRICS), "value"])
        lines.append(
            f"| {model!s}{without} | {task!s} | {hit['protocol']} | {numbers} | {hit['low']:.4f} to {hit['high']:.4f} |"
        )
    return "\n".join(lines)
