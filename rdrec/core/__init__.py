"""Shared basics: errors, typed records, settings, paths, artefacts and the journal.  Imports no other room."""
