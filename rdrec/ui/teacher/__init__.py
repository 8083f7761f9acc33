"""The tab in which a visitor asks a teacher about a review."""
