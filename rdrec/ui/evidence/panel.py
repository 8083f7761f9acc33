"""The Evidence tab's verdict and details: both students over all shoppers, with intervals and a paired test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import ANY_PROTOCOL, TASKS
from rdrec.evaluation.methods import Method, family
from rdrec.evaluation.outcomes import Verdict
from rdrec.explorer import seed_verdict, sentences
from rdrec.explorer.answers import Measured, PairedHits, Shown, StoreFacts
from rdrec.explorer.by_teacher import ByTeacher, by_teacher
from rdrec.explorer.collected import Collected
from rdrec.explorer.comparisons import LUCK
from rdrec.explorer.points import of_100
from rdrec.explorer.published import Figure
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.evidence import curves, headroom, leaks, learned, multi_seed, real_data
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.render import Html, element, fill, page
from rdrec.ui.side_by_side import short


def panel(store: Store, figures: Sequence[Figure], elsewhere: Collected | None = None) -> str:
    """The details below the first view, each closed at first under a heading."""
    rows, facts, several = store.evaluation(), store.facts, store.seed_results()
    tables = [
        _table([row for row in rows if row.task == task], task, _shown(several.shown, facts) if task == TASKS[0] else {})
        for task in TASKS
        if any(row.task == task for row in rows)
    ]
    about = element("p", texts.EVIDENCE_INTRO if tables else texts.EVIDENCE_NONE, cls="intro")
    parts: list[tuple[str, str, list[Html | None]]] = [
        ("rd-part-tables", evidence_texts.DETAILS_TABLES, [about, *tables]),
        ("rd-part-headroom", evidence_texts.HEADROOM, [headroom.panel(several, TASKS[0], facts.teacher)]),
        (
            "rd-part-learned",
            evidence_texts.LEARNED,
            [learned.panel(several, facts), curves.panel(trained) if (trained := store.curves()) else None],
        ),
        ("rd-part-seeds", evidence_texts.DETAILS_SEEDS, [multi_seed.panel(several, facts.data, store.can_show)]),
        ("rd-part-leaks", evidence_texts.DETAILS_LEAKS, [leaks.audit(store.leak_audit(), facts)]),
        ("rd-part-rule", evidence_texts.RULE, [leaks.rule_without_training(figures)]),
        ("rd-part-published", evidence_texts.DETAILS_PUBLISHED, [leaks.published(figures, rows, facts)]),
        ("rd-part-real", evidence_texts.REAL, [real_data.panel(elsewhere) if elsewhere else None]),
        (
            "rd-part-set",
            evidence_texts.DETAILS_SET,
            [fill("this_set", facts=facts, texts=texts, evidence=evidence_texts, task_short=sentences.TASK_SHORT)],
        ),
    ]
    return page(
        element(
            "section",
            element("h2", evidence_texts.DETAILS_TITLE),
            *(_part(place, title, found) for place, title, inside in parts if (found := [part for part in inside if part])),
            cls="rd-evidence",
        )
    )


def _part(place: str, title: str, inside: Sequence[Html]) -> Html:
    return element("details", element("summary", title), element("div", *inside, cls="inside"), id=place, cls="part")


def lead(store: Store, elsewhere: Collected | None = None) -> str:
    """The verdicts on the next purchase and the short list, with the manipulation check beside them."""
    several, teacher = store.seed_results(), store.facts.teacher
    others = by_teacher(elsewhere, store.facts) if elsewhere else None
    teachers = evidence_texts.TEACHERS.format(**ranks_by_teacher(others)) if others else None
    made = fill(
        "evidence_lead", next_purchase=seed_verdict.next_purchase(several, teacher), short=seed_verdict.short_list(several, teacher),
        check=learned.summary(several, store.facts), teachers=teachers, seeds=len(several.seeds),
        words=evidence_texts, halves=_halves, users=f"{max((row.users for row in several.differences), default=0):,}",
    )  # fmt: skip
    return made.text


def ranks_by_teacher(found: ByTeacher) -> dict[str, str]:
    """How students of several teachers rank in one shop: `rows` in words, and what a sentence says about the shop."""
    rows = [
        evidence_texts.TEACHER_RANKS.format(teacher=short(name) if name else evidence_texts.NO_TEACHER, value=of_100(value))
        for name, value in found.rows
    ]
    runs = evidence_texts.TEACHER_RUN if found.runs == 1 else evidence_texts.TEACHER_RUNS.format(count=found.runs)
    return {"users": f"{found.users:,}", "runs": runs, "rows": ", ".join(rows)}


def _halves(sentence: str) -> tuple[str, str]:
    """The comparison with the student without rationales, which is bold, and the control."""
    effect, _, control = sentence.partition("; ")
    return effect, control


def paired_words(paired: PairedHits, judged: Verdict | None = None, runs: int = 0) -> list[str]:
    """How many shoppers only one student got right, and what follows: nothing, if the student did not learn its rationales.

    runs: training runs that all show the same difference; 0: it is not known to hold over several
    """
    untested = [] if judged is None or judged.tested else [" ", judged.why]
    if not paired.only_rdrec + paired.only_baseline:
        return [texts.PAIRED_NONE, *untested]
    chance = paired.chance
    words = f"{100 * chance:.0f}" if chance >= 0.01 else "fewer than 1"
    sentence = texts.PAIRED.format(a=f"{paired.only_rdrec:,}", b=f"{paired.only_baseline:,}", chance=words)
    likely = texts.REAL_RUNS.format(runs=runs) if runs else texts.REAL_YES
    return [sentence, *(untested or [" ", likely if chance < LUCK else texts.REAL_NO])]


def _shown(shown: Sequence[Shown], facts: StoreFacts) -> dict[str, Shown]:
    """The rows by the model's name in the evaluation: a student's role, a rule, or a kind of rival."""
    found = {}
    for row in shown:
        method = Method.parse(row.method)
        if row.seed == facts.seed and (method is None or (method.teacher in ("", facts.teacher) and not method.ablated)):
            found[method.variant if method else row.method] = row
    return found


def _table(rows: Sequence[Measured], task: str, shown: Mapping[str, Shown]) -> Html:
    metrics = [metric for metric in texts.METRIC if any(row.metric == metric for row in rows)]
    models = list(dict.fromkeys(row.model for row in rows))
    cells = {(row.model, row.metric): row for row in rows}
    protocol = next((row.protocol for row in rows if row.protocol != ANY_PROTOCOL), ANY_PROTOCOL)
    caption = texts.EVIDENCE_CAPTION.format(
        task=texts.TASK_NAME[task], users=f"{rows[0].users:,}", protocol=protocol, seed=rows[0].seed
    )
    meanings = {metric: texts.METRIC[metric] for metric in metrics}
    if shown:
        bought = f"{next(iter(shown.values())).bought:.1f}"
        meanings |= {title: meaning.format(bought=bought) for title, meaning in texts.BEYOND.values()}
    return fill(
        "measures", caption=caption, models=models, metrics=metrics, cells=cells, meanings=meanings, texts=texts, family=family,
        beyond={model: real_data.beyond([row], "–") for model, row in shown.items()}, none_beyond=["–"] * (len(texts.BEYOND) if shown else 0),
        method_label=multi_seed.method_label,
    )  # fmt: skip
