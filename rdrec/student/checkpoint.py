"""A student on disk: safetensors, T5's own folder form, a tokenizer, and what it was trained on.  Nothing is ever unpickled.

    t5/config.json, t5/model.safetensors   as transformers saves them (quantised weights too)
    student.safetensors                    whole_word.weight (512, D), prompts (5, P, D); of a quantised student also the
                                           embeddings in 8 bits (`embeddings.py`), which its T5 file then lacks
    tokenizer.json, curve.json             the training curve, in fp32 students
    item_ids.parquet                       the item numbers it reads and writes, where they were learned (card: `training["ids"]`)
    manifest.json                          its meta is the `StudentCard`

In: a folder.  Out: a `LoadedStudent` on a device, ready to rank.  It knows no data set beyond the hash it was trained on.
"""

from __future__ import annotations

import json
import logging
import struct
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import T5ForConditionalGeneration
from transformers.utils import logging as transformers_logging

from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import Manifest, new_artefact, verify, write_json
from rdrec.data.item_ids import PROTOCOL, Integers
from rdrec.student import embeddings
from rdrec.student.fast_linear import speed_up
from rdrec.student.model import Student
from rdrec.student.numbers import read_item_ids, write_item_ids
from rdrec.student.t5_variants import read_config, save_t5, saved_tied, t5_class
from rdrec.student.tokenizer import FILE as TOKENIZER_FILE
from rdrec.student.tokenizer import StudentTokenizer

# bitsandbytes says at every int8 product that it computes in fp16; that is how int8 works and would fill the screen
logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)

KIND = "student"
_LATER = {"compat", "ablated"}  # fields that older cards lack: then nothing was left out, and nothing reproduced
TABLES_FILE = "student.safetensors"


@dataclass(frozen=True)
class StudentCard:
    """What a student is and what it was trained on.

    training         settings but the seed: with seed and protocol, what repeats the run
    tasks            keys of the tasks that had training rows
    source_sha256    of the fp32 student that a quantised one was made from, else None
    ablated          keys of the tasks that were left out on purpose
    compat           computes as the released program does (`Student.compat`), reads an end token after its input, and is
                     evaluated in that program's order (score `compat`)
    """

    data: str
    data_sha256: str
    users: int
    items: int
    shape: str
    variant: str
    protocol: str
    seed: int
    teacher: str | None
    rationales_sha256: str | None
    init: str | None
    epochs: int
    training: dict[str, float | str]
    tasks: list[str]
    parameters: int
    precision: str  # "fp32" | "nf4" | "int8"; "bf16" in an fp32 student that was loaded so
    source_sha256: str | None
    fp32_bytes: int
    compat: bool = False
    ablated: list[str] = field(default_factory=list)

    @property
    def ids(self) -> str:
        """How its item numbers came about: `PROTOCOL`, or a scheme of `item_ids.LEARNED`; those numbers lie beside the weights."""
        return str(self.training.get("ids", PROTOCOL))

    @classmethod
    def from_meta(cls, meta: dict[str, Any], where: Path) -> StudentCard:
        try:
            return cls(
                **{field.name: meta[field.name] for field in fields(cls) if field.name in meta or field.name not in _LATER}
            )
        except KeyError as error:
            raise ArtefactError(f"the student's card lacks {error}", where=where, todo="train the student again") from None


@dataclass(frozen=True)
class LoadedStudent:
    model: Student
    tokenizer: StudentTokenizer
    card: StudentCard
    device: str
    load_ms: float
    item_ids: Integers | None = None  # (I + 1,) where they were learned; None: those of the protocol


def save_student(
    folder: Path,
    student: Student,
    tokenizer: StudentTokenizer,
    card: StudentCard,
    curve: list[dict[str, Any]] | None = None,
    item_ids: Integers | None = None,
) -> None:
    """Write a checkpoint (its training curve, its learned item numbers) as one artefact; it replaces an older one only when complete."""
    assert (item_ids is None) == (card.ids == PROTOCOL), "learned numbers are kept, those of a protocol are not"
    with new_artefact(folder, KIND, asdict(card)) as temporary, quiet():
        save_t5(student.t5, temporary / "t5")
        dtype = torch.float32 if card.precision == "fp32" else torch.bfloat16
        tables = {"whole_word.weight": student.whole_word.weight, "prompts": student.prompts}
        tables = {name: table.detach().cpu().to(dtype).contiguous() for name, table in tables.items()}
        if card.precision in ("nf4", "int8"):
            tables |= embeddings.pack(student.t5)
            embeddings.move_out(temporary / "t5" / "model.safetensors")
        save_file(tables, temporary / TABLES_FILE)
        (temporary / TOKENIZER_FILE).write_text(tokenizer.to_json(), "utf-8")
        if curve is not None:
            write_json(curve, temporary / "curve.json")
        if item_ids is not None:
            write_item_ids(item_ids, temporary)


def read_card(folder: Path) -> tuple[StudentCard, Manifest]:
    """Check every file's hash and return what the student is, without loading weights."""
    manifest = verify(folder, KIND)
    return StudentCard.from_meta(manifest.meta, folder), manifest


