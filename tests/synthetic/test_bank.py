"""The text bank: choices, slots, persons, and errors that name the place."""

import pytest

from rdrec.core.records import InputError
from rdrec.synthetic.bank import parse_line, read_bank

WORDS = {"who": "my niece", "he": "she", "kind": "game"}


def test_choices_and_slots():
    line = parse_line("{Who} [loves|adores|] this {kind}[, and {he} says so|].", "x:1")
    assert line.slots == {"who", "kind", "he"} and line.introduces and not line.refers
    draws = iter([0, 0])
    assert line.render(lambda n: next(draws), WORDS) == "My niece loves this game, and she says so."
    draws = iter([2, 1])
    assert line.render(lambda n: next(draws), WORDS) == "My niece this game.", "no double space where a choice is empty"


def test_a_line_with_a_pronoun_alone_refers_back():
    assert parse_line("{He} sleeps beside it.", "x:1").refers
    assert not parse_line("The {kind} is fine.", "x:1").refers


@pytest.mark.parametrize("text", ["a [b", "a b]", "a {who", "{nobody} came", "a [only] one", "a [b|[c|d]]", "who} there"])
def test_errors_name_the_line(text):
    with pytest.raises(InputError, match=r"^x:7: "):
        parse_line(text, "x:7")


def test_sections_may_continue_in_another_file(tmp_path):
    (tmp_path / "a.txt").write_text("# note\n[theme=space +]\nStars.\n\nMore stars.\n[empty]\n")
    (tmp_path / "b.txt").write_text("[theme=space +]\nRockets.\n")
    bank = read_bank([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert list(bank) == ["theme=space +"]
    assert [line.where for line in bank["theme=space +"]] == ["a.txt:3", "a.txt:5", "b.txt:2"]


@pytest.mark.parametrize(("text", "said"), [("Stars.\n", "before the first section"), ("[a]\nOne.\nOne.\n", "occurs twice")])
def test_a_bad_file_is_refused(tmp_path, text, said):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError, match=rf"a\.txt:\d: .*{said}"):
        read_bank([tmp_path / "a.txt"])
