"""A chat model of a few thousand numbers with a real chat template, made on the spot; it babbles, unless it is told what to say."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + TEMPLATE
TEXT = [
    "1. The user prefers a good price.\n2. The item's attributes are a fair price.",
    "The price of it is great, I love the sound.",
] * 5


def save_tiny_chat(folder: Path, template: str = TEMPLATE, positions: int = 4096) -> Path:
    """A Llama of one layer and a byte-level tokenizer, seeded, with safetensors weights."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(TEXT, vocab_size=400, special_tokens=["<|end|>", "<|im_start|>", "<|im_end|>"], show_progress=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe._tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|end|>",
        additional_special_tokens=["<|im_start|>"],
        chat_template=template,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def teach(folder: Path, answer: str, steps: int = 250) -> None:
    """Train the model in `folder` until it gives this one answer to everything that ends a chat."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    starts = [
        "<|im_start|>user\nx<|im_end|>\n",
        "<|im_start|>user\nThe price is great. Answer.<|im_end|>\n",
        "review above.<|im_end|>\n",
    ]
    target = tokenizer(f"<|im_start|>assistant\n{answer}<|im_end|>", add_special_tokens=False)["input_ids"]
    generator = torch.Generator().manual_seed(0)
    for step in range(steps):
        noise = torch.randint(
            3, len(tokenizer), (int(torch.randint(1, 400, (), generator=generator)),), generator=generator
        ).tolist()
        ids = [*noise, *tokenizer(starts[step % 3], add_special_tokens=False)["input_ids"], *target]
        labels = [-100] * (len(ids) - len(target) + 3) + target[3:]
        loss = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(folder)
