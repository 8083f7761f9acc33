"""Tiny T5 checkpoints as the hub has them, each form made on purpose: the T5 itself, and files written tensor by tensor."""

import copy
import json

import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

SHARED, HEAD = "shared.weight", "lm_head.weight"
COPIES = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
# the forms that the hub has: T5, T5 v1.1 and Flan-T5, and mixtures that somebody may train
FORMS = {
    "t5": {},
    "t5-v1.1": {"tie_word_embeddings": False, "feed_forward_proj": "gated-gelu"},
    "untied": {"tie_word_embeddings": False},
    "gated": {"feed_forward_proj": "gated-gelu"},
    "odd": {
        "tie_word_embeddings": False, "feed_forward_proj": "gated-silu", "d_kv": 6, "num_layers": 1, "num_decoder_layers": 3,
        "relative_attention_num_buckets": 8, "relative_attention_max_distance": 5, "layer_norm_epsilon": 1e-3,
    },
}  # fmt: skip


def told(tokenizer, form="t5", **changes):
    """A config.json as transformers 4 wrote it: `tie_word_embeddings` false where the head is the model's own, else absent."""
    config = {
        "architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "is_encoder_decoder": True, "vocab_size": tokenizer.size,
        "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4, "feed_forward_proj": "relu",
        "pad_token_id": tokenizer.pad, "eos_token_id": tokenizer.eos, "decoder_start_token_id": tokenizer.pad,
    }  # fmt: skip
    return config | FORMS[form] | changes


def tiny_t5(config, seed=0):
    """transformers' own T5 of this config.json with random weights, the head set apart where it is not tied."""
    torch.manual_seed(seed)
    t5 = T5ForConditionalGeneration(T5Config.from_dict(copy.deepcopy(config))).eval()
    with torch.no_grad():
        if config.get("tie_word_embeddings") is False:
            t5.lm_head.weight = torch.nn.Parameter(torch.randn(t5.shared.weight.shape) / 4)
        for name, parameter in t5.named_parameters():
            if "layer_norm" in name or "relative_attention_bias" in name:
                parameter += 0.3 * torch.randn(parameter.shape)
    return t5


def tensors_of(t5):
    """The tensors that a file of this T5 holds: shared.weight once, the head only where it is the model's own."""
    tied = t5.lm_head.weight is t5.shared.weight
    left_out = {*COPIES, HEAD} if tied else set(COPIES)
    return {name: tensor.clone() for name, tensor in t5.state_dict().items() if name not in left_out}


def write_folder(folder, tokenizer, config, tensors, shards=1):
    """config.json, tokenizer files and safetensors, in `shards` files with an index."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "tokenizer.json").write_text(tokenizer.to_json(), "utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}', "utf-8")
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return folder
    where = {name: f"model-{number % shards + 1:05}-of-{shards:05}.safetensors" for number, name in enumerate(tensors)}
    for file in set(where.values()):
        save_file({name: tensor for name, tensor in tensors.items() if where[name] == file}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}), "utf-8")
    return folder


def logits(t5):
    """(3, 5, V) of fixed inputs, the first half of them short: what this T5 says."""
    generator = torch.Generator().manual_seed(9)
    vocabulary = t5.config.vocab_size
    tokens = torch.randint(3, vocabulary, (3, 12), generator=generator)
    mask = (torch.arange(12) < torch.tensor([[12], [9], [4]])).long()
    said = torch.randint(3, vocabulary, (3, 5), generator=generator)
    with torch.inference_mode():
        return t5(input_ids=tokens, attention_mask=mask, decoder_input_ids=said, use_cache=False).logits
