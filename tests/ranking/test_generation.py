"""Batched text generation against transformers' greedy search, one row at a time."""

import copy

import pytest
import torch

from rdrec.core.settings import integer, number
from rdrec.ranking.generation import Draw, NoPhraseTwice, OnlyKnown, _finished, generate_texts
from rdrec.student.batches import Row, make_batch
from rdrec.student.gap import row_losses
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import Task, input_text
from rdrec.student.tokenizer import StudentTokenizer

PAIRS = [(5, 12_345), (1, 2), (99_999, 1), (5, 12_345), (3, 777), (12, 90), (1, 2)]  # of different lengths, some twice
ROWS = [Row(Task.EXPLANATION, input_text(Task.EXPLANATION, user=user, item_ids=[item])) for user, item in PAIRS]


@pytest.fixture(scope="module")
def talkative(toy_student):
    """An untrained student repeats one token for any input; larger weights make texts differ and let some of them end."""
    student, tokenizer = toy_student
    student = copy.deepcopy(student)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, parameter in student.named_parameters():
            if "layer_norm" not in name:
                parameter += 0.4 * torch.randn(parameter.shape, generator=generator)
        student.t5.lm_head.weight[tokenizer.eos] *= 4.0
    return student, tokenizer


def alone(student, tokenizer, row, beams):
    """The tokens that transformers' `generate` gives for one row, encoder included."""
    batch = make_batch([row], tokenizer)
    embedded, mask = student._embed(batch)
    with torch.inference_mode():
        return student.t5.generate(
            inputs_embeds=embedded,
            attention_mask=mask,
            num_beams=beams,
            do_sample=False,
            suppress_tokens=list(tokenizer.ids),
            no_repeat_ngram_size=integer("train.no_repeat"),
            max_new_tokens=integer("train.max_target_tokens") + 1,
        )[0].tolist()


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("batch_rows", [1, 3, 64])
def test_batched_texts_equal_generate_row_by_row(talkative, batch_rows, beams):
    student, tokenizer = talkative
    tokens = [alone(student, tokenizer, row, beams) for row in ROWS]
    expected = [tokenizer.decode(row) for row in tokens]
    assert len(set(expected)) == len(set(PAIRS)), "rows that all say the same would prove nothing"
    assert len({len(row) for row in tokens}) > 1, "some sentences must end before others"
    assert len({len(tokenizer.encode(row.source).tokens) for row in ROWS}) > 1
    assert generate_texts(student, tokenizer, ROWS, batch_rows, beams) == expected


def test_equal_inputs_are_generated_once(talkative, monkeypatch):
    student, tokenizer = talkative
    seen = []
    encode = student.encode
    monkeypatch.setattr(student, "encode", lambda batch: seen.append(len(batch)) or encode(batch))
    generate_texts(student, tokenizer, ROWS, 3)
    assert seen == [3, 2]


def test_no_rows_give_no_texts(talkative):
    assert generate_texts(*talkative, []) == []


LISTS = [
    "The user prefers stories, stormy seas, active play, and dislikes dough.",
    "The item has no patience and lasting fun.",
]


@pytest.fixture(scope="module")
def lists():
    """A tokenizer in which some words of a list are one token and others several."""
    tokenizer = StudentTokenizer.train(LISTS * 30, users=9, items=9)
    assert len(tokenizer.encode_target(" dexterity", None)) > 2, "a word of several tokens"
    return NoPhraseTwice(tokenizer), tokenizer


