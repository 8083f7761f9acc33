"""Gains on invented shops along their dials, from a collection created by `rdrec collect --dials`."""

from __future__ import annotations

from pathlib import Path

from rdrec.core.records import plural
from rdrec.core.vocabulary import BASELINE, CONTROL, KNOWS_REVIEWS, KNOWS_TASTES, RDREC
from rdrec.evaluation.outcomes import nats
from rdrec.explorer.dials import Gain, Shop, read
from rdrec.report.markdown import NOT_MEASURED, cell, change, metric, table

_HEAD = (
    "drive", "names", "purchases", "with rationales", "without", "minus without", "minus shuffled", "shuffled minus without",
    "learned? (gain; word counts)", "knows what reviews mention", "knows all tastes",
)  # fmt: skip
OLDER = (
    " These students are older than the present training recipe, and most rank worse than students that are trained with it."
)


def section(folder: Path) -> list[str]:
    """One row for each shop.  Raises ArtefactError for a collection that was altered or has unexpected columns."""
    shops = sorted(read(folder), key=lambda shop: (shop.purchases, shop.drive, shop.names))
    runs = sorted({shop.seeds for shop in shops})
    users = sorted({shop.users for shop in shops})
    return [
        "## When would rationales help?",
        "",
        f"NDCG@10 of the next purchase among all items under `clean`, on invented shops of {' or '.join(f'{n:,}' for n in users)} users that differ in their dials "
        f"([worlds.md](worlds.md)), each over {' or '.join(plural(n, 'training run') for n in runs)}; made by `precomputed/make-dials.sh`. *drive*: how "
        "strongly standing motives drive purchases. *names*: the share of reviews that name one. Differences have 95 % intervals over users and are not "
        "corrected for the number of shops. *learned?*: the outcome of the manipulation check, "
        "the worse of preferences and attributes; in brackets its numbers for preferences, in nats per token."
        + (OLDER if any(shop.older for shop in shops) else ""),
        "",
        *table(_HEAD, [_row(shop) for shop in shops]),
    ]


def _row(shop: Shop) -> list[str]:
    gains = shop.gains
    rdrec = gains.get(RDREC)
    over = rdrec.over_control if rdrec else None
    checked = rdrec.learned if rdrec else None
    return [
        f"{shop.drive:g}",
        f"{shop.names:g}",
        f"{shop.purchases:g}",
        *(_value(gains.get(kind)) for kind in (RDREC, BASELINE)),
        _gain(rdrec),
        NOT_MEASURED if over is None else change(*over),
        _gain(gains.get(CONTROL)),
        NOT_MEASURED if checked is None else f"{cell(checked.outcome)} ({nats(checked.gap)}; {nats(checked.yardstick)})",
        *(_value(gains.get(kind)) for kind in (KNOWS_REVIEWS, KNOWS_TASTES)),
    ]


def _value(gain: Gain | None) -> str:
    return metric(None if gain is None else gain.value)


def _gain(gain: Gain | None) -> str:
    return NOT_MEASURED if gain is None else change(*gain.over_none)
