"""Step c: a language model reads every review of a prepared job (gpu/teacher_job.py), greedily, held to the JSON form.

The weights are a GGUF file, computed in bf16; the answers of a job are SCRATCH/teacher/NAME.answers.npz.
"""

from __future__ import annotations

import json
import time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from run import Part, Setting

BATCH_TOKENS = 400_000  # of prompts and answers together: about 12 GB of keys and values for the 1.5B model


def ragged(tokens: np.ndarray, ends: np.ndarray) -> list[np.ndarray]:
    """Rows of different length, stored end to end."""
    return np.split(tokens, ends[:-1])


@cache
def model_of(folder: Path, name: str, device: str) -> Any:
    """The model with its weights dequantised; loaded once a process."""
    import torch
    from transformers import AutoModelForCausalLM

    kind = {"gguf_file": name} if name.endswith(".gguf") else {}
    place = folder if kind else folder / name
    return AutoModelForCausalLM.from_pretrained(place, dtype=torch.bfloat16, **kind).to(device).eval()


def read_all(setting: Setting, name: str) -> dict[str, Any]:
    """Answer every review of a job; prompts are sorted by length and batched by BATCH_TOKENS."""
    import torch
    from transformers import LogitsProcessorList

    from rdrec.distill.token_automaton import AutomatonMask, ListsForm, token_table

    folder = setting.scratch / "teacher"
    job = np.load(folder / f"{name}.job.npz")
    meta = json.loads(str(job["meta"]))
    began = time.monotonic()
    model = model_of(folder, meta["weights"], setting.device)
    loaded = time.monotonic() - began
    end, limit = meta["end"], meta["max_tokens"]
    form = ListsForm(tuple(meta["keys"]), meta["most"], meta["longest"])
    vocabulary = [row.tobytes() for row in ragged(job["vocabulary"], job["vocabulary_ends"])]
    table = token_table(form, vocabulary, end, setting.device)
    prompts = ragged(job["prompts"], job["prompts_ends"])
    answers: list[np.ndarray] = [np.empty(0, dtype=np.int32)] * len(prompts)
    waiting = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
    batches = written = 0
    while waiting:  # longest first: what does not fit into memory shows at once
        rows = max(1, BATCH_TOKENS // (len(prompts[waiting[-1]]) + limit))
        chosen, waiting = waiting[-rows:], waiting[:-rows]
        longest = max(len(prompts[row]) for row in chosen)
        ids = np.full((len(chosen), longest), end, dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(chosen):
            ids[place, longest - len(prompts[row]) :] = prompts[row]
            mask[place, longest - len(prompts[row]) :] = 1
        with torch.inference_mode():
            made = model.generate(
                torch.from_numpy(ids).to(setting.device), attention_mask=torch.from_numpy(mask).to(setting.device),
                max_new_tokens=limit, do_sample=False, temperature=None, top_p=None, top_k=None, repetition_penalty=1.0,
                eos_token_id=end, pad_token_id=end, logits_processor=LogitsProcessorList([AutomatonMask(table)]),
            )[:, longest:].cpu().numpy()  # fmt: skip
        for row, said in zip(chosen, made, strict=True):
            answers[row] = said[: int(np.argmax(said == end)) + 1 if (said == end).any() else len(said)].astype(np.int32)
        batches, written = batches + 1, written + sum(len(answers[row]) for row in chosen)
        print(f"{name}: {len(prompts) - len(waiting)} of {len(prompts)} read in {time.monotonic() - began:.0f} s", flush=True)
        _keep(folder / f"{name}.answers.npz", answers)
    cut = sum(len(answer) == 0 or answer[-1] != end for answer in answers)
    return {
        "reviews": len(prompts), "prompt_tokens": int(sum(map(len, prompts))), "answer_tokens": written, "cut": int(cut),
        "batches": batches, "load_seconds": round(loaded, 1), "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": round(torch.cuda.max_memory_allocated() / 2**20) if setting.device == "cuda" else None,
    }  # fmt: skip


def _keep(file: Path, answers: list[np.ndarray]) -> None:
    temporary = file.with_suffix(".part.npz")
    np.savez_compressed(
        temporary,
        answers=np.concatenate(answers) if answers else np.empty(0, np.int32),
        ends=np.cumsum([len(a) for a in answers]),
    )
    temporary.replace(file)


def parts(setting: Setting) -> list[Part]:
    """One part for every job in SCRATCH/teacher."""
    from run import Part

    names = sorted(path.name.removesuffix(".job.npz") for path in (setting.scratch / "teacher").glob("*.job.npz"))
    return [Part(f"teacher-{name}", partial(read_all, name=name), 30) for name in names]
