"""Words, ids and whole-word indices."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from rdrec.core.records import ArtefactError, InputError
from rdrec.core.settings import integer
from rdrec.student.tasks import TEMPLATES, Task, input_text
from rdrec.student.tokenizer import StudentTokenizer


def test_ids_are_groups_of_digits(toy_student):
    _, tokenizer = toy_student
    for number in (0, 7, 10, 99, 100, 1000, 1234, 98_765, 100_001, 7_654_321):
        digits = str(number)
        expected = f"{number:_}".split("_")
        tokens = tokenizer.encode_id(number)
        assert [tokenizer.decode([token]) for token in tokens[:-1]] == expected
        assert tokens[-1] == tokenizer.eos and len(tokens) == len(expected) + 1
        assert tokenizer.decode(tokens) == digits


@given(st.text(max_size=60))
def test_words_encode_as_the_whole(toy_student, text):
    """The word cache changes nothing: encoding word by word equals encoding the text at once."""
    _, tokenizer = toy_student
    assume("<" not in text)  # special tokens are not decoded
    clean = " ".join(text.split())
    whole = tokenizer._tokenizer.encode(clean, add_special_tokens=False).ids if clean else []
    tokens = tokenizer.encode_target(text)
    assert list(tokens) == [*whole, tokenizer.eos]
    assert tokenizer.decode(tokens) == clean


def test_inputs_hold_nothing_but_ids(toy_student):
    """Whatever the wording: what is the same in every input delays the moment when a decoder finds the id."""
    own = StudentTokenizer.train(["a clear sound"] * 5, users=120, items=130)
    for task in Task:
        ids = [] if task is Task.USER_PREFERENCE else [31]
        for wording in range(len(TEMPLATES[task])):
            found = own.encode(input_text(task, user=7, item_ids=ids, wording=wording))
            assert set(own.pieces(found.tokens)) <= {"user_7", "item_31"} and 1 <= len(found.tokens) <= 2
    assert own.encode("somebody item_31") == own.encode("item_31")
    assert own.encode_id(31)[0] in own.encode("item_31").tokens, "a target is the token that stands for the item in inputs"
    assert all(toy_student[1].encode("Generate user_7's preference").whole_words)


@pytest.mark.parametrize("task", [Task.EXPLANATION, Task.SEQUENTIAL, Task.TOPN])
def test_whole_word_ids_count_the_ids(toy_student, task):
    _, tokenizer = toy_student
    for wording in range(len(TEMPLATES[task])):
        items = [31, 4, 1592] if task is not Task.EXPLANATION else [31]
        text = input_text(task, user=123, item_ids=items, wording=wording)
        encoded = tokenizer.encode(text)
        words = {}
        for piece, index in zip(tokenizer.pieces(encoded.tokens), encoded.whole_words, strict=True):
            words[index] = words.get(index, "") + piece
        named = [words[index].strip() for index in sorted(words) if index]
        order = [word for word in text.split() if word.startswith(("user_", "item_"))]
        assert named == order


def test_counted_back_the_newest_purchase_has_index_two():
    tokenizer = StudentTokenizer.train(["a clear sound"] * 3, users=9, items=9)
    text = input_text(Task.SEQUENTIAL, user=1, item_ids=[4, 8, 2])
    assert tokenizer.encode(text).whole_words == (1, 2, 3, 4)
    tokenizer.counts_back = True
    assert tokenizer.encode(text).whole_words == (1, 4, 3, 2)
    assert tokenizer.encode("item_4").whole_words == (1,) and tokenizer.encode("").whole_words == ()


def test_rationale_inputs_mark_the_id_alone(toy_student):
    _, tokenizer = toy_student
    encoded = tokenizer.encode(input_text(Task.USER_PREFERENCE, user=12))
    marked = "".join(p for p, w in zip(tokenizer.pieces(encoded.tokens), encoded.whole_words, strict=True) if w)
    assert marked.strip() == "user_12"


def test_targets_are_cut(toy_student):
    _, tokenizer = toy_student
    assert len(tokenizer.encode_target("clear sound " * 30, 20)) == 21


def test_round_trip_through_a_file(toy_student, tmp_path):
    _, tokenizer = toy_student
    path = tmp_path / "tokenizer.json"
    path.write_text(tokenizer.to_json(), "utf-8")
    assert StudentTokenizer.load(path).encode("user_5 likes item_77") == tokenizer.encode("user_5 likes item_77")
    path.write_text('{"broken": ', "utf-8")
    with pytest.raises(ArtefactError, match="cannot be read"):
        StudentTokenizer.load(path)


def test_empty_history_is_refused():
    with pytest.raises(InputError, match="at least one item"):
        input_text(Task.SEQUENTIAL, user=1, item_ids=[])


@pytest.fixture(scope="module")
def like_t5():
    """A small tokenizer of T5's kind: Unigram pieces, WhitespaceSplit, then Metaspace, which writes a space as U+2581."""
    texts = ["great strings that stay in tune", "user_12 item_345 item_6789 item_10", "the user prefers a clear sound, really!"]
    texts += [f"user_{n} item_{n * 7} {n}" for n in range(300)]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return StudentTokenizer(tokenizer)


@given(st.text(st.sampled_from("abeginrstu_0123456789 ,.!\u00e9\n\t"), max_size=60))
def test_words_encode_as_the_whole_in_a_tokenizer_like_t5(like_t5, text):
    encoded = like_t5.encode(text)
    assert list(encoded.tokens) == like_t5._tokenizer.encode(text, add_special_tokens=False).ids
    assert len(encoded.whole_words) == len(encoded.tokens)


