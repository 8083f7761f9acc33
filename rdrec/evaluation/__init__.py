"""Ranks, metrics with intervals, tests over seeds, and checks of what students learned."""
