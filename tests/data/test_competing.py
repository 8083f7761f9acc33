"""What competes for the next purchase."""

import numpy as np

from rdrec.data.competing import competing_items


def test_everything_competes_but_what_was_bought():
    assert competing_items(5, [2, 4]).tolist() == [1, 3, 5]
    assert competing_items(3, np.array([], dtype=np.int64)).tolist() == [1, 2, 3]


def test_the_truth_competes_even_where_it_was_bought_before():
    assert competing_items(5, (2, 4, 2), truth=2).tolist() == [1, 2, 3, 5]
    assert competing_items(5, (2, 4), truth=5).tolist() == [1, 3, 5]


def test_no_item_competes_where_all_were_bought():
    assert competing_items(2, {1, 2}).tolist() == []
