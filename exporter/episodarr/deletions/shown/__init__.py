"""What people are shown of a deletion: its view, what to do about it, log messages."""
