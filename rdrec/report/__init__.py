"""Writes docs/results.md from stored evidence alone, so that no result is typed by hand."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "write": ("report",),
}
