"""Convert text to tokens and back, with the whole-word index of every token.

A student trained from scratch uses a small byte-level BPE trained on the data set's own training text, with one token for each user and
item.  It reads only the IDs of an input: words that are the same in every input ("Generate", "item_", "'s attributions") would only make
it harder for the decoder to find the ID, and the prompt vectors tell it the task.  With `--init` it uses T5's own tokenizer, which reads
every word.

Both kinds split at spaces first, so the tokens of a text are the tokens of its words, and those of each word are cached.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from rdrec.core.records import ArtefactError, InputError
from rdrec.core.settings import integer

PAD, EOS, UNKNOWN = "<pad>", "</s>", "<unk>"
FILE = "tokenizer.json"
ID_WORD = re.compile(r"(?:user|item)_\d+")
_USER_DIGITS = "٠١٢٣٤٥٦٧٨٩"  # user IDs are written in these digits inside the tokenizer, so that user 12 and item 12 differ
_TO_USER, _FROM_USER = str.maketrans("0123456789", _USER_DIGITS), str.maketrans(_USER_DIGITS, "0123456789")
_USER = re.compile(r"\buser_\d+")
_PREFIXES = (" user_", " item_")  # tokens before the digits of an ID that has several tokens
GROUP = 3  # digits per token if there are too many users and items for one token each
_CACHED_WORDS = 500_000  # enough for IDs and English words; bounds the cache for arbitrary text


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of an input; whole_words: for each token the 1-based index of the ID it belongs to within the input, 0 for none."""

    tokens: tuple[int, ...]
    whole_words: tuple[int, ...]


