"""Measurements that print what this machine does: two ways of the same work, timed in turn in one run."""
