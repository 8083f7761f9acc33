"""Quantise a student to NF4 or int8 with bitsandbytes, saved as safetensors, and measure its size.

All linear layers are quantised except those named in `keep`.  Embeddings and the output head, tied or not, are stored in 8 bits
(`embeddings.py`), norms and the student's own two tables in bf16 (in fp32 they would be larger than all the rest).

By default NF4 keeps the decoder's cross-attention in bf16: that is where the history of purchases enters, and nearly all of the effect of
four bits on a ranking arises there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn
from transformers import BitsAndBytesConfig, T5ForConditionalGeneration

from rdrec.core.records import InputError, first_few
from rdrec.student import embeddings
from rdrec.student.checkpoint import (
    as_loaded,
    load_student,
    quiet,
    read_card,
    save_student,
)
from rdrec.student.model import Student
from rdrec.student.t5_variants import is_tied, save_t5, t5_class

PRECISIONS = ("nf4", "int8")
BF16_LAYERS = {"nf4": ("EncDecAttention",), "int8": ()}  # parts of the names of layers that stay in bf16 by default
OUTPUT_LAYER = "lm_head"  # stored with the embeddings, whether tied to them or not
# Quantising the scales to 8 bits saves 3 bytes per block of 64 weights, and costs the layer a table of 1,024 bytes and about 250
# bytes for two more tensors.  It pays off from this many blocks.
DOUBLE_FROM_BLOCKS = 512


@dataclass(frozen=True)
class Quantised:
    """bytes: of the weight files; bf16_layers: full names of the linear layers that were not quantised."""

    precision: str
    bytes: int
    fp32_bytes: int
    bf16_layers: tuple[str, ...]


def quantize(source: Path, target: Path, precision: str, device: str = "cpu", keep: Sequence[str] | None = None) -> Quantised:
    """Quantise the student in `source` to `precision` ("nf4" | "int8") and save the result in `target`.

    keep  layers to leave in bf16, given as one or more complete parts of their dotted names ("wo", "decoder.block.0"); None: those of
          `BF16_LAYERS`
    Raises InputError for an unknown precision, for a student that is already quantised, for a name that no layer has, and if no layer
    would be quantised.
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}", todo=f"use {' or '.join(PRECISIONS)}")
    card, manifest = read_card(source)
    if card.precision != "fp32":
        raise InputError(f"this student is already {card.precision}", where=source, todo="quantise the fp32 student")
    loaded = load_student(source, "cpu")
    skipped = _matching(layer_names(loaded.model.t5), BF16_LAYERS[precision] if keep is None else keep)
    loaded.model.t5 = _quantised(loaded.model.t5, source / "t5", precision, skipped, device)
    new_card = replace(card, precision=precision, source_sha256=manifest.sha256)
    save_student(target, loaded.model, loaded.tokenizer, new_card, item_ids=loaded.item_ids, known=loaded.known)
    return Quantised(precision, weight_bytes(target), card.fp32_bytes, skipped)


def quantized_copy(student: Student, precision: str) -> Student:
    """A quantised copy of a student in memory, the same as after saving and loading; no files are left behind."""
    with tempfile.TemporaryDirectory() as folder:
        with quiet():
            save_t5(student.t5, Path(folder))
        skipped = _matching(layer_names(student.t5), BF16_LAYERS[precision])
        t5 = _quantised(student.t5, Path(folder), precision, skipped, str(student.device))
        copy = Student(t5, compat=student.compat, prompt_vectors=student.prompts.shape[1])
    copy.load_state_dict({"whole_word.weight": student.whole_word.weight, "prompts": student.prompts}, strict=False)
    return as_loaded(copy.to(student.device), precision)


