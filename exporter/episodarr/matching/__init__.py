"""Which file of a torrent holds which episode (DESIGN.md, section 5)."""

from episodarr.matching.decide import match_files

__all__ = ["match_files"]
