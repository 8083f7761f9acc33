"""`--init`: a pretrained T5 of every form is the same model after loading, saving and quantising; anything less than a whole one is refused by name."""

import json

import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import load_file
from small_training import SETTINGS, Killed, kill, same
from t5_folders import COPIES, FORMS, HEAD, SHARED, logits, tensors_of, tiny_t5, told, write_folder

from rdrec.core.records import InputError
from rdrec.student import pretrained
from rdrec.student import quantize as quantising
from rdrec.student.checkpoint import StudentCard, as_loaded, load_student, save_student
from rdrec.student.pretrained import init_from
from rdrec.student.quantize import quantize, quantized_copy, weight_bytes
from rdrec.student.train import train

CARD = StudentCard("toy", "abc", 30, 130, "init", "rdrec", "clean", 5, "offline", None, "t5", 1, {}, [], 1, "fp32", None, 1)
UNTIED = [form for form, config in FORMS.items() if config.get("tie_word_embeddings") is False]


@pytest.fixture
def words(toy_student):
    return toy_student[1]


@pytest.fixture
def write(words, tmp_path):
    """Write a checkpoint: `change` alters the tensors, `config` the config.json; returns the folder and the T5 it came from."""

    def make(form="t5", change=lambda tensors: None, shards=1, **config):
        t5 = tiny_t5(told(words, form))
        tensors = tensors_of(t5)
        change(tensors)
        return write_folder(tmp_path / "init", words, told(words, form, **config), tensors, shards), t5

    return make


def started(folder):
    return init_from(str(folder))[0]


def is_tied(t5):
    return t5.lm_head.weight is t5.shared.weight


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_is_the_same_model_after_loading_and_saving(write, words, tmp_path, form):
    folder, t5 = write(form)
    student, tokenizer = init_from(str(folder))
    assert tokenizer.encode("user_3 item_44") == words.encode("user_3 item_44")
    expected = logits(t5)
    assert expected.std() > 0.1 and torch.equal(logits(student.t5), expected)
    assert is_tied(student.t5) == (form not in UNTIED)
    student.t5.tie_weights()  # as training does at its end
    save_student(tmp_path / "saved", student, words, CARD)
    loaded = load_student(tmp_path / "saved").model
    torch.testing.assert_close(logits(loaded.t5), expected, rtol=1e-5, atol=1e-5)
    assert is_tied(loaded.t5) == is_tied(student.t5)
    for part in (loaded.t5.encoder.embed_tokens, loaded.t5.decoder.embed_tokens):
        assert part.weight is loaded.t5.shared.weight


@pytest.mark.parametrize("precision", ["nf4", "int8"])
@pytest.mark.parametrize("form", ["t5", *UNTIED])
def test_a_quantised_student_is_the_same_model_after_loading(write, words, tmp_path, monkeypatch, form, precision):
    folder, t5 = write(form)
    save_student(tmp_path / "fp32", started(folder), words, CARD)
    made = []

    def keep(target, student, *rest, **more):
        save_student(target, student, *rest, **more)
        made.append(student)

    monkeypatch.setattr(quantising, "save_student", keep)
    quantize(tmp_path / "fp32", tmp_path / precision, precision)
    loaded = load_student(tmp_path / precision).model
    before = logits(as_loaded(made[0], precision).t5)
    torch.testing.assert_close(logits(loaded.t5), before, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        logits(quantized_copy(load_student(tmp_path / "fp32").model, precision).t5), before, rtol=1e-5, atol=1e-5
    )
    whole = logits(t5)
    near = float(torch.corrcoef(torch.stack([before.flatten(), whole.flatten()]))[0, 1])
    assert {"nf4": 0.85, "int8": 0.99}[precision] < near < 0.999999, "random layers of 32 numbers lose much in 4 bits"
    assert is_tied(loaded.t5) == (form not in UNTIED)
    assert (loaded.t5.lm_head.weight - t5.lm_head.weight).abs().max() <= t5.lm_head.weight.abs().max() / 120
    files = load_file(tmp_path / precision / "t5" / "model.safetensors")
    assert not {SHARED, *COPIES, HEAD} & set(files), "both tables lie in 8 bits alone"
    assert weight_bytes(tmp_path / precision) < weight_bytes(tmp_path / "fp32") / 2


