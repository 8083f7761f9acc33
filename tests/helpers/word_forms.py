"""An independent look at the -ing words of a rationale: each must be of the review, of the lexicon, or rightly formed from a verb of the review."""

import re

from rdrec.language.lexicons import word_tags

_ING = re.compile(r"[a-z]+ing\b")
_WORDS = re.compile(r"[a-z]+")
_NO_BASE = ("VBD", "VBN", "VBZ", "VBG")
_CONTRACTIONS = re.compile(r"(do|does|did|is|was|are|were|have|has|had|ca|wo|could|would|should)nt")  # the apostrophe forgotten
_ENDINGS = ("", "s", "es", "d", "ed")


def broken_gerunds(review, rationale):
    """The -ing words of the rationale that nobody would write: "wenting", "donting", "fizzesing"."""
    text = review.lower()
    words = set(_WORDS.findall(text))
    said = f"{rationale.user_preference or ''} {rationale.item_attribution or ''}"
    return [word for word in _ING.findall(said) if word not in text and not _known(word) and not _formed(word, words)]


def _known(word):
    return word_tags().get(word, "").startswith(("VBG", "NN", "JJ"))


def _formed(word, words):
    stem = word[:-3]
    doubled = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "ls" else stem
    bases = {stem, stem + "e", doubled, *([stem[:-1] + "ie"] if stem.endswith("y") else [])}
    for base in bases:
        forms = {base + ending for ending in _ENDINGS} | {base + base[-1] + "ed"}
        forms |= {base[:-1] + "ies", base[:-1] + "ied"} if base.endswith("y") else set()
        if forms & words and (base in word_tags() or base.endswith(("zz", "ss", "sh", "ch", "x"))):
            return word_tags().get(base) not in _NO_BASE and not _CONTRACTIONS.fullmatch(base)
    return False
