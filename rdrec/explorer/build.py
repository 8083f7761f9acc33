"""Compute everything the page shows for one data set into one self-contained folder.

Writes a `precomputed` artefact: Parquet tables sorted by user, and copies of the two students for live runs.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rdrec.core.home import PROJECT, Home
from rdrec.core.settings import integer
from rdrec.core.storage import Manifest, new_artefact, read_manifest, write_table
from rdrec.core.vocabulary import RDREC, ROLES, TASKS
from rdrec.data.cases import Case, cases
from rdrec.data.rationales import load_rationales
from rdrec.data.store import RATIONALES_KIND, dataset_sha256, load_dataset
from rdrec.data.ties import ties_in_words
from rdrec.evaluation.calibration import fit_temperatures
from rdrec.evaluation.ranking import Ranked, rank_cases
from rdrec.explorer.audit import audit_table
from rdrec.explorer.build_students import BuildPlan, Chosen, choose_students, shipped_facts, student_facts
from rdrec.explorer.build_tables import (
    about_teachers,
    beam_misses_table,
    candidates_table,
    causes_table,
    curves_table,
    history_table,
    items_table,
    motives_table,
    precision_table,
    predictions_table,
    rationale_table,
    texts_table,
    truths_table,
    users_table,
)
from rdrec.explorer.marks import described_correctly, lost_by_beams, taste_drift
from rdrec.explorer.measured import Shown, gathered_evidence, measured
from rdrec.explorer.tables import KIND
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import load_student
from rdrec.synthetic.measures import measure
from rdrec.synthetic.scoring import score
from rdrec.synthetic.spec import world_in_words
from rdrec.synthetic.truth import has_truth, load_truth

_Rankings = dict[tuple[str, str], Ranked]  # by role and task
MEASURES = ("precision", "recall", "negation_errors", "elsewhere", "named")


def build(home: Home, plan: BuildPlan, *, progress: bool = True) -> Manifest:
    """Rank every test case with the students and write `home.precomputed(data)`.

    Ranks on the CPU, so that a live run on a CPU reproduces the numbers.  Raises InputError or ArtefactError if a student belongs to
    another data set, protocol, seed or variant.
    """
    sha256 = dataset_sha256(home, plan.data)
    rationales = load_rationales(home, plan.data, plan.teacher)
    chosen = choose_students(home, plan, load_dataset(home, plan.data), sha256)
    test_cases: dict[str, list[Case]] = {task: cases(chosen.view, task) for task in TASKS}
    temperatures = _temperatures(chosen, plan.batch_users, progress)
    ranked = _ranked(chosen, test_cases, temperatures, plan.batch_users, progress)
    texts = texts_table(chosen.view, rationales, test_cases["sequential"], chosen.loaded)
    motives = motives_table(home, chosen.view) if has_truth(home, plan.data) else None
    users = _users(chosen, test_cases["sequential"], ranked, texts, motives)
    featured = users.loc[users["featured"].notna(), "user"]
    rationale_rows = rationale_table(home, plan.data, plan.teachers, chosen.view.dataset.interactions, featured)
    gathered = gathered_evidence(home, plan.data, plan.protocol, sha256)
    more = {run: load_student(folder, "cpu") for run, folder in chosen.shipped.items()}
    shown = Shown(chosen.loaded, ranked, {plan.teacher: rationales}, more)
    evaluation = measured(home, chosen.view, plan.seed, sha256, shown, gathered)
    about = about_teachers(home, plan.data, rationale_rows)
    meta = _facts(plan, chosen, rationales, temperatures) | {"data_sha256": sha256, "about_teachers": about}
    with new_artefact(home.precomputed(plan.data), KIND, meta) as folder:
        for name, table in (gathered | {"users": users, "evaluation": evaluation, "texts": texts}).items():
            write_table(table, folder / f"{name}.parquet")
        if motives is not None:
            write_table(motives[motives["user"].isin(users["user"])], folder / "motives.parquet")
        for name, table in _tables(home, chosen, test_cases, ranked, rationale_rows):
            write_table(table, folder / f"{name}.parquet")
        if plan.precisions:
            sequential = test_cases["sequential"]
            found = precision_table(chosen.view, chosen.shown, sequential, sha256, plan.batch_users, progress=progress)
            write_table(found, folder / "precisions.parquet")
        for role, source in (chosen.shown | chosen.shipped).items():
            shutil.copytree(source, folder / "students" / role)
        if (card := data_card(home, plan.data, meta)) is not None:
            (folder / "README.md").write_text(card, "utf-8")
    return read_manifest(home.precomputed(plan.data), KIND)


def _temperatures(chosen: Chosen, batch_users: int, progress: bool) -> dict[str, dict[str, float]]:
    """By role and task, of the students whose probabilities the page shows."""
    view = chosen.view
    return {
        role: fit_temperatures(Recommender(chosen.loaded[role], view.item_ids), view, batch_users, progress=progress)
        for role in ROLES
    }


def _ranked(
    chosen: Chosen,
    test_cases: dict[str, list[Case]],
    temperatures: dict[str, dict[str, float]],
    batch_users: int,
    progress: bool,
) -> _Rankings:
    top = integer("precompute.top")
    students = {
        role: Recommender(student, chosen.view.item_ids, temperatures=temperatures.get(role))
        for role, student in chosen.loaded.items()
    }
    return {
        (role, task): rank_cases(student, of_task, task, top=top, batch_users=batch_users, progress=progress)
        for role, student in students.items()
        for task, of_task in test_cases.items()
    }


def _users(
    chosen: Chosen, test_cases: Sequence[Case], ranked: _Rankings, texts: pd.DataFrame, motives: pd.DataFrame | None
) -> pd.DataFrame:
    recommender = Recommender(chosen.loaded[RDREC], chosen.view.item_ids)
    described = None if motives is None else described_correctly([case.user for case in test_cases], texts, motives)
    marks = taste_drift(chosen.view, test_cases), lost_by_beams(recommender, test_cases), described
    return users_table(chosen.view, test_cases, ranked, marks)


def _tables(
    home: Home,
    chosen: Chosen,
    test_cases: dict[str, list[Case]],
    ranked: _Rankings,
    rationale_rows: pd.DataFrame,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables one by one with their names, so that only one is in memory at a time."""
    view, shown = chosen.view, {key: result for key, result in ranked.items() if key[0] in ROLES}
    yield "items", items_table(view)
    history = history_table(view)
    yield "history", history
    yield "rationales", rationale_rows.merge(history[["user", "position"]])
    yield "predictions", predictions_table(test_cases, shown)
    yield "truths", truths_table(test_cases, shown)
    yield "candidates", candidates_table(test_cases["topn"])
    yield "audit", audit_table(view)
    if len(curves := curves_table(home, chosen)):
        yield "curves", curves
    if (misses := beam_misses_table(chosen.shipped, test_cases["sequential"], view)) is not None:
        yield "beam_misses", misses
    if has_truth(home, view.dataset.name):
        yield "causes", causes_table(home, view)


