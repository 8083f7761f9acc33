"""The words of a review that support a claim: quotes are located, and evidence is searched if a teacher gave none.

A quote that is not in the text, and a phrase that shares no word with it, get no span, so that the claim counts as unsupported.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rdrec.core.records import Claim, ClaimKind, Polarity, Span
from rdrec.data.content_words import content_stems, general_stems
from rdrec.data.english import sentence_spans
from rdrec.teachers.grounding import polarity_of

_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‹": "<", "›": ">", "–": "-", "—": "-"})
_EDGES = " .,;:!?\"'()[]*…-"
_GAP = re.compile(r"\.\.\.|…|\[\.\.\.\]")
_CLAUSES = re.compile(r"[,;:()]|\s(?=(?:but|however|although|though|because|and|which|so)\s)", re.IGNORECASE)
_LEADS: dict[ClaimKind, re.Pattern[str]] = {
    "user_preference": re.compile(r"the user('s preferences?)?\s+(\w+)\s+", re.IGNORECASE),
    "item_attribution": re.compile(r"the item('s attribut(?:e|ion)s?)?\s+(\w+)\s+", re.IGNORECASE),
}
_TURNS = re.compile(
    r"\b(?:but|and|,)?\s*(?:also\s+)?(dislikes?|does not (?:like|want|prefer)|avoids?|hates?|prefers?|likes?|loves?|values?|enjoys?|appreciates?|wants?)\s+",
    re.IGNORECASE,
)
_BLAME = ("dislike", "does not", "avoid", "hate")
_LIST = re.compile(r"\s*(?:,\s*(?:and|but|or)\s+|,|;|\s+(?:and|but|as well as|along with)\s+)\s*", re.IGNORECASE)
_SHORTEST_QUOTE = 3  # characters; "I" is in every review


def find_quote(text: str, quote: str) -> tuple[Span, ...]:
    """Spans of the quote in the text, one for each part between ellipses; () if any part is missing.

    Case, spaces and the kind of quotation mark do not matter.
    """
    spans = []
    plain, places = _plain(text)
    for part in _GAP.split(quote):
        wanted = _plain(part)[0].strip(_EDGES)
        if not wanted:
            continue
        at = plain.find(wanted)
        if at < 0 or len(wanted) < _SHORTEST_QUOTE:
            return ()
        spans.append(Span(places[at], places[at + len(wanted) - 1] + 1))
    return tuple(spans)


@lru_cache(maxsize=64)
def _plain(text: str) -> tuple[str, tuple[int, ...]]:
    """The text in lower case with single spaces, and the position in `text` of each of its characters."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        written = " " if character.isspace() else character.translate(_ALIKE).lower()
        if written == " " and plain and plain[-1] == " ":
            continue
        plain += written
        places += [place] * len(written)
    return "".join(plain), tuple(places)


def find_evidence(text: str, phrase: str) -> tuple[Span, ...]:
    """The clause of the text that shares most words with the phrase (the first of equally good ones); () if none shares a word.

    For a phrase in general words ("good quality"), these words themselves must occur.
    """
    said = content_stems(phrase)
    whole = not said
    if whole:
        said = general_stems(phrase)
    best, most = None, 0
    for start, end, stems in _clauses(text):
        shared = len(said & (general_stems(text[start:end]) if whole else stems))
        if shared > most:
            best, most = Span(start, end), shared
    return () if best is None else (best,)


@lru_cache(maxsize=64)
def _clauses(text: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    found = []
    for start, end in sentence_spans(text):
        at = start
        for cut in [*(match.start() for match in _CLAUSES.finditer(text, start, end)), end]:
            piece = text[at:cut]
            trimmed = piece.strip(" \n\r\t,;:()")
            if trimmed:
                first = at + piece.index(trimmed)
                found.append((first, first + len(trimmed), frozenset(content_stems(trimmed))))
            at = cut
    return tuple(found)


def phrases(sentence: str, kind: ClaimKind) -> list[tuple[str, Polarity]]:
    """The claims in one sentence of a rationale, each with its polarity.

    For the user, polarity comes from the verb before the phrase ("prefers", "dislikes"); for the item, from the phrase's own words.
    """
    lead = _LEADS[kind].match(sentence)
    body = sentence[lead.start(2) if lead and kind == "user_preference" else lead.end() if lead else 0 :].strip().rstrip(".!")
    pieces: list[tuple[str, Polarity]] = []
    at = 0
    polarity: Polarity = "like"
    turns = list(_TURNS.finditer(body)) if kind == "user_preference" else []
    for turn in [*turns, None]:
        until = turn.start() if turn else len(body)
        found = [text for text in _LIST.split(body[at:until]) if content_stems(text)]
        pieces += [(text, polarity if kind == "user_preference" else polarity_of(text)) for text in found]
        if turn:
            at, polarity = turn.end(), "dislike" if turn.group(1).lower().startswith(_BLAME) else "like"
    return pieces


def claims_of(text: str, preference: str | None, attribution: str | None) -> tuple[Claim, ...]:
    """The claims of two sentences, each with the evidence that can be found for it in the review's text."""
    sentences: tuple[tuple[ClaimKind, str | None], ...] = (("user_preference", preference), ("item_attribution", attribution))
    return tuple(
        Claim(kind, phrase, polarity, find_evidence(text, phrase))
        for kind, sentence in sentences
        for phrase, polarity in (phrases(sentence, kind) if sentence else ())
    )
