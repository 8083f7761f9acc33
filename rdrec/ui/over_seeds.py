"""The evidence tab's second part: several training runs, what differs between ways of training, and for whom.

In: the gathered evidence of a store.  Out: HTML, and the sentence that says what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.precompute.answers import TASKS, Difference, OverSeeds, Run, Slice
from rdrec.ui import texts
from rdrec.ui.parts import small_print
from rdrec.ui.render import Child, Html, element

METRIC = "NDCG@10"
LUCK = 0.05


def panel(found: OverSeeds) -> Html | None:
    """Nothing where only one run was made: one run says nothing about others, and the intervals above say so."""
    if len(found.seeds) < 2:
        return None
    return element(
        "div",
        element("h3", texts.SEEDS_TITLE.format(count=len(found.seeds))),
        *(_runs(found.runs, task) for task in TASKS),
        *(_differences(found.differences, task) for task in TASKS),
        *(_slices(found.slices, name) for name in dict.fromkeys(row.slice for row in found.slices)),
        small_print(texts.SEEDS_SMALL),
        cls="rd-seeds",
    )


def lead(found: OverSeeds) -> Html | None:
    """What follows from all of it, for the top of the tab."""
    return element("p", verdict(found.differences), cls="lead") if len(found.seeds) > 1 else None


def verdict(differences: Sequence[Difference]) -> str:
    """What follows for the next purchase: rationales against none, and against shuffled ones of the same teacher."""
    asked = [row for row in differences if row.task == TASKS[0] and row.metric == METRIC]
    sentences = []
    for row in asked:
        if not row.one.startswith("rdrec") or not row.other.startswith(("baseline", "scrambled")):
            continue
        clear = row.p < LUCK and row.seed_low * row.seed_high > 0
        words = texts.SEEDS_CLEAR if clear else texts.SEEDS_UNCLEAR
        direction = texts.SEEDS_BETTER if row.difference > 0 else texts.SEEDS_WORSE
        sentences.append(
            words.format(
                one=way(row.one), other=way(row.other).lower(), direction=direction, difference=_signed(row.difference),
                low=_signed(row.low), high=_signed(row.high),
            )
        )  # fmt: skip
    return " ".join(sentences) or texts.SEEDS_NOTHING


def way(name: str) -> str:
    """ "With rationales (reference teacher)" of "rdrec:reference"."""
    model, _, teacher = name.partition(":")
    words = texts.MODEL.get(model, model)
    return f"{words} ({texts.TEACHER.get(teacher, teacher)})" if teacher else words


def _runs(runs: Sequence[Run], task: str) -> Html:
    rows = [run for run in runs if run.task == task and run.metric == METRIC]
    seeds = list(dict.fromkeys(run.seed for run in rows))
    cells = {(run.way, run.seed): run.value for run in rows}
    ways = list(dict.fromkeys(run.way for run in rows))
    means = {name: sum(cells[name, seed] for seed in seeds) / len(seeds) for name in ways}
    return _table(
        texts.SEEDS_RUNS.format(task=texts.TASK_NAME[task]),
        [texts.MODEL_COLUMN, *(texts.SEED.format(seed=seed) for seed in seeds), texts.MEAN],
        [
            [way(name), *(_of_100(cells[name, seed]) for seed in seeds), element("b", _of_100(means[name]))]
            for name in sorted(ways, key=lambda name: -means[name])
        ],
    )


def _differences(differences: Sequence[Difference], task: str) -> Html:
    rows = [row for row in differences if row.task == task and row.metric == METRIC]
    return _table(
        texts.SEEDS_DIFFERENCES.format(task=texts.TASK_NAME[task]),
        list(texts.SEEDS_COLUMNS),
        [
            [
                f"{way(row.one)} − {way(row.other).lower()}",
                element("b", _signed(row.difference)),
                f"{_signed(row.low)} to {_signed(row.high)}",
                f"{_signed(row.seed_low)} to {_signed(row.seed_high)}",
                f"{row.p:.3f}" if row.p >= 0.001 else "< .001",
            ]
            for row in rows
        ],
    )


def _slices(slices: Sequence[Slice], name: str) -> Html:
    rows = [row for row in slices if row.slice == name and row.task == TASKS[0]]
    labels = list(dict.fromkeys(row.label for row in rows))
    users = {row.label: row.users for row in rows}
    cells = {(row.way, row.label): row.ndcg10 for row in rows}
    return _table(
        texts.SLICES.get(name, name),
        [texts.MODEL_COLUMN, *(f"{texts.CAUSE.get(label, label)} ({users[label]:,})" for label in labels)],
        [[way(one), *(_of_100(cells[one, label]) for label in labels)] for one in dict.fromkeys(row.way for row in rows)],
    )


def _table(caption: str, head: Sequence[str], body: Sequence[Sequence[Child]]) -> Html:
    rows = [element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest)) for first, *rest in body]
    table = element(
        "table",
        element("thead", element("tr", *(element("th", words, scope="col") for words in head))),
        element("tbody", *rows),
    )
    return element(
        "div",
        element("h4", caption),
        element("div", table, cls="scroll", tabindex=0, role="region", aria_label=caption),
    )


def _of_100(value: float) -> str:
    return f"{100 * value:.1f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