def _quantised(
    fp32: T5ForConditionalGeneration, folder: Path, precision: str, skipped: Sequence[str], device: str
) -> T5ForConditionalGeneration:
    """The quantised form of the T5 saved in `folder`; fp32: the same T5, from which embeddings and head are packed."""
    with quiet():
        t5 = t5_class(tied=is_tied(fp32), every_layer=True).from_pretrained(
            folder,
            quantization_config=_config(precision, skipped),
            dtype=torch.bfloat16,
            device_map={"": device},
            use_safetensors=True,
            local_files_only=True,
        )
    _quantise_scales(t5)
    embeddings.unpack(t5, embeddings.pack(fp32))
    return t5


def layer_names(t5: T5ForConditionalGeneration) -> list[str]:
    """Full names of the linear layers that can be quantised: those of attention and feed-forward layers."""
    return [name for name, module in t5.named_modules() if isinstance(module, nn.Linear) and name != OUTPUT_LAYER]


def weight_bytes(folder: Path) -> int:
    """Size of all weight files of a student in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def memory_bytes(student: Student) -> int:
    """Size in bytes of a loaded student's parameters and buffers with bitsandbytes' scales and tables; shared tensors count once."""
    tensors = [*student.parameters(), *student.buffers()]
    for module in student.modules():
        tensors += _scales(module)
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


def _scales(module: nn.Module) -> Iterator[torch.Tensor]:
    """The tensors that a quantised layer has besides its weights."""
    from bitsandbytes.nn import Linear4bit, Linear8bitLt

    if isinstance(module, Linear4bit):
        state = module.weight.quant_state
        tensors = [state.absmax, state.code, state.offset]
        tensors += [state.state2.absmax, state.state2.code] if state.nested else []
    elif isinstance(module, Linear8bitLt):  # the first use moves the scales from the weight to the layer's state
        tensors = [value for owner in (module.weight, module.state) for value in (owner.CB, owner.SCB)]
    else:
        return
    yield from (tensor for tensor in tensors if tensor is not None)


def _matching(names: Sequence[str], keep: Iterable[str]) -> tuple[str, ...]:
    """The layers whose names contain one of the parts in `keep`."""
    matching = set()
    for part in keep:
        if not (found := [name for name in names if f".{part}." in f".{name}."]):
            last = sorted({name.rsplit(".", 1)[-1] for name in names})
            raise InputError(
                f"no layer of this student has {part!r} in its name", todo=f"use {first_few(last, 10)}, or e.g. {names[0]}"
            )
        matching.update(found)
    if len(matching) == len(names):
        raise InputError("every layer would stay in bf16", todo="keep fewer layers")
    return tuple(name for name in names if name in matching)


def _config(precision: str, skipped: Sequence[str]) -> BitsAndBytesConfig:
    """The configuration lists skipped layers by their full names, so that loading knows from the checkpoint which were quantised."""
    out = [OUTPUT_LAYER, *skipped]
    if precision == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=out)
    # Arithmetic is fp32, because coarser sums would tie nearly equal items; the weights are 4 bits on disk and in memory.
    # Two weights are packed in an int8 rather than the usual uint8: T5's feed-forward layer casts the input of `wo` to the type of its
    # weights unless that is int8 (transformers 5.23, `T5DenseActDense.forward`), and a cast to uint8 would destroy it.
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.float32,
        bnb_4bit_quant_storage=torch.int8,
        llm_int8_skip_modules=out,
    )


def _quantise_scales(t5: T5ForConditionalGeneration) -> None:
    """Double quantisation (QLoRA, section 3) of those layers where it saves bytes; bitsandbytes can only do all layers or none."""
    from bitsandbytes.functional import quantize_blockwise
    from bitsandbytes.nn import Linear4bit

    for module in t5.modules():
        if isinstance(module, Linear4bit) and module.weight.quant_state.absmax.numel() >= DOUBLE_FROM_BLOCKS:
            state = module.weight.quant_state
            state.offset = state.absmax.mean()
            state.absmax, state.state2 = quantize_blockwise(state.absmax - state.offset, blocksize=256)
            state.nested = True
