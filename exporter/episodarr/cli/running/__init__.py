"""Commands that ask a running exporter, and how they reach it."""
