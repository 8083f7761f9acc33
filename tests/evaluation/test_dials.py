"""The dial: gains over the student without rationales by shop, and what the page reads of them."""

import dataclasses

import pandas as pd
import pytest
from made_evaluations import write_card

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.core.vocabulary import DIALS_KIND
from rdrec.data.store import dataset_sha256
from rdrec.evaluation.dials import COLUMNS, collect_dials, gains, write_dials
from rdrec.explorer import dials
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world


def ranks(above):
    """above: method -> how many items stand above the truth, by user."""
    return pd.concat(
        pd.DataFrame({"method": method, "task": task, "user": range(1, len(of) + 1), "above": of, "tied": 1})
        for method, of in above.items()
        for task in ("sequential", "topn")
    )


def test_gains_are_means_over_users_and_seeds_against_the_baseline():
    """First place scores 1, second 1 / log2(3) = .6309, eleventh nothing."""
    first = ranks({"baseline": [0, 10], "rdrec:answer-key": [0, 1]})
    second = ranks({"baseline": [10, 10], "rdrec:answer-key": [0, 1], "only here": [0, 0]})
    found = gains({0: first, 1: second}).set_index("method")
    assert list(found.index) == ["baseline", "rdrec:answer-key"], "a method that one seed lacks is left out"
    assert found.loc["baseline", "value"] == pytest.approx(0.25)
    assert found.loc["rdrec:answer-key", "value"] == pytest.approx((1 + 0.63093) / 2, abs=1e-5)
    assert found.loc["rdrec:answer-key", "difference"] == pytest.approx((0.5 + 0.63093) / 2, abs=1e-5)
    assert found.loc["rdrec:answer-key", "low"] >= 0.5 and found.loc["rdrec:answer-key", "high"] <= 0.6310
    assert found["seeds"].tolist() == [2, 2] and found["users"].tolist() == [2, 2]


def test_the_gain_over_the_control_pairs_the_same_shoppers():
    found = gains({0: ranks({"baseline": [0, 10], "rdrec:answer-key": [0, 1], "scrambled:answer-key": [1, 10]})}).set_index(
        "method"
    )
    assert found.loc["rdrec:answer-key", "over_control"] == pytest.approx((1 - 0.63093 + 0.63093) / 2, abs=1e-5)
    assert found.loc[["baseline", "scrambled:answer-key"], "over_control"].isna().all()


def test_a_collection_of_before_is_read_without_the_control_and_the_check(tmp_path):
    older = made().drop(columns=["over_control", "control_low", "control_high", "outcome", "gap", "yardstick"])
    write_dials(older, tmp_path / "dials")
    student = dict(dials.along(dials.read(tmp_path / "dials"), dials.NAMES))[0.7].gains["rdrec"]
    assert student.over_control is None and student.learned is None and student.difference == pytest.approx(0.028)


def made(names=(0.0, 0.7), drive=2.5):
    rows = []
    for name in names:
        for method, gain in (("baseline", 0.0), ("rdrec:answer-key", 0.04 * name), ("scrambled:answer-key", 0.001)):
            dial = (f"shop-n{name}", drive, name, 9.0, 1200, 1, method, 0.15 + gain, gain, gain - 0.01, gain + 0.01)
            dial += (
                (gain, gain - 0.01, gain + 0.01, "learned", 0.4, 0.6)
                if method.startswith("rdrec")
                else (*[float("nan")] * 3, "", *[float("nan")] * 2)
            )
            rows.append(dict(zip(COLUMNS, dial, strict=True)))
    return pd.DataFrame(rows).astype(COLUMNS)