def test_a_killed_run_of_an_untied_t5_goes_on_with_its_own_head(sampler, tokenizer, tmp_path):
    config = told(tokenizer, "t5-v1.1")
    folder = write_folder(tmp_path / "init", tokenizer, config, tensors_of(tiny_t5(config)))

    def run(state, **more):
        torch.manual_seed(5)
        return train(started(folder), tokenizer, sampler, SETTINGS, tmp_path / state, {}, progress=False, **more)

    whole = run("whole")
    with pytest.raises(Killed):
        run("killed", after_epoch=kill)
    resumed = run("killed")
    assert resumed.curve == whole.curve and same(resumed.student, whole.student)
    assert not is_tied(whole.student.t5)
    before = load_file(folder / "model.safetensors")
    for name in (SHARED, HEAD):
        assert not torch.equal(whole.student.t5.state_dict()[name], before[name]), "both are trained"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_narrow_weights_are_widened_and_nothing_else(write, words, dtype):
    def narrow(tensors):
        tensors |= {name: tensor.to(dtype) for name, tensor in tensors.items()}

    folder, t5 = write("t5-v1.1", narrow, torch_dtype=str(dtype).removeprefix("torch."))
    student = started(folder)
    assert {parameter.dtype for parameter in student.parameters()} == {torch.float32}
    with torch.no_grad():
        for parameter in t5.parameters():
            parameter.copy_(parameter.to(dtype))
    assert torch.equal(logits(student.t5), logits(t5))


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_numbers_that_overflowed_are_refused_by_name(write, number):
    name = "decoder.block.1.layer.2.DenseReluDense.wo.weight"

    def overflow(tensors):
        tensors[name] = tensors[name].half()
        tensors[name][3, 4] = number

    folder, _ = write(change=overflow)
    with pytest.raises(InputError, match=f"{name} contains numbers that are not finite"):
        started(folder)