class StudentTokenizer:
    """A `tokenizers.Tokenizer` with T5's special tokens, a word cache and whole-word indices.

    ends_input  whether inputs also get an end token, as in the released program; students trained here have none
    ids_only    whether an input's words outside IDs are dropped, as in tokenizers trained here
    whole_ids   whether every user and item is a single token
    counts_back whether the IDs after the first are counted from the end, so that the most recent purchase always has index 2

    Raises InputError for a tokenizer without T5's special tokens.
    """

    def __init__(self, tokenizer: Tokenizer, *, ends_input: bool = False, counts_back: bool = False) -> None:
        self._tokenizer, self.ends_input, self.counts_back = tokenizer, ends_input, counts_back
        special = {name: tokenizer.token_to_id(name) for name in (PAD, EOS, UNKNOWN)}
        if missing := [name for name, number in special.items() if number is None]:
            raise InputError(f"the tokenizer has no {', '.join(missing)}", todo="use a T5 tokenizer")
        self.pad, self.eos, self.unknown = (int(special[name] or 0) for name in (PAD, EOS, UNKNOWN))
        self._words: dict[str, tuple[tuple[int, ...], tuple[bool, ...]]] = {}
        # only tokenizers trained here have tokens for the user digits; others know them as several bytes or not at all
        self._user_digits = tokenizer.token_to_id(_byte_level(_USER_DIGITS[1])) is not None
        # older tokenizers trained here read every word
        self.ids_only = self._user_digits and bool(getattr(tokenizer.model, "ignore_merges", False))
        self.whole_ids = self.ids_only and tokenizer.token_to_id(_byte_level(_PREFIXES[0])) is None

    @classmethod
    def train(cls, texts: Iterable[str], *, users: int = 10**6, items: int = 10**6, digits: int = 0) -> StudentTokenizer:
        """Train a byte-level BPE of at most `train.vocabulary` tokens and add tokens for the IDs.

        texts         training text only: under `clean` no held-out word may shape the vocabulary
        users, items  how many there are.  If both together are at most `train.own_tokens`, each gets a token of its own; otherwise
                      IDs are split into groups of three digits, from the right.  User IDs are written in digits of their own, so that
                      user 12 and item 12 do not share a token.
        digits        digits of an item ID per token; 0: all of them, or three if there are too many users and items
        """
        own_tokens = users + items <= integer("train.own_tokens")
        user_digits = len(str(users)) if own_tokens else GROUP
        digits = digits or (len(str(items)) if own_tokens else GROUP)
        whole = own_tokens and digits >= len(str(items))  # then the number alone identifies the user or item
        tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r" ?\b(user|item)_(?=\d)"), "removed" if whole else "isolated"),
                *(pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in _digit_patterns(digits, user_digits)),
                pre_tokenizers.Split(Regex(r" ?[^\s\d]+|\s+"), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=integer("train.vocabulary"),
            special_tokens=[PAD, EOS, UNKNOWN],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        groups = [group.translate(_TO_USER) for group in _groups(users, user_digits)] + _groups(items, digits)
        return cls(_with_tokens(tokenizer, groups if whole else [*groups, *_PREFIXES]))

    @classmethod
    def load(cls, path: Path, *, ends_input: bool = False, counts_back: bool = False) -> StudentTokenizer:
        """Load a `tokenizer.json` file.  Raises ArtefactError if it cannot be read."""
        try:
            return cls(Tokenizer.from_str(path.read_text("utf-8")), ends_input=ends_input, counts_back=counts_back)
        except InputError:
            raise
        except Exception as error:  # the library raises bare Exception for every kind of bad file
            raise ArtefactError(
                f"the tokenizer cannot be read ({error})", where=path, todo="train the student again"
            ) from error

    def to_json(self) -> str:
        """The content of a `tokenizer.json` file."""
        return self._tokenizer.to_str(pretty=False)

    @cached_property
    def users(self) -> range:
        """The tokens of users, which occur in no sentence; empty if they are not one contiguous range of tokens."""
        numbers = [number for token, number in self._tokenizer.get_vocab().items() if self._is_user(token)]
        span = range(min(numbers), max(numbers) + 1) if numbers else range(0)
        return span if len(span) == len(numbers) else range(0)

    @property
    def ids(self) -> range:
        """The tokens of users and items that were added after training on text, so that no sentence needs them; empty if `users` is."""
        return range(self.users.start, self.size) if self.users else range(0)

    def _is_user(self, token: str) -> bool:
        pairs = (token[at : at + 2] for at in range(0, len(token), 2))  # a user digit is two bytes
        return self._user_digits and all(pair in _USER_DIGIT_BYTES for pair in pairs)

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> Encoded:
        """Tokens of an input: of its IDs alone with `ids_only`, without an end token unless `ends_input`."""
        tokens: list[int] = []
        marks: list[int] = []
        index = 0
        for word in text.split():
            pieces, inside = self._pieces(f" {word}")
            if any(inside):
                index += 1
            for piece, flag in zip(pieces, inside, strict=True):
                if flag or not self.ids_only:
                    tokens.append(piece)
                    marks.append(index if flag else 0)
        if self.counts_back:
            marks = [mark if mark < 2 else index + 2 - mark for mark in marks]
        if self.ends_input:
            tokens.append(self.eos)
            marks.append(0)
        return Encoded(tuple(tokens), tuple(marks))

    def encode_target(self, text: str, limit: int | None = None) -> tuple[int, ...]:
        """Tokens of a target, cut to `limit`, followed by the end token (which does not count).

        The first word has no space before it, so that an ID has the same tokens here as in `item_12`.
        """
        words = text.split()
        spaced = words[:1] + [f" {word}" for word in words[1:]]
        tokens = [piece for word in spaced for piece in self._pieces(word)[0]]
        return (*tokens[:limit], self.eos)

    def encode_id(self, item_id: int) -> tuple[int, ...]:
        """Tokens of an item ID as a target: its digits, then the end token.  Raises InputError if the tokenizer lacks those digits."""
        tokens = self.encode_target(str(item_id))
        if len(tokens) < 2 or self.unknown in tokens:
            raise InputError(f"this tokenizer has no tokens for the ID {item_id}", todo="use a tokenizer that includes digits")
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens, without special tokens."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True).strip()
        return text.translate(_FROM_USER) if self._user_digits else text

    def pieces(self, tokens: Iterable[int]) -> list[str]:
        """Each token as readable text, to show the exact input."""
        return [self._piece(self._tokenizer.decode([token], skip_special_tokens=False) or "") for token in tokens]

    @cached_property
    def token_of(self) -> dict[str, int]:
        """Inverse of `pieces` for the whole vocabulary: the token of each readable text, including its leading space."""
        return {piece: token for token, piece in enumerate(self.pieces(range(self.size)))}

    def _piece(self, text: str) -> str:
        if self.whole_ids and text.isdecimal():
            text = ("item_" if text.isascii() else "user_") + text
        return text.translate(_FROM_USER) if self._user_digits else text

    def _pieces(self, word: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        """Tokens of one word, which may start with a space, and for each token whether it belongs to an ID."""
        cached = self._words.get(word)
        if cached is None:
            written = _USER.sub(lambda match: match[0].translate(_TO_USER), word) if self._user_digits else word
            encoding = self._tokenizer.encode(written, add_special_tokens=False)
            match = ID_WORD.search(word)  # inputs are made so that a word has at most one ID
            inside = tuple(match is not None and end > match.start() and start < match.end() for start, end in encoding.offsets)
            cached = (tuple(encoding.ids), inside)
            if len(self._words) < _CACHED_WORDS:
                self._words[word] = cached
        return cached


def _digit_patterns(digits: int, user_digits: int) -> list[str]:
    """Patterns that match groups of digits, counted from the right; a single one if user and item IDs are split alike."""
    if digits == user_digits:
        return [_digit_pattern(r"\d", digits)]
    return [_digit_pattern("[0-9]", digits), _digit_pattern(f"[{_USER_DIGITS}]", user_digits)]


def _digit_pattern(digit: str, digits: int) -> str:
    return rf"{digit}{{1,{digits}}}(?=(?:{digit}{{{digits}}})*(?!{digit}))"


def _groups(count: int, digits: int) -> list[str]:
    """Every group of digits that occurs in the numbers 1 to count."""
    most = 10**digits
    if count < most:
        return [str(n) for n in range(1, count + 1)]
    return sorted({f"{n:0{digits}d}" for n in range(most)} | {str(n) for n in range(1, most)})


def _with_tokens(tokenizer: Tokenizer, words: Iterable[str]) -> Tokenizer:
    """The same BPE with each of `words` as a single token, regardless of its merges."""
    table = json.loads(tokenizer.to_str())
    vocabulary = table["model"]["vocab"]
    for word in words:
        vocabulary.setdefault(_byte_level(word), len(vocabulary))
    table["model"]["ignore_merges"] = True  # a word in the vocabulary is looked up before merges apply
    return Tokenizer.from_str(json.dumps(table))


def _byte_level(word: str) -> str:
    """A word as a byte-level vocabulary spells it."""
    return str(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0])


_USER_DIGIT_BYTES = frozenset(_byte_level(digit) for digit in _USER_DIGITS)
