"""Gathers the evaluations of several seeds in the home into one `evidence` artefact.

In: a home, a data set, a protocol, seeds.  Out: the three tables of `rdrec.evaluate.evidence`.  It trains and ranks nothing.
Every evaluation must be of the data set as it lies there, and of the protocol and seed that its name says: results of
different ones are refused, not mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.data.item_ids import PROTOCOL
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import facts_in_words, shares_of
from rdrec.evaluate.baselines import LEAK_RULES, MAX_ID, RULES, purchases
from rdrec.evaluate.bounds import BOUNDS
from rdrec.evaluate.evidence import CONTRASTS, TABLES, Evidence, evidence
from rdrec.evaluate.run import KIND as EVALUATION_KIND
from rdrec.home import Home
from rdrec.records import ArtefactError, InputError
from rdrec.storage import new_artefact, read_table, verify, write_table
from rdrec.student.checkpoint import read_card
from rdrec.world.truth import has_truth, load_truth

KIND = "evidence"
LEAST_SEEDS = 2
_POPULARITY = ((0, 4), (5, 9), (10, 29), (30, None))  # purchases of the true item in training
_LENGTH = ((1, 4), (5, 9), (10, None))  # purchases shown to the student


def gather(home: Home, data: str, protocol: str, seeds: Sequence[int], folder: Path) -> Evidence:
    """Write the artefact `folder`.  Raises InputError for fewer than two seeds, ArtefactError for evaluations that do not fit."""
    if len(set(seeds)) < LEAST_SEEDS:
        raise InputError(
            f"{len(set(seeds))} seed says nothing about other training runs", todo="train and evaluate with two seeds or more"
        )
    sha256 = dataset_sha256(home, data)
    found_by_seed = {seed: _ranks(home, data, protocol, seed, sha256) for seed in sorted(set(seeds))}
    ranks = {seed: frame for seed, (frame, _) in found_by_seed.items()}
    cuts = [cut for _, cut in found_by_seed.values()]
    if any(cut != cuts[0] for cut in cuts):
        raise ArtefactError(
            "these evaluations cut in time at different places",
            where=home.evaluation(data, f"{protocol}-s{min(seeds)}"),
            todo="evaluate all seeds with the same --after-cut and --validation-stretch",
        )
    view = protocol_view(load_dataset(home, data), protocol, min(seeds), shares_of(cuts[0]))
    ways = sorted({way for frame in ranks.values() for way in frame["way"].unique()})
    rivals = sorted({way for frame in ranks.values() for way in frame.loc[frame["rival"], "way"].unique()})
    found = evidence(ranks, _pairs(ways, rivals), _slices(home, data, view))
    meta: dict[str, Any] = {"data": data, "data_sha256": sha256, "protocol": protocol, "seeds": sorted(set(seeds))}
    meta |= {"ties": ties_in_words(view.dataset.meta), "cut": cuts[0]}
    with new_artefact(folder, KIND, meta) as temporary:
        for name in TABLES:
            write_table(getattr(found, name), temporary / f"{name}.parquet")
        (temporary / "evidence.md").write_text(as_text(found, meta) + "\n", "utf-8")
    return found


def _ranks(home: Home, data: str, protocol: str, seed: int, sha256: str) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """The ranks of one seed, each student and rival under its way; a rule is a way of its own.  And where time was cut."""
    command = f"python -m rdrec evaluate --data {data} --protocol {protocol} --seed {seed}"
    folder = home.require(home.evaluation(data, f"{protocol}-s{seed}"), "evaluation", command)
    meta = verify(folder, EVALUATION_KIND).meta
    if (meta.get("data_sha256"), meta.get("protocol"), meta.get("seed")) != (sha256, protocol, seed):
        raise ArtefactError("this is of another data set, protocol or seed", where=folder, todo=f"run again: {command}")
    frame = read_table(folder / "ranks.parquet")
    rivals: dict[str, str] = meta.get("rivals", {})
    ways = {name: way_of(home, data, name, rivals) for name in frame["model"].unique()}
    return frame.assign(way=frame["model"].map(ways), rival=frame["model"].isin(list(rivals))), meta.get("cut")


def way_of(home: Home, data: str, name: str, rivals: Mapping[str, str]) -> str:
    """What a model of an evaluation is whatever its seed: a rule, a kind of rival, a variant with its teacher, ablation and ids."""
    if name in RULES or name in BOUNDS or name.startswith(f"{MAX_ID} on "):
        return name
    return rivals[name] if name in rivals else _way(home, data, name)


def _way(home: Home, data: str, name: str) -> str:
    card = read_card(home.require(home.student(data, name), "student", f"python -m rdrec train --data {data}"))[0]
    way = f"{card.variant}:{card.teacher}" if card.teacher else card.variant
    way = f"{way} without {' and '.join(card.ablated)}" if card.ablated else way
    return way if card.ids == PROTOCOL else f"{way} with {card.ids} numbers"


def _pairs(ways: Sequence[str], rivals: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair of students and rivals, rationales first; and each of them against each rule but those that show a leak.  What knows
    the truth is a line to look at, and is tested against nothing."""
    order = {"rdrec": 0, "scrambled": 1, "baseline": 2}
    students = [way for way in ways if way not in RULES and way not in BOUNDS and way not in rivals]
    trained = [*sorted(students, key=lambda way: (order.get(way.split(":")[0], 3), way)), *rivals]
    rules = [way for way in ways if way in RULES and way not in LEAK_RULES]
    return [*combinations(trained, 2), *((way, rule) for way in trained for rule in rules)]


