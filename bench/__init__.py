"""Benchmarks: each prints what it measured as JSON."""
