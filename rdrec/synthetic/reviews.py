"""Compose the reviews of one user from hand-written sentences chosen by what drove each purchase, annotated with their meaning.

A statement likes or dislikes one aspect: a value of the item about which the user's taste has an opinion, a quality that the product has
or lacks, or a small detail.  Reasons, asides and closings say nothing about the product.  A user repeats a line only if no others are
left, except that standing motives are named in recurring sentences (`motives.py`), and only in these; this distinguishes a motive from
any other like.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.synthetic.bank import PERSON_SLOTS, Line
from rdrec.synthetic.motives import Mention, MotivePhrasing
from rdrec.synthetic.spec import DETAIL
from rdrec.synthetic.tastes import Purchase, Shop, Shopper

# Probability that a statement is positive, by stars.
_HAPPY = {5: 0.98, 4: 0.82, 3: 0.5, 2: 0.2, 1: 0.04}
_INDIFFERENT, _QUALITY, _DETAIL = 0.08, 0.7, 0.55  # weights for choosing what to mention; a driver is weighted by the taste
_REASON = {"follow": 0.85, "gift": 0.85, "popular": 0.6, "whim": 0.5, "taste": 0.3}
_NO_REINTRODUCTION = 0.75  # probability that a person already introduced is not introduced again
_TITLED = 0.93  # share of reviews with a title
_TURN = 0.3  # probability of marking a change between praise and complaint
_TURNS = {
    "-": ("But ", "Only, ", "One grumble: ", "Then again, ", "However, "),
    "+": ("Still, ", "But then, ", "Even so, ", "On the bright side, "),
}
# A sentence starting with one of these can be lower-cased after a turn; others may start with a name.
_PLAIN_START = re.compile(
    r"(?:the|it|this|we|my|there|they|you|nobody|every|all|no|a|once|after|half|our|some|even|not|at|for|in|these|those|if|when)(?:\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """text[start:end] of a review; aspect and sign ("+" | "-" | LACKS) of a statement, otherwise None; `motive`: names a motive."""

    start: int
    end: int
    aspect: str | None
    sign: str | None
    motive: bool = False


@dataclass(frozen=True)
class _Draft:
    """A sentence before the user's typing habits are applied."""

    line: str
    aspect: str | None = None
    sign: str | None = None
    motive: bool = False


@dataclass(frozen=True)
class Written:
    """A review, its title, and the sentences that it was composed of."""

    text: str
    title: str | None
    sentences: tuple[Sentence, ...]

    @property
    def statements(self) -> tuple[Sentence, ...]:
        """The sentences that say something about the shopper or the product."""
        return tuple(sentence for sentence in self.sentences if sentence.aspect is not None)


