"""Sentences of the public endpoints: what was wrong, where, and what to do.

In: nothing.  Out: constants with {fields}.  Names of endpoints and parameters stay as they are in any language.
"""

from __future__ import annotations

WRONG = "{where}{what}. {todo}."
NO_SET = "this page has no data set"
NO_SET_TODO = "Whoever serves it can make one with: python -m rdrec precompute"
NO_DATA = "there is no data set {value}"
NO_DATA_TODO = "Use one of {known}, or leave it empty for the first; /data_sets lists them"
NO_USER = "there is no shopper {value} in {data}"
NO_USER_TODO = "Use a whole number from {low} to {high}; /list_users finds them"
NO_TASK = "there is no task {value}"
NO_TEACHER = "no teacher {value} is kept here"
NO_NUMBER = "{value} is not a whole number from {low} to {high}"
NO_NUMBER_TODO = "Give one within these bounds"
NO_TEXT = "it is not a text of at most {limit} characters"
NO_TEXT_TODO = "Give a shorter text"
NO_STUDENT = "there is no student {value} for shopper {user}"
USE = "Use {known}"
NO_RANKING = "nothing was computed for shopper {user}"
NO_RANKING_TODO = "Choose another shopper"
NO_ITEM = "the item {value} is neither the true next purchase of shopper {user} nor among the first that a student recommends"
NO_ITEM_TODO = "Use one of {known}; /recommend lists them"
ABSENT = "this installation cannot run the students live ({why}). Use /recommend and /explain, which need no model."
NONE = "nothing"
