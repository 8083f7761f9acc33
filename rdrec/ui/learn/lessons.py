"""Three lessons with questions: what a rationale is, how an answer leaks, whether a difference is real.

In: a store and the published figures.  Out: HTML; answers are closed until asked for.  Every figure is worked out here from what
is shown; where a set lacks something, the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.core.records import Claim
from rdrec.core.vocabulary import ROLES, TASKS
from rdrec.explorer.answers import LEAK_TEXT, Difference, Distilled, Purchase, Run
from rdrec.explorer.published import Figure
from rdrec.explorer.store import Store, name
from rdrec.ui import texts
from rdrec.ui.evidence import leaks, learned, over_seeds
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.evidence.tables import chance, of_100, signed, table
from rdrec.ui.explore.history import words_marked
from rdrec.ui.item_card import shopper_link
from rdrec.ui.learn import strings as words
from rdrec.ui.parts import TITLE_CHARS, door
from rdrec.ui.render import Child, Html, element, plain
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts

PERMUTED = "highest number plus one (max-id rule), numbers permuted"  # its name in the table of facts
EXAMPLE_CHARS = (80, 600)  # of a review that can be read at a glance
LOOKED_AT = 30  # shoppers, the first of all, among whom an example is sought


@dataclass(frozen=True)
class Lesson:
    """What is said, then questions, each with its answer; `doors` lead to the parts of the page that it is about."""

    key: str
    title: str
    short: str
    body: tuple[Html, ...]
    questions: tuple[tuple[str, Child], ...]
    doors: tuple[Html, ...] = ()


def lessons(store: Store, figures: Sequence[Figure]) -> tuple[Lesson, ...]:
    """All three, in their order; their keys are those of `?lesson=`."""
    return rationale(store), leak(store, figures), real(store)


KEYS = ("rationale", "leak", "real")


def rationale(store: Store) -> Lesson:
    facts = store.facts
    found = _example(store)
    teacher = texts.TEACHER.get(facts.teacher, facts.teacher)
    questions: list[tuple[str, Child]] = []
    if found:
        user, purchase, told = found
        claim = told.claims[0]
        intro = words.RATIONALE_2.format(
            teacher=teacher, reviews=f"{facts.reviews:,} reviews", rationales=f"{facts.rationales:,}", user=user
        )
        body = [element("p", intro), _review(purchase, told, user)]
        behind = "”, “".join(one.rstrip(" .!?") for one in _behind(claim, purchase.review or ""))
        questions.append((words.Q_WORDS.format(claim=plain(claim.text, TITLE_CHARS)), words.A_WORDS.format(words=behind)))
        doors = [shopper_link(user, words.SHOW_SHOPPER.format(user=user))]
    else:
        body, doors = [element("p", words.RATIONALE_NO_EXAMPLE)], []
    left = store.unsaid()
    silent: Child = words.A_SILENT_ALL.format(reviews=f"{facts.rationales:,} reviews")
    if left.reviews:
        reason, most = left.reasons[0]
        silent = words.A_SILENT.format(count=f"{left.reviews:,}", reason=plain(reason or "", 80), most=f"{most:,}")
    flagged = words.FLAGGED if left.unsupported else words.FLAGGED_NONE
    flagged = flagged.format(claims=f"{left.claims:,}", unsupported=f"{left.unsupported:,}")
    wrong = words.A_WRONG.format(flagged=flagged, distil=distil_texts.TAB)
    questions += [
        (words.Q_SEES, words.A_SEES.format(prompt=why_texts.PROMPT, why=why_texts.TAB)),
        (words.Q_SILENT, silent),
        (words.Q_WRONG, wrong),
    ]
    doors.append(door(words.SEE_DISTIL, distil_texts.TAB, "#rd-distil-run"))
    body.insert(0, element("p", words.RATIONALE_1))
    return Lesson("rationale", words.RATIONALE, words.RATIONALE_SHORT, tuple(body), tuple(questions), tuple(doors))


def leak(store: Store, figures: Sequence[Figure]) -> Lesson:
    audit, facts = store.leak_audit(), store.facts
    body = [element("p", words.LEAK_1), *_rule_table(figures), element("p", words.LEAK_2)]
    here = words.A_HERE_NONE if audit is None else leaks.verdict(audit, facts.protocol)
    values = {row.protocol: row.value for row in audit or () if row.measure == LEAK_TEXT}
    came, shown = values.get(leaks.AS_IT_CAME), values.get(facts.protocol)
    if came is None or shown is None:
        text = evidence_texts.LEAKS_VERDICT_TEXT_UNKNOWN if audit else words.A_HERE_NONE
    else:
        text = words.A_TEXT.format(came=of_100(came), shown=of_100(shown), protocol=facts.protocol)
    hits = {row.model: of_100(row.value) for row in store.evaluation() if (row.task, row.metric) == (TASKS[0], evidence.HIT)}
    needed = ("popularity", "bought together", "rdrec")
    fair = words.NOT_HERE.format(what=words.NEED_EVALUATION)
    if all(model in hits for model in needed):
        popular, together, student = (hits[model] for model in needed)
        fair = words.A_FAIR.format(popular=popular, together=together, student=student)
    questions = ((words.Q_USES, words.A_USES), (words.Q_HERE, here), (words.Q_TEXT, text), (words.Q_FAIR, fair))
    doors = (door(words.SEE_LEAKS, texts.TAB_EVIDENCE, "#rd-leaks"),)
    return Lesson("leak", words.LEAK, words.LEAK_SHORT, tuple(body), questions, doors)


def real(store: Store) -> Lesson:
    several = store.over_seeds()
    body, doors = [], []
    pair = _opposites(store)
    if pair:
        (user, a, b), (other, c, d) = pair
        body.append(element("p", words.REAL_ONE.format(user=user, a=a, b=b, other=other, c=c, d=d)))
        doors += [shopper_link(number, words.SHOW_SHOPPER.format(user=number)) for number in (user, other)]
    rows = {row.model: row for row in store.evaluation() if (row.task, row.metric) == (TASKS[0], evidence.HIT)}
    overlap_question = (words.Q_OVERLAP, words.NOT_HERE.format(what=words.NEED_EVALUATION))
    if all(role in rows for role in ROLES):
        one, two = rows["rdrec"], rows["baseline"]
        values = {"a": one.value, "a_low": one.low, "a_high": one.high, "b": two.value, "b_low": two.low, "b_high": two.high}
        shown = {key: of_100(value) for key, value in values.items()}
        body.append(element("p", words.REAL_ALL.format(users=f"{one.users:,}", **shown)))
        overlap = one.low <= two.high and two.low <= one.high
        paired = "".join(evidence.paired_words(store.paired_hits(TASKS[0], 10), learned.judged(several, store.facts)))
        overlap_question = (words.Q_OVERLAP, (words.A_OVERLAP if overlap else words.A_APART).format(paired=paired))
    questions = (
        overlap_question,
        (words.Q_RUNS, _runs(several.runs, several.differences, store.facts.teacher)),
        (words.Q_CONTROL, _control(several.differences, store.facts.teacher)),
        (words.Q_SO, over_seeds.lead(several, store.facts.teacher)),
    )
    doors.append(door(words.SEE_EVIDENCE, texts.TAB_EVIDENCE, "#rd-effect"))
    return Lesson("real", words.REAL, words.REAL_SHORT, tuple(body), questions, tuple(doors))


def _example(store: Store) -> tuple[int, Purchase, Distilled] | None:
    """A short review of the training part whose claims all point at its words; the one with most claims of the first shoppers."""
    featured = [shopper.user for shopper in store.featured_users()]
    first = [shopper.user for shopper in store.search_users("", LOOKED_AT)]
    best: tuple[int, Purchase, Distilled] | None = None
    for user in dict.fromkeys([*featured, *first]):
        told = store.rationales(user, store.facts.teacher)
        for purchase in store.history(user):
            one, text = told.get(purchase.position), purchase.review or ""
            fits = purchase.split == "train" and EXAMPLE_CHARS[0] <= len(text) <= EXAMPLE_CHARS[1]
            if not fits or one is None or not one.user_preference or not one.item_attribution or not one.claims:
                continue
            whole = all(_behind(claim, text) for claim in one.claims)
            if whole and (best is None or len(one.claims) > len(best[2].claims)):
                best = user, purchase, one
    return best


def _review(purchase: Purchase, told: Distilled, user: int) -> Html:
    return element(
        "div",
        element("p", *words_marked(purchase.review or "", told.claims, f"lesson{user}"), cls="words", dir="auto"),
        element(
            "ol",
            *(
                element("li", element("span", f"{index + 1}", cls="ref"), " ", element("bdi", claim.text), id=f"lesson{user}-{index + 1}", cls=claim.polarity)
                for index, claim in enumerate(told.claims)
            ),
            cls="claims",
        ),
        element("p", element("b", f"{texts.PREFERENCE}: "), element("bdi", told.user_preference)),
        element("p", element("b", f"{texts.ATTRIBUTES}: "), element("bdi", told.item_attribution)),
        cls="example", role="group", aria_label=plain(name(purchase.item), TITLE_CHARS),
    )  # fmt: skip


def _behind(claim: Claim, text: str) -> list[str]:
    return [plain(text[span.start : span.end]) for span in claim.spans if span.end <= len(text)]


def _rule_table(figures: Sequence[Figure]) -> list[Html]:
    """The rule beside the paper on every data set where both are known, and a sentence for each."""
    by_data: dict[str, dict[str, float]] = {}
    for one in figures:
        if one.task == TASKS[0] and one.ndcg10 is not None:
            by_data.setdefault(one.data, {})[one.method] = one.ndcg10
    needed = (evidence_texts.RULE_LEAKY, evidence_texts.RULE_PUBLISHED, PERMUTED)
    rows, said = [], []
    for data, found in by_data.items():
        if not all(method in found for method in needed):
            continue
        rule, paper, at_random = (found[method] for method in needed)
        title = evidence_texts.PUBLISHED_NAME[data]
        rows.append([title, *(f"{100 * value:.2f}" for value in (rule, paper, at_random))])
        sentence = words.LEAK_BEATS if rule > paper else words.LEAK_NEAR
        share = f"{100 * rule / paper:.0f}"
        said.append(sentence.format(data=title, rule=f"{100 * rule:.2f}", paper=f"{100 * paper:.2f}", share=share))
    return [table(words.LEAK_TABLE, words.LEAK_COLUMNS, rows), element("p", " ".join(sorted(said)))]


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


def _runs(runs: Sequence[Run], differences: Sequence[Difference], teacher: str) -> str:
    found = _difference(differences, f"rdrec:{teacher}", "baseline")
    by_way: dict[str, dict[int, float]] = {}
    for run in runs:
        if (run.task, run.metric) == (TASKS[0], over_seeds.METRIC):
            by_way.setdefault(run.way, {})[run.seed] = run.value
    one, two = by_way.get(f"rdrec:{teacher}"), by_way.get("baseline")
    if found is None or one is None or two is None or len(two) < over_seeds.LEAST_RUNS:
        return words.NOT_HERE.format(what=words.NEED_RUNS)
    ahead = sum(one[seed] > two[seed] for seed in two)
    return words.A_RUNS.format(
        runs=len(two), ahead=ahead, low=signed(found.seed_low), high=signed(found.seed_high),
        least=of_100(min(two.values())), most=of_100(max(two.values())),
    )  # fmt: skip


def _control(differences: Sequence[Difference], teacher: str) -> str:
    found = _difference(differences, f"rdrec:{teacher}", f"scrambled:{teacher}")
    if found is None:
        return words.NOT_HERE.format(what=words.NEED_CONTROL)
    corrected = next(one.corrected for one in over_seeds.tested(differences) if one.row is found)
    return words.A_CONTROL.format(
        difference=signed(found.difference), low=signed(found.low), high=signed(found.high), p=chance(corrected)
    )


def _difference(differences: Sequence[Difference], one: str, other: str) -> Difference | None:
    wanted = (one, other, TASKS[0], over_seeds.METRIC)
    return next((row for row in differences if (row.one, row.other, row.task, row.metric) == wanted), None)
