"""Recommenders without a student to compare with: simple rules, EASE, SASRec, rationale neighbours."""
