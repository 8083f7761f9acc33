"""Student checkpoints: safetensors, T5's own folder layout, a tokenizer, and what the student was trained on.  Nothing is unpickled.

t5/config.json, t5/model.safetensors   as transformers saves them (quantised weights too)
student.safetensors                    whole_word.weight (512, D), prompts (5, P, D); for a quantised student also the
                                       8-bit embeddings (`embeddings.py`), which its T5 file lacks
tokenizer.json, curve.json             the training curve, in fp32 students
item_ids.parquet                       learned item IDs, if any (card: `training["ids"]`)
known_sequences.parquet                token sequences of its training texts; older and released students lack them
manifest.json                          its `meta` is the `StudentCard`

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

from rdrec.core.arrays import Integers
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import Manifest, new_artefact, read_manifest, verify, write_json
from rdrec.core.vocabulary import MATCH_USED, PURCHASE_AXES, PURCHASE_MEASURE, START_RECIPE
from rdrec.data.item_ids import PROTOCOL
from rdrec.student import embeddings
from rdrec.student.fast_linear import speed_up
from rdrec.student.item_ids_file import read_item_ids, write_item_ids
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.model import Student
from rdrec.student.t5_variants import read_config, save_t5, saved_tied, t5_class
from rdrec.student.tokenizer import FILE as TOKENIZER_FILE
from rdrec.student.tokenizer import StudentTokenizer

# bitsandbytes warns at every int8 product that it computes in fp16, which is expected
logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)

KIND = "student"
_LATER = {"compat", "ablated"}  # fields that older cards lack; their default is no ablation and no compat
TABLES_FILE = "student.safetensors"


@dataclass(frozen=True)
class StudentCard:
    """What a student is and what it was trained on.

    training         all settings except the seed; with seed and protocol they reproduce the run
    tasks            keys of the tasks that had training rows
    source_sha256    of the fp32 student from which a quantised one was made, else None
    ablated          keys of the tasks that were left out on purpose
    compat           computes as the released program does (`Student.compat`), reads an end token after its input, and is
                     evaluated in the order of that program (score `compat`)
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
    precision: str  # "fp32" | "nf4" | "int8"; "bf16" for an fp32 student loaded in bf16
    source_sha256: str | None
    fp32_bytes: int
    compat: bool = False
    ablated: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, float | str]:
        """How it was trained, without what was chosen by looking at the data.

        start_recipe  of a student that starts from data; cards of the first two recipes do not name it
        """
        chosen = (PURCHASE_MEASURE, PURCHASE_AXES, MATCH_USED)
        found = {name: value for name, value in self.training.items() if name not in chosen}
        if self.training.get("start") == "data":
            found.setdefault(START_RECIPE, 2 if PURCHASE_AXES in self.training else 1)
        return found

    @property
    def recipe(self) -> dict[str, Any]:
        """`settings`, shape, initial weights and precision: the same in all training runs of a comparison."""
        return {"shape": self.shape, "init": self.init, "precision": self.precision} | self.settings

    @property
    def ids(self) -> str:
        """Scheme of the item IDs: `PROTOCOL`, or one of `item_ids.LEARNED`, whose IDs are stored beside the weights."""
        return str(self.training.get("ids", PROTOCOL))

    @classmethod
    def from_meta(cls, meta: dict[str, Any], where: Path) -> StudentCard:
        """The card in a manifest's `meta`.  Raises ArtefactError if a field is missing."""
        try:
            return cls(
                **{field.name: meta[field.name] for field in fields(cls) if field.name in meta or field.name not in _LATER}
            )
        except KeyError as error:
            raise ArtefactError(f"the student's card lacks {error}", where=where, todo="train the student again") from None


@dataclass(frozen=True)
class LoadedStudent:
    """A student that is ready for inference.

    load_ms   milliseconds that loading took
    item_ids  (I + 1,) if they were learned; None: the IDs of the protocol
    known     the token sequences of its training texts; None for older and for released students
    sha256    hash of the checkpoint's manifest; "" for a student that was not loaded from one
    """

    model: Student
    tokenizer: StudentTokenizer
    card: StudentCard
    device: str
    load_ms: float
    item_ids: Integers | None = None
    known: KnownSequences | None = None
    sha256: str = ""


def save_student(
    folder: Path,
    student: Student,
    tokenizer: StudentTokenizer,
    card: StudentCard,
    curve: list[dict[str, Any]] | None = None,
    item_ids: Integers | None = None,
    known: KnownSequences | None = None,
) -> None:
    """Write a checkpoint with all that belongs to it as one artefact, which replaces an older one when complete."""
    assert (item_ids is None) == (card.ids == PROTOCOL), "learned IDs are stored, those of a protocol are not"
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
        if known is not None:
            known.write(temporary)