def load_student(
    folder: Path, device: str = "cpu", *, data_sha256: str | None = None, dtype: torch.dtype = torch.float32
) -> LoadedStudent:
    """Load a checkpoint for inference, in the precision it was saved in; arithmetic is fp32 on the CPU.

    Storage in NF4 or int8 saves bytes; scores in bf16 would tie items that fp32 tells apart, so the tensors that are not
    quantised are widened after loading.  dtype: of the weights and the arithmetic of an fp32 student, `torch.bfloat16` to
    see what that costs; its card then says bf16.  Raises ArtefactError for altered or foreign files, and when the student
    was trained on another data set than `data_sha256`; InputError for another dtype with a quantised student.
    """
    began = time.perf_counter()
    card, _ = read_card(folder)
    if dtype is not torch.float32 and card.precision != "fp32":
        raise InputError(f"this student is {card.precision}, not fp32", where=folder, todo="load the fp32 one in another dtype")
    if data_sha256 is not None and card.data_sha256 != data_sha256:
        raise ArtefactError(
            f"this student was trained on another data set or version (its set is {card.data!r})",
            where=folder,
            todo="train it again",
        )
    try:
        tables = load_file(folder / TABLES_FILE, device=device)
        packed = {name: tables.pop(name) for name in embeddings.PACKED if name in tables}
        with quiet():
            t5 = _load_t5(folder / "t5", device, embeddings.MOVED if packed else ())
        if packed:
            embeddings.unpack(t5, packed)
        student = Student(t5, compat=card.compat, prompt_vectors=tables["prompts"].shape[1])
        student.load_state_dict(tables, strict=False)
        expected = {"whole_word.weight": student.whole_word.weight.shape, "prompts": student.prompts.shape}
    except (OSError, ValueError, RuntimeError, LookupError, SafetensorError, struct.error, json.JSONDecodeError) as error:
        raise ArtefactError(
            f"the weights cannot be loaded ({error})", where=folder, todo="train or quantise it again"
        ) from error
    if {name: table.shape for name, table in tables.items()} != expected:
        raise ArtefactError(
            "the whole-word or prompt tables have other shapes", where=folder / TABLES_FILE, todo="train it again"
        )
    student.to(device)
    as_loaded(student, card.precision, dtype)
    if dtype is not torch.float32:
        card = replace(card, precision=str(dtype).removeprefix("torch.").replace("bfloat", "bf"))
    tokenizer = StudentTokenizer.load(folder / TOKENIZER_FILE, ends_input=card.compat)
    if tokenizer.size > t5.config.vocab_size:
        raise ArtefactError("the tokenizer has more tokens than the student", where=folder, todo="train it again")
    numbers = None if card.ids == PROTOCOL else read_item_ids(folder, card.items)
    return LoadedStudent(student, tokenizer, card, device, (time.perf_counter() - began) * 1000, numbers)


def tokenizer_from(source: str, *, ends_input: bool = False) -> StudentTokenizer:
    """T5's own tokenizer, of a folder or a hub id.  Raises InputError when there is none."""
    from transformers import AutoTokenizer

    try:
        with quiet():
            fast = AutoTokenizer.from_pretrained(source, use_fast=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(
            f"no tokenizer can be loaded ({_first_line(error)})",
            where=source,
            todo="give a folder with tokenizer.json and tokenizer_config.json, or a hub id while online",
        ) from error
    return StudentTokenizer(fast.backend_tokenizer, ends_input=ends_input)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def as_loaded(student: Student, precision: str, dtype: torch.dtype = torch.float32) -> Student:
    """Ready for inference: what is stored in bf16 is widened (or all goes to `dtype`), no gradients, no arithmetic in less
    than fp32 that was not asked for, and fp32 layers on the faster of torch's libraries."""
    for parameter in student.parameters():
        if parameter.dtype == torch.bfloat16:
            parameter.data = parameter.data.float()
    if precision == "nf4":
        _same_arithmetic_everywhere(student)
    if dtype is not torch.float32:
        student.to(dtype)
    return speed_up(student.eval().requires_grad_(False))


def _load_t5(folder: Path, device: str, elsewhere: Sequence[str] = ()) -> T5ForConditionalGeneration:
    """T5 with the layers quantised that the checkpoint says; raises ArtefactError when its tensors tell otherwise.

    elsewhere  names of tensors that lie in another file

    A checkpoint that names no layers that stay out is of the older form, where transformers' own rule kept `wo` in bf16.
    """
    config = read_config(folder)
    every_layer = (config.get("quantization_config") or {}).get("llm_int8_skip_modules") is not None
    kind = t5_class(tied=saved_tied(config), every_layer=every_layer)
    t5, found = kind.from_pretrained(
        folder, device_map={"": device}, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    wrong = [
        str(key)
        for what in ("missing_keys", "unexpected_keys", "mismatched_keys")
        for key in found[what]
        if key not in elsewhere
    ]
    wrong += [name for name, module in t5.named_modules() if isinstance(module, nn.Linear) and not _whole(module)]
    if wrong:
        raise ArtefactError(
            f"the weights are not in the precision that config.json names: {first_few(wrong, 3)}",
            where=folder,
            todo="quantise it again, or train it again",
        )
    return t5


def _whole(layer: nn.Linear) -> bool:
    """Whether a plain layer holds numbers, and a quantised one codes with their scales; transformers loads either into the other."""
    if type(layer) is nn.Linear:
        return layer.weight.is_floating_point()
    scales = getattr(layer.weight, "quant_state", None), getattr(layer.weight, "SCB", None)
    return not layer.weight.is_floating_point() and any(scale is not None for scale in scales)


def _same_arithmetic_everywhere(student: Student) -> None:
    """Keep NF4 layers from bitsandbytes' own path for CPUs with AVX512-BF16.

    That path adds in bf16, so a ranking would depend on the machine that ran it, and it fails for layers whose width is
    no multiple of the block of 64 (bitsandbytes 0.50.2, `_convert_weight_packed_for_cpu`).
    """
    from bitsandbytes.nn import Linear4bit

    for layer in student.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the progress bars and advice of the libraries; errors still come through."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    library = logging.getLogger("bitsandbytes")
    level = library.level
    library.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.enable_progress_bar()
        library.setLevel(level)
