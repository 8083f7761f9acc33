"""The fixtures of the page's tests."""

from explorer_fixtures import catalogue, gear_home, store

__all__ = ["catalogue", "gear_home", "store"]
