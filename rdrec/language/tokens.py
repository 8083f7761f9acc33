"""Sentences and words with character offsets, made for sloppy reviews.

In: any text.  Out: `Sentence`s of `Token`s whose [start, end) index the given text, tagged with Penn Treebank tags.
It refuses to know what words mean.  All patterns are linear in the text; a text is read to its first
`data.max_review_chars` characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdrec.language.lexicons import adjectives, word_tags
from rdrec.language.tagger import tag
from rdrec.settings import integer

_WORD = re.compile(
    r"""[^\W\d_]++(?:\.[^\W\d_]){1,5}\.?(?![^\W\d_])        # u.s.a., e.g.; "++" tries no shorter run of letters
      | [^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)?(?:-[^\W_]+)*     # words, don't, well-made
      | \d+(?:[.,/:]\d+)*(?:-?[^\W\d_]+)?(?:-[^\W_]+)*       # 3.5, 1/4, 12", 6-inch
      | ['’]s\b
      | [.…]+ | [!?]+
      | [^\w\s] | _ """,
    re.VERBOSE,
)
_CONTRACTION = re.compile(r"(.+?)(n['’]t|['’](?:ve|re|ll|d|m))$", re.IGNORECASE | re.DOTALL)
# A stop ends a sentence before white space or the end, and before a capital that follows at once ("affordable.I did").
_END = re.compile(r"(?:[!?]+[.!?)\"'”]*|[.…]+[)\"'”]*)(?=\s|$|[A-Z(\"“])|\n\s*\n|\r\n|\n|<br\s?/?>", re.IGNORECASE)
_STOP_THEN_CAPITAL = re.compile(r"[A-Z]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|mr|mrs|ms|dr|st|jr|sr|vs|etc|approx|inc|co|ltd|vol|fig|e\.g|i\.e|u\.s)\.$|\d\s?(?:in|ft|oz|lbs?|mm|cm|min)\.$",
    re.IGNORECASE,
)
MAX_WORD = 40  # characters; longer runs of letters are not words
MAX_TOKENS = 120  # in one sentence; a longer one is cut in pieces, so that no rule looks far


@dataclass(slots=True)
class Token:
    """One word or mark: as written, in lower case with straight quotes, its tag, its place in the text."""

    text: str
    lower: str
    tag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    start: int
    end: int
    tokens: tuple[Token, ...]

    @property
    def words(self) -> int:
        return sum(token.lower[0].isalnum() for token in self.tokens)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """[start, end) of each sentence, without surrounding white space; together they hold every visible character."""
    cuts: list[int] = []
    for match in _END.finditer(text):
        if match.group()[0] in ".…" and not _ends_sentence(text, match.start(), match.end()):
            continue
        cuts.append(match.end())
    spans = []
    begin = 0
    for cut in [*cuts, len(text)]:
        piece = text[begin:cut]
        if stripped := piece.strip():
            start = begin + piece.index(stripped[0])
            spans.append((start, start + len(stripped)))
        begin = cut
    return spans


def _ends_sentence(text: str, dot: int, end: int) -> bool:
    """Whether a full stop at `dot` closes a sentence: not after an abbreviation, not inside U.S.A or a web address."""
    if text[dot : dot + 2] in ("..", "…"):
        return True
    before = text[max(0, dot - 12) : dot + 1]
    if end < len(text) and _STOP_THEN_CAPITAL.match(text[end]):  # no space: want a lower-case word of two letters before
        return dot >= 2 and text[dot - 2 : dot].isalnum() and not text[dot - 1].isupper()
    return not _ABBREVIATION.search(before) or text[end : end + 1] == "" or before.lower().endswith(("etc.", " i."))


def analyse(text: str) -> list[Sentence]:
    """Tagged sentences of the text's first `data.max_review_chars` characters."""
    text = text[: integer("data.max_review_chars")]
    sentences = []
    for start, end in sentence_spans(text):
        tokens = _tokens(text, start, end)
        for cut in range(0, len(tokens), MAX_TOKENS):
            piece = tokens[cut : cut + MAX_TOKENS]
            for token, tag_ in zip(piece, tag([token.text.replace("’", "'") for token in piece]), strict=True):
                token.tag = tag_
            _repair(piece)
            sentences.append(Sentence(piece[0].start, piece[-1].end, tuple(piece)))
    return sentences


_CLOSED = {
    **dict.fromkeys(("is", "has", "does", "'s", "looks", "feels", "sounds", "seems", "smells", "tastes"), "VBZ"),
    **dict.fromkeys(("are", "have", "do", "'re", "'ve"), "VBP"),
    **dict.fromkeys(("was", "were", "had", "did", "broke", "fell", "came"), "VBD"),
    **dict.fromkeys(("the", "a", "an", "this", "these", "those", "any", "some", "no"), "DT"),
    **dict.fromkeys(("my", "your", "its", "their", "our", "his", "her"), "PRP$"),
    **dict.fromkeys(("i", "it", "they", "we", "you", "he", "she"), "PRP"),
    **dict.fromkeys(("very", "really", "not", "n't", "too", "quite", "so", "also", "just", "well", "never", "always"), "RB"),
    **dict.fromkeys(("if", "for", "with", "of", "from", "than", "because", "in", "on", "at", "into", "by"), "IN"),
    "and": "CC",
    "but": "CC",
    "to": "TO",
}
_SENSE_VERBS = frozenset(("feel", "look", "sound", "smell", "taste", "work", "fit", "hold", "play"))
_SUBJECTS = frozenset(("these", "those", "they", "it", "i", "we", "you"))
_DETERMINER_TAGS = ("DT", "PRP$")
_NOUN_PLACE = ("VBG", "VB", "VBP", "VBZ", "JJ", "RB", "VBD")


def _repair(tokens: list[Token]) -> None:
    """What Brill's rules get wrong most in reviews: closed-class words, and nouns that are also verbs ("the handle is")."""
    for index, token in enumerate(tokens):
        if closed := _CLOSED.get(token.lower):
            noun = (
                token.lower in ("looks", "feels", "sounds", "smells", "tastes")
                and token.tag == "NNS"
                and not (index + 1 < len(tokens) and tokens[index + 1].tag.startswith(("JJ", "RB")))
            )
            token.tag = token.tag if noun else closed
        elif token.tag.startswith("JJ") and token.lower.endswith("ly") and word_tags().get(token.lower) == "RB":
            token.tag = "RB"
    for index, token in enumerate(tokens[:-1]):
        if token.tag == "NN" and token.lower in _SENSE_VERBS and index and tokens[index - 1].lower in _SUBJECTS:
            token.tag = "VBP"  # "these feel a bit weak"
        if (
            token.tag == "NNS"
            and word_tags().get(token.lower) == "VBZ"
            and tokens[index + 1].tag.startswith(("RB", "JJ", "UH", "IN"))
            and index
            and not tokens[index - 1].tag.startswith("PRP$")
        ):
            token.tag = "VBZ"
        if tokens[index + 1].tag.startswith("VB") and token.tag == "JJ" and index == 0 and token.lower not in adjectives():
            token.tag = "NN"  # "Coffee tastes great"
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        before = tokens[index - 1].tag if index else ""
        ends_phrase = after is None or not (
            after.tag.startswith(("NN", "JJ", "CD", "VBN", "VBG")) or after.lower in ("and", ",", "&", "-")
        )
        if (
            token.tag in _NOUN_PLACE
            and ends_phrase
            and before in _DETERMINER_TAGS
            and token.lower not in _CLOSED
            and token.lower not in adjectives()
        ):
            token.tag = "NNS" if token.lower.endswith("s") and not token.lower.endswith("ss") else "NN"


def _tokens(text: str, start: int, end: int) -> list[Token]:
    tokens = []
    for match in _WORD.finditer(text, start, end):
        word, at = match.group(), match.start()
        lower = word.lower().replace("’", "'") if len(word) > 1 else word.lower()
        if ("'" in lower or "’" in word) and len(word) > 2 and (parts := _CONTRACTION.match(word)):
            middle = at + len(parts.group(1))
            tokens.append(Token(parts.group(1), parts.group(1).lower(), "", at, middle))
            at, word = middle, parts.group(2)
            lower = word.lower().replace("’", "'")
        tokens.append(Token(word[:MAX_WORD], lower[:MAX_WORD], "", at, at + len(word)))
    return tokens
