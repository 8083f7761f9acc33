"""Precompute everything the page shows into Parquet tables, and query them read-only."""
