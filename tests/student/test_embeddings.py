"""Embeddings in 8 bits: how far off they are, that packing again changes nothing, and what a damaged file says."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from safetensors.torch import load_file, save_file
from tolerances import BF16

from rdrec.records import ArtefactError
from rdrec.storage import new_artefact
from rdrec.student import embeddings
from rdrec.student.checkpoint import KIND, load_student, save_student
from rdrec.student.quantize import quantize
from tests.student.test_quantize import CARD


@pytest.fixture
def table():
    return torch.randn(300, 24, generator=torch.Generator().manual_seed(0)) * torch.logspace(-6, 3, 300)[:, None]


def test_a_number_is_off_by_little_more_than_half_a_step_of_its_own_row(table):
    off = (embeddings.unpacked(embeddings.packed(table)) - table).abs()
    step = table.abs().amax(1, keepdim=True) / 127
    assert (off <= 0.76 * step).all()
    assert (off / step).pow(2).mean().sqrt() < 0.32, "rounding to the nearest: 1 / sqrt(12) = 0.29"


def test_packing_again_is_exact_and_rows_of_nothing_stay_nothing(table):
    table[7] = 0
    once = embeddings.packed(table)
    again = embeddings.packed(embeddings.unpacked(once))
    assert all(torch.equal(once[name], again[name]) for name in once)
    assert not embeddings.unpacked(once)[7].any()


@pytest.fixture
def folders(toy_student, tmp_path):
    save_student(tmp_path / "fp32", *toy_student, CARD)
    quantize(tmp_path / "fp32", tmp_path / "nf4", "nf4")
    return tmp_path / "fp32", tmp_path / "nf4"


def test_a_quantised_student_loads_its_embeddings_and_keeps_one_table(folders):
    whole, small = (load_student(folder).model.t5 for folder in folders)
    assert not set(embeddings.TIED) & set(load_file(folders[1] / "t5" / "model.safetensors")), "they lie in 8 bits alone"
    assert torch.equal(small.shared.weight, embeddings.unpacked(embeddings.packed(whole.shared.weight)))
    for part in (small.encoder.embed_tokens, small.decoder.embed_tokens, small.lm_head):
        assert part.weight is small.shared.weight


def test_an_output_layer_of_its_own_is_left_in_bf16(toy_student, tmp_path):
    student, tokenizer = copy.deepcopy(toy_student[0]), toy_student[1]
    student.t5.lm_head.weight = torch.nn.Parameter(student.t5.shared.weight.detach().clone() + 1)
    student.t5.config.tie_word_embeddings = False
    save_student(tmp_path / "fp32", student, tokenizer, CARD)
    quantize(tmp_path / "fp32", tmp_path / "nf4", "nf4")
    loaded = load_student(tmp_path / "nf4").model.t5
    assert embeddings.CODES not in load_file(tmp_path / "nf4" / "student.safetensors")
    head, shared = loaded.lm_head.weight, loaded.shared.weight
    assert ((head - shared - 1).abs() <= BF16 * (head.abs() + shared.abs())).all()


@pytest.mark.parametrize("damage", ["shape", "lost"])
def test_damaged_embeddings_are_refused(folders, tmp_path, damage):
    tables = load_file(folders[1] / "student.safetensors")
    if damage == "shape":
        tables[embeddings.CODES] = tables[embeddings.CODES][:-3].contiguous()
        tables[embeddings.SCALES] = tables[embeddings.SCALES][:-3].contiguous()
    else:
        del tables[embeddings.SCALES]
    card = dataclasses.asdict(load_student(folders[1]).card)
    with new_artefact(tmp_path / "bad", KIND, card) as temporary:
        for path in folders[1].rglob("*"):
            if path.is_file() and path.name not in ("manifest.json", "student.safetensors"):
                (temporary / path.relative_to(folders[1])).parent.mkdir(exist_ok=True)
                (temporary / path.relative_to(folders[1])).write_bytes(path.read_bytes())
        save_file(tables, temporary / "student.safetensors")
    with pytest.raises(ArtefactError, match="weights cannot be loaded"):
        load_student(tmp_path / "bad")
