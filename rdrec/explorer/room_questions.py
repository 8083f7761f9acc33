"""The two questions for voting by phone: which of five products a shopper bought next, and whether rationales help.

Both are derived from the data set shown.  Their texts are plain and short but untrusted, because titles come from data.
"""

from __future__ import annotations

from rdrec.core.plain_text import plain, upper_first
from rdrec.core.records import InputError
from rdrec.core.vocabulary import BASELINE, TASKS
from rdrec.evaluation.methods import control_of
from rdrec.evaluation.outcomes import verdict_of_pair
from rdrec.explorer import guess, sentences
from rdrec.explorer.answers import SeedResults
from rdrec.explorer.comparisons import LEAST_RUNS, Tested
from rdrec.explorer.rooms import Choice, RoomQuestion
from rdrec.explorer.seed_verdict import numbers, tests_of
from rdrec.explorer.store import Store, name

TITLE_CHARS, NOTE_CHARS = 120, 60
SHOWN_PURCHASES = 3  # latest purchases shown with the question; more do not fit on a phone above five choices


def guess_question(store: Store, user: int) -> RoomQuestion:
    """The question of the guessing game.  Raises InputError if no purchase is held out, UnknownNameError for an unknown shopper."""
    question = guess.question(store, user)
    if question is None:
        raise InputError(f"Nothing is hidden for shopper {user}, so there is nothing to guess: choose another shopper.")
    letters = dict(zip(question.numbers, guess.LETTERS, strict=True))
    choices = tuple(
        Choice(letters[item.item], plain(name(item), TITLE_CHARS), plain(item.categories or item.brand or "", NOTE_CHARS))
        for item in question.items
    )
    before = [purchase for purchase in store.history(user) if purchase.split != "test"][-SHOWN_PURCHASES:]
    context = tuple(plain(name(purchase.item), TITLE_CHARS) for purchase in reversed(before))
    picked = [
        words.format(letter=letters[question.picks[rule]]) for rule, words in sentences.PICKED.items() if rule in question.picks
    ]
    answer = letters[question.truth]
    because = [f"Shopper {user} bought {answer}."]
    if picked:
        because.append(f"{upper_first('; '.join(picked))}.")
    return RoomQuestion(f"Which of these five did shopper {user} buy next?", choices, answer, " ".join(because), context)


def help_question(store: Store) -> RoomQuestion:
    """Whether the student with rationales beats the one without, over the training runs of this set.  "Can't tell" is the right answer
    unless all runs agree, the corrected p is below .05, and the gain over shuffled rationales is clear too."""
    answer, because = _does_it_help(store.seed_results(), store.facts.teacher)
    choices = tuple(Choice(key, title) for key, title in sentences.HELP_CHOICES.items())
    return RoomQuestion(
        f"Does training on rationales help the student predict the next purchase in “{plain(store.facts.title, NOTE_CHARS)}”?",
        choices,
        answer,
        because,
    )


def _does_it_help(found: SeedResults, teacher: str) -> tuple[str, str]:
    if len(found.seeds) < LEAST_RUNS:
        return "unclear", "Each student was trained only once, so nothing can be said about the next training run."
    method, rows = tests_of(found, teacher, TASKS[0])
    against = rows.get((method, BASELINE))
    if against is None:
        return (
            "unclear",
            "There are no repeated training runs both with rationales and without, so the question was not tested.",
        )
    judged = verdict_of_pair(method, BASELINE, found.checks_of_methods, sentences.USER, sentences.ITEM)
    if judged is not None and not judged.tested:
        return "unclear", judged.why
    because = _in_words(sentences.HELP_CLEAR if against.clear else sentences.HELP_UNCLEAR, against, len(found.seeds))
    if not against.clear:
        return "unclear", because
    if against.row.difference < 0:
        return "no", because
    control = rows.get((method, control_of(method)))
    if control is None:
        return (
            "unclear",
            because
            + " No control with shuffled rationales was trained, so the gain may not come from what the rationales say.",
        )
    if not control.clear or control.row.difference < 0:
        return (
            "unclear",
            because
            + " Real rationales do not clearly beat shuffled ones, so the gain may not come from what the rationales say.",
        )
    return "yes", because + _in_words(sentences.HELP_CONTROL_CLEAR, control, len(found.seeds))


def _in_words(sentence: str, test: Tested, runs: int) -> str:
    return sentence.format(runs=runs, direction="higher" if test.row.difference > 0 else "lower", **numbers(test))
