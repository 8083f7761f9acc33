"""8-bit embeddings of a quantised student: a code for each number, a scale for each token.

bitsandbytes quantises only linear layers.  In a small student the embeddings, including the output head, make up most of the
bytes.  A separate head has its own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration

from rdrec.student.t5_variants import COPIES, HEAD, SHARED, is_tied

CODES, SCALES = "embeddings.codes", "embeddings.scales"
HEAD_CODES, HEAD_SCALES = "head.codes", "head.scales"  # only if the head is not tied
PACKED = (CODES, SCALES, HEAD_CODES, HEAD_SCALES)
MOVED = (SHARED, *COPIES, HEAD)  # T5's names of the packed tables
_MOST = 127


def packed(table: torch.Tensor, codes: str = CODES, scales: str = SCALES) -> dict[str, torch.Tensor]:
    """(V, D) floats -> codes (V, D) int8 and scales (V, 1) bf16, with error at most half a scale, and a little more at a row's largest.

    A scale is the row's largest magnitude / 127, rounded to bf16.  Rounding moves the largest value by less than half a code, so
    packing the result of `unpacked` is exact.
    """
    table = table.detach().float().cpu()
    rounded = (table.abs().amax(1, keepdim=True) / _MOST).to(torch.bfloat16)
    steps = table / rounded.float().clamp_min(torch.finfo(torch.float32).tiny)
    return {codes: steps.round().clamp(-_MOST, _MOST).to(torch.int8), scales: rounded}


def unpacked(tables: Mapping[str, torch.Tensor], codes: str = CODES, scales: str = SCALES) -> torch.Tensor:
    """(V, D) fp32."""
    return tables[codes].float() * tables[scales].float()


def pack(t5: T5ForConditionalGeneration) -> dict[str, torch.Tensor]:
    """The embeddings of a T5, and its head if it is not tied to them."""
    tables = packed(t5.shared.weight)
    return tables if is_tied(t5) else tables | packed(t5.lm_head.weight, HEAD_CODES, HEAD_SCALES)


def unpack(t5: T5ForConditionalGeneration, tables: Mapping[str, torch.Tensor]) -> None:
    """Restore the tables made by `pack`.  Raises KeyError for a missing table, ValueError for an extra one or a wrong shape."""
    tied = is_tied(t5)
    if tied and HEAD_CODES in tables:
        raise ValueError("a separate output head for a T5 whose head is tied")
    embeddings = _parameter(t5, unpacked(tables))
    for part in (t5.shared, t5.encoder.embed_tokens, t5.decoder.embed_tokens):
        part.weight = embeddings
    t5.lm_head.weight = embeddings if tied else _parameter(t5, unpacked(tables, HEAD_CODES, HEAD_SCALES))


def move_out(weights: Path) -> None:
    """Remove the packed tables from a safetensors file written by transformers; the rest is unchanged."""
    kept = {name: tensor for name, tensor in load_file(weights).items() if name not in MOVED}
    save_file(kept, weights, metadata={"format": "pt"})


def _parameter(t5: T5ForConditionalGeneration, table: torch.Tensor) -> torch.nn.Parameter:
    if table.shape != t5.shared.weight.shape:
        raise ValueError(f"embeddings of shape {tuple(table.shape)}, not {tuple(t5.shared.weight.shape)}")
    return torch.nn.Parameter(table.to(t5.shared.weight.device), requires_grad=False)
