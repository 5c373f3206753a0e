"""Commands that write a configuration, and check it against the systems."""
