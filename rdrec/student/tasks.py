"""The five tasks of a student: what goes in, what should come out, and our own training wordings.

In: user and item numbers as the student sees them, texts.  Out: input strings.  It knows no tokenizer and no model.
Method: RDRec, section 3.2; POD, section 4 (sentence-like templates, with the bare form always one of them and the only
one used at test time).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from rdrec.core.records import InputError


class Task(IntEnum):
    """The number is the index of the task's prompt vectors."""

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
        for task in cls:
            if task.key == key:
                return task
        raise InputError(f"no task {key!r}", todo=f"use one of {', '.join(task.key for task in cls)}")


def left_out(text: str) -> tuple[Task, ...]:
    """The tasks of an `--ablate` list, "user_preference,item_attribution", in their own order; () for an empty text.

    Raises InputError for a name that is no task, and when nothing would be left to train.
    """
    named = {Task.of(part.strip()) for part in text.split(",")} if text.strip() else set()
    if len(named) == len(Task):
        raise InputError("--ablate leaves no task to train", todo="leave out fewer tasks")
    return tuple(task for task in Task if task in named)


_USER_WORD = re.compile(r"\buser_\d+\b")
RATIONALE_TASKS = (Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION)
ID_TASKS = (Task.SEQUENTIAL, Task.TOPN)

# Index 0 is the bare test form.  Every wording ends in a way that leaves the ids as whole words between spaces.
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
    return f"user_{user}"


def item_word(item_id: int) -> str:
    """`item_id` is the number shown to the student (`ProtocolView.item_ids`)."""
    return f"item_{item_id}"


def input_text(task: Task, *, user: int | None = None, item_ids: Sequence[int] = (), wording: int = 0) -> str:
    """The input of one row.

    user      needed by all tasks but ITEM_ATTRIBUTION
    item_ids  one id (EXPLANATION, ITEM_ATTRIBUTION), the history oldest first (SEQUENTIAL) or the candidates (TOPN)
    wording   index into TEMPLATES; 0 is the bare form
    """
    words = " ".join(item_word(item_id) for item_id in item_ids)
    if task is not Task.USER_PREFERENCE and not words:
        raise InputError(f"the {task.key} task needs at least one item", todo="give a history or candidates")
    return TEMPLATES[task][wording].format(user="" if user is None else user_word(user), item=words, items=words)


def id_target(item_id: int) -> str:
    """What the two id tasks must generate: the digits of the id alone (RDRec, section 3.2)."""
    return str(item_id)


def without_user(source: str) -> str:
    """An input in which nobody can tell whose purchases these are."""
    return _USER_WORD.sub("somebody", source)
