"""Stage 5, evaluate: ranks of the truth in, metrics with intervals out, with simple rules beside the students."""
