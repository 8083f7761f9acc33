"""Trained baselines without language (EASE, SASRec), which every student should be compared with."""
