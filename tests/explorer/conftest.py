"""Fixtures shared with the tests of the page."""

from explorer_fixtures import catalogue, gear_home, store

__all__ = ["catalogue", "gear_home", "store"]
