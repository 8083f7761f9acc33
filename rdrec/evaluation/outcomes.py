"""Outcomes of the manipulation check, verdicts on differences, and the sentences about them.  Imports no heavy library, because the page
uses it too.

A verdict on rationales counts only if the student learned them.  For each text task, the check compares the student's own-other gap
(`rdrec.student.gap`) with a yardstick, the gap of n-gram counts of the same training texts:

    learned           the interval of the gap is above 0, and the gap is at least `evaluate.yardstick_share` of the yardstick
    nothing to learn  the yardstick is below `evaluate.least_yardstick`, and so is the lower end of the student's interval
    not learned       otherwise
    not checked       held-out texts or the teacher's rationales are missing; `reason` says which
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.settings import number
from rdrec.core.vocabulary import BASELINE, CONTROL, RDREC
from rdrec.evaluation.methods import Method, family, learns_rationales

Outcome = Literal["learned", "nothing to learn", "not learned", "not checked"]
TASKS = (*CLAIM_KINDS, "explanation")
"""The tasks that are checked.  Verdicts depend on the rationale tasks alone, because students without rationales learn explanations too."""
_TEXTS = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}
_BROKEN_CONTROL = "Not tested: the control, trained on shuffled rationales, passes the check too, so the check cannot tell here whether anything was learned."
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Check:
    """One text task of one training run.

    rows                     number of held-out texts
    own, other               mean loss with its own ID in the input and with another one, in nats per token
    gap, yardstick           other - own of the student and of n-gram counts, with 95 % intervals over rows
    different                number of different texts divided by the number of different inputs
    repeated                 share of texts in which some sequence of three words occurs twice
    verbatim                 share of texts that equal a training text of the task, as it is cut for training, word for word
    own_first                share of rows whose text is more like the reference than a text written for another ID; ties count half
    named                    how many values of the invented shop the texts name
    true_own, true_other     share of these values that are true of the item (motives of the user), and of another one
    The last seven are NaN if they were not measured, as `verbatim` was not by older versions.
    """

    task: str
    outcome: Outcome
    reason: str = ""
    rows: int = 0
    own: float = NAN
    other: float = NAN
    gap: float = NAN
    low: float = NAN
    high: float = NAN
    yardstick: float = NAN
    yardstick_low: float = NAN
    yardstick_high: float = NAN
    different: float = NAN
    repeated: float = NAN
    verbatim: float = NAN
    own_first: float = NAN
    named: float = NAN
    true_own: float = NAN
    true_other: float = NAN


COLUMNS: dict[str, str] = {
    one.name: {"str": "str", "Outcome": "str", "int": "int64", "float": "float64"}[str(one.type)] for one in fields(Check)
}


MEASURED_LATER = {"verbatim": NAN}
"""Columns that tables of older versions lack, with the value that stands for them."""


def check_of(row: Mapping[Any, Any]) -> Check:
    """The record of one row of a table of checks; null from a database becomes NaN.  Raises KeyError if a column is missing."""
    row = {**MEASURED_LATER, **row}
    values: dict[str, Any] = {name: NAN if row[name] is None else row[name] for name in COLUMNS}
    return Check(**values)


def outcome_of(gap: float, low: float, yardstick: float) -> Outcome:
    """The outcome for a gap, the lower end `low` of its 95 % interval, and the yardstick; all in nats per token."""
    least = number("evaluate.least_yardstick")
    if yardstick < least and low < least:
        return "nothing to learn"
    return "learned" if low > 0 and gap >= number("evaluate.yardstick_share") * yardstick else "not learned"


_WORST_FIRST: tuple[Outcome, ...] = ("not checked", "not learned", "nothing to learn", "learned")


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that counts if several training runs disagree."""
    return min(outcomes, key=_WORST_FIRST.index)


def averaged(checks: Sequence[Check]) -> Check:
    """The checks of one task in several training runs as one: means of the measurements, and the worst outcome."""
    outcome = worst([check.outcome for check in checks])
    measured = [name for name, kind in COLUMNS.items() if kind == "float64"]
    values: dict[str, Any] = {name: _mean([getattr(check, name) for check in checks]) for name in measured}
    reason = next((check.reason for check in checks if check.outcome == outcome), "")
    return Check(checks[0].task, outcome, reason, min(check.rows for check in checks), **values)


def by_task(checks: Sequence[Check]) -> list[Check]:
    """One check for each text task, averaged over all training runs."""
    groups = [[check for check in checks if check.task == task] for task in TASKS]
    return [averaged(group) for group in groups if group]


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else NAN


def sentence(check: Check, user: str = "user", item: str = "item") -> str:
    """A sentence that says what the outcome means, with its numbers.  user, item: what the reader calls them."""
    texts = _TEXTS[check.task].capitalize()
    both = {"user_preference": (user, user), "item_attribution": (item, item)}
    about, whose = both.get(check.task, (f"{user} or the {item}", f"{user} and the {item}"))
    counted = f"counting n-grams in the training texts gains {nats(check.yardstick)}"
    if check.outcome == "not checked":
        return f"{texts}: not checked. {check.reason}."
    if check.outcome == "nothing to learn":
        return (
            f"{texts}: nothing to learn. These texts say nothing about the {about}: {counted} nats per token from knowing the {whose}, "
            f"less than {nats(number('evaluate.least_yardstick'))}."
        )
    gains = (
        f"The student gains {nats(check.gap)} nats per token ({nats(check.low)} to {nats(check.high)}) from knowing the {whose}"
    )
    if check.outcome == "learned":
        return f"{texts}: learned. {gains}; {counted}."
    half = number("evaluate.yardstick_share") * check.yardstick
    return f"{texts}: not learned. {gains}; {counted}, so it needs {nats(half)} and an interval above 0 to pass."


