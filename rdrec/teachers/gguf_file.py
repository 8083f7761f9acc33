"""Read the header of a GGUF file before llama.cpp does, to report invalid and truncated files in a clear sentence.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec.core.records import InputError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9
_CONTROL = 3  # type of a control token
_MOST = 2**32  # entries; more means that the file is damaged
_TODO, _GIVE = "download it again, or give another file", "give the path of a .gguf file"


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The fields of the header used here.

    context         context length in tokens
    kv_bytes        bytes of one token in the key-value cache, in 16 bits
    control_tokens  strings that the tokenizer would read as control tokens
    """

    architecture: str
    context: int
    kv_bytes: int
    chat_template: str | None
    control_tokens: tuple[str, ...]
    size: int


def read_header(path: Path) -> GgufHeader:
    """Read the header.  Raises InputError if the file is missing, not GGUF, damaged or truncated."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _read(content, path)
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, todo=_GIVE) from None
    except IsADirectoryError:
        raise InputError("this is a folder", where=path, todo=_GIVE) from None
    except ValueError:  # from mmap
        raise InputError("this file is empty", where=path, todo=_TODO) from None
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", where=path, todo=_GIVE) from None


class _Reader:
    """Reads values in sequence; raises IndexError if the file ends inside one."""

    def __init__(self, content: mmap.mmap) -> None:
        self.content, self.at = content, len(_MAGIC)

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.content):
            raise IndexError
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _ARRAY:
            raise IndexError
        inner, count = self.number("I"), self.number("Q")
        if count > _MOST:
            raise IndexError
        if inner in _SCALARS:
            form = f"{count}{_SCALARS[inner]}"
            return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return [self.value(inner) for _ in range(count)]


def _read(content: mmap.mmap, path: Path) -> GgufHeader:
    if content[: len(_MAGIC)] != _MAGIC:
        raise InputError("this is not a GGUF file", where=path, todo="give a .gguf file; for safetensors use --teacher local")
    reader = _Reader(content)
    try:
        version = reader.number("I")
        if version not in _VERSIONS:
            raise InputError(f"this is GGUF version {version}; only versions 2 and 3 can be read", where=path, todo=_TODO)
        tensors, pairs = reader.number("Q"), reader.number("Q")
        found = {reader.text(): reader.value(reader.number("I")) for _ in range(min(pairs, _MOST))}
        end = _end(reader, tensors, int(found.get("general.alignment", 32)))
    except (IndexError, struct.error, OverflowError, MemoryError):
        raise InputError("this GGUF file is truncated or damaged", where=path, todo=_TODO) from None
    if len(content) < end:
        raise InputError(
            f"this GGUF file is truncated: it has {len(content):,} bytes, but its tensors need more than {end:,}",
            where=path,
            todo=_TODO,
        )
    return _header(found, len(content))


def _end(reader: _Reader, tensors: int, alignment: int) -> int:
    """The least size of a complete file: up to the first byte of its last tensor."""
    last = 0
    for _ in range(min(tensors, _MOST)):
        reader.text()
        for _ in range(reader.number("I")):
            reader.number("Q")
        reader.number("I")
        last = max(last, reader.number("Q"))
    start = -(-reader.at // alignment) * alignment
    return int(start + last + 1)


def _header(found: dict[str, Any], size: int) -> GgufHeader:
    architecture = str(found.get("general.architecture", "unknown"))

    def count(name: str, default: int = 0) -> int:
        value = found.get(f"{architecture}.{name}", default)
        return max(value, default=0) if isinstance(value, list | tuple) else int(value)

    heads = count("attention.head_count", 1) or 1
    head = count("attention.key_length") or count("embedding_length") // heads
    kv_heads = count("attention.head_count_kv") or heads
    template = found.get("tokenizer.chat_template")
    tokens, types = found.get("tokenizer.ggml.tokens", []), found.get("tokenizer.ggml.token_type", ())
    control = tuple(token for token, kind in zip(tokens, types, strict=False) if kind == _CONTROL and len(token) > 1)
    return GgufHeader(
        architecture,
        count("context_length"),
        2 * 2 * count("block_count") * kv_heads * head,
        template if isinstance(template, str) and template.strip() else None,
        control,
        size,
    )
