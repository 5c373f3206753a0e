"""What to ask the systems about a deletion, with its controls, and whose files are whose."""
