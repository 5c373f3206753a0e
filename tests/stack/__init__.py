"""What runs against the real programs of the stack; its fixtures end with its tests."""
