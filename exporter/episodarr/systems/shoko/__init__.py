"""Shoko Server 4.2, 5 and 6, API v3."""
