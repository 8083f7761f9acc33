"""TODO rdrec/ui/explore."""
