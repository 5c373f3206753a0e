"""qBittorrent 4.5 to 5.2, Web API v2."""
