"""A small home with a data set, and a teacher that can be made to fail."""

import pytest
from made_home import save_made

from rdrec.teachers.base import TeacherResult
from rdrec.teachers.keywords import KeywordsTeacher

TEXTS = [
    "Sturdy clamps and a great price.",
    "The zipper broke after a week 😀, but I love the color.",
    None,
    "I got it on Monday.",
    "!!! 10/10",
    "Buena calidad y muy buen precio, lo recomiendo a todos mis amigos porque funciona muy bien",
    "It doesn't hum, and the “cord” is long enough.",
    "Easy to set up. Not too loud.",
]


@pytest.fixture
def home(tmp_path):
    """A home with the data set "made": 20 users, 8 purchases each, 7 of them with a text."""
    return save_made(tmp_path, TEXTS * 20, len(TEXTS))


class CountingTeacher(KeywordsTeacher):
    """`keywords` in batches of 5, that keeps what it was asked, and stops where it is told to after giving what it has read."""

    def __init__(self, stop_after=None, error=RuntimeError):
        self.asked, self.stop_after, self.error = [], stop_after, error

    def stream(self, reviews):
        left = len(reviews) if self.stop_after is None else self.stop_after - len(self.asked)
        for at in range(0, min(left, len(reviews)), 5):
            batch = reviews[at : min(at + 5, left)]
            self.asked += [(review.user, review.position) for review in batch]
            yield [TeacherResult(review, self.answer(review)) for review in batch]
        if left < len(reviews):
            raise self.error("stopped by the test")


@pytest.fixture
def counting_teacher():
    return CountingTeacher
