"""Start a student from pretrained T5 weights, after accounting for every tensor of the checkpoint.

transformers fills tensors that a checkpoint lacks with random numbers, drops those that it does not know, and decides by their values
whether the output head is tied.  Here a checkpoint that does not define exactly one model is refused, and the error names the tensors.

T5 v1.1 and Flan-T5 (`tie_word_embeddings` false) have an output head of their own.  transformers 5 writes `true` even for these.  Its
files can be recognised by `scale_decoder_outputs`, which older versions do not write; in them, a head that differs from the embeddings
is the model's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration
from transformers.activations import ACT2FN

from rdrec.core.records import InputError, first_few
from rdrec.student.checkpoint import quiet, tokenizer_from
from rdrec.student.model import Student
from rdrec.student.t5_variants import CONFIG, COPIES, HEAD, SHARED, read_config, t5_class
from rdrec.student.tokenizer import StudentTokenizer

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
# entries of config.json that define the model; the others concern generation or training
MODEL_FIELDS = (
    "vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads", "relative_attention_num_buckets",
    "relative_attention_max_distance", "layer_norm_epsilon", "feed_forward_proj", "dense_act_fn", "is_gated_act", "tie_word_embeddings",
    "scale_decoder_outputs", "pad_token_id", "eos_token_id", "decoder_start_token_id",
)  # fmt: skip
DTYPES = ("F32", "F16", "BF16")  # fp32 holds every number of the other two
UNUSED = {"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"}  # in the first T5 files, but never read
SPARE_TOKENS = 256  # T5's tables have 28 more rows than its tokenizer has tokens, or 128 more without the sentinels
NAMED = 3  # how many tensors an error names for each fault


def init_from(source: str) -> tuple[Student, StudentTokenizer]:
    """A student with pretrained T5 weights, and their tokenizer, from a folder or hub ID.

    fp16 and bf16 weights become fp32.  Raises InputError for anything but a complete T5, T5 v1.1 or Flan-T5.
    """
    folder = _folder(source)
    with quiet():
        config, raw = _config(folder, source)
        t5 = _assemble(config, _tensors(_weight_files(folder, source), config, raw, source))
    tokenizer = tokenizer_from(source)
    _check_tokenizer(tokenizer, config, source)
    return Student(t5), tokenizer


def _folder(source: str) -> Path:
    """The folder itself, or a local copy of the hub's files of that name."""
    path = Path(source)
    if path.is_dir():
        return path
    if path.exists():
        raise InputError("this is a file", where=source, todo=f"give the folder with {CONFIG}, {WEIGHTS} and tokenizer.json")
    try:
        return Path(snapshot_download(source, allow_patterns=[CONFIG, "model*.safetensors", INDEX]))
    except (OSError, ValueError) as error:  # from huggingface_hub: no such repository, no network, or an invalid ID
        raise InputError(
            f"there is no such folder, and the hub gives no T5 weights ({str(error).strip().splitlines()[0]})",
            where=source,
            todo=f"give a folder with {CONFIG}, {WEIGHTS} and tokenizer.json, or a hub ID while online",
        ) from error


def _config(folder: Path, source: str) -> tuple[T5Config, dict[str, Any]]:
    """config.json as transformers reads it, and as raw JSON."""
    try:
        raw = read_config(folder)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no usable {CONFIG} ({error})", where=source, todo="give the folder of a T5 saved by transformers"
        ) from error
    kind = raw.get("model_type")
    if kind != "t5":
        raise InputError(
            f"{CONFIG} describes a model of type {kind!r}, not a T5",
            where=source,
            todo="use a T5, T5 v1.1 or Flan-T5 (mT5, UMT5, LongT5 and others have another architecture or vocabulary)",
        )
    if raw.get("quantization_config"):
        raise InputError("these weights are quantised", where=source, todo="use the fp32, fp16 or bf16 weights")
    if not isinstance(raw.get("tie_word_embeddings"), bool | None):
        raise InputError(f"tie_word_embeddings in {CONFIG} is neither true nor false", where=source, todo=f"correct {CONFIG}")
    try:
        config = T5Config(**{name: raw[name] for name in MODEL_FIELDS if name in raw})
    except (ValueError, TypeError, KeyError, StrictDataclassError) as error:
        raise InputError(
            f"{CONFIG} is not a valid T5 configuration ({_in_one_line(error)})", where=source, todo=f"correct {CONFIG}"
        ) from error
    _check_config(config, source)
    return config, raw