def _slices(home: Home, data: str, view: ProtocolView) -> dict[str, dict[int, str]]:
    """Users by how often their true item was bought in training, by the length of their history, by why it was really bought."""
    counts = purchases(view)
    split = dict(enumerate(view.splits, 1))
    tested = {user: one.test for user, one in split.items() if one.test is not None}
    found = {
        "purchases of the true item in training": _binned({u: int(counts[item]) for u, item in tested.items()}, _POPULARITY),
        "purchases shown": _binned({u: len(split[u].shown) for u in tested}, _LENGTH),
    }
    if has_truth(home, data):
        hidden = view.dataset.interactions.loc[view.row_splits == "test", ["user", "position"]]
        known = load_truth(home, data)[1].merge(hidden)
        causes: Mapping[int, str] = dict(zip(known["user"].tolist(), known["cause"].tolist(), strict=True))
        found["true cause of the purchase"] = dict(sorted(causes.items(), key=lambda pair: pair[1]))
    return found


def _binned(values: Mapping[int, int], bins: Sequence[tuple[int, int | None]]) -> dict[int, str]:
    """user -> "5 to 9", the lowest bin first."""
    labels = [f"{low} or more" if high is None else f"{low} to {high}" for low, high in bins]
    place = {user: int(np.searchsorted([low for low, _ in bins], value, side="right")) - 1 for user, value in values.items()}
    return {user: labels[at] for user, at in sorted(place.items(), key=lambda pair: pair[1])}


def as_text(found: Evidence, meta: Mapping[str, Any]) -> str:
    """Runs and differences as Markdown; what differs between users stands apart from what differs between seeds."""
    cells = {(row["way"], row["task"], row["metric"], row["seed"]): row["value"] for row in found.runs.to_dict("records")}
    seeds = list(dict.fromkeys(found.runs["seed"]))
    lines = [f"each cell: the runs with seeds {', '.join(map(str, seeds))}; their mean and standard deviation", ""]
    cut = meta["cut"]
    lines += [
        f"protocol {meta['protocol']}; order of purchases: {meta['ties']}.{'' if cut is None else ' ' + facts_in_words(cut)}",
        "",
    ]
    lines += [f"| way | task | {' | '.join(CONTRASTS)} |", "|---" * (len(CONTRASTS) + 2) + "|"]
    for way, task in dict.fromkeys((key[0], key[1]) for key in cells):
        values = [[cells[way, task, metric, seed] for seed in seeds] for metric in CONTRASTS]
        shown = [f"{' '.join(f'{v:.4f}' for v in row)} ({np.mean(row):.4f} ± {np.std(row, ddof=1):.4f})" for row in values]
        lines.append(f"| {way} | {task} | {' | '.join(shown)} |")
    lines += [
        "",
        "p: paired sign-flip test over users; p (Holm): corrected for the tests of the same pair",
        "",
        "| one | other | task | metric | difference (95 % over users) | range over seeds (sd) | p | p (Holm) |",
        "|---" * 8 + "|",
    ]
    for d in found.differences.to_dict("records"):
        lines.append(
            f"| {d['one']} | {d['other']} | {d['task']} | {d['metric']} | {d['difference']:+.4f} ({d['low']:+.4f} to {d['high']:+.4f}) "
            f"| {d['seed_low']:+.4f} to {d['seed_high']:+.4f} ({d['seed_sd']:.4f}) | {d['p']:.4f} | {d['p_holm']:.4f} |"
        )
    return "\n".join(lines)
