"""Publish the views of one moment: to metrics, pages and, to survive a restart, the store.

snapshot   all views of one moment
published  the snapshot as it is shown: what the server reads, and what the cycle fills
events     counted from history and transitions; clocks: since when each episode is in its stage
"""
