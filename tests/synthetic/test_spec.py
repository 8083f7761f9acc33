"""The shipped world has the promised size and variety, and a broken one is refused with all its errors."""

import re
import shutil
from collections import Counter

import pytest

from rdrec.core.records import InputError, UnknownNameError
from rdrec.synthetic.spec import WORLDS, read_world


def test_the_shop_is_large_and_varied(toys):
    assert len(toys.products) >= 400 and len(toys.attributes) == 8
    assert len({product.name for product in toys.products}) == len(toys.products)
    assert len({detail for product in toys.products for detail in product.details}) == 3 * len(toys.products)
    used = Counter(value for row in toys.product_values for value in row)
    assert set(used) == set(range(len(toys.value_names))), "every attribute value is some product's"
    assert min(used.values()) >= 4
    assert sum(product.follows is not None for product in toys.products) >= 40


def test_the_text_bank_holds_thousands_of_sentences(toys):
    sentences = {(line.parts) for name, lines in toys.bank.items() if name.endswith((" +", " -")) for line in lines}
    around = {
        line.parts for name, lines in toys.bank.items() if name.startswith(("reason", "aside", "closing")) for line in lines
    }
    assert len(sentences) >= 2300 and len(sentences | around) >= 2700


def test_every_aspect_can_be_said_by_anybody_of_any_product(toys):
    """Enough lines need no person, because a person must be introduced before pronouns."""
    for aspect in [*toys.value_names, *(f"quality={name}" for name in toys.qualities)]:
        for sign in "+-":
            lines = toys.sentences(aspect, sign, "jigsaws")
            assert sum(not line.slots & {"who", "he", "him", "his", "himself"} for line in lines) >= 3, f"{aspect} {sign}"


def test_phrases_read_as_noun_phrases(toys):
    for name, lines in toys.bank.items():
        if name.split()[-1] in ("prefers", "avoids", "is", "isnt"):
            assert len(lines) >= 3, name
            for line in lines:
                text = line.render(lambda n: 0, {})
                assert len(text.split()) <= 9 and not text.endswith("."), f"{line.where}: {text}"


def test_nothing_of_the_bank_names_a_real_brand(toys):
    brands = re.compile(
        r"\b(lego|barbie|monopoly|hasbro|mattel|playmobil|pokemon|disney|catan|scrabble|jenga|nerf|amazon)\b", re.I
    )
    text = "\n".join(path.read_text("utf-8") for path in (WORLDS / "toys").rglob("*.*"))
    assert not brands.findall(text)


@pytest.fixture
def broken(tmp_path):
    return shutil.copytree(WORLDS / "toys", tmp_path / "toys")


def test_all_product_errors_are_listed_at_once(broken):
    path = broken / "products-a.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(",", ",Nowhere,", 1)
    lines[2] = lines[1]
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"products-a\.csv: .*products-a\.csv: "):
        read_world("toys", broken)


def test_a_missing_section_is_named(broken):
    path = broken / "sentences" / "theme.txt"
    path.write_text(path.read_text().replace("[theme=space +]", "[theme=spice +]"))
    with pytest.raises(InputError, match=r"lacks theme=space \+"):
        read_world("toys", broken)


def test_an_unknown_section_is_named(broken):
    path = broken / "sentences" / "theme.txt"
    path.write_text(path.read_text() + "\n[theme=spice +]\nHot.\n")
    with pytest.raises(InputError, match=r"unknown sections: theme=spice \+"):
        read_world("toys", broken)


@pytest.mark.parametrize(
    ("was", "old", "said"),
    [
        (
            '[attributes.theme.values]\ndinosaurs = "dinosaurs"',
            'values = ["dinosaurs"]\n[attributes.theme.was]\nx = "x"',
            "no wordings for theme",
        ),
        ("[qualities.names] ", "names = ['sturdy']\n[qualities.were] ", "no wordings for qualities"),
        ("drive = 2.5", "", r"\[model\] lacks drive"),
    ],
)
def test_an_outdated_world_is_refused(broken, was, old, said):
    """A world from before users had motives; the error says what to do."""
    path = broken / "world.toml"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, old))
    with pytest.raises(InputError, match=rf"world\.toml: outdated world format: .*{said}.*docs/worlds\.md"):
        read_world("toys", broken)


@pytest.mark.parametrize(
    ("was", "wrong"),
    [
        ("drive = 2.5", "drive = -1"),
        ("names = 0.7", "names = 1.5"),
        ("names_second = 0.6", "names_second = nan"),
        ("motives = 3", "motives = 9"),
        ("motives = 3", "motives = 2.5"),
    ],
)
def test_a_dial_out_of_range_is_named(broken, was, wrong):
    path = broken / "world.toml"
    path.write_text(path.read_text().replace(was, wrong))
    with pytest.raises(InputError, match=rf"world\.toml: {wrong.split()[0]} is .* use a (whole )?number from 0 to "):
        read_world("toys", broken)


@pytest.mark.parametrize("dial", [{"drive": 11}, {"drive": float("nan")}, {"names": -0.1}, {"purchases": 4}, {"purchases": 41}])
def test_a_dial_of_the_command_line_out_of_range_is_named(toys, dial):
    with pytest.raises(InputError, match=rf"--{next(iter(dial))} is .* use a number from"):
        toys.with_dials(**dial)


@pytest.mark.parametrize(
    ("was", "wrong", "said"),
    [
        ("No {bare} either.", "Nothing either.", r"motives\.txt:\d+: a line of \[motive lacks too\] names no motive"),
        ("the dinos\n", "the {kind}\n", r"motives\.txt:\d+: a phrase cannot contain slots"),
        (
            "No {bare} either.",
            "No {bare} for {who} either.",
            r"motives\.txt:\d+: \{who\} is not available in \[motive lacks too\]",
        ),
        ("No {bare} for {who}", "No {bare} for {him}", r"motives\.txt:\d+: \{him\} is not available in \[motive lacks\]"),
        ("the dinos\nthe prehistoric beasts\n", "", r"motives\.txt:\d+: \[theme=dinosaurs motive\] has only one wording"),
        ("[motive has too]", "[theme=space +]", r"lacks motive has too"),
    ],
)
def test_errors_in_motive_sentences_are_named(broken, was, wrong, said):
    path = broken / "sentences" / "motives.txt"
    path.write_text(path.read_text().replace(was, wrong))
    with pytest.raises(InputError, match=said):
        read_world("toys", broken)


def test_motive_slots_are_refused_elsewhere(broken):
    path = broken / "sentences" / "theme.txt"
    path.write_text(path.read_text() + "\n[theme=space +]\nGood old {motive}.\n")
    with pytest.raises(InputError, match=r"theme\.txt:\d+: \{motive\} and \{bare\} are not available here"):
        read_world("toys", broken)


def test_a_world_that_does_not_exist():
    with pytest.raises(UnknownNameError, match=r"no world '\.\./secrets'.*use one of toys"):
        read_world("../secrets")


def test_the_hash_is_that_of_all_files(broken, toys):
    assert read_world("toys", broken).sha256 == toys.sha256
    path = broken / "sentences" / "talk.txt"
    path.write_text(path.read_text() + "\n# a note\n")
    assert read_world("toys", broken).sha256 != toys.sha256
