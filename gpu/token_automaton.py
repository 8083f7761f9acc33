"""An automaton over tokens that constrains a decoder to a JSON object of lists of short strings.

llama.cpp enforces a schema while it decodes; this does the same for transformers, on the device and without a copy to the host in each
step.  The format is fixed: `{"likes": ["...", "..."], "dislikes": [], "item": ["..."]}`, as `json.dumps` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

NONE = -1
QUOTE, BACKSLASH, SPACE, DELETE = b'"'[0], b"\\"[0], b" "[0], 0x7F
LONGEST_TOKEN = 32  # bytes; longer tokens (runs of dashes or blanks) are never allowed
STATES_AT_ONCE = 64  # states computed together, which bounds the memory for the table


@dataclass(frozen=True)
class ListsForm:
    """keys: in order; most: strings in a list; longest: bytes of a string in UTF-8."""

    keys: tuple[str, ...]
    most: int
    longest: int


def byte_automaton(form: ListsForm) -> tuple[np.ndarray, int]:
    """(table (S, 256) int16 of the next state for each byte or -1, final state); state 0 is the start.

    A string has at least one byte, does not begin with a blank, and contains no quote, backslash or control character.
    """
    rows: list[np.ndarray] = []

    def new() -> int:
        rows.append(np.full(256, NONE, dtype=np.int16))
        return len(rows) - 1

    def literal(state: int, text: str) -> int:
        for byte in text.encode():
            after = new()
            rows[state][byte] = after
            state = after
        return state

    content = np.ones(256, dtype=bool)
    content[:SPACE] = False
    content[[QUOTE, BACKSLASH, DELETE]] = False
    first = content.copy()
    first[SPACE] = False
    state = new()
    for place, key in enumerate(form.keys):
        state = literal(state, ("{" if place == 0 else ", ") + f'"{key}": [')
        closed = new()
        rows[state][b"]"[0]] = closed
        opened = literal(state, '"')
        for item in range(form.most):
            inside, ended = opened, new()
            for length in range(form.longest):
                after = new()
                rows[inside][content if length else first] = after
                inside = after
                rows[inside][QUOTE] = ended
            rows[ended][b"]"[0]] = closed
            if item + 1 < form.most:
                opened = literal(ended, ', "')
        state = closed
    final = literal(state, "}")
    return np.stack(rows), final


def token_table(form: ListsForm, tokens: Sequence[bytes], end: int, device: str | torch.device) -> torch.Tensor:
    """(S + 1, V) int16: the next state for each state and token, -1 if the token is not allowed.

    tokens  the bytes of every token; empty for a token without text, which is never allowed
    end     the token that ends an answer: allowed only in the final state, from which it leads to the last row, which allows
            only this token
    """
    raw, final = byte_automaton(form)
    done = len(raw)
    steps = np.vstack([raw, np.full((1, 256), NONE, dtype=np.int16)])
    lengths = np.array([len(token) for token in tokens])
    lengths[lengths > LONGEST_TOKEN] = 0
    order = np.argsort(-lengths, kind="stable")  # longest first, so that tokens still being spelled are a prefix
    spelled = np.zeros((LONGEST_TOKEN, len(tokens)), dtype=np.int64)
    for place, index in enumerate(order[: int((lengths > 0).sum())]):
        spelled[: lengths[index], place] = np.frombuffer(tokens[int(index)], dtype=np.uint8)
    step, letters = torch.from_numpy(steps).to(device), torch.from_numpy(spelled).to(device)
    columns = torch.from_numpy(order).to(device)
    found = torch.full((done + 1, len(tokens)), NONE, dtype=torch.int16, device=device)
    for begin in range(0, done + 1, STATES_AT_ONCE):
        states = torch.arange(begin, min(begin + STATES_AT_ONCE, done + 1), dtype=torch.int16, device=device)
        state = states[:, None].repeat(1, int((lengths > 0).sum()))  # (STATES_AT_ONCE, tokens with text)
        for place in range(LONGEST_TOKEN):
            left = int((lengths > place).sum())
            after = step[state[:, :left].long().clamp(min=0), letters[place, :left]]
            state[:, :left] = torch.where(state[:, :left] >= 0, after, NONE)
        found[begin : begin + len(states), columns[: state.shape[1]]] = state
    found[:, end] = NONE
    found[final, end] = done
    found[done, end] = done
    return found


def byte_level_tokens(vocabulary: dict[str, int], special: Sequence[int], size: int) -> list[bytes]:
    """The bytes of every token of a byte-level BPE vocabulary (GPT-2's alphabet); empty for special and unused ones."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(rest)}
    found = [b""] * size
    for text, index in vocabulary.items():
        if index not in special and all(char in alphabet for char in text):
            found[index] = bytes(alphabet[char] for char in text)
    return found
