"""What goes to and fro between the page and the process that trains a student for it.  Importing it imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

STARTS = ("data", "random")


@dataclass(frozen=True, slots=True)
class Job:
    """What to train on: a precomputed folder, its name for messages, its teacher; the shopper to watch; the seed of everything drawn.

    start  "data": from what purchases and rationales say; "random"
    """

    folder: str
    data: str
    teacher: str
    user: int
    seed: int
    start: str


@dataclass(frozen=True, slots=True)
class Score:
    """NDCG@10 over all shoppers of the training; the rank of the watched shopper's held-out product and among how many, where one is held out."""

    ndcg: float
    rank: int | None
    among: int | None


@dataclass(frozen=True, slots=True)
class Begun:
    """What the training is about; `judged` shoppers have a held-out product; `rules`: the score of each rule that learns by counting."""

    shoppers: int
    items: int
    sentences: int
    parameters: int
    judged: int
    rules: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Look:
    """The student after `step` steps.

    own, other  mean loss of held-out preferences, nats per token, with the number of their own shopper and with another's (None: too few)
    sentence    what it says the watched shopper prefers
    cpu_s       processor time since the job began
    """

    step: int
    own: float
    other: float | None
    sentence: str
    score: Score
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Beat:
    """Nothing new yet; `seconds` since the job was asked for."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The training is over: its `time` was up, it was `stopped`, or the machine was too busy (`slow`) to give it its time."""

    why: str


Event = Begun | Look | Beat | Ended
