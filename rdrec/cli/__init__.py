"""The command line, with one file per command: arguments, printed output and exit codes; other packages do the work."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "main": ("main",),
    "serve": ("local_teachers",),
}
