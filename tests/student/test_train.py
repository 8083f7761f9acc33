"""Training: masks, resume, early stop, checkpoints."""

import dataclasses
import math
import re
import shutil

import pytest
import torch
from small_training import SETTINGS, Killed, fresh, kill, same
from tolerances import SUMS
from transformers import T5Config, T5ForConditionalGeneration

from rdrec.core.records import ArtefactError, InputError
from rdrec.student import train as training
from rdrec.student.batches import IGNORED, Row, make_batch
from rdrec.student.checkpoint import StudentCard, load_student, save_student
from rdrec.student.language_layers import language_layers
from rdrec.student.model import Student, set_dropout
from rdrec.student.shapes import SHAPES, t5_config
from rdrec.student.tasks import Task
from rdrec.student.train import EpochRecord, _stopped, best_of, optimizer_for, train, validation_loss, validation_score

CARD = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 5, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)


def test_resumed_equals_uninterrupted(sampler, tokenizer, tmp_path):
    whole = train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "a", {"n": 1}, progress=False)

    for _ in range(2):  # killed after the first and after the second epoch
        with pytest.raises(Killed):
            train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "b", {"n": 1}, progress=False, after_epoch=kill)
    resumed = train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "b", {"n": 1}, progress=False)
    assert resumed.curve == whole.curve and len(whole.curve) == 3
    assert whole.curve[-1].score < whole.curve[0].score, "three epochs must have taught something"
    assert same(resumed.student, whole.student)
    with pytest.raises(ArtefactError, match="other settings or data"):
        train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "b", {"n": 2}, progress=False)
    anew = train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "b", {"n": 2}, restart=True, progress=False)
    assert anew.curve == whole.curve, "restart throws the foreign state away"


def test_a_run_that_another_version_left_is_refused_in_words(sampler, tokenizer, tmp_path, monkeypatch):
    """A version whose records hold something else (here: the time) cannot be continued, and `restart` discards it."""

    @dataclasses.dataclass(frozen=True)
    class Older(EpochRecord):
        seconds: float = 1.0

    with monkeypatch.context() as patched:
        patched.setattr(training, "EpochRecord", Older)
        with pytest.raises(Killed):
            train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "s", {}, progress=False, after_epoch=kill)
    with pytest.raises(ArtefactError, match="of another version"):
        train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "s", {}, progress=False)
    anew = train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "s", {}, restart=True, progress=False)
    assert len(anew.curve) == SETTINGS.epochs


def test_best_weights_are_kept(sampler, tokenizer, tmp_path):
    """A learning rate that spoils the student later on must not spoil what is kept."""
    settings = dataclasses.replace(SETTINGS, learning_rate=0.2, epochs=4)
    trained = train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "s", {}, progress=False)
    scores = [record.score for record in trained.curve]
    assert trained.best_epoch == scores.index(min(scores)) + 1
    once = train(
        fresh(tokenizer),
        tokenizer,
        sampler,
        dataclasses.replace(settings, epochs=trained.best_epoch),
        tmp_path / "t",
        {},
        progress=False,
    )
    assert same(once.student, trained.student)


def curve_of(*scores):
    return [EpochRecord(number, {}, {}, score) for number, score in enumerate(scores, 1)]


def test_early_stop_resets():
    assert not _stopped([], 2, 0)
    assert not _stopped(curve_of(3.0, 2.0, 2.5), 2, 0)
    assert _stopped(curve_of(3.0, 2.0, 2.5, 2.4), 2, 0)
    assert not _stopped(curve_of(3.0, 2.0, 2.5, 1.9, 2.4), 2, 0), "a new best starts the count again"


def test_epochs_of_sentences_alone_are_no_candidates():
    assert best_of(curve_of(2.0, 1.0), 2).epoch == 2, "there is nothing else yet"
    assert best_of(curve_of(2.0, 1.0, 1.6, 1.5, 1.7), 2).epoch == 4
    assert not _stopped(curve_of(1.0, 2.0), 1, 2) and not _stopped(curve_of(1.0, 2.0, 3.0), 1, 2)
    assert _stopped(curve_of(1.0, 2.0, 3.0, 4.0), 1, 2)


def test_validation_score_counts_rationales_once():
    assert validation_score({"sequential": 4.0, "topn": 2.0, "user_preference": 1.0, "item_attribution": 5.0}) == 3.0
    assert validation_score({"sequential": 4.0, "topn": 2.0}) == 3.0


