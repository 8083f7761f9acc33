"""Whether a difference between two methods says something about rationales.  Imports no heavy library, because the page uses it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.vocabulary import CONTROL
from rdrec.evaluation.methods import family, learns_rationales
from rdrec.evaluation.outcomes import Check, Verdict, verdict

_BROKEN_CONTROL = "Not tested: the control, trained on shuffled rationales, passes the check too, so the check cannot tell here whether anything was learned."


def verdict_of_pair(
    one: str, other: str, checks: Mapping[str, Sequence[Check]], user: str = "user", item: str = "item"
) -> Verdict | None:
    """The verdict on a comparison of two methods; None if neither of them learns rationales, apart from the control.

    checks      of each method, over all its training runs
    user, item  what the reader calls them
    The control must fail the check.  If it passes, no comparison with it counts.
    """
    verdicts = [verdict(checks.get(method, ()), user, item) for method in (one, other) if learns_rationales(method)]
    if not verdicts:
        return None
    controls = [method for method in (one, other) if family(method) == CONTROL]
    if any(verdict(checks.get(method, ()), user, item).tested for method in controls):
        return Verdict(False, _BROKEN_CONTROL)
    return next((each for each in verdicts if not each.tested), verdicts[0])
