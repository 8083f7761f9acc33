"""Over all shoppers: both students, the control and the best baseline, and whether the student learned its rationales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import CONTROL, NDCG, ROLES
from rdrec.data.rationales import ANSWER_KEY
from rdrec.evaluation.outcomes import Verdict
from rdrec.explorer.answers import Measured, PairedHits
from rdrec.explorer.comparisons import LUCK, Best, Tested
from rdrec.explorer.labels import model_name
from rdrec.explorer.points import of_100
from rdrec.ui import texts
from rdrec.ui.parts import STUDENT_CLASS
from rdrec.ui.render import element, fill, page


def panel(
    rows: Sequence[Measured], best: Best | None, paired: PairedHits, task: str, judged: Verdict, *, counted: bool, teacher: str,
    runs: int = 0, beside: Tested | None = None,
) -> str:  # fmt: skip
    """One line for each method, and whether the difference between the students is real.

    best     the best baselines, as in every headline (`rdrec.explorer.comparisons`)
    judged   whether the student with rationales learned them
    counted  whether this shopper has a held-out purchase
    teacher  the one that the student with rationales learned from
    beside   the test of the student with rationales against the best baseline
    runs     training runs that all show the same difference; 0: it is not known to hold over several
    """
    found = {row.model: row for row in rows if row.task == task and row.metric == NDCG}
    if not all(role in found for role in ROLES):
        return page(element("section", element("p", texts.EVIDENCE_NONE), cls="rd-panel rd-real"))
    rival = found.get(best.baseline.method) if best else None
    shown = [(texts.SHORT_MODEL[role], STUDENT_CLASS[role], found[role]) for role in ROLES]
    if CONTROL in found:
        shown.append((texts.SHORT_MODEL[CONTROL], "scrambled", found[CONTROL]))
    if rival is not None:
        shown.append((texts.BEST_BASELINE.format(model=model_name(rival.model)), "rival", rival))
    made = fill(
        "verdict", counted=counted, users=f"{found['rdrec'].users:,}", shown=shown, scale=max(row.high for *_, row in shown) or 1.0,
        judged=judged, from_key=texts.FROM_KEY if teacher == ANSWER_KEY else None, difference=_difference(paired, runs),
        rival=_beside_the_best(best, beside, found) if rival else None, texts=texts,
    )  # fmt: skip
    return made.text


def _beaten(test: Tested | None) -> str | None:
    """That the student is not better than the best baseline; None if it is, or if that was not tested."""
    if test is None or (test.clear and test.row.difference > 0):
        return None
    return texts.BEATEN_BY if test.clear else texts.NOT_BEATEN


def _beside_the_best(best: Best | None, test: Tested | None, found: Mapping[str, Measured]) -> str:
    """Whether the student beats the best baseline, if that was tested; whether that uses rationales too, and which is best without."""
    beaten = _beaten(test)
    said = [beaten] if beaten else []
    if best is not None and best.baseline.uses_rationales:
        it = "It" if said else "This baseline"
        plain = found.get(best.without_rationales.method) if best.without_rationales else None
        if plain is None:
            said.append(texts.BEST_USES.format(it=it))
        else:
            said.append(texts.BEST_USES_WITHOUT.format(it=it, model=model_name(plain.model), value=of_100(plain.value)))
    return " ".join(said)


def _difference(paired: PairedHits, runs: int) -> str:
    if not paired.only_rdrec + paired.only_baseline:
        return texts.PAIRED_NONE
    likely = texts.REAL_RUNS.format(runs=runs) if runs else texts.REAL_YES
    sure = likely if paired.chance < LUCK else texts.REAL_NO
    return texts.ONLY_ONE.format(a=f"{paired.only_rdrec:,}", b=f"{paired.only_baseline:,}", sure=sure)