def test_padding_counts_nowhere(toy_student):
    """A row's loss is the same alone and beside a longer batch-mate (method faults 1 and 3)."""
    student, tokenizer = toy_student
    short = Row(Task.SEQUENTIAL, "user_1 item_5", "7")
    long = Row(Task.SEQUENTIAL, "user_2 " + " ".join(f"item_{n}" for n in range(100, 120)), "1234")
    both = make_batch([short, long], tokenizer)
    assert both.labels[0].tolist()[-1] == IGNORED and both.mask[0].sum() < both.mask.shape[1]
    with torch.no_grad():
        alone = [student(make_batch([row], tokenizer)).item() for row in (short, long)]
        sizes = [len(tokenizer.encode_id(int(row.target))) for row in (short, long)]
        together = student(both).item()
    assert together == pytest.approx(sum(a * n for a, n in zip(alone, sizes, strict=True)) / sum(sizes), rel=SUMS)


def test_prompts_and_whole_words_matter(toy_student):
    student, tokenizer = toy_student
    with torch.no_grad():
        losses = {task: student(make_batch([Row(task, "user_1 item_5", "7")], tokenizer)).item() for task in Task}
        assert len(set(losses.values())) == len(Task)
        batch = make_batch([Row(Task.SEQUENTIAL, "user_1 item_5", "7")], tokenizer)
        plain = dataclasses.replace(batch, whole_words=torch.zeros_like(batch.whole_words))
        assert student(plain).item() != student(batch).item()


def test_too_long_an_input_is_refused(toy_student):
    _, tokenizer = toy_student
    with pytest.raises(InputError, match=r"has .* tokens"):
        make_batch([Row(Task.TOPN, " ".join(f"item_{n}" for n in range(600)), "7")], tokenizer)


@pytest.mark.parametrize(("shape", "low", "high"), [("tiny", 1.5e6, 2.5e6), ("mini", 7e6, 9e6), ("small", 4.4e7, 6.1e7)])
def test_shapes_have_their_sizes(shape, low, high):
    with torch.device("meta"):
        count = Student(
            T5ForConditionalGeneration(t5_config(shape, 32_128 if shape == "small" else 4000, pad=0, eos=1))
        ).parameters_count
    assert low < count < high and shape in SHAPES


def test_bad_checkpoints(toy_student, tmp_path):
    student, tokenizer = toy_student
    good = tmp_path / "good"
    save_student(good, student, tokenizer, CARD)
    with pytest.raises(ArtefactError, match="another data set"):
        load_student(good, data_sha256="other")
    with pytest.raises(ArtefactError, match="no finished artefact"):
        load_student(tmp_path / "nowhere")
    for name in ("student.safetensors", "t5/model.safetensors", "tokenizer.json"):
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        content = bytearray((bad / name).read_bytes())
        content[len(content) // 2] ^= 1
        (bad / name).write_bytes(content)
        with pytest.raises(ArtefactError, match="missing or altered"):
            load_student(bad)
        shutil.rmtree(bad)


def test_interrupted_save_leaves_the_old_one(toy_student, tmp_path, monkeypatch):
    student, tokenizer = toy_student
    save_student(tmp_path / "s", student, tokenizer, CARD)
    before = load_student(tmp_path / "s").card
    monkeypatch.setattr("rdrec.student.checkpoint.save_file", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save_student(tmp_path / "s", student, tokenizer, dataclasses.replace(CARD, seed=9))
    assert load_student(tmp_path / "s").card == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_rows_and_rates_are_those_of_the_settings():
    plain = dataclasses.replace(SETTINGS, batch_rows=64, topn_rows=0)
    assert [plain.rows(task) for task in Task] == [64] * 5
    mixed = dataclasses.replace(plain, topn_rows=8, text_rows=16)
    assert {task.key: mixed.rows(task) for task in Task} == {
        "explanation": 16,
        "sequential": 64,
        "topn": 8,
        "user_preference": 16,
        "item_attribution": 16,
    }
    assert [plain.rate(step, 10) for step in (0, 9)] == [1e-3, 1e-3]
    falling = dataclasses.replace(plain, warm_up=4, schedule="cosine")
    rates = [falling.rate(step, 100) for step in range(100)]
    assert (
        rates[0] == pytest.approx(0.25e-3)
        and max(rates) == rates[3]
        and rates[3] == pytest.approx(0.5e-3 * (1 + math.cos(0.03 * math.pi)))
    )
    assert rates[3:] == sorted(rates[3:], reverse=True) and rates[50] == pytest.approx(0.5e-3) and rates[-1] < 1e-5


def test_what_is_watched_decides_the_score():
    losses = {"explanation": 4.0, "sequential": 2.0, "topn": 1.0, "user_preference": 6.0, "item_attribution": 8.0}
    assert validation_score(losses) == (4 + 2 + 1 + 7) / 4
    assert validation_score(losses, "ids") == 1.5
    assert validation_score({"explanation": 4.0}, "ids") == 4.0, "nothing else to watch"


def test_cosine_refuses_more_epochs_on_resuming(sampler, tokenizer, tmp_path):
    """The learning rates of the epochs that are done would have been others."""
    settings = dataclasses.replace(SETTINGS, epochs=2, schedule="cosine", warm_up=2)

    with pytest.raises(Killed):
        train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "c", {}, progress=False, after_epoch=kill)
    longer = dataclasses.replace(settings, epochs=3)
    with pytest.raises(ArtefactError, match="other settings"):
        train(fresh(tokenizer), tokenizer, sampler, longer, tmp_path / "c", {}, progress=False)
    whole = train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "d", {}, progress=False)
    resumed = train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "c", {}, progress=False)
    assert resumed.curve == whole.curve and same(resumed.student, whole.student)


