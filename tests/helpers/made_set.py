"""Writes a small, realistic precomputed set (invented music gear, 12 shoppers) for tests of the store and the page."""

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from made_evaluations import checks_of
from made_reviews import ATTRIBUTE, PREFERENCE, PRODUCTS, REVIEWS

from rdrec.core.storage import new_artefact, write_table
from rdrec.evaluation.multi_seed import TABLES, evidence

TOP, CANDIDATES = 20, 30
FEATURED = {
    1: "the largest gain among shoppers described correctly: rank 1 with rationales, 6 without",
    2: "the largest loss with rationales: the true purchase is rank 9 with them, 1 without",
    4: "missed by both students: the true purchase is rank 16 with rationales, 17 without",
    7: "the longest history: 14 purchases",
}
BESIDE = "The user likes what the answer key says."
LENGTHS = [9, 7, 5, 12, 6, 4, 14, 8, 5, 1, 6, 7]
Edit = Callable[[dict[str, pd.DataFrame]], None]


def make_items() -> pd.DataFrame:
    rows = [(category, title) for category, titles in PRODUCTS.items() for title in titles]
    rng = random.Random(5)
    ids = rng.sample(range(1, len(rows) + 1), len(rows))
    return pd.DataFrame(
        {
            "item": range(1, len(rows) + 1),
            "item_key": [f"B00{rng.randrange(36**7):07X}"[:10] for _ in rows],
            "title": [title for _, title in rows],
            "brand": [title.split()[0] if title else None for _, title in rows],
            "categories": [category for category, _ in rows],
            "price": [round(rng.uniform(4, 140), 2) if rng.random() < 0.8 else None for _ in rows],
            "item_id": ids,
            "purchases": [rng.randrange(0, 9) for _ in rows],
        }
    )


def make_tables() -> dict[str, pd.DataFrame]:
    rng = random.Random(11)
    items = make_items()
    users, history, rationales, predictions, truths, texts, candidates = [], [], [], [], [], [], []
    for user, length in enumerate(LENGTHS, start=1):
        users.append((user, f"A{rng.randrange(16**12):012X}"[:14], length, FEATURED.get(user)))
        bought: list[int] = []
        when = 1_199_145_600 + user * 9_000_000
        for position in range(length):
            category, stars, summary, review, preference, attributes, claims = REVIEWS[(user * 3 + position) % len(REVIEWS)]
            choices = [i for i in items[items.categories == category].item if i not in bought] or [
                i for i in items.item if i not in bought
            ]
            item = rng.choice(choices)
            bought.append(item)
            left = length - 1 - position
            split = "train" if length < 3 or left > 1 else ("val" if left else "test")
            text = None if (user + position) % 9 == 8 else review
            when += rng.randrange(200_000, 9_000_000)
            history.append((user, position, item, split, when, stars, text, summary))
            if text is None:
                continue
            found = [
                {
                    "kind": kind, "text": said, "polarity": polarity,
                    "spans": [[text.index(p), text.index(p) + len(p)] for p in phrases],
                }
                for kind, said, polarity, phrases in claims
            ]  # fmt: skip
            status, reason = ("ok", None) if preference else ("nothing", "the review is too short")
            rationales += [
                (user, position, item, status, reason, preference, attributes, json.dumps(found), "offline"),
                (user, position, item, "ok", None, BESIDE, None, "[]", "answer-key"),
            ]  # fmt: skip
        if length < 3:
            continue
        truth = bought[-1]
        unseen = [i for i in items.item if i not in bought[:-1]]
        pool = sorted({truth, *rng.sample([i for i in unseen if i != truth], min(CANDIDATES, len(unseen)) - 1)})
        candidates.append((user, rng.sample(pool, len(pool))))
        for task, among in (("sequential", unseen), ("topn", pool)):
            for student in ("rdrec", "baseline"):
                score = {i: rng.gauss(0, 1.1) for i in among}
                good = (student == "rdrec") == (user in (1, 3, 7, 9)) and user != 4
                score[truth] = 2.4 if good else (-1.5 if user == 4 else rng.uniform(-0.5, 1.4))
                total = sum(2.718**s for s in score.values())
                ranked = sorted(among, key=lambda i, score=score: -score[i])
                odds = [2.718 ** score[i] / total for i in ranked]
                predictions += [(user, student, task, r + 1, ranked[r], odds[r]) for r in range(min(TOP, len(ranked)))]
                place = ranked.index(truth)
                truths.append((user, student, task, truth, place + 1, odds[place], len(among)))
        last = next((r for r in rationales if r[0] == user and r[1] == length - 1 and r[-1] == "offline"), None)
        texts += [
            (user, truth, "rdrec", "explanation", "the stand is sturdy and the price is fair for what you get", "solid frame"),
            (user, truth, "baseline", "explanation", "this is a good product for the price", "solid frame"),
            (user, truth, "rdrec", PREFERENCE, "The user prefers sturdy gear that is easy to carry.", last and last[5]),
            (user, truth, "rdrec", ATTRIBUTE, "The item's attributes are a solid build and a low price.", last and last[6]),
        ]
    tables = {
        "users": pd.DataFrame(users, columns=["user", "user_key", "interactions", "featured"]),
        "items": items,
        "history": pd.DataFrame(
            history, columns=["user", "position", "item", "split", "timestamp", "rating", "review", "summary"]
        ).astype({"timestamp": "Int64", "rating": "Float64"}),
        "rationales": pd.DataFrame(
            rationales,
            columns=[
                "user",
                "position",
                "item",
                "status",
                "reason",
                "user_preference",
                "item_attribution",
                "claims",
                "teacher",
            ],
        ),
        "predictions": pd.DataFrame(predictions, columns=["user", "student", "task", "rank", "item", "probability"]),
        "truths": pd.DataFrame(truths, columns=["user", "student", "task", "item", "rank", "probability", "among"]),
        "texts": pd.DataFrame(texts, columns=["user", "item", "student", "task", "text", "reference"]),
        "candidates": pd.DataFrame(candidates, columns=["user", "candidates"]),
    }
    tables["evaluation"] = make_evaluation(tables["truths"])
    return tables | make_evidence() | {"audit": make_audit()}


