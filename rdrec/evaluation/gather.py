"""Gather the evaluations of several seeds in the home into one `evidence` artefact (`multi_seed.py`).  Nothing is trained or ranked here.

Every evaluation must be of the current data set and of the protocol and seed in its name.  Students of one method may differ only in
their seed, and their teachers' rationales must be the same.  Anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.baselines.rules import LEAK_RULES, RULES, purchases
from rdrec.baselines.run import read_rival_card
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.core.vocabulary import (
    BASELINE,
    CONTROL,
    EARLIER,
    EARLIER_STARTS,
    MAX_ID,
    RDREC,
    START_ONLY,
    START_RECIPE,
    TASKS_ONLY,
)
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import shares_of
from rdrec.evaluation.bounds import BOUNDS
from rdrec.evaluation.methods import Method, family, in_table_order, method_of_card
from rdrec.evaluation.multi_seed import TABLES, Evidence, evidence
from rdrec.evaluation.stored import KIND as EVALUATION_KIND
from rdrec.evaluation.stored import check_measured, check_version, read_checks, ridge_in_words
from rdrec.evaluation.summary import evidence_as_text as as_text
from rdrec.student.checkpoint import read_card_alone
from rdrec.synthetic.spec import world_in_words
from rdrec.synthetic.truth import has_truth, load_truth

KIND = "evidence"
LEAST_SEEDS = 2
_POPULARITY = ((0, 4), (5, 9), (10, 29), (30, None))  # training purchases of the true item
_LENGTH = ((1, 4), (5, 9), (10, None))  # purchases shown to the student
_PAIR_ORDER = (RDREC, START_ONLY, TASKS_ONLY, CONTROL, BASELINE)  # a difference is a variant minus a later one


def gather(home: Home, data: str, protocol: str, seeds: Sequence[int], folder: Path) -> Evidence:
    """Write the artefact `folder` and return its tables.

    Raises InputError for fewer than two seeds, ArtefactError for evaluations that do not belong together.
    """
    if len(set(seeds)) < LEAST_SEEDS:
        raise InputError("one seed says nothing about other training runs", todo="train and evaluate with two seeds or more")
    sha256 = dataset_sha256(home, data)
    evaluations = {seed: _evaluation(home, data, protocol, seed, sha256) for seed in sorted(set(seeds))}
    first = evaluations[min(seeds)].meta
    _check_comparable(home, data, evaluations)
    view = protocol_view(load_dataset(home, data), protocol, min(seeds), shares_of(first.get("cut")))
    ranks = {seed: one.ranks for seed, one in evaluations.items()}
    methods = in_table_order(method for one in evaluations.values() for method in one.ranks["method"].unique())
    rivals = sorted({method for frame in ranks.values() for method in frame.loc[frame["rival"], "method"].unique()})
    found = evidence(
        ranks,
        _pairs(methods, rivals),
        _slices(home, data, view),
        pd.concat(one.beyond for one in evaluations.values()),
        pd.concat(one.checks for one in evaluations.values()),
    )
    meta: dict[str, Any] = {"data": data, "data_sha256": sha256, "protocol": protocol, "seeds": sorted(set(seeds))}
    meta |= {"ties": ties_in_words(view.dataset.meta), "cut": first.get("cut"), "world": world_in_words(view.dataset.meta)}
    meta |= {name: first.get(name) for name in ("rationales", "attributes", "ridge")}
    meta["evaluations"] = {str(seed): one.sha256 for seed, one in evaluations.items()}
    with new_artefact(folder, KIND, meta) as temporary:
        for name in TABLES:
            write_table(getattr(found, name), temporary / f"{name}.parquet")
        (temporary / "evidence.md").write_text(as_text(found, meta) + "\n", "utf-8")
    return found


@dataclass(frozen=True)
class _Evaluation:
    """The evaluation of one seed.  ranks, beyond, checks: tables with a column `method`; runs: names of students by method."""

    folder: Path
    meta: dict[str, Any]
    ranks: pd.DataFrame
    beyond: pd.DataFrame
    checks: pd.DataFrame
    runs: dict[str, str]
    sha256: str


def _evaluation(home: Home, data: str, protocol: str, seed: int, sha256: str) -> _Evaluation:
    """Read one evaluation and add the method of each model; a rule counts as a method of its own."""
    command = f"python -m rdrec evaluate --data {data} --protocol {protocol} --seed {seed}"
    folder = home.require(home.evaluation(data, f"{protocol}-s{seed}"), "evaluation", command)
    manifest = verify(folder, EVALUATION_KIND)
    meta = manifest.meta
    if (meta.get("data_sha256"), meta.get("protocol"), meta.get("seed")) != (sha256, protocol, seed):
        raise ArtefactError("this belongs to another data set, protocol or seed", where=folder, todo=f"run again: {command}")
    check_version(manifest, folder, f"run again: {command}")
    check_measured(home, data, meta, folder)
    ranks, beyond, checks = read_table(folder / "ranks.parquet"), read_table(folder / "beyond.parquet"), read_checks(folder)
    rivals: dict[str, str] = meta.get("rivals", {})
    methods = {name: method_of(home, data, name, rivals) for name in ranks["model"].unique()}
    ranks, beyond, checks = (table.assign(method=table["model"].map(methods), seed=seed) for table in (ranks, beyond, checks))
    ranks["rival"] = ranks["model"].isin(list(rivals))
    return _Evaluation(
        folder,
        meta,
        ranks,
        beyond,
        checks,
        {method: name for name, method in methods.items() if Method.parse(method)},
        manifest.sha256,
    )


def _check_comparable(home: Home, data: str, evaluations: Mapping[int, _Evaluation]) -> None:
    """Raise ArtefactError if evaluations differ in their cut in time, in the rationales, or in how students were trained."""
    first, *others = evaluations.values()
    _check_starts(home, data, evaluations)
    for other in others:
        if other.meta.get("cut") != first.meta.get("cut"):
            raise ArtefactError(
                "these evaluations cut in time at different places",
                where=first.folder,
                todo="evaluate all seeds with the same --after-cut and --validation-stretch",
            )
        if other.meta.get("ridge") != first.meta.get("ridge"):
            here, there = (ridge_in_words(one.meta) for one in (other, first))
            raise ArtefactError(
                f"EASE has {here} here and {there} with another seed",
                where=other.folder,
                todo="evaluate all seeds with the same --ridge, or none; then `evaluate --add` needs only the rivals",
            )
        if differs := _rivals_differ(home, data, first.meta, other.meta):
            raise ArtefactError(
                f"the rivals {differs} were trained with different settings",
                where=other.folder,
                todo="train them with the same settings for every seed",
            )
        hashes, known = other.meta.get("rationales", {}), first.meta.get("rationales", {})
        if changed := [teacher for teacher in hashes if hashes[teacher] != known.get(teacher, hashes[teacher])]:
            raise ArtefactError(
                f"these evaluations are of different distillations of the teacher {first_few(changed)}",
                where=other.folder,
                todo="train and evaluate all seeds on one distillation",
            )
        for method in set(first.runs) & set(other.runs):
            if differs := _differs(home, data, first.runs[method], other.runs[method]):
                raise ArtefactError(
                    f"{first.runs[method]} and {other.runs[method]} are both {method}, but differ in {differs}",
                    where=home.student(data, other.runs[method]),
                    todo="train all seeds with the same settings, or choose comparable students with --models",
                )


def _rivals_differ(home: Home, data: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Two trained rivals of one kind with different settings; "" if there are none.  Those that are not in the home are not compared."""
    known = home.names("rivals", data)
    found = [{kind: name for name, kind in meta.get("rivals", {}).items() if name in known} for meta in (one, other)]
    for kind in found[0].keys() & found[1].keys():
        names = [part[kind] for part in found]
        trained = [read_rival_card(home.rival(data, name)).training for name in names]
        if trained[0] != trained[1]:
            return " and ".join(names)
    return ""


