"""TODO rdrec/ui/why."""
