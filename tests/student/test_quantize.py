"""Quantised forms: what is converted, what is kept, what loads, and what each weighs."""

import copy
import dataclasses
import json

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit
from bitsandbytes.nn import Linear4bit, Linear8bitLt
from tolerances import BF16_LOG_PROBABILITY, NF4, SUMS
from torch import nn
from transformers import BitsAndBytesConfig, T5ForConditionalGeneration

from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import new_artefact, verify
from rdrec.ranking.recommender import Recommender
from rdrec.student import quantize as quantising
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import KIND, StudentCard, load_student, save_student
from rdrec.student.fast_linear import OneDnnLinear
from rdrec.student.model import Student
from rdrec.student.quantize import layer_names, memory_bytes, quantize, weight_bytes
from rdrec.student.shapes import t5_config
from rdrec.student.tasks import Task

CARD = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 5, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)
PLAIN = (nn.Linear, OneDnnLinear)
QUANTISED = {"nf4": Linear4bit, "int8": Linear8bitLt}
ROW = Row(Task.SEQUENTIAL, "user_1 item_5 item_9", "7")


@pytest.fixture(scope="module")
def fp32(toy_student, tmp_path_factory):
    folder = tmp_path_factory.mktemp("students") / "fp32"
    save_student(folder, *toy_student, CARD)
    return folder


@pytest.fixture(scope="module")
def tiny(toy_student, tmp_path_factory):
    """An untrained student of the default shape with the full vocabulary: the proportions that a trained one has."""
    tokenizer = toy_student[1]
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("tiny") / "fp32"
    student = Student.from_scratch(t5_config("tiny", 4000, pad=tokenizer.pad, eos=tokenizer.eos))
    save_student(folder, student, tokenizer, CARD)
    return folder


def loss(loaded):
    with torch.inference_mode():
        return loaded.model(make_batch([ROW], loaded.tokenizer)).item()


def decoded(weight):
    """The numbers (fp32) that an NF4 weight stands for."""
    state = copy.copy(weight.quant_state)
    state.dtype = torch.float32
    return dequantize_4bit(weight.data, state)


def linear_layers(loaded):
    return {name: module for name, module in loaded.model.t5.named_modules() if isinstance(module, nn.Linear)}


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_quantised_round_trip(fp32, toy_student, tmp_path, precision):
    quantize(fp32, tmp_path / precision, precision)
    loaded, reference = load_student(tmp_path / precision), load_student(fp32)
    assert loaded.card.precision == precision and weight_bytes(tmp_path / precision) < weight_bytes(fp32) / 1.8
    batch = make_batch([ROW], toy_student[1])
    with torch.inference_mode():
        assert loss(reference) == pytest.approx(toy_student[0](batch).item(), rel=SUMS)
    close = loss(loaded)
    assert close != loss(reference) and close == pytest.approx(loss(reference), rel=NF4)
    assert loss(load_student(tmp_path / precision)) == close
    with pytest.raises(InputError, match="already"):
        quantize(tmp_path / precision, tmp_path / "twice", precision)


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_every_layer_but_the_output_is_converted(fp32, tmp_path, precision):
    assert quantize(fp32, tmp_path / "q", precision, keep=[]).bf16_layers == ()
    layers = linear_layers(load_student(tmp_path / "q"))
    assert type(layers.pop("lm_head")) in PLAIN
    assert {type(layer) for layer in layers.values()} == {QUANTISED[precision]}
    assert list(layers) == layer_names(load_student(fp32).model.t5) and sum(name.endswith(".wo") for name in layers) == 4


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_nf4_keeps_cross_attention_in_bf16(fp32, tmp_path, precision):
    kept = quantize(fp32, tmp_path / "q", precision).bf16_layers
    layers, source = linear_layers(load_student(tmp_path / "q")), linear_layers(load_student(fp32))
    cross = [name for name in layers if "EncDecAttention" in name]
    assert cross and list(kept) == (cross if precision == "nf4" else [])
    in_memory = quantising.quantized_copy(load_student(fp32).model, precision).t5
    for name in cross:
        assert (type(layers[name]) in PLAIN) == (type(in_memory.get_submodule(name)) in PLAIN) == (precision == "nf4")
        if precision == "nf4":
            assert torch.equal(layers[name].weight, source[name].weight.bfloat16().float())


