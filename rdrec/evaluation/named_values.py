"""Which values of an invented shop a text names, and whether they are true of the product or motives of the shopper.

A text names a value by its wording in the answer key, or by any phrase that the shop's generator uses for it; of overlapping phrases the
longest counts.  Values that a text denies do not count ("no magnets", "not racing", everything after "dislikes").
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
_NEGATES_NEXT = ("no", "not", "without")
_NEGATES_REST = ("dislikes", "avoids", "hates")


@dataclass(frozen=True)
class Truthfulness:
    """How many values a list of texts names, and the shares that are true of their own and of another user or item."""

    values: int
    true_own: float
    true_other: float


class NamedValues:
    """Finds the values of one shop in texts, and compares them with its truth."""

    def __init__(self, world: World, standing: Standing) -> None:
        self._standing = standing
        self._phrases: dict[tuple[str, ...], int] = {}
        for index, value in enumerate(world.value_names):
            lines = [line.render(lambda _: 0, {}) for use in _USES for line in world.bank.get(f"{value} {use}", ())]
            for phrase in (world.wordings[value][0], *lines):
                self._phrases.setdefault(_without_leading_articles(words(phrase)), index)
        self._longest = max(map(len, self._phrases))

    def within(self, text: str) -> list[int]:
        """The values named in a text, as indices into `World.value_names`, each as often as it is named."""
        found, tokens, at = [], words(text), 0
        while at < len(tokens) and tokens[at] not in _NEGATES_REST:
            sizes = range(min(self._longest, len(tokens) - at), 0, -1)
            size = next((size for size in sizes if tokens[at : at + size] in self._phrases), 0)
            before = _without_trailing_articles(tokens[:at])
            if size and not (before and before[-1] in _NEGATES_NEXT):
                found.append(self._phrases[tokens[at : at + size]])
            at += max(size, 1)
        return found

    def truth(self, task: Task, user: int, item: int) -> Sequence[bool]:
        """(V,) whether each value is true: a motive of the user for preferences, a value of the item for all other texts."""
        row: Sequence[bool] = self._standing.motives[user - 1] if task is Task.USER_PREFERENCE else self._standing.values[item]
        return row

    def truthfulness(
        self, task: Task, texts: Sequence[str], own: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
    ) -> Truthfulness:
        """own, others: (user, item) of each text, and another pair for comparison.  Shares are NaN if no value is named."""
        total, true_own, true_other = 0, 0, 0
        for text, own_pair, other_pair in zip(texts, own, others, strict=True):
            named = self.within(text)
            total += len(named)
            true_own += sum(bool(self.truth(task, *own_pair)[value]) for value in named)
            true_other += sum(bool(self.truth(task, *other_pair)[value]) for value in named)
        return Truthfulness(total, true_own / total if total else float("nan"), true_other / total if total else float("nan"))


def _without_leading_articles(phrase: tuple[str, ...]) -> tuple[str, ...]:
    while phrase and phrase[0] in _ARTICLES:
        phrase = phrase[1:]
    return phrase


def _without_trailing_articles(before: tuple[str, ...]) -> tuple[str, ...]:
    """For example "no" from "no the"."""
    while before and before[-1] in _ARTICLES:
        before = before[:-1]
    return before
