"""Which file of a torrent holds which episode (DESIGN.md, section 5)."""

from exporter.join.matching.cache import MatchCache
from exporter.join.matching.decide import match_files

__all__ = ["MatchCache", "match_files"]
