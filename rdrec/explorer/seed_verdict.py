"""The verdict over several training runs in sentences: do rationales help, and on what evidence?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rdrec.core.vocabulary import BASELINE, NDCG, RDREC, TASKS
from rdrec.evaluation.methods import Method, control_of
from rdrec.evaluation.outcomes import verdict_of_pair
from rdrec.explorer import sentences
from rdrec.explorer.answers import SeedResults
from rdrec.explorer.comparisons import LEAST_RUNS, Baseline, Tested, best_baselines, tested
from rdrec.explorer.labels import model_name
from rdrec.explorer.points import chance, of_100, signed


def lead(found: SeedResults, teacher: str) -> str:
    """The verdict on the next purchase: rationales compared with none and with the control, then with the best baseline; "Not tested" if
    the student did not learn its rationales."""
    return " ".join(next_purchase(found, teacher))


def next_purchase(found: SeedResults, teacher: str) -> list[str]:
    """The sentences of `lead`: the effect of rationales, then the best baseline."""
    if len(found.seeds) < LEAST_RUNS:
        return [sentences.LEAD_ONE_RUN]
    return _headline(found, teacher, TASKS[0]) or [sentences.LEAD_NOTHING]


def short_list(found: SeedResults, teacher: str) -> list[str]:
    """The same for the short list of products; empty if that was not tested."""
    if len(found.seeds) < LEAST_RUNS:
        return []
    judged = verdict_of_pair(shown_method(found.checks_of_methods, teacher), BASELINE, found.checks_of_methods)
    return _headline(found, teacher, TASKS[1]) if judged is not None and judged.tested else []


def agreeing_runs(found: SeedResults, teacher: str, task: str) -> int:
    """The number of training runs if rationales clearly change the ranking over all of them and in the same direction in each; else 0."""
    if len(found.seeds) < LEAST_RUNS:
        return 0
    method, tests = tests_of(found, teacher, task)
    against = tests.get((method, BASELINE))
    return len(found.seeds) if against is not None and against.clear else 0


def against_best(found: SeedResults, teacher: str, task: str) -> Tested | None:
    """The test of the student with rationales against the best baseline; None without several training runs of both."""
    best = best_baselines(found, (), task)
    if best is None or len(found.seeds) < LEAST_RUNS:
        return None
    method, tests = tests_of(found, teacher, task)
    return tests.get((method, best.baseline.method))


def tests_of(found: SeedResults, teacher: str, task: str) -> tuple[str, dict[tuple[str, str], Tested]]:
    """The shown student with rationales, and all tests of NDCG@10 in a task by the pair of methods."""
    tests = {(t.row.one, t.row.other): t for t in tested(found.differences) if (t.row.task, t.row.metric) == (task, NDCG)}
    return shown_method((one for one, _ in tests), teacher), tests


def shown_method(methods: Iterable[str], teacher: str) -> str:
    """The method of the complete student with rationales of this teacher, or else of any; "" if there is none."""
    found = complete_students(methods)
    return found.get(teacher) or next(iter(found.values()), "")


def complete_students(methods: Iterable[str]) -> dict[str, str]:
    """By teacher, the method of the student with rationales and all tasks."""
    found: dict[str, str] = {}
    for name in methods:
        method = Method.parse(name)
        if method and method.variant == RDREC and not method.ablated:
            found.setdefault(method.teacher, name)
    return found


def _headline(found: SeedResults, teacher: str, task: str) -> list[str]:
    """The sentences for one task; empty if the student with rationales was not compared with the one without."""
    method, tests = tests_of(found, teacher, task)
    against = tests.get((method, BASELINE))
    if against is None:
        return []
    judged = verdict_of_pair(method, BASELINE, found.checks_of_methods, sentences.USER, sentences.ITEM)
    if judged is not None and not judged.tested:
        return [judged.why]
    effect = _format(sentences.LEAD_CLEAR if against.clear else sentences.LEAD_UNCLEAR, against, task)
    best = _best(found, method, tests, task)
    return [f"{effect}{_control(found, method, against, tests, task)}.", *([best] if best else [])]


def _control(found: SeedResults, method: str, against: Tested, tests: Mapping[tuple[str, str], Tested], task: str) -> str:
    """The result of the control with shuffled rationales; empty if it was not compared, or learned from its rationales."""
    shuffled = control_of(method)
    fair = verdict_of_pair(method, shuffled, found.checks_of_methods)
    if fair is None or not fair.tested:
        return ""
    level, over = tests.get((shuffled, BASELINE)), tests.get((method, shuffled))
    text = ""
    if level is not None:
        alike = level.row.difference * against.row.difference > 0
        moves = sentences.LEAD_CONTROL_MOVES if alike else sentences.LEAD_CONTROL_PARTS
        text += _format(moves if level.clear else sentences.LEAD_CONTROL_LEVEL, level, task)
    if over is not None and (level is None or (against.clear and not over.clear)):
        text += _format(sentences.LEAD_OVER_CONTROL if over.clear else sentences.LEAD_LIKE_CONTROL, over, task)
    return text


def _best(found: SeedResults, method: str, tests: Mapping[tuple[str, str], Tested], task: str) -> str:
    """The best baseline compared with the student, and the best one without rationales if that one uses them."""
    best, student = best_baselines(found, (), task), found.means(task).get(method)
    if best is None or student is None:
        return ""

    def compared(sentence: str, baseline: Baseline) -> str:
        pair = tests.get((method, baseline.method))
        text = sentence.format(name=model_name(baseline.method), value=of_100(baseline.value), student=of_100(student))
        ending = sentences.LEAD_BEST_CLEAR if pair and pair.clear else sentences.LEAD_BEST_LEVEL
        return text + (_format(ending, pair, task) if pair else "")

    text = compared(sentences.LEAD_BEST_USES if best.baseline.uses_rationales else sentences.LEAD_BEST, best.baseline)
    if best.baseline.uses_rationales and best.without_rationales:
        text += compared(sentences.LEAD_BEST_WITHOUT, best.without_rationales)
    return text + "."


def _format(sentence: str, test: Tested, task: str) -> str:
    direction = "better" if test.row.difference > 0 else "worse"
    return sentence.format(task=sentences.TASK_SHORT[task], direction=direction, **numbers(test))


def numbers(test: Tested) -> dict[str, str]:
    """What a sentence says about a test: the difference, its interval and the corrected p."""
    row = test.row
    return {
        "difference": signed(row.difference), "low": signed(row.low), "high": signed(row.high), "p": chance(test.corrected)
    }  # fmt: skip
