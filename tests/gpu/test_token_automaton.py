"""The automaton allows exactly the JSON of its form, whatever the tokens are."""

import json

import numpy as np
import pytest
import torch
from automaton_mask import AutomatonMask
from hypothesis import given, settings
from hypothesis import strategies as st
from token_automaton import ListsForm, byte_automaton, byte_level_tokens, token_table

FORM = ListsForm(("likes", "item"), most=2, longest=6)
TOKENS = [bytes([byte]) for byte in range(256)] + [
    b'{"',
    b'likes": ["',
    b'"], "',
    b'", "',
    b"ab",
    b" a",
    b"",
    b'": []',
    b"x" * 40,
]
END = len(TOKENS)
TABLE = token_table(FORM, [*TOKENS, b""], END, "cpu")


def accepted(text: bytes) -> bool:
    states, final = byte_automaton(FORM)
    state = 0
    for byte in text:
        state = int(states[state, byte])
        if state < 0:
            return False
    return state == final


phrases = st.text(st.characters(codec="ascii", exclude_characters='"\\\x7f', min_codepoint=32), min_size=1, max_size=6).filter(
    lambda text: not text.startswith(" ")
)


@given(likes=st.lists(phrases, max_size=2), item=st.lists(phrases, max_size=2))
@settings(max_examples=60, deadline=None)
def test_every_object_of_the_form_is_accepted(likes, item):
    assert accepted(json.dumps({"likes": likes, "item": item}).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"likes": ["a", "b", "c"], "item": []}', '{"likes": ["1234567"], "item": []}', '{"likes": [""], "item": []}',
        '{"likes": [" a"], "item": []}', '{"likes": ["a\\n"], "item": []}', '{"likes": [], "item": []', '{"item": [], "likes": []}',
        '{"likes": ["a",], "item": []}', '{"likes": [], "item": []} ',
    ],
)  # fmt: skip
def test_nothing_else_is(text):
    assert not accepted(text.encode())


def test_an_umlaut_counts_its_bytes():
    assert accepted('{"likes": ["äöü"], "item": []}'.encode())
    assert not accepted('{"likes": ["äöüa"], "item": []}'.encode())


def test_tokens_lead_where_their_bytes_lead():
    states, _ = byte_automaton(FORM)
    for state in range(len(states)):
        for index, token in enumerate(TOKENS):
            expected = state if 0 < len(token) <= 32 else -1
            for byte in token if expected >= 0 else b"":
                expected = int(states[expected, byte]) if expected >= 0 else -1
            assert int(TABLE[state, index]) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_decoder_without_sense_writes_valid_json(seed):
    """Random scores, several rows that end at different steps."""
    generator = torch.Generator().manual_seed(seed)
    mask, rows, said = AutomatonMask(TABLE), 6, torch.zeros(6, 1, dtype=torch.int64)
    for _ in range(200):
        scores = mask(said, torch.randn(rows, len(TOKENS) + 1, generator=generator))
        assert torch.isfinite(scores).any(1).all()
        said = torch.cat([said, scores.argmax(1, keepdim=True)], 1)
    for row in said[:, 1:].tolist():
        text = b"".join(TOKENS[index] for index in row[: row.index(END)])
        assert set(row[row.index(END) :]) == {END}
        found = json.loads(text.decode(errors="replace"))
        assert list(found) == ["likes", "item"] and all(len(phrases) <= 2 for phrases in found.values())


def test_bytes_of_a_byte_level_vocabulary():
    found = byte_level_tokens({"Ġa": 0, "Ċ": 1, "<|end|>": 2, "Ã¤": 3}, [2], 5)
    assert found == [b" a", b"\n", b"", "ä".encode(), b""]
    assert np.array_equal([len(token) for token in found], [2, 1, 0, 2, 0])
