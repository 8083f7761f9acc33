"""The tab with the tour and the lessons."""
