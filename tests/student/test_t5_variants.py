"""The T5 classes of students: which tables stay one, and what a saved config.json says of them."""

import pytest
import torch
from t5_folders import tiny_t5, told
from transformers import T5Config

from rdrec.student.t5_variants import is_tied, read_config, save_t5, saved_tied, t5_class


@pytest.fixture
def config(toy_student):
    return told(toy_student[1], "t5-v1.1")


@pytest.mark.parametrize("every_layer", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_tying_the_weights_leaves_a_head_of_its_own_alone(config, tied, every_layer):
    t5 = t5_class(tied=tied, every_layer=every_layer)(T5Config.from_dict(config))
    t5.tie_weights()
    assert is_tied(t5) == tied
    for part in (t5.encoder.embed_tokens, t5.decoder.embed_tokens):
        assert part.weight is t5.shared.weight
    assert ("wo" in t5._keep_in_fp32_modules) != every_layer, "the quantiser leaves out what stands there"


@pytest.mark.parametrize("form", ["t5", "t5-v1.1"])
def test_a_saved_config_says_whether_the_head_is_tied(toy_student, tmp_path, form):
    t5 = tiny_t5(told(toy_student[1], form))
    save_t5(t5, tmp_path / "t5")
    config = read_config(tmp_path / "t5")
    assert saved_tied(config) == is_tied(t5) == (form == "t5")
    assert config["scale_decoder_outputs"] == (form == "t5"), "what the head's kind meant to T5 is kept apart from it"
    again = t5_class(tied=saved_tied(config)).from_pretrained(tmp_path / "t5")
    assert torch.equal(again.lm_head.weight, t5.lm_head.weight) and is_tied(again) == is_tied(t5)


def test_checkpoints_from_before_the_flag_are_tied():
    assert saved_tied({}) and saved_tied({"tie_word_embeddings": True}) and not saved_tied({"tie_word_embeddings": False})


@pytest.mark.parametrize("text", ["[]", "{", "\xff"])
def test_a_config_that_is_no_table_is_a_value_error(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError):
        read_config(tmp_path)
