"""Whether a difference between two ways of training may be read as one of rationales.  Light: the page uses it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import CONTROL
from rdrec.evaluation.outcomes import Check, Verdict, verdict
from rdrec.evaluation.ways import kind, learns_rationales

_BROKEN_CONTROL = "Not tested: the control, trained on shuffled rationales, passes the check too, so the check cannot tell here whether anything was learned."


def verdict_of_pair(
    one: str, other: str, checks: Mapping[str, Sequence[Check]], user: str = "user", item: str = "item"
) -> Verdict | None:
    """checks: of each way, over all training runs.  None where neither way was to learn rationales but the control.

    The control must fail the check: where it passes, no comparison with it counts.
    """
    found = [verdict(checks.get(way, ()), user, item) for way in (one, other) if learns_rationales(way)]
    if not found:
        return None
    controls = [way for way in (one, other) if kind(way) == CONTROL]
    if any(verdict(checks.get(way, ()), user, item).tested for way in controls):
        return Verdict(False, _BROKEN_CONTROL)
    return next((each for each in found if not each.tested), found[0])
