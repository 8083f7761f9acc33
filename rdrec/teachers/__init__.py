"""Stage 1 of RDRec: a teacher reads each review and says why the purchase happened; journalled, resumable, checked against the text."""
