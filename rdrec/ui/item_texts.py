"""The sentences of a product's card and of links to a shopper; some have {fields}."""

from __future__ import annotations

OPEN = "{title}: show this product"
CLOSE = "Close"
BRAND, CATEGORY, PRICE, NUMBER, KEY = "Brand", "Category", "Price", "Number", "Key in the data"
PRICE_NOTE = "{price} (the data name no currency)"
NUMBER_NOTE = "{number} (all that a student sees of it)"
SAID = "What reviews say about it"
SAID_SMALL = "Attributes that the {teacher} found in training reviews, and how often. + liked, − disliked, · noted."
SAID_NONE = "No training review says anything about it that the teacher could use."
TOGETHER = "Often bought by the same shoppers"
TOGETHER_SMALL = (
    "Ordered by shrunk cosine: shoppers who bought both, divided by √((shoppers of this product + {shrink}) × (shoppers of the other + {shrink})). "
    "This keeps best sellers from being neighbours of every product."
)
TOGETHER_NONE = "In the training data, nobody who bought it bought anything else."
BUYERS = "Who bought it"
BUYERS_COUNT = "{count} in the training data."
BUYERS_OFTEN = "{count} in the training data, {purchases}."
BUYERS_NONE = "Nobody bought it in the training data, so all a student knows about it is its number."
BUYER = "Shopper {user}"
SMALL = "Only training purchases count here; held-out ones would give answers away."
UNKNOWN = "There is no product {item} in {data}: numbers go from 1 to {last}."

# From a group in the evidence to one of its shoppers
SHOW_ONE = "show one"
SHOW_ONE_LABEL = "Show a random shopper from the group {label}"
SHOWN = "Shopper {user} was drawn at random from the {count} in “{slice}: {label}”. For another one, press “show one” again in the Evidence tab."
SLICE_NAME = {
    "purchases of the true item in training": "purchases of the true product in training",
    "purchases shown": "purchases shown to the student",
    "true cause of the purchase": "what really led to the purchase",
}
NO_SLICE = "There is no such group in this data set. Choose one in the Evidence tab."
