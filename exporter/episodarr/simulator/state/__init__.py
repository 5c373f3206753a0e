"""What the simulated systems know and keep: libraries, torrents, the disk, and how time passes.

engine       time, due events, the outbox of webhooks
library      a series in Sonarr, whose tables are `sonarr`
torrents     progress byte by byte; `qbittorrent` has sessions, bans and versions
disk         paths, or real sparse files
jellyfin     its library, and its scans
shoko        files, links and jobs; `shoko_files` finds files by whatever is asked
seerr        requests, media and jobs
"""
