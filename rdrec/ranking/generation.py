"""Generate a student's explanations, preferences and attributes with transformers' `generate`.

For preferences and attributes, lists in a fixed form, the search uses beams (`train.text_beams`) or is greedy.  Of the many things that
could be said about a purchase, an explanation is only one, so several are sampled (`train.text_samples`).  Of the sentences found,
finished ones are preferred, and one is chosen by comparison with other inputs (`contrast`).

Every sequence of `train.known_tokens` tokens must occur in a training text of the task, if the student knows these (`known_sequences`; for
one that does not, beams are used throughout).  Where no known token is left, the sentence ends.  No n-gram occurs twice in a sentence
(`train.no_repeat`), no phrase occurs twice in a list or beside its opposite, and no sentence names a user or an item by its ID.  Texts have at most
`train.max_target_tokens` tokens, to which targets were truncated in training.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutput

from rdrec.core.settings import integer, number
from rdrec.ranking.contrast import most_telling
from rdrec.student.batches import Row, make_batch
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.model import Student
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer

_SEPARATOR = re.compile(r",| and | but ")  # between the phrases of a list
_END = re.compile(r"\w[\"')]*[.!?]+[\"')]*$")  # of a finished sentence
# before a phrase, not part of it: "a good pedal" and "not a good pedal" do not stand in one list
_OPENING = re.compile(r"(?:.*?\b(?:prefers|dislikes|has|are) )?(?:no |not )?(?:an? )?")


class NoPhraseTwice(LogitsProcessor):  # type: ignore[misc]
    """Forbids tokens that would complete a phrase already in the list, as in "stories and stories", or its opposite."""

    def __init__(self, tokenizer: StudentTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """`scores` (B, V) with forbidden tokens set to minus infinity; input_ids: (B, L) the tokens so far."""
        for row, tokens in enumerate(input_ids.tolist()):
            if banned := self.banned(self._tokenizer.decode(tokens)):
                scores[row, banned] = -math.inf
        return scores

    def banned(self, text: str) -> list[int]:
        """Tokens that would complete the unfinished last phrase of `text` to one of the earlier phrases, or to its opposite."""
        *earlier, last = (_OPENING.sub("", phrase, count=1).strip() for phrase in _SEPARATOR.split(f"{text} "))
        remainders = [phrase[len(last) :] for phrase in earlier if phrase != last and phrase.startswith(last)]
        endings = [part if last else f" {part}" for part in remainders]
        tokens = self._tokenizer.token_of
        return [tokens[text] for part in endings for text in (part, f"{part}.", f"{part},") if text in tokens]


class OnlyKnown(LogitsProcessor):  # type: ignore[misc]
    """Forbids tokens that follow the last ones in no training text; where no token is left, the sentence must end."""

    def __init__(self, known: KnownSequences, task: Task, end: int) -> None:
        self._known, self._task, self._end = known, task, end

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """`scores` (B, V) with unknown continuations set to minus infinity; input_ids: (B, L) the start token and those so far."""
        tokens, values = self.allowed(input_ids, scores)
        return cast(torch.FloatTensor, torch.full_like(scores, -math.inf).scatter_reduce(1, tokens, values, "amax"))

    def allowed(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, K) the tokens that may follow, in ascending order, and their scores; minus infinity in places that are left over."""
        following = [self._known.followers(self._task, tokens) for _, *tokens in input_ids.tolist()]
        longest = max(1, *map(len, following))
        padded = [row + [self._end] * (longest - len(row)) for row in following]
        tokens = torch.tensor(padded, device=scores.device)
        left_over = torch.arange(longest) >= torch.tensor([[len(row)] for row in following])
        values = scores.gather(1, tokens).masked_fill(left_over.to(scores.device), -math.inf)
        stuck = torch.isinf(values).all(dim=-1)
        tokens[stuck, 0] = self._end
        values[stuck, 0] = scores[stuck, self._end]
        return tokens, values


class Draw(OnlyKnown):
    """Samples each token by a number drawn beforehand, so that a sentence does not depend on what else is in the batch."""

    def __init__(self, known: KnownSequences, task: Task, end: int, numbers: torch.Tensor, temperature: float) -> None:
        """numbers: (B, longest) float64, uniform in [0, 1)."""
        super().__init__(known, task, end)
        self._numbers, self._temperature = numbers, temperature

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """(B, V) 0 for the sampled token and minus infinity elsewhere; input_ids: (B, L) the start token and those so far."""
        tokens, values = self.allowed(input_ids, scores)
        below = torch.softmax(values.double() / self._temperature, dim=-1).cumsum(dim=-1)
        drawn = self._numbers[:, input_ids.shape[1] - 1, None] * below[:, -1:]
        token = tokens.gather(1, (below <= drawn).sum(dim=-1, keepdim=True))
        return cast(torch.FloatTensor, torch.full_like(scores, -math.inf).scatter(1, token, 0.0))


