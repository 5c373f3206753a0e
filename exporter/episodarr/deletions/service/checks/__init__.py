"""Passes over the deletions: the due checks of all systems, and the two rescans."""