def _check_config(config: T5Config, source: str) -> None:
    if not isinstance(config.dense_act_fn, str) or config.dense_act_fn not in ACT2FN:
        raise InputError(f"unknown activation {config.dense_act_fn!r} in {CONFIG}", where=source, todo=f"correct {CONFIG}")
    for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
        number = getattr(config, name, None)
        if type(number) is not int or not 0 <= number < config.vocab_size:
            raise InputError(f"{name} in {CONFIG} is {number}, which is not a token", where=source, todo=f"correct {CONFIG}")


def _weight_files(folder: Path, source: str) -> dict[str, Path]:
    """The file of each tensor, by tensor name: a single file, or several with an index."""
    if (folder / WEIGHTS).is_file():
        return dict.fromkeys(_names(folder / WEIGHTS, source), folder / WEIGHTS)
    if (folder / INDEX).is_file():
        return _sharded(folder, source)
    others = sorted(path.name for suffix in ("bin", "pt", "h5", "msgpack") for path in folder.glob(f"*.{suffix}"))
    if others:
        raise InputError(
            f"there is no {WEIGHTS}, only {first_few(others, NAMED)}, which are not read because pickles can run code",
            where=source,
            todo=f"if you trust them, convert once: T5ForConditionalGeneration.from_pretrained({source!r}).save_pretrained(FOLDER)",
        )
    raise InputError(f"there is neither {WEIGHTS} nor {INDEX}", where=source, todo="give the folder of a T5 with its weights")


def _sharded(folder: Path, source: str) -> dict[str, Path]:
    try:
        listed = json.loads((folder / INDEX).read_text("utf-8"))["weight_map"]
        files = sorted(set(listed.values()))
        outside = [name for name in files if Path(name).name != name]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{INDEX} has no usable weight_map ({error})", where=source, todo="save the model again") from error
    if outside or (absent := [name for name in files if not (folder / name).is_file()]):
        raise InputError(
            f"{INDEX} names files that are not in the folder: {first_few(outside or absent, NAMED)}",
            where=source,
            todo="download the complete checkpoint again",
        )
    held = {name: folder / file for file in files for name in _names(folder / file, source)}
    lost = [name for name, file in listed.items() if held.get(name) != folder / file]
    lost += [name for name in held if name not in listed]
    if lost:
        raise InputError(
            f"{INDEX} and the files disagree about {first_few(sorted(lost), NAMED)}",
            where=source,
            todo="download the complete checkpoint again",
        )
    return held


def _names(file: Path, source: str) -> list[str]:
    try:
        with safe_open(file, framework="pt") as opened:
            return list(opened.keys())
    except (OSError, SafetensorError) as error:
        raise InputError(f"{file.name} cannot be read ({error})", where=source, todo="download the file again") from error


def _tensors(files: Mapping[str, Path], config: T5Config, raw: Mapping[str, Any], source: str) -> dict[str, torch.Tensor]:
    """All weights in fp32 by T5's names: SHARED once, HEAD only if it is not tied to SHARED.  raw: config.json."""
    untied = raw.get("tie_word_embeddings") is False
    _compare(files, _expected(config), head_needed=untied, source=source)
    tensors = {name: _read(file, name, source) for name, file in files.items() if name not in UNUSED}
    first = next(name for name in (SHARED, *COPIES, HEAD) if name in tensors)
    embeddings = tensors[first]
    copies = {name: tensors.pop(name) for name in COPIES if name in tensors}
    if differ := [name for name, copy in copies.items() if not torch.equal(copy, embeddings)]:
        raise InputError(
            f"{first_few(differ)} differs from {first}, but in a T5 both are the same table",
            where=source,
            todo="remove the wrong one from the file",
        )
    tensors[SHARED] = embeddings
    if not untied and HEAD in tensors:
        if torch.equal(tensors[HEAD], embeddings):
            del tensors[HEAD]
        elif "scale_decoder_outputs" not in raw:  # transformers 5 writes it, and then `tie_word_embeddings` means nothing
            raise InputError(
                f"{HEAD} differs from {first}, but {CONFIG} ties them",
                where=source,
                todo=f'remove {HEAD} from the file, or set "tie_word_embeddings" to false if the model has a head of its own',
            )
    return tensors


