"""Over all shoppers: hits of both students, the control and the best baseline, and whether the student learned its rationales."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import ROLES
from rdrec.evaluation.outcomes import Verdict
from rdrec.explorer.answers import Measured, PairedHits
from rdrec.ui import texts
from rdrec.ui.parts import STUDENT_CLASS, door
from rdrec.ui.render import Html, element, page

HIT = "HR@10"
CONTROL = "scrambled"
BASELINES = ("ease", "sasrec", "bought together", "popularity")  # what no rationale went into, and no leak
LUCK = 0.05


def panel(rows: Sequence[Measured], paired: PairedHits, task: str, judged: Verdict, *, counted: bool) -> str:
    """`counted`: this shopper has a held-out purchase; `judged`: whether the student with rationales learned them."""
    found = {row.model: row for row in rows if row.task == task and row.metric == HIT}
    if not all(role in found for role in ROLES):
        return page(element("section", element("p", texts.EVIDENCE_NONE), cls="rd-panel rd-real"))
    best = max((found[name] for name in BASELINES if name in found), key=lambda row: row.value, default=None)
    shown = [found[role] for role in ROLES] + [row for row in (found.get(CONTROL), best) if row is not None]
    scale = max(row.high for row in shown) or 1.0
    start = (texts.OVER_ALL if counted else texts.OVER_ALL_NOT).format(users=f"{found['rdrec'].users:,}")
    return page(
        element(
            "section",
            element("h3", texts.IS_IT_REAL),
            element("p", start, cls="over"),
            element("ul", *(_measure(row, scale, row is best) for row in shown), cls="measures"),
            element(
                "p", _words(paired, judged), " ",
                door(texts.EVIDENCE_DOOR, texts.TAB_EVIDENCE, "#rd-tabs .rd-evidence-lead"),
                cls="follows",
            ),
            cls="rd-panel rd-real",
        )
    )  # fmt: skip


def _measure(row: Measured, scale: float, best: bool) -> Html:
    label = texts.BEST_BASELINE.format(model=texts.MODEL[row.model]) if best else texts.SHORT_MODEL[row.model]
    accent = {**STUDENT_CLASS, CONTROL: "scrambled"}.get(row.model, "rival")
    interval = texts.INTERVAL.format(low=f"{100 * row.low:.1f}", high=f"{100 * row.high:.1f}")
    return element(
        "li",
        element("span", label, cls="label"),
        element("span", element("b", f"{100 * row.value:.1f}"), " ", element("small", f"({interval})"), cls="value"),
        element(
            "span",
            element("span", cls="range", shares={"a": row.low / scale, "b": (row.high - row.low) / scale}),
            element("span", cls="dot", shares={"a": row.value / scale}),
            cls="interval", aria_hidden="true",
        ),
        cls=accent,
    )  # fmt: skip


def _words(paired: PairedHits, judged: Verdict) -> str:
    """Whether the two differ beyond chance, and whether the student learned its rationales."""
    return f"{_difference(paired)} {judged.why}" if judged.tested else judged.why


def _difference(paired: PairedHits) -> str:
    if not paired.only_rdrec + paired.only_baseline:
        return texts.PAIRED_NONE
    sure = texts.REAL_YES if paired.chance < LUCK else texts.REAL_NO
    return texts.ONLY_ONE.format(a=f"{paired.only_rdrec:,}", b=f"{paired.only_baseline:,}", sure=sure)
