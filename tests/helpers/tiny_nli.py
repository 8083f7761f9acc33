"""A model of natural language inference of a few thousand numbers, made on the spot, that knows the pairs it was taught."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

LABELS = ("entailment", "neutral", "contradiction")


def save_tiny_nli(folder: Path, texts: Sequence[str], labels: Sequence[str] = LABELS, positions: int = 130) -> Path:
    """A BERT of one layer and a WordPiece tokenizer of the words of `texts`, seeded, with safetensors weights."""
    import torch
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    normal, split = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = sorted({word for text in texts for word, _ in split.pre_tokenize_str(normal.normalize_str(text))})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    inner = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    inner.normalizer, inner.pre_tokenizer = normal, split
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=positions,
        initializer_range=0.2,  # at BERT's own .02 so narrow a model learns nothing for hundreds of steps
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=0,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def teach(folder: Path, pairs: Sequence[tuple[str, str]], labels: Sequence[int], most: int = 600) -> None:
    """Train the model in `folder` until it gives every pair its label, and surely."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    batch = tokenizer([one for one, _ in pairs], [other for _, other in pairs], padding=True, return_tensors="pt")
    wanted = torch.tensor(labels)
    for _ in range(most):
        out = model(**batch, labels=wanted)
        if out.loss < 0.01 and (out.logits.argmax(-1) == wanted).all():
            model.save_pretrained(folder)
            return
        out.loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    raise AssertionError(f"the tiny model did not learn its pairs: loss {out.loss:.3f}")
