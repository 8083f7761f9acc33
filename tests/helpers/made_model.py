"""A language model among the teachers of the small set: it has read two users' reviews, and two of its three claims are flagged."""

import json

import pandas as pd

READ = (1, 2)  # users whose reviews the language model has read
REASONS = ("from the examples", "the evidence says the opposite", None)
ABOUT = {
    "toy-1b": {"kind": "llama", "read": 16, "rationales": 16},
    "offline": {"kind": "offline", "read": 80, "rationales": 70},
    "answer-key": {"kind": "answer-key", "read": 80, "rationales": 80},
}


def with_model(tables):
    """A language model that has read two users' reviews, and claims three things about each."""
    told = tables["rationales"]
    claims = [
        {"kind": "user_preference", "text": text, "polarity": sign, "spans": [[0, 4]]}
        for text, sign in (("tight at the toes", "dislike"), ("a bad sound", "dislike"), ("a solid frame", "like"))
    ]
    mine = told[(told["teacher"] == "offline") & told["user"].isin(READ)].assign(
        teacher="toy-1b", status="ok", reason=None, user_preference="The user prefers a solid frame.", item_attribution=None,
        claims=json.dumps(claims), why_not=json.dumps(REASONS), raw='{"likes": ["a solid frame"]}',
    )  # fmt: skip
    tables["rationales"] = pd.concat([told, mine]).sort_values(["user", "position"], kind="stable", ignore_index=True)


MORE = {"first": ["toy-1b"], "about_teachers": ABOUT}  # of the manifest