@pytest.mark.parametrize(
    ("said", "banned"),
    [
        ("The user prefers stories and", [" stories", " stories."]),
        ("The user prefers stories,", [" stories", " stories,"]),
        ("The user prefers active play and active", [" play"]),
        ("The user prefers active play and", []),  # another phrase may begin with the word
        ("The user prefers dough, and dislikes", [" dough", " dough."]),  # nobody likes and dislikes one thing
        ("The item has no patience and", [" patience"]),
        ("The item has a lasting fun and not a lasting", [" fun"]),  # nor has anything a quality and its opposite
        ("The item has no patience and a", [" patience"]),
        ("The user prefers", []),
        ("The user prefers stories", []),
        ("", []),
    ],
)
def test_a_phrase_of_a_list_is_not_ended_as_an_earlier_one(lists, said, banned):
    forbids, tokenizer = lists
    found = {tokenizer.pieces([token])[0] for token in forbids.banned(said)}
    assert found <= {ending + mark for ending in {text.rstrip(".,") for text in banned} for mark in ("", ".", ",")}
    assert set(banned) & set(tokenizer.token_of) <= found


def test_a_phrase_of_several_tokens_is_forbidden_at_its_last(lists):
    forbids, tokenizer = lists
    *first, last, _ = tokenizer.encode_target("The user prefers dexterity", None)
    assert forbids.banned("The user prefers dexterity and") == []
    begun = f"The user prefers dexterity and {tokenizer.decode(first).removeprefix('The user prefers ')}"
    assert forbids.banned(begun) == [last]


def test_forbidden_tokens_cannot_be_chosen(lists):
    forbids, tokenizer = lists
    texts = ["The user prefers stories and", "The user prefers stories,", "The user prefers"]
    targets = [tokenizer.encode_target(text, None)[:-1] for text in texts]
    longest = max(map(len, targets))
    tokens = torch.tensor([[tokenizer.pad] * (longest - len(row)) + list(row) for row in targets])
    scores = forbids(tokens, torch.zeros(3, tokenizer.size))
    assert [torch.isinf(row).nonzero().flatten().tolist() for row in scores] == [sorted(forbids.banned(text)) for text in texts]
    assert torch.isinf(scores).sum() > 1


@pytest.mark.parametrize("task", [Task.EXPLANATION, Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION])
def test_lists_are_held_to_it_and_explanations_are_not(talkative, monkeypatch, task):
    student, tokenizer = talkative
    given = []
    generate = student.t5.generate
    monkeypatch.setattr(
        student.t5, "generate", lambda **options: given.append(list(options["logits_processor"])) or generate(**options)
    )
    generate_texts(student, tokenizer, [Row(task, input_text(task, user=1, item_ids=[2]))])
    assert [type(one) for one in given[0]] == ([] if task is Task.EXPLANATION else [NoPhraseTwice])


def test_others_change_which_sentence_is_taken_and_without_weight_nothing(talkative, monkeypatch):
    student, tokenizer = talkative
    compared = [input_text(Task.EXPLANATION, user=user, item_ids=[user]) for user in (7, 8, 9)]
    others = {row.source: compared for row in ROWS}
    likeliest = generate_texts(student, tokenizer, ROWS, beams=4)
    chosen = generate_texts(student, tokenizer, ROWS, beams=4, others=others)
    assert chosen != likeliest and [row for row, text in zip(ROWS, chosen, strict=True) if not text] == []
    assert generate_texts(student, tokenizer, ROWS, beams=1, others=others) == generate_texts(student, tokenizer, ROWS, beams=1)
    monkeypatch.setattr("rdrec.ranking.generation.number", lambda name: 0.0)
    assert generate_texts(student, tokenizer, ROWS, beams=4, others=others) == likeliest


def test_no_sentence_names_an_item_by_its_id(talkative):
    """Items 1 to 777 are no words of the training text, however likely the student finds them."""
    student, tokenizer = talkative
    student = copy.deepcopy(student)
    (token,) = tokenizer.encode_id(777)[:-1]
    with torch.no_grad():
        student.t5.shared.weight[token] += 50 * student.t5.shared.weight[tokenizer.pad]
        student.t5.lm_head.weight[token] *= 40
    said = generate_texts(student, tokenizer, ROWS, beams=2)
    assert said and not any("777" in text for text in said)


