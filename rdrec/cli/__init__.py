"""The command line, one file a stage: arguments, progress words and exit codes; the work is done by the stages."""
