"""Messages between the page and the process that trains a student for it.  Does not import torch."""

from __future__ import annotations

from dataclasses import dataclass

STARTS = ("data", "random")


@dataclass(frozen=True, slots=True)
class Job:
    """What to train on: a precomputed folder, its name for error messages, its teacher; the shopper to watch; the seed.

    start  "data": initialised from purchases and rationales; "random": random weights
    """

    folder: str
    data: str
    teacher: str
    user: int
    seed: int
    start: str


@dataclass(frozen=True, slots=True)
class Score:
    """NDCG@10 over all tested shoppers; rank of the watched shopper's held-out product and number of candidates, or None."""

    ndcg: float
    rank: int | None
    among: int | None


@dataclass(frozen=True, slots=True)
class Begun:
    """The sizes of the training data; `judged`: number of shoppers with a held-out product; `rules`: scores of rules for comparison."""

    shoppers: int
    items: int
    sentences: int
    parameters: int
    judged: int
    rules: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Look:
    """The student after `step` steps.

    own, other  mean loss of held-out preferences in nats per token, with their own shopper's ID and with another's (None: too few)
    sentence    the generated preference of the watched shopper
    cpu_s       processor time since the start of the job
    """

    step: int
    own: float
    other: float | None
    sentence: str
    score: Score
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat without news; `seconds` since the start."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the training: "time" (used up), "stopped" (by the visitor) or "slow" (the machine was too busy)."""

    why: str


Event = Begun | Look | Beat | Ended
