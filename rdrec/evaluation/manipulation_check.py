"""The manipulation check: did a student learn its rationales, so that a verdict can be about them?  (`outcomes` defines what counts.)

It is measured on held-out texts about the test interactions: what the student's own teacher said about them, and for explanations the
reviews' own sentences.  The control, which was trained on scrambled rationales, is tested on the true ones too and must fail.  Gap and
yardstick are measured on the same rows, the same tokens and the same exchange of IDs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from rdrec.core.home import Home
from rdrec.core.plain_text import upper_first
from rdrec.core.records import Dataset, InputError, RDRecError, plural
from rdrec.core.settings import integer
from rdrec.core.storage import read_manifest
from rdrec.core.vocabulary import Split
from rdrec.data.rationales import command, load_rationales
from rdrec.data.splits import ProtocolView
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation import text_metrics
from rdrec.evaluation.named_values import NamedValues
from rdrec.evaluation.ngram_counts import END, text_losses
from rdrec.evaluation.outcomes import TASKS, Check, outcome_of
from rdrec.ranking.recommender import Recommender
from rdrec.student.batches import Row, target_of
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.gap import Gap, RowLosses, own_and_other, partners
from rdrec.student.sampling import TextRows, text_rows
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.synthetic.truth import has_truth, load_standing, load_truth
from rdrec.teachers.supported import learned_texts

Texts = Sequence[tuple[int, int, str]]
SPLIT: Split = "test"
_STREAM = 32  # random stream for the choice of held-out texts
_BATCH = 64  # texts generated at once


@dataclass(frozen=True)
class References:
    """The rationales of a teacher, against which a student is checked.

    rationales  the table in the form used in the student's training; None if it is not available, and `missing` says why and what to do
    named       for an invented shop: finds its values in texts
    """

    rationales: pd.DataFrame | None
    missing: str = ""
    named: NamedValues | None = None


def needs_check(loaded: LoadedStudent) -> bool:
    """Whether the student has rationale tasks."""
    return any(task.key in loaded.card.tasks for task in RATIONALE_TASKS)


def check_student(view: ProtocolView, loaded: LoadedStudent, references: References) -> list[Check]:
    """Check every text task of the student, rationale tasks first.  view: with the student's own item IDs (`run.view_for`)."""
    trained = [task for key in TASKS if (task := Task.of(key)).key in loaded.card.tasks]
    if references.rationales is None:
        return [Check(task.key, "not checked", references.missing) for task in trained]
    training = text_rows(view, references.rationales, "rdrec", "train", view.seed)
    held_out = text_rows(view, references.rationales, "rdrec", SPLIT, view.seed)
    return [_check(view, loaded, task, training, held_out, references.named) for task in trained]


def _check(
    view: ProtocolView, loaded: LoadedStudent, task: Task, known: TextRows, held_out: TextRows, named: NamedValues | None
) -> Check:
    texts, training = _sample(held_out.of(task), view.seed), known.of(task)
    least = integer("evaluate.check_least_rows")
    for rows, what in ((texts, "held-out"), (training, "training")):
        if len(rows) < least:
            reason = f"There are {plural(len(rows), f'{what} text')} of this kind, and at least {least} are needed; distil all reviews or use a larger data set"
            return Check(task.key, "not checked", reason)
    try:
        measured = own_and_other(loaded.model, loaded.tokenizer, view.item_ids, task, texts, view.seed)
        gap, yardstick = measured.summary(), yardstick_of(loaded.tokenizer, task, training, texts, view.seed)
        found = Check(
            task.key, outcome_of(gap.value, gap.low, yardstick.value), "", gap.rows, gap.own, gap.other, gap.value, gap.low, gap.high,
            yardstick.value, yardstick.low, yardstick.high,
        )  # fmt: skip
        return _with_texts(
            found,
            task,
            texts[: integer("evaluate.check_texts")],
            training,
            Recommender(loaded, view.item_ids),
            named,
            view.seed,
        )
    except InputError as error:
        return Check(task.key, "not checked", upper_first(error.what))


def _sample(texts: Texts, seed: int) -> Texts:
    """At most `evaluate.check_rows` of the texts, always the same ones, in random order."""
    chosen = np.random.default_rng([seed, _STREAM]).permutation(len(texts))[: integer("evaluate.check_rows")]
    return [texts[place] for place in chosen]


def yardstick_of(tokenizer: StudentTokenizer, task: Task, training: Texts, asked: Texts, seed: int) -> Gap:
    """The own-other gap of n-gram counts of the training texts, in the student's own tokens."""
    fitted, held_out = ([_codes(tokenizer, task, text) for _, _, text in texts] for texts in (training, asked))
    keys, own = _keys(task, training), _keys(task, asked)
    return RowLosses(*text_losses(fitted, keys, held_out, own, own[partners(task, asked, seed)])).summary()


