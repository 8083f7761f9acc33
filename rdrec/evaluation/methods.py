"""Training methods, their names, and their order in tables.  Imports no heavy library, because the page uses it too.

A method is everything that students trained with different seeds have in common: variant, teacher, ablated tasks and item IDs.  Names
are, for example, "baseline", "rdrec:offline", "rdrec:offline without user_preference" and "rdrec:offline with clustered numbers"; a rival
that reads rationales is "rationale neighbours:offline".  In stored tables the column is called `method`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.vocabulary import CONTROL, LEARNS_RATIONALES, VARIANTS
from rdrec.data.item_ids import PROTOCOL

if TYPE_CHECKING:  # it loads torch
    from rdrec.student.checkpoint import StudentCard

NEIGHBOURS = "rationale neighbours"
NEIGHBOURS_CONTROL = "rationale neighbours, items shuffled"


@dataclass(frozen=True, slots=True)
class Method:
    """ablated: tasks left out; ids: the scheme of learned item IDs, or ""."""

    variant: str
    teacher: str = ""
    ablated: tuple[str, ...] = ()
    ids: str = ""

    @classmethod
    def parse(cls, name: str) -> Method | None:
        """The inverse of `str`; None for a rival, a rule or a bound."""
        rest, _, ids = name.partition(" with ")
        rest, _, ablated = rest.partition(" without ")
        variant, _, teacher = rest.partition(":")
        method = cls(variant, teacher, tuple(ablated.split(" and ")) if ablated else (), ids.removesuffix(" numbers"))
        return method if variant in VARIANTS and str(method) == name else None

    def __str__(self) -> str:
        name = f"{self.variant}:{self.teacher}" if self.teacher else self.variant
        name += f" without {' and '.join(self.ablated)}" if self.ablated else ""
        return f"{name} with {self.ids} numbers" if self.ids else name


def method_of_card(card: StudentCard) -> str:
    """The name of the method by which a student was trained."""
    ids = "" if card.ids == PROTOCOL else card.ids
    return str(Method(card.variant, card.teacher or "", tuple(card.ablated), ids))


def lacks_rationales(name: str) -> bool:
    """Whether this is a student that was trained without one kind of rationale, or both."""
    found = Method.parse(name)
    return found is not None and any(kind in found.ablated for kind in CLAIM_KINDS)


def family(name: str) -> str:
    """The variant of a method ("rdrec"), the kind of a rival without its teacher, or the name of a rule."""
    found = Method.parse(name)
    return found.variant if found else name.partition(":")[0]


def control_of(name: str) -> str:
    """The control of a method with rationales: the same method with shuffled rationales; "" for anything but a method."""
    method = Method.parse(name)
    return str(replace(method, variant=CONTROL)) if method else ""


def learns_rationales(name: str) -> bool:
    """Whether a method learns rationales about which a verdict could be given; those of the control are not."""
    method = Method.parse(name)
    return (
        method is not None
        and method.variant in LEARNS_RATIONALES
        and method.variant != CONTROL
        and not set(CLAIM_KINDS) <= set(method.ablated)
    )


def in_table_order(names: Iterable[str]) -> list[str]:
    """Methods in the order of `VARIANTS`, ablated ones last in each variant, then all other names in their given order."""
    unique = list(dict.fromkeys(names))
    methods = {name: method for name in unique if (method := Method.parse(name))}

    def key(name: str) -> tuple[int, int, str]:
        method = methods[name]
        return VARIANTS.index(method.variant), len(method.ablated), name

    return [*sorted(methods, key=key), *(name for name in unique if name not in methods)]
