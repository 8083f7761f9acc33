"""A small student in training on a part of a precomputed set, looked at between steps.  Importing this module imports torch.

In: purchases and rationales of some shoppers, a seed.  Out: a student that makes steps, and what it says and ranks at any of them.
Everything is drawn from the seed, so the same step shows the same thing again.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from rdrec.baselines.ease import EASE
from rdrec.baselines.rules import purchases
from rdrec.core.records import Dataset, InputError
from rdrec.core.settings import default, integer
from rdrec.data.competing import competing_items
from rdrec.data.splits import protocol_view
from rdrec.evaluation.metrics import Places, per_user, place_of_truth, shown_rank
from rdrec.explorer.lab_records import Begun, Job, Look, Score
from rdrec.ranking.generation import generate_texts
from rdrec.ranking.recommender import Recommender, StudentInTraining
from rdrec.student.batches import Row
from rdrec.student.gap import own_and_other
from rdrec.student.id_vectors import IdVectors
from rdrec.student.language_layers import FirstPositionWeights
from rdrec.student.model import Student, set_dropout
from rdrec.student.sampling import RATIONALE_WORDS, Sampler
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.step import add_gradients
from rdrec.student.tasks import Task, input_text
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import CLIP, TrainSettings, optimizer_for

VARIANT, SHAPE, PROTOCOL = "rdrec", "nano", "clean"
WARM_UP, LEVEL = 20, 100  # steps in which the learning rate rises, and after which it falls
ROUND = 64  # steps whose rows are drawn at once
GAP_ROWS = 64  # held-out sentences, each also read with another shopper's number
METRIC = "NDCG@10"


@dataclass(frozen=True)
class Part:
    """A data set of some shoppers and what the teacher wrote about their purchases; `watched`: the number of one shopper in it."""

    dataset: Dataset
    rationales: pd.DataFrame
    watched: int


def part_of(job: Job, most: int) -> Part:
    """The watched shopper and others drawn at random, `most` in all, with the products that they bought, numbered anew.

    Raises InputError for a set without reviews or without rationales: a student would have no sentence to learn.
    """
    folder = Path(job.folder)
    users = pd.read_parquet(folder / "users.parquet", columns=["user", "user_key"])
    others = np.random.default_rng(job.seed).permutation(users.loc[users["user"] != job.user, "user"].to_numpy())
    chosen = sorted([job.user, *others[: most - 1].tolist()])
    rows = _rows(folder, "history", ["user", "position", "item", "timestamp", "rating", "review", "summary"], chosen)
    told = _rows(folder, "rationales", ["user", "position", "status", "user_preference", "item_attribution", "teacher"], chosen)
    told = told[told["teacher"] == job.teacher]
    if not rows["review"].notna().any():
        raise InputError(
            "this set holds no reviews, so there are no sentences to learn", where=job.data, todo="choose another set"
        )
    if not (told["status"] == "ok").any():
        raise InputError(
            "no teacher wrote rationales for this set, so there are no sentences to learn", where=job.data, todo="choose another set"
        )  # fmt: skip
    numbers = {old: new for new, old in enumerate(chosen, start=1)}
    items = pd.DataFrame({"old": np.sort(rows["item"].unique())})
    item_numbers = {old: new for new, old in enumerate(items["old"], start=1)}
    rows = rows.assign(
        user=rows["user"].map(numbers), item=rows["item"].map(item_numbers), explanation=None, feature=None, text_split=None
    ).sort_values(["user", "position"], ignore_index=True)
    told = told.assign(user=told["user"].map(numbers)).reset_index(drop=True)
    people = pd.DataFrame({"user": range(1, len(chosen) + 1), "user_key": [str(user) for user in chosen]})
    catalogue = pd.DataFrame({"item": range(1, len(items) + 1), "item_key": items["old"].astype(str)})
    return Part(Dataset(job.data, people, catalogue, rows, None, {}), told, numbers[job.user])


def _rows(folder: Path, table: str, columns: list[str], users: list[int]) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{table}.parquet", columns=columns, filters=[("user", "in", users)])


class LabStudent:
    """A student on the part of a job, the rules that it is held against, and its optimiser.

    It starts as the students of `rdrec train` do and is trained with the same rates, but on all tasks from the first step; vectors of users and items
    that start from data stay as they are.
    """

    def __init__(self, job: Job) -> None:
        torch.manual_seed(job.seed)
        part = part_of(job, integer("lab.shoppers"))
        self._watched, self._seed = part.watched, job.seed
        self._view = view = protocol_view(part.dataset, PROTOCOL, job.seed)
        self._sampler = Sampler(view, part.rationales, VARIANT, job.seed, without=(Task.TOPN, Task.EXPLANATION))
        self._tokenizer = self._trained_tokenizer()
        tokenizer = self._tokenizer
        self._student = Student.from_scratch(t5_config(SHAPE, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
        self._settings = TrainSettings(
            job.seed, 1, 1, integer("lab.rows"), learning_rate=0.0, layer_rate=0.0, id_rate=0.0,
            language_rate=float(default("train.language_rate")),
        ).of_start(job.start)  # fmt: skip
        if job.start == "data":
            start_from_data(self._student, tokenizer, view, self._sampler.start_texts)
        self._optimizer = optimizer_for(self._student, self._settings)
        self._ids = IdVectors(self._student, tokenizer, view)
        self._first = FirstPositionWeights(self._student) if self._settings.language_rate else None
        self._rows: dict[Task, list[Row]] = {}
        self._step = 0
        self._judged = [user for user, split in enumerate(view.splits, start=1) if split.test is not None]
        if not self._judged:
            raise InputError("no shopper of this set has a held-out purchase", where=job.data, todo="choose another set")
        self._loss: dict[str, float] = {}

    def _trained_tokenizer(self) -> StudentTokenizer:
        """Its words are those of the rationales alone: a small vocabulary, learned at once."""
        texts = self._sampler.start_texts
        assert texts is not None
        said = [text for rows in (texts.user_preference, texts.item_attribution) for _, _, text in rows]
        dataset = self._view.dataset
        return StudentTokenizer.train([*said, RATIONALE_WORDS], users=dataset.n_users, items=dataset.n_items)

    def begun(self) -> Begun:
        """What is trained on, and how the rules that need no training do on the same purchases."""
        view, dataset = self._view, self._view.dataset
        ease = EASE(view.training_parts, dataset.n_items, float(default("rival.ridge")))
        popular = np.tile(purchases(view).astype(np.float64), (len(self._judged), 1))
        rules = {"popularity": popular, "EASE": ease.scores(self._histories())}
        texts = self._sampler.start_texts
        assert texts is not None
        return Begun(
            shoppers=dataset.n_users,
            items=dataset.n_items,
            sentences=len(texts.user_preference) + len(texts.item_attribution),
            parameters=self._student.parameters_count,
            judged=len(self._judged),
            rules={name: self._score(scores) for name, scores in rules.items()},
        )

    def _histories(self) -> list[np.ndarray]:
        return [self._view.splits[user - 1].shown for user in self._judged]

    def advance(self, steps: int) -> None:
        """Train for some steps."""
        self._student.train()
        for _ in range(steps):
            self._one_step()

    def _one_step(self) -> None:
        size, at = integer("lab.rows"), self._step % ROUND
        if at == 0:
            drawn = self._step // ROUND
            self._rows = {task: self._sampler.epoch(task, drawn, ROUND * size, hide_user=1.0) for task in self._sampler.tasks}
        self._optimizer.zero_grad(set_to_none=True)
        for group in self._optimizer.param_groups:
            group["lr"] = group["share"] * self._settings.learning_rate * _share_of_rate(self._step)
        for task, rows in self._rows.items():
            set_dropout(self._student, self._settings.dropout_of(task))
            part = rows[at * size : (at + 1) * size]
            self._loss[task.key] = add_gradients(self._student, self._tokenizer, part, 1 / len(self._rows))
        torch.nn.utils.clip_grad_norm_(self._student.parameters(), CLIP)
        with self._ids.slowed(self._settings.id_rate), self._first.restored() if self._first else nullcontext():
            self._optimizer.step()
        self._step += 1

    def look(self) -> Look:
        """What the student says and ranks now."""
        student, tokenizer = self._student.eval(), self._tokenizer
        user = self._watched
        row = Row(Task.USER_PREFERENCE, input_text(Task.USER_PREFERENCE, user=user, item_ids=[]))
        (sentence,) = generate_texts(student, tokenizer, [row], beams=1)
        recommender = Recommender(StudentInTraining(student, tokenizer), self._view.item_ids)
        scores = recommender.sequential(self._judged, [history.tolist() for history in self._histories()])
        own, other = self._losses()
        return Look(self._step, own, other, sentence, self._score(scores))

    def _losses(self) -> tuple[float, float | None]:
        """Mean loss of held-out preferences in nats per token, with the shopper's own number in the input and with another's.

        None for the latter where too few shoppers have a held-out sentence.
        """
        texts = self._sampler.validation_texts(Task.USER_PREFERENCE)[:GAP_ROWS]
        try:
            found = own_and_other(
                self._student, self._tokenizer, self._view.item_ids, Task.USER_PREFERENCE, texts, self._seed
            ).summary()
        except InputError:
            return sum(self._loss.values()) / len(self._loss) if self._loss else 0.0, None
        return found.own, found.other

    def _score(self, scores: np.ndarray) -> Score:
        """scores: (B, I + 1) of the judged shoppers, in their order."""
        places, watched = [], None
        for user, row in zip(self._judged, scores, strict=True):
            split = self._view.splits[user - 1]
            compete = competing_items(self._view.dataset.n_items, split.shown.tolist(), split.test)
            place = place_of_truth(row[compete], int((compete == split.test).argmax()))
            places.append(place)
            if user == self._watched:
                watched = int(shown_rank(*place)), len(compete)
        above, tied = np.array(places, dtype=np.int64).T
        ndcg = float(per_user(METRIC, Places(above, tied)).mean())
        return Score(ndcg, *(watched or (None, None)))


def _share_of_rate(step: int) -> float:
    """Of the learning rate: it rises, stands, and falls with the root of the steps, since nobody knows how many there will be."""
    return min(1.0, (step + 1) / WARM_UP, (LEVEL / (step + 1)) ** 0.5)
