"""What the simulated systems know and keep: libraries, torrents, the disk, and how time passes."""
