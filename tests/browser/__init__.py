"""A package, so that its fixtures of that scope (one browser, the served pages) live for all of its files."""
