"""The compiled tagger gives TextBlob's own tags, word for word."""

import html
from pathlib import Path

import pandas as pd

from rdrec.language import lexicons
from rdrec.language.tagger import tag
from rdrec.language.tokens import sentence_spans

MADE_UP = [
    "The clamps are sturdy and I love the crisp tone of this moisturizer !",
    "It wo n't hold the zibbled frobnicator securely , such as 3.5 mm plugs",
    "Great battery life but Sennheiser and Xyzzy broke unexpectedly after 12/5",
    "To be used with care from the unfriendliest re-sellers' nonstickiness",
]


def textblob_tags(words):
    import textblob._text as textblob
    from textblob.en import lexicon

    known = lexicons.word_tags()
    lexicon.get("the")  # loads it
    return [t for _, t in textblob.find_tags(words, lexicon=known, morphology=lexicon.morphology, context=lexicon.context)]


def test_equal_to_textblob():
    for sentence in MADE_UP:
        assert tag(sentence.split()) == textblob_tags(sentence.split())


def test_equal_to_textblob_on_real_reviews(instrument_reviews: pd.DataFrame):
    reviews = instrument_reviews["reviewText"][::500].map(html.unescape)
    words = 0
    for text in reviews:
        for start, end in sentence_spans(text):
            sentence = [w for w in text[start:end].split() if not w.isupper() or w in lexicons.word_tags()]  # shouting is ours
            assert tag(sentence) == textblob_tags(sentence), sentence
            words += len(sentence)
    assert words > 1000


def test_shouted_words_are_known_words():
    assert tag(["The", "STURDY", "clamps"])[1] == tag(["The", "sturdy", "clamps"])[1] == "JJ"


def test_reads_the_libraries_files_without_importing_them():
    import subprocess
    import sys

    code = "import sys, rdrec.language.reading as r; from rdrec.language.tokens import analyse; r.opinions(analyse('Great sound.'));"
    code += "assert not {'textblob', 'nltk', 'vaderSentiment', 'requests'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