@pytest.mark.parametrize(
    "text",
    [
        input_text(task, user=123, item_ids=[31, 4, 1592], wording=w)
        for task in (Task.SEQUENTIAL, Task.TOPN)
        for w in range(len(TEMPLATES[task]))
    ]
    + [input_text(Task.USER_PREFERENCE, user=123), "so far, user_7's item_12, and (item_9)."],
)
def test_whole_word_ids_mark_the_id_pieces_in_a_tokenizer_like_t5(like_t5, text):
    """The marked pieces of a number spell one id and nothing but it: not the quote after it, and not the word before."""
    encoded = like_t5.encode(text)
    words, rest = {}, ""
    for token, index in zip(encoded.tokens, encoded.whole_words, strict=True):
        piece = like_t5._tokenizer.id_to_token(token)
        if index:
            words[index] = words.get(index, "") + piece
        else:
            rest += piece
    assert [words[index].replace("\u2581", "") for index in sorted(words)] == re.findall(r"(?:user|item)_\d+", text)
    assert not re.search(r"(?:user|item)_\d", rest)


def test_ids_round_trip_in_a_tokenizer_like_t5(like_t5):
    paths = {number: like_t5.encode_id(number) for number in (0, 7, 10, 99, 100, 1000, 1234, 98_765, 100_001, 7_654_321)}
    for number, tokens in paths.items():
        assert tokens[-1] == like_t5.eos and like_t5.decode(tokens) == str(number)
    assert len(set(paths.values())) == len(paths)
    text = "the user prefers a clear sound, really!"
    assert like_t5.decode(like_t5.encode_target(text)) == text


def test_user_and_item_numbers_share_no_token(toy_student):
    _, tokenizer = toy_student
    for number in (5, 12, 123, 1200, 45_678):
        user, item = tokenizer.encode(f"user_{number}"), tokenizer.encode(f"item_{number}")
        assert len(user.tokens) == len(item.tokens) == 1 + len(f"{number:_}".split("_"))
        assert not set(user.tokens) & set(item.tokens)
        assert "".join(tokenizer.pieces(user.tokens)).strip() == tokenizer.decode(user.tokens) == f"user_{number}"


def test_only_the_groups_that_a_set_needs_become_tokens():
    small = StudentTokenizer.train(["a clear sound"] * 5, users=1200, items=450)
    assert len(small.encode("user_1200").tokens) == len(small.encode("item_450").tokens) == 1
    assert small.size < StudentTokenizer.train(["a clear sound"] * 5).size - 500


def test_users_and_items_have_a_token_each_up_to_a_limit():
    most = integer("train.own_tokens")
    within = StudentTokenizer.train(["a clear sound"] * 5, users=most - 1000, items=1000)
    beyond = StudentTokenizer.train(["a clear sound"] * 5, users=most - 999, items=1000)
    assert len(within.encode(f"user_{most - 1000} item_1000").tokens) == 2
    assert beyond.pieces(beyond.encode("user_59001 item_1000").tokens) == [" user_", "59", "001", " item_", "1", "000"]


def test_a_pretrained_tokenizer_has_one_kind_of_digits(like_t5):
    """What it was not trained on would only be unknown to it."""
    assert like_t5.unknown not in like_t5.encode("user_123 user_45").tokens
    assert like_t5.unknown in like_t5.encode("user_١٢").tokens


def test_with_enough_digits_every_item_is_a_token_of_its_own():
    tokenizer = StudentTokenizer.train(["a clear sound of 2014"] * 5, users=2345, items=1234, digits=4)
    assert len({tokenizer.encode_id(item) for item in range(1, 1235)}) == 1234
    assert all(len(tokenizer.encode_id(item)) == 2 for item in range(1, 1235)), "the number and the end"
    assert tokenizer.pieces(tokenizer.encode("user_2345 item_1234").tokens) == ["user_2345", "item_1234"]


@pytest.mark.parametrize(("users", "items", "tokens"), [(3, 5, 3), (1200, 400, 1200), (10**6, 10**6, 1099)])
def test_tokens_of_users_stand_together_and_no_sentence_uses_them(users, items, tokens):
    sentence = "a set of 12 for 3 players"
    tokenizer = StudentTokenizer.train([sentence] * 3, users=users, items=items)
    assert len(tokenizer.users) == tokens
    others = {token for item in (1, 2, items) for token in tokenizer.encode_id(item)}
    assert not set(tokenizer.users) & (others | set(tokenizer.encode_target(sentence)))
    own = [token for user in (1, 2, users) for token in tokenizer.encode(f"user_{user}").tokens]
    assert {tokenizer.pieces([token])[0].lstrip("user_").isdecimal() for token in own if token in tokenizer.users} == {True}
    assert sum(token in tokenizer.users for token in own) >= 3


@pytest.mark.parametrize(("users", "items"), [(1200, 400), (10**6, 10**6)])
def test_tokens_of_ids_are_all_that_no_training_sentence_needs(users, items):
    sentence = "a set of 12 for 3 players"
    tokenizer = StudentTokenizer.train([sentence] * 3, users=users, items=items)
    needed, number = set(tokenizer.encode_target(sentence)), set(tokenizer.encode_id(items - 1)[:-1])
    assert set(tokenizer.users) <= set(tokenizer.ids) and number <= set(tokenizer.ids)
    assert not needed & set(tokenizer.ids) and set(tokenizer.encode_id(12)) <= needed, "the item shares the token of the number"


def test_a_sentence_may_hold_the_digits_that_stand_for_users():
    tokenizer = StudentTokenizer.train(["item ٣ of 12", "item ٣ of 3"] * 3, users=3, items=5)
    assert len(tokenizer.users) == len(tokenizer.ids) == 0, "then they compete like other words"