def with_copies(tensors):
    tensors |= dict.fromkeys((*COPIES, HEAD), tensors[SHARED])
    tensors["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = torch.ones(32, 4)


def without_shared(tensors):
    tensors |= dict.fromkeys(COPIES, tensors.pop(SHARED))


def with_the_head_alone(tensors):
    tensors[HEAD] = tensors.pop(SHARED)


@pytest.mark.parametrize("change", [with_copies, without_shared, with_the_head_alone])
def test_one_table_under_several_names_is_one_table(write, change):
    folder, t5 = write(change=change)
    student = started(folder)
    assert is_tied(student.t5) and torch.equal(logits(student.t5), logits(t5))


def test_a_head_of_its_own_without_shared_weight(write):
    folder, t5 = write("t5-v1.1", without_shared)
    assert torch.equal(logits(started(folder).t5), logits(t5))


def test_a_head_of_its_own_stays_its_own_even_where_it_begins_as_a_copy(write):
    folder, _ = write("untied", lambda tensors: tensors.update({HEAD: tensors[SHARED]}))
    assert not is_tied(started(folder).t5)


@pytest.mark.parametrize("name", [*COPIES, HEAD])
def test_copies_that_contradict_each_other_are_refused_by_name(write, name):
    folder, _ = write(change=lambda tensors: tensors.update({name: tensors[SHARED] + 1}))
    with pytest.raises(InputError, match=f"{name} differs from shared.weight"):
        started(folder)


def test_what_transformers_5_saves_of_an_untied_t5_is_untied(words, tmp_path):
    """It writes that the head is tied, and scale_decoder_outputs, which tells the kinds apart."""
    t5 = tiny_t5(told(words, "t5-v1.1"))
    write_folder(tmp_path / "init", words, {}, tensors_of(t5))
    t5.save_pretrained(tmp_path / "init")
    assert json.loads((tmp_path / "init" / "config.json").read_text())["tie_word_embeddings"] is True
    student = started(tmp_path / "init")
    assert not is_tied(student.t5) and torch.equal(logits(student.t5), logits(t5))


def encoder_only(tensors):
    for name in [name for name in tensors if name.startswith("decoder.")]:
        del tensors[name]


@pytest.mark.parametrize(
    ("form", "change", "message"),
    [
        ("t5", encoder_only, r"missing: decoder\.block\.0\.layer\.0\.SelfAttention\.q\.weight, .* and 25 more"),
        ("t5", lambda t: t.pop("encoder.final_layer_norm.weight"), r"\(missing: encoder\.final_layer_norm\.weight\)"),
        ("t5", lambda t: t.pop(SHARED), r"\(missing: shared\.weight\)"),
        ("t5-v1.1", lambda t: t.pop(HEAD), r"\(missing: lm_head\.weight\)"),
        ("t5-v1.1", lambda t: t.pop(SHARED), r"\(missing: shared\.weight\)"),
        ("t5", lambda t: t.update({"classification_head.bias": torch.ones(2)}), r"\(unknown: classification_head\.bias\)"),
        ("t5", lambda t: t.update({"encoder.block.2.layer.0.layer_norm.weight": torch.ones(32)}), r"unknown: encoder\.block\.2"),
        ("t5", lambda t: t.update({SHARED: t[SHARED][:-1].clone()}), r"of another shape: shared\.weight \[\d+, 32\] instead of"),
        ("t5", lambda t: t.update({SHARED: t[SHARED].to(torch.int8)}), r"of another type: shared\.weight \(I8\)"),
        ("t5", lambda t: t.update({SHARED: t[SHARED].double()}), r"of another type: shared\.weight \(F64\)"),
    ],
)  # fmt: skip
def test_tensors_that_are_not_those_of_this_t5_are_named(write, form, change, message):
    folder, _ = write(form, change)
    with pytest.raises(InputError, match=message):
        started(folder)


def test_all_faults_are_told_at_once(write):
    def change(tensors):
        tensors["decoder.final_layer_norm.bias"] = tensors.pop("decoder.final_layer_norm.weight")

    folder, _ = write(change=change)
    with pytest.raises(
        InputError, match=r"missing: decoder\.final_layer_norm\.weight; unknown: decoder\.final_layer_norm\.bias"
    ):
        started(folder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "mt5"}, "type 'mt5', not a T5"),
        ({"model_type": "umt5"}, "type 'umt5', not a T5"),
        ({"model_type": None}, "type None, not a T5"),
        ({"quantization_config": {"load_in_8bit": True}}, "weights are quantised"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings in config.json is neither true nor false"),
        ({"feed_forward_proj": "swoosh"}, "unknown activation 'swoosh'"),
        ({"feed_forward_proj": "gated-gelu"}, "missing: encoder.block.0.layer.1.DenseReluDense.wi_0.weight"),
        ({"num_decoder_layers": 1}, "unknown: decoder.block.1"),
        ({"d_kv": 16}, "of another shape: .*SelfAttention.q.weight"),
        ({"vocab_size": "many"}, "not a valid T5 configuration"),
        ({"decoder_start_token_id": None}, "decoder_start_token_id in config.json is None"),
        ({"eos_token_id": 10**6}, "eos_token_id in config.json is 1000000"),
        ({"eos_token_id": 7}, "0 and 7 in config.json, but 0 and 1 in the tokenizer"),
    ],
)
def test_a_config_that_tells_of_another_model_is_refused(write, config, message):
    folder, _ = write(**config)
    with pytest.raises(InputError, match=message):
        started(folder)


