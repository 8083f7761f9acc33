"""TODO rdrec/core."""
