"""A stand-in of the released program's module, its files, its tokenizer, and its forward pass written the naive way."""

import io
import json
import sys
import types
import zipfile

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

MODULE = "module"  # where the released program keeps its class; no such module is there when the file is read
VECTORS = 3


def sentencepiece(folder):
    """A Unigram tokenizer as T5's, trained on a few words, saved as the hub has them; returns transformers' own object."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
            pre_tokenizers.Split(Regex("_"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    numbers = [f"user_{n} item_{n} {n}" for n in (*range(200), *range(1000, 1200))]
    texts = [*numbers, "Generate user_1's preference", "Generate item_1's attributions", "a clear sound, a sturdy clamp ."] * 3
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())
    trained["model"]["vocab"] += [["▁user", -1.0], ["▁item", -1.0]]  # one piece each, as in T5's own file
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    fast.save_pretrained(folder)
    return fast


def released_module(vocabulary, *, tasks=5, vectors=VECTORS, seed=3):
    """The layout of the released class: T5 with two tables, and some plain values beside them."""
    config = T5Config(
        vocab_size=vocabulary, d_model=16, d_kv=4, d_ff=32, num_layers=2, num_decoder_layers=2, num_heads=4,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    torch.manual_seed(seed)
    kind = type("Solomon", (T5ForConditionalGeneration,), {"__module__": MODULE})
    made = kind(config)
    made.prompts_per_task, made.model_device = vectors, torch.device("cpu")
    made.prompt_embeddings = nn.Embedding(tasks * vectors, 16)
    made.whole_word_embeddings = nn.Embedding(512, 16)
    made.prompt_offset = torch.arange(vectors)
    return made.eval()


def save(module, path, *, old_form=False):
    """torch.save of the whole module; its class can be imported while it is written and not afterwards."""
    sys.modules[MODULE] = types.ModuleType(MODULE)
    sys.modules[MODULE].Solomon = type(module)
    try:
        torch.save(module, path, _use_new_zipfile_serialization=not old_form)
    finally:
        del sys.modules[MODULE]
    return path


def archive(pickled, storages=None, folder="model", how=zipfile.ZIP_STORED):
    """Bytes of a zip file with this pickle and these storages."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as target:
        target.writestr(f"{folder}/data.pkl", pickled)
        for key, content in (storages or {}).items():
            target.writestr(f"{folder}/data/{key}", content)
    return made.getvalue()


def naive_logits(module, fast, tasks, texts, decoder_tokens):
    """The released forward pass: one padded batch of any tasks, prompt vectors in front, no mask for the decoder."""
    encoded = fast(texts, padding=True, return_tensors="pt")
    tokens, mask = encoded["input_ids"], encoded["attention_mask"]
    whole = torch.zeros_like(tokens)
    for row, text in enumerate(texts):
        pieces = fast.convert_ids_to_tokens(fast(text)["input_ids"])
        for word, at in enumerate([n for n, piece in enumerate(pieces) if piece == "_"], 1):
            whole[row, at - 1 : at + 1] = word
            after = at + 1
            while pieces[after].isdigit():
                whole[row, after] = word
                after += 1
    vectors = module.prompts_per_task
    rows = torch.tensor(tasks)[:, None] * vectors + torch.arange(vectors)
    given = torch.cat([module.prompt_embeddings(rows), module.shared(tokens) + module.whole_word_embeddings(whole)], 1)
    seen = torch.cat([torch.ones(len(texts), vectors, dtype=torch.long), mask], 1)
    states = module.encoder(inputs_embeds=given, attention_mask=seen).last_hidden_state
    return T5ForConditionalGeneration.forward(
        module, encoder_outputs=BaseModelOutput(last_hidden_state=states), decoder_input_ids=decoder_tokens, use_cache=False
    ).logits
