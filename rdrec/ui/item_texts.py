"""The sentences of a product's card and of links to a shopper; some have {fields}."""

from __future__ import annotations

CLOSE = "Close"
NUMBER = "Number"
SAID = "What reviews say about it"
SAID_NONE = "No training review says anything about it that the teacher could use."
TOGETHER = "Often bought by the same shoppers"
TOGETHER_NONE = "In the training data, nobody who bought it bought anything else."
BUYERS = "Who bought it"
BUYERS_NONE = "Nobody bought it in the training data, so all a student knows about it is its number."
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