def test_finished_sentences_are_preferred():
    found = [
        "The user prefers wild life and",
        "The user prefers wild life.",
        "The item has active play,.",
        "So good!",
        'He said "yes."',
    ]
    assert _finished([*found, found[1]]) == ["The user prefers wild life.", "So good!", 'He said "yes."']
    assert _finished(["one and", "two,", "one and"]) == ["one and", "two,"], "if none is finished, all are candidates"


KNOWN_TEXTS = [
    f"{who} {verb} it for the {what}."
    for who in ("I", "We", "They")
    for verb in ("took", "got")
    for what in ("wood", "hats", "sea")
]


def known_to(tokenizer, texts=KNOWN_TEXTS):
    rows = tuple((1, 2, text) for text in texts)
    return KnownSequences.of(TextRows(rows, rows, ()), tokenizer)


@pytest.mark.parametrize("beams", [None, 4, 1])
def test_every_token_sequence_of_a_sentence_is_known(talkative, monkeypatch, beams):
    student, tokenizer = talkative
    known = known_to(tokenizer)
    texts = generate_texts(student, tokenizer, ROWS, beams=beams, known=known)
    everything = list(range(tokenizer.size))
    monkeypatch.setattr(KnownSequences, "followers", lambda *_: everything)
    free = generate_texts(student, tokenizer, ROWS, beams=beams, known=known)
    assert not set(texts) & set(free), "the student writes so anyway"
    monkeypatch.undo()
    for text in texts:
        tokens = list(tokenizer.encode_target(text))
        assert len(tokens) > 1 and all(
            token in known.followers(Task.EXPLANATION, tokens[:place]) for place, token in enumerate(tokens)
        )


@pytest.mark.parametrize("batch_rows", [1, 3])
def test_samples_do_not_depend_on_the_batch(talkative, batch_rows):
    student, tokenizer = talkative
    known = known_to(tokenizer)
    texts = generate_texts(student, tokenizer, ROWS, known=known)
    assert len(set(texts)) > 2
    assert generate_texts(student, tokenizer, ROWS, batch_rows, known=known) == texts
    assert generate_texts(student, tokenizer, ROWS[3:5], known=known) == texts[3:5]


def test_a_task_of_which_nothing_is_known_is_not_restricted(talkative):
    student, tokenizer = talkative
    rows = [Row(Task.ITEM_ATTRIBUTION, input_text(Task.ITEM_ATTRIBUTION, user=1, item_ids=[2]))]
    assert generate_texts(student, tokenizer, rows, known=known_to(tokenizer)) == generate_texts(student, tokenizer, rows)


def test_only_explanations_are_sampled(talkative, monkeypatch):
    student, tokenizer = talkative
    given = []
    generate = student.t5.generate
    monkeypatch.setattr(student.t5, "generate", lambda **options: given.append(options) or generate(**options))
    for task in (Task.EXPLANATION, Task.USER_PREFERENCE):
        generate_texts(student, tokenizer, [Row(task, input_text(task, user=1, item_ids=[2]))], known=known_to(tokenizer))
    sampled, searched = ([type(one) for one in options["logits_processor"]] for options in given)
    assert sampled == [Draw] and searched == [NoPhraseTwice, OnlyKnown]
    assert [options["num_beams"] for options in given] == [1, integer("train.text_beams")]
    assert len(given[0]["attention_mask"]) == integer("train.text_samples")


class After:
    """Stands for known sequences after which some tokens may follow, whatever came before."""

    def __init__(self, *tokens):
        self._tokens = list(tokens)

    def followers(self, task, tokens):
        return self._tokens


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_tokens_are_drawn_as_often_as_they_are_likely(temperature):
    count, scores = 4000, torch.tensor([-torch.inf, 0.3, 1.2, 9.0, -0.4, -torch.inf])
    numbers = (torch.arange(count, dtype=torch.float64)[:, None] / count).flip(0)  # 0 among them
    draw = Draw(After(0, 1, 2, 4, 5), Task.EXPLANATION, 3, numbers, temperature)
    drawn = draw(torch.zeros(count, 1, dtype=torch.long), scores.expand(count, -1).clone())
    assert torch.isfinite(drawn).sum(dim=-1).eq(1).all()
    shares = torch.isfinite(drawn).double().mean(dim=0)
    allowed = scores.clone().double()
    allowed[3] = -torch.inf  # likely, but unknown
    assert torch.allclose(shares, torch.softmax(allowed / temperature, dim=0), atol=1.5 / count)
    assert shares[torch.isinf(allowed)].sum() == 0


