"""NF4 and int8 forms of a student by bitsandbytes, saved and loaded as safetensors.

In: the folder of an fp32 student.  Out: the folder of a quantised one, and both sizes.  It knows no ranking.
bitsandbytes quantises linear layers; transformers keeps the embeddings, the tied output layer and T5's `wo` out, and those
are stored in bf16 (in fp32 the result would be larger than a plain bf16 student).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import BitsAndBytesConfig, T5ForConditionalGeneration

from rdrec.records import InputError
from rdrec.student.checkpoint import load_student, quiet, read_card, save_student

PRECISIONS = ("nf4", "int8")


@dataclass(frozen=True)
class Quantised:
    precision: str
    bytes: int  # of the weight files
    fp32_bytes: int


def quantize(source: Path, target: Path, precision: str, device: str = "cpu") -> Quantised:
    """Write the `precision` ("nf4" | "int8") form of the student in `source` to `target`.

    Raises InputError for an unknown precision or a source that is quantised already.
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}", todo=f"use {' or '.join(PRECISIONS)}")
    card, manifest = read_card(source)
    if card.precision != "fp32":
        raise InputError(f"this student is {card.precision} already", where=source, todo="quantise the fp32 one")
    loaded = load_student(source, "cpu")
    with quiet():
        loaded.model.t5 = T5ForConditionalGeneration.from_pretrained(
            source / "t5",
            quantization_config=_config(precision),
            dtype=torch.bfloat16,
            device_map={"": device},
            use_safetensors=True,
            local_files_only=True,
        )
    save_student(target, loaded.model, loaded.tokenizer, replace(card, precision=precision, source_sha256=manifest.sha256))
    return Quantised(precision, weight_bytes(target), card.fp32_bytes)


def weight_bytes(folder: Path) -> int:
    """Bytes of all weight files of a student."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def _config(precision: str) -> BitsAndBytesConfig:
    if precision == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    # fp32 arithmetic: near-equal ids must not be tied by a coarse sum; the weights stay 4 bits on disk and in memory
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32)
