"""Reading in batches: the answers are those of `generate`, one prompt at a time, without a shared prefix."""

import numpy as np
import pytest
import step_c
import torch
from automaton_mask import AutomatonMask
from token_automaton import ListsForm, token_table
from transformers import LogitsProcessorList, Qwen2Config, Qwen2ForCausalLM

END = 256
TOKENS = [*(bytes([byte]) for byte in range(256)), b""]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=257, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        tie_word_embeddings=True,
    )  # fmt: skip
    made = Qwen2ForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(3)  # sure enough that no two tokens are nearly tied
    return made


@pytest.mark.parametrize("shared", [0, 7])
def test_answers_are_those_of_generate(model, shared):
    table = token_table(ListsForm(("a", "b"), most=2, longest=5), TOKENS, END, "cpu")
    rng = np.random.default_rng(1)
    head = rng.integers(0, 256, shared)
    prompts = [np.append(head, rng.integers(0, 256, length)).astype(np.int32) for length in (3, 9, 1, 5, 5, 14)]
    found = step_c.answer(model, table, prompts, shared, END, 60)
    for prompt, answer in zip(prompts, found, strict=True):
        said = model.generate(
            torch.from_numpy(prompt.astype(np.int64))[None], max_new_tokens=60, do_sample=False, eos_token_id=END, pad_token_id=END,
            logits_processor=LogitsProcessorList([AutomatonMask(table)]),
        )[0, len(prompt) :]  # fmt: skip
        assert answer.tolist() == said.tolist()
    assert len({len(answer) for answer in found}) > 1, "answers of one length would not try rows that leave the batch"


def test_the_shared_prefix_leaves_each_prompt_a_token():
    assert step_c.shared_prefix([np.array([1, 2, 3]), np.array([1, 2, 4, 5])]) == 2
    assert step_c.shared_prefix([np.array([1, 2]), np.array([1, 2])]) == 1
    assert step_c.shared_prefix([np.array([7, 2]), np.array([1, 2])]) == 0
