"""What the numbers of names mean, over all files of a torrent that are numbered alike."""
