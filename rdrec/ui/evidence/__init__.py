"""TODO rdrec/ui/evidence."""
