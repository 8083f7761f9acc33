"""The sizes of students that are trained from scratch, as T5 configurations."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import T5Config

RESERVED = 5  # first axes of the embedding space that a start from data uses for marks (`rdrec.student.start`)


@dataclass(frozen=True)
class Shape:
    """d_model, d_kv and d_ff are widths as in T5; `layers` is the number of encoder layers, and also of decoder layers."""

    d_model: int
    d_kv: int
    d_ff: int
    layers: int
    heads: int


SHAPES = {
    "nano": Shape(d_model=128, d_kv=32, d_ff=512, layers=1, heads=4),
    "tiny": Shape(d_model=128, d_kv=32, d_ff=512, layers=3, heads=4),
    "mini": Shape(d_model=256, d_kv=32, d_ff=1024, layers=4, heads=8),
    "small": Shape(d_model=512, d_kv=64, d_ff=2048, layers=6, heads=8),  # T5-small
}


def t5_config(shape: str, vocabulary: int, *, pad: int, eos: int) -> T5Config:
    """The configuration of a shape from `SHAPES` for a vocabulary of the given size and the numbers of its pad and end tokens."""
    s = SHAPES[shape]
    return T5Config(
        vocab_size=vocabulary,
        d_model=s.d_model,
        d_kv=s.d_kv,
        d_ff=s.d_ff,
        num_layers=s.layers,
        num_decoder_layers=s.layers,
        num_heads=s.heads,
        pad_token_id=pad,
        eos_token_id=eos,
        decoder_start_token_id=pad,
    )
