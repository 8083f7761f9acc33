"""Any transformers model for natural language inference, given by hub id or folder, as a `Judge` of premises and hypotheses.

A model's own code and pickled weights are refused.  Computation is in fp32, fast enough at these sizes, so that a verdict does not depend
on the rest of the batch.  This module loads torch; it is imported only if such a model is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from tqdm import tqdm
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from rdrec.core import zero_gpu
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.teachers.entailment import Pair, Verdict
from rdrec.teachers.model_files import unreachable

KIND = "natural language inference model"
_ENTAILMENT = frozenset(["entailment", "entails", "entailed", "entail"])
_CONTRADICTION = frozenset(["contradiction", "contradicts", "contradicted", "contradict"])
_DEFAULT_POSITIONS = 514  # if the config names none; BERT-like models have 512, RoBERTa counts two more
_Encoded = dict[str, list[int]]


class NliModel:
    """A loaded model.  longest: tokens of premise and hypothesis read at once; longer premises are read in pieces."""

    def __init__(self, model: str, *, device: str | None = None, progress: bool = True) -> None:
        self.name = Path(model).name if Path(model).is_dir() else model
        self.device = device or ("cuda" if zero_gpu.usable(torch.cuda.is_available()) else "cpu")
        self.progress = progress
        transformers_logging.disable_progress_bar()
        try:
            config = AutoConfig.from_pretrained(model, trust_remote_code=False)
            self.entailment, self.contradiction = roles(config.id2label, model)
            self.tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
            self.model, loading = AutoModelForSequenceClassification.from_pretrained(
                model, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError, ImportError, RuntimeError, SafetensorError) as error:
            raise unreachable(model, error, KIND) from None
        if missing := sorted(loading["missing_keys"]):
            raise InputError(
                f"these weights do not make a {KIND}: {len(missing)} tensors are missing, such as {missing[0]!r}",
                where=model,
                todo="use a model that was trained for entailment, not the language model that it was made from",
            )
        self.model = self.model.eval().to(self.device)
        if not self.tokenizer.is_fast or self.tokenizer.pad_token_id is None:
            raise InputError(
                "this model's tokenizer cannot pad and truncate pairs",
                where=model,
                todo="use a model with a tokenizer.json",
            )
        positions = int(getattr(config, "max_position_embeddings", None) or _DEFAULT_POSITIONS) - 2
        self.longest = min(int(self.tokenizer.model_max_length), positions, integer("distill.entailment_window"))

    def __call__(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """A verdict for each pair; for a premise read in pieces, that of the most decisive piece."""
        verdicts: list[Verdict] = []
        window = integer("distill.sorting_window")
        with tqdm(total=len(pairs), unit="claim", desc=f"entailment by {self.name}", disable=not self.progress) as bar:
            for at in range(0, len(pairs), window):
                verdicts += self._judged(pairs[at : at + window])
                bar.update(len(verdicts) - at)
        return verdicts

    def _judged(self, pairs: Sequence[Pair]) -> list[Verdict]:
        pieces = [(place, piece) for place, pair in enumerate(pairs) for piece in self._pieces(*pair)]
        # longest first, so that a lack of memory shows at once
        pieces.sort(key=lambda piece: len(piece[1]["input_ids"]), reverse=True)
        decided: dict[int, Verdict] = {}
        for batch in _batches(pieces):
            for (place, _), verdict in zip(batch, self._verdicts([piece for _, piece in batch]), strict=True):
                if place not in decided or _decides(verdict) > _decides(decided[place]):
                    decided[place] = verdict
        return [decided[place] for place in range(len(pairs))]

    def _pieces(self, premise: str, hypothesis: str) -> list[_Encoded]:
        """The pair as token ids; a premise that is too long is cut into overlapping pieces, each with the whole hypothesis."""
        whole = self.tokenizer(premise, hypothesis, truncation=False, verbose=False)
        length = len(whole["input_ids"])
        if length <= self.longest:
            return [{name: list(whole[name]) for name in whole}]
        room = self.longest - (length - sum(part == 0 for part in whole.sequence_ids(0)))
        overlap = min(integer("distill.entailment_overlap"), room // 4)
        if room < overlap or room < 1:
            raise InputError(
                f"a claim of {len(hypothesis)} characters leaves no room for a review in this model's {self.longest} tokens",
                where=self.name,
                todo="use a model with a longer context",
            )
        cut = self.tokenizer(
            premise,
            hypothesis,
            truncation="only_first",
            max_length=self.longest,
            stride=overlap,
            return_overflowing_tokens=True,
        )
        names = whole.keys()
        return [{name: list(cut[name][piece]) for name in names} for piece in range(len(cut["input_ids"]))]

    @torch.inference_mode()
    def _verdicts(self, batch: list[_Encoded]) -> list[Verdict]:
        padded = self.tokenizer.pad(batch, padding=True, return_tensors="pt").to(self.device)  # (B, T) each
        shares = torch.softmax(self.model(**padded).logits.float(), -1).tolist()  # (B, labels)
        return [
            Verdict(row[self.entailment], None if self.contradiction is None else row[self.contradiction]) for row in shares
        ]


def roles(labels: Mapping[int, str], model: str) -> tuple[int, int | None]:
    """The label numbers of entailment and contradiction; the latter is None if the model only detects entailment.

    Raises InputError unless exactly one label means entailment.
    """
    plain = {number: re.sub("[^a-z]+", "", label.lower()) for number, label in labels.items()}
    entails = [number for number, label in plain.items() if label in _ENTAILMENT]
    contradicts = [number for number, label in plain.items() if label in _CONTRADICTION]
    if len(entails) != 1 or len(contradicts) > 1:
        raise InputError(
            f"{'several labels mean' if entails else 'no label means'} entailment ({', '.join(map(str, labels.values()))[:200]})",
            where=model,
            todo=f"use a {KIND} whose config.json names its labels (id2label)",
        )
    return int(entails[0]), int(contradicts[0]) if contradicts else None


def _batches(pieces: list[tuple[int, _Encoded]]) -> Iterator[list[tuple[int, _Encoded]]]:
    """Batches of pieces, which are sorted by length; each has as many as its limit of tokens allows."""
    at = 0
    while at < len(pieces):
        rows = max(1, integer("distill.entailment_batch") // len(pieces[at][1]["input_ids"]))
        yield pieces[at : at + rows]
        at += rows


def _decides(verdict: Verdict) -> float:
    return max(verdict.entailment, verdict.contradiction or 0.0)
