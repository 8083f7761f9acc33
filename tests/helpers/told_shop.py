"""A small shop whose rationales say one word of each user and one of each item, and students that learned it or did not, trained in seconds."""

import numpy as np
import pandas as pd
import torch

from rdrec.core.records import Dataset
from rdrec.data import schema
from rdrec.student.batches import text_row
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.model import Student
from rdrec.student.sampling import text_rows
from rdrec.student.shapes import t5_config
from rdrec.student.step import add_gradients
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer

USERS, ITEMS, EACH = 48, 24, 7
THINGS = ["lamps", "ropes", "bells", "moss", "tides", "kites", "drums", "maps", "ferns", "coins", "masks", "wheels"]
TASKS = [task.key for task in RATIONALE_TASKS]


def shop(name="told", items=ITEMS):
    """(data set, rationales): what a user prefers and what an item has is the same in every review.  Beyond `ITEMS` nobody bought."""
    rng, rows, told = np.random.default_rng(3), [], []
    for user in range(1, USERS + 1):
        for position, item in enumerate((rng.choice(ITEMS, EACH, replace=False) + 1).tolist()):
            review = f"Bought as number {position} by {user}."
            rows.append((user, position, item, 1_400_000_000 + position * 86_400, 5.0, review, None, None, None, None))
            told.append((user, position, item, "ok", None, preference(user), attributes(item), "[]"))
    columns = ["user", "position", "item", "timestamp", "rating", "review", "summary", "explanation", "feature", "text_split"]
    interactions = schema.cast(pd.DataFrame(rows, columns=columns), schema.INTERACTIONS)
    users = {"user": range(1, USERS + 1), "user_key": [f"U{n}" for n in range(1, USERS + 1)]}
    catalogue = {"item": range(1, items + 1), "item_key": [f"I{n}" for n in range(1, items + 1)]}
    dataset = Dataset(
        name, schema.table(users, schema.USERS), schema.table(catalogue, schema.ITEMS), interactions, None, {"title": name}
    )
    columns = ["user", "position", "item", "status", "reason", "user_preference", "item_attribution", "claims"]
    return dataset, schema.cast(pd.DataFrame(told, columns=columns), schema.RATIONALES)


def preference(user):
    return f"The user prefers {THINGS[user % len(THINGS)]}."


def attributes(item):
    return f"The item has {THINGS[item % len(THINGS)]}."


def card(variant):
    return StudentCard(
        "told", "abc", USERS, ITEMS, "tiny", variant, "clean", 0, "offline", None, None, 1, {}, TASKS, 1, "fp32", None, 1
    )


def taught(view, rationales, variant, steps=300, rewrite=None):
    """A student of one layer trained on the rationale tasks alone; `rewrite` changes every target."""
    texts = [preference(n) for n in range(40)] + [attributes(n) for n in range(40)]
    tokenizer = StudentTokenizer.train(texts, users=USERS, items=ITEMS)
    torch.manual_seed(0)
    config = t5_config("tiny", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)
    config.d_model, config.d_kv, config.d_ff, config.num_heads, config.num_layers, config.num_decoder_layers = (
        48,
        12,
        96,
        4,
        1,
        1,
    )
    student = Student.from_scratch(config)
    torch.nn.init.normal_(student.t5.shared.weight, std=1.0)
    known = text_rows(view, rationales, variant, "train", view.seed)
    rows = {
        task: [
            text_row(task, user, item, rewrite(task) if rewrite else text, view.item_ids) for user, item, text in known.of(task)
        ]
        for task in RATIONALE_TASKS
    }
    rng, optimizer = np.random.default_rng(0), torch.optim.AdamW(student.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        for of_task in rows.values():
            add_gradients(student, tokenizer, [of_task[place] for place in rng.integers(len(of_task), size=32)], 0.5)
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
    return LoadedStudent(student.eval(), tokenizer, card(variant), "cpu", 0.0)


def commonest(task):
    """One sentence for everybody."""
    return preference(0) if task is Task.USER_PREFERENCE else attributes(0)
