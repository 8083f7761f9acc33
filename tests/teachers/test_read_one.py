"""One review with everything in sight: the prompt that is shown is the one that the model got, cut to what it reads."""

import tiny_chat
from fault_server import GOOD, FaultServer

from rdrec.core.records import NothingFound, Review
from rdrec.teachers.asking import Asker
from rdrec.teachers.budget import Limits
from rdrec.teachers.chat_model import ChatModel
from rdrec.teachers.grounding import ground
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.local import LocalTeacher
from rdrec.teachers.over_http import HttpTeacher
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.read_one import read_one

ASKER = Asker(load_prompt("paper"), 0)


def test_keywords_is_read_as_in_a_run():
    review = Review(1, 0, 1, "The sound is great, but the zipper broke.", rating=3.0)
    reading = read_one(KeywordsTeacher(), review)
    assert reading.answer == KeywordsTeacher().answer(review) and reading.grounding == ground(review, reading.answer)
    assert (reading.prompt, reading.messages, reading.raw) == (None, None, None)
    assert read_one(KeywordsTeacher(), Review(1, 0, 1, "")).grounding is None


def test_a_prompt_that_finds_nothing_to_read_asks_nobody():
    with FaultServer(lambda n, body: GOOD) as server:
        teacher = HttpTeacher("toy", "toy-model", server.endpoint, ASKER, Limits(), 1)
        reading = read_one(teacher, Review(1, 0, 1, "A whole review, and no sentence that stands for it."))
        assert server.asked == []
    assert isinstance(reading.answer, NothingFound) and reading.messages is None and reading.prompt is ASKER.prompt


def test_what_a_small_model_cannot_read_is_cut_in_what_is_shown_too(tmp_path, monkeypatch):
    model = ChatModel(str(tiny_chat.save_tiny_chat(tmp_path / "m", positions=1400)), precision="fp32", device="cpu")
    got = []
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda prompts, asks: got.extend(prompts) or generate(prompts, asks))
    teacher = LocalTeacher("tiny", model, ASKER)
    review = Review(1, 0, 1, "x", sentence="zq " * 600)
    reading = read_one(teacher, review)
    assert len(reading.messages[1]["content"]) < len(ASKER.first(review).messages[1]["content"])
    assert model.encode(list(reading.messages)) == got[0]
