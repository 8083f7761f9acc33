"""A transformers chat model, in NF4 on a GPU, otherwise in bf16.  Each answer is sampled with its own seed, whatever the batch.

This module loads torch; only the local teacher imports it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    LogitsProcessor,
    LogitsProcessorList,
)
from transformers.utils import logging as transformers_logging

from rdrec.core import zero_gpu
from rdrec.core.records import InputError
from rdrec.teachers.asking import Ask
from rdrec.teachers.model_files import folder_mark, unreachable
from rdrec.teachers.prompts import Message, neutralised

PAPER_MODEL = "meta-llama/Llama-2-7b-chat-hf"  # RDRec, section 4.1
OPEN_MODEL = "Qwen/Qwen3-4B-Instruct-2507"  # Apache-2.0, no gate
PRECISIONS = ("auto", "nf4", "bf16", "fp32")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer.  cut: it reached the token limit; tokens: how many were written."""

    text: str
    cut: bool
    tokens: int


class ChatModel:
    """A loaded model with its tokenizer.  longest: its context length in tokens, prompt and answer together."""

    def __init__(self, model: str, *, precision: str = "auto", device: str | None = None) -> None:
        self.device = device or ("cuda" if zero_gpu.usable(torch.cuda.is_available()) else "cpu")
        self.precision = ("nf4" if self.device == "cuda" else "bf16") if precision == "auto" else precision
        if self.precision not in PRECISIONS[1:]:
            raise InputError(f"unknown precision {precision!r}", where="--precision", todo=f"use {', '.join(PRECISIONS)}")
        if self.precision == "nf4" and self.device != "cuda":
            raise InputError(
                "NF4 needs a GPU: on a CPU every layer would be unpacked for every token", todo="use --precision bf16"
            )
        self.name = model
        transformers_logging.disable_progress_bar()
        try:
            config = AutoConfig.from_pretrained(model, trust_remote_code=False)
            self.tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
            self.model = AutoModelForCausalLM.from_pretrained(
                model, trust_remote_code=False, use_safetensors=True, device_map=self.device, **self._weights()
            ).eval()
        except (OSError, ValueError, ImportError) as error:
            instead = f"use an open model: --model {OPEN_MODEL}, or the paper's {PAPER_MODEL}"
            raise unreachable(model, error, instead=instead) from None
        if not self.tokenizer.chat_template:
            raise InputError("this model has no chat template", where=model, todo="use a chat or instruct model")
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token_id = self.tokenizer.eos_token_id
        self.revision = folder_mark(Path(model)) if Path(model).is_dir() else getattr(config, "_commit_hash", None)
        self.longest = int(getattr(config, "max_position_embeddings", None) or 4096)
        control = [token for token in self.tokenizer.all_special_tokens if len(token) > 1]
        self._control = sorted(control, key=len, reverse=True)
        self._ends = self._end_tokens()

    @property
    def config(self) -> dict[str, Any]:
        """Everything about the model that determines its answers."""
        named = Path(self.name).name if Path(self.name).is_dir() else self.name
        return {"model": named, "revision": self.revision, "precision": self.precision, "template": self._template_mark()}

    def encode(self, messages: list[Message]) -> list[int]:
        """Token ids of a chat up to where the model's answer begins.

        If the template has no system turn, the system text precedes the user's.
        """
        safe = [{**m, "content": neutralised(m["content"], self._control)} for m in messages]
        try:
            text = self._render(safe)
        except Exception as error:  # a template without a system turn may raise anything, such as jinja2's TemplateError
            if safe[0]["role"] != "system":
                raise InputError(
                    f"the chat template fails ({str(error)[:200]})", where=self.name, todo="use another model"
                ) from None
            text = self._render([{"role": "user", "content": f"{safe[0]['content']}\n\n{safe[1]['content']}"}, *safe[2:]])
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Sequence[int]], asks: Sequence[Ask]) -> list[Written]:
        """An answer for each prompt; one batch, padded on the left."""
        width, rows = max(map(len, prompts)), len(prompts)
        ids = torch.full((rows, width), int(self.tokenizer.pad_token_id))  # (B, T)
        mask = torch.zeros((rows, width), dtype=torch.long)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        most = asks[0].max_tokens
        out = self.model.generate(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            max_new_tokens=most,
            do_sample=False,  # `_RowSampler` samples
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            logits_processor=LogitsProcessorList([_RowSampler(asks)]),
            eos_token_id=self._ends,
            pad_token_id=self.tokenizer.pad_token_id,
        )[:, width:].cpu()
        return [self._written(row.tolist(), most) for row in out]

    def _written(self, tokens: list[int], most: int) -> Written:
        end = next((at for at, token in enumerate(tokens) if token in self._ends), None)
        kept = tokens if end is None else tokens[:end]
        text = self.tokenizer.decode(kept, skip_special_tokens=True)
        return Written(text, end is None and len(tokens) >= most, len(kept))

    def _weights(self) -> dict[str, Any]:
        if self.precision == "nf4":
            four = BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_compute_dtype=torch.bfloat16,
                bnb_4bit_use_double_quant=True,
            )
            return {"quantization_config": four, "dtype": torch.bfloat16}
        return {"dtype": torch.float32 if self.precision == "fp32" else torch.bfloat16}

    def _render(self, messages: list[Message]) -> str:
        text: str = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return text

    def _end_tokens(self) -> list[int]:
        known = self.model.generation_config.eos_token_id
        ends = {self.tokenizer.eos_token_id, *(known if isinstance(known, list) else [known])} - {None}
        return sorted(int(token) for token in ends)

    def _template_mark(self) -> str:
        return hashlib.sha256(str(self.tokenizer.chat_template).encode()).hexdigest()[:16]


class _RowSampler(LogitsProcessor):  # type: ignore[misc]
    """Samples the next token of each row with the row's own temperature, top-p and random numbers, and masks all others.

    Each step uses one random number per row, the position in the cumulative distribution, so a row samples the same in any batch.
    """

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._rows = [(ask.temperature, ask.top_p, random.Random(ask.seed)) for ask in asks]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        greedy = scores.argmax(-1)  # (B,)
        hot = [row for row, (temperature, _, _) in enumerate(self._rows) if temperature > 0]
        chosen = greedy.clone()
        if hot:
            heat = torch.tensor([self._rows[row][0] for row in hot], device=scores.device)
            top = torch.tensor([self._rows[row][1] for row in hot], device=scores.device)
            place = torch.tensor([self._rows[row][2].random() for row in hot], device=scores.device)
            chosen[hot] = draw(scores[hot].float(), heat, top, place)
        only = torch.full_like(scores, float("-inf"))
        return only.scatter_(1, chosen[:, None], 0.0)


def draw(scores: torch.Tensor, heat: torch.Tensor, top: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """The token at position `place` (0 to 1) of the cumulative distribution of the likeliest tokens with total probability `top`.

    scores (B, V), the others (B,).  Source of top-p: Holtzman et al. 2020; sampling by inverting the cumulative distribution.
    """
    probabilities = torch.softmax(scores / heat[:, None], -1)
    sorted_, order = probabilities.sort(-1, descending=True)
    sums = sorted_.cumsum(-1)  # (B, V)
    kept = sums - sorted_ < top[:, None]  # includes the token that reaches `top`
    total = (sorted_ * kept).sum(-1)
    index = torch.searchsorted(sums, (place * total)[:, None], right=True).squeeze(1)
    index = torch.minimum(index, kept.sum(-1) - 1)
    return order.gather(1, index[:, None]).squeeze(1)
