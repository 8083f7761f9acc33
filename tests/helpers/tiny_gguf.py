"""A tiny Llama in one GGUF file: every byte is a token, the weights are random, and what it says hangs on what it reads."""

from pathlib import Path

import gguf
import numpy as np

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH, HEADS, LAYERS, FEED = 64, 4, 2, 128
# Few words, since the model has a token a letter, and room for the longest answer that the schema allows.
SHORT_PROMPT = """
form = 1
reads = "review"
answer = "lists"
temperature = 0.0
top_p = 1.0
max_tokens = 1400
max_review_chars = 400
system = "Read."
user = "{review}"

[[examples]]
review = "ok"
likes = []
dislikes = []
item = []
"""


def write_tiny_gguf(path: Path, *, template: str | None = CHATML, context: int = 4096, seed: int = 0) -> Path:
    """Writes the file and returns its path."""
    rng = np.random.default_rng(seed)
    tokens, types = _vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(path.stem)
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["t h"])  # llama.cpp wants one
    writer.add_bos_token_id(len(tokens) - 3)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    for name, values in _weights(rng, tokens).items():
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary() -> tuple[list[str], list[int]]:
    """The 256 bytes as GPT-2 spells them, and the control tokens of ChatML."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelt = {byte: chr(byte) for byte in printable}
    spelt |= {byte: chr(256 + n) for n, byte in enumerate(byte for byte in range(256) if byte not in spelt)}
    tokens = [*(spelt[byte] for byte in range(256)), "th", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return tokens, [gguf.TokenType.NORMAL] * 257 + [gguf.TokenType.CONTROL] * 3


def _weights(rng: np.random.Generator, tokens: list[str]) -> dict[str, np.ndarray]:
    embedding = rng.normal(size=(len(tokens), WIDTH)) * 2
    embedding[:, 0] = 25.0  # a part that all hidden states share: what it is multiplied with is a bias
    output = rng.normal(size=(len(tokens), WIDTH)) * 0.3
    output[:, 0] = -4.0  # no byte but letters, quotation marks (the more, the shorter the phrases), and what ends a list
    output[97:123, 0] = 0.0
    output[ord('"'), 0] = 1.5
    output[[ord(mark) for mark in "],"], 0] = 1.2
    found = {"token_embd.weight": embedding, "output.weight": output, "output_norm.weight": np.ones(WIDTH)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name, shape in (
            ("attn_q", (WIDTH, WIDTH)), ("attn_k", (WIDTH, WIDTH)), ("attn_v", (WIDTH, WIDTH)), ("attn_output", (WIDTH, WIDTH)),
            ("ffn_gate", (FEED, WIDTH)), ("ffn_up", (FEED, WIDTH)), ("ffn_down", (WIDTH, FEED)),
        ):  # fmt: skip
            found[f"{block}{name}.weight"] = rng.normal(size=shape) * 2 / np.sqrt(shape[1])
        for name in ("attn_output", "ffn_down"):
            found[f"{block}{name}.weight"][0] = 0.0  # nothing changes the shared part
        found[f"{block}attn_norm.weight"] = found[f"{block}ffn_norm.weight"] = np.ones(WIDTH)
    return found
