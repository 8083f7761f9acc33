"""Teachers read each review and say why the purchase happened; runs are journalled, resumable and checked against the text."""
