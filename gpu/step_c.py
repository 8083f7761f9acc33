"""Step c: a student in the shape of T5-small on Beauty, and a language model that reads every review of a prepared job.

The model answers the jobs of gpu/teacher_job.py with greedy decoding constrained to the JSON format.  Its weights come from a GGUF file
and are used in bf16; the answers to a job go to SCRATCH/teacher/NAME.answers.npz.
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

ROWS = 2048  # in a batch: about 40 GB of keys and values for the 1.5B model and reviews of 100 tokens
SMALL_SECONDS = 240  # of training the student
# Differences from the defaults: its layers are larger, and computing 508 axes of co-purchase would keep the card idle for minutes.
SMALL: dict[str, Any] = {"start": "random", "learning_rate": 3e-4, "table_rate": 30.0}
BATCH_TOKENS = 1_300_000  # at most, prompts and answers together


def ragged(tokens: np.ndarray, ends: np.ndarray) -> list[np.ndarray]:
    """Split rows of different lengths, stored end to end."""
    return np.split(tokens, ends[:-1])


LAYER = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}  # fmt: skip
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def renamed(name: str) -> str:
    """The transformers name of a tensor in a GGUF file of a Qwen2 model."""
    if not name.startswith("blk."):
        stem, kind = name.rsplit(".", 1)
        return f"{OUTSIDE[stem]}.{kind}"
    _, layer, stem, kind = name.split(".")
    return f"model.layers.{layer}.{LAYER[stem]}.{kind}"


@cache
def model_of(file: Path, device: str) -> Any:
    """A Qwen2 model from a GGUF file, its weights dequantised to bf16 (fp32 on a CPU); loaded once per process."""
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
    """Answer every review of a job, longest first, in batches of up to ROWS."""
    import torch
    from token_automaton import ListsForm, token_table

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
    shared = shared_prefix(prompts)
    answers: list[np.ndarray] = [np.empty(0, dtype=np.int32)] * len(prompts)
    waiting = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
    batches = written = 0
    while waiting:  # longest first, so that a lack of memory shows at once
        rows = min(ROWS, max(1, BATCH_TOKENS // (len(prompts[waiting[-1]]) + limit)))
        chosen, waiting = waiting[-rows:], waiting[:-rows]
        for row, said in zip(chosen, answer(model, table, [prompts[row] for row in chosen], shared, end, limit), strict=True):
            answers[row] = said
        batches, written = batches + 1, written + sum(len(answers[row]) for row in chosen)
        print(f"{name}: {len(prompts) - len(waiting)} of {len(prompts)} read in {time.monotonic() - began:.0f} s", flush=True)
        _keep(folder / f"{name}.answers.npz", answers)
    cut = sum(len(said) == 0 or said[-1] != end for said in answers)
    return {
        "reviews": len(prompts), "prompt_tokens": int(sum(map(len, prompts))), "shared_tokens": shared, "answer_tokens": written,
        "cut": int(cut), "batches": batches, "load_seconds": round(loaded, 1), "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": round(torch.cuda.max_memory_allocated() / 2**20) if setting.device == "cuda" else None,
    }  # fmt: skip


def shared_prefix(prompts: list[np.ndarray]) -> int:
    """The number of leading tokens that all prompts share, leaving each at least one of its own."""
    least = min(len(prompt) for prompt in prompts) - 1
    table = np.stack([prompt[:least] for prompt in prompts])
    differs = np.flatnonzero((table != table[0]).any(0))
    return int(differs[0]) if len(differs) else least


def answer(model: Any, table: Any, prompts: list[np.ndarray], shared: int, end: int, limit: int) -> list[np.ndarray]:
    """Greedy answers constrained by the automaton, each with its end token unless it was cut at `limit`.

    Keys and values of the shared prefix are computed once.  Finished rows are removed once they make up half of the batch, so a few long
    answers do not slow down the rest.
    """
    import torch
    from transformers import DynamicCache

    device, count = model.device, len(prompts)
    longest = max(len(prompt) for prompt in prompts) - shared
    ids = torch.full((count, longest), end)
    own = torch.zeros(count, longest, dtype=torch.int64)
    for row, prompt in enumerate(prompts):
        rest = torch.from_numpy(prompt[shared:].astype(np.int64))
        ids[row, longest - len(rest) :], own[row, longest - len(rest) :] = rest, 1
    ids, own = ids.to(device), own.to(device)
    with torch.inference_mode():
        cache = DynamicCache()
        if shared:
            prefix = torch.from_numpy(prompts[0][None, :shared].astype(np.int64)).to(device)
            model(prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache.batch_repeat_interleave(count)
        mask = torch.cat([torch.ones(count, shared, dtype=torch.int64, device=device), own], 1)
        position = shared + (own.cumsum(1) - 1).clamp(min=0)
        rows = torch.arange(count, device=device)  # batch row of each cache row
        state = torch.zeros(count, dtype=torch.int64, device=device)
        found = torch.full((count, limit), end, device=device)
        lengths = torch.full((count,), limit, device=device)
        for step in range(limit):
            out = model(
                ids, attention_mask=mask, position_ids=position, past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            legal = table[state] >= 0  # (B, V)
            token = out.logits[:, -1].float().masked_fill(~legal, -torch.inf).argmax(1)
            found[rows, step] = token
            ended = (token == end) & (state < len(table) - 1)  # the last state means that the answer has ended
            lengths[rows[ended]] = step + 1
            state = table[state, token].long()
            going = torch.nonzero(state < len(table) - 1)[:, 0]
            if len(going) == 0:
                break
            mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
            ids, position = token[:, None], position[:, -1:] + 1
            if len(going) <= len(rows) // 2:
                cache.batch_select_indices(going)
                mask, ids, position, state, rows = mask[going], ids[going], position[going], state[going], rows[going]
    tokens, ends = found.cpu().numpy().astype(np.int32), lengths.tolist()
    return [row[:length] for row, length in zip(tokens, ends, strict=True)]


def _keep(file: Path, answers: list[np.ndarray]) -> None:
    temporary = file.with_suffix(".part.npz")
    np.savez_compressed(
        temporary,
        answers=np.concatenate(answers) if answers else np.empty(0, np.int32),
        ends=np.cumsum([len(a) for a in answers]),
    )
    temporary.replace(file)


def parts(setting: Setting) -> list[Part]:
    """The student, and one part for every job in SCRATCH/teacher."""
    from next_item import train_student
    from run import Part

    names = sorted(path.name.removesuffix(".job.npz") for path in (setting.scratch / "teacher").glob("*.job.npz"))
    student = partial(train_student, name="beauty", shape="small", seed=0, seconds=SMALL_SECONDS, **SMALL)
    return [
        Part("t5-small-beauty-s0", student, SMALL_SECONDS + 60),
        *(Part(f"teacher-{name}", partial(read_all, name=name), 30) for name in names),
    ]
