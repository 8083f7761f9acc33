"""A sampler of the toy set and its tokenizer, for everything that trains."""

import pytest
from invented_shop import InventedShop

from rdrec.core.home import Home
from rdrec.data.splits import protocol_view
from rdrec.data.store import save_dataset, save_released_rationales
from rdrec.student.sampling import Sampler
from rdrec.student.tokenizer import StudentTokenizer


@pytest.fixture(scope="module")
def sampler(toy_dataset, toy_rationales):
    return Sampler(protocol_view(toy_dataset, "clean", 5), toy_rationales, "rdrec", 5)


@pytest.fixture(scope="module")
def tokenizer(sampler):
    return StudentTokenizer.train(sampler.vocabulary_texts())


@pytest.fixture(scope="module")
def home(toy_dataset, toy_rationales, tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("home"))
    save_dataset(made, toy_dataset)
    save_released_rationales(made, "toy", toy_rationales)
    return made


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Large enough that rules can be told apart."""
    return InventedShop(tmp_path_factory.mktemp("shop"), 700)