@pytest.mark.parametrize("feed_forward", ["relu", "gated-gelu"])
def test_dropout_is_that_of_the_settings(tokenizer, feed_forward):
    config = fresh(tokenizer).t5.config.to_dict() | {"feed_forward_proj": feed_forward}
    config = {name: value for name, value in config.items() if name not in ("dense_act_fn", "is_gated_act")}
    student = Student.from_scratch(T5Config.from_dict(config))
    set_dropout(student, 0.4)
    shares = {name: module.p for name, module in student.named_modules() if isinstance(module, torch.nn.Dropout)}
    added = {name for name in shares if re.search(r"layer\.\d\.dropout$", name)}
    assert added and {shares[name] for name in added} == {0.4}, "what attention and feed-forward add"
    assert {share for name, share in shares.items() if name not in added} == {0.0}


def test_a_student_from_scratch_starts_at_the_scale_of_t5(tokenizer):
    student = fresh(tokenizer)
    assert float(student.t5.shared.weight.detach().std()) == pytest.approx(
        1.0, rel=4 / math.sqrt(2 * student.t5.shared.weight.numel())
    )
    assert student.t5.lm_head.weight.data_ptr() == student.t5.shared.weight.data_ptr()
    assert not student.whole_word.weight[0].any()


def test_all_tasks_count_alike(sampler, tokenizer, tmp_path, monkeypatch):
    weights = []
    monkeypatch.setattr(training, "add_gradients", lambda *args, **options: weights.append(args[3]) or 0.0)
    train(fresh(tokenizer), tokenizer, sampler, dataclasses.replace(SETTINGS, epochs=1), tmp_path, {}, progress=False)
    assert len(sampler.tasks) > 2 and set(weights) == {1 / len(sampler.tasks)}


def test_only_a_start_from_data_freezes_layers(tokenizer):
    given = dataclasses.replace(SETTINGS, layer_rate=0.3, language_rate=0.2)
    for start in ("random", "pretrained"):
        settings, student = given.of_start(start), fresh(tokenizer)
        optimizer_for(student, settings)
        assert (settings.layer_rate, settings.language_rate) == (0.3, 0.0) and all(
            p.requires_grad for p in student.parameters()
        )
    student = fresh(tokenizer)
    optimizer_for(student, given.of_start("data"))
    learns = [*language_layers(student), student.t5.shared.weight, student.prompts]
    assert {id(p) for p in student.parameters() if p.requires_grad} == {id(p) for p in learns}
    with pytest.raises(InputError, match="language layers"):
        dataclasses.replace(given, language_rate=0.0).of_start("data")


def test_last_keeps_the_last_weights_and_never_stops_early(sampler, tokenizer, tmp_path, monkeypatch):
    """Where every epoch is said to be worse than the one before, what is watched stops and keeps the first."""
    epochs = {}
    for watch in ("ids", "last"):
        worse = iter(range(10))
        monkeypatch.setattr(training, "validation_score", lambda losses, watch, worse=worse: float(next(worse)))
        settings = dataclasses.replace(SETTINGS, patience=1, watch=watch)
        epochs[watch] = train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / watch, {}, progress=False)
    assert (len(epochs["ids"].curve), epochs["ids"].best_epoch) == (2, 1)
    assert (len(epochs["last"].curve), epochs["last"].best_epoch) == (3, 3)
    for watch, at in (("ids", 0), ("last", 2)):
        loss = validation_loss(epochs[watch].student, tokenizer, sampler.validation(Task.SEQUENTIAL))
        assert loss == pytest.approx(epochs[watch].curve[at].validation["sequential"], rel=SUMS)
