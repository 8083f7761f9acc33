"""What each student says about the shopper, each phrase checked against the shopper's true motives if the shop is invented."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.answers import Written
from rdrec.explorer.motives import Motive, phrases
from rdrec.ui import texts
from rdrec.ui.render import fill

TASK = "user_preference"
SHOWN = {"rdrec": "with", "scrambled": "scrambled"}
MOST_PHRASES = 6


def panel(written: Sequence[Written], motives: Sequence[Motive] | None, *, secret: bool = False) -> str:
    """`secret`: withhold the sentences, which were written about the held-out purchase."""
    said = {text.student: text.text for text in written if text.task == TASK}
    students = [
        (texts.SHORT_MODEL[role], cls, phrases(said[role], motives)[:MOST_PHRASES] if role in said else None)
        for role, cls in SHOWN.items()
        if role in said or role == "rdrec"
    ]
    return fill("says", students=students, motives=motives, secret=secret).text
