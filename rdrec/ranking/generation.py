"""Generate a student's explanations, preferences and attributes with transformers' `generate`.

The search is greedy or uses beams (`train.text_beams`).  Of the sentences that it finds, finished ones are preferred, and one is chosen by
comparison with other inputs (`contrast`).  No n-gram occurs twice in a sentence (`train.no_repeat`), no phrase occurs twice in the lists of
the rationale tasks, and no sentence names a user or an item by its ID.  Texts have at most `train.max_target_tokens` tokens, to which
targets were truncated in training.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import torch
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutput

from rdrec.core.settings import integer, number
from rdrec.ranking.contrast import most_telling
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer

_SEPARATOR = re.compile(r",| and | but ")  # between the phrases of a list
_END = re.compile(r"\w[\"')]*[.!?]+[\"')]*$")  # of a finished sentence
_OPENING = re.compile(r"(?:.*?\b(?:prefers|dislikes|has|are) )?(?:no )?")  # before a phrase, not part of it


class NoPhraseTwice(LogitsProcessor):  # type: ignore[misc]
    """Forbids tokens that would complete a phrase already in the list, as in "stories and stories"."""

    def __init__(self, tokenizer: StudentTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """`scores` (B, V) with forbidden tokens set to minus infinity; input_ids: (B, L) the tokens so far."""
        for row, tokens in enumerate(input_ids.tolist()):
            if banned := self.banned(self._tokenizer.decode(tokens)):
                scores[row, banned] = -math.inf
        return scores

    def banned(self, text: str) -> list[int]:
        """Tokens that would complete the unfinished last phrase of `text` to one of the earlier phrases."""
        *earlier, last = (_OPENING.sub("", phrase, count=1).strip() for phrase in _SEPARATOR.split(f"{text} "))
        remainders = [phrase[len(last) :] for phrase in earlier if phrase != last and phrase.startswith(last)]
        endings = [part if last else f" {part}" for part in remainders]
        tokens = self._tokenizer.token_of
        return [tokens[text] for part in endings for text in (part, f"{part}.", f"{part},") if text in tokens]


def generate_texts(
    student: Student,
    tokenizer: StudentTokenizer,
    rows: Sequence[Row],
    batch_rows: int = 64,
    beams: int | None = None,
    others: Sequence[str] = (),
) -> list[str]:
    """One sentence per row, in the order of `rows`.  All rows share one task; equal inputs are generated only once.

    batch_rows  inputs generated at once; the result does not depend on it
    beams       1: greedy; None: `train.text_beams`
    others      inputs of the same task to compare with, with weight `train.text_contrast`; none: the likeliest sentence is taken
    """
    sources = list(dict.fromkeys(row.source for row in rows))
    sources.sort(key=lambda source: len(tokenizer.encode(source).tokens))
    weight, width = number("train.text_contrast"), integer("train.text_beams") if beams is None else beams
    found: dict[str, list[str]] = {}
    for start in range(0, len(sources), batch_rows):
        chunk = sources[start : start + batch_rows]
        sentences = _search(student, tokenizer, rows[0].task, chunk, width)
        found |= {source: _finished(sentences[at * width : (at + 1) * width]) for at, source in enumerate(chunk)}
    if others and weight and found:  # once for all inputs, because many sentences are found for several of them
        texts = most_telling(student, tokenizer, rows[0].task, found, others, weight)
    else:
        texts = {source: sentences[0] for source, sentences in found.items()}
    return [texts[row.source] for row in rows]


def _finished(sentences: Sequence[str]) -> list[str]:
    """The different sentences that end with a word and a full stop or the like; all of them if none does."""
    different = list(dict.fromkeys(sentences))
    return [text for text in different if _END.search(text)] or different


def _search(student: Student, tokenizer: StudentTokenizer, task: Task, sources: Sequence[str], beams: int) -> list[str]:
    """For each input as many sentences as there are beams, the best first."""
    batch = make_batch([Row(task, source) for source in sources], tokenizer).to(student.device)
    with torch.inference_mode():
        encoding = student.encode(batch)
        tokens = student.t5.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoding.states),
            attention_mask=encoding.mask,
            max_new_tokens=integer("train.max_target_tokens") + 1,
            num_beams=beams,
            num_return_sequences=beams,
            no_repeat_ngram_size=integer("train.no_repeat"),
            logits_processor=LogitsProcessorList([NoPhraseTwice(tokenizer)] if task in RATIONALE_TASKS else []),
            suppress_tokens=list(tokenizer.ids) or None,
            do_sample=False,
        )
    return [tokenizer.decode(row) for row in tokens.tolist()]
