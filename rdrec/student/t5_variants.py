"""The T5 classes of students: with the output head tied to the embeddings or not, and with quantisable feed-forward outputs.

transformers 5 ties the head of every T5 whose `tie_weights` is called, whatever the checkpoint said. T5 v1.1 and Flan-T5 have a head of
their own, so their class must not list it among the tied weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import T5ForConditionalGeneration

from rdrec.core.storage import write_json

SHARED, HEAD = "shared.weight", "lm_head.weight"
COPIES = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")  # of SHARED, in every T5
CONFIG = "config.json"


class UntiedT5ForConditionalGeneration(T5ForConditionalGeneration):  # type: ignore[misc]
    """T5 whose output head is not the embedding table: T5 v1.1, Flan-T5."""

    _tied_weights_keys = dict.fromkeys(COPIES, SHARED)


class EveryLayerT5ForConditionalGeneration(T5ForConditionalGeneration):  # type: ignore[misc]
    """T5 whose feed-forward output layers (`wo`) may be quantised as all others are.

    transformers' quantisers leave every module of `_keep_in_fp32_modules` out, and T5 names `wo` there because it overflows in
    fp16 in models of billions of parameters.  Here NF4 computes in fp32; int8 computes in fp16, and a score that is not a
    number is refused where it is ranked.  Which layers stay out is in the checkpoint: `llm_int8_skip_modules`, by full names.
    """

    def post_init(self) -> None:
        super().post_init()  # gathers the names from all parts of the model
        self._keep_in_fp32_modules: set[str] = set()


class EveryLayerUntiedT5ForConditionalGeneration(EveryLayerT5ForConditionalGeneration, UntiedT5ForConditionalGeneration):
    """Both."""


def t5_class(*, tied: bool, every_layer: bool = False) -> type[T5ForConditionalGeneration]:
    """The class for a T5 with a tied head or one of its own; `every_layer` lets the quantiser convert `wo` too."""
    if every_layer:
        return EveryLayerT5ForConditionalGeneration if tied else EveryLayerUntiedT5ForConditionalGeneration
    return T5ForConditionalGeneration if tied else UntiedT5ForConditionalGeneration


def is_tied(t5: T5ForConditionalGeneration) -> bool:
    """Whether the output head is the embedding table."""
    return t5.lm_head.weight is t5.shared.weight


def save_t5(t5: T5ForConditionalGeneration, folder: Path) -> None:
    """As transformers saves it, with a config.json that says whether the head is tied: transformers 5 always writes that it is."""
    t5.save_pretrained(folder)
    config = read_config(folder)
    config |= {"tie_word_embeddings": is_tied(t5), "architectures": [T5ForConditionalGeneration.__name__]}
    write_json(config, folder / CONFIG)


def read_config(folder: Path) -> dict[str, Any]:
    """config.json as a table.  Raises OSError, or ValueError where it is something else."""
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    if not isinstance(config, dict):
        raise ValueError(f"{CONFIG} is not a table")
    return config


def saved_tied(config: dict[str, Any]) -> bool:
    """Whether a config.json that `save_t5` wrote says that the head is tied; checkpoints from before it know no other kind."""
    return config.get("tie_word_embeddings") is not False
