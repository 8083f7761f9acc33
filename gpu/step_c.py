"""Step c: a language model reads every review of a prepared job (gpu/teacher_job.py), greedily, held to the JSON form.

The weights are a GGUF file, computed in bf16; the answers of a job are SCRATCH/teacher/NAME.answers.npz.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
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


LAYER = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}  # fmt: skip
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def renamed(name: str) -> str:
    """transformers' name of a tensor of a Qwen2 model in GGUF."""
    if not name.startswith("blk."):
        stem, kind = name.rsplit(".", 1)
        return f"{OUTSIDE[stem]}.{kind}"
    _, layer, stem, kind = name.split(".")
    return f"model.layers.{layer}.{LAYER[stem]}.{kind}"


@cache
def model_of(file: Path, device: str) -> Any:
    """A Qwen2 model from a GGUF file, its weights dequantised to bf16 (fp32 on a CPU); loaded once a process."""
    import torch
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from transformers import Qwen2Config, Qwen2ForCausalLM

    reader = GGUFReader(file)

    def field(name: str) -> Any:
        found = reader.fields[name]
        return found.parts[found.data[0]].tolist()[0]

    def read(tensor: Any) -> tuple[str, torch.Tensor]:
        values = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        kind = torch.bfloat16 if device == "cuda" else torch.float32
        return renamed(tensor.name), torch.from_numpy(values.reshape(tuple(reversed(tensor.shape.tolist())))).to(device, kind)

    with ThreadPoolExecutor() as pool:
        weights = dict(pool.map(read, reader.tensors))
    tied = "lm_head.weight" not in weights
    config = Qwen2Config(
        vocab_size=len(weights["model.embed_tokens.weight"]),
        hidden_size=field("qwen2.embedding_length"),
        intermediate_size=field("qwen2.feed_forward_length"),
        num_hidden_layers=field("qwen2.block_count"),
        num_attention_heads=field("qwen2.attention.head_count"),
        num_key_value_heads=field("qwen2.attention.head_count_kv"),
        rms_norm_eps=field("qwen2.attention.layer_norm_rms_epsilon"),
        max_position_embeddings=field("qwen2.context_length"),
        rope_theta=field("qwen2.rope.freq_base"),
        rope_parameters={"rope_type": "default", "rope_theta": field("qwen2.rope.freq_base")},
        tie_word_embeddings=tied,
    )
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    missing, unexpected = model.load_state_dict(weights, assign=True, strict=False)
    if tied:
        model.tie_weights()
    if unexpected or set(missing) - ({"lm_head.weight"} if tied else set()):
        raise ValueError(f"{file}: missing {missing[:5]}, unexpected {unexpected[:5]}")
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)  # its table is computed, not stored
    return model.to(device).eval()


def read_all(setting: Setting, name: str) -> dict[str, Any]:
    """Answer every review of a job; prompts are sorted by length and batched by BATCH_TOKENS."""
    import torch
    from transformers import LogitsProcessorList

    from rdrec.distill.token_automaton import AutomatonMask, ListsForm, token_table

    folder = setting.scratch / "teacher"
    job = np.load(folder / f"{name}.job.npz")
    meta = json.loads(str(job["meta"]))
    began = time.monotonic()
    model = model_of(folder / meta["weights"], setting.device)
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