def _codes(tokenizer: StudentTokenizer, task: Task, text: str) -> list[int]:
    """The tokens of a target as in training, without the end token, as codes for `ngram_counts`."""
    return [token + END + 1 for token in target_of(Row(task, "", text), tokenizer)[:-1]]


def _keys(task: Task, texts: Texts) -> np.ndarray:
    """(N, 1) the user or the item of each text; (N, 2) both for explanations."""
    pairs = np.array([(user, item) for user, item, _ in texts], dtype=np.int64)
    return {Task.USER_PREFERENCE: pairs[:, :1], Task.ITEM_ATTRIBUTION: pairs[:, 1:]}.get(task, pairs)


def write_texts(recommender: Recommender, task: Task, pairs: Sequence[tuple[int, int]], label: str | None = None) -> list[str]:
    """What a student writes about each pair of user and item; `label` shows a progress bar."""
    texts: list[str] = []
    with tqdm(total=len(pairs), desc=label, unit="sentence", leave=False, disable=True if label is None else None) as bar:
        for start in range(0, len(pairs), _BATCH):
            part = pairs[start : start + _BATCH]
            texts += recommender.texts(task, [user for user, _ in part], [item for _, item in part])
            bar.update(len(part))
    return texts


def _with_texts(
    found: Check, task: Task, texts: Texts, training: Texts, recommender: Recommender, named: NamedValues | None, seed: int
) -> Check:
    """The check with measurements of the texts that the student writes for these rows.  They do not affect the outcome."""
    pairs = [(user, item) for user, item, _ in texts]
    said, other = write_texts(recommender, task, pairs), partners(task, texts, seed)
    inputs = {tuple(key): text for key, text in zip(_keys(task, texts).tolist(), said, strict=True)}
    references, known = [text for _, _, text in texts], _as_trained(recommender.loaded.tokenizer, training)
    own, others = (text_metrics.rouge(part, references)["ROUGE-1"] for part in (said, [said[place] for place in other]))
    found = replace(
        found,
        different=len(set(inputs.values())) / len(inputs),
        repeated=float(np.mean([repeats(text) for text in inputs.values()])),
        verbatim=float(np.mean([text in known for text in inputs.values()])),
        own_first=float((own > others).mean() + (own == others).mean() / 2),
    )
    if named is None:
        return found
    truthful = named.truthfulness(task, said, pairs, [pairs[place] for place in other])
    return replace(found, named=float(truthful.values), true_own=truthful.true_own, true_other=truthful.true_other)


def _as_trained(tokenizer: StudentTokenizer, texts: Texts) -> set[str]:
    """The texts as a student reads them in training: cut, and with its own spaces."""
    limit = integer("train.max_target_tokens")
    return {tokenizer.decode(tokenizer.encode_target(text, limit)) for _, _, text in texts}


def repeats(text: str) -> bool:
    """Whether some sequence of three words occurs twice."""
    words = text.split()
    trigrams = [tuple(words[at : at + 3]) for at in range(len(words) - 2)]
    return len(set(trigrams)) < len(trigrams)


Key = tuple[str, str | None, str]  # teacher, hash of the rationales, claims


class FoundReferences:
    """References for each student; the rationales of a teacher are read and prepared only once."""

    def __init__(self, home: Home, dataset: Dataset) -> None:
        self._home, self._dataset = home, dataset
        self._found: dict[Key, References] = {}
        self._named: NamedValues | None = None
        if has_truth(home, dataset.name):
            self._named = NamedValues(load_truth(home, dataset.name)[0], load_standing(home, dataset.name))

    def of(self, card: StudentCard) -> References:
        """The references of a student.  They lack rationales, and `missing` says why, if those are missing, damaged, or were distilled
        again after the student was trained."""
        if card.teacher is None:
            return References(None, "This student's card names no teacher, so it is unknown which rationales it learned")
        key = (card.teacher, card.rationales_sha256, str(card.training.get("claims", "all")))
        if key not in self._found:
            self._found[key] = self._read(*key)
        return self._found[key]

    def _read(self, teacher: str, sha256: str | None, claims: str) -> References:
        data = self._dataset.name
        try:
            rationales = load_rationales(self._home, data, teacher)
            current = read_manifest(self._home.rationales(data, teacher), RATIONALES_KIND).sha256
        except RDRecError as error:
            todo = f"; {error.todo}" if error.todo else ""
            return References(None, f"The rationales of the teacher {teacher!r} cannot be used: {error.what}{todo}")
        if sha256 is not None and current != sha256:
            reason = f"The rationales of the teacher {teacher!r} were distilled again after this student was trained"
            return References(None, f"{reason}; train it again, or restore the earlier rationales ({command(data, teacher)})")
        learned = learned_texts(self._dataset.interactions, rationales, claims, teacher)
        return References(learned, named=self._named)
