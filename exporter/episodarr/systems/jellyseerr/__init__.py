"""Jellyseerr 2.7 and Seerr 3, API v1."""
