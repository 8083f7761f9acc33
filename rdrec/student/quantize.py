"""NF4 and int8 forms of a student by bitsandbytes, saved and loaded as safetensors; what each form weighs.

In: the folder of an fp32 student.  Out: the folder of a quantised one, and both sizes.  It knows no ranking.
All linear layers are quantised, except those that `keep` names; the embeddings and the output head, tied to them or not, go to 8 bits
(`embeddings.py`); the norms and the two tables beside T5 are stored in bf16 (in fp32 they would outweigh the rest).
NF4 keeps the decoder's cross-attention in bf16 unless told otherwise: nearly all of what four bits do to a ranking happens there
(`evaluate --precision fp32,nf4 --which-layers` shows it), because it is where the history of purchases enters.
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
KEPT = {"nf4": ("EncDecAttention",), "int8": ()}  # parts of the names of the layers that stay in bf16 by default
OUTPUT_LAYER = "lm_head"  # stored with the embeddings, tied to them or not
# An 8-bit scale saves 3 bytes a block of 64 weights and costs the layer a table of 1,024 bytes and the names of two more
# tensors, about 250 bytes: from here on it pays.
DOUBLE_FROM_BLOCKS = 512


@dataclass(frozen=True)
class Quantised:
    """bytes: of the weight files; kept: full names of the linear layers that stayed in bf16."""

    precision: str
    bytes: int
    fp32_bytes: int
    kept: tuple[str, ...]


def quantize(source: Path, target: Path, precision: str, device: str = "cpu", keep: Sequence[str] | None = None) -> Quantised:
    """Write the `precision` ("nf4" | "int8") form of the student in `source` to `target`.

    keep  parts of layer names, whole between the dots ("wo", "decoder.block.0"): layers with one of them stay in bf16; None: `KEPT`.
    Raises InputError for an unknown precision, a source that is quantised already, a part that no layer has, and when no
    layer would be left to quantise.
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}", todo=f"use {' or '.join(PRECISIONS)}")
    card, manifest = read_card(source)
    if card.precision != "fp32":
        raise InputError(f"this student is {card.precision} already", where=source, todo="quantise the fp32 one")
    loaded = load_student(source, "cpu")
    kept = _kept(layer_names(loaded.model.t5), KEPT[precision] if keep is None else keep)
    loaded.model.t5 = _quantised(loaded.model.t5, source / "t5", precision, kept, device)
    made = replace(card, precision=precision, source_sha256=manifest.sha256)
    save_student(target, loaded.model, loaded.tokenizer, made, item_ids=loaded.item_ids)
    return Quantised(precision, weight_bytes(target), card.fp32_bytes, kept)


def quantized_copy(student: Student, precision: str) -> Student:
    """The `precision` form of a student in memory, as it would be loaded; nothing is kept on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        with quiet():
            save_t5(student.t5, Path(folder))
        kept = _kept(layer_names(student.t5), KEPT[precision])
        t5 = _quantised(student.t5, Path(folder), precision, kept, str(student.device))
        copied = Student(t5, compat=student.compat, prompt_vectors=student.prompts.shape[1])
    copied.load_state_dict({"whole_word.weight": student.whole_word.weight, "prompts": student.prompts}, strict=False)
    return as_loaded(copied.to(student.device), precision)


def _quantised(
    whole: T5ForConditionalGeneration, folder: Path, precision: str, kept: Sequence[str], device: str
) -> T5ForConditionalGeneration:
    """whole: what `folder` holds; its embeddings and its head are packed from fp32."""
    with quiet():
        t5 = t5_class(tied=is_tied(whole), every_layer=True).from_pretrained(
            folder,
            quantization_config=_config(precision, kept),
            dtype=torch.bfloat16,
            device_map={"": device},
            use_safetensors=True,
            local_files_only=True,
        )
    _quantise_scales(t5)
    embeddings.unpack(t5, embeddings.pack(whole))
    return t5


def layer_names(t5: T5ForConditionalGeneration) -> list[str]:
    """Full names of the linear layers that can be quantised: those of attention and feed-forward."""
    return [name for name, module in t5.named_modules() if isinstance(module, nn.Linear) and name != OUTPUT_LAYER]


def weight_bytes(folder: Path) -> int:
    """Bytes of all weight files of a student."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def memory_bytes(student: Student) -> int:
    """Bytes of a loaded student's parameters and buffers with bitsandbytes' scales and tables; shared ones count once."""
    tensors = [*student.parameters(), *student.buffers()]
    for module in student.modules():
        tensors += _scales(module)
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


def _scales(module: nn.Module) -> Iterator[torch.Tensor]:
    """What a quantised layer holds beside its weights."""
    from bitsandbytes.nn import Linear4bit, Linear8bitLt

    if isinstance(module, Linear4bit):
        state = module.weight.quant_state
        held = [state.absmax, state.code, state.offset]
        held += [state.state2.absmax, state.state2.code] if state.nested else []
    elif isinstance(module, Linear8bitLt):  # the first use moves the scales from the weight to the layer's state
        held = [value for holder in (module.weight, module.state) for value in (holder.CB, holder.SCB)]
    else:
        return
    yield from (tensor for tensor in held if tensor is not None)


def _kept(names: Sequence[str], keep: Iterable[str]) -> tuple[str, ...]:
    """The layers that one of the name parts in `keep` names."""
    kept = set()
    for part in keep:
        if not (found := [name for name in names if f".{part}." in f".{name}."]):
            last = sorted({name.rsplit(".", 1)[-1] for name in names})
            raise InputError(
                f"no layer of this student has {part!r} in its name", todo=f"use {first_few(last, 10)}, or e.g. {names[0]}"
            )
        kept.update(found)
    if len(kept) == len(names):
        raise InputError("every layer would stay in bf16", todo="keep fewer layers")
    return tuple(name for name in names if name in kept)


def _config(precision: str, kept: Sequence[str]) -> BitsAndBytesConfig:
    """Every layer that stays out is named in full, so that loading reads from the checkpoint what was converted."""
    out = [OUTPUT_LAYER, *kept]
    if precision == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=out)
    # fp32 arithmetic: near-equal ids must not be tied by a coarse sum; the weights stay 4 bits on disk and in memory.
    # Two weights are packed in an int8, not in the usual uint8: T5's feed-forward turns the input of `wo` into the type of
    # its weights, int8 excepted (transformers 5.23, `T5DenseActDense.forward`), and as uint8 it would be noise.
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.float32,
        bnb_4bit_quant_storage=torch.int8,
        llm_int8_skip_modules=out,
    )


def _quantise_scales(t5: T5ForConditionalGeneration) -> None:
    """Double quantisation (QLoRA, section 3), layer by layer where it saves bytes; bitsandbytes does it to all or none."""
    from bitsandbytes.functional import quantize_blockwise
    from bitsandbytes.nn import Linear4bit

    for module in t5.modules():
        if isinstance(module, Linear4bit) and module.weight.quant_state.absmax.numel() >= DOUBLE_FROM_BLOCKS:
            state = module.weight.quant_state
            state.offset = state.absmax.mean()
            state.absmax, state.state2 = quantize_blockwise(state.absmax - state.offset, blocksize=256)
            state.nested = True