def test_nf4_is_fp32_arithmetic_with_rounded_weights(fp32, tmp_path):
    """Against a plain T5 that holds the decoded weights: T5 would turn the input of a `wo` of type uint8 into noise."""
    quantize(fp32, tmp_path / "nf4", "nf4")
    loaded = load_student(tmp_path / "nf4")
    plain = copy.deepcopy(load_student(fp32).model)
    weights = dict(loaded.model.named_parameters())
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            parameter.copy_(decoded(weights[name]) if hasattr(weights[name], "quant_state") else weights[name])
        batch = make_batch([ROW], loaded.tokenizer)
        torch.testing.assert_close(loaded.model.encode(batch).states, plain.encode(batch).states, rtol=SUMS, atol=SUMS)
        assert loss(loaded) == pytest.approx(plain(batch).item(), rel=SUMS)


def test_nf4_arithmetic_is_fp32_on_every_cpu(fp32, tmp_path):
    """bitsandbytes adds in bf16 on CPUs that have AVX512-BF16: a ranking would depend on the machine."""
    quantize(fp32, tmp_path / "nf4", "nf4")
    layers = [layer for layer in load_student(tmp_path / "nf4").model.modules() if isinstance(layer, Linear4bit)]
    assert layers
    for layer in layers:
        given = torch.randn(3, layer.in_features, generator=torch.Generator().manual_seed(1))
        assert not layer.support_avx512bf16_for_cpu
        torch.testing.assert_close(layer(given), given @ decoded(layer.weight).T, rtol=SUMS, atol=SUMS)


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_kept_layers_stay_in_bf16(fp32, tmp_path, precision):
    result = quantize(fp32, tmp_path / "q", precision, keep=["encoder.block.0", "wo"])
    layers, source = linear_layers(load_student(tmp_path / "q")), linear_layers(load_student(fp32))
    expected = [n for n in layer_names(load_student(fp32).model.t5) if "encoder.block.0." in n or n.endswith(".wo")]
    assert list(result.bf16_layers) == expected and len(expected) == 4 + 2 + 3
    for name, layer in layers.items():
        if name in expected:
            assert type(layer) in PLAIN and torch.equal(layer.weight, source[name].weight.bfloat16().float())
        elif name != "lm_head":
            assert type(layer) is QUANTISED[precision]
    quantize(fp32, tmp_path / "all", precision)
    assert weight_bytes(tmp_path / "all") < result.bytes


def test_kept_names_are_whole_parts(fp32, tmp_path):
    names = ["a.block.1.wi", "a.block.10.wi", "a.block.1.wo"]
    assert quantising._matching(names, ["block.1"]) == ("a.block.1.wi", "a.block.1.wo")
    assert quantising._matching(names, []) == ()
    with pytest.raises(InputError, match=r"no layer of this student has 'w' in its name - use .*wo"):
        quantize(fp32, tmp_path / "q", "nf4", keep=["w"])
    with pytest.raises(InputError, match="every layer"):
        quantize(fp32, tmp_path / "q", "nf4", keep=["encoder", "decoder"])
    assert not (tmp_path / "q").exists()


def older_form(fp32, target, precision):
    """As this program wrote quantised students before: transformers' own rule left `wo` in bf16, named nowhere."""
    loaded = load_student(fp32)
    config = BitsAndBytesConfig(load_in_8bit=True)
    if precision == "nf4":
        config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32)
    loaded.model.t5 = T5ForConditionalGeneration.from_pretrained(
        fp32 / "t5", quantization_config=config, dtype=torch.bfloat16, device_map={"": "cpu"}
    )
    save_student(target, loaded.model, loaded.tokenizer, dataclasses.replace(CARD, precision=precision))


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_an_older_student_still_loads(fp32, tmp_path, precision):
    older_form(fp32, tmp_path / "old", precision)
    loaded = load_student(tmp_path / "old")
    layers = linear_layers(loaded)
    assert {name.rsplit(".", 1)[-1] for name, layer in layers.items() if type(layer) in PLAIN} == {"wo", "lm_head"}
    assert loss(loaded) == pytest.approx(loss(load_student(fp32)), rel=NF4)


