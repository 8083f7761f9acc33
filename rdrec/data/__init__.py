"""Stage 1, data: files of reviews or released folders in, one checked form (`records.Dataset`) out, under three protocols."""
