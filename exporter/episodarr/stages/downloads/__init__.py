"""Downloads: join what the systems report of each, and what it brings to which episode."""
