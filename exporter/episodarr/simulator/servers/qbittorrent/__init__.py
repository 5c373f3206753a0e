"""The simulated qBittorrent."""