def test_the_page_reads_what_was_collected_and_knows_what_is_missing(tmp_path):
    write_dials(made(), tmp_path / "dials")
    shops = dials.read(tmp_path / "dials")
    by_setting = dict(dials.along(shops, dials.NAMES))
    assert [setting for setting, shop in by_setting.items() if shop is None] == [0.15, 0.35, 1.0]
    assert by_setting[0.7].gains["rdrec"].difference == pytest.approx(0.028)
    assert by_setting[0.7].gains["rdrec"].over_control == pytest.approx((0.028, 0.018, 0.038))
    assert by_setting[0.7].gains["rdrec"].learned == dials.Learned("learned", 0.4, 0.6)
    assert by_setting[0.7].gains["baseline"].learned is None and by_setting[0.7].gains["scrambled"].over_control is None
    assert [setting for setting, shop in dials.along(shops, dials.DRIVE) if shop] == [2.5]
    assert [setting for setting, shop in dials.along(shops, dials.PURCHASES) if shop] == [9.0]
    assert "shop-n0.7" in (tmp_path / "dials" / "README.md").read_text()


def test_along_a_dial_the_other_dials_stay():
    settings = {"usual": (2.5, 0.7, 9.0), "driven": (4.0, 0.7, 9.0), "short": (2.5, 0.7, 6.0), "both": (4.0, 0.0, 9.0)}
    shops = tuple(dials.Shop(name, *at, 1200, 1, {}) for name, at in settings.items())

    def found(dial):
        return {setting: shop.data for setting, shop in dials.along(shops, dial) if shop}

    assert found(dials.NAMES) == {0.7: "usual"}
    assert found(dials.DRIVE) == {2.5: "usual", 4.0: "driven"}
    assert found(dials.PURCHASES) == {6.0: "short", 9.0: "usual"}


def test_a_home_without_an_evaluated_shop_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no evaluated shop with dials"):
        collect_dials(Home(tmp_path), tmp_path / "to")


def test_adding_keeps_other_shops_and_replaces_these(tmp_path):
    folder = tmp_path / "dials"
    write_dials(made(names=(0.0, 0.7)), folder)
    found = write_dials(made(names=(0.7, 1.0)).assign(value=0.5), folder, add=True)
    assert list(dict.fromkeys(found["data"])) == ["shop-n0.0", "shop-n0.7", "shop-n1.0"] and len(found) == 9
    pd.testing.assert_frame_equal(found.iloc[:3], made(names=(0.0,)))
    assert set(found["value"][3:]) == {0.5}
    pd.testing.assert_frame_equal(read_table(folder / "dials.parquet"), found)
    assert verify(folder, DIALS_KIND).meta["shops"] == ["shop-n0.0", "shop-n0.7", "shop-n1.0"]
    assert len(dials.read(folder)) == 3 and "shop-n0.0" in (folder / "README.md").read_text()


def test_adding_to_nothing_is_writing(tmp_path):
    write_dials(made(), tmp_path / "one")
    write_dials(made(), tmp_path / "other", add=True)
    assert verify(tmp_path / "one", DIALS_KIND).sha256 == verify(tmp_path / "other", DIALS_KIND).sha256


def test_adding_to_the_old_form_leaves_what_it_lacks_empty(tmp_path):
    folder = tmp_path / "dials"
    write_dials(
        made(names=(0.0,)).drop(columns=["over_control", "control_low", "control_high", "outcome", "gap", "yardstick"]), folder
    )
    write_dials(made(names=(0.7,)), folder, add=True)
    by_setting = dict(dials.along(dials.read(folder), dials.NAMES))
    assert by_setting[0.0].gains["rdrec"].over_control is None and by_setting[0.0].gains["rdrec"].learned is None
    assert by_setting[0.7].gains["rdrec"].learned is not None


def test_damaged_shops_are_not_added_to(tmp_path):
    folder = tmp_path / "dials"
    write_dials(made(), folder)
    (folder / "dials.parquet").write_bytes(b"")
    with pytest.raises(
        ArtefactError, match=r"what it holds cannot be kept: missing or altered: .*dials.parquet.* - restore its files"
    ):
        write_dials(made(), folder, add=True)
    assert (folder / "dials.parquet").read_bytes() == b""


