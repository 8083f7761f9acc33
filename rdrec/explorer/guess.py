"""The guessing game: five products, one of which the shopper really bought next, and a tally of who picked the right one.

A `Question` is the same for every visitor.  A visitor's `Guesses` are stored only in a gr.State of their browser session.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import POPULARITY, ROLES, Task
from rdrec.explorer.answers import Item
from rdrec.explorer.store import Store

CANDIDATES = 5  # few enough to remember, and to vote for with the fingers of one hand
TASK: Task = "topn"  # both students rank the same short list, which tells which of the five each prefers
DRAWS = (
    50  # attempts to find five whose order both students' stored ranks tell; the first succeeds for 95 % of the toy shoppers
)
LETTERS = "ABCDE"  # labels of the five products
RULES = (*ROLES, POPULARITY)
Key = tuple[str, int]  # data set and shopper


@dataclass(frozen=True)
class Question:
    """The question about one shopper.  items: in display order; truth: the item number of the real purchase; picks: which of the five
    each of RULES chooses."""

    user: int
    items: tuple[Item, ...]
    truth: int
    picks: Mapping[str, int]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Item IDs of the choices, in the order of their letters."""
        return tuple(item.item for item in self.items)


@dataclass(frozen=True)
class Tally:
    """Totals over all revealed questions of a session: guesses of the class, and answers and hits of each of RULES."""

    questions: int = 0
    guesses: int = 0
    right: int = 0
    picked: Mapping[str, int] = field(default_factory=dict)
    hits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Guesses:
    """One visitor's session: votes (item numbers) on the open question, revealed questions with their votes, and the tally."""

    key: Key | None = None
    votes: tuple[int, ...] = ()
    done: tuple[tuple[Key, tuple[int, ...]], ...] = ()
    tally: Tally = field(default_factory=Tally)


def question(store: Store, user: int) -> Question | None:
    """Draw five candidates, seeded by data set and shopper; None if no purchase is held out or there are too few products.

    Wrong answers come from the shopper's short list (the top-N task) and were never bought; a product that sold four times as much is
    drawn twice as often.  They are not taken from the students' top ranks, which would put the students at a disadvantage.
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
    weights = {item.item: math.sqrt(item.purchases + 1) for item in pool}
    drawn: list[int] = []
    while len(drawn) < CANDIDATES - 1:
        (item,) = generator.choices(list(weights), list(weights.values()))
        drawn.append(item)
        del weights[item]
    return drawn


def _pick(ranks: Mapping[int, int], numbers: Sequence[int], top: int) -> int | None:
    """The candidate that a student ranks highest; None if its stored ranks do not tell."""
    found = [number for number in numbers if number in ranks]
    best = min(found, key=lambda number: ranks[number], default=None)
    return best if best is not None and ranks[best] <= top else None


def of(state: object) -> Guesses:
    """The session's guesses; empty ones if the state is missing, for example after a long pause."""
    return state if isinstance(state, Guesses) else Guesses()


def revealed(state: Guesses, key: Key) -> bool:
    """Whether the answer of this case has been shown."""
    return any(known == key for known, _ in state.done)


def votes(state: Guesses, key: Key) -> tuple[int, ...]:
    """The votes on this shopper, whether revealed or still open."""
    for known, given in state.done:
        if known == key:
            return given
    return state.votes if state.key == key else ()


def cast(state: Guesses, key: Key, question: Question, item: object) -> Guesses:
    """Add a guess.  Raises InputError if it is not one of the five, after the reveal, and beyond `page.guesses`."""
    _open(state, key)
    if type(item) is not int or item not in question.numbers:
        raise InputError("This is none of the five products: press one of them.")
    given = votes(state, key)
    if len(given) >= integer("page.guesses"):
        raise InputError(f"{integer('page.guesses')} guesses on one question are enough: press Reveal.")
    return replace(state, key=key, votes=(*given, item))


def take_back(state: Guesses, key: Key) -> Guesses:
    """Undo the last guess.  Raises InputError after the reveal."""
    _open(state, key)
    return replace(state, key=key, votes=votes(state, key)[:-1])


def reveal(state: Guesses, key: Key, question: Question) -> Guesses:
    """Reveal the answer and add to the tally.  Raises InputError before the first guess, and the second time."""
    _open(state, key)
    given = votes(state, key)
    if not given:
        raise InputError("Guess first: press one of the five products.")
    old = state.tally
    tally = Tally(
        old.questions + 1,
        old.guesses + len(given),
        old.right + given.count(question.truth),
        {rule: old.picked.get(rule, 0) + (rule in question.picks) for rule in RULES},
        {rule: old.hits.get(rule, 0) + (question.picks.get(rule) == question.truth) for rule in RULES},
    )
    done = (*state.done, (key, given))[-integer("page.questions") :]
    return Guesses(None, (), done, tally)


def _open(state: Guesses, key: Key) -> None:
    if revealed(state, key):
        raise InputError("The answer has already been revealed: choose another shopper for the next question.")
