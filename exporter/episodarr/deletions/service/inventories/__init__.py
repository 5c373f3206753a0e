"""Inventories of all series: which are due when, taken part by part, kept joined."""
