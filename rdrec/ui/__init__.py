"""Stage 7, the page: Gradio over precomputed results; loads students only for a live run."""

from rdrec.ui import framework as framework  # before Gradio, which reads its settings at import

PUBLIC: dict[str, tuple[str, ...]] = {
    "framework": ("launch", "starting", "while_importing"),
    "mcp": ("wanted",),
    "page": ("build_page", "launch_options"),
}
