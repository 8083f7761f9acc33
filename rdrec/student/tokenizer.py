"""From words to token numbers and back, with the whole-word index of every token.

A student from scratch has a small byte-level BPE trained on the data set's own training text, a token for each user and each item,
and reads nothing but ids: words that are the same in every input ("Generate", "item_", "'s attributions") would only delay the
moment when its decoder finds the id.  The prompt vectors tell it the task.  `--init` brings T5's own file, which reads every word.
Every word between spaces is tokenised once and remembered: both kinds split at spaces first, so that the pieces of a
text are the pieces of its words.
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
_OWN_DIGITS = "٠١٢٣٤٥٦٧٨٩"  # of users' numbers, inside this module only: Unicode digits, so that they are grouped as others are
_TO_OWN, _FROM_OWN = str.maketrans("0123456789", _OWN_DIGITS), str.maketrans(_OWN_DIGITS, "0123456789")
_USER = re.compile(r"\buser_\d+")
_PREFIXES = (" user_", " item_")  # tokens before the digits of an id that is more than one
GROUP = 3  # digits in a token where users and items are too many for a token each


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids, and for each token the 1-based index of the id word it belongs to within the input (0: none)."""

    tokens: tuple[int, ...]
    whole_words: tuple[int, ...]


class StudentTokenizer:
    """A `tokenizers.Tokenizer` with T5's special tokens, a word cache and whole-word indices.

    ends_input  whether an input gets the end token too, as the released program gives it; the students trained here know none
    ids_only    whether the words of an input that belong to no id are left out: so in the tokenizers trained here
    """

    def __init__(self, tokenizer: Tokenizer, *, ends_input: bool = False) -> None:
        self._tokenizer, self.ends_input = tokenizer, ends_input
        special = {name: tokenizer.token_to_id(name) for name in (PAD, EOS, UNKNOWN)}
        if missing := [name for name, number in special.items() if number is None]:
            raise InputError(f"the tokenizer has no {', '.join(missing)}", todo="use a T5 tokenizer")
        self.pad, self.eos, self.unknown = (int(special[name] or 0) for name in (PAD, EOS, UNKNOWN))
        self._words: dict[str, tuple[tuple[int, ...], tuple[bool, ...]]] = {}
        # only tokenizers trained here know the own digits; to all others they are several bytes or nothing
        self._own_digits = tokenizer.token_to_id(_written(_OWN_DIGITS[1])) is not None
        # those trained before inputs were cut to their ids read every word
        self.ids_only = self._own_digits and bool(getattr(tokenizer.model, "ignore_merges", False))
        self.whole_ids = self.ids_only and tokenizer.token_to_id(_written(_PREFIXES[0])) is None

    @classmethod
    def train(cls, texts: Iterable[str], *, users: int = 10**6, items: int = 10**6, digits: int = 0) -> StudentTokenizer:
        """A byte-level BPE of at most `train.vocabulary` tokens, and the ids beside them.

        texts         training text only: under `clean` no held-out word may shape the vocabulary
        users, items  how many there are.  Up to `train.own_tokens` together each has a token of its own; in a larger catalogue numbers
                      are cut into groups of three digits, from the right.  Users' numbers are written in digits of their own, so
                      that user 12 and item 12 are not one token.
        digits        of an item's number that are one token; 0: all of them, or three where there are too many items
        """
        own = users + items <= integer("train.own_tokens")
        users_digits = len(str(users)) if own else GROUP
        digits = digits or (len(str(items)) if own else GROUP)
        whole = own and digits >= len(str(items))  # then a number alone says which id is meant
        tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r" ?\b(user|item)_(?=\d)"), "removed" if whole else "isolated"),
                *(pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in _cuts(digits, users_digits)),
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
        groups = [group.translate(_TO_OWN) for group in _groups(users, users_digits)] + _groups(items, digits)
        return cls(_with_tokens(tokenizer, groups if whole else [*groups, *_PREFIXES]))

    @classmethod
    def load(cls, path: Path, *, ends_input: bool = False) -> StudentTokenizer:
        """From a `tokenizer.json` file.  Raises ArtefactError when it cannot be read."""
        try:
            return cls(Tokenizer.from_str(path.read_text("utf-8")), ends_input=ends_input)
        except InputError:
            raise
        except Exception as error:  # the library raises bare Exception for every kind of bad file
            raise ArtefactError(
                f"the tokenizer cannot be read ({error})", where=path, todo="train the student again"
            ) from error

    def to_json(self) -> str:
        return self._tokenizer.to_str(pretty=False)

    @cached_property
    def users(self) -> range:
        """Tokens of users, which no sentence ever says; empty where a user's number has no tokens of its own."""
        numbers = [number for token, number in self._tokenizer.get_vocab().items() if self._names_user(token)]
        found = range(min(numbers), max(numbers) + 1) if numbers else range(0)
        return found if len(found) == len(numbers) else range(0)

    def _names_user(self, token: str) -> bool:
        return self._own_digits and all(part in _OWN_LETTERS for part in (token[at : at + 2] for at in range(0, len(token), 2)))

    @property
    def size(self) -> int:
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> Encoded:
        """Pieces of the text's words (of its ids alone with `ids_only`), without an end token unless `ends_input`."""
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
        if self.ends_input:
            tokens.append(self.eos)
            marks.append(0)
        return Encoded(tuple(tokens), tuple(marks))

    def encode_target(self, text: str, limit: int | None = None) -> tuple[int, ...]:
        """Tokens of a target, cut to `limit` tokens, with the end token (which is not counted).

        The first word has no space before it, so that the digits of an id are the same tokens here as in `item_12`.
        """
        words = text.split()
        spaced = words[:1] + [f" {word}" for word in words[1:]]
        tokens = [piece for word in spaced for piece in self._pieces(word)[0]]
        return (*tokens[:limit], self.eos)

    def encode_id(self, item_id: int) -> tuple[int, ...]:
        """Tokens of an id as a target: its digits, then the end token.  Raises InputError if the digits give no known token."""
        tokens = self.encode_target(str(item_id))
        if len(tokens) < 2 or self.unknown in tokens:
            raise InputError(f"the id {item_id} has no tokens in this tokenizer", todo="use a tokenizer that knows digits")
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True).strip()
        return text.translate(_FROM_OWN) if self._own_digits else text

    def pieces(self, tokens: Iterable[int]) -> list[str]:
        """Each token as readable text, for showing the exact prompt."""
        return [self._piece(self._tokenizer.decode([token], skip_special_tokens=False) or "") for token in tokens]

    @cached_property
    def token_of(self) -> dict[str, int]:
        """The token of each piece as readable text, space included."""
        return {piece: token for token, piece in enumerate(self.pieces(range(self.size)))}

    def _piece(self, text: str) -> str:
        if self.whole_ids and text.isdecimal():
            text = ("item_" if text.isascii() else "user_") + text
        return text.translate(_FROM_OWN) if self._own_digits else text

    def _pieces(self, word: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        """Tokens of one word, perhaps with a space before it, and which of them belong to an id."""
        known = self._words.get(word)
        if known is None:
            written = _USER.sub(lambda found: found[0].translate(_TO_OWN), word) if self._own_digits else word
            encoding = self._tokenizer.encode(written, add_special_tokens=False)
            found = ID_WORD.search(word)  # one id a word, by construction of the inputs
            inside = tuple(found is not None and end > found.start() and start < found.end() for start, end in encoding.offsets)
            known = (tuple(encoding.ids), inside)
            if len(self._words) < 500_000:  # ids and English words; a bound against endless odd text
                self._words[word] = known
        return known


def _cuts(digits: int, users_digits: int) -> list[str]:
    """Expressions that find a group of digits, from the right; one is enough where both kinds of numbers are cut alike."""
    if digits == users_digits:
        return [_cut(r"\d", digits)]
    return [_cut("[0-9]", digits), _cut(f"[{_OWN_DIGITS}]", users_digits)]


def _cut(one: str, digits: int) -> str:
    return rf"{one}{{1,{digits}}}(?=(?:{one}{{{digits}}})*(?!{one}))"


def _groups(count: int, digits: int) -> list[str]:
    """Every group of digits in the numbers 1..count."""
    most = 10**digits
    if count < most:
        return [str(n) for n in range(1, count + 1)]
    return sorted({f"{n:0{digits}d}" for n in range(most)} | {str(n) for n in range(1, most)})


def _with_tokens(tokenizer: Tokenizer, words: Iterable[str]) -> Tokenizer:
    """The same BPE with each of `words` as one token, whatever its merges make of them."""
    table = json.loads(tokenizer.to_str())
    vocabulary = table["model"]["vocab"]
    for word in words:
        vocabulary.setdefault(_written(word), len(vocabulary))
    table["model"]["ignore_merges"] = True  # a word that is in the vocabulary is looked up first
    return Tokenizer.from_str(json.dumps(table))


def _written(word: str) -> str:
    """As a byte-level vocabulary writes it."""
    return str(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0])


_OWN_LETTERS = frozenset(_written(digit) for digit in _OWN_DIGITS)  # each is two bytes
