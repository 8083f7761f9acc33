"""The results of one precomputed set, as shown on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rdrec.core.records import plural
from rdrec.core.storage import read_manifest
from rdrec.core.vocabulary import BASELINE, CONTROL, EASE, HIT, KNOWS_OTHERS, KNOWS_REVIEWS, KNOWS_TASTES, NDCG, RDREC, TASKS
from rdrec.evaluation.bounds import BOUNDS
from rdrec.evaluation.methods import in_table_order
from rdrec.evaluation.metrics import METRICS
from rdrec.evaluation.outcomes import share
from rdrec.explorer.answers import Leak, Measured, Run, SeedResults, Slice
from rdrec.explorer.comparisons import LEAST_RUNS, best_baselines, tested
from rdrec.explorer.store import Store
from rdrec.explorer.tables import KIND
from rdrec.report.markdown import NOT_MEASURED, cell, chance, code, interval, metric, metric_over_runs, table, titled
from rdrec.report.names import TASK, legend
from rdrec.report.students import beyond_accuracy, differences, learned

_AUDIT = (
    "*rule*: “highest item number so far, plus one”; *id order*: rank correlation of item numbers with the order of first appearance; *test text in "
    "training*: share of held-out purchases whose review is training text; *bought together* and *order rule*: co-purchase counts, and co-purchase counts "
    "with higher original numbers first; *later purchases*: training purchases of held-out items made after the held-out purchase."
)


def section(folder: Path) -> list[str]:
    """The section of one set.  Raises ArtefactError if it is missing, altered or unreadable."""
    store = Store.open(folder)
    manifest = read_manifest(folder, KIND)
    several, rows = store.seed_results(), store.evaluation()
    methods = in_table_order([*(run.method for run in several.runs), *(row.model for row in rows), *several.checks_of_methods])
    trained = in_table_order(run.method for run in several.runs) or _shown_methods(rows, store.facts.teacher)
    return [
        f"## {cell(store.facts.title)}",
        "",
        *_about(store, manifest.meta, manifest.sha256, several),
        *legend(methods),
        "### Accuracy",
        "",
        *_accuracy(rows, several.runs),
        *_best(several, rows),
        "### Distance to the best possible score",
        "",
        *(
            _headroom(several, rows)
            if store.facts.synthetic
            else ["The best possible score is known only for invented shops.", ""]
        ),
        "### Did the students learn their rationales?",
        "",
        *(
            learned(trained, several.checks_of_methods)
            or ["No student here has rationale tasks, so there is nothing to check.", ""]
        ),
        "### Paired differences",
        "",
        *_differences(store, several),
        "### Beyond accuracy",
        "",
        *beyond_accuracy([(code(one.method), one) for one in several.shown]),
        "### Groups of users",
        "",
        *_slices(several.slices),
        "### Leak audit",
        "",
        *_audit(store.leak_audit()),
    ]


def _about(store: Store, meta: Mapping[str, Any], sha256: str, several: SeedResults) -> list[str]:
    facts = store.facts
    seeds = several.seeds or (facts.seed,)
    invented = "Invented data: the users, items and reviews do not exist. " if facts.synthetic else ""
    about = [
        f"{invented}{plural(facts.users, 'user')}, {plural(facts.items, 'item')}, {plural(facts.interactions, 'purchase')}, "
        f"{facts.reviews:,} with a review.{_world(meta)}",
        "",
        f"- Protocol `{facts.protocol}`; {plural(len(seeds), 'seed')}: {', '.join(map(str, seeds))}. The page shows the students of seed {facts.seed}.",
        f"- Order of purchases: {cell(facts.ties or 'how ties in time were broken was not recorded when this set was made')}.",
        f"- Teacher of the students: `{facts.teacher}`, with a rationale for {facts.rationales:,} reviews.",
        *(
            f"- Teacher `{name}`: {about['read']:,} reviews read, {about['rationales']:,} with a rationale."
            for name, about in facts.about_teachers.items()
        ),
        f"- Data `{str(meta.get('data_sha256', 'unknown'))[:16]}`, tables `{sha256[:16]}` (SHA-256, first digits).",
        f"- Created by {code(facts.command)}.",
        "",
    ]
    head = ["shipped student", "shape", "parameters", "epochs", "precision", "MB", "MB in fp32"]
    students = {str(student["run"]): student for student in [*meta["students"], *meta.get("shipped", [])]}
    listed = [*about, "Shipped students:", "", *table(head, [_student(run, student) for run, student in students.items()])]
    for student in store.facts.shipped:
        if student.ids is not None:
            listed += [
                f"{code(student.run)} has {cell(student.ids)} IDs of its own; it shows what a beam search loses. No comparison uses it.",
                "",
            ]
    return listed


def _world(meta: Mapping[str, Any]) -> str:
    return f" World: {cell(meta['world'])}." if meta.get("world") else ""


def _student(run: str, facts: Mapping[str, Any]) -> list[str]:
    return [
        code(run), cell(facts["shape"]), f"{facts['parameters']:,}", str(facts.get("epochs", NOT_MEASURED)), cell(facts["precision"]),
        f"{facts['bytes'] / 1e6:.2f}", f"{facts['fp32_bytes'] / 1e6:.2f}",
    ]  # fmt: skip


def _shown_methods(rows: Sequence[Measured], teacher: str) -> list[str]:
    """The trained students of a set with one training run, under the names used in their checks."""
    students = {row.model for row in rows} & {RDREC, CONTROL, BASELINE}
    return in_table_order(name if name == "baseline" else f"{name}:{teacher}" for name in students)


def _accuracy(rows: Sequence[Measured], runs: Sequence[Run]) -> list[str]:
    lines: list[str] = []
    if not rows:
        lines += ["This set contains no evaluation.", ""]
    for task in TASKS:
        of_task = [row for row in rows if row.task == task]
        if of_task:
            lines += _evaluation(task, of_task)
    if len({run.seed for run in runs}) < LEAST_RUNS:
        return [*lines, "Only one training run of each is stored, so the spread between runs is unknown.", ""]
    for task in TASKS:
        lines += _seed_results(task, [run for run in runs if run.task == task])
    return lines


def _best(several: SeedResults, rows: Sequence[Measured]) -> list[str]:
    """The baselines with which the page's verdicts compare."""
    lines = []
    for task in TASKS:
        found = best_baselines(several, rows, task)
        if found is None:
            continue
        best, plain = found.baseline, found.without_rationales
        line = f"- Best baseline, {TASK[task]}: {code(best.method)}, {NDCG} {metric(best.value)}"
        if best.uses_rationales:
            line += "; it uses rationales too" + (
                f", and the best one without is {code(plain.method)}, {metric(plain.value)}" if plain else ""
            )
        lines.append(f"{line}.")
    return [*lines, ""] if lines else []


