"""What every room uses: errors and typed records, settings, paths, whole artefacts, the journal.  It imports no other room."""
