"""Benchmarks: compare two implementations of the same work, timed alternately in one run on this machine."""