class Writer:
    """Writes all reviews of one user, in order."""

    def __init__(self, shop: Shop, shopper: Shopper) -> None:
        self._shop, self._world, self._shopper = shop, shop.world, shopper
        self._motive_phrasing = MotivePhrasing(shop, shopper)
        self._used: set[str] = set()

    def reviews(self, salts: Mapping[int, int] | None = None) -> list[Written]:
        """One review per purchase.  `salts` {position: n} rewrites the review at a position; each n gives another text."""
        self._used.clear()
        return [
            self._review(place, purchase, (salts or {}).get(place, 0)) for place, purchase in enumerate(self._shopper.purchases)
        ]

    def _review(self, place: int, purchase: Purchase, salt: int) -> Written:
        self._random = random.Random(f"{self._shop.seed} {self._shopper.number} {place} {salt}")
        self._introduced = False
        world, voice = self._world, self._shopper.voice
        product = world.products[purchase.product]
        self._person = purchase.person is not None
        self._words = {
            **(purchase.person.words if purchase.person else {}),
            "kind": world.categories[product.category]["kind"],
            "name": product.name,
            "maker": product.maker,
        }
        if purchase.base is not None:
            self._words["base"] = world.products[purchase.base].name
        drafts: list[_Draft] = []
        if self._random.random() < _REASON[purchase.cause]:
            drafts.append(_Draft(self._line(world.bank[f"reason {self._reason(purchase)}"])))
        mentions = self._motive_phrasing.mentions(place, purchase, salt)
        statements = self._statements(purchase, len(mentions))
        aside = self._draw(len(statements) + 1) if self._random.random() < voice.aside else -1
        before = None
        for number, (aspect, sign) in enumerate(statements):
            if number == aside:
                drafts.append(_Draft(self._line(world.bank[f"aside {voice.bank}"])))
            line = self._line(world.sentences(aspect, sign, product.category), purchase)
            if before not in (None, sign) and self._random.random() < _TURN:
                line = self._with_turn(line, sign)
            drafts.append(_Draft(self._styled(line, sign), aspect, sign))
            before = sign
        if aside == len(statements):
            drafts.append(_Draft(self._line(world.bank[f"aside {voice.bank}"])))
        closing = []
        if self._random.random() < voice.closing:
            line = self._line(world.bank[f"closing {purchase.stars} {voice.bank}"])
            closing.append(_Draft(self._styled(line, "+" if purchase.stars > 3 else None)))
        title = self._line(world.bank[f"summary {purchase.stars}"]) if self._random.random() < _TITLED else None
        first, later = self._motives(mentions)
        return self._joined([*first, *drafts, *later, *closing], title)

    def _motives(self, mentions: Sequence[Mention]) -> tuple[list[_Draft], list[_Draft]]:
        """The sentences that name motives: those that open the review, and those before its closing."""
        found: tuple[list[_Draft], list[_Draft]] = [], []
        for mention in mentions:
            words = self._words | mention.words
            if self._introduced and not mention.first:
                words |= {"who": self._words["again"]}
            line = self._styled(mention.line.render(mention.draw, words), "+" if mention.sign == "+" else None)
            aspect = self._world.value_names[mention.value]
            found[0 if mention.first else 1].append(_Draft(line, aspect, mention.sign, motive=True))
        return found

    def _reason(self, purchase: Purchase) -> str:
        return purchase.cause if purchase.cause != "taste" else "gift" if self._person else "self"

    def _draw(self, count: int) -> int:
        return int(self._random.random() * count)

    def _line(self, lines: Sequence[Line], purchase: Purchase | None = None) -> str:
        """Choose and render a suitable line, one not used before if possible."""
        fit = [
            line for line in lines if (self._person and (self._introduced or not line.refers)) or not line.slots & PERSON_SLOTS
        ]
        fresh = [line for line in fit if line.where not in self._used] or fit or list(lines)
        if self._introduced and self._random.random() < _NO_REINTRODUCTION:
            fresh = [line for line in fresh if not line.introduces] or fresh
        line = fresh[self._draw(len(fresh))]
        self._used.add(line.where)
        words = self._words
        if self._introduced:
            words = words | {"who": words["again"]}
        self._introduced |= line.introduces
        if "detail" in line.slots:
            assert purchase is not None
            details = self._world.products[purchase.product].details
            words = words | {"detail": details[self._draw(len(details))]}
        return line.render(self._draw, words)

    def _statements(self, purchase: Purchase, named: int) -> list[tuple[str, str]]:
        """(aspect, sign) of each statement; each aspect occurs once, weighted by strength of feeling.

        named: number of sentences on motives, which replace other statements; at least one statement remains.
        """
        world, voice = self._world, self._shopper.voice
        names = world.value_names
        happy: dict[str, float] = {}
        unhappy: dict[str, float] = {}
        for value in world.product_values[purchase.product].tolist():
            if value in purchase.taste.motives:
                continue
            felt = float(purchase.taste.values[value])
            if felt < 0:
                unhappy[names[value]] = -felt
            else:
                happy[names[value]] = felt or _INDIFFERENT
        for name, judged in zip(world.qualities, self._shop.qualities[purchase.product].tolist(), strict=True):
            if judged:
                (happy if judged > 0 else unhappy)[f"quality={name}"] = _QUALITY
        happy[DETAIL] = unhappy[DETAIL] = _DETAIL
        chosen: list[tuple[str, str]] = []
        for _ in range(max(1, voice.fewest + self._draw(voice.most - voice.fewest + 1) - named)):
            sign = "+" if self._random.random() < _HAPPY[purchase.stars] else "-"
            pool = happy if sign == "+" else unhappy
            taken = {aspect for aspect, _ in chosen}
            left = [(aspect, weight) for aspect, weight in pool.items() if aspect not in taken]
            if left:
                chosen.append((self._weighted(left), sign))
        return chosen

    def _weighted(self, pairs: Sequence[tuple[str, float]]) -> str:
        at = self._random.random() * sum(weight for _, weight in pairs)
        for name, weight in pairs:
            at -= weight
            if at < 0:
                return name
        return pairs[-1][0]

    def _with_turn(self, line: str, sign: str) -> str:
        """Prefix the sentence with a word such as "However", if its first word allows it."""
        if not _PLAIN_START.match(line):
            return line
        return _TURNS[sign][self._draw(len(_TURNS[sign]))] + line[0].lower() + line[1:]

    def _styled(self, line: str, sign: str | None) -> str:
        habits = self._shopper.habits
        if line.endswith(".") and not line.endswith(".."):
            if "exclaims" in habits and sign == "+" and self._random.random() < 0.6:
                return line[:-1] + "!"
            if "trails_off" in habits and self._random.random() < 0.4:
                return line + ".."
        return line

    def _joined(self, drafts: Sequence[_Draft], title: str | None) -> Written:
        habits = self._shopper.habits
        breaks = self._draw(len(drafts)) if "paragraphs" in habits and len(drafts) > 2 else 0
        text, sentences = "", []
        for number, draft in enumerate(drafts):
            text += "" if not number else "\n\n" if number == breaks else " "
            typed = self._typed(draft.line)
            sentences.append(Sentence(len(text), len(text) + len(typed), draft.aspect, draft.sign, draft.motive))
            text += typed
        return Written(text, self._typed(title) if title else None, tuple(sentences))

    def _typed(self, line: str) -> str:
        habits = self._shopper.habits
        if "lower_case" in habits:
            line = line.lower()
        return line.replace("'", "") if "no_apostrophes" in habits else line
