"""The five tasks of a student, with the wordings of their inputs.

RDRec, section 3.2; POD, section 4: inputs are phrased like sentences in training.  One of the wordings is always the bare form, the only
one used at test time.  The wordings here are our own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from rdrec.core.records import InputError


class Task(IntEnum):
    """A task; its number is the index of its prompt vectors."""

    EXPLANATION = 0
    SEQUENTIAL = 1
    TOPN = 2
    USER_PREFERENCE = 3
    ITEM_ATTRIBUTION = 4

    @property
    def key(self) -> str:
        """The name in files and tables: 'explanation', 'sequential', 'topn', 'user_preference', 'item_attribution'."""
        return self.name.lower()

    @classmethod
    def of(cls, key: str) -> Task:
        """The task with that key.  Raises InputError if there is none."""
        for task in cls:
            if task.key == key:
                return task
        raise InputError(f"unknown task {key!r}", todo=f"use one of {', '.join(task.key for task in cls)}")


def left_out(text: str) -> tuple[Task, ...]:
    """The tasks of a comma-separated `--ablate` list such as "user_preference,item_attribution", in the order of `Task`.

    Raises InputError for an unknown task, and if no task would be left to train.
    """
    named = {Task.of(part.strip()) for part in text.split(",")} if text.strip() else set()
    if len(named) == len(Task):
        raise InputError("--ablate leaves no task to train", todo="leave out fewer tasks")
    return tuple(task for task in Task if task in named)


_USER_WORD = re.compile(r"\buser_\d+\b")
RATIONALE_TASKS = (Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION)
ID_TASKS = (Task.SEQUENTIAL, Task.TOPN)

# Index 0 is the bare test form.  IDs are always separate words between spaces.
TEMPLATES: dict[Task, tuple[str, ...]] = {
    Task.EXPLANATION: (
        "{user} {item}",
        "say why {user} might care for {item}",
        "write one sentence from {user} about {item}",
        "what would {user} tell a friend about {item} ?",
        "explain {item} to {user}",
    ),
    Task.SEQUENTIAL: (
        "{user} {items}",
        "{user} bought {items} and will buy next",
        "after {items} what does {user} want ?",
        "continue the purchases of {user} : {items}",
        "so far {user} has taken {items} ; name the next item",
    ),
    Task.TOPN: (
        "{user} {items}",
        "choose for {user} from {items}",
        "one of these suits {user} best : {items}",
        "which item out of {items} should be shown to {user} ?",
        "pick what {user} would buy among {items}",
    ),
    Task.USER_PREFERENCE: ("Generate {user}'s preference",),
    Task.ITEM_ATTRIBUTION: ("Generate {item}'s attributions",),
}


def user_word(user: int) -> str:
    """How an input names a user."""
    return f"user_{user}"


def item_word(item_id: int) -> str:
    """How an input names an item; item_id: the ID shown to the student (`ProtocolView.item_ids`)."""
    return f"item_{item_id}"


def input_text(task: Task, *, user: int | None = None, item_ids: Sequence[int] = (), wording: int = 0) -> str:
    """The input of one row.  Raises InputError if a task that needs items gets none.

    user      needed by all tasks except ITEM_ATTRIBUTION
    item_ids  one ID (EXPLANATION, ITEM_ATTRIBUTION), the history with the oldest item first (SEQUENTIAL), or the candidates (TOPN)
    wording   index into TEMPLATES; 0 is the bare form
    """
    words = " ".join(item_word(item_id) for item_id in item_ids)
    if task is not Task.USER_PREFERENCE and not words:
        raise InputError(f"the {task.key} task needs at least one item", todo="give a history or candidates")
    return TEMPLATES[task][wording].format(user="" if user is None else user_word(user), item=words, items=words)


def id_target(item_id: int) -> str:
    """The target of the two ID tasks: the digits of the ID alone (RDRec, section 3.2)."""
    return str(item_id)


def without_user(source: str) -> str:
    """An input that does not say whose purchases these are."""
    return _USER_WORD.sub("somebody", source)
