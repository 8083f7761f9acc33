"""Import, check, split and export data sets (`records.Dataset`), under four protocols."""
