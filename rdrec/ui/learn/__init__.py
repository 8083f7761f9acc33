"""TODO rdrec/ui/learn."""
