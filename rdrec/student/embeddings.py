"""The embeddings of a quantised student in 8 bits: a code for each number, a scale for each token.

In: a table of floats.  Out: codes and scales, and the table that they stand for.  bitsandbytes quantises linear layers alone; in a
small student the embeddings, with the output layer tied to them, are most of the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration

CODES, SCALES = "embeddings.codes", "embeddings.scales"
TIED = (
    "shared.weight",
    "encoder.embed_tokens.weight",
    "decoder.embed_tokens.weight",
    "lm_head.weight",
)  # one table, T5's names
_MOST = 127


def packed(table: torch.Tensor) -> dict[str, torch.Tensor]:
    """(V, D) floats -> codes (V, D) int8 and scales (V, 1) bf16, with error at most half a scale, and a little more at a row's largest.

    A scale is the row's largest magnitude / 127, rounded to bf16: that moves the largest by less than half a code, so that
    packing what `unpacked` gave is exact.
    """
    table = table.detach().float().cpu()
    scales = (table.abs().amax(1, keepdim=True) / _MOST).to(torch.bfloat16)
    steps = table / scales.float().clamp_min(torch.finfo(torch.float32).tiny)
    return {CODES: steps.round().clamp(-_MOST, _MOST).to(torch.int8), SCALES: scales}


def unpacked(tables: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """(V, D) fp32."""
    return tables[CODES].float() * tables[SCALES].float()


def tied(t5: T5ForConditionalGeneration) -> bool:
    """Whether the output layer is the embeddings, as in T5 of the first kind; otherwise neither is packed."""
    return t5.lm_head.weight is t5.shared.weight


def set_embeddings(t5: T5ForConditionalGeneration, table: torch.Tensor) -> None:
    """Put a (V, D) table in the place of T5's embeddings and of the output layer tied to them.  Raises ValueError for another shape."""
    if table.shape != t5.shared.weight.shape:
        raise ValueError(f"embeddings of shape {tuple(table.shape)}, not {tuple(t5.shared.weight.shape)}")
    parameter = torch.nn.Parameter(table.to(t5.shared.weight.device), requires_grad=False)
    for part in (t5.shared, t5.encoder.embed_tokens, t5.decoder.embed_tokens, t5.lm_head):
        part.weight = parameter


def move_out(weights: Path) -> None:
    """Take the tied table out of a safetensors file that transformers wrote; all else in it stays as it is."""
    kept = {name: tensor for name, tensor in load_file(weights).items() if name not in TIED}
    save_file(kept, weights, metadata={"format": "pt"})
