"""The strip and the card: the reader, the teacher of the student, and nothing of the ranking while one guesses."""

import dataclasses

import pytest
from html_text import text_of

from rdrec.explorer.example_review import example
from rdrec.ui.explore import profile_panel, strip


def test_the_strip_shows_what_the_student_reads_and_hides_the_ranking_while_one_guesses(store):
    bought, said, ranked = store.history(1), store.rationales(1), store.predictions(1, "topn")
    shown = example(bought, said, said)
    html = strip.panel(1, bought, shown, "offline", ranked)
    ids = [f"item_{purchase.item.item_id}" for purchase in bought if purchase.split != "test"][-3:]
    assert f"user_1, {', '.join(ids)} → ?" in text_of(html) and html.count("<li") == 5 == html.count("data-tab=")
    first = ranked["rdrec"][0].item
    start = (first.title or "?")[:20]
    secret = strip.panel(1, bought, shown, "offline", ranked, secret=True)
    assert f"1. {start}" in text_of(html) and "Guess first" in secret and start not in secret


def by(teacher, said, **changes):
    return {place: dataclasses.replace(one, teacher=teacher, **changes) for place, one in said.items()}


@pytest.mark.parametrize(
    ("shown", "taught", "words"),
    [
        ("offline", "answer-key", "The offline teacher read it; the student learned from the answer key ."),
        ("qwen", "keywords", "qwen read it; the student learned from the keyword rules ."),
        ("answer-key", "qwen<b>", "The answer key read it; the student learned from qwen<b> ."),
        ("answer-key", "answer-key", "The answer key was written together with the review."),
        ("qwen", "qwen", "qwen read it and noted what the shopper likes."),
        (None, "qwen", "A teacher read it and noted what the shopper likes."),
    ],
)
def test_the_strip_names_the_reader_and_the_teacher_of_the_student(store, shown, taught, words):
    bought, said = store.history(1), store.rationales(1)
    found = example(bought, by(shown, said), {}) if shown else None
    html = strip.panel(1, bought, found, taught, {})
    assert words in text_of(html) and "<b>" not in html


def test_the_card_shows_what_the_student_learned_below_the_rationale_of_another_teacher(store):
    bought, said = store.history(1), store.rationales(1)
    shopper, lions = store.user(1), "Answer key: Tin lions."
    assert lions in text_of(profile_panel.panel(shopper, bought, said, by("answer-key", said, user_preference="Tin lions.")))
    for other in (by("offline", said, user_preference="Tin lions."), by("answer-key", said, user_preference=None), None):
        card = text_of(profile_panel.panel(shopper, bought, said, other))
        assert "Tin lions." not in card and "Answer key" not in card
