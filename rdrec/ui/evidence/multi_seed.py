"""The Evidence tab's part on several training runs: differences between methods, every run, and results by group of shoppers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rdrec.core.vocabulary import NDCG, TASKS, VARIANTS
from rdrec.evaluation.methods import Method, family, in_table_order
from rdrec.evaluation.outcomes import Check, verdict_of_pair
from rdrec.explorer import sentences
from rdrec.explorer.answers import Difference, Run, SeedResults, Slice
from rdrec.explorer.comparisons import LEAST_RUNS, Tested, tested
from rdrec.explorer.labels import MODEL
from rdrec.explorer.points import of_100, p_value, signed
from rdrec.ui import item_texts, texts
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import around_zero, table
from rdrec.ui.parts import STUDENT_CLASS, bar, small_print
from rdrec.ui.render import Child, Html, element, join


def panel(found: SeedResults, data: str, can_show: Callable[[str, str], bool] = lambda name, label: False) -> Html:
    """The effect of rationales with its control, every run, and slices; with fewer than two runs, why there is no interval.

    can_show: whether the page can link to a shopper of a slice, given its name and label
    """
    if len(found.seeds) < LEAST_RUNS:
        runs = words.ONE_RUN_ONE if found.seeds else words.ONE_RUN_NONE
        return element(
            "div",
            element("h3", words.EFFECT, id="rd-effect"),
            element("p", words.ONE_RUN.format(runs=runs, data=data)),
            cls="rd-seeds",
        )
    rows = [test for test in tested(found.differences) if test.row.metric == NDCG]
    ours = [test for test in rows if all(family(method) in VARIANTS for method in (test.row.one, test.row.other))]
    others = [test for test in rows if test not in ours]
    return element(
        "div",
        element("h3", words.EFFECT, id="rd-effect"),
        element("p", words.EFFECT_INTRO, cls="intro"),
        *(_differences(ours, task, found.checks_of_methods) for task in TASKS),
        element("details", element("summary", words.EFFECT_OTHERS), *(_differences(others, task, found.checks_of_methods) for task in TASKS))
        if others
        else None,
        element("h3", texts.SEEDS_TITLE.format(count=len(found.seeds))),
        *(_runs(found.runs, task) for task in TASKS),
        small_print(texts.SEEDS_SMALL),
        *(_slices_part(found.slices, can_show) if found.slices else ()),
        cls="rd-seeds",
    )  # fmt: skip


def method_label(name: str, teacher: str = "") -> str:
    """ "With rationales (answer key)" for "rdrec:answer-key", with ablated tasks and learned numbers if any.

    teacher: left out of the label
    """
    name = name.removesuffix(f":{teacher}") if teacher else name
    found = Method.parse(name)
    if found is None:
        rule, _, run = name.partition(" on ")
        known = MODEL.get(rule)
        if known and run:
            return words.REAL_RULE_ON.format(rule=known, run=run)
        rival, _, teacher = name.partition(":")
        model = MODEL.get(rival)
        return f"{model} ({texts.TEACHER.get(teacher, teacher)})" if model and teacher else MODEL.get(name, name)
    said = [texts.TEACHER.get(found.teacher, found.teacher)] if found.teacher else []
    said += [words.WAY_WITHOUT.format(task=words.ABLATED.get(task, task)) for task in found.ablated]
    said += [words.WAY_IDS.format(ids=found.ids)] if found.ids else []
    model = MODEL[found.variant]
    return f"{model} ({', '.join(said)})" if said else model


def _runs(runs: Sequence[Run], task: str) -> Html:
    rows = [run for run in runs if run.task == task and run.metric == NDCG]
    seeds = list(dict.fromkeys(run.seed for run in rows))
    cells = {(run.method, run.seed): run.value for run in rows}
    methods = list(dict.fromkeys(run.method for run in rows))
    means = {name: sum(cells[name, seed] for seed in seeds) / len(seeds) for name in methods}
    methods.sort(key=lambda name: -means[name])
    scale = max(means.values(), default=0) or 1.0
    return table(
        texts.SEEDS_RUNS.format(task=texts.TASK_NAME[task]),
        [texts.MODEL_COLUMN, "", texts.MEAN, *(texts.SEED.format(seed=seed) for seed in seeds)],
        [
            [
                join(method_label(name), element("small", texts.MODEL_SMALL.get(family(name)))),
                bar(means[name] / scale),
                element("b", of_100(means[name])),
                *(of_100(cells[name, seed]) for seed in seeds),
            ]
            for name in methods
        ],
        [STUDENT_CLASS.get(family(name)) for name in methods],
    )


def _differences(rows: Sequence[Tested], task: str, checks: Mapping[str, Sequence[Check]]) -> Html:
    rows = [test for test in rows if test.row.task == task]
    ends = [abs(end) for test in rows for end in (test.row.low, test.row.high, test.row.seed_low, test.row.seed_high)]
    reach = 1.05 * max(ends, default=0) or 1.0
    return element(
        "div",
        table(
            words.EFFECT_TABLE.format(task=texts.TASK_NAME[task]),
            words.EFFECT_COLUMNS,
            [
                [
                    _pair(test.row, checks),
                    around_zero(test.row.difference, test.row.low, test.row.high, reach),
                    element("b", signed(test.row.difference)),
                    f"{signed(test.row.low)} to {signed(test.row.high)}",
                    f"{signed(test.row.seed_low)} to {signed(test.row.seed_high)}",
                    p_value(test.row.p),
                    p_value(test.corrected),
                ]
                for test in rows
            ],
        ),
        small_print(words.EFFECT_AXIS.format(low=signed(-reach), high=signed(reach))),
    )


def _pair(row: Difference, checks: Mapping[str, Sequence[Check]]) -> Child:
    """The label of a difference, marked as not tested if the student did not learn its rationales."""
    names = f"{method_label(row.one)} − {_within(method_label(row.other))}"
    judged = verdict_of_pair(row.one, row.other, checks, sentences.USER, sentences.ITEM)
    if judged is None or judged.tested:
        return names
    return join(names, element("small", words.NOT_TESTED, title=judged.why))


def _within(label: str) -> str:
    """A label inside a line: the first letter is small, except in an acronym such as EASE or SASRec."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _slices_part(slices: Sequence[Slice], can_show: Callable[[str, str], bool]) -> list[Html]:
    return [
        element("h3", words.SLICES_TITLE, id="rd-slices"),
        element("p", words.SLICES_INTRO, cls="intro"),
        *(_slices(slices, name, can_show) for name in dict.fromkeys(row.slice for row in slices)),
    ]


