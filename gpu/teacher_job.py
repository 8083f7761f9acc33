"""Prepare reviews for step c, and convert the model's output into answers.

usage: python gpu/teacher_job.py prepare NAME.job.npz --weights FILE.gguf --prompt PROMPT.json --data DATA_SET [--home FOLDER]
       python gpu/teacher_job.py collect NAME.job.npz NAME.answers.npz ANSWERS.jsonl

Reviews come from an imported data set, so that `distill` finds their texts; equal texts are read once.  Each line of the answers has the
three lists and the SHA-256 of the text, but not the text.  Answers that were cut off are left out and counted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
MAX_CHARS = 4_000
CHECKED = 50  # prompts compared with whole tokenisation


def prepare(job: Path, weights: Path, prompt: dict[str, Any], reviews: list[str]) -> dict[str, Any]:
    """Tokenise the prompt with each distinct text, in the model's own chat template."""
    from token_automaton import byte_level_tokens
    from transformers import AutoTokenizer

    from rdrec.teachers.prompts import clean

    kind = {"gguf_file": weights.name} if weights.suffix == ".gguf" else {}
    tokenizer = AutoTokenizer.from_pretrained(weights.parent if kind else weights, **kind)
    texts = list(dict.fromkeys(text for review in reviews if (text := clean(review, MAX_CHARS))))
    head = [{"role": "system", "content": prompt["system"]}]
    for review, answer in prompt["examples"]:
        head += [{"role": "user", "content": review}, {"role": "assistant", "content": json.dumps(answer)}]
    asked = _tokenised(tokenizer, head, texts)
    size = len(tokenizer)
    vocabulary = byte_level_tokens(tokenizer.get_vocab(), tokenizer.all_special_ids, size)
    lists = prompt["schema"]["properties"]
    meta = {
        "weights": weights.name, "end": tokenizer.eos_token_id, "keys": list(lists), "max_tokens": prompt["sampling"]["max_tokens"],
        "most": next(iter(lists.values()))["maxItems"], "longest": next(iter(lists.values()))["items"]["maxLength"],
        "texts": [hashlib.sha256(text.encode()).hexdigest() for text in texts], "prompt": prompt,
    }  # fmt: skip
    np.savez_compressed(
        job,
        meta=json.dumps(meta),
        prompts=np.concatenate([np.asarray(row, dtype=np.int32) for row in asked]),
        prompts_ends=np.cumsum([len(row) for row in asked]),
        vocabulary=np.frombuffer(b"".join(vocabulary), dtype=np.uint8),
        vocabulary_ends=np.cumsum([len(token) for token in vocabulary]),
    )
    return {
        "reviews": len(reviews),
        "texts": len(texts),
        "prompt_tokens": sum(map(len, asked)),
        "longest": max(map(len, asked)),
    }


def _tokenised(tokenizer: Any, head: list[dict[str, str]], texts: list[str]) -> list[list[int]]:
    """The token ids of each prompt; the part around the text is tokenised once, and the result checked on whole prompts."""
    place = "THE REVIEW STANDS HERE"

    def rendered(text: str) -> str:
        whole: str = tokenizer.apply_chat_template(
            [*head, {"role": "user", "content": text}], add_generation_prompt=True, tokenize=False
        )
        return whole

    before, after = (tokenizer(part, add_special_tokens=False).input_ids for part in rendered(place).split(place))
    found = [[*before, *middle, *after] for middle in tokenizer(texts, add_special_tokens=False).input_ids]
    for text, ids in list(zip(texts, found, strict=True))[:CHECKED]:
        if tokenizer(rendered(text), add_special_tokens=False).input_ids != ids:
            raise ValueError(f"this tokenizer merges a review with the text around it: {text[:60]!r}")
    return found


def collect(job: Path, answers: Path, out: Path) -> dict[str, int]:
    """Write one line for each text; returns how many were read and how many were cut off."""
    from step_c import ragged

    asked, answered = np.load(job), np.load(answers)
    meta = json.loads(str(asked["meta"]))
    vocabulary = [row.tobytes() for row in ragged(asked["vocabulary"], asked["vocabulary_ends"])]
    lines, cut = [], 0
    for digest, said in zip(meta["texts"], ragged(answered["answers"], answered["ends"]), strict=True):
        if not len(said) or said[-1] != meta["end"]:
            cut += 1
            continue
        raw = b"".join(vocabulary[token] for token in said[:-1]).decode(errors="replace")
        lines.append(json.dumps({"text_sha256": digest, **json.loads(raw)}, ensure_ascii=False))
    out.write_text("\n".join(lines) + "\n")
    return {"read": len(lines), "cut": cut}


def main() -> None:
    """Prepare a job, run it, or take its answers over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    first = actions.add_parser("prepare")
    first.add_argument("job", type=Path)
    for name in ("weights", "prompt"):
        first.add_argument(f"--{name}", type=Path, required=True)
    first.add_argument("--data", required=True)
    first.add_argument("--home")
    second = actions.add_parser("collect")
    for name in ("job", "answers", "out"):
        second.add_argument(name, type=Path)
    args = parser.parse_args()
    if args.action == "prepare":
        from rdrec.core.home import Home
        from rdrec.data.store import load_dataset

        reviews = load_dataset(Home.find(args.home), args.data).interactions["review"].dropna().tolist()
        print(prepare(args.job, args.weights, json.loads(args.prompt.read_text()), reviews))
    else:
        print(collect(args.job, args.answers, args.out))


if __name__ == "__main__":
    main()
