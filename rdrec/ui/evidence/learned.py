"""The Evidence tab's manipulation check: did the students learn their rationales?"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.plain_text import upper_first
from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import CONTROL
from rdrec.evaluation.methods import family, in_table_order
from rdrec.evaluation.outcomes import Check, Verdict, by_task, control_passes, nats, sentence, shares, verdict
from rdrec.explorer import sentences
from rdrec.explorer.answers import SeedResults, StoreFacts
from rdrec.explorer.seed_verdict import complete_students
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
            *(
                small_print(words.LEARNED_FURTHER.format(numbers=upper_first(student.ids)))
                for student in facts.shipped
                if student.ids
            ),
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
    found = [check for check in by_task(checks) if check.task in CLAIM_KINDS and check.outcome != "not checked"]
    if not found:
        return element("li", element("b", label), " ", words.CHECK_UNKNOWN, cls="unknown")
    passed = verdict(checks, sentences.USER, sentences.ITEM).tested if expected else control_passes(checks)
    said = words.CHECK_PASSED if passed else words.CHECK_FAILED
    gains = [
        words.CHECK_GAIN.format(task=words.TASK_WORDS[one.task], gain=nats(one.gap), yardstick=nats(one.yardstick))
        for one in found
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
    return complete_students(found.checks_of_methods).get(teacher)


def _shown(found: SeedResults, teacher: str) -> list[Child]:
    checks = found.checks_of_methods.get(shown_method(found, teacher) or "", [])
    said = words.LEARNED_WHICH.format(verdict=verdict(checks, sentences.USER, sentences.ITEM).why)
    listed = [element("li", sentence(check, sentences.USER, sentences.ITEM)) for check in by_task(checks)]
    return [element("p", said, cls="verdict"), element("ul", *listed) if listed else None]


def _table(found: SeedResults) -> Html:
    by_method = found.checks_of_methods
    methods = in_table_order(by_method)
    rows = [(method, check) for method in methods for check in by_task(by_method[method])]
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
    return [words.TASK_WORDS[check.task], gain, nats(check.yardstick), element("b", check.outcome), *shares(check)]
