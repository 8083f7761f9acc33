"""Views of a room for browsers, as records for JSON.  They contain the answer only after the host has shown it."""

from __future__ import annotations

import math
from typing import TypedDict

from rdrec.core.plain_text import plain
from rdrec.core.settings import integer
from rdrec.explorer import sentences
from rdrec.explorer.rooms import Choice, Seen


class ChoiceView(TypedDict):
    """count, share: None if the viewer may not see the votes yet."""

    key: str
    title: str
    note: str
    count: int | None
    share: float | None


class RoomView(TypedDict):
    """said: a sentence about the current state; left: one about the remaining time; again: seconds until the next message or poll."""

    over: bool
    number: int
    phase: str
    text: str
    context: list[str]
    choices: list[ChoiceView]
    answer: str | None
    because: str
    mine: str | None
    votes: str
    said: str
    left: str
    again: int


class EndedView(TypedDict):
    """The room does not exist, or has ended."""

    over: bool
    said: str


def phone(seen: Seen) -> RoomView:
    """For a voting browser: without counts before the answer is shown."""
    return _view(seen, _phone_sentence(seen), counted=seen.phase == "revealed", again=integer("page.room_poll"))


def host(seen: Seen) -> RoomView:
    """For the host's screen."""
    minutes = math.ceil(seen.left / 60)
    left = sentences.LEFT.get(minutes) or f"The room ends in {minutes} minutes."
    votes = "" if seen.question is None else sentences.VOTES.get(seen.votes) or f"{seen.votes} votes"
    view = _view(seen, sentences.PHASE[seen.phase], counted=True, again=integer("page.room_heartbeat"))
    return {**view, "votes": votes, "left": left}


def ended(sentence: str) -> EndedView:
    """For anybody else."""
    return {"over": True, "said": sentence}


def _view(seen: Seen, sentence: str, *, counted: bool, again: int) -> RoomView:
    question, revealed = seen.question, seen.phase == "revealed"
    return {
        "over": False,
        "number": seen.number,
        "phase": seen.phase,
        "text": "" if question is None else plain(question.text),
        "context": [] if question is None else [plain(title) for title in question.context],
        "choices": [] if question is None else [_choice(one, seen, counted) for one in question.choices],
        "answer": question.answer if question is not None and revealed else None,
        "because": plain(question.because) if question is not None and revealed else "",
        "mine": seen.mine,
        "votes": "",
        "said": sentence,
        "left": "",
        "again": again,
    }


def _choice(one: Choice, seen: Seen, counted: bool) -> ChoiceView:
    count = seen.counts.get(one.key, 0)
    return {
        "key": one.key,
        "title": plain(one.title),
        "note": plain(one.note),
        "count": count if counted else None,
        "share": count / max(seen.votes, 1) if counted else None,
    }


def _phone_sentence(seen: Seen) -> str:
    mine = None if seen.mine is None else _shown(seen, seen.mine)
    if seen.phase == "waiting":
        return sentences.JOINED
    if seen.phase == "open":
        return (
            "Choose one. You can change your vote until voting closes."
            if mine is None
            else f"Your vote, {mine}, is counted. You can change it until voting closes."
        )
    if seen.phase == "closed":
        return "Voting has closed. You did not vote." if mine is None else f"Voting has closed. Your vote: {mine}."
    assert seen.question is not None
    answer = _shown(seen, seen.question.answer)
    if mine is None:
        return f"You did not vote. The answer is {answer}."
    return (sentences.REVEALED_RIGHT if mine == answer else sentences.REVEALED_WRONG).format(key=mine, answer=answer)


def _shown(seen: Seen, key: str) -> str:
    """How a sentence refers to a choice: by its letter, or by its title if the key is not a letter."""
    assert seen.question is not None
    return key if len(key) == 1 else next(f"“{plain(one.title)}”" for one in seen.question.choices if one.key == key)
