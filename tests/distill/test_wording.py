"""The two sentences: as many phrases as fit into 19 words, and the strongest first."""

from rdrec.distill.wording import MOST_WORDS, rationale
from rdrec.language.opinions import Opinion, Said
from rdrec.records import Span


def opinion(text, sign, at, form="modifier", named=True):
    said = Said(text, "plural")
    return Opinion(form, sign, text, text, named, said, said, (Span(at, at + 1),), frozenset({at}), 0)


def test_one_sided_sentences_use_all_nineteen_words():
    said = rationale([opinion(f"{word} lids with rims", 1, at) for at, word in enumerate(("red", "blue", "green", "black"))])
    assert len(said.user_preference.split()) <= MOST_WORDS
    assert said.user_preference.count("lids") == 3  # a fourth would make 20 words


def test_the_longest_of_the_weakest_goes_so_that_more_stay():
    said = rationale(
        [
            opinion("soft lids", 1, 0),
            opinion("a very long phrase that goes on and on and on", 1, 1, "about"),
            opinion("red rims", 1, 2, "about"),
            opinion("blue bows", 1, 3, "about"),
            opinion("pins", 1, 4, "about"),
        ]
    )
    assert said.user_preference == "The user prefers soft lids, red rims, blue bows and pins."


def test_praise_and_blame_both_stay():
    likes = [opinion(f"{word} lids with rims", 1, at) for at, word in enumerate(("red", "blue", "green"))]
    said = rationale([*likes, opinion("poor hinges", -1, 9)])
    assert said.user_preference == "The user prefers red lids with rims and blue lids with rims, and dislikes poor hinges."