def test_advice_on_generation_is_not_taken_along(write, words, tmp_path):
    """Beams and penalties in the files of others would change every text and every beam search that is compared with."""
    advice = {"num_beams": 4, "max_length": 7, "repetition_penalty": 3.0, "n_positions": 512, "task_specific_params": {"a": {}}}
    folder, t5 = write("t5-v1.1", **advice, torch_dtype="float16")
    (folder / "generation_config.json").write_text(json.dumps({"num_beams": 5, "no_repeat_ngram_size": 2}))
    save_student(tmp_path / "saved", started(folder), words, CARD)
    loaded = load_student(tmp_path / "saved").model.t5
    torch.testing.assert_close(logits(loaded), logits(t5), rtol=1e-5, atol=1e-5)
    told_to = loaded.generation_config.to_diff_dict() | loaded.config.to_dict()
    assert not {"num_beams", "no_repeat_ngram_size", *advice} & set(told_to)
    assert loaded.generation_config.decoder_start_token_id == words.pad and loaded.generation_config.eos_token_id == words.eos


def test_a_vocabulary_may_have_some_spare_rows_but_not_fewer_or_many_more(words, tmp_path):
    for extra, message in ((28, None), (-1, "more tokens than the weights"), (300, "the tokenizer has only")):
        config = told(words, vocab_size=words.size + extra)
        folder = write_folder(tmp_path / str(extra), words, config, tensors_of(tiny_t5(config)))
        if message is None:
            assert started(folder).t5.config.vocab_size == words.size + extra
        else:
            with pytest.raises(InputError, match=message):
                started(folder)


def test_weights_in_several_files_are_one_model(write):
    folder, t5 = write("t5-v1.1", shards=3)
    assert torch.equal(logits(started(folder).t5), logits(t5))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder, index: (folder / "model-00002-of-00003.safetensors").unlink(), "not in the folder: model-00002-of-00003"),
        (lambda folder, index: index["weight_map"].update({SHARED: "../init/model-00001-of-00003.safetensors"}), "not in the folder"),
        (lambda folder, index: index["weight_map"].pop(SHARED), "disagree about shared.weight"),
        (lambda folder, index: index["weight_map"].update({"more.weight": "model-00001-of-00003.safetensors"}), "disagree about more.weight"),
        (lambda folder, index: index.pop("weight_map"), "no usable weight_map"),
        (lambda folder, index: (folder / "model-00001-of-00003.safetensors").write_bytes(b"half"), "cannot be read"),
    ],
)  # fmt: skip
def test_files_that_do_not_belong_together_are_refused(write, damage, message):
    folder, _ = write(shards=3)
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    damage(folder, index)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match=message):
        started(folder)


def test_a_pickle_alone_is_refused_with_a_way_out(write):
    folder, _ = write()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"only pytorch_model\.bin.*save_pretrained"):
        started(folder)
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(InputError, match=r"neither model[.]safetensors nor"):
        started(folder)
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"no usable config[.]json"):
        started(folder)
    with pytest.raises(InputError, match="this is a file"):
        started(folder / "tokenizer.json")


def test_a_cut_file_is_refused(write):
    folder, _ = write()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"model[.]safetensors cannot be read"):
        started(folder)


def test_a_hub_id_is_fetched_once_and_read_as_a_folder(write, monkeypatch):
    folder, t5 = write("t5-v1.1")
    asked = []

    def fetch(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(folder)

    monkeypatch.setattr(pretrained, "snapshot_download", fetch)
    monkeypatch.setattr(
        pretrained, "tokenizer_from", lambda source: pretrained.StudentTokenizer.load(folder / "tokenizer.json")
    )
    student, _ = init_from("someone/tiny-t5")
    assert torch.equal(logits(student.t5), logits(t5)) and asked[0][0] == "someone/tiny-t5" and len(asked) == 1
    assert not any(pattern.endswith((".bin", "*")) for pattern in asked[0][1]), "no pickle is fetched"


def test_no_hub_is_one_sentence(monkeypatch):
    def offline(name, allow_patterns):
        raise LocalEntryNotFoundError("cannot reach the hub\nand more")

    monkeypatch.setattr(pretrained, "snapshot_download", offline)
    with pytest.raises(InputError, match=r"there is no such folder, and the hub gives no T5 weights \(cannot reach the hub\)"):
        init_from("someone/tiny-t5")