@pytest.mark.parametrize("precision", ["nf4", "int8"])
@pytest.mark.parametrize("named", [["lm_head"], ["lm_head", "decoder"], None])
def test_weights_that_are_not_what_the_checkpoint_says(fp32, tmp_path, precision, named):
    """transformers itself loads codes into a plain layer, and plain weights into a quantised one, without a word."""
    quantize(fp32, tmp_path / "q", precision, keep=["wi"])
    manifest = verify(tmp_path / "q", KIND)
    files = {name: (tmp_path / "q" / name).read_bytes() for name in manifest.files}
    config = json.loads(files["t5/config.json"])
    config["quantization_config"]["llm_int8_skip_modules"] = named
    files["t5/config.json"] = json.dumps(config).encode()
    with new_artefact(tmp_path / "q", KIND, manifest.meta) as temporary:
        for name, content in files.items():
            (temporary / name).parent.mkdir(exist_ok=True)
            (temporary / name).write_bytes(content)
    with pytest.raises(ArtefactError, match="quantise it again"):
        load_student(tmp_path / "q")


def test_a_tiny_student_in_nf4_is_a_quarter(tiny, tmp_path, monkeypatch):
    """The design's figure, with the shape that has most embeddings for its layers; scales in 8 bits where that saves bytes."""
    size = quantize(tiny, tmp_path / "q", "nf4").bytes
    assert size == weight_bytes(tmp_path / "q") <= weight_bytes(tiny) / 4
    nested = {
        name: layer.weight.quant_state.nested
        for name, layer in linear_layers(load_student(tmp_path / "q")).items()
        if isinstance(layer, Linear4bit)
    }
    assert all(nested[name] == (name.rsplit(".", 1)[-1] in ("wi", "wo")) for name in nested) and any(nested.values())
    for blocks in (1, 10**9):
        monkeypatch.setattr(quantising, "DOUBLE_FROM_BLOCKS", blocks)
        assert quantize(tiny, tmp_path / "other", "nf4").bytes > size
    one, other = (linear_layers(load_student(tmp_path / name)) for name in ("q", "other"))  # other: no scale in 8 bits
    # 8 bits are .014 of the largest deviation from the mean scale apart, and hardly a scale is twice the mean
    for name in nested:
        torch.testing.assert_close(decoded(one[name].weight), decoded(other[name].weight), rtol=0.02, atol=1e-6)


def test_memory_counts_codes_scales_and_the_rest(fp32, tmp_path):
    reference = load_student(fp32).model
    assert memory_bytes(reference) == 4 * reference.parameters_count
    layers = [layer for name, layer in linear_layers(load_student(fp32)).items() if name != "lm_head"]
    rest = 4 * (reference.parameters_count - sum(layer.weight.numel() for layer in layers))
    for precision in ("nf4", "int8"):
        quantize(fp32, tmp_path / precision, precision, keep=[])
        loaded = load_student(tmp_path / precision)
        before = memory_bytes(loaded.model)
        if precision == "nf4":  # half a byte a weight, a scale for each 64, a table of 16 numbers a layer
            own = sum(layer.weight.numel() // 2 + -(-layer.weight.numel() // 64) * 4 + 64 for layer in layers)
        else:  # a scale a row
            own = sum(layer.weight.numel() + layer.out_features * 4 for layer in layers)
        assert before == rest + own
        loss(loaded)
        assert memory_bytes(loaded.model) == before, "the first use moves the scales of int8"


def test_an_fp32_student_loads_in_bf16(fp32, tmp_path):
    loaded = load_student(fp32, dtype=torch.bfloat16)
    assert loaded.card.precision == "bf16" and {p.dtype for p in loaded.model.parameters()} == {torch.bfloat16}
    ids = torch.arange(21).numpy()
    scores = Recommender(loaded, ids).sequential([1], [[3, 4]])[0]
    exact = Recommender(load_student(fp32), ids).sequential([1], [[3, 4]])[0]
    assert scores.dtype == exact.dtype == "float32"
    assert scores[1:] == pytest.approx(exact[1:], abs=4 * BF16_LOG_PROBABILITY) and not (scores[1:] == exact[1:]).all()
    quantize(fp32, tmp_path / "nf4", "nf4")
    with pytest.raises(InputError, match="is nf4, not fp32"):
        load_student(tmp_path / "nf4", dtype=torch.bfloat16)
