"""Rules for set phrases about value, duty and praise: "worth it", "does the job", "highly recommended", "I wish it had a longer cord".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know any product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.clauses import make, subject_of
from rdrec.language.lexicons import adjectives, manners, word_set
from rdrec.language.negation import CONTRAST, negator_before, unreal
from rdrec.language.opinions import Opinion, Said
from rdrec.language.phrases import base_verb, noun_phrase
from rdrec.language.tokens import Token

_DOING = word_set("does do did doing gets get got")

_PERFORMING = word_set("works work worked exactly just performs functions")

_GOOD_BUYS = word_set("good great excellent best fantastic awesome nice smart solid")

_GOOD_DEALS = word_set("great good excellent amazing fantastic awesome real a what")

_WORTHS = word_set("worth every it the price money cost penny cent having buying paying trying getting while investment")

_MUCH = (["of"], ["too"], ["more"], ["less"], ["better"], ["smaller"], ["bigger"], ["longer"])  # "a good deal too little"

_AS = word_set("advertised described expected promised stated intended pictured claimed shown designed")


_VALUE = word_set("worth worthwhile waste wasted beat buy bang well steal bargain deal")
_DUTY = _DOING | _PERFORMING


def value(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "worth every penny", "waste of money", "can't beat the price", "bang for the buck"."""
    for index, token in enumerate(tokens):
        word = token.lower
        if word not in _VALUE:
            continue
        after = [t.lower for t in tokens[index + 1 : index + 5]]
        sign, places, denied = 0, [index], None
        if word in ("worth", "worthwhile") and (word == "worthwhile" or (after and after[0] in _WORTHS)):
            denied = negator_before(tokens, index, 5)
            sign, places = (-1 if denied is not None else 1), [index, *([index + 1] if after else [])]
        elif word in ("waste", "wasted") and any(w in ("money", "time", "cash") for w in after):
            denied = (
                next((at for at in range(max(0, index - 3), index) if tokens[at].lower in ("not",)), None)
                if index and tokens[index - 1].lower in ("a", "total")
                else None
            )
            sign, places = (
                (-1 if denied is None else 1),
                list(range(index, index + 2 + next(i for i, w in enumerate(after) if w in ("money", "time", "cash")))),
            )
        elif (
            word == "beat"
            and any(w in ("price", "deal", "value", "cost") for w in after)
            and (denied := negator_before(tokens, index, 3)) is not None
        ):
            sign, places = (
                1,
                list(range(index, index + 2 + next(i for i, w in enumerate(after) if w in ("price", "deal", "value", "cost")))),
            )
        elif (
            word == "beat"
            and index > 1
            and tokens[index - 1].lower == "to"
            and tokens[index - 2].lower in ("hard", "tough", "impossible")
        ):
            sign, places = 1, [index - 2, index - 1, index]
        elif word == "buy" and index and tokens[index - 1].lower in _GOOD_BUYS:
            sign, places = 1, [index - 1, index]
        elif word == "bang" and "buck" in after:
            sign, places = 1, list(range(index, index + 2 + after.index("buck")))
        elif word == "well" and after[:1] == ["spent"]:
            sign, places = 1, [index, index + 1]
        elif word == "steal" and index and tokens[index - 1].lower == "a":
            sign = 1
        elif word in ("bargain", "deal") and index and tokens[index - 1].lower in _GOOD_DEALS and after[:1] not in _MUCH:
            sign, places = 1, [index - 1, index]
        if not sign or unreal(tokens, index, frozenset({"if", "would", "might", "whether"})):
            continue
        said = Said("good value for money" if sign > 0 else "poor value for money", "mass")
        yield make(
            "value",
            sign,
            "value",
            "value",
            said,
            Said("good value" if sign > 0 else "poor value", "mass"),
            tokens,
            places,
            denied,
            index,
            number,
        )


