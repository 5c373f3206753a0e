"""Commands about which file of a torrent holds which episode."""
