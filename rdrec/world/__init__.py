"""Invented worlds: a made-up shop whose shoppers, purchases and reviews come from a stated model, with the truth kept beside them."""
