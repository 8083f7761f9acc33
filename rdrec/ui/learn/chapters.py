"""The first four chapters of the lecture.  All figures come from the shown data set; if it lacks something, the answer says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import HIT, ROLES, TASKS
from rdrec.evaluation.methods import control_of, family
from rdrec.evaluation.outcomes import by_task, nats
from rdrec.explorer import leak_verdict, sentences
from rdrec.explorer.answers import LEAK_TEXT, Distilled, Purchase
from rdrec.explorer.collected import Collected
from rdrec.explorer.dials import Shop
from rdrec.explorer.points import of_100
from rdrec.explorer.published import Figure
from rdrec.explorer.store import Store
from rdrec.student.tasks import Task, input_text
from rdrec.ui import texts
from rdrec.ui.evidence import learned, multi_seed
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.evidence.tables import table
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapter import Chapter, Questions, bar_row, flip, two_decimals
from rdrec.ui.learn.conclusions import helps, when
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, door, shopper_link
from rdrec.ui.render import Child, Html, element, plain
from rdrec.ui.side_by_side import title_first, with_article
from rdrec.ui.teacher import strings as teacher_texts
from rdrec.ui.why import strings as why_texts

PERMUTED = "highest number plus one (max-id rule), numbers permuted"  # as in the table of published figures
TOGETHER, ORDER_RULE = "often bought together", "often bought together, higher original numbers first (order rule)"
EXAMPLE_CHARS = (60, 330)  # so that the review fits one screen beside three teachers
EXAMPLE_CLAIMS = 4  # of one teacher, for the same reason
SEARCHED_SHOPPERS = 30  # for an example, after the featured ones
FORMER = {"rationale": 2, "leak": 1, "real": 5}  # old lesson -> the chapter that replaced it


def chapters(
    store: Store, figures: Sequence[Figure], shops: tuple[Shop, ...] = (), elsewhere: Collected | None = None
) -> tuple[Chapter, ...]:
    """All six chapters in order; shops: those along the dials, if they were trained; elsewhere: results on other sets."""
    return (
        plus_one(store, figures), promise(store), student(store), treatment(store), helps(store), when(store, shops, elsewhere),
    )  # fmt: skip


def plus_one(store: Store, figures: Sequence[Figure]) -> Chapter:
    """Two rules that learn nothing, on the released data set where the plus-one rule scores highest."""
    complete = {data: by_method for data, by_method in _by_data(figures).items() if _complete(by_method)}
    data, shown = max(complete.items(), key=lambda item: item[1][evidence_texts.RULE_LEAKY])
    rule, paper, at_random = (shown[key] for key in (evidence_texts.RULE_LEAKY, evidence_texts.RULE_PUBLISHED, PERMUTED))
    scale = max(shown[ORDER_RULE], paper, rule)
    said = {"rule": two_decimals(rule), "paper": two_decimals(paper), "random": two_decimals(at_random)}
    body = (
        element("p", words.PLUS_ONE_1),
        element(
            "div",
            element("h4", words.PLUS_ONE_TABLE.format(data=evidence_texts.PUBLISHED_NAME[data])),
            bar_row(words.PAPER, paper, scale),
            flip(words.RULE, rule, at_random, scale, words.FLIP_NUMBERS),
            flip(words.TOGETHER, shown[TOGETHER], shown[ORDER_RULE], scale, words.FLIP_ORDER),
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
    for figure in figures:
        if figure.task == TASKS[0] and figure.ndcg10 is not None:
            by_data.setdefault(figure.data, {})[figure.method] = figure.ndcg10
    return by_data


def _complete(by_method: Mapping[str, float]) -> bool:
    needed = (evidence_texts.RULE_LEAKY, evidence_texts.RULE_PUBLISHED, PERMUTED, TOGETHER, ORDER_RULE)
    return all(method in by_method for method in needed)


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
    left = store.teacher_gaps()
    silent: Child = words.SILENT_ALL.format(reviews=f"{store.facts.rationales:,} reviews")
    if left.reviews:
        reason, most = left.reasons[0]
        silent = words.SILENT_SOME.format(count=f"{left.reviews:,}", reason=plain(reason or "", 80), most=f"{most:,}")
    question, answer = words.PROMISE_Q_NONE, words.PROMISE_A_NONE
    body: tuple[Child, ...] = (element("p", words.PROMISE_NONE),)
    doors = [door(words.SEE_TEACHER, teacher_texts.TAB, "#rd-distil-run")]
    if found:
        user, purchase, rationales, teacher, claim, why = found
        question = words.PROMISE_Q
        answer = words.PROMISE_A.format(
            claim=plain(claim, TITLE_CHARS), teacher=with_article(teacher), why=texts.WHY_NOT.get(why, plain(why, 80)),
            unsupported=f"{left.unsupported:,}", claims=f"{left.claims:,}",
        )  # fmt: skip
        body = (
            element("p", words.PROMISE_1.format(count=len(rationales))),
            element("p", element("bdi", plain(purchase.review or "")), cls="example words", dir="auto"),
            element("div", *(_card(rationale) for rationale in rationales), cls="teachers"),
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
    """(user, purchase, rationales by teacher, then one unsupported claim: its teacher, the claim, why): a short training review read by
    most teachers, with few unsupported claims and much to compare."""
    featured = [shopper.user for shopper in store.featured_users()]
    best: tuple[tuple[int, int, int, int], tuple[int, Purchase, list[Distilled], str, str, str]] | None = None
    for user in dict.fromkeys([*featured, *(shopper.user for shopper in store.search_users("", SEARCHED_SHOPPERS))]):
        by_teacher = store.all_rationales(user)
        for purchase in store.history(user):
            text = purchase.review or ""
            if purchase.split != "train" or not EXAMPLE_CHARS[0] <= len(text) <= EXAMPLE_CHARS[1]:
                continue
            read = [answers[purchase.position] for answers in by_teacher.values() if purchase.position in answers]
            read = [answer for answer in read if answer.status == "ok" and 0 < len(_preferences(answer)) <= EXAMPLE_CLAIMS]
            flagged = [(answer.teacher, claim, why) for answer in read for claim, why in _preferences(answer) if why]
            if len(read) < 2 or not flagged:
                continue
            quality = (-len(read), len(flagged), -min(len(_preferences(answer)) for answer in read), -len(text))
            if best is None or quality < best[0]:
                best = quality, (user, purchase, read, *flagged[0])
    return best[1] if best else None


def _preferences(distilled: Distilled) -> list[tuple[str, str | None]]:
    """(claim, why the review does not support it or None) for each claim about what the shopper prefers."""
    reasons = distilled.why_not or (None,) * len(distilled.claims)
    return [(claim.text, why) for claim, why in zip(distilled.claims, reasons, strict=True) if claim.kind == "user_preference"]


def _card(distilled: Distilled) -> Html:
    signs = {"like": "+", "dislike": "−", "neutral": "·"}
    claims = [
        element("li", f"{signs[claim.polarity]} ", element("bdi", plain(claim.text, 60)), cls=claim.polarity)
        for claim in distilled.claims
        if claim.kind == "user_preference"
    ]
    return element("div", element("h4", title_first(distilled.teacher)), element("ul", *claims, cls="claims"))


def student(store: Store) -> Chapter:
    """The exact input for one shopper, what the student writes about them, and its ranking."""
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
    """The manipulation check of the student with rationales and of its control."""
    several, facts = store.seed_results(), store.facts
    method = learned.shown_method(several, facts.teacher)
    methods = [method, control_of(method)] if method else []
    checks_of = several.checks_of_methods
    by_method = {one: {c.task: c for c in by_task(checks_of.get(one, [])) if c.task in CLAIM_KINDS} for one in methods}
    rows: list[list[Child]] = [
        [
            multi_seed.method_label(one),
            evidence_texts.TASK_WORDS[task],
            nats(check.gap),
            nats(check.yardstick),
            element("b", check.outcome),
        ]
        for one, checks in by_method.items()
        for task, check in checks.items()
    ]
    classes = [STUDENT_CLASS.get(family(one)) for one, checks in by_method.items() for _ in checks]
    none = words.NOT_HERE.format(what=words.NEED_CHECK)
    own, shuffled = (by_method.get(one, {}).get(CLAIM_KINDS[0]) for one in methods) if methods else (None, None)
    answer = words.TREATMENT_A.format(own=nats(own.gap), shuffled=nats(shuffled.gap)) if own and shuffled else none
    body = (
        element("p", words.TREATMENT_1),
        table(words.TREATMENT_TABLE, words.TREATMENT_COLUMNS, rows, classes) if rows else element("p", none),
    )
    doors = (door(words.SEE_CHECK, texts.TAB_EVIDENCE, "#rd-learned"),)
    return Chapter(words.TREATMENT, 7, body, words.TREATMENT_TRY, words.TREATMENT_Q, answer, words.TREATMENT_NOTES, doors)
