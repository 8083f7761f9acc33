"""Importers for raw files: `amazon.open_reviews` for reviews, `items.read_items` for item metadata.

Released folders are imported by `rdrec.data.release`.
"""
