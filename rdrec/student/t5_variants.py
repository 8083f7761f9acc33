"""The T5 classes of students: with an output head that is tied to the embeddings or not, and with quantisable feed-forward outputs.

transformers 5 ties the head of every T5 whose `tie_weights` is called, whatever the checkpoint says.  T5 v1.1 and Flan-T5 have a head of
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
    """T5 whose feed-forward output layers (`wo`) may be quantised like all others.

    The quantisers of transformers skip every module in `_keep_in_fp32_modules`, and T5 lists `wo` there because it overflows in fp16 in
    models with billions of parameters.  Here NF4 computes in fp32.  int8 computes in fp16, and ranking refuses scores that are not
    finite.  The checkpoint lists the layers that are not quantised by their full names, in `llm_int8_skip_modules`.
    """

    def post_init(self) -> None:
        super().post_init()  # gathers the names from all parts of the model
        self._keep_in_fp32_modules: set[str] = set()


class EveryLayerUntiedT5ForConditionalGeneration(EveryLayerT5ForConditionalGeneration, UntiedT5ForConditionalGeneration):
    """T5 with its own output head and with quantisable `wo` layers."""


def t5_class(*, tied: bool, every_layer: bool = False) -> type[T5ForConditionalGeneration]:
    """The class of a T5.  tied: whether the head is tied to the embeddings; every_layer: whether `wo` may be quantised too."""
    if every_layer:
        return EveryLayerT5ForConditionalGeneration if tied else EveryLayerUntiedT5ForConditionalGeneration
    return T5ForConditionalGeneration if tied else UntiedT5ForConditionalGeneration


def is_tied(t5: T5ForConditionalGeneration) -> bool:
    """Whether the output head is the embedding table."""
    return t5.lm_head.weight is t5.shared.weight


def save_t5(t5: T5ForConditionalGeneration, folder: Path) -> None:
    """Save as transformers does, but let config.json say whether the head is tied; transformers 5 always says that it is."""
    t5.save_pretrained(folder)
    config = read_config(folder)
    config |= {"tie_word_embeddings": is_tied(t5), "architectures": [T5ForConditionalGeneration.__name__]}
    write_json(config, folder / CONFIG)


def read_config(folder: Path) -> dict[str, Any]:
    """The content of config.json.  Raises OSError if it cannot be read, ValueError if it is not a JSON object."""
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    if not isinstance(config, dict):
        raise ValueError(f"{CONFIG} is not a JSON object")
    return config


def saved_tied(config: dict[str, Any]) -> bool:
    """Whether the head is tied, according to a config.json written by `save_t5`; older checkpoints always have a tied head."""
    return config.get("tie_word_embeddings") is not False
