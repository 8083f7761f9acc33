"""TODO rdrec/ui/own."""
