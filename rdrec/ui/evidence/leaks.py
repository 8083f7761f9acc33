"""The Evidence tab's part on leaks: the audit of the shown data set, the rule without training, and published figures."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import EASE, MAX_ID, ORDER, POPULARITY, SASREC, TASKS, TOGETHER
from rdrec.explorer import leak_verdict, sentences
from rdrec.explorer.answers import (
    LEAK_ORDER,
    Leak,
    Measured,
    StoreFacts,
)
from rdrec.explorer.labels import MODEL
from rdrec.explorer.points import of_100
from rdrec.explorer.published import SIZES, Figure, data_of
from rdrec.ui import texts
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.parts import STUDENT_CLASS, bar, small_print
from rdrec.ui.render import Child, Html, element

PLAIN = (POPULARITY, TOGETHER, SASREC, EASE)  # treat items as plain indices and see no text
EXAMPLE = ("beauty", TASKS[0])


def audit(leaks: Sequence[Leak] | None, facts: StoreFacts) -> Html:
    """The audit as a sentence and a table; for a data set made before audits were stored, how to add one."""
    if leaks is None:
        said = words.LEAKS_NONE.format(command=facts.command, data=facts.data)
        return element("div", element("h3", words.LEAKS, id="rd-leaks"), element("p", said))
    found = {(row.protocol, row.measure): row.value for row in leaks}
    protocols = [name for name in words.LEAKS_PROTOCOL if any(row.protocol == name for row in leaks)]
    head = [words.LEAKS_PROTOCOL[name] + (words.LEAKS_SHOWN if name == facts.protocol else "") for name in protocols]
    body: list[list[Child]] = [
        [
            element("span", asked, element("small", term)),
            *(_measure(found.get((protocol, measure)), measure) for protocol in protocols),
        ]
        for measure, (asked, term) in sentences.LEAKS_ASKED.items()
        if any(row.measure == measure for row in leaks)  # data sets of earlier versions have fewer
    ]
    return element(
        "div",
        element("h3", words.LEAKS, id="rd-leaks"),
        element("p", leak_verdict.verdict(leaks, facts.protocol)),
        table(words.LEAKS_TABLE, [words.LEAKS_MEASURE, *head], body),
        small_print(words.LEAKS_SMALL.format(data=facts.data, seed=facts.seed, ties=facts.ties or words.TIES_UNKNOWN)),
        cls="rd-leaks",
    )


def rule_without_training(figures: Sequence[Figure]) -> Html:
    """The example for teaching: a rule without training against RDRec as published, and the same rule on random numbers."""
    found = [row for row in figures if (row.data, row.task) == EXAMPLE and row.ndcg10 is not None and _teaches(row)]
    found.sort(key=lambda row: -(row.ndcg10 or 0))
    scale = max((row.ndcg10 or 0 for row in found), default=0) or 1.0
    by_method = {row.method: row.ndcg10 or 0 for row in found}
    share = by_method[words.RULE_LEAKY] / by_method[words.RULE_PUBLISHED]
    return element(
        "div",
        element("h3", words.RULE, id="rd-rule"),
        element("p", words.RULE_INTRO.format(share=f"{100 * share:.0f}")),
        table(
            words.RULE_TABLE,
            words.RULE_COLUMNS,
            [
                [
                    row.method,
                    bar((row.ndcg10 or 0) / scale),
                    element("b", _two_decimals(row.ndcg10)),
                    words.LEAK[row.leak],
                    _source(row),
                ]
                for row in found
            ],
            ["leaky" if row.leak == "order" or "numbers" in row.leak else None for row in found],
        ),
        small_print(words.RULE_SMALL),
        cls="rd-rule",
    )


def published(figures: Sequence[Figure], rows: Sequence[Measured], facts: StoreFacts) -> Html:
    """Published figures with leak and source, and our own rows if the page shows one of these data sets."""
    same = data_of(facts)
    names = words.PUBLISHED_NAME
    if same is None:
        intro = words.PUBLISHED_OTHER.format(title=facts.title)
    else:
        intro = words.PUBLISHED_SAME.format(data=names[same], protocol=facts.protocol)
    order = sorted(SIZES, key=lambda name: name != same)
    parts = []
    for data in order:
        for task in TASKS:
            found = [figure for figure in figures if (figure.data, figure.task) == (data, task)]
            own = _own(rows, task) if data == same else []
            if not found:
                continue
            title = words.PUBLISHED_TABLE.format(data=names[data], task=texts.TASK_NAME[task])
            made = table(
                title,
                words.PUBLISHED_COLUMNS,
                [*(line for _, line in own), *(_line(figure) for figure in found)],
                [STUDENT_CLASS.get(model) for model, _ in own],
                titled=False,
            )
            opened = 1 if (data, task) == (order[0], TASKS[0]) else None
            parts.append(element("details", element("summary", title), made, open=opened))
    return element("div", element("h3", words.PUBLISHED, id="rd-published"), element("p", intro), *parts, cls="rd-published")


def _own(rows: Sequence[Measured], task: str) -> list[tuple[str, list[Child]]]:
    """(model, row) for every model measured here."""
    found = [row for row in rows if row.task == task and row.metric in ("HR@10", "NDCG@10")]
    lines: list[tuple[str, list[Child]]] = []
    for model in dict.fromkeys(row.model for row in found):
        cells = {row.metric: row for row in found if row.model == model}
        first = next(iter(cells.values()))
        values = [_with_interval(cells.get(metric)) for metric in ("HR@10", "NDCG@10")]
        source = element("span", words.KIND["here"].format(seed=first.seed), cls="source")
        lines.append((model, [MODEL.get(model, model), *values, words.LEAK[_leak(model, first.protocol)], source]))
    return lines


def _leak(model: str, protocol: str) -> str:
    """Which leak the model could use: rules and rivals see no text; the max-id rule uses numbers, the order rule the order."""
    if model == ORDER:
        return "order"
    if model == MAX_ID:
        return "numbers" if protocol == leak_verdict.AS_IT_CAME else "none"
    return "none" if model in PLAIN else words.LEAK_OF_PROTOCOL[protocol]


def _with_interval(row: Measured | None) -> Child:
    if row is None:
        return words.NOT_GIVEN
    return element("span", _two_decimals(row.value), element("small", f" ({of_100(row.low)}–{of_100(row.high)})"))


def _line(figure: Figure) -> list[Child]:
    return [figure.method, _two_decimals(figure.hr10), _two_decimals(figure.ndcg10), words.LEAK[figure.leak], _source(figure)]


def _source(figure: Figure) -> Html:
    said = element("code", figure.source) if figure.kind == "measured" else figure.source
    return element("span", words.KIND[figure.kind], element("small", said), cls="source")


def _teaches(figure: Figure) -> bool:
    return figure.kind == "measured" or figure.method == words.RULE_PUBLISHED


def _measure(value: float | None, measure: str) -> str:
    if value is None:
        return words.NOT_GIVEN
    return f"{round(value, 2) + 0:.2f}".replace("-", "−") if measure == LEAK_ORDER else of_100(value)


def _two_decimals(value: float | None) -> str:
    """Points of 100 with two decimals, as published figures have."""
    return words.NOT_GIVEN if value is None else f"{100 * value:.2f}"
