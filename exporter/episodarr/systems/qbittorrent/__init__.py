"""qBittorrent 4.5 to 5.3, Web API v2."""
