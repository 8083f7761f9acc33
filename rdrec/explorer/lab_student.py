"""Train a small student on a part of a precomputed set and evaluate it between steps.  Imports torch.

All randomness comes from the seed, so the same step always gives the same result.
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
from rdrec.data.cases import competing_items
from rdrec.data.splits import protocol_view
from rdrec.evaluation.metrics import Places, per_user, place_among, shown_rank
from rdrec.evaluation.tuning import chosen_ridge
from rdrec.explorer.lab_records import Begun, Job, Look, Score
from rdrec.ranking.generation import generate_texts
from rdrec.ranking.recommender import Recommender, StudentInTraining
from rdrec.student.batches import Row
from rdrec.student.gap import own_and_other
from rdrec.student.id_vectors import IdVectors
from rdrec.student.language_layers import RankingWeights
from rdrec.student.model import Student, set_dropout
from rdrec.student.sampling import RATIONALE_WORDS, Sampler
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.step import add_gradients
from rdrec.student.tasks import Task, input_text
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import CLIP, TrainSettings, optimizer_for

VARIANT, SHAPE, PROTOCOL = "rdrec", "nano", "clean"
WARM_UP, LEVEL = 20, 100  # the learning rate rises until the first of these steps and falls after the second
ROUND = 64  # rows are sampled for this many steps at once
GAP_ROWS = 64  # held-out sentences for the own-other gap
METRIC = "NDCG@10"


@dataclass(frozen=True)
class Part:
    """A data set of some shoppers and their rationales; `watched`: the user number of the watched shopper in it."""

    dataset: Dataset
    rationales: pd.DataFrame
    watched: int


def part_of(job: Job, most: int) -> Part:
    """The watched shopper and randomly drawn others, `most` in total, with the products that they bought, renumbered.

    Raises InputError for a set without reviews or rationales, because a student would have no sentences to learn.
    """
    folder = Path(job.folder)
    users = pd.read_parquet(folder / "users.parquet", columns=["user", "user_key"])
    others = np.random.default_rng(job.seed).permutation(users.loc[users["user"] != job.user, "user"].to_numpy())
    chosen = sorted([job.user, *others[: most - 1].tolist()])
    rows = _rows(folder, "history", ["user", "position", "item", "timestamp", "rating", "review", "summary"], chosen)
    rationales = _rows(
        folder, "rationales", ["user", "position", "status", "user_preference", "item_attribution", "teacher"], chosen
    )
    rationales = rationales[rationales["teacher"] == job.teacher]
    if not rows["review"].notna().any():
        raise InputError(
            "this set has no reviews, so there are no sentences to learn", where=job.data, todo="choose another set"
        )
    if not (rationales["status"] == "ok").any():
        raise InputError(
            "this set has no rationales, so there are no sentences to learn", where=job.data, todo="choose another set"
        )
    numbers = {old: new for new, old in enumerate(chosen, start=1)}
    items = pd.DataFrame({"old": np.sort(rows["item"].unique())})
    item_numbers = {old: new for new, old in enumerate(items["old"], start=1)}
    rows = rows.assign(
        user=rows["user"].map(numbers), item=rows["item"].map(item_numbers), explanation=None, feature=None, text_split=None
    ).sort_values(["user", "position"], ignore_index=True)
    rationales = rationales.assign(user=rationales["user"].map(numbers)).reset_index(drop=True)
    people = pd.DataFrame({"user": range(1, len(chosen) + 1), "user_key": [str(user) for user in chosen]})
    catalogue = pd.DataFrame({"item": range(1, len(items) + 1), "item_key": items["old"].astype(str)})
    return Part(Dataset(job.data, people, catalogue, rows, None, {}), rationales, numbers[job.user])


def _rows(folder: Path, table: str, columns: list[str], users: list[int]) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{table}.parquet", columns=columns, filters=[("user", "in", users)])


class LabStudent:
    """The student of a job with its data and optimiser.

    It is initialised and trained like the students of `rdrec train`, with the same rates, but on all tasks from the first step.
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
            job.seed, 1, 1, integer("lab.rows"), learning_rate=0.0, layer_rate=float(default("train.layer_rate")),
            id_rate=float(default("train.id_rate")), language_rate=float(default("train.language_rate")),
        ).of_start(job.start)  # fmt: skip
        if job.start == "data":
            start_from_data(self._student, tokenizer, view, self._sampler.start_texts)
        self._optimizer = optimizer_for(self._student, self._settings)
        self._ids = IdVectors(self._student, tokenizer, view)
        self._fixed = RankingWeights(self._student) if self._settings.language_rate else None
        self._rows: dict[Task, list[Row]] = {}
        self._step = 0
        self._judged = [user for user, split in enumerate(view.splits, start=1) if split.test is not None]
        if not self._judged:
            raise InputError("no shopper of this set has a held-out purchase", where=job.data, todo="choose another set")
        self._loss: dict[str, float] = {}

    def _trained_tokenizer(self) -> StudentTokenizer:
        """A tokenizer trained only on the rationales, which is fast because of the small vocabulary."""
        texts = self._sampler.start_texts
        assert texts is not None
        sentences = [text for rows in (texts.user_preference, texts.item_attribution) for _, _, text in rows]
        dataset = self._view.dataset
        return StudentTokenizer.train([*sentences, RATIONALE_WORDS], users=dataset.n_users, items=dataset.n_items)

    def begun(self) -> Begun:
        """The sizes of the training data, and the scores of rules on the same test cases."""
        view, dataset = self._view, self._view.dataset
        ease = EASE(view.training_parts, dataset.n_items, chosen_ridge(view, len(view.splits)))
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
        """Train for `steps` steps."""
        self._student.train()
        for _ in range(steps):
            self._one_step()

    def _one_step(self) -> None:
        size, step_of_round = integer("lab.rows"), self._step % ROUND
        if step_of_round == 0:
            epoch = self._step // ROUND
            self._rows = {task: self._sampler.epoch(task, epoch, ROUND * size) for task in self._sampler.tasks}
        self._optimizer.zero_grad(set_to_none=True)
        for group in self._optimizer.param_groups:
            group["lr"] = group["share"] * self._settings.learning_rate * _schedule(self._step)
        for task, rows in self._rows.items():
            set_dropout(self._student, self._settings.dropout_of(task))
            part = rows[step_of_round * size : (step_of_round + 1) * size]
            self._loss[task.key] = add_gradients(self._student, self._tokenizer, part, 1 / len(self._rows))
        torch.nn.utils.clip_grad_norm_(self._student.parameters(), CLIP)
        with self._ids.slowed(self._settings.id_rate), self._fixed.restored() if self._fixed else nullcontext():
            self._optimizer.step()
        self._step += 1

    def look(self) -> Look:
        """Evaluate the student in its current state."""
        student, tokenizer = self._student.eval(), self._tokenizer
        user = self._watched
        row = Row(Task.USER_PREFERENCE, input_text(Task.USER_PREFERENCE, user=user, item_ids=[]))
        (sentence,) = generate_texts(student, tokenizer, [row], beams=1)
        recommender = Recommender(StudentInTraining(student, tokenizer), self._view.item_ids)
        scores = recommender.sequential(self._judged, [history.tolist() for history in self._histories()])
        own, other = self._losses()
        return Look(self._step, own, other, sentence, self._score(scores))

    def _losses(self) -> tuple[float, float | None]:
        """Mean loss of held-out preferences in nats per token, with the shopper's own ID in the input and with another's.

        The second is None if too few shoppers have a held-out sentence.
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
        """The `Score` of a model.  scores: (B, I + 1), one row per tested shopper."""
        places, watched = [], None
        for user, row in zip(self._judged, scores, strict=True):
            split = self._view.splits[user - 1]
            compete = competing_items(self._view.dataset.n_items, split.shown.tolist(), split.test)
            assert split.test is not None, "only shoppers with a held-out purchase are judged"
            place = place_among(row[compete], compete, split.test)
            places.append(place)
            if user == self._watched:
                watched = int(shown_rank(*place)), len(compete)
        above, tied = np.array(places, dtype=np.int64).T
        ndcg = float(per_user(METRIC, Places(above, tied)).mean())
        return Score(ndcg, *(watched or (None, None)))


def _schedule(step: int) -> float:
    """Factor of the learning rate: rising, constant, then inverse square root, as the number of steps is not known in advance."""
    return min(1.0, (step + 1) / WARM_UP, (LEVEL / (step + 1)) ** 0.5)
