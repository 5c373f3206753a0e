"""What the exporter costs, measured on the real process against simulated systems in another."""