def duty(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "does what it is supposed to do", "does the job", "works as advertised", "just what I needed"."""
    for index, token in enumerate(tokens):
        word = token.lower
        if word not in _DUTY and base_verb(word) not in ("work", "perform", "function"):
            continue
        window = [t.lower for t in tokens[index : index + 7]]
        last = 0
        if word in _DOING and ("job" in window[:6] or "trick" in window[:4]):
            window = ["job" if w == "trick" else w for w in window]
            adjective = next((w for w in window[: window.index("job")] if manners().get(w, 0) < 0), "")
            if not adjective and not any(w in ("but", ",") for w in window[: window.index("job")]):
                last = index + window.index("job")
        elif (
            word in ("does", "do", "did")
            and "what" in window[1:3]
            and any(w in ("it", "they", "i", "its", "the") for w in window[2:5])
        ):
            last = index + window.index("what")
        elif word in _PERFORMING and window[1:2] == ["as"] and len(window) > 2 and window[2] in _AS:
            last = index + 2
        elif base_verb(word) in ("work", "perform", "function") and window[1:4] in (
            ["as", "it", "should"],
            ["as", "they", "should"],
            ["like", "it", "should"],
            ["like", "they", "should"],
        ):
            last = index + 3
        elif (
            word in ("exactly", "just")
            and window[1:3] == ["what", "i"]
            and any(w in ("needed", "wanted", "expected", "need", "want", "looking") for w in window[3:6])
        ):
            last = (
                index
                + 2
                + next(
                    i for i, w in enumerate(window[3:6], 1) if w in ("needed", "wanted", "expected", "need", "want", "looking")
                )
            )
        if not last or unreal(tokens, index, word_set("if would might whether should hope hoping")):
            continue
        denied = negator_before(tokens, index, 4)
        said = Said("performance as expected" if denied is None else "performance below expectations", "mass")
        user = Said("products that do their job" if denied is None else "products that fail to do their job", "plural")
        yield make(
            "duty",
            1 if denied is None else -1,
            "performance",
            "performance",
            said,
            user,
            tokens,
            list(range(index, last + 1)),
            denied,
            last,
            number,
            False,
        )


_PRAISE = word_set("recommend recommended go happier pleased better thumbs stars")
_RECOMMENDERS = word_set("i we would highly definitely not n't never strongly 'd d ll can cannot do will")


def praise(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "highly recommended", "would recommend", "two thumbs up", "you can't go wrong": bare praise, or blame when negated."""
    for index, token in enumerate(tokens):
        if token.lower not in _PRAISE:
            continue
        following = tokens[index + 1].lower if index + 1 < len(tokens) else ""
        before = [t.lower for t in tokens[max(0, index - 4) : index]]
        denied = negator_before(tokens, index, 4)
        if token.lower.startswith("recommend"):
            if (
                following.endswith("ing")
                or not (not before or _RECOMMENDERS & set(before))
                or "if" in before
                or "was" in before
            ):
                continue
            sign = 1 if denied is None else -1
        elif token.lower in ("thumbs", "stars"):
            if not (following == "up" or before[-1:] in (["five"], ["5"])):
                continue
            sign, denied = 1, None
        elif denied is not None and (
            (token.lower == "go" and following == "wrong")
            or (token.lower != "go" and before[-1:] == ["be"] and "could" in before)
        ):
            sign = 1
        else:
            continue
        praised = "good" if sign > 0 else "poor"
        item, user = Said(f"{praised} overall quality", "mass"), Said(f"{praised} quality", "mass")
        places = [index, index + 1] if following in ("wrong", "up") else [index]
        yield make("whole", sign, "overall quality", "quality", item, user, tokens, places, denied, index, number, False)


def _comparative(word: str) -> bool:
    """'longer', 'louder', 'wider', 'sturdier'."""
    known = adjectives()
    return word.endswith("er") and any(stem in known for stem in (word[:-2], word[:-1], word[:-3] + "y", word[:-3]))


def wishes(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "I wish it had a longer cord", "could be louder"."""
    for index, token in enumerate(tokens):
        if token.lower in ("wish", "wished"):
            start, reach = index, 10
        elif token.lower in ("could", "should") and index + 1 < len(tokens) and tokens[index + 1].lower in ("be", "have"):
            start, reach = index, 6
        else:
            continue
        for at in range(start + 1, min(len(tokens), start + reach)):
            if tokens[at].lower in CONTRAST or tokens[at].lower in (".", ";"):
                break
            word = tokens[at].lower
            if word in ("better", "cheaper", "more", "easier") or not _comparative(word):
                continue
            if phrase := noun_phrase(tokens, at + 1):
                if phrase.kind != "aspect":
                    break
            else:
                copula = next(
                    (i for i in range(at - 1, 0, -1) if tokens[i].lower in ("was", "were", "is", "are", "could", "should")),
                    start,
                )
                phrase = subject_of(tokens, copula)[1]
            noun = Said("design", "singular") if phrase is None or phrase.kind != "aspect" else Said(phrase.text, phrase.number)
            said = Said(f"{noun.text} that could be {word}", noun.number)
            yield make(
                "wish",
                -1,
                phrase.key if phrase else "design",
                noun.text,
                said,
                said,
                tokens,
                [start, at, *(range(phrase.first, phrase.last) if phrase and phrase.kind == "aspect" else [])],
                None,
                at,
                number,
            )
            break
