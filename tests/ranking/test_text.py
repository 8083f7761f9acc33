"""Batched text generation against transformers' greedy search, one row at a time."""

import copy

import pytest
import torch

from rdrec.core.settings import integer
from rdrec.ranking.text import generate_texts
from rdrec.student.batches import Row, make_batch
from rdrec.student.tasks import Task, input_text

PAIRS = [(5, 12_345), (1, 2), (99_999, 1), (5, 12_345), (3, 777), (12, 90), (1, 2)]  # of different lengths, some twice
ROWS = [Row(Task.EXPLANATION, input_text(Task.EXPLANATION, user=user, item_ids=[item])) for user, item in PAIRS]


@pytest.fixture(scope="module")
def talkative(toy_student):
    """An untrained student repeats one token for any input; larger weights make texts differ and let some of them end."""
    student, tokenizer = toy_student
    student = copy.deepcopy(student)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, parameter in student.named_parameters():
            if "layer_norm" not in name:
                parameter += 0.4 * torch.randn(parameter.shape, generator=generator)
        student.t5.lm_head.weight[tokenizer.eos] *= 4.0
    return student, tokenizer


def alone(student, tokenizer, row):
    """The tokens that transformers' `generate` gives for one row, encoder included."""
    batch = make_batch([row], tokenizer)
    embedded, mask = student._embed(batch)
    with torch.inference_mode():
        return student.t5.generate(
            inputs_embeds=embedded,
            attention_mask=mask,
            num_beams=1,
            do_sample=False,
            no_repeat_ngram_size=integer("train.no_repeat"),
            max_new_tokens=integer("train.max_target_tokens") + 1,
        )[0].tolist()


@pytest.mark.parametrize("batch_rows", [1, 3, 64])
def test_batched_texts_equal_generate_row_by_row(talkative, batch_rows):
    student, tokenizer = talkative
    tokens = [alone(student, tokenizer, row) for row in ROWS]
    expected = [tokenizer.decode(row) for row in tokens]
    assert len(set(expected)) == len(set(PAIRS)), "rows that all say the same would prove nothing"
    assert len({len(row) for row in tokens}) > 1, "some sentences must end before others"
    assert len({len(tokenizer.encode(row.source).tokens) for row in ROWS}) > 1
    assert generate_texts(student, tokenizer, ROWS, batch_rows) == expected


def test_equal_inputs_are_generated_once(talkative, monkeypatch):
    student, tokenizer = talkative
    seen = []
    encode = student.encode
    monkeypatch.setattr(student, "encode", lambda batch: seen.append(len(batch)) or encode(batch))
    generate_texts(student, tokenizer, ROWS, 3)
    assert seen == [3, 2]


def test_no_rows_give_no_texts(talkative):
    assert generate_texts(*talkative, []) == []
