"""Prompts as files: the messages to a language model, which part of a review it reads, how it samples, and how it must answer.

A prompt is a TOML file, either from `assets/prompts/` by name or the user's own by path.  The review is untrusted: it is either the whole
last turn, or put into a block whose delimiters it cannot contain.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec.core.home import NAME_PATTERN, PROJECT
from rdrec.core.records import InputError, Review, UnknownNameError
from rdrec.core.untrusted import read_toml

FOLDER = PROJECT / "assets" / "prompts"
FORM = 1
READS, ANSWERS = ("sentence", "review"), ("sentences", "opinions", "lists")
LISTS = ("likes", "dislikes", "item")  # the fields of an answer in lists
PLACE = "{review}"
Message = dict[str, str]  # {"role": "system" | "user" | "assistant", "content": ...}
_NUMBERS = {"temperature": (0.0, 2.0), "top_p": (0.01, 1.0), "max_tokens": (16, 4096), "max_review_chars": (100, 20_000)}
_MOST_PROMPT_CHARS = 20_000  # for system and user text together; more would leave a 4,096-token model no room for the review
_MARKUP = str.maketrans({"<": "‹", ">": "›"})  # so that no review contains one of our delimiters or a chat template's token
_TURN = re.compile(r"\[(/?\s*(?:INST|SYS|SYSTEM|ASSISTANT|USER|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS))\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """A review and a good answer, shown to the model as an earlier turn of the chat.  phrases: all phrases of the answer."""

    review: str
    answer: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file.

    sha256            of everything that the model sees; comments, whitespace and the file name do not affect it
    temperature       0 means greedy
    max_tokens        of the answer
    max_review_chars  longer reviews are cut at a word boundary
    """

    name: str
    sha256: str
    reads: str
    answer: str
    temperature: float
    top_p: float
    max_tokens: int
    max_review_chars: int
    system: str
    user: str
    examples: tuple[Example, ...] = ()

    @property
    def sampling(self) -> str:
        """How an answer is sampled, in words and without the seed."""
        drawn = f"temperature {self.temperature:g}, top-p {self.top_p:g}" if self.temperature else "greedy"
        return f"{drawn}, at most {self.max_tokens} tokens"

    def source(self, review: Review) -> str | None:
        """The part of the review that is read, cleaned and cut; None if there is nothing to read."""
        text = review.text if self.reads == "review" else review.sentence
        return None if text is None else clean(text, self.max_review_chars) or None

    def messages(self, source: str) -> list[Message]:
        """The messages for a text returned by `source`."""
        turns = [{"role": "system", "content": self.system}]
        for example in self.examples:
            turns.append({"role": "user", "content": self._turn(example.review)})
            turns.append({"role": "assistant", "content": example.answer})
        return [*turns, {"role": "user", "content": self._turn(source)}]

    def _turn(self, source: str) -> str:
        """The user's turn about one text.  If it consists of the text alone, no delimiters are needed."""
        return source if self.user == PLACE else self.user.replace(PLACE, block(source))


def block(source: str) -> str:
    """The text between two delimiters that contain its hash; no text can contain its own hash."""
    mark = hashlib.sha256(source.encode()).hexdigest()[:12]
    return f'<review id="{mark}">\n{source}\n</review id="{mark}">'


def clean(text: str, most: int) -> str:
    """At most `most` characters of `text`, without control and format characters and anything like a token of a chat template."""
    kept = "".join(c if c == "\n" else " " if unicodedata.category(c)[0] == "C" or c.isspace() else c for c in text)
    safe = _TURN.sub(r"(\1)", kept.translate(_MARKUP)).strip()
    if len(safe) <= most:
        return safe
    return safe[:most].rsplit(None, 1)[0] if any(c.isspace() for c in safe[:most].strip()) else safe[:most]


