"""Sections that the shipped set and the real data share: the manipulation check, paired differences, measures beyond accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.settings import number
from rdrec.core.vocabulary import CONTROL, LEARNS_RATIONALES, NDCG, TASKS, VARIANTS
from rdrec.evaluation.methods import family, in_table_order
from rdrec.evaluation.outcomes import Check, by_task, control_passes, nats, share, shares, verdict, verdict_of_pair
from rdrec.explorer.answers import Shown, mean_shown
from rdrec.explorer.comparisons import Tested
from rdrec.report.markdown import NOT_MEASURED, cell, chance, change, code, difference, titled
from rdrec.report.names import TASK_COLUMN

READING = (
    "- **Did the students learn their rationales?** A verdict on rationales needs a student that learned them. The check asks how much better a "
    "student predicts a held-out text when its input names the right user or item instead of another one (*gap*, in nats per token). *Learned*: "
    "the interval lies above 0 and the gap is at least half of what *n-gram counts* of the same training texts gain. *Nothing to learn*: counting gains less than "
    f"{nats(number('evaluate.least_yardstick'))}, and the student's interval begins below that too. *Not learned*: anything else. *distinct*: different "
    "texts among different inputs; *verbatim*: texts that equal a training text word for word; *repetitive*: texts in which three words in a row "
    "occur twice; *own first*: share of texts that are closer to the reference than the text for another input (50 % is chance); *true*: share of the named values that hold for this user or item (invented "
    "shops only).",
    "- **Paired differences** compare two methods user by user. p: two-sided paired sign-flip test; p (Holm): corrected for all tasks and "
    "metrics of the pair. *better* or *worse* needs a corrected p below .05 and the same sign in every seed. *not tested*: a student did not "
    "learn its rationales, or was not checked, or the control passed the check. A dash: the two differ in something else, or write no rationales that could be checked. In the default "
    "recipe, learning to write rationales hardly changes the ranking ([training.md](training.md)), so `rdrec` differs from `start-only`, and `tasks-only` from `baseline`, "
    "mostly by chance. Training runs of a student that starts from data differ little, because the layers that rank keep their initial weights (see ± in the tables). "
    "So that all seeds agree says little more than one of them does; the intervals over users count. p is corrected within each pair only, not over all pairs.",
    "- **Beyond accuracy.** *coverage*: share of the catalogue in the top 10 of at least one user; *popularity*: mean number of training purchases of the shown items; "
    "*novelty*: their mean self-information, in bits; *similarity*: mean cosine between two items of a list; *top products*: share of all list positions taken by the ten most "
    "shown products.",
)
NOT_TESTED = "not tested"
Checks = Mapping[str, Sequence[Check]]


def learned(methods: Sequence[str], checks: Checks) -> list[str]:
    """The manipulation check of every student of `methods` with rationale tasks, and its verdict."""
    checkable = [
        method for method in in_table_order([*methods, *checks]) if family(method) in LEARNS_RATIONALES or method in checks
    ]
    if not checkable:
        return []
    if not checks:
        names = ", ".join(code(method) for method in checkable)
        return [f"No check is stored for {names}, so every verdict on their rationales reads *{NOT_TESTED}*.", ""]
    verdicts = [[code(method), cell(_verdict(method, checks.get(method, ())))] for method in checkable]
    rows = [_check_row(method, check) for method in checkable if method in checks for check in by_task(checks[method])]
    head = [
        "student",
        "texts",
        "gap (95 %)",
        "n-gram counts",
        "outcome",
        "distinct",
        "verbatim",
        "repetitive",
        "own first",
        "true",
    ]
    return [
        *titled("Outcome for each student, over all its training runs:", ["student", "verdict"], verdicts),
        *titled(
            "Measurements, means over training runs; the outcome is that of the worst run:", [*head, "true of another"], rows
        ),
    ]


def _verdict(method: str, checks: Sequence[Check]) -> str:
    """The verdict as a sentence; for the control, whether it fails as it must."""
    if family(method) != CONTROL or not checks or any(check.outcome == "not checked" for check in checks):
        return verdict(checks).why
    return (
        "The control passes the check, so here the check cannot show what was learned."
        if control_passes(checks)
        else "The control fails the check, as it must."
    )


def _check_row(method: str, check: Check) -> list[str]:
    named = [code(method), code(check.task)]
    if check.outcome == "not checked":
        why = f"{check.outcome}: {cell(check.reason)}"
        return [*named, NOT_MEASURED, NOT_MEASURED, why, *[NOT_MEASURED] * 6]
    gap = f"{nats(check.gap)} ({nats(check.low)} to {nats(check.high)})"
    return [*named, gap, nats(check.yardstick), check.outcome, *shares(check)]


def differences(rows: Sequence[Tested], checks: Checks) -> list[str]:
    """Differences between students, with the conclusion for rationales; then those of students and rivals to rivals and rules."""
    rows = [one for one in rows if one.row.metric == NDCG]
    ours = [one for one in rows if family(one.row.one) in VARIANTS and family(one.row.other) in VARIANTS]
    others = [one for one in rows if one not in ours]
    return [*(_among_students(ours, checks) if ours else []), *(_against_rivals(others) if others else [])]


def _among_students(rows: Sequence[Tested], checks: Checks) -> list[str]:
    head = ["one − other", "task", "NDCG@10 (95 % over users)", "range over seeds", "p", "p (Holm)", "rationales"]
    body = [
        [
            f"{code(one.row.one)} − {code(one.row.other)}", TASK_COLUMN[one.row.task],
            change(one.row.difference, one.row.low, one.row.high),
            f"{difference(one.row.seed_low)} to {difference(one.row.seed_high)}", chance(one.row.p), chance(one.corrected),
            on_rationales(one, checks),
        ]
        for one in rows
    ]  # fmt: skip
    title = "Differences between students (one minus the other); the last column states what follows for rationales:"
    return titled(title, head, body)


def on_rationales(test: Tested, checks: Checks) -> str:
    """What a difference of NDCG@10 says about rationales: *better*, *worse*, *no difference shown*, *not tested*, or a dash."""
    judged = verdict_of_pair(test.row.one, test.row.other, checks)
    if judged is None:
        return NOT_MEASURED
    if not judged.tested:
        return NOT_TESTED
    return ("better" if test.row.difference > 0 else "worse") if test.clear else "no difference shown"


def _against_rivals(rows: Sequence[Tested]) -> list[str]:
    pairs = list(dict.fromkeys((one.row.one, one.row.other) for one in rows))
    found = {(one.row.one, one.row.other, one.row.task): one for one in rows}
    tasks = [task for task in TASKS if any(one.row.task == task for one in rows)]

    def cells(test: Tested | None) -> list[str]:
        if test is None:
            return [NOT_MEASURED, NOT_MEASURED]
        return [change(test.row.difference, test.row.low, test.row.high), chance(test.corrected)]

    head = ["one − other", *(column for task in tasks for column in (f"NDCG@10, {TASK_COLUMN[task]} (95 %)", "p (Holm)"))]
    body = [
        [f"{code(one)} − {code(other)}", *(shown for task in tasks for shown in cells(found.get((one, other, task))))]
        for one, other in pairs
    ]
    return titled("Differences to rivals and rules:", head, body)


def beyond_accuracy(runs: Sequence[tuple[str, Shown]]) -> list[str]:
    """One row per method: means over its runs.  runs: the row's name, and the measures of one training run."""
    if not runs:
        return ["Coverage, popularity and novelty are not stored with these runs, which are older than these measures.", ""]
    groups: dict[str, list[Shown]] = {}
    for name, one in runs:
        groups.setdefault(name, []).append(one)
    bought = sum(one.bought for _, one in runs) / len(runs)
    head = ["ranked by", "coverage", "popularity", "novelty (bits)", "similarity", "top products", "runs"]
    title = f"Top 10 of the whole catalogue over all users; the items that they bought next had a popularity of {bought:.1f}:"
    return titled(title, head, [_beyond_row(name, shown) for name, shown in groups.items()])


def _beyond_row(name: str, runs: Sequence[Shown]) -> list[str]:
    coverage, popularity, novelty, top = (
        mean_shown(runs, column) or 0.0 for column in ("coverage", "popularity", "novelty", "top_share")
    )
    similarity = mean_shown(runs, "similarity")
    return [
        name, share(coverage), f"{popularity:.1f}", f"{novelty:.1f}", NOT_MEASURED if similarity is None else f"{similarity:.3f}", share(top),
        str(len(runs)),
    ]  # fmt: skip