def generate_texts(
    student: Student,
    tokenizer: StudentTokenizer,
    rows: Sequence[Row],
    batch_rows: int = 64,
    beams: int | None = None,
    others: Mapping[str, Sequence[str]] | None = None,
    known: KnownSequences | None = None,
) -> list[str]:
    """One sentence per row, in the order of `rows`.  All rows share one task; equal inputs are generated only once.

    batch_rows  inputs generated at once; the result does not depend on it
    beams       1: greedy; None: explanations are sampled if `known` is given, and `train.text_beams` are used otherwise
    others      {input: inputs of the same task to compare it with}, with weight `train.text_contrast`, samples `train.explanation_contrast`;
                None: the likeliest of the sentences found is taken
    known       the token sequences that a sentence may contain; None: any
    """
    if not rows:
        return []
    sources = list(dict.fromkeys(row.source for row in rows))
    sources.sort(key=lambda source: len(tokenizer.encode(source).tokens))
    task = rows[0].task
    if known is not None and task not in known:
        known = None
    sampled = task is Task.EXPLANATION and known is not None and beams is None
    weight = number("train.explanation_contrast" if sampled else "train.text_contrast")
    width = integer("train.text_samples") if sampled else integer("train.text_beams") if beams is None else beams
    found: dict[str, list[str]] = {}
    for start in range(0, len(sources), batch_rows):
        chunk = sources[start : start + batch_rows]
        sentences = _search(student, tokenizer, task, chunk, width, sampled, known)
        found |= {source: _finished(sentences[at * width : (at + 1) * width]) for at, source in enumerate(chunk)}
    compared = others if others and weight else {}
    if compared or sampled:  # once for all inputs, because many sentences are found for several of them
        texts = most_telling(student, tokenizer, task, found, compared, weight)
    else:  # beams find the likeliest one first
        texts = {source: sentences[0] for source, sentences in found.items()}
    return [texts[row.source] for row in rows]


def _finished(sentences: Sequence[str]) -> list[str]:
    """The different sentences that end with a word and a full stop or the like; all of them if none does."""
    different = list(dict.fromkeys(sentences))
    return [text for text in different if _END.search(text)] or different


def _search(
    student: Student,
    tokenizer: StudentTokenizer,
    task: Task,
    sources: Sequence[str],
    width: int,
    sampled: bool,
    known: KnownSequences | None,
) -> list[str]:
    """`width` sentences for each input: the best of as many beams, the best first, or samples."""
    batch = make_batch([Row(task, source) for source in sources], tokenizer).to(student.device)
    longest, copies = integer("train.max_target_tokens") + 1, width if sampled else 1
    processors: list[LogitsProcessor] = [NoPhraseTwice(tokenizer)] if task in RATIONALE_TASKS else []
    if known is not None and sampled:
        numbers = _numbers(sources, width, longest).to(student.device)
        processors.append(Draw(known, task, tokenizer.eos, numbers, number("train.text_temperature")))
    elif known is not None:
        processors.append(OnlyKnown(known, task, tokenizer.eos))
    with torch.inference_mode():
        encoding = student.encode(batch)
        tokens = student.t5.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoding.states.repeat_interleave(copies, dim=0)),
            attention_mask=encoding.mask.repeat_interleave(copies, dim=0),
            max_new_tokens=longest,
            num_beams=width // copies,
            num_return_sequences=width // copies,
            no_repeat_ngram_size=integer("train.no_repeat"),
            logits_processor=LogitsProcessorList(processors),
            suppress_tokens=list(tokenizer.ids) or None,
            do_sample=False,
        )
    return [tokenizer.decode(row) for row in tokens.tolist()]


def _numbers(sources: Sequence[str], samples: int, longest: int) -> torch.Tensor:
    """(B * samples, longest) numbers in [0, 1), which depend on an input alone."""
    drawn = [np.random.default_rng(zlib.crc32(source.encode())).random((samples, longest)) for source in sources]
    return torch.from_numpy(np.concatenate(drawn))
