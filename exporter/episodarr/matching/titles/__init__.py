"""What episode titles in names show, and when they outweigh numbers."""
