"""Trained rivals: recommenders without language that every student should be held against.  Plain item numbers in, scores out."""
