"""What verification asks of each system: its clients as witnesses."""
