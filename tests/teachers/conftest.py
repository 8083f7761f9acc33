"""A small home with a data set, and a teacher that can be made to fail."""

import pytest

from rdrec.core.home import Home
from rdrec.core.records import Dataset
from rdrec.data import schema
from rdrec.data.store import save_dataset
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
    rows = [
        (
            user,
            position,
            1 + ((user - 1) * 8 + position) % 40,
            1_000_000 + position,
            float(1 + (user + position) % 5),
            TEXTS[position],
        )
        for user in range(1, 21)
        for position in range(8)
    ]
    columns = ["user", "position", "item", "timestamp", "rating", "review"]
    values = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    values["text_split"] = [None if text is None else "train" for text in values["review"]]
    frame = schema.table(values, schema.INTERACTIONS)
    users = schema.table({"user": list(range(1, 21)), "user_key": [f"U{n}" for n in range(1, 21)]}, schema.USERS)
    items = schema.table({"item": list(range(1, 41)), "item_key": [f"I{n}" for n in range(1, 41)]}, schema.ITEMS)
    home = Home(tmp_path)
    save_dataset(home, Dataset("made", users, items, frame, None, {"title": "Made"}))
    return home


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
