"""Ask a language model about the Teacher tab's example reviews, and store its answers in assets/teacher_examples.json.

The prompt is that of the shipped rationales, so both come from the same teacher.

python precomputed/record-teacher-examples.py qwen2.5-coder-1.5b-instruct-q4_k_m.gguf qwen-1-5b
"""

import json
import sys
from pathlib import Path

from rdrec.core.records import Rationale, Review
from rdrec.core.storage import write_json
from rdrec.data.rationales import encode_claims
from rdrec.explorer.teacher_examples import FILE
from rdrec.teachers.asking import Asker
from rdrec.teachers.llama import LlamaTeacher
from rdrec.teachers.llama_model import LlamaModel
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.read_one import read_one


def main(weights: str, name: str) -> None:
    """Replace the answers of the teacher `name`."""
    teacher = LlamaTeacher(name, LlamaModel(Path(weights), parallel=1), Asker(load_prompt("lists-1"), 0))
    kept = json.loads(FILE.read_text("utf-8"))
    for example in kept["examples"]:
        text = example["text"]
        reading = read_one(teacher, Review(0, 0, 0, text, rating=float(example["stars"]) or None, sentence=text))
        answer = reading.answer
        said = isinstance(answer, Rationale)
        status = "ok" if said else type(answer).__name__.replace("NothingFound", "nothing").lower()
        row = {
            "teacher": name,
            "status": status,
            "reason": None if said else answer.reason,
            "user_preference": answer.user_preference if said else None,
            "item_attribution": answer.item_attribution if said else None,
            "claims": json.loads(encode_claims(answer.claims)) if said else [],
            "raw": reading.raw,
        }
        example["answers"] = [*(one for one in example["answers"] if one["teacher"] != name), row]
        print(example["key"], row["raw"])
    write_json(kept, FILE)


if __name__ == "__main__":
    main(*sys.argv[1:])
