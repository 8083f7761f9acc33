"""Write docs/results.md from stored evidence only, so that no result is typed by hand."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "write": ("report",),
}
