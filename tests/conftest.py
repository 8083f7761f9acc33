"""Fixtures that several rooms share: where the real data lies."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

settings.register_profile("no wall clock", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("no wall clock")

PROJECT = Path(__file__).resolve().parent.parent
# What takes longest, as the beginning of a file's name below tests/.  Workers get whole files in this order: a long one at the end
# would keep one of them busy while the others wait.
LONGEST_FIRST = (
    "gpu/test_steps", "student/test_team", "gpu/test_on_device", "browser/", "student/", "explorer/test_lab", "evaluation/", "test_", "teachers/", "bench/",
    "baselines/", "explorer/", "ui/",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Put the longest files first; the order within a file stays."""

    def place(item):
        name = item.path.relative_to(PROJECT / "tests").as_posix()
        return next((at for at, start in enumerate(LONGEST_FIRST) if name.startswith(start)), len(LONGEST_FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the public Amazon sets; tests that need it are skipped, in words, where it is missing."""
    folder = Path(os.environ.get("RDREC_SHARED_DATA", PROJECT.parent / "shared" / "data" / "amazon"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not here ({folder}); set RDREC_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def instruments(real_data: Path) -> Path:
    """The whole 5-core file of musical instruments of 2014: 10,261 reviews, JSON lines; skipped as `real_data`."""
    path = real_data / "musical_instruments_5core" / "reviews.json.gz"
    if not path.is_file():
        pytest.skip(f"the reviews of musical instruments are not here ({path})")
    return path


@pytest.fixture(scope="session")
def instrument_reviews(instruments: Path) -> pd.DataFrame:
    """Its reviews that have a text, with the columns of the file."""
    frame = pd.read_json(instruments, lines=True)
    return frame[frame["reviewText"].fillna("") != ""]


@pytest.fixture(scope="session")
def toy_student():
    """(student, tokenizer): untrained, one layer, 20 items' worth of vocabulary; seeded."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    from rdrec.student.model import Student
    from rdrec.student.tokenizer import StudentTokenizer

    texts = [
        "the user prefers a clear sound",
        "the item's attributes are a sturdy clamp",
        "great strings that stay in tune",
    ] * 5
    tokenizer = StudentTokenizer.train(texts)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=tokenizer.size,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        pad_token_id=tokenizer.pad,
        eos_token_id=tokenizer.eos,
        decoder_start_token_id=tokenizer.pad,
    )
    return Student(T5ForConditionalGeneration(config)).eval(), tokenizer  # with T5's own start: unlike items, clear ranks


def _toy_frames(users: int, items: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    aspects = ["sound", "clamp", "strings", "cable", "price", "finish", "case", "tone"]
    opinions = ["clear", "sturdy", "bright", "cheap", "warm", "noisy", "light", "solid"]
    rows = []
    for user in range(1, users + 1):
        bought = rng.choice(items, int(rng.integers(4, 9)), replace=False) + 1
        for position, item in enumerate(bought.tolist()):
            aspect, opinion = aspects[item % 8], opinions[(item * 3 + user) % 8]
            sentence = f"I love the {opinion} {aspect} number {user} {position}"
            review = f"{sentence}. It works well."
            rows.append(
                (
                    user,
                    position,
                    item,
                    1_400_000_000 + position * 86_400,
                    float(rng.integers(1, 6)),
                    review,
                    opinion,
                    sentence,
                    aspect,
                )
            )
    columns = ["user", "position", "item", "timestamp", "rating", "review", "summary", "explanation", "feature"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="session")
def toy_dataset():
    """30 users, 130 items, every purchase with a review; numbered by first appearance as an import would."""
    from rdrec.core.records import Dataset
    from rdrec.data import schema
    from rdrec.data.splits import draw_text_split

    rows = _toy_frames(30, 130)
    order = {item: number for number, item in enumerate(dict.fromkeys(rows["item"]), start=1)}
    for item in range(1, 131):  # items nobody bought come last: the catalogue must be wide enough for 99 negatives
        order.setdefault(item, len(order) + 1)
    rows["item"] = rows["item"].map(order)
    rows["text_split"] = draw_text_split([True] * len(rows), 0)
    users = {"user": range(1, 31), "user_key": [f"U{n:03d}" for n in range(1, 31)]}
    catalogue = {"item": range(1, 131), "item_key": [f"I{n:03d}" for n in range(1, 131)]}
    catalogue["title"] = [f"Thing {n}" for n in range(1, 131)]
    tables = schema.table(users, schema.USERS), schema.table(catalogue, schema.ITEMS), schema.cast(rows, schema.INTERACTIONS)
    return Dataset("toy", *tables, None, {"title": "Toy set"})


@pytest.fixture(scope="session")
def toy_rationales(toy_dataset):
    """Most reviews with both sentences, some with one, some with nothing."""
    from rdrec.data import schema

    rows = toy_dataset.interactions
    found = pd.DataFrame({"user": rows["user"], "position": rows["position"], "item": rows["item"]})
    found["status"] = ["nothing" if n % 7 == 3 else "ok" for n in range(len(rows))]
    found["reason"] = ["no opinion found" if n % 7 == 3 else None for n in range(len(rows))]
    found["user_preference"] = [
        f"The user prefers a {s} {f} ({n})." for n, (s, f) in enumerate(zip(rows["summary"], rows["feature"], strict=True))
    ]
    found["item_attribution"] = [
        None if n % 5 == 1 else f"The item's attributes are a {f} ({n})." for n, f in enumerate(rows["feature"])
    ]
    found.loc[found["status"] == "nothing", ["user_preference", "item_attribution"]] = None
    found["claims"] = "[]"
    return schema.cast(found, schema.RATIONALES)