def _evaluation(task: str, rows: Sequence[Measured]) -> list[str]:
    cells = {(row.model, row.metric): row for row in rows}
    protocols = {row.model: row.protocol for row in rows}
    models = sorted(protocols, key=lambda model: -_value(cells, model))

    def shown(model: str, name: str) -> str:
        row = cells.get((model, name))
        if row is None:
            return NOT_MEASURED
        return f"{metric(row.value)} ({interval(row.low, row.high)})" if name in (HIT, NDCG) else metric(row.value)

    names = [name for name in METRICS if any(row.metric == name for row in rows)]
    first = rows[0]
    return [
        f"**{TASK[task].capitalize()}**: {first.users:,} users, seed {first.seed}, the shipped students in their shipped precision; "
        "in brackets 95 % bootstrap intervals over users. Protocol `any`: the model does not read item numbers.",
        "",
        *table(["ranked by", *names, "protocol"], [[code(m), *(shown(m, name) for name in names), code(protocols[m])] for m in models]),
    ]  # fmt: skip


def _value(cells: Mapping[tuple[str, str], Measured], model: str) -> float:
    row = cells.get((model, NDCG))
    return row.value if row else 0.0


def _seed_results(task: str, runs: Sequence[Run]) -> list[str]:
    seeds = sorted({run.seed for run in runs})
    cells = {(run.method, run.metric, run.seed): run.value for run in runs}

    def values(method: str, name: str) -> list[float]:
        return [cells[method, name, seed] for seed in seeds if (method, name, seed) in cells]

    methods = list(dict.fromkeys(run.method for run in runs))
    methods.sort(key=lambda method: -sum(values(method, NDCG)))
    return [
        f"**{TASK[task].capitalize()}, over {len(seeds)} training runs**: mean ± standard deviation over seeds, then {NDCG} of each seed. "
        "The spread over seeds and the intervals over users above measure different things.",
        "",
        *table(
            ["ranked by", HIT, NDCG, *(f"seed {seed}" for seed in seeds)],
            [
                [code(method), metric_over_runs(values(method, HIT)), metric_over_runs(values(method, NDCG)),
                 *(metric(cells.get((method, NDCG, seed))) for seed in seeds)]
                for method in methods
            ],
        ),
    ]  # fmt: skip


