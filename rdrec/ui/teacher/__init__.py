"""TODO rdrec/ui/teacher."""
