"""Rivals that every student should be held against: SASRec and EASE, without language, and rationale neighbours, without a student."""
