"""Publish the views of one moment: to the metrics and pages, and to the store what must outlast us.

snapshot   all views of one moment
published  the snapshot as it is shown: what the server reads, and what the cycle fills
events     counted from history and transitions; clocks: since when each episode is in its stage
"""
