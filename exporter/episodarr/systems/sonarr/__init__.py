"""Sonarr v4, API v3."""
