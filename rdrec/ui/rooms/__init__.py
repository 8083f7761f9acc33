"""Voting by phone: the room's routes beside the framework, the page that phones open, the lecturer's panel."""