def _slices(slices: Sequence[Slice], name: str, can_show: Callable[[str, str], bool]) -> Html:
    rows = [row for row in slices if row.slice == name and row.task == TASKS[0]]
    labels = list(dict.fromkeys(row.label for row in rows))
    users = {row.label: row.users for row in rows}
    cells = {(row.method, row.label): row.ndcg10 for row in rows}
    methods = in_table_order(row.method for row in rows)
    scale = max(cells.values(), default=0) or 1.0

    def cell(method: str, label: str) -> Child:
        return join(of_100(cells[method, label]), bar(cells[method, label] / scale))

    return table(
        texts.SLICES.get(name, name),
        [texts.MODEL_COLUMN, *(_slice_head(name, label, users[label], can_show) for label in labels)],
        [[method_label(method), *(cell(method, label) for label in labels)] for method in methods],
        [STUDENT_CLASS.get(family(method)) for method in methods],
    )


def _slice_head(name: str, label: str, users: int, can_show: Callable[[str, str], bool]) -> Child:
    said = texts.CAUSE.get(label, label)
    counted = f"{said} ({users:,})"
    if not can_show(name, label):
        return counted
    asked = item_texts.SHOW_ONE_LABEL.format(label=said)
    return join(
        counted,
        element(
            "button", item_texts.SHOW_ONE, type="button", cls="show-one", data_slice=name, data_label=label, title=asked, aria_label=f"{item_texts.SHOW_ONE}: {said}"
        ),
    )  # fmt: skip
