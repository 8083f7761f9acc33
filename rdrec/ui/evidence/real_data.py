"""The Evidence tab's results on other data sets, real and invented: measurements and training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.records import CLAIM_KINDS, grouped, plural
from rdrec.core.settings import number
from rdrec.core.vocabulary import BASELINE, EARLIER, NDCG, STRICT_FIRST, TASKS
from rdrec.evaluation.methods import family, lacks_rationales
from rdrec.evaluation.outcomes import Check, nats, verdict, verdict_of_pair, worst
from rdrec.explorer import sentences
from rdrec.explorer.answers import Difference, Shown, mean_shown
from rdrec.explorer.collected import Collected, Measurement, TeacherWords
from rdrec.explorer.points import chance, of_100, signed
from rdrec.ui import texts
from rdrec.ui.evidence import curves as training_curves
from rdrec.ui.evidence import multi_seed
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.parts import STUDENT_CLASS, bar, small_print
from rdrec.ui.render import Child, Html, element, join

Key = tuple[str, str, str]  # method, ids, recipe


def panel(found: Collected) -> Html | None:
    """One table for each data set and protocol; None if nothing was collected."""
    if not found.measurements:
        return None
    invented = [element("h3", words.INVENTED), element("p", words.INVENTED_INTRO, cls="intro")] if found.invented else []
    return element(
        "div",
        element("h3", words.REAL, id="rd-real-data"),
        element("p", words.REAL_INTRO, cls="intro"),
        *_tables(found, found.real),
        *invented,
        *_tables(found, found.invented),
        small_print(words.REAL_COMMAND),
        cls="rd-real-data",
    )


def _tables(found: Collected, names: Sequence[str]) -> list[Html]:
    parts: list[Html] = []
    for data in names:
        held = [row for row in found.measurements if row.data == data and row.metric == NDCG]
        protocols = sorted({row.evaluated_under for row in held}, key=STRICT_FIRST.index)
        parts += _words(words.REAL_NAME.get(data, data), found.words_of(data))
        parts += [
            _table(found, data, protocol, [row for row in held if row.evaluated_under == protocol]) for protocol in protocols
        ]
        curves = [curve for curve in found.curves if curve.data == data]
        if curves:
            parts.append(training_curves.panel(curves))
    return parts


def _words(name: str, by_teacher: Mapping[str, Mapping[str, TeacherWords]]) -> list[Html]:
    """A sentence and one line for each teacher: whether its words tell anything about the shopper and the product."""
    lines = []
    for teacher, tasks in by_teacher.items():
        user, item = (tasks.get(task) for task in CLAIM_KINDS)
        if user is None or item is None:
            continue
        about = [words.SOMETHING if one.tell else words.NEXT_TO_NOTHING for one in (user, item)]
        numbers = {"user": nats(user.gap), "low": nats(user.low), "high": nats(user.high), "item": nats(item.gap)}
        line = words.WORDS_OF.format(teacher=teacher, about_user=about[0], about_item=about[1], **numbers)
        lines.append(element("li", line))
    if not lines:
        return []
    title = words.WORDS_TELL.format(data=name, least=nats(number("evaluate.least_yardstick")))
    return [element("p", title), element("ul", *lines)]


def _table(found: Collected, data: str, protocol: str, held: Sequence[Measurement]) -> Html:
    cells = {(row.method, row.ids, row.recipe, row.task): row for row in held}
    keys = list(dict.fromkeys((row.method, row.ids, row.recipe) for row in held))
    keys.sort(key=lambda key: -_mean(cells.get((*key, TASKS[0]))))
    scale = max((row.mean for row in held if row.task == TASKS[0]), default=0) or 1.0
    several = any(len(row.values) > 1 for row in held)
    checks = grouped(
        ((row.method, row.recipe), row.check) for row in found.checks if (row.data, row.evaluated_under) == (data, protocol)
    )
    by_method = found.checks_of(data, protocol)
    against = {
        row.one: _against(row, p, by_method)
        for named, evaluated_under, row, p in found.differences
        if (named, evaluated_under, row.task, row.metric, row.other) == (data, protocol, TASKS[0], NDCG, BASELINE)
    }
    shown = grouped(
        ((row.shown.method, row.ids, row.recipe), row.shown)
        for row in found.shown
        if (row.data, row.evaluated_under) == (data, protocol)
    )
    head: list[Child] = [texts.MODEL_COLUMN, "", *words.REAL_COLUMNS]
    head += [words.REAL_AGAINST] if against else []
    head += [words.REAL_LEARNED] if checks else []
    head += [title for title, _ in texts.BEYOND.values()] if shown else []
    body = [
        [
            _name(key),
            bar(_mean(cells.get((*key, TASKS[0]))) / scale),
            *(_cell(cells.get((*key, task))) for task in TASKS),
            *([against.get(key[0], "")] if against else []),
            *([_learned(checks.get((key[0], key[2])))] if checks else []),
            *(beyond(shown.get(key, [])) if shown else []),
        ]
        for key in keys
    ]
    seeds = max((len(row.values) for row in held), default=0)
    title = words.REAL_TABLE.format(
        data=words.REAL_NAME.get(data, data), protocol=protocol, runs=plural(seeds, "training run", "training runs of each")
    )
    users = max((row.users for row in held), default=0)
    small = (words.REAL_SMALL if several else words.REAL_SMALL_ONE).format(users=f"{users:,}")
    small += words.REAL_TIES.format(ties=found.ties.get(data, words.TIES_UNKNOWN))
    small += words.REAL_WORLD.format(world=world) if (world := found.worlds.get(data)) else ""
    small += words.REAL_NOT_TESTED if against else ""
    small += words.REAL_EARLIER if any(EARLIER in recipe for _, _, recipe in keys) else ""
    small += words.REAL_ABLATED if any(lacks_rationales(method) for method, _, _ in keys) else ""
    classes = [STUDENT_CLASS.get(family(key[0])) for key in keys]
    return element("div", table(title, head, body, classes), small_print(small))


def _learned(checks: Sequence[Check] | None) -> Child:
    """ "yes", or the outcome of the task that failed, with the reason as tooltip."""
    if not checks:
        return ""
    found = verdict(checks, sentences.USER, sentences.ITEM)
    if found.tested:
        return element("span", words.LEARNED_YES, title=found.why)
    failed = [check.outcome for check in checks if check.task in CLAIM_KINDS and check.outcome != "learned"]
    return element("span", worst(failed), title=found.why)


def beyond(runs: Sequence[Shown], missing: str = words.NOT_GIVEN) -> list[str]:
    """The columns of `texts.BEYOND`, as means over the runs; `missing`: for what was not measured."""
    means = ((column, mean_shown(runs, column)) for column in texts.BEYOND)
    return [
        missing if mean is None else f"{mean:.1f}" if column in ("popularity", "novelty") else of_100(mean)
        for column, mean in means
    ]


def _name(key: Key) -> Child:
    method, _, recipe = key
    return join(multi_seed.method_label(method), element("small", recipe)) if recipe else multi_seed.method_label(method)


def _mean(row: Measurement | None) -> float:
    return row.mean if row else 0.0


def _cell(row: Measurement | None) -> Child:
    if row is None:
        return words.NOT_GIVEN
    low, high = (row.low, row.high) if row.low is not None else (min(row.values.values()), max(row.values.values()))
    shown = element("b", of_100(row.mean))
    if low is None or high is None or low == high:
        return shown
    return join(shown, " ", element("small", f"({words.REAL_RANGE.format(low=of_100(low), high=of_100(high))})"))


def _against(row: Difference, p: float, checks: Mapping[str, Sequence[Check]]) -> Child:
    """The difference, marked as not tested if the student did not learn its rationales."""
    judged = verdict_of_pair(row.one, BASELINE, checks, sentences.USER, sentences.ITEM)
    numbers = f"{signed(row.low)} to {signed(row.high)}, p\u00a0{chance(p)}"
    if judged is not None and not judged.tested:
        said = element("b", words.NOT_TESTED, title=judged.why)
        return join(said, " ", element("small", f"({signed(row.difference)}; {numbers})"))
    return join(element("b", signed(row.difference)), " ", element("small", f"({numbers})"))
