"""The compact T5 that learns five tasks from interactions and rationales, and its quantised forms."""