def _facts(
    plan: BuildPlan, chosen: Chosen, rationales: pd.DataFrame, temperatures: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """The facts about the set for its manifest."""
    dataset = chosen.view.dataset
    return {
        "data": plan.data,
        "title": plan.title or str(dataset.meta.get("title") or plan.data),
        "synthetic": bool(dataset.meta.get("synthetic", False)),
        "protocol": plan.protocol,
        "seed": plan.seed,
        "teacher": plan.teacher,
        "first": list(plan.first),
        "beside": list(plan.beside),
        "users": dataset.n_users,
        "items": dataset.n_items,
        "interactions": len(dataset.interactions),
        "reviews": int(dataset.interactions["review"].notna().sum()),
        "rationales": int((rationales["status"] == "ok").sum()),
        "students": [
            student_facts(role, plan.runs[role], folder, chosen.loaded[role].card) | {"temperatures": temperatures[role]}
            for role, folder in chosen.shown.items()
        ],
        "shipped": [shipped_facts(run, folder) for run, folder in chosen.shipped.items()],
        "source": dataset.meta.get("source"),
        "ties": ties_in_words(dataset.meta),
        "cut": chosen.view.cut_facts(),
        "world": world_in_words(dataset.meta),
        "candidates": integer("data.negatives") + 1,
        "top": integer("precompute.top"),
        "command": plan.command,
    }


def data_card(home: Home, data: str, meta: Mapping[str, Any]) -> str | None:
    """The card of an invented set whose truth is in the home (assets/templates/data_card.md), from artefacts alone; None for real data."""
    if not has_truth(home, data):
        return None
    world, truth = load_truth(home, data)
    dataset = load_dataset(home, data)
    stars = dataset.interactions["rating"].value_counts(normalize=True).sort_index(ascending=False)
    teachers = [meta["teacher"], *meta["beside"]]
    rows = [
        (teacher, one.as_dict()) for teacher in teachers for one in score(world, truth, load_rationales(home, data, teacher))
    ]
    manifests = {
        teacher: read_manifest(home.rationales(data, teacher), RATIONALES_KIND)
        for teacher in dict.fromkeys([*meta["first"], *teachers])
    }
    folder = FileSystemLoader(PROJECT / "assets" / "templates")
    # Markdown, so nothing is escaped; the page shows no card.
    environment = Environment(
        loader=folder, autoescape=False, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template("data_card.md").render(
        meta=meta, world=world, numbers=world.numbers, dataset=dataset, options=dataset.meta["options"],
        stars=[f"{share:.0%} of {value:g}" for value, share in stars.items()],
        causes=[f"{cause} {count:,}" for cause, count in Counter(truth["cause"]).most_common()],
        sentences=sum(len(lines) for name, lines in world.bank.items() if name.endswith((" +", " -"))),
        around=sum(len(lines) for name, lines in world.bank.items() if name.startswith(("reason", "aside", "closing", "summary"))),
        variety=measure(dataset.interactions["review"].tolist()), teachers=teachers, percent="{:.0%}".format,
        scores=[(teacher, str(row["kind"]).replace("_", " "), [f"{row[name]:.3f}" for name in MEASURES]) for teacher, row in rows],
        read={teacher: manifest.meta["counts"] for teacher, manifest in manifests.items()},
    )  # fmt: skip
