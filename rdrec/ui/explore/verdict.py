"""Over all shoppers: both students, the control and the best baseline, and whether the student learned its rationales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import CONTROL, NDCG, ROLES
from rdrec.evaluation.outcomes import Verdict
from rdrec.explorer.answers import Measured, PairedHits
from rdrec.explorer.comparisons import Best
from rdrec.explorer.labels import model_name
from rdrec.ui import texts
from rdrec.ui.parts import STUDENT_CLASS, door
from rdrec.ui.render import Child, Html, element, page

LUCK = 0.05


def panel(
    rows: Sequence[Measured], best: Best | None, paired: PairedHits, task: str, judged: Verdict, *, counted: bool, runs: int = 0
) -> str:
    """One line for each method, and whether the difference between the students is real.

    best     the best baselines, as in every headline (`rdrec.explorer.comparisons`)
    judged   whether the student with rationales learned them
    counted  whether this shopper has a held-out purchase
    runs     training runs that all show the same difference; 0: it is not known to hold over several
    """
    found = {row.model: row for row in rows if row.task == task and row.metric == NDCG}
    if not all(role in found for role in ROLES):
        return page(element("section", element("p", texts.EVIDENCE_NONE), cls="rd-panel rd-real"))
    rival = found.get(best.baseline.method) if best else None
    shown = [found[role] for role in ROLES] + [row for row in (found.get(CONTROL), rival) if row is not None]
    scale = max(row.high for row in shown) or 1.0
    start = (texts.OVER_ALL if counted else texts.OVER_ALL_NOT).format(users=f"{found['rdrec'].users:,}")
    return page(
        element(
            "section",
            element("h3", texts.IS_IT_REAL),
            element("p", start, cls="over"),
            element("ul", *(_measure(row, scale, row is rival) for row in shown), cls="measures"),
            element(
                "p", *_words(paired, judged, runs), " ", _rationales_too(best, found) if rival else None, " ",
                door(texts.EVIDENCE_DOOR, texts.TAB_EVIDENCE, "#rd-tabs .rd-evidence-lead"),
                cls="follows",
            ),
            cls="rd-panel rd-real",
        )
    )  # fmt: skip


def _rationales_too(best: Best | None, found: Mapping[str, Measured]) -> str | None:
    """That the best baseline uses rationales too, and which is best without; None if it uses none."""
    if best is None or not best.baseline.uses_rationales:
        return None
    plain = found.get(best.without_rationales.method) if best.without_rationales else None
    if plain is None:
        return texts.BEST_USES
    return texts.BEST_USES_WITHOUT.format(model=model_name(plain.model), value=f"{100 * plain.value:.1f}")


def _measure(row: Measured, scale: float, best: bool) -> Html:
    label = texts.BEST_BASELINE.format(model=model_name(row.model)) if best else texts.SHORT_MODEL[row.model]
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


def _words(paired: PairedHits, judged: Verdict, runs: int) -> list[Child]:
    """Whether the two students differ beyond chance, and whether the student learned its rationales (details in the tooltip)."""
    if not judged.tested:
        return [judged.why]
    return [_difference(paired, runs), " ", element("span", texts.CHECKED, title=judged.why)]


def _difference(paired: PairedHits, runs: int) -> str:
    if not paired.only_rdrec + paired.only_baseline:
        return texts.PAIRED_NONE
    likely = texts.REAL_RUNS.format(runs=runs) if runs else texts.REAL_YES
    sure = likely if paired.chance < LUCK else texts.REAL_NO
    return texts.ONLY_ONE.format(a=f"{paired.only_rdrec:,}", b=f"{paired.only_baseline:,}", sure=sure)
