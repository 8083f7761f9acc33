"""Embeddings in 8 bits: how far off they are, that packing again changes nothing, and what a damaged file says."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from safetensors.torch import load_file, save_file

from rdrec.core.records import ArtefactError
from rdrec.core.storage import new_artefact
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
    assert not set(embeddings.MOVED) & set(load_file(folders[1] / "t5" / "model.safetensors")), "they lie in 8 bits alone"
    assert torch.equal(small.shared.weight, embeddings.unpacked(embeddings.packed(whole.shared.weight)))
    for part in (small.encoder.embed_tokens, small.decoder.embed_tokens, small.lm_head):
        assert part.weight is small.shared.weight


@pytest.fixture
def untied(toy_student, tmp_path):
    """The folder of an NF4 student with an output head of its own, and the T5 that it was made from."""
    student, tokenizer = copy.deepcopy(toy_student[0]), toy_student[1]
    student.t5.lm_head.weight = torch.nn.Parameter(student.t5.shared.weight.detach().clone() + 1)
    save_student(tmp_path / "fp32", student, tokenizer, CARD)
    quantize(tmp_path / "fp32", tmp_path / "nf4", "nf4")
    return tmp_path / "nf4", student.t5


def test_an_output_head_of_its_own_has_a_table_of_its_own(untied):
    folder, whole = untied
    small = load_student(folder).model.t5
    assert torch.equal(small.shared.weight, embeddings.unpacked(embeddings.packed(whole.shared.weight)))
    assert torch.equal(small.lm_head.weight, embeddings.unpacked(embeddings.packed(whole.lm_head.weight)))
    assert set(embeddings.PACKED) <= set(load_file(folder / "student.safetensors"))


def cut(tables):
    for name in (embeddings.CODES, embeddings.SCALES):
        tables[name] = tables[name][:-3].contiguous()


def add_a_head(tables):
    tables |= {
        embeddings.HEAD_CODES: tables[embeddings.CODES].clone(),
        embeddings.HEAD_SCALES: tables[embeddings.SCALES].clone(),
    }


def damaged(folder, place, damage):
    """The same student with its 8-bit tables changed by `damage`, complete with a manifest."""
    tables = load_file(folder / "student.safetensors")
    damage(tables)
    with new_artefact(place, KIND, dataclasses.asdict(load_student(folder).card)) as temporary:
        for path in folder.rglob("*"):
            if path.is_file() and path.name not in ("manifest.json", "student.safetensors"):
                (temporary / path.relative_to(folder)).parent.mkdir(exist_ok=True)
                (temporary / path.relative_to(folder)).write_bytes(path.read_bytes())
        save_file(tables, temporary / "student.safetensors")
    return place


@pytest.mark.parametrize("damage", [cut, lambda tables: tables.pop(embeddings.SCALES), add_a_head])
def test_damaged_embeddings_are_refused(folders, tmp_path, damage):
    with pytest.raises(ArtefactError, match="weights cannot be loaded"):
        load_student(damaged(folders[1], tmp_path / "bad", damage))


@pytest.mark.parametrize("name", [embeddings.HEAD_CODES, embeddings.HEAD_SCALES, embeddings.CODES])
def test_a_lost_table_of_an_untied_student_is_refused(untied, tmp_path, name):
    with pytest.raises(ArtefactError, match="weights cannot be loaded"):
        load_student(damaged(untied[0], tmp_path / "bad", lambda tables: tables.pop(name)))