def read_card(folder: Path) -> tuple[StudentCard, Manifest]:
    """Check the hash of every file and return the student's card, without loading weights."""
    manifest = verify(folder, KIND)
    return StudentCard.from_meta(manifest.meta, folder), manifest


def read_card_alone(folder: Path) -> StudentCard:
    """The student's card, without checking the other files, which may be on another machine."""
    return StudentCard.from_meta(read_manifest(folder, KIND).meta, folder)


def load_student(
    folder: Path, device: str = "cpu", *, data_sha256: str | None = None, dtype: torch.dtype = torch.float32
) -> LoadedStudent:
    """Load a checkpoint for inference, in the precision it was saved in; arithmetic is fp32 on the CPU.

    NF4 or int8 saves storage.  Scores in bf16 would tie items that fp32 distinguishes, so tensors that are not quantised are
    widened after loading.  dtype: type of the weights and arithmetic of an fp32 student; with `torch.bfloat16`, which shows what
    that type costs, its card says bf16.  Raises ArtefactError for altered or foreign files, and if the student was trained on
    another data set than `data_sha256`; InputError for another dtype with a quantised student.
    """
    began = time.perf_counter()
    card, manifest = read_card(folder)
    if dtype is not torch.float32 and card.precision != "fp32":
        raise InputError(
            f"this student is {card.precision}, not fp32", where=folder, todo="use the fp32 student for another dtype"
        )
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
            "the whole-word or prompt tables have unexpected shapes", where=folder / TABLES_FILE, todo="train it again"
        )
    student.to(device)
    as_loaded(student, card.precision, dtype)
    if dtype is not torch.float32:
        card = replace(card, precision=str(dtype).removeprefix("torch.").replace("bfloat", "bf"))
    tokenizer = StudentTokenizer.load(
        folder / TOKENIZER_FILE, ends_input=card.compat, counts_back=bool(card.training.get("counts_back"))
    )
    if tokenizer.size > t5.config.vocab_size:
        raise ArtefactError("the tokenizer has more tokens than the student", where=folder, todo="train it again")
    numbers = None if card.ids == PROTOCOL else read_item_ids(folder, card.items)
    known = KnownSequences.read(folder, tokenizer.size)
    return LoadedStudent(
        student, tokenizer, card, device, (time.perf_counter() - began) * 1000, numbers, known, manifest.sha256
    )


def tokenizer_from(source: str, *, ends_input: bool = False) -> StudentTokenizer:
    """T5's own tokenizer, from a folder or hub ID.  Raises InputError if there is none."""
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
    """Make ready for inference: widen tensors stored in bf16 (or convert all to `dtype`), switch off gradients and arithmetic in
    less than fp32 unless requested, and use the faster of torch's libraries for fp32 layers."""
    for parameter in student.parameters():
        if parameter.dtype == torch.bfloat16:
            parameter.data = parameter.data.float()
    if precision == "nf4":
        _same_arithmetic_everywhere(student)
    if dtype is not torch.float32:
        student.to(dtype)
    return speed_up(student.eval().requires_grad_(False))


def _load_t5(folder: Path, device: str, elsewhere: Sequence[str] = ()) -> T5ForConditionalGeneration:
    """Load T5 with the quantised layers listed in the checkpoint; raises ArtefactError if the tensors disagree.

    elsewhere  names of tensors stored in another file

    A checkpoint without such a list is of the older form, in which transformers' own rule kept `wo` in bf16.
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
    """Whether a plain layer holds floats and a quantised one holds codes and scales; transformers loads either into the other."""
    if type(layer) is nn.Linear:
        return layer.weight.is_floating_point()
    scales = getattr(layer.weight, "quant_state", None), getattr(layer.weight, "SCB", None)
    return not layer.weight.is_floating_point() and any(scale is not None for scale in scales)


def _same_arithmetic_everywhere(student: Student) -> None:
    """Keep NF4 layers off bitsandbytes' path for CPUs with AVX512-BF16.

    That path sums in bf16, so a ranking would depend on the machine, and it fails for layers whose width is not a multiple of the
    block size 64 (bitsandbytes 0.50.2, `_convert_weight_packed_for_cpu`).
    """
    from bitsandbytes.nn import Linear4bit

    for layer in student.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress the progress bars and hints of the libraries, but not their errors."""
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
