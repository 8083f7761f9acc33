"""The last two chapters: whether rationales help here, and when they would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import NDCG, ROLES, TASKS
from rdrec.evaluation.methods import family
from rdrec.explorer import seed_verdict
from rdrec.explorer.answers import Difference, Measured, SeedResults
from rdrec.explorer.by_teacher import by_teacher
from rdrec.explorer.collected import Collected
from rdrec.explorer.comparisons import LEAST_RUNS, tested
from rdrec.explorer.dials import NAMES, Shop
from rdrec.explorer.points import chance, of_100, signed
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.evidence import dial_panel, headroom, learned, multi_seed
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapter import Chapter, bar_row
from rdrec.ui.parts import STUDENT_CLASS, bar, door, shopper_link
from rdrec.ui.render import Child, Html, element


def helps(store: Store) -> Chapter:
    """Whether rationales help: one shopper, all shoppers, other training runs, and the control."""
    several, facts = store.seed_results(), store.facts
    body: list[Child] = []
    doors = [door(words.SEE_EFFECT, texts.TAB_EVIDENCE, "#rd-effect")]
    if pair := _opposites(store):
        (user, a, b), (other, c, d) = pair
        body.append(element("p", words.HELPS_1.format(user=user, a=a, b=b, other=other, c=c, d=d)))
        doors += [shopper_link(number, words.SHOW_SHOPPER.format(user=number)) for number in (user, other)]
    rows = {row.model: row for row in store.evaluation() if (row.task, row.metric) == (TASKS[0], NDCG)}
    none = words.NOT_HERE.format(what=words.NEED_EVALUATION)
    overlap: tuple[str, str] = words.OVERLAP_Q_NONE, none
    if all(role in rows for role in ROLES):
        one, two = rows["rdrec"], rows["baseline"]
        body += _compared(_scores(several, facts.teacher), one, two, facts.seed)
        agree = seed_verdict.agreeing_runs(several, facts.teacher, TASKS[0])
        paired = evidence.paired_words(store.paired_hits(TASKS[0], 10), learned.judged(several, facts), agree)
        overlap = _overlap(one, two, facts.seed, "".join(paired))
    more = (
        overlap,
        (words.RUNS_Q, _runs(several, facts.teacher)),
        (words.CONTROL_Q, _control(several.differences, facts.teacher)),
    )
    answer = seed_verdict.lead(several, facts.teacher)
    return Chapter(
        words.HELPS, 8, tuple(body) or (element("p", none),), words.HELPS_TRY, words.HELPS_Q, answer, words.HELPS_NOTES,
        tuple(doors), more,
    )  # fmt: skip


def _scores(several: SeedResults, teacher: str) -> dict[int, tuple[float, float]]:
    """NDCG@10 of the next purchase with rationales and without, for each seed that has both."""
    by_method: dict[str, dict[int, float]] = {}
    for run in several.runs:
        if (run.task, run.metric) == (TASKS[0], NDCG):
            by_method.setdefault(run.method, {})[run.seed] = run.value
    one, two = by_method.get(f"rdrec:{teacher}", {}), by_method.get("baseline", {})
    return {seed: (one[seed], two[seed]) for seed in sorted(one.keys() & two.keys())}


def _compared(scores: Mapping[int, tuple[float, float]], one: Measured, two: Measured, seed: int) -> list[Child]:
    """Both students over all shoppers: the mean and every training run, or the only run."""
    users = f"{one.users:,}"
    if len(scores) < LEAST_RUNS:
        return [element("p", words.HELPS_2_ONE.format(users=users, a=of_100(one.value), b=of_100(two.value)))]
    means = tuple(sum(pair[at] for pair in scores.values()) / len(scores) for at in (0, 1))
    said = words.HELPS_2.format(users=users, runs=len(scores), a=of_100(means[0]), b=of_100(means[1]), seed=seed)
    top = max(max(pair) for pair in scores.values())
    lines = [_run_row(words.HELPS_RUN.format(seed=number), pair, top) for number, pair in scores.items()]
    figure = element(
        "div", element("h4", words.HELPS_RUNS), *lines, _run_row(words.HELPS_MEAN, means, top, "mean"), cls="bars runs"
    )
    return [element("p", said), figure]


def _run_row(label: str, pair: Sequence[float], top: float, cls: str = "") -> Html:
    """Two bars on one scale: with rationales above, without below."""
    names = (words.HELPS_WITH, words.HELPS_WITHOUT)
    bars = [
        element("span", bar(value / top), element("b", of_100(value)), element("small", name), cls=kind_of)
        for value, name, kind_of in zip(pair, names, STUDENT_CLASS.values(), strict=True)
    ]
    return element("div", element("span", label, cls="label"), element("div", *bars, cls="pair"), cls=f"run-row {cls}".strip())


def _overlap(one: Measured, two: Measured, seed: int, paired: str) -> tuple[str, str]:
    """A question and its answer: whether both students' intervals overlap, which alone settles nothing."""
    values = {"a": one.value, "a_low": one.low, "a_high": one.high, "b": two.value, "b_low": two.low, "b_high": two.high}
    asked = words.OVERLAP_Q.format(seed=seed, **{key: of_100(value) for key, value in values.items()})
    overlap = one.low <= two.high and two.low <= one.high
    return asked, (words.OVERLAP_A if overlap else words.APART_A).format(paired=paired)


