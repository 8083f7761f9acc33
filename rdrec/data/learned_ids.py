"""Apply item numbers learned from the training part of a protocol instead of shuffled ones.

Nothing held out is used: histories are cut to their training parts here, and the caller passes training texts only.  The protocol
therefore keeps its name and grade.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.data.clustered_ids import clustered_ids
from rdrec.data.item_ids import check_learned
from rdrec.data.item_vectors import vectors_of_purchases, vectors_of_texts
from rdrec.data.splits import ProtocolView


def learned_view(view: ProtocolView, scheme: str, digits: int, texts: Sequence[tuple[int, str]] = ()) -> ProtocolView:
    """`view` with learned item numbers, using its seed.

    scheme  `clustered`: from co-purchases; `clustered-text`: from texts about the items
    digits  number of digits in one token
    texts   (item, text) of the training part, for `clustered-text`
    Raises InputError under `published`, and if there is nothing to learn from.
    """
    check_learned(scheme, view.protocol)
    n_items = view.dataset.n_items
    if scheme == "clustered":
        parts = view.training_parts
        vectors = vectors_of_purchases(parts, n_items)
    else:
        vectors = vectors_of_texts(texts, n_items)
    return view.numbered(scheme, clustered_ids(vectors, view.seed, digits))
