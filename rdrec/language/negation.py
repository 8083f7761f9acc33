"""What a 'not' reaches, and what is said only as a wish or a condition.

In: tokens of one sentence.  Out: the clause of a word, whether it is negated, whether it is real.
It refuses to know opinions.  The scope of a negation ends at a mark, at 'but' and its like, and at a new subject.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.language.lexicons import word_set
from rdrec.language.tokens import Token

_ENDS = word_set("but . ; ! , and so because ) then ...")

NEGATORS = word_set(
    "not n't never no nothing none neither nor without hardly barely rarely seldom cannot cant dont doesnt didnt isnt wasnt wont nt scarcely minus zero"
)
CONTRAST = word_set("but however although though except yet whereas while despite")
_CLAUSE_MARKS = word_set(', ; : ( ) - – — . ... … ! ? !! [ ] / * " “ ”')
_CLAUSE_WORDS = CONTRAST | word_set("because since so if when unless until that which who")
_SUBJECTS = word_set("i you he she it we they this these there")
_NOT_A_NEGATION = word_set("believe wait imagine hesitate only just to doubt wonder matter mention longer brainer")
IRREALIS = word_set(
    "perhaps maybe if would should could might may unless whether than versus vs unlike compared supposed imagine reminiscent claim claims claimed supposedly allegedly"
)
_WISHING = word_set(
    "hoping hope hoped wish wished wanted want wants looking look need needs needed worried thought expecting expected afraid assumed searching instead another previous other"
)
_WISH_REACH = 4  # tokens: "I needed a good strap", but not "just what I needed and at a great price"


_DENIERS = word_set("nobody nothing none never not no neither")
_CLAUSE_ENDS = word_set(", . ; but because so !")
_REMOVING = ("remov", "eliminat", "reduc", "prevent", "avoid", "block", "lessen", "minimi")  # how the words begin
_REMOVED_WITHIN = 3  # tokens
_NEAR = 5  # tokens back to a "not" before a verb
_SUBJECT_REACH = 9  # tokens back to a denying subject: "not one of the handles has come off"


def clause_start(tokens: Sequence[Token], index: int) -> int:
    """The first token of the clause that `index` lies in."""
    at = index
    while at > 0:
        before = tokens[at - 1]
        if before.lower in _CLAUSE_MARKS or before.lower in _CLAUSE_WORDS:
            break
        if before.lower == "and" and tokens[at].lower in _SUBJECTS:
            break
        at -= 1
    return at


def negator_before(tokens: Sequence[Token], index: int, reach: int = 6) -> int | None:
    """The place of an odd negation whose scope holds `index`, or None (two of them cancel)."""
    first = max(clause_start(tokens, index), index - reach)
    found = [
        at
        for at in range(first, index)
        if tokens[at].lower in NEGATORS and not (at + 1 < len(tokens) and tokens[at + 1].lower in _NOT_A_NEGATION)
    ]
    return found[-1] if len(found) % 2 else None


def unreal(tokens: Sequence[Token], index: int, words: frozenset[str] = IRREALIS, reach: int = 12) -> bool:
    """Whether the clause says it as a wish, a condition, an expectation, or of something else ("if you want a good ...", "than ...")."""
    at = index
    while at > 0 and index - at < reach:
        before = tokens[at - 1].lower
        if tokens[at].lower in ("they", "it", "this", "these") and before != "if":
            words = words - {"than"}  # "other than that, they work fine"
        if before in words:
            return True
        if before in _WISHING and "would" in words and index - at < _WISH_REACH:
            return not (before in ("look", "other") or (at > 1 and tokens[at - 2].lower in ("it", "they")))
        if before in _ENDS:
            return False
        at -= 1
    return False


def removed(tokens: Sequence[Token], index: int) -> bool:
    """Whether what starts at `index` is done away with: "gets rid of harsh noise", "removes stains"."""
    before = tokens[max(0, index - _REMOVED_WITHIN) : index]
    return any(token.lower == "rid" or token.lower.startswith(_REMOVING) for token in before)


def denial(tokens: Sequence[Token], index: int) -> int | None:
    """A negation over `index`: in its own clause, or a denying subject at its head ("not one piece has come off")."""
    if (near := negator_before(tokens, index, _NEAR)) is not None:
        return near
    first = max(0, index - _SUBJECT_REACH)
    for at in range(index - 1, first - 1, -1):
        if tokens[at].lower in _CLAUSE_ENDS:
            return None
        if tokens[at].lower in _DENIERS:
            return at if sum(token.lower in NEGATORS for token in tokens[first:index]) % 2 else None
    return None
