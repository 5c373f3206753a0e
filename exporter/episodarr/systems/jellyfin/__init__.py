"""Jellyfin 10.9 to 12."""
