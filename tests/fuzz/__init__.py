"""Answers, webhooks, names, settings and requests as nobody meant them: `make fuzz`."""
