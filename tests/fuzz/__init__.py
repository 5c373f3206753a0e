"""Answers, webhooks, names, settings and requests spoiled: `make fuzz`."""