def evaluated(home, name, above=0, evaluation="clean-s0", **training):
    """A shop of eight users, whose baseline has `above` items above each true one."""
    if name not in home.names("data"):
        make(home, MakePlan(read_world("toys"), name, 8, 0), progress=False)
    write_card(home, name, "baseline-s0", "baseline", 0, training={"epochs": 3, "start": "data"} | training)
    meta = {"data_sha256": dataset_sha256(home, name), "protocol": "clean", "seed": 0}
    with new_artefact(home.evaluation(name, evaluation), "evaluation", meta) as temporary:
        rows = ranks({"baseline-s0": [above] * 8}).rename(columns={"method": "model"})
        write_table(rows, temporary / "ranks.parquet")
    return home


def test_a_home_s_shops_are_added_to_those_of_another(tmp_path):
    """Shops of two homes, through the evaluations of each."""
    folder = tmp_path / "to"
    for place, name in enumerate(("near", "far")):
        home = evaluated(Home(tmp_path / name), name, place)
        arguments = ["collect", "--dials", "--add", "--to", str(folder), "--home", str(home.root)]
        assert main(arguments) == 0
    found = read_table(folder / "dials.parquet").set_index("data")["value"]
    assert found.to_dict() == pytest.approx({"near": 1.0, "far": 0.63093}, abs=1e-5)


@pytest.mark.parametrize("training", [{"epochs": 9}, {"purchase_axes": 63}])
def test_shops_whose_students_were_trained_differently_are_not_mixed(tmp_path, training):
    folder, one = tmp_path / "to", evaluated(Home(tmp_path / "one"), "one")
    collect_dials(one, folder)
    other = evaluated(Home(tmp_path / "other"), "other", **training)
    kept = (folder / "manifest.json").read_bytes()
    with pytest.raises(
        ArtefactError, match=f"baseline: not the same in all shops: {'epochs' if 'epochs' in training else 'start_recipe'}"
    ):
        collect_dials(other, folder, add=True)
    assert (folder / "manifest.json").read_bytes() == kept
    evaluated(one, "two", **training)
    with pytest.raises(ArtefactError, match="baseline: not the same in all shops"):
        collect_dials(one, tmp_path / "both")


def test_shops_are_not_added_to_a_table_that_does_not_say_how_students_were_trained(tmp_path):
    write_dials(made(), tmp_path / "to")
    with pytest.raises(ArtefactError, match="does not say how its students were trained"):
        collect_dials(evaluated(Home(tmp_path), "one"), tmp_path / "to", add=True)


def test_shops_of_different_worlds_are_not_mixed(tmp_path):
    home = evaluated(Home(tmp_path), "one")
    other = dataclasses.replace(read_world("toys"), sha256="0" * 64)
    make(home, MakePlan(other, "two", 8, 0), progress=False)
    evaluated(home, "two")
    with pytest.raises(ArtefactError, match="world: not the same in all shops"):
        collect_dials(home, tmp_path / "to")


def test_all_shops_can_be_collected_again_with_another_recipe(tmp_path):
    home, folder = evaluated(Home(tmp_path), "one"), tmp_path / "to"
    collect_dials(home, folder)
    assert [shop.older for shop in dials.read(folder)] == [True]
    for recorded, older in (({"purchase_axes": 63}, True), ({"purchase_axes": 63, "start_recipe": 3}, False)):
        evaluated(home, "one", **recorded)
        collect_dials(home, folder, add=True)
        assert [shop.older for shop in dials.read(folder)] == [older]


def test_two_evaluations_of_one_seed_are_refused(tmp_path):
    home = evaluated(evaluated(Home(tmp_path), "one"), "one", 1, "clean-again")
    with pytest.raises(ArtefactError, match="there are two evaluations of seed 0"):
        collect_dials(home, tmp_path / "to")


@pytest.mark.parametrize("add", [False, True])
def test_what_holds_no_shops_is_not_replaced(tmp_path, add):
    with new_artefact(tmp_path / "to", "collection", {}):
        pass
    with pytest.raises(InputError, match="there is something else in this place"):
        collect_dials(Home(tmp_path), tmp_path / "to", add)
