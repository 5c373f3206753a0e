"""Alerting and recording rules as Python: the source of prometheus/rules/*.yml."""
