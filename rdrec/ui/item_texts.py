"""The sentences of a product's card and of the links that lead to a shopper.  Some have {fields}."""

from __future__ import annotations

OPEN = "{title}: show this product"
CLOSE = "Close"
BRAND, CATEGORY, PRICE, NUMBER, KEY = "Brand", "Category", "Price", "Number", "Key in the data"
PRICE_NOTE = "{price} (the data name no currency)"
NUMBER_NOTE = "{number} (all that a student sees of it)"
SAID = "What reviews say about it"
SAID_SMALL = "Attributes that the {teacher} found in reviews of the training part, and how often. + liked, − disliked, · noted."
SAID_NONE = "No review of the training part says anything about it that the teacher could use."
TOGETHER = "Often bought by the same shoppers"
TOGETHER_SMALL = (
    "Ordered by shrunk cosine: shoppers who bought both, divided by √((shoppers of this product + {shrink}) × (shoppers of the other + {shrink})). "
    "So best sellers are not neighbours of every product."
)
TOGETHER_NONE = "Nobody who bought it bought anything else in the training part."
BUYERS = "Who bought it"
BUYERS_COUNT = "{count} in the training part."
BUYERS_OFTEN = "{count} in the training part, {purchases}."
BUYERS_NONE = "Nobody bought it in the training part, so a student knows nothing about it but its number."
BUYER = "Shopper {user}"
SMALL = "Only purchases of the training part count here; held-out ones would give answers away."
UNKNOWN = "There is no product {item} in {data}: numbers go from 1 to {last}."

# From a slice of the evidence to a shopper
SHOW_ONE = "show one"
SHOW_ONE_LABEL = "Show any shopper of the slice {label}"
SHOWN = "Shopper {user} was drawn from the {count} of “{slice}: {label}”. Ask again in the evidence tab for another one."
SLICE_NAME = {
    "purchases of the true item in training": "purchases of the true product in training",
    "purchases shown": "purchases shown to the student",
    "true cause of the purchase": "what really led to the purchase",
}
NO_SLICE = "There is no such slice in this set. Choose one in the evidence tab."