def _check_starts(home: Home, data: str, evaluations: Mapping[int, _Evaluation]) -> None:
    """Raise ArtefactError if starts were chosen by different recipes: students of an earlier one are at a disadvantage."""
    by_recipe: dict[int, str] = {}
    for name in (name for one in evaluations.values() for name in one.runs.values()):
        if recipe := read_card_alone(home.student(data, name)).settings.get(START_RECIPE):
            by_recipe.setdefault(int(recipe), name)
    if len(by_recipe) > 1:
        older, newer = min(by_recipe), max(by_recipe)
        raise ArtefactError(
            f"{by_recipe[older]} was trained with an {EARLIER} than {by_recipe[newer]}, with {EARLIER_STARTS[older]}",
            where=home.student(data, by_recipe[older]),
            todo="train all students with the present recipe",
        )


def _differs(home: Home, data: str, one: str, other: str) -> str:
    """What distinguishes two students that should differ only in their seed; "" if nothing else does."""
    recipes = [read_card_alone(home.student(data, name)).recipe for name in (one, other)]
    found = [name for name in recipes[0] | recipes[1] if recipes[0].get(name) != recipes[1].get(name)]
    return first_few(found)


def method_of(home: Home, data: str, name: str, rivals: Mapping[str, str]) -> str:
    """What a model of an evaluation has in common with other seeds: the name of its method, the kind of a rival, or the name of a rule."""
    if name in RULES or name in BOUNDS or name.startswith(f"{MAX_ID} on "):
        return name
    if name in rivals:
        return rivals[name]
    return method_of_card(
        read_card_alone(home.require(home.student(data, name), "student", f"python -m rdrec train --data {data}"))
    )


def _pairs(methods: Sequence[str], rivals: Sequence[str]) -> list[tuple[str, str]]:
    """All pairs of methods and rivals, those with rationales first, and each of them with each rule that is not a leak rule.

    Rules that know the truth are only for reference and are not tested.  A control is not compared with students of another teacher,
    whose rationales it did not shuffle.
    """
    students = [method for method in methods if Method.parse(method)]
    trained = [*sorted(students, key=lambda method: _PAIR_ORDER.index(family(method))), *rivals]
    rules = [method for method in methods if method in RULES and method not in LEAK_RULES]
    pairs = [pair for pair in combinations(trained, 2) if not _other_control(*pair)]
    return [*pairs, *((method, rule) for method in trained for rule in rules)]


def _other_control(one: str, other: str) -> bool:
    """Whether one of two students is the control of another teacher than the other's."""
    found = [method for method in map(Method.parse, (one, other)) if method and method.teacher]
    return CONTROL in [method.variant for method in found] and len({method.teacher for method in found}) > 1


def _slices(home: Home, data: str, view: ProtocolView) -> dict[str, dict[int, str]]:
    """Slices of users: by training purchases of their true item, by length of their history, and by the true cause of the purchase."""
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
    """By user the label of the bin ("5 to 9"), in the order of the bins."""
    labels = [f"{low} or more" if high is None else f"{low} to {high}" for low, high in bins]
    place = {user: int(np.searchsorted([low for low, _ in bins], value, side="right")) - 1 for user, value in values.items()}
    return {user: labels[at] for user, at in sorted(place.items(), key=lambda pair: pair[1])}
