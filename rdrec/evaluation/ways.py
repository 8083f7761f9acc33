"""A way of training, whatever its seed: variant, teacher, ablated tasks, item numbers.  Its name, read back; and the order in tables.

Light: the page uses it too.  Names: "baseline", "rdrec:offline", "rdrec:offline without user_preference",
"rdrec:offline with clustered numbers"; a rival that reads rationales is "rationale neighbours:offline".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import CONTROL, LEARNS_RATIONALES, VARIANTS
from rdrec.data.item_ids import PROTOCOL

NEIGHBOURS = "rationale neighbours"
NEIGHBOURS_CONTROL = "rationale neighbours, items shuffled"


@dataclass(frozen=True, slots=True)
class Way:
    """ablated: tasks left out; ids: a scheme of learned item numbers, else ""."""

    variant: str
    teacher: str = ""
    ablated: tuple[str, ...] = ()
    ids: str = ""

    @classmethod
    def read(cls, name: str) -> Way | None:
        """The inverse of `str`; None for a rival, a rule or a bound."""
        rest, _, ids = name.partition(" with ")
        rest, _, ablated = rest.partition(" without ")
        variant, _, teacher = rest.partition(":")
        way = cls(variant, teacher, tuple(ablated.split(" and ")) if ablated else (), ids.removesuffix(" numbers"))
        return way if variant in VARIANTS and str(way) == name else None

    def __str__(self) -> str:
        name = f"{self.variant}:{self.teacher}" if self.teacher else self.variant
        name += f" without {' and '.join(self.ablated)}" if self.ablated else ""
        return f"{name} with {self.ids} numbers" if self.ids else name


class _Card(Protocol):
    """Of a student (`rdrec.student.checkpoint.StudentCard`)."""

    @property
    def variant(self) -> str: ...
    @property
    def teacher(self) -> str | None: ...
    @property
    def ablated(self) -> Sequence[str]: ...
    @property
    def ids(self) -> str: ...


def way_of_card(card: _Card) -> str:
    """The name of the way in which a student was trained, from its card."""
    ids = "" if card.ids == PROTOCOL else card.ids
    return str(Way(card.variant, card.teacher or "", tuple(card.ablated), ids))


def kind(name: str) -> str:
    """The variant of a student ("rdrec"), the kind of a rival without its teacher, a rule's own name."""
    found = Way.read(name)
    return found.variant if found else name.partition(":")[0]


def control_of(name: str) -> str:
    """The control of a student with rationales: trained in the same way on shuffled ones."""
    way = Way.read(name)
    return str(replace(way, variant=CONTROL)) if way else ""


def learns_rationales(name: str) -> bool:
    """Whether a way of training has rationale tasks that a verdict could be about; the control's are not."""
    way = Way.read(name)
    return (
        way is not None
        and way.variant in LEARNS_RATIONALES
        and way.variant != CONTROL
        and not set(CLAIM_KINDS) <= set(way.ablated)
    )


def in_order(names: Iterable[str]) -> list[str]:
    """Students by `VARIANTS`, whole ones before ablated ones, then all others in the order in which they come."""
    given = list(dict.fromkeys(names))
    ways = {name: way for name in given if (way := Way.read(name))}

    def place(name: str) -> tuple[int, int, str]:
        way = ways[name]
        return VARIANTS.index(way.variant), len(way.ablated), name

    return [*sorted(ways, key=place), *(name for name in given if name not in ways)]
