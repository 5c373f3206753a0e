"""Which file of a torrent holds which episode (DESIGN.md, section 5)."""

from exporter.join.matching.decide import match_files

__all__ = ["match_files"]
