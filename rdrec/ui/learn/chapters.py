"""The six chapters of the lecture.  All figures come from the shown data set; if it lacks something, the answer says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import HIT, NDCG, ROLES, TASKS
from rdrec.evaluation.methods import control_of, family
from rdrec.evaluation.outcomes import Check, averaged, nats
from rdrec.explorer import leak_verdict, seed_verdict, sentences
from rdrec.explorer.answers import LEAK_TEXT, Difference, Distilled, OverSeeds, Purchase
from rdrec.explorer.comparisons import LEAST_RUNS
from rdrec.explorer.points import chance, of_100, signed
from rdrec.explorer.published import Figure
from rdrec.explorer.store import Store
from rdrec.explorer.tested import tested
from rdrec.student.tasks import Task, input_text
from rdrec.ui import texts
from rdrec.ui.evidence import headroom, learned, over_seeds
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.evidence.tables import bar, table
from rdrec.ui.item_card import shopper_link
from rdrec.ui.learn import strings as words
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, door
from rdrec.ui.render import Child, Html, element, plain
from rdrec.ui.teacher import strings as teacher_texts
from rdrec.ui.why import strings as why_texts

PERMUTED = "highest number plus one (max-id rule), numbers permuted"  # names in the table of published figures
TOGETHER, ORDER_RULE = "often bought together", "often bought together, greater original numbers first (order rule)"
EXAMPLE_CHARS = (60, 330)  # of a review that fits one screen beside three teachers
EXAMPLE_CLAIMS = 4  # of one teacher, so that they fit too
LOOKED_AT = 30  # shoppers searched for an example, featured ones first
FORMER = {"rationale": 2, "leak": 1, "real": 5}  # lessons of the first edition and the chapters that replaced them
Questions = tuple[tuple[str, Child], ...]


@dataclass(frozen=True)
class Chapter:
    """One screen: an explanation, one thing to try, one question with its answer; `more`: further questions to read.

    notes   timing, what to say, what students usually answer, what may go wrong
    doors   buttons to the parts of the page that the chapter is about
    """

    title: str
    minutes: int
    body: tuple[Child, ...]
    todo: str
    question: str
    answer: Child
    notes: tuple[str, str, str, str]
    doors: tuple[Html, ...] = ()
    more: Questions = ()


def chapters(store: Store, figures: Sequence[Figure]) -> tuple[Chapter, ...]:
    """All six chapters in order."""
    return (
        plus_one(store, figures), promise(store), student(store), treatment(store), helps(store), when(store),
    )  # fmt: skip


def plus_one(store: Store, figures: Sequence[Figure]) -> Chapter:
    """Two rules that learn nothing, on the released set where plus one scores highest."""
    found = [one for one in _by_data(figures).items() if _complete(one[1])]
    data, shown = max(found, key=lambda one: one[1][evidence_texts.RULE_LEAKY])
    rule, paper, at_random = (shown[key] for key in (evidence_texts.RULE_LEAKY, evidence_texts.RULE_PUBLISHED, PERMUTED))
    scale = max(shown[ORDER_RULE], paper, rule)
    said = {"rule": _two(rule), "paper": _two(paper), "random": _two(at_random)}
    body = (
        element("p", words.PLUS_ONE_1),
        element(
            "div",
            element("h4", words.PLUS_ONE_TABLE.format(data=evidence_texts.PUBLISHED_NAME[data])),
            _bar_row(words.PAPER, paper, scale),
            _flip(words.RULE, rule, at_random, scale, words.FLIP_NUMBERS),
            _flip(words.TOGETHER, shown[TOGETHER], shown[ORDER_RULE], scale, words.FLIP_ORDER),
            cls="bars",
        ),
        element("p", words.PLUS_ONE_2),
    )
    return Chapter(
        words.PLUS_ONE, 8, body, words.PLUS_ONE_TRY, words.PLUS_ONE_Q.format(**said), words.PLUS_ONE_A.format(**said),
        words.PLUS_ONE_NOTES, (door(words.SEE_LEAKS, texts.TAB_EVIDENCE, "#rd-leaks"),), _leak_questions(store),
    )  # fmt: skip


def _by_data(figures: Sequence[Figure]) -> dict[str, dict[str, float]]:
    by_data: dict[str, dict[str, float]] = {}
    for one in figures:
        if one.task == TASKS[0] and one.ndcg10 is not None:
            by_data.setdefault(one.data, {})[one.method] = one.ndcg10
    return by_data


def _complete(found: Mapping[str, float]) -> bool:
    needed = (evidence_texts.RULE_LEAKY, evidence_texts.RULE_PUBLISHED, PERMUTED, TOGETHER, ORDER_RULE)
    return all(method in found for method in needed)


def _leak_questions(store: Store) -> Questions:
    audit, facts = store.leak_audit(), store.facts
    none = words.NOT_HERE.format(what=words.NEED_AUDIT)
    here = none if audit is None else leak_verdict.verdict(audit, facts.protocol)
    values = {row.protocol: row.value for row in audit or () if row.measure == LEAK_TEXT}
    came, shown = values.get(leak_verdict.AS_IT_CAME), values.get(facts.protocol)
    text = sentences.LEAKS_VERDICT_TEXT_UNKNOWN if audit else none
    if came is not None and shown is not None:
        text = words.TEXT_A.format(came=of_100(came), shown=of_100(shown), protocol=facts.protocol)
    hits = {row.model: of_100(row.value) for row in store.evaluation() if (row.task, row.metric) == (TASKS[0], HIT)}
    fair = words.NOT_HERE.format(what=words.NEED_EVALUATION)
    if all(model in hits for model in ("popularity", "bought together", "rdrec")):
        fair = words.FAIR_A.format(popular=hits["popularity"], together=hits["bought together"], student=hits["rdrec"])
    return (words.HERE_Q, here), (words.TEXT_Q, text), (words.FAIR_Q, fair)


def promise(store: Store) -> Chapter:
    """One review with the claims of every teacher; the answer is the claim that the review does not support."""
    found = _example(store)
    left = store.unsaid()
    silent: Child = words.SILENT_ALL.format(reviews=f"{store.facts.rationales:,} reviews")
    if left.reviews:
        reason, most = left.reasons[0]
        silent = words.SILENT_SOME.format(count=f"{left.reviews:,}", reason=plain(reason or "", 80), most=f"{most:,}")
    question, answer = words.PROMISE_Q_NONE, words.PROMISE_A_NONE
    body: tuple[Child, ...] = (element("p", words.PROMISE_NONE),)
    doors = [door(words.SEE_TEACHER, teacher_texts.TAB, "#rd-distil-run")]
    if found:
        user, purchase, told, teacher, claim, why = found
        question = words.PROMISE_Q
        answer = words.PROMISE_A.format(
            claim=plain(claim, TITLE_CHARS), teacher=_teacher(teacher), why=texts.WHY_NOT.get(why, plain(why, 80)),
            unsupported=f"{left.unsupported:,}", claims=f"{left.claims:,}",
        )  # fmt: skip
        body = (
            element("p", words.PROMISE_1.format(count=len(told))),
            element("p", element("bdi", plain(purchase.review or "")), cls="example words", dir="auto"),
            element("div", *(_told(one) for one in told), cls="teachers"),
        )
        doors.append(shopper_link(user, words.SHOW_SHOPPER.format(user=user)))
    return Chapter(
        words.PROMISE,
        7,
        body,
        words.PROMISE_TRY,
        question,
        answer,
        words.PROMISE_NOTES,
        tuple(doors),
        ((words.SILENT_Q, silent),),
    )


def _example(store: Store) -> tuple[int, Purchase, list[Distilled], str, str, str] | None:
    """(user, purchase, by teacher, whose claim is unsupported, the claim, why): a short training review that most teachers have read,
    with as few unsupported claims as can be, and much to compare."""
    featured = [shopper.user for shopper in store.featured_users()]
    best: tuple[tuple[int, int, int, int], tuple[int, Purchase, list[Distilled], str, str, str]] | None = None
    for user in dict.fromkeys([*featured, *(one.user for one in store.search_users("", LOOKED_AT))]):
        by_teacher = store.all_rationales(user)
        for purchase in store.history(user):
            text = purchase.review or ""
            if purchase.split != "train" or not EXAMPLE_CHARS[0] <= len(text) <= EXAMPLE_CHARS[1]:
                continue
            read = [told[purchase.position] for told in by_teacher.values() if purchase.position in told]
            read = [one for one in read if one.status == "ok" and 0 < len(_preferences(one)) <= EXAMPLE_CLAIMS]
            flagged = [(one.teacher, claim, why) for one in read for claim, why in _preferences(one) if why]
            if len(read) < 2 or not flagged:
                continue
            quality = (-len(read), len(flagged), -min(len(_preferences(one)) for one in read), -len(text))
            if best is None or quality < best[0]:
                best = quality, (user, purchase, read, *flagged[0])
    return best[1] if best else None


def _preferences(one: Distilled) -> list[tuple[str, str | None]]:
    """(claim, why the review does not support it) of what the shopper prefers."""
    reasons = one.why_not or (None,) * len(one.claims)
    return [(claim.text, why) for claim, why in zip(one.claims, reasons, strict=True) if claim.kind == "user_preference"]


def _told(one: Distilled) -> Html:
    signs = {"like": "+", "dislike": "−", "neutral": "·"}
    claims = [
        element("li", f"{signs[claim.polarity]} ", element("bdi", plain(claim.text, 60)), cls=claim.polarity)
        for claim in one.claims
        if claim.kind == "user_preference"
    ]
    return element("div", element("h4", _teacher(one.teacher)), element("ul", *claims, cls="claims"))


def _teacher(key: str) -> str:
    name = texts.TEACHER.get(key, plain(key, 40))
    return name[:1].upper() + name[1:]


def student(store: Store) -> Chapter:
    """The exact input of one shopper, what the student writes about them, and its ranking."""
    user = store.first_user()
    truths, written = store.truth(user, TASKS[0]), store.texts(user)
    said = [one for one in written if one.student == "rdrec" and one.task in CLAIM_KINDS]
    body: list[Child] = [element("p", words.NOT_HERE.format(what=words.NEED_TEXTS))]
    if all(role in truths for role in ROLES):
        bought = [purchase.item.item_id for purchase in store.history(user) if purchase.split != "test"]
        one, other = (truths[role] for role in ROLES)
        body = [
            element("p", words.STUDENT_1.format(user=user)),
            element("pre", input_text(Task.SEQUENTIAL, user=user, item_ids=bought), cls="input", tabindex=0, role="region", aria_label=words.STUDENT),
            element("p", words.STUDENT_2),
            element("ul", *(element("li", "“", element("bdi", plain(text.text, 200)), "”") for text in said), cls="said-by"),
            element("p", words.STUDENT_3.format(rank=one.rank, among=one.among, other=other.rank)),
        ]  # fmt: skip
    found = next((one for one in store.facts.students if one.role == "rdrec"), None)
    if found:
        size = {"size": f"{found.bytes / 1e6:.1f}", "full": f"{found.fp32_bytes / 1e6:.1f}"}
        body.append(element("p", words.STUDENT_SIZE.format(precision=found.precision.upper(), **size)))
    doors = (
        door(words.SEE_PRECISION, texts.TAB_EVIDENCE, "#rd-precision"),
        door(words.SEE_PROMPT, why_texts.TAB, "#rd-why-prompt"),
        shopper_link(user, words.SHOW_SHOPPER.format(user=user)),
        door(words.SEE_LAB, words.TAB, "#rd-lab"),
    )
    return Chapter(
        words.STUDENT, 8, tuple(body), words.STUDENT_TRY, words.STUDENT_Q, words.STUDENT_A, words.STUDENT_NOTES, doors
    )


def treatment(store: Store) -> Chapter:
    """The manipulation check of the student with rationales, and of its control."""
    several, facts = store.over_seeds(), store.facts
    way = learned.shown_way(several, facts.teacher)
    ways = [way, control_of(way)] if way else []
    by_way = {one: _by_task(several.checks_of_ways.get(one, [])) for one in ways}
    rows: list[list[Child]] = [
        [
            over_seeds.way(one),
            evidence_texts.TASK_WORDS[task],
            _nats(check.gap),
            _nats(check.yardstick),
            element("b", check.outcome),
        ]
        for one, checks in by_way.items()
        for task, check in checks.items()
    ]
    classes = [STUDENT_CLASS.get(family(one)) for one, checks in by_way.items() for _ in checks]
    none = words.NOT_HERE.format(what=words.NEED_CHECK)
    own, shuffled = (by_way.get(one, {}).get(CLAIM_KINDS[0]) for one in ways) if ways else (None, None)
    answer = words.TREATMENT_A.format(own=_nats(own.gap), shuffled=_nats(shuffled.gap)) if own and shuffled else none
    body = (
        element("p", words.TREATMENT_1),
        table(words.TREATMENT_TABLE, words.TREATMENT_COLUMNS, rows, classes) if rows else element("p", none),
    )
    doors = (door(words.SEE_CHECK, texts.TAB_EVIDENCE, "#rd-learned"),)
    return Chapter(words.TREATMENT, 7, body, words.TREATMENT_TRY, words.TREATMENT_Q, answer, words.TREATMENT_NOTES, doors)


def _by_task(checks: Sequence[Check]) -> dict[str, Check]:
    """The two rationale tasks, each averaged over training runs."""
    groups = {task: [check for check in checks if check.task == task] for task in CLAIM_KINDS}
    return {task: averaged(group) for task, group in groups.items() if group}


def _nats(value: float) -> str:
    return "–" if math.isnan(value) else nats(value)


def helps(store: Store) -> Chapter:
    """From one shopper to all shoppers, other training runs and the control."""
    several, facts = store.over_seeds(), store.facts
    body, doors = [], [door(words.SEE_EFFECT, texts.TAB_EVIDENCE, "#rd-effect")]
    if pair := _opposites(store):
        (user, a, b), (other, c, d) = pair
        body.append(element("p", words.HELPS_1.format(user=user, a=a, b=b, other=other, c=c, d=d)))
        doors += [shopper_link(number, words.SHOW_SHOPPER.format(user=number)) for number in (user, other)]
    rows = {row.model: row for row in store.evaluation() if (row.task, row.metric) == (TASKS[0], NDCG)}
    none = words.NOT_HERE.format(what=words.NEED_EVALUATION)
    overlap_answer: str = none
    if all(role in rows for role in ROLES):
        one, two = rows["rdrec"], rows["baseline"]
        values = {"a": one.value, "a_low": one.low, "a_high": one.high, "b": two.value, "b_low": two.low, "b_high": two.high}
        shown = {key: of_100(value) for key, value in values.items()}
        body.append(element("p", words.HELPS_2.format(users=f"{one.users:,}", **shown)))
        paired = "".join(evidence.paired_words(store.paired_hits(TASKS[0], 10), learned.judged(several, facts)))
        overlap = one.low <= two.high and two.low <= one.high
        overlap_answer = (words.OVERLAP_A if overlap else words.APART_A).format(paired=paired)
    more = (
        (words.OVERLAP_Q, overlap_answer),
        (words.RUNS_Q, _runs(several, facts.teacher)),
        (words.CONTROL_Q, _control(several.differences, facts.teacher)),
    )
    answer = seed_verdict.lead(several, facts.teacher)
    return Chapter(
        words.HELPS, 8, tuple(body) or (element("p", none),), words.HELPS_TRY, words.HELPS_Q, answer, words.HELPS_NOTES,
        tuple(doors), more,
    )  # fmt: skip


def _opposites(store: Store) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """Two featured shoppers: (user, rank with, rank without) where rationales gain and lose most, by the ratio of ranks."""
    found = []
    for shopper in store.featured_users():
        truths = store.truth(shopper.user, TASKS[0])
        if all(role in truths for role in ROLES):
            found.append((shopper.user, truths["rdrec"].rank, truths["baseline"].rank))
    if not found:
        return None
    gain, loss = max(found, key=lambda one: one[2] / one[1]), min(found, key=lambda one: one[2] / one[1])
    return (gain, loss) if gain[2] > gain[1] and loss[2] < loss[1] else None


def _runs(several: OverSeeds, teacher: str) -> str:
    found = _difference(several.differences, f"rdrec:{teacher}", "baseline")
    by_way: dict[str, dict[int, float]] = {}
    for run in several.runs:
        if (run.task, run.metric) == (TASKS[0], NDCG):
            by_way.setdefault(run.way, {})[run.seed] = run.value
    one, two = by_way.get(f"rdrec:{teacher}"), by_way.get("baseline")
    if found is None or one is None or two is None or len(two) < LEAST_RUNS:
        return words.NOT_HERE.format(what=words.NEED_RUNS)
    ahead = sum(one[seed] > two[seed] for seed in two)
    return words.RUNS_A.format(
        runs=len(two), ahead=ahead, low=signed(found.seed_low), high=signed(found.seed_high),
        least=of_100(min(two.values())), most=of_100(max(two.values())),
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
    wanted = (one, other, TASKS[0], NDCG)
    return next((row for row in differences if (row.one, row.other, row.task, row.metric) == wanted), None)


def when(store: Store) -> Chapter:
    """The best possible score, and how close rivals and students come to it."""
    facts = store.facts
    values: dict[str, list[float]] = {}
    for run in store.over_seeds().runs:
        if (run.task, run.metric) == (TASKS[0], NDCG):
            values.setdefault(run.way, []).append(run.value)
    means = {way: sum(of) / len(of) for way, of in values.items()}
    shown = (headroom.RIVAL, f"rdrec:{facts.teacher}", headroom.TEXTS, headroom.BEST)
    none = words.NOT_HERE.format(what=words.NEED_BEST)
    body, answer = [element("p", none)], none
    if all(way in means for way in shown):
        rival, own, known, best = (means[way] for way in shown)
        said = {"rival": of_100(rival), "student": of_100(own), "texts": of_100(known), "best": of_100(best)}
        body = [
            element("p", words.WHEN_1.format(**said)),
            element("div", element("h4", words.WHEN_BARS), *(_bar_row(over_seeds.way(way), means[way], best, of_100, STUDENT_CLASS.get(family(way), "")) for way in shown), cls="bars"),
            element("p", words.WHEN_2),
        ]  # fmt: skip
        answer = words.WHEN_A.format(share=f"{100 * (known - rival) / (best - rival):.0f}") if best > rival else none
    doors = (
        door(words.SEE_DIAL, texts.TAB_EVIDENCE, "#rd-dial, #rd-headroom"),
        door(words.SEE_TRUTH, texts.TAB_EVIDENCE, "#rd-headroom"),
    )
    return Chapter(words.WHEN, 7, tuple(body), words.WHEN_TRY, words.WHEN_Q, answer, words.WHEN_NOTES, doors)


def _two(value: float) -> str:
    return f"{100 * value:.2f}"


def _bar_row(label: str, value: float, scale: float, shown: Callable[[float], str] = _two, cls: str = "") -> Html:
    return element(
        "div", element("span", label, cls="label"), bar(value / scale), element("b", shown(value)), cls=f"bar-row {cls}".strip()
    )


def _flip(label: str, off: float, on: float, scale: float, button: str) -> Html:
    """A bar with two states and a button that switches between them."""
    return element(
        "div",
        element("div", _bar_row(label, off, scale), cls="off"),
        element("div", _bar_row(label, on, scale), cls="on"),
        element("button", button, type="button", cls="flip", aria_pressed="false"),
        cls="rd-flip",
    )
