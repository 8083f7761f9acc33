"""Stage 6, precompute: everything the page shows, worked out beforehand into Parquet, and the read-only queries over it."""
