"""Convert a checkpoint of the released program, a `model.pt` of RDRec or POD, to a student that computes as that program does (`compat`).

The pickled module is read as data and never run (method fault 10).  It has a T5 and two more tables: `whole_word_embeddings` (512, D) and
`prompt_embeddings` (tasks * P, D), with P vectors per task and 3 tasks (POD) or 5 (RDRec).  All names and shapes are checked before a
single weight is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import T5Config, T5ForConditionalGeneration

from rdrec.core.home import Home, check_name
from rdrec.core.records import InputError, first_few
from rdrec.core.settings import integer
from rdrec.core.storage import sha256_of
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.student.checkpoint import StudentCard, save_student, tokenizer_from
from rdrec.student.inert_pickle import RELEASED_CLASS, Made, Tensor
from rdrec.student.model import MAX_WHOLE_WORDS, Student
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.torch_file import open_torch_file

WHOLE_WORD, PROMPTS = "whole_word_embeddings.weight", "prompt_embeddings.weight"
TIED = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")  # to shared.weight
# T5's tokenizers differ only in their names; the width tells which one the program loaded
TOKENIZERS = {512: "google-t5/t5-small", 768: "google-t5/t5-base", 1024: "google-t5/t5-large"}
_NUMBERS = (
    "vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads", "relative_attention_num_buckets",
)  # fmt: skip
_TOKENS = ("pad_token_id", "eos_token_id", "decoder_start_token_id")
_LARGEST = 1_000_000
_MOST_LAYERS = 100  # the largest T5 has 24; without a limit, a file could demand any amount of memory


@dataclass(frozen=True)
class Released:
    """A student read from a released checkpoint, in eval mode.  tasks: those with prompt vectors."""

    student: Student
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Imported:
    """A converted student, saved in `folder`."""

    name: str
    folder: Path
    card: StudentCard


def read_released(path: Path) -> Released:
    """Read a released `model.pt`.  Raises InputError for any other file, naming missing, unknown and wrongly shaped tensors."""
    with open_torch_file(path) as file:
        if not isinstance(file.root, Made) or file.root.kind.name != RELEASED_CLASS or file.root.state is None:
            raise InputError(f"the file has no {RELEASED_CLASS} module, which the released program would have saved")
        tensors, state = _weights(file.root), file.root.state
        per_task = state.get("prompts_per_task")
        if type(per_task) is not int or not 1 <= per_task <= 1000:
            raise InputError("the module does not say how many prompt vectors a task has (prompts_per_task)")
        config = _config(state.get("config"))
        tasks = _tasks(tensors, per_task)
        with torch.device("meta"):
            expected = {name: tuple(tensor.shape) for name, tensor in T5ForConditionalGeneration(config).state_dict().items()}
        expected |= {WHOLE_WORD: (MAX_WHOLE_WORDS, config.d_model), PROMPTS: (len(tasks) * per_task, config.d_model)}
        _compare({name: tensor.size for name, tensor in tensors.items()}, expected)
        if untied := [name for name in TIED if tensors[name] != tensors["shared.weight"]]:
            raise InputError(f"{first_few(untied)} is not the same tensor as shared.weight, but in every original T5 it is")
        _compare_storages({name: tensor for name, tensor in tensors.items() if name not in TIED})
        own = {name: file.tensor(tensor) for name, tensor in tensors.items() if name not in TIED}
    student = Student(T5ForConditionalGeneration(config), compat=True, prompt_vectors=per_task)
    with torch.no_grad():
        student.whole_word.weight.copy_(own.pop(WHOLE_WORD))
        student.prompts.zero_()  # the prompts of tasks that POD lacks stay zero; `tasks` lists those that can be used
        student.prompts[: len(tasks)] = own.pop(PROMPTS).view(len(tasks), per_task, config.d_model)
        left = student.t5.load_state_dict(own, strict=False)
    assert set(left.missing_keys) <= set(TIED) and not left.unexpected_keys
    student.t5.tie_weights()
    return Released(student.eval(), tasks)


def import_released(
    home: Home, path: Path, data: str, *, run: str | None, tokenizer: str | None, replace: bool = False
) -> Imported:
    """Convert `path` and save it as a student of the data set `data`, which must number users and items as in the student's training.

    run        name of the student; None means "released"
    tokenizer  folder or hub ID of the T5 tokenizer; None means the one for the student's width
    Raises InputError for a file, tokenizer or name that does not fit, and then writes nothing.
    """
    dataset = load_dataset(home, data)
    sha256 = sha256_of(path) if path.is_file() else None
    name = check_name(run or "released", "student name")
    folder = home.student(data, name)
    if (folder / "manifest.json").is_file() and not replace:
        raise InputError(
            f"a student named {name!r} already exists", where=folder.parent, todo="add --replace or choose another --run"
        )
    released = read_released(path)
    t5_tokenizer = _tokenizer(tokenizer, released.student)
    has_rationales = bool(set(RATIONALE_TASKS) & set(released.tasks))
    card = StudentCard(
        data=data,
        data_sha256=dataset_sha256(home, data),
        users=dataset.n_users,
        items=dataset.n_items,
        shape="released",
        variant="rdrec" if has_rationales else "baseline",
        protocol="published",
        seed=0,  # the released program has none, and published IDs need none
        teacher="released" if has_rationales else None,
        rationales_sha256=None,
        init=None,
        epochs=0,
        training={"released_sha256": str(sha256)},
        tasks=[task.key for task in released.tasks],
        parameters=released.student.parameters_count,
        precision="fp32",
        source_sha256=None,
        fp32_bytes=released.student.parameters_count * 4,
        compat=True,
    )
    save_student(folder, released.student, t5_tokenizer, card)
    return Imported(name, folder, card)


def _tokenizer(source: str | None, student: Student) -> StudentTokenizer:
    config = student.t5.config
    source = source or TOKENIZERS.get(config.d_model)
    if source is None:
        raise InputError(f"no standard T5 has the width {config.d_model}", todo="name the tokenizer with --tokenizer")
    found = tokenizer_from(source, ends_input=True)
    if found.size > config.vocab_size or (found.pad, found.eos) != (config.pad_token_id, config.eos_token_id):
        raise InputError(
            f"the tokenizer ({found.size:,} tokens) does not belong to the checkpoint ({config.vocab_size:,})",
            where=source,
            todo="give the tokenizer that the student was trained with",
        )
    return found


def _weights(root: Made) -> dict[str, Tensor]:
    """Parameters and buffers by their full names ("encoder.block.0...").  Limits of depth and number hold even if modules form a cycle."""
    found: dict[str, Tensor] = {}
    waiting, visited = [("", root, 0)], 0
    while waiting:
        prefix, module, depth = waiting.pop()
        visited += 1
        if depth > integer("release.max_depth") or visited > integer("release.max_entries"):
            raise InputError("the module has more parts, or deeper nesting, than any T5")
        state = module.state or {}
        for kind in ("_parameters", "_buffers", "_modules"):
            for name, part in _table(state.get(kind), kind).items():
                if isinstance(part, Tensor) and kind != "_modules":
                    found[f"{prefix}{name}"] = part
                elif isinstance(part, Made) and kind == "_modules":
                    waiting.append((f"{prefix}{name}.", part, depth + 1))
                elif part is not None:
                    raise InputError(f"{prefix}{name} is neither a tensor nor a module")
    return found


def _table(value: Any, kind: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(name, str) and len(name) <= 100 for name in value):
        raise InputError(f"a part of the module has no {kind}")
    return value


def _config(stored: Any) -> T5Config:
    """A T5 configuration made from the known entries of the stored one; all others are ignored."""
    state = stored.state if isinstance(stored, Made) and stored.kind.name == "T5Config" else None
    if state is None:
        raise InputError("the module has no T5Config")
    numbers: dict[str, Any] = {name: state.get(name) for name in _NUMBERS}
    numbers["relative_attention_max_distance"] = state.get("relative_attention_max_distance", 128)  # older T5 had no other
    tokens = {name: state.get(name) for name in _TOKENS}
    wrong = [name for name, value in numbers.items() if type(value) is not int or not 1 <= value <= _LARGEST]
    wrong += [name for name, value in tokens.items() if type(value) is not int or not 0 <= value < (numbers["vocab_size"] or 0)]
    wrong += [name for name in ("num_layers", "num_decoder_layers") if name not in wrong and numbers[name] > _MOST_LAYERS]
    epsilon, activation = state.get("layer_norm_epsilon"), state.get("feed_forward_proj", "relu")
    wrong += [] if isinstance(epsilon, float) and 0 < epsilon < 1 else ["layer_norm_epsilon"]
    wrong += [] if activation == "relu" else ["feed_forward_proj"]
    # the released program starts from an original T5, whose head is tied and whose output is scaled
    wrong += [name for name in ("tie_word_embeddings", "scale_decoder_outputs") if state.get(name, True) is not True]
    if wrong:
        raise InputError(f"the file's T5Config has no usable {first_few(wrong)}")
    return T5Config(**numbers, **tokens, layer_norm_epsilon=epsilon, feed_forward_proj=activation)


def _tasks(tensors: Mapping[str, Tensor], per_task: int) -> tuple[Task, ...]:
    size = tensors[PROMPTS].size if PROMPTS in tensors else (0,)
    every = tuple(Task)
    for tasks in (every, tuple(task for task in every if task not in RATIONALE_TASKS)):
        if size[:1] == (len(tasks) * per_task,) or PROMPTS not in tensors:
            return tasks
    raise InputError(f"{PROMPTS} has the shape {list(size)}, not {per_task} vectors for each of 5 tasks (RDRec) or 3 (POD)")


def _compare_storages(tensors: Mapping[str, Tensor]) -> None:
    """Raise InputError if two weights share one storage; otherwise a small file could fill the memory."""
    owners: dict[str, str] = {}
    for name, tensor in tensors.items():
        other = owners.setdefault(tensor.storage.key, name)
        if other != name:
            raise InputError(f"{other} and {name} share one storage, which never happens in a released student")


def _compare(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    faults = []
    if missing := [name for name in expected if name not in found]:
        faults.append(f"missing {first_few(missing, 3)}")
    if extra := [name for name in found if name not in expected]:
        faults.append(f"unknown {first_few(extra, 3)}")
    differ = [name for name, size in expected.items() if name in found and found[name] != size]
    if differ:
        shapes = [f"{name} {list(found[name])} instead of {list(expected[name])}" for name in differ]
        faults.append(f"wrongly shaped {first_few(shapes, 3)}")
    if faults:
        raise InputError(f"the tensors are not those of a released student: {'; '.join(faults)}")
