"""From the files that people have to the one form of a data set.

`amazon.import_reviews` reads raw reviews, `items.read_items` the metadata beside them; released folders are `rdrec.data.release`.
"""