def neutralised(text: str, control_tokens: Sequence[str]) -> str:
    """`text` with a blank inside every control token of a model; none of them has fewer than two characters."""
    for token in control_tokens:
        if token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def without_surrogates(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, because text with lone surrogates can be neither written nor hashed."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def prompt_names() -> list[str]:
    """The prompts that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_prompt(name_or_path: str) -> Prompt:
    """A prompt from `assets/prompts/` by name, or any TOML file by path.

    Raises UnknownNameError for an unknown name, listing the known ones; InputError for a faulty file, listing every fault.
    """
    if name_or_path in prompt_names():
        return read_prompt(FOLDER / f"{name_or_path}.toml")
    if not name_or_path.endswith(".toml"):
        raise UnknownNameError(
            f"there is no prompt named {name_or_path[:80]!r}",
            where="--prompt",
            todo=f"use {', '.join(prompt_names())}, or the path of a .toml file of your own",
        )
    return read_prompt(Path(name_or_path))


def read_prompt(path: Path) -> Prompt:
    """Read one file.  Raises InputError that lists all its faults."""
    try:
        raw = read_toml(path)
    except OSError as error:
        raise InputError(
            f"the prompt cannot be read ({error.strerror})", where=path, todo="give the path of a .toml file"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not TOML ({str(error)[:200]})", where=path, todo="copy a file from assets/prompts") from None
    faults = _faults(raw)
    if not NAME_PATTERN.fullmatch(path.stem):
        faults.append("the file name may contain only a-z, 0-9, - and _")
    if faults:
        raise InputError("; ".join(faults), where=path, todo="see docs/teachers.md")
    examples = tuple(_example(example) for example in raw.get("examples", []))
    seen = [raw["reads"], raw["answer"], raw["system"].strip(), raw["user"].strip(), [[e.review, e.answer] for e in examples]]
    sampling = float(raw["temperature"]), float(raw["top_p"]), raw["max_tokens"], raw["max_review_chars"]
    sha256 = hashlib.sha256(json.dumps(seen).encode()).hexdigest()
    return Prompt(
        path.stem, sha256, raw["reads"], raw["answer"], *sampling, raw["system"].strip(), raw["user"].strip(), examples
    )


def _example(raw: dict[str, Any]) -> Example:
    """An example for answers in lists; its answer is the JSON that a model should write."""
    lists = {name: raw[name] for name in LISTS}
    phrases = tuple(phrase for values in lists.values() for phrase in values)
    return Example(raw["review"].strip(), json.dumps(lists, ensure_ascii=False), phrases)


def _faults(raw: dict[str, Any]) -> list[str]:
    wanted = {"form", "reads", "answer", "system", "user", *_NUMBERS}
    faults = [f"{name} is missing" for name in sorted(wanted - set(raw))]
    faults += [f"{name[:40]} is unknown" for name in sorted(set(raw) - wanted - {"examples"})]
    faults += _faults_of_examples(raw)
    if raw.get("form", FORM) != FORM:
        faults.append(f"form is not {FORM}")
    for name, known in (("reads", READS), ("answer", ANSWERS)):
        if name in raw and raw[name] not in known:
            faults.append(f"{name} is not one of {', '.join(known)}")
    for name, (low, high) in _NUMBERS.items():
        value = raw.get(name, low)
        whole = name.startswith("max_")
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits or not low <= value <= high:
            faults.append(f"{name} is not a {'whole ' if whole else ''}number from {low:g} to {high:g}")
    texts = [raw.get(name, "x") for name in ("system", "user")]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        faults.append("system and user are not both texts")
    elif "user" in raw and texts[1].count(PLACE) != 1:
        faults.append(f"user does not contain {PLACE} exactly once")
    elif PLACE in texts[0]:
        faults.append(f"system contains {PLACE}: the review belongs in user")
    elif sum(map(len, texts)) + len(str(raw.get("examples", ""))) > _MOST_PROMPT_CHARS:
        faults.append(f"system, user and examples are longer than {_MOST_PROMPT_CHARS:,} characters")
    return faults


def _faults_of_examples(raw: dict[str, Any]) -> list[str]:
    """Faults of the examples, which are only allowed with answers in lists; each is a table with the review and three lists."""
    if "examples" not in raw:
        return []
    if raw.get("answer") != "lists":
        return ['examples are for answer = "lists"']
    examples = raw["examples"]
    if not isinstance(examples, list):
        return ["examples are not written as [[examples]]"]
    return [
        f"example {number} must contain a text `review` and the lists {', '.join(LISTS)} of texts, and nothing else"
        for number, example in enumerate(examples, start=1)
        if not _is_example(example)
    ]


def _is_example(example: Any) -> bool:
    if not isinstance(example, dict) or set(example) != {"review", *LISTS}:
        return False
    lists = [example[name] for name in LISTS]
    texts = [value for values in lists if isinstance(values, list) for value in values]
    return (
        isinstance(example["review"], str)
        and bool(example["review"].strip())
        and all(isinstance(values, list) for values in lists)
        and all(isinstance(text, str) and text.strip() for text in texts)
    )
