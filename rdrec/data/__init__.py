"""Stage 1, data: files of reviews or released folders in, one checked form (`records.Dataset`) out, under four protocols."""