def nats(value: float) -> str:
    """A number in nats with two or three decimals and no leading zero: .97, .004, −.011; a dash if it was not measured."""
    if math.isnan(value):
        return "–"
    digits = 2 if abs(value) >= 0.1 else 3
    shown = f"{value:.{digits}f}"
    if float(shown) == 0:
        shown = shown.lstrip("-")
    return shown.replace("0.", ".", 1).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a comparison with this student says something about rationales; `why`: a sentence in either case."""

    tested: bool
    why: str


def verdict(checks: Iterable[Check], user: str = "user", item: str = "item") -> Verdict:
    """The verdict on one method from the checks of all its training runs.

    Every run must have learned what there was to learn, and there must have been something to learn.
    """
    by_task: dict[str, list[Check]] = {}
    for check in checks:
        if check.task in CLAIM_KINDS:
            by_task.setdefault(check.task, []).append(check)
    if not by_task:
        return Verdict(False, "Not tested: it was not checked whether the student learned its rationales. Evaluate it again.")
    for outcome, words in (("not checked", _not_checked), ("not learned", _not_learned)):
        for found in by_task.values():
            if failed := [check for check in found if check.outcome == outcome]:
                return Verdict(False, words(failed, len(found)))
    empty = [task for task, found in by_task.items() if any(check.outcome == "nothing to learn" for check in found)]
    if len(empty) == len(by_task):
        about = " or ".join({"user_preference": f"the {user}", "item_attribution": f"the {item}"}[task] for task in by_task)
        return Verdict(False, f"Not tested: these rationales say nothing about {about}, so there was nothing to learn.")
    learned = [f"{_TEXTS[task]} ({_against(found)})" for task, found in by_task.items() if task not in empty]
    why = f"The student learned the {' and the '.join(learned)} of its rationales."
    return Verdict(True, why + "".join(f" In the {_TEXTS[task]} there was nothing to learn." for task in empty))


def _not_checked(failed: Sequence[Check], runs: int) -> str:
    return f"Not tested: whether the student learned the {_TEXTS[failed[0].task]} was not checked. {failed[0].reason}."


def _not_learned(failed: Sequence[Check], runs: int) -> str:
    of = "" if runs == 1 else f" in {len(failed)} of {runs} training runs"
    return (
        f"Not tested: the student did not learn the {_TEXTS[failed[0].task]} of its rationales{of} ({_against(failed)}), "
        "so its ranking says nothing about them."
    )


def _against(found: Sequence[Check]) -> str:
    gap, yardstick = (sum(getattr(one, name) for one in found) / len(found) for name in ("gap", "yardstick"))
    return f"{nats(gap)} nats per token, n-gram counts {nats(yardstick)}"


def share(value: float) -> str:
    """A share as "93 %", or a dash if it was not measured."""
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def shares(check: Check) -> list[str]:
    """What tables show of the texts: different, verbatim, repeated, own first, true, true of another."""
    measured = (check.different, check.verbatim, check.repeated, check.own_first, check.true_own, check.true_other)
    return [share(value) for value in measured]


def verdict_of_pair(
    one: str, other: str, checks: Mapping[str, Sequence[Check]], user: str = "user", item: str = "item"
) -> Verdict | None:
    """The verdict on a comparison of two methods; None if it is not about rationales.

    checks      of each method, over all its training runs
    user, item  what the reader calls them
    It is about rationales if one of the methods, apart from the control, learns them, and the other student is the baseline, the control
    of the first, or learned from another teacher by the same variant.  The control must learn nothing.  If it learns one kind of text in
    one run, no comparison with it counts.
    """
    if not _about_rationales(one, other):
        return None
    verdicts = [verdict(checks.get(method, ()), user, item) for method in (one, other) if learns_rationales(method)]
    if not verdicts:
        return None
    controls = [method for method in (one, other) if family(method) == CONTROL]
    if any(control_passes(checks.get(method, ())) for method in controls):
        return Verdict(False, _BROKEN_CONTROL)
    return next((each for each in verdicts if not each.tested), verdicts[0])


def control_passes(checks: Iterable[Check]) -> bool:
    """Whether the control, which was trained on scrambled rationales, learned one of the two kinds of rationales in one of its runs."""
    return any(check.task in CLAIM_KINDS and check.outcome == "learned" for check in checks)


def _about_rationales(one: str, other: str) -> bool:
    """Whether two students differ in nothing but their rationales; anything that is no student counts as such a pair."""
    found = [method for method in map(Method.parse, (one, other)) if method]
    if len(found) < 2 or BASELINE in (variants := [method.variant for method in found]):
        return True
    if CONTROL in variants:
        return RDREC in variants and len({method.teacher for method in found}) == 1
    return len(set(variants)) == 1 and len({method.teacher for method in found}) == 2


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p values in the same order: the smallest of m times m, the next times m - 1, and so on; never decreasing, at most 1."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - done)))
        corrected[index] = highest
    return corrected
