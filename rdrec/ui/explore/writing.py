"""What the students write about this shopper and the held-out product, beside what the teacher made of the real review."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.answers import Item, Written
from rdrec.ui import texts
from rdrec.ui.render import fill


def panel(written: Sequence[Written], item: Item | None) -> str:
    return fill("writing", written=written, item=item, WRITING=texts.WRITING, WHICH=texts.WRITING_WHICH).text