def _opposites(store: Store) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """(user, rank with, rank without) of the two featured shoppers for whom rationales gain and lose most, by the ratio of ranks."""
    found = []
    for shopper in store.featured_users():
        truths = store.truth(shopper.user, TASKS[0])
        if all(role in truths for role in ROLES):
            found.append((shopper.user, truths["rdrec"].rank, truths["baseline"].rank))
    if not found:
        return None
    gain, loss = max(found, key=lambda one: one[2] / one[1]), min(found, key=lambda one: one[2] / one[1])
    return (gain, loss) if gain[2] > gain[1] and loss[2] < loss[1] else None


def _runs(several: SeedResults, teacher: str) -> str:
    found = _difference(several.differences, f"rdrec:{teacher}", "baseline")
    scores = _scores(several, teacher)
    if found is None or len(scores) < LEAST_RUNS:
        return words.NOT_HERE.format(what=words.NEED_RUNS)
    ahead = sum(one > two for one, two in scores.values())
    without = [two for _, two in scores.values()]
    return words.RUNS_A.format(
        runs=len(scores), ahead=ahead, low=signed(found.seed_low), high=signed(found.seed_high),
        least=of_100(min(without)), most=of_100(max(without)),
    )  # fmt: skip


def _control(differences: Sequence[Difference], teacher: str) -> str:
    found = _difference(differences, f"rdrec:{teacher}", f"scrambled:{teacher}")
    if found is None:
        return words.NOT_HERE.format(what=words.NEED_CONTROL)
    corrected = next(one.corrected for one in tested(differences) if one.row is found)
    return words.CONTROL_A.format(
        difference=signed(found.difference), low=signed(found.low), high=signed(found.high), p=chance(corrected)
    )


def _difference(differences: Sequence[Difference], one: str, other: str) -> Difference | None:
    key = (one, other, TASKS[0], NDCG)
    return next((row for row in differences if (row.one, row.other, row.task, row.metric) == key), None)


def when(store: Store, shops: tuple[Shop, ...] = (), elsewhere: Collected | None = None) -> Chapter:
    """When rationales would help: the best possible score, how close rivals and students come to it, the dial, and other teachers."""
    facts = store.facts
    means = store.seed_results().means(TASKS[0])
    shown = (headroom.RIVAL, f"rdrec:{facts.teacher}", headroom.TEXTS, headroom.BEST)
    none = words.NOT_HERE.format(what=words.NEED_BEST)
    body, answer = [element("p", none)], none
    if all(method in means for method in shown):
        rival, own, known, best = (means[method] for method in shown)
        said = {"rival": of_100(rival), "student": of_100(own), "texts": of_100(known), "best": of_100(best)}
        body = [element("p", words.WHEN_1.format(**said)), element("p", words.WHEN_2)]
        if not shops:
            bars = [
                bar_row(multi_seed.method_label(method), means[method], best, of_100, STUDENT_CLASS.get(family(method), ""))
                for method in shown
            ]
            body[1:1] = [element("div", element("h4", words.WHEN_BARS), *bars, cls="bars")]
        answer = words.WHEN_A.format(share=f"{100 * (known - rival) / (best - rival):.0f}") if best > rival else none
    if shops:
        body.append(element("div", element("h4", words.WHEN_DIAL), dial_panel.plot(shops, NAMES)))
    first = (words.SEE_DIAL, "#rd-dial-title") if shops else (words.SEE_SLICES, "#rd-slices")
    doors = tuple(door(said, texts.TAB_EVIDENCE, place) for said, place in (first, (words.SEE_TRUTH, "#rd-headroom")))
    todo, notes = (words.WHEN_TRY, words.WHEN_NOTES) if shops else (words.WHEN_TRY_NO_DIAL, words.WHEN_NOTES_NO_DIAL)
    others = by_teacher(elsewhere, facts) if elsewhere else None
    more = ((words.READER_Q, words.READER_A.format(**evidence.ranks_by_teacher(others))),) if others else ()
    return Chapter(words.WHEN, 7, tuple(body), todo, words.WHEN_Q, answer, notes, doors, more)
