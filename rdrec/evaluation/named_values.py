"""Which values of an invented shop a text names, and whether they are true of the product or are motives of the shopper.

A value is named by its wording in the answer key or by any phrase that the shop's makers have for it; of overlapping phrases the
longest counts.  What a text denies ("no magnets", "not racing", all of "dislikes ...") is not named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.evaluation.text_metrics import words
from rdrec.student.tasks import Task
from rdrec.synthetic.spec import World
from rdrec.synthetic.truth import Standing

_USES = ("prefers", "avoids", "is", "motive")
_ARTICLES = ("a", "an", "the")
_DENIES_NEXT = ("no", "not", "without")
_DENIES_REST = ("dislikes", "avoids", "hates")


@dataclass(frozen=True)
class Named:
    """Over a list of texts: values named, and the share of them that are true of the own (another's) user or item."""

    values: int
    true_own: float
    true_other: float


class NamedValues:
    """Finds the values of one shop in texts, and holds them against its truth."""

    def __init__(self, world: World, standing: Standing) -> None:
        self._standing = standing
        self._known: dict[tuple[str, ...], int] = {}
        for place, value in enumerate(world.value_names):
            lines = [line.render(lambda _: 0, {}) for use in _USES for line in world.bank.get(f"{value} {use}", ())]
            for phrase in (world.wordings[value][0], *lines):
                self._known.setdefault(_bare(words(phrase)), place)
        self._longest = max(map(len, self._known))

    def within(self, text: str) -> list[int]:
        """Indices into `World.value_names`, as often as they are named."""
        found, said, at = [], words(text), 0
        while at < len(said) and said[at] not in _DENIES_REST:
            sizes = range(min(self._longest, len(said) - at), 0, -1)
            size = next((size for size in sizes if said[at : at + size] in self._known), 0)
            before = _bare_end(said[:at])
            if size and not (before and before[-1] in _DENIES_NEXT):
                found.append(self._known[said[at : at + size]])
            at += max(size, 1)
        return found

    def truth(self, task: Task, user: int, item: int) -> Sequence[bool]:
        """(V,) what is true: motives of the user for a preference, values of the item for everything else."""
        row: Sequence[bool] = self._standing.motives[user - 1] if task is Task.USER_PREFERENCE else self._standing.values[item]
        return row

    def judge(
        self, task: Task, texts: Sequence[str], own: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
    ) -> Named:
        """own, others: (user, item) of each text.  The shares are NaN where no value is named."""
        total, right, by_chance = 0, 0, 0
        for text, mine, theirs in zip(texts, own, others, strict=True):
            named = self.within(text)
            total += len(named)
            right += sum(bool(self.truth(task, *mine)[value]) for value in named)
            by_chance += sum(bool(self.truth(task, *theirs)[value]) for value in named)
        return Named(total, right / total if total else float("nan"), by_chance / total if total else float("nan"))


def _bare(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Without leading articles."""
    while phrase and phrase[0] in _ARTICLES:
        phrase = phrase[1:]
    return phrase


def _bare_end(before: tuple[str, ...]) -> tuple[str, ...]:
    """Without articles at its end: "no" of "no the"."""
    while before and before[-1] in _ARTICLES:
        before = before[:-1]
    return before
