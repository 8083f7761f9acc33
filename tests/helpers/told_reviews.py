"""Four reviews and what a teacher said of each, which its review supports."""

from rdrec.core.records import Rationale, Review
from rdrec.teachers.evidence import claims_of

TEXTS = [
    "The warm sound is lovely.",
    "A sturdy clamp for the table.",
    "The zipper broke on Monday.",
    "It ships with a soft cloth.",
]
SAID = ["a warm sound", "a sturdy clamp", "a weak zipper", "a soft cloth"]


def told(texts=TEXTS, said=SAID):
    """(review, rationale) pairs; `said`: the attributes in each rationale."""
    pairs = []
    for number, (text, what) in enumerate(zip(texts, said, strict=True)):
        sentence = f"The item's attributes are {what}."
        pairs.append((Review(1, number, 1, text), Rationale(None, sentence, claims_of(text, None, sentence))))
    return pairs
