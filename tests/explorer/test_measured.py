"""Precomputing takes baselines and evidence from evaluations of the same data set, protocol and seed only."""

import pandas as pd
import pytest
from made_evaluations import write_beside
from made_set import write_set

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError
from rdrec.core.storage import new_artefact, write_table
from rdrec.data.leakage import audit_of
from rdrec.data.splits import protocol_view
from rdrec.evaluation.multi_seed import TABLES
from rdrec.explorer.audit import audit_table
from rdrec.explorer.measured import gathered_evidence, rival_tables
from rdrec.explorer.store import Store

MINE = {"data": "toy", "data_sha256": "mine", "protocol": "clean", "seed": 0}
RIVALS = {"sasrec-s0": "sasrec", "ease": "ease"}


def write_evaluation(home, older=False, **change):
    names = ["popularity", "sasrec-s0", "ease", "rdrec-nf4"]
    rows = [(name, "sequential", "HR@10", 0.1, 0.05, 0.15, 30, "any", 0) for name in names]
    frame = pd.DataFrame(rows, columns=["model", "task", "metric", "value", "low", "high", "users", "protocol", "seed"])
    with new_artefact(home.evaluation("toy", "clean-s0"), "evaluation", MINE | {"rivals": RIVALS} | change) as folder:
        write_table(frame, folder / "evaluation.parquet")
        if not older:
            write_beside(folder, names)


def test_only_baselines_are_taken_and_named_by_kind(tmp_path):
    home = Home(tmp_path)
    none = rival_tables(home, "toy", "clean", 0, "mine")
    assert none.rows.empty and none.beyond.empty
    write_evaluation(home)
    found = rival_tables(home, "toy", "clean", 0, "mine")
    assert found.rows["model"].tolist() == found.beyond["method"].tolist() == ["sasrec", "ease"]
    assert found.beyond["seed"].tolist() == [0, 0] and found.beyond["coverage"].tolist() == [0.4, 0.4]


@pytest.mark.parametrize("change", [{"data_sha256": "other"}, {"protocol": "published"}, {"seed": 1}])
def test_an_evaluation_of_other_data_is_refused(tmp_path, change):
    home = Home(tmp_path)
    write_evaluation(home, **change)
    with pytest.raises(ArtefactError, match="another data set, protocol or seed"):
        rival_tables(home, "toy", "clean", 0, "mine")


def test_two_rivals_of_a_kind_are_not_mixed(tmp_path):
    home = Home(tmp_path)
    write_evaluation(home, rivals={"sasrec-s0": "sasrec", "ease": "sasrec"})
    with pytest.raises(ArtefactError, match="two rivals of one kind"):
        rival_tables(home, "toy", "clean", 0, "mine")


@pytest.mark.parametrize("change", [{"data_sha256": "other"}, {"protocol": "published"}])
def test_evidence_of_other_data_is_refused(tmp_path, change):
    home = Home(tmp_path)
    with new_artefact(home.evaluation("toy", "clean-evidence"), "evidence", MINE | change) as folder:
        for name, columns in TABLES.items():
            write_table(pd.DataFrame(columns=list(columns)).astype(columns), folder / f"{name}.parquet")
    with pytest.raises(ArtefactError, match="another version of the data set or another protocol"):
        gathered_evidence(home, "toy", "clean", "mine")


def test_what_was_measured_before_the_check_is_refused(tmp_path):
    home = Home(tmp_path)
    write_evaluation(home, older=True)
    with pytest.raises(ArtefactError, match="lacks measures beyond accuracy"):
        rival_tables(home, "toy", "clean", 0, "mine")
    with new_artefact(home.evaluation("toy", "clean-evidence"), "evidence", MINE) as folder:
        for name in ("runs", "differences", "slices"):
            write_table(pd.DataFrame(columns=list(TABLES[name])).astype(TABLES[name]), folder / f"{name}.parquet")
    with pytest.raises(ArtefactError, match="older version and lacks beyond, checks"):
        gathered_evidence(home, "toy", "clean", "mine")


def test_the_audit_is_that_of_the_command_under_all_protocols(toy_dataset):
    table = audit_table(protocol_view(toy_dataset, "clean", 3)).set_index(["protocol", "measure"])["value"]
    for protocol in ("published", "shuffled", "clean"):
        found = audit_of(protocol_view(toy_dataset, protocol, 3))
        assert table[protocol, "rule NDCG@10"] == found["max_id_rule"]["NDCG@10"]
        assert table[protocol, "id order"] == found["id_order_correlation"]
        assert table[protocol, "test text in training"] == found["test_pairs_in_text_training"]


def test_a_set_with_rows_of_another_protocol_is_refused(tmp_path):
    def foreign(tables):
        tables["evaluation"].loc[0, "protocol"] = "published"

    with pytest.raises(ArtefactError, match="contains rows of published, but this set uses clean"):
        Store.open(write_set(tmp_path, edit=foreign))


def test_rows_valid_under_every_protocol_are_accepted(tmp_path):
    def rival(tables):
        tables["evaluation"].loc[0, "protocol"] = "any"

    assert Store.open(write_set(tmp_path, edit=rival)).evaluation()[0].protocol == "any"
