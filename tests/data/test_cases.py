"""What competes for the next purchase."""

import numpy as np

from rdrec.data.cases import competing_items, leave_only_competing


def test_everything_competes_but_what_was_bought():
    assert competing_items(5, [2, 4]).tolist() == [1, 3, 5]
    assert competing_items(3, np.array([], dtype=np.int64)).tolist() == [1, 2, 3]


def test_the_truth_competes_even_where_it_was_bought_before():
    assert competing_items(5, (2, 4, 2), truth=2).tolist() == [1, 2, 3, 5]
    assert competing_items(5, (2, 4), truth=5).tolist() == [1, 3, 5]


def test_no_item_competes_where_all_were_bought():
    assert competing_items(2, {1, 2}).tolist() == []


def test_a_block_of_users_keeps_the_same_items():
    histories = ([1, 3], [2], [])
    scores = np.zeros((3, 5))
    leave_only_competing(scores, histories)
    assert [np.flatnonzero(row == 0).tolist() for row in scores] == [competing_items(4, one).tolist() for one in histories]