def _expected(config: T5Config) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in t5_class(tied=False)(config).state_dict().items()}


def _compare(files: Mapping[str, Path], expected: Mapping[str, tuple[int, ...]], *, head_needed: bool, source: str) -> None:
    """Raise InputError for missing, unknown or wrongly shaped tensors and unsupported data types, naming the tensors."""
    tables = (SHARED, *COPIES) if head_needed else (SHARED, *COPIES, HEAD)  # each of them contains the embeddings
    missing = [name for name in expected if name not in files and name not in (SHARED, *COPIES, HEAD)]
    missing = ([] if any(name in files for name in tables) else [SHARED]) + missing
    missing += [HEAD] if head_needed and HEAD not in files else []
    known = [name for name in files if name in expected]
    sizes = {name: _size(files[name], name) for name in known}
    faults = {
        "missing": missing,
        "unknown": sorted(set(files) - set(expected) - UNUSED),
        "of another shape": [
            f"{name} {list(size)} instead of {list(expected[name])}"
            for name, (size, _) in sizes.items()
            if size != expected[name]
        ],
        "of another type": [f"{name} ({dtype})" for name, (_, dtype) in sizes.items() if dtype not in DTYPES],
    }
    if listed := "; ".join(f"{fault}: {first_few(names, NAMED)}" for fault, names in faults.items() if names):
        raise InputError(
            f"the tensors are not those of the T5 that {CONFIG} describes ({listed})",
            where=source,
            todo="give a complete encoder-decoder T5 with fp32, fp16 or bf16 weights",
        )


def _size(file: Path, name: str) -> tuple[tuple[int, ...], str]:
    with safe_open(file, framework="pt") as opened:
        part = opened.get_slice(name)
        return tuple(part.get_shape()), str(part.get_dtype())


def _read(file: Path, name: str, source: str) -> torch.Tensor:
    """One tensor in fp32.  Raises InputError for numbers that are not finite, as in a model that overflowed when saved in fp16."""
    try:
        with safe_open(file, framework="pt") as opened:
            tensor: torch.Tensor = opened.get_tensor(name).float()
    except (OSError, SafetensorError) as error:
        raise InputError(f"{name} cannot be read ({error})", where=source, todo="download the file again") from error
    if not bool(tensor.isfinite().all()):
        raise InputError(f"{name} contains numbers that are not finite", where=source, todo="use weights saved in fp32 or bf16")
    return tensor


def _assemble(config: T5Config, tensors: dict[str, torch.Tensor]) -> T5ForConditionalGeneration:
    """A T5 made of these weights alone; its generation settings are reset, except for the start, end and pad tokens."""
    tied = HEAD not in tensors
    with torch.device("meta"):
        t5 = t5_class(tied=tied)(config)
    copies = dict.fromkeys((*COPIES, HEAD) if tied else COPIES, tensors[SHARED])
    t5.load_state_dict({name: tensor.contiguous() for name, tensor in (tensors | copies).items()}, strict=True, assign=True)
    t5.tie_weights()
    t5.generation_config = GenerationConfig(
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
    )
    return t5.requires_grad_(True).eval()


def _check_tokenizer(tokenizer: StudentTokenizer, config: T5Config, source: str) -> None:
    spare = config.vocab_size - tokenizer.size
    if spare < 0:
        raise InputError(
            "the tokenizer has more tokens than the weights", where=source, todo="use the tokenizer that belongs to the weights"
        )
    if spare >= SPARE_TOKENS:
        raise InputError(
            f"the weights have {config.vocab_size:,} tokens, but the tokenizer has only {tokenizer.size:,}",
            where=source,
            todo="use the tokenizer that belongs to the weights",
        )
    if (tokenizer.pad, tokenizer.eos) != (config.pad_token_id, config.eos_token_id):
        raise InputError(
            f"pad and end token are {config.pad_token_id} and {config.eos_token_id} in {CONFIG}, "
            f"but {tokenizer.pad} and {tokenizer.eos} in the tokenizer",
            where=source,
            todo="use the tokenizer that belongs to the weights",
        )


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
