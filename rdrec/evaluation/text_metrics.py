"""Metrics of generated sentences: similarity to the reference, variety, features, and grounding in their sources.

BLEU-1, BLEU-4          corpus BLEU by sacrebleu (13a tokens, lower case), 0 to 1; BLEU-4 counts 1- to 4-grams, as usual
ROUGE-1, -2, -L         F score of each sentence by rouge-score, without stemming
USR, FMR, FCR, DIV      unique sentence ratio, feature matching ratio, feature coverage ratio, feature diversity (lower is more
                        diverse): Li et al., CIKM 2020 (NETE), section 4.2
grounded                share of a sentence's content words that occur in its source in any inflected form.  It is compared with the
                        same share for another source by the AUC; .5 means that the sentence could be about anyone
copied                  share of sentences that repeat eight consecutive words of the source
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from rdrec.core.records import InputError, Rationale
from rdrec.data.content_words import content_stems
from rdrec.teachers.grounding import copied_words

ROUGE = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL"}
_FRAME = "The user prefers likes enjoys wants looks for, dislikes and would rather avoid. The item's attributes are, has"
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def bleu(texts: Sequence[str], references: Sequence[str], order: int) -> float:
    """Corpus BLEU with n-grams up to `order`, 0 to 1."""
    score = BLEU(lowercase=True, max_ngram_order=order).corpus_score(list(texts), [list(references)]).score
    return float(score) / 100


def rouge(texts: Sequence[str], references: Sequence[str]) -> dict[str, np.ndarray]:
    """F scores of every sentence (N,), by "ROUGE-1", "ROUGE-2" and "ROUGE-L"."""
    scorer = RougeScorer(list(ROUGE.values()), use_stemmer=False)
    found = [scorer.score(reference, sentence) for sentence, reference in zip(texts, references, strict=True)]
    return {name: np.array([one[key].fmeasure for one in found]) for name, key in ROUGE.items()}


def usr(texts: Sequence[str]) -> float:
    """Unique sentence ratio: the number of different sentences divided by the number of sentences."""
    return len(set(texts)) / len(texts)


class Features:
    """Finds the features of a data set, which are words or phrases, in sentences."""

    def __init__(self, features: Iterable[str]) -> None:
        self._known = {words(feature): feature for feature in features if words(feature)}
        self._longest = max(map(len, self._known), default=0)

    def __len__(self) -> int:
        return len(self._known)

    def within(self, sentence: str) -> frozenset[str]:
        """The features that a sentence names in whole words."""
        tokens = words(sentence)
        runs = (tokens[at : at + size] for size in range(1, self._longest + 1) for at in range(len(tokens) - size + 1))
        return frozenset(self._known[run] for run in runs if run in self._known)


def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case."""
    return tuple(_WORD.findall(text.lower()))


def fmr(named: Sequence[frozenset[str]], truth: Sequence[str | None]) -> np.ndarray:
    """Feature matching: (M,) of 0 and 1, whether each sentence names the feature of its reference; cases without one are left out."""
    return np.array([float(feature in found) for found, feature in zip(named, truth, strict=True) if feature is not None])


def fcr(named: Sequence[frozenset[str]], features: int) -> float:
    """Feature coverage ratio: the number of features named at least once, divided by the number of features of the data set."""
    return len(frozenset().union(*named)) / features


def div(named: Sequence[frozenset[str]]) -> float:
    """Feature diversity: the mean number of features that two sentences share, over all pairs.  Raises InputError for fewer than two."""
    if len(named) < 2:
        raise InputError("feature diversity needs at least two sentences", todo="use a larger --sample")
    times = Counter(feature for found in named for feature in found)
    return sum(count * (count - 1) for count in times.values()) / (len(named) * (len(named) - 1))


def grounded(texts: Sequence[str], sources: Sequence[str]) -> np.ndarray:
    """(N,) share of each sentence's content words that occur in its source; 0 for a sentence without content words."""
    frame, known = content_stems(_FRAME), [content_stems(source) for source in sources]
    shares = []
    for sentence, source in zip(texts, known, strict=True):
        content = content_stems(sentence) - frame
        shares.append(len(content & source) / len(content) if content else 0.0)
    return np.array(shares)


def copied(texts: Sequence[str], sources: Sequence[str]) -> np.ndarray:
    """(N,) of 0 and 1: whether each sentence copies consecutive words of its source."""
    pairs = zip(texts, sources, strict=True)
    return np.array([float(bool(text) and copied_words(source, Rationale(text, None)) is not None) for text, source in pairs])
