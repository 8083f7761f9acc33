"""Guess first: five products, one of which the shopper really bought next; who picked what, and how often that was right.

In: a store, a shopper, what was pressed.  Out: a `Question` that is the same for everybody, and the `Guesses` of one visitor.
It knows no page.  A visitor's guesses live in a gr.State of their own session and nowhere else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import POPULARITY, ROLES, Task
from rdrec.explorer import sentences
from rdrec.explorer.answers import Item
from rdrec.explorer.store import Store

CANDIDATES = 5  # what a class can keep in mind and show with the fingers of a hand
TASK: Task = "topn"  # both students ranked the same short list, so that it is known which of the five each prefers
DRAWS = 50  # until it is known of both; on the invented toys the first does for 95 of 100 shoppers
LETTERS = "ABCDE"  # of the five products
RULES = (*ROLES, POPULARITY)
Key = tuple[str, int]  # data set and shopper


@dataclass(frozen=True)
class Question:
    """What is asked of one shopper.  items: in the order shown; truth: the item number of the real purchase; picks: which of
    the five each of RULES would choose."""

    user: int
    items: tuple[Item, ...]
    truth: int
    picks: Mapping[str, int]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(item.item for item in self.items)


@dataclass(frozen=True)
class Tally:
    """Over all revealed questions of a session: guesses of the class, and of each of RULES how many of its answers were right."""

    questions: int = 0
    guesses: int = 0
    right: int = 0
    picked: Mapping[str, int] = field(default_factory=dict)
    hits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Guesses:
    """One visitor's session: guesses (item numbers) on the question that is open, the revealed ones with theirs, the tally."""

    key: Key | None = None
    votes: tuple[int, ...] = ()
    done: tuple[tuple[Key, tuple[int, ...]], ...] = ()
    tally: Tally = field(default_factory=Tally)


def question(store: Store, user: int) -> Question | None:
    """The five candidates, drawn by data set and shopper alone; None where no purchase is hidden or there are too few products.

    Wrong ones are of the shopper's short list (the top-N task), none of them bought; a product that sold four times as much is
    drawn twice as often.  Not from the students' own first places: a student that is always offered what it likes could only lose.
    """
    truths = store.truth(user, TASK)
    if not truths:
        return None
    truth = next(iter(truths.values())).item.item
    bought = {purchase.item.item for purchase in store.history(user)} | {truth}
    pool = [store.item(number) for number in sorted(set(store.candidates(user)) - bought)]
    if len(pool) < CANDIDATES - 1:
        return None
    ranks = {role: {one.item.item: one.rank for one in rows} for role, rows in store.predictions(user, TASK).items()}
    for role, known in truths.items():
        ranks.setdefault(role, {})[truth] = known.rank
    generator = random.Random(f"{store.facts.data}/{user}")
    for _ in range(DRAWS):
        numbers = [truth, *_drawn(generator, pool)]
        picks = {role: _pick(found, numbers, store.facts.top) for role, found in ranks.items()}
        if None not in picks.values():
            break
    generator.shuffle(numbers)
    items = tuple(store.item(number) for number in numbers)
    best_seller = min(items, key=lambda item: (-item.purchases, item.item)).item
    known_picks = {role: pick for role, pick in picks.items() if pick is not None}
    return Question(user, items, truth, known_picks | {POPULARITY: best_seller})


def _drawn(generator: random.Random, pool: Sequence[Item]) -> list[int]:
    left = {item.item: math.sqrt(item.purchases + 1) for item in pool}
    drawn: list[int] = []
    while len(drawn) < CANDIDATES - 1:
        (one,) = generator.choices(list(left), list(left.values()))
        drawn.append(one)
        del left[one]
    return drawn


def _pick(ranks: Mapping[int, int], numbers: Sequence[int], top: int) -> int | None:
    """Which a student ranks highest; None where none of them is among its stored places and the true one could stand below others."""
    found = [number for number in numbers if number in ranks]
    best = min(found, key=lambda number: ranks[number], default=None)
    return best if best is not None and ranks[best] <= top else None


def of(state: object) -> Guesses:
    """The session's guesses; new ones where there are none, as after a long pause."""
    return state if isinstance(state, Guesses) else Guesses()


def revealed(state: Guesses, key: Key) -> bool:
    return any(known == key for known, _ in state.done)


def votes(state: Guesses, key: Key) -> tuple[int, ...]:
    """The guesses on this shopper, revealed or open."""
    for known, given in state.done:
        if known == key:
            return given
    return state.votes if state.key == key else ()


def cast(state: Guesses, key: Key, asked: Question, item: object) -> Guesses:
    """One guess more.  Raises InputError for what is not among the five, after the reveal, and beyond `page.guesses`."""
    _open(state, key)
    if type(item) is not int or item not in asked.numbers:
        raise InputError(sentences.NOT_OF_THE_FIVE)
    given = votes(state, key)
    if len(given) >= integer("page.guesses"):
        raise InputError(sentences.ENOUGH.format(most=integer("page.guesses")))
    return replace(state, key=key, votes=(*given, item))


def take_back(state: Guesses, key: Key) -> Guesses:
    """Without the last guess.  Raises InputError after the reveal."""
    _open(state, key)
    return replace(state, key=key, votes=votes(state, key)[:-1])


def reveal(state: Guesses, key: Key, asked: Question) -> Guesses:
    """The question is answered and counted, once.  Raises InputError before anybody has guessed, and the second time."""
    _open(state, key)
    given = votes(state, key)
    if not given:
        raise InputError(sentences.GUESS_FIRST)
    old = state.tally
    tally = Tally(
        old.questions + 1,
        old.guesses + len(given),
        old.right + given.count(asked.truth),
        {rule: old.picked.get(rule, 0) + (rule in asked.picks) for rule in RULES},
        {rule: old.hits.get(rule, 0) + (asked.picks.get(rule) == asked.truth) for rule in RULES},
    )
    done = (*state.done, (key, given))[-integer("page.questions") :]
    return Guesses(None, (), done, tally)


def _open(state: Guesses, key: Key) -> None:
    if revealed(state, key):
        raise InputError(sentences.REVEALED)