def test_each_place_of_a_sentence_has_a_number_of_its_own():
    draw = Draw(After(0, 1), Task.EXPLANATION, 2, torch.tensor([[0.1, 0.9]], dtype=torch.float64), 1.0)
    first, second = (draw(torch.zeros(1, length, dtype=torch.long), torch.zeros(1, 3)) for length in (1, 2))
    assert (int(first.argmax()), int(second.argmax())) == (0, 1)


def test_a_sample_with_no_known_token_left_ends():
    for following in ([], [1]):
        draw = Draw(After(*following), Task.EXPLANATION, 2, torch.tensor([[0.9]], dtype=torch.float64), 1.0)
        drawn = draw(torch.zeros(1, 1, dtype=torch.long), torch.tensor([[3.0, -torch.inf, 0.5]]))
        assert drawn.tolist() == [[-torch.inf, -torch.inf, 0.0]]


def test_a_sentence_ends_where_no_known_token_is_left(talkative):
    _, tokenizer = talkative
    only = OnlyKnown(known_to(tokenizer), Task.EXPLANATION, tokenizer.eos)
    begun = list(tokenizer.encode_target("I took it for the", None)[:-1])
    scores = torch.arange(float(tokenizer.size)).expand(2, -1)
    tokens = torch.tensor([[0, *begun], [0, *begun[::-1]]])
    known, ended = only(tokens, scores.clone())
    assert len(torch.isfinite(known).nonzero()) > 1 and not torch.isfinite(known[tokenizer.eos])
    assert torch.isfinite(ended).nonzero().flatten().tolist() == [tokenizer.eos] and ended[tokenizer.eos] == tokenizer.eos
    forbidden = scores.clone()
    forbidden[0, torch.isfinite(known)] = -torch.inf
    assert torch.isfinite(only(tokens, forbidden)[0]).nonzero().flatten().tolist() == [tokenizer.eos]


@pytest.mark.parametrize("others", [None, {}])
def test_with_nothing_to_compare_with_the_likeliest_sample_is_taken(talkative, monkeypatch, others):
    student, tokenizer = talkative
    seen = []
    monkeypatch.setattr("rdrec.ranking.generation._finished", lambda texts: seen.append(list(texts)) or list(texts))
    (text,) = generate_texts(student, tokenizer, ROWS[:1], known=known_to(tokenizer), others=others)
    (samples,) = seen
    losses = row_losses(student, tokenizer, [Row(Task.EXPLANATION, ROWS[0].source, sample) for sample in samples])
    lengths = [len(tokenizer.encode_target(sample)) for sample in samples]
    totals = [float(loss) * length for loss, length in zip(losses, lengths, strict=True)]
    assert len(set(samples)) > 2 and totals[samples.index(text)] == min(totals) < totals[0]


def test_samples_have_a_weight_of_their_own(talkative, monkeypatch):
    student, tokenizer = talkative
    given = {}

    def choose(_student, _tokenizer, task, found, _others, weight):
        given[task] = weight
        return {source: sentences[0] for source, sentences in found.items()}

    monkeypatch.setattr("rdrec.ranking.generation.most_telling", choose)
    for task in (Task.EXPLANATION, Task.ITEM_ATTRIBUTION):
        row = Row(task, input_text(task, user=1, item_ids=[2]))
        generate_texts(student, tokenizer, [row], others={row.source: ["another"]}, known=known_to(tokenizer))
    assert given == {
        Task.EXPLANATION: number("train.explanation_contrast"),
        Task.ITEM_ATTRIBUTION: number("train.text_contrast"),
    }
    assert len(set(given.values())) == 2