def _headroom(several: SeedResults, rows: Sequence[Measured]) -> list[str]:
    """All methods between EASE and the best possible score, for the next purchase."""
    task = TASKS[0]
    means = several.means(task) or {row.model: row.value for row in rows if (row.task, row.metric) == (task, NDCG)}
    if missing := [name for name in (*BOUNDS, EASE) if name not in means]:
        return [f"Not stored with this set: {', '.join(code(name) for name in missing)}.", ""]
    best, rival = means[KNOWS_TASTES], means[EASE]

    def gained(method: str) -> str:
        return NOT_MEASURED if best <= rival else share((means[method] - rival) / (best - rival)).replace("-", "−")

    return [
        f"This shop is invented, so its best possible score is known. {code(KNOWS_TASTES)} is the best possible score, which can be exceeded only by luck; {code(KNOWS_REVIEWS)} is "
        f"EASE with perfect reading of the reviews, and {code(KNOWS_OTHERS)} is its control, which must not improve on EASE. {NDCG} of the next "
        "purchase, mean over training runs.",
        "",
        *table(
            ["ranked by", NDCG, "share of the best possible", "share of the way from EASE to the best"],
            [[code(method), metric(means[method]), share(means[method] / best), gained(method)] for method in sorted(means, key=lambda method: -means[method])],
        ),
    ]  # fmt: skip


def _differences(store: Store, several: SeedResults) -> list[str]:
    if several.differences:
        return differences(tested(several.differences), several.checks_of_methods)
    rows = []
    for task in TASKS:
        paired = store.paired_hits(task, 10)
        rows.append([TASK[task], f"{paired.only_rdrec:,}", f"{paired.only_baseline:,}", chance(paired.chance)])
    title = (
        "Only one training run of each is stored, so there is no verdict on rationales. For the shipped students: users for whom "
        "only one of the two ranks the true item in the top 10, and the exact McNemar test."
    )
    return titled(title, ["task", "only with rationales", "only without", "p"], rows)


def _slices(slices: Sequence[Slice]) -> list[str]:
    rows = [row for row in slices if row.task == TASKS[0]]
    if not rows:
        return ["No slices are stored with this set.", ""]
    lines = [
        f"{NDCG} of the next purchase for groups of users (number of users), mean over training runs. A small group says little.",
        "",
    ]
    for name in dict.fromkeys(row.slice for row in rows):
        members = [row for row in rows if row.slice == name]
        labels = {row.label: row.users for row in members}
        cells = {(row.method, row.label): row.ndcg10 for row in members}
        methods = in_table_order(row.method for row in members)
        lines += table(
            [cell(name), *(f"{cell(label)} ({users:,})" for label, users in labels.items())],
            [[code(method), *(metric(cells.get((method, label))) for label in labels)] for method in methods],
        )
    return lines


def _audit(leaks: Sequence[Leak] | None) -> list[str]:
    if not leaks:
        return ["No leak audit is stored with this set.", ""]
    protocols, measures = (list(dict.fromkeys(getattr(leak, name) for leak in leaks)) for name in ("protocol", "measure"))
    cells = {(leak.measure, leak.protocol): leak.value for leak in leaks}
    return titled(
        f"Scores of rules that learn nothing, under each protocol. {_AUDIT}",
        ["measure", *(code(name) for name in protocols)],
        [[cell(measure), *(metric(cells.get((measure, name))) for name in protocols)] for measure in measures],
    )
