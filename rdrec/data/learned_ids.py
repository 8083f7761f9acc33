"""Numbers learned from the training part of a protocol, in place of shuffled ones.

In: a `ProtocolView`, a scheme of `item_ids.LEARNED`, and for `clustered-text` what may be read of each item.  Out: the view with
other numbers.  Nothing held out is looked at: purchases are cut to their training parts here, texts are the caller's training texts.
Because nothing hidden shapes the numbers, a protocol keeps its name and its grade with them; `published` has its own numbers and refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.data.clustered_ids import clustered_ids
from rdrec.data.item_ids import check_learned
from rdrec.data.item_vectors import vectors_of_purchases, vectors_of_texts
from rdrec.data.splits import ProtocolView


def learned_view(view: ProtocolView, scheme: str, digits: int, texts: Sequence[tuple[int, str]] = ()) -> ProtocolView:
    """`view` with numbers that carry meaning; its seed draws what is left to chance.

    scheme  `clustered`: who buys what together; `clustered-text`: what is said of the items
    digits  of a number that a student reads at once
    texts   (item, text) of the training part, for `clustered-text`
    Raises InputError under `published`, and where there is nothing to learn from.
    """
    check_learned(scheme, view.protocol)
    n_items = view.dataset.n_items
    if scheme == "clustered":
        parts = view.training_parts
        vectors = vectors_of_purchases(parts, n_items)
    else:
        vectors = vectors_of_texts(texts, n_items)
    return view.numbered(scheme, clustered_ids(vectors, view.seed, digits))