def make_audit() -> pd.DataFrame:
    """As of a data set whose numbers give answers away and whose reviews leaked; permuted and clean they do not."""
    measures = {
        "published": (0.044, 0.046, 0.045, 1.0, 0.5), "shuffled": (0.001, 0.001, 0.001, -0.02, 0.5),
        "clean": (0.001, 0.001, 0.001, -0.02, 0.0),
    }  # fmt: skip
    names = ("rule HR@1", "rule HR@10", "rule NDCG@10", "id order", "test text in training")
    rows = [(protocol, *pair) for protocol, values in measures.items() for pair in zip(names, values, strict=True)]
    return pd.DataFrame(rows, columns=["protocol", "measure", "value"])


def make_evidence() -> dict[str, pd.DataFrame]:
    """Two training runs of three methods and a rule, through the real gathering."""
    rng = random.Random(3)
    users = range(1, 41)
    above = {"rdrec:offline": 2, "baseline": 12, "scrambled:offline": 12, "popularity": 25}
    ranks = {
        seed: pd.concat(
            pd.DataFrame(
                {"method": method, "task": task, "user": users, "above": [rng.randrange(2 * most) for _ in users], "tied": 1}
            )
            for method, most in above.items()
            for task in ("sequential", "topn")
        )
        for seed in (0, 1)
    }
    pairs = [("rdrec:offline", "baseline"), ("rdrec:offline", "scrambled:offline"), ("scrambled:offline", "baseline")]
    slices = {"purchases shown": {user: "1 to 4" if user <= 25 else "5 or more" for user in users}}
    outcomes = {"rdrec:offline": "learned", "scrambled:offline": "not learned"}
    checks = [
        {"method": method, "seed": seed} | asdict(check)
        for method, outcome in outcomes.items()
        for seed in ranks
        for check in checks_of(outcome)
    ]
    beyond = [
        {
            "method": method,
            "seed": seed,
            "coverage": 0.5,
            "popularity": 12.5,
            "bought": 4.5,
            "novelty": 7.5,
            "similarity": None,
            "top_share": 0.25,
        }
        for method in above
        for seed in ranks
    ]
    found = evidence(ranks, pairs, slices, pd.DataFrame(beyond), pd.DataFrame(checks))
    return {name: getattr(found, name) for name in TABLES}


def make_evaluation(truths: pd.DataFrame) -> pd.DataFrame:
    """The students' HR and MRR as the truths give them; the rest invented, intervals of a stated rough width."""
    rows = []
    for task in ("sequential", "topn"):
        for model in ("rdrec", "baseline", "scrambled", "popularity", "max-id rule"):
            ranks = truths[(truths.task == task) & (truths.student == (model if model == "rdrec" else "baseline"))]["rank"]
            weaker = {"scrambled": 0.95, "popularity": 0.5, "max-id rule": 0.1}.get(model, 1.0)
            found = {f"HR@{k}": (ranks <= k).mean() for k in (1, 5, 10)} | {"MRR": (1 / ranks).mean()}
            found |= {"NDCG@5": found["HR@5"] * 0.7, "NDCG@10": found["HR@10"] * 0.6}
            for metric, value in found.items():
                v = float(value) * weaker
                rows.append((model, task, metric, v, max(0.0, v - 0.22), min(1.0, v + 0.22), len(ranks), "clean", 0))
    columns = ["model", "task", "metric", "value", "low", "high", "users", "protocol", "seed"]
    return pd.DataFrame(rows, columns=columns)


def write_set(
    folder: Path,
    name: str = "gear",
    edit: Edit | None = None,
    synthetic: bool = True,
    title: str | None = None,
    more: dict[str, object] | None = None,
) -> Path:
    """Write FOLDER/NAME as `rdrec precompute` would; `edit` may change the tables before they are written, `more` the manifest."""
    tables = make_tables()
    if edit:
        edit(tables)
    student = {
        "shape": "tiny",
        "parameters": 1_874_432,
        "precision": "nf4",
        "bytes": 1_655_808,
        "fp32_bytes": 7_497_728,
        "temperatures": {"sequential": 1.31, "topn": 0.87},
    }
    meta = {
        "data": name, "title": title or "Music gear (invented)", "synthetic": synthetic, "protocol": "clean", "seed": 0,
        "teacher": "offline", "beside": ["answer-key"], "users": len(tables["users"]), "items": len(tables["items"]),
        "interactions": len(tables["history"]), "reviews": int(tables["history"].review.notna().sum()),
        "rationales": int(((tables["rationales"].status == "ok") & (tables["rationales"].teacher == "offline")).sum()),
        "students": [
            {"role": role, "run": f"{role}-tiny", "folder": f"students/{role}", **student} for role in ("rdrec", "baseline")
        ],
        "candidates": CANDIDATES, "top": TOP, "command": f"python -m rdrec precompute --data {name}",
    }  # fmt: skip
    with new_artefact(folder / name, "precomputed", meta | (more or {})) as temporary:
        for table, frame in tables.items():
            write_table(frame, temporary / f"{table}.parquet")
    return folder / name
