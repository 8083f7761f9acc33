"""The Evidence tab's manipulation check: did the students learn their rationales?"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import CONTROL
from rdrec.evaluation.methods import Method, family, in_table_order
from rdrec.evaluation.outcomes import TASKS, Check, Verdict, averaged, nats, sentence, share, verdict
from rdrec.explorer import sentences
from rdrec.explorer.answers import SeedResults, StoreFacts
from rdrec.ui.evidence import multi_seed
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.parts import STUDENT_CLASS, small_print
from rdrec.ui.render import Child, Html, element

SHOWN = "rdrec"


def panel(found: SeedResults, facts: StoreFacts) -> Html:
    """Verdict and sentences about the shown student, and the figures of all students."""
    if not found.checks:
        body: list[Child] = [element("p", words.LEARNED_NONE.format(data=facts.data))]
    else:
        body = [
            element("p", words.LEARNED_INTRO, cls="intro"),
            *_shown(found, facts.teacher),
            _table(found),
            small_print(words.LEARNED_SMALL),
        ]
    return element("div", element("h3", words.LEARNED, id="rd-learned"), *body, cls="rd-learned")


def summary(found: SeedResults, facts: StoreFacts) -> Html:
    """The check in brief, for the shown student and the control."""
    method = shown_method(found, facts.teacher)
    control = method.replace(SHOWN, CONTROL, 1) if method else ""
    lines = [
        _line(label, found.checks_of_methods.get(name or "", []), expected)
        for label, name, expected in ((words.CHECK_STUDENT, method, True), (words.CHECK_CONTROL, control, False))
    ]
    return element(
        "div",
        element("h3", words.CHECK_TITLE),
        element("ul", *lines),
        small_print(words.CHECK_SMALL),
        cls="check",
    )


def _line(label: str, checks: Sequence[Check], expected: bool) -> Html:
    """One student: the outcome, whether it is the expected one, and the gains for both texts."""
    by_task = [check for check in _by_task(checks) if check.task in CLAIM_KINDS and check.outcome != "not checked"]
    if not by_task:
        return element("li", element("b", label), " ", words.CHECK_UNKNOWN, cls="unknown")
    passed = verdict(checks, sentences.USER, sentences.ITEM).tested
    said = words.CHECK_PASSED if passed else words.CHECK_FAILED
    gains = [
        words.CHECK_GAIN.format(task=words.TASK_WORDS[one.task], gain=nats(one.gap), yardstick=nats(one.yardstick))
        for one in by_task
    ]
    sign = "\u2713" if passed == expected else "\u2717"
    return element(
        "li",
        element("span", sign, cls="sign", aria_hidden="true"),
        element("b", f"{label}: {said}"),
        element("small", " " + "; ".join(gains)),
        cls="good" if passed == expected else "bad",
    )


def judged(found: SeedResults, facts: StoreFacts) -> Verdict:
    """The verdict on the training run that the page shows shopper by shopper."""
    method = shown_method(found, facts.teacher)
    checks = [row.check for row in found.checks if (row.method, row.seed) == (method, facts.seed)]
    return verdict(checks, sentences.USER, sentences.ITEM)


def shown_method(found: SeedResults, teacher: str) -> str | None:
    """The name of the unablated student with rationales from `teacher`; None if it was not checked."""
    for name in dict.fromkeys(row.method for row in found.checks):
        method = Method.parse(name)
        if method and (method.variant, method.teacher, method.ablated) == (SHOWN, teacher, ()):
            return name
    return None


def _shown(found: SeedResults, teacher: str) -> list[Child]:
    checks = found.checks_of_methods.get(shown_method(found, teacher) or "", [])
    said = words.LEARNED_WHICH.format(verdict=verdict(checks, sentences.USER, sentences.ITEM).why)
    by_task = _by_task(checks)
    listed = [element("li", sentence(check, sentences.USER, sentences.ITEM)) for check in by_task]
    return [element("p", said, cls="verdict"), element("ul", *listed) if listed else None]


def _by_task(checks: Sequence[Check]) -> list[Check]:
    """One check for each task, averaged over all training runs."""
    groups = [[check for check in checks if check.task == task] for task in TASKS]
    return [averaged(group) for group in groups if group]


def _table(found: SeedResults) -> Html:
    by_method = found.checks_of_methods
    methods = in_table_order(by_method)
    rows = [(method, check) for method in methods for check in _by_task(by_method[method])]
    return table(
        words.LEARNED_TABLE,
        words.LEARNED_COLUMNS,
        [[multi_seed.method_label(method), *_cells(check)] for method, check in rows],
        [STUDENT_CLASS.get(family(method)) for method, _ in rows],
    )


def _cells(check: Check) -> list[Child]:
    if check.outcome == "not checked":
        return [words.TASK_WORDS[check.task], "–", "–", check.outcome, *["–"] * 6]
    gain = f"{nats(check.gap)} ({words.LEARNED_RANGE.format(low=nats(check.low), high=nats(check.high))})"
    shares = [
        share(value)
        for value in (check.different, check.verbatim, check.repeated, check.own_first, check.true_own, check.true_other)
    ]
    return [words.TASK_WORDS[check.task], gain, nats(check.yardstick), element("b", check.outcome), *shares]
