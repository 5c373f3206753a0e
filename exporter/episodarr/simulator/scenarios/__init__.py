"""Starts of a simulation: the demo, libraries of any size, and how to build others."""
