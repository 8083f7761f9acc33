"""Stage 7, the page: Gradio over precomputed results; loads students only for a live run."""
