"""The catalogue of public data sets: its contents, and invalid catalogues."""

from collections import Counter
from pathlib import Path

import pytest

from rdrec.core.records import InputError, UnknownNameError
from rdrec.data.public_sets import CATALOGUE, find_public_set, public_sets


def test_three_collections_with_licence_and_citation() -> None:
    sets = public_sets()
    assert Counter(one.collection for one in sets.values()) == {"amazon2014": 24, "amazon2018": 29, "amazon2023": 33}
    for name, one in sets.items():
        assert one.name == name and one.licence and one.citation and one.core >= 3
        assert all(file.url.startswith("https://") for file in (one.review_file, one.item_file))


@pytest.mark.parametrize(
    ("name", "reviews", "items"),
    [
        (
            "amazon2014-musical-instruments",
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/reviews_Musical_Instruments_5.json.gz",
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/meta_Musical_Instruments.json.gz",
        ),
        (
            "amazon2018-amazon-fashion",
            "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2/categoryFilesSmall/AMAZON_FASHION_5.json.gz",
            "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2/metaFiles2/meta_AMAZON_FASHION.json.gz",
        ),
        (
            "amazon2023-all-beauty",
            "https://huggingface.co/datasets/McAuley-Lab/Amazon-Reviews-2023/resolve/main/raw/review_categories/All_Beauty.jsonl",
            "https://huggingface.co/datasets/McAuley-Lab/Amazon-Reviews-2023/resolve/main/raw/meta_categories/meta_All_Beauty.jsonl",
        ),
    ],
)
def test_addresses(name: str, reviews: str, items: str) -> None:
    one = find_public_set(name)
    assert (one.review_file.url, one.item_file.url) == (reviews, items)
    assert (one.review_file.repo is not None) == (one.collection == "amazon2023")


def test_similar_names_are_suggested() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean amazon2014-musical-instruments.*data get --list"):
        find_public_set("amazon2014-musical_instrument")
    with pytest.raises(UnknownNameError, match=r"named 'qqqq' - see"):
        find_public_set("qqqq")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reviews = 20_473", "reviews = -1", r"categories.Automotive: reviews is -1"),
        ("reviews = 20_473", "reviews = 20_473, sise = 1", "sise is unknown"),
        ("{ reviews = 20_473 }", "{ megabytes = 1 }", "reviews is missing"),
        ("reviews = 20_473", 'reviews = 20_473, sha256 = "abc"', "sha256 needs 64 digits"),
        ("reviews = 20_473", "reviews = 20_473, core = 5000", "--core is 5000"),
        ('licence = "none stated', 'license = "none stated', "licence is missing, license is unknown"),
        ("citation = [\n", "citation = [\n 1,\n", "expected texts"),
        ('homepage = "https://cseweb.ucsd.edu/~jmcauley/datasets/amazon/links.html"', 'homepage = ""', "homepage is ''"),
        ('"https://snap', '"http://snap', "not an https address"),
        ("_5.json.gz", "_5.json.gz/", "does not end in a file name"),
        ('hub = "McAuley-Lab/', 'hub = "', "expected OWNER/NAME"),
        ("[amazon2014.categories]", "[amazon2014.categories", "the catalogue cannot be read"),
    ],
)
def test_an_invalid_catalogue_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = CATALOGUE.read_text("utf-8")
    assert old in text
    path = tmp_path / "sets.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=said):
        public_sets(path)
