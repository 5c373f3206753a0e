"""From rows of samples to the bytes of `/metrics`, rendering again only what changed."""
