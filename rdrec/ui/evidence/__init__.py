"""The tab that shows whether the difference is real."""
