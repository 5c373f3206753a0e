"""Inventories as values: when one is due, how it is merged, which witnesses it shows."""
