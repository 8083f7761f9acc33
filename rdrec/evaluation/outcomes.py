"""What the manipulation check found, and how it is said.  Light: the page uses it too.

A verdict on rationales counts only where the student learned them.  Of each text task the check holds the student's own-other gap
(`rdrec.student.gap`) against a yardstick, the gap of n-gram counts of the same training texts:

    learned           the interval of the gap lies above 0, and the gap is at least `evaluate.yardstick_share` of the yardstick
    nothing to learn  the yardstick is below `evaluate.least_yardstick`, and so is the lower end of the student's own interval
    not learned       else
    not checked       held-out texts or the teacher's rationales are missing; `reason` says which
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.settings import number

Outcome = Literal["learned", "nothing to learn", "not learned", "not checked"]
TASKS = (*CLAIM_KINDS, "explanation")
"""A verdict needs those of rationales; explanations are checked too, but students without rationales learn them as well."""
_TEXTS = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Check:
    """One text task of one training run.

    own, other               mean loss with the own id and with another's, nats per token
    gap, yardstick           other - own of the student and of n-gram counts, with 95 % intervals over rows
    different                texts that differ, by inputs that differ
    repeated                 share of texts in which three words in a row come twice
    own_first                how often the text for the own id is more like the reference than the one for another's; ties half
    named                    values of the invented shop that the texts name
    true_own, true_other     share of them that are true of the item (motives of the user), and of another's
    Of the last six, NaN where it was not measured.
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
    own_first: float = NAN
    named: float = NAN
    true_own: float = NAN
    true_other: float = NAN


COLUMNS: dict[str, str] = {
    one.name: {"str": "str", "Outcome": "str", "int": "int64", "float": "float64"}[str(one.type)] for one in fields(Check)
}


def check_of(row: Mapping[Any, Any]) -> Check:
    """The record of one row of a table of checks; databases have no NaN but null."""
    values: dict[str, Any] = {name: NAN if row[name] is None else row[name] for name in COLUMNS}
    return Check(**values)


def outcome_of(gap: float, low: float, yardstick: float) -> Outcome:
    """low: lower end of the 95 % interval of the gap."""
    least = number("evaluate.least_yardstick")
    if yardstick < least and low < least:
        return "nothing to learn"
    return "learned" if low > 0 and gap >= number("evaluate.yardstick_share") * yardstick else "not learned"


_WORST_FIRST: tuple[Outcome, ...] = ("not checked", "not learned", "nothing to learn", "learned")


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that counts when several training runs disagree."""
    return min(outcomes, key=_WORST_FIRST.index)


def averaged(checks: Sequence[Check]) -> Check:
    """One task over several training runs: the means of what was measured, and the worst outcome."""
    outcome = worst([check.outcome for check in checks])
    measured = [name for name, kind in COLUMNS.items() if kind == "float64"]
    values: dict[str, Any] = {name: _mean([getattr(check, name) for check in checks]) for name in measured}
    reason = next((check.reason for check in checks if check.outcome == outcome), "")
    return Check(checks[0].task, outcome, reason, min(check.rows for check in checks), **values)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else NAN


def sentence(check: Check, user: str = "user", item: str = "item") -> str:
    """What the outcome means, with its numbers.  user, item: what the reader calls them."""
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
    gains = f"Knowing the {whose} gains the student {nats(check.gap)} nats per token ({nats(check.low)} to {nats(check.high)})"
    if check.outcome == "learned":
        return f"{texts}: learned. {gains}; {counted}."
    half = number("evaluate.yardstick_share") * check.yardstick
    return f"{texts}: not learned. {gains}; {counted}, and {nats(half)} with an interval above 0 would pass."


def nats(value: float) -> str:
    """Two or more figures: .97, .004, -.01."""
    digits = 2 if abs(value) >= 0.1 else 3
    shown = f"{value:.{digits}f}"
    if float(shown) == 0:
        shown = shown.lstrip("-")
    return shown.replace("0.", ".", 1).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a comparison of a student with rationales may be read as one of rationales; `why` is a sentence either way."""

    tested: bool
    why: str


def verdict(checks: Iterable[Check], user: str = "user", item: str = "item") -> Verdict:
    """Over all training runs of one way: every run must have learned what there was to learn, and that must be something."""
    by_task: dict[str, list[Check]] = {}
    for check in checks:
        if check.task in CLAIM_KINDS:
            by_task.setdefault(check.task, []).append(check)
    if not by_task:
        return Verdict(False, "Not tested: nobody checked whether the student learned its rationales. Evaluate it again.")
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
    """93 %, or a dash where nothing was measured."""
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"
