"""Rank every item of the catalogue exactly, in one pass over the trie of item ids."""
