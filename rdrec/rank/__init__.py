"""Stage 4, rank: exact scores of every item of the catalogue for a student, by one pass over the tree of item ids."""
