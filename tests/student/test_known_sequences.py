"""The token sequences of the training texts, which decide what a student may write."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from rdrec.core.records import ArtefactError
from rdrec.data.splits import protocol_view
from rdrec.student.checkpoint import load_student
from rdrec.student.known_sequences import FILE, KnownSequences
from rdrec.student.quantize import quantize
from rdrec.student.run import RunPlan, run_training
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import Task
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import TrainSettings

SETTINGS = TrainSettings(
    seed=0, epochs=1, patience=1, batch_rows=64, topn_rows=4, text_rows=16, learning_rate=1e-3, language_rate=1e-3
)
LINES = ["I bought it for the wood.", "I bought it for the magic and the wood.", "It is for us."]


@pytest.fixture(scope="module")
def tokenizer():
    return StudentTokenizer.train(LINES * 30, users=9, items=9)


@pytest.fixture(scope="module")
def known(tokenizer):
    return KnownSequences.of(TextRows(tuple((1, 2, text) for text in LINES), (), ()), tokenizer)


def tokens(tokenizer, text):
    return list(tokenizer.encode_target(text)[:-1])


def test_every_token_of_a_training_text_may_follow_those_before_it(tokenizer, known):
    for text in LINES:
        target = tokenizer.encode_target(text)
        for place, token in enumerate(target):
            assert token in known.followers(Task.EXPLANATION, list(target[:place]))


def test_a_known_start_has_only_the_known_continuations(tokenizer, known):
    allowed = known.followers(Task.EXPLANATION, tokens(tokenizer, "I bought it for the"))
    assert {tokenizer.pieces([token])[0] for token in allowed} == {" wood.", " magic"}
    assert {tokenizer.pieces([token])[0] for token in known.followers(Task.EXPLANATION, [])} == {"I", "It"}


def test_only_the_last_tokens_count(tokenizer, known):
    longer = [
        *tokens(tokenizer, "It is for us."),
        *tokens(tokenizer, "bought it for")[:1],
        *tokens(tokenizer, "I bought it for the")[1:],
    ]
    assert known.followers(Task.EXPLANATION, longer) == known.followers(
        Task.EXPLANATION, tokens(tokenizer, "I bought it for the")
    )
    assert known.followers(Task.EXPLANATION, tokens(tokenizer, "the wood for us")) == []


def test_a_task_without_texts_is_not_known(known):
    assert Task.EXPLANATION in known and Task.USER_PREFERENCE not in known


def test_they_are_the_same_after_writing_and_reading(tmp_path, tokenizer, known):
    assert KnownSequences.read(tmp_path, tokenizer.size) is None
    known.write(tmp_path)
    read = KnownSequences.read(tmp_path, tokenizer.size)
    assert list(read.sequences) == [Task.EXPLANATION]
    assert np.array_equal(read.sequences[Task.EXPLANATION], known.sequences[Task.EXPLANATION])


def with_first(column, value):
    """Changes the value of the first row."""
    return lambda table: table.assign(**{column: [value, *table[column][1:]]})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda table: table.assign(task="sequential"),
        with_first("task", None),
        with_first("token_1", 10**6),
        with_first("token_1", -2),
        with_first("token_4", -1),  # after a real token
        lambda table: table.assign(token_2="5"),
        lambda table: table.assign(token_2=4.5),
        lambda table: table.assign(token_2=True),
        lambda table: table.assign(token_2=Decimal("1e30")),
        lambda table: table.assign(token_9=1),
        lambda table: table[["task", "token_1"]],
        lambda table: table.drop(columns="task"),
        lambda table: table.drop(columns="token_2"),
        lambda table: table[:0],
    ],
)
def test_other_tables_are_refused(tmp_path, tokenizer, known, wrong):
    known.write(tmp_path)
    wrong(pd.read_parquet(tmp_path / FILE)).to_parquet(tmp_path / FILE)
    with pytest.raises(ArtefactError, match="token sequences"):
        KnownSequences.read(tmp_path, tokenizer.size)


@pytest.mark.parametrize(
    ("variant", "tasks"),
    [("rdrec", {Task.EXPLANATION, Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION}), ("start-only", {Task.EXPLANATION})],
)
def test_a_trained_student_knows_the_texts_of_its_tasks_also_when_quantised(
    home, toy_dataset, toy_rationales, tmp_path, variant, tasks
):
    plan = RunPlan("toy", variant, "nano", "clean", "released", None, f"knows-{variant}", SETTINGS)
    folder = run_training(home, plan, device="cpu").folder
    quantize(folder, tmp_path / "nf4", "nf4")
    loaded, quantised = load_student(folder), load_student(tmp_path / "nf4")
    assert loaded.known is not None and quantised.known is not None
    assert {task for task in Task if task in loaded.known} == tasks == {task for task in Task if task in quantised.known}
    training = protocol_view(toy_dataset, "clean", 0).text_rows("train")["explanation"].dropna()
    assert len(training) > 10
    for text in training[:20]:
        target = loaded.tokenizer.encode_target(text, 20)
        for known in (loaded.known, quantised.known):
            assert all(token in known.followers(Task.EXPLANATION, list(target[:place])) for place, token in enumerate(target))


def test_without_training_texts_there_are_none(home, toy_dataset, tokenizer):
    """A student of purchases alone is trained and saved all the same."""
    assert KnownSequences.of(TextRows((), (), ()), tokenizer) is None
    plan = RunPlan("toy", "baseline", "nano", "clean", "released", None, "no-texts", SETTINGS, (Task.EXPLANATION,))
    loaded = load_student(run_training(home, plan, device="cpu").folder)
    assert loaded.known is None and Task.EXPLANATION.key not in loaded.card.tasks
