"""The upstream clients as witnesses: which requests make up one check, or one inventory."""

from episodarr.systems.jellyfin.evidence import JellyfinTestifier
from episodarr.systems.shoko.evidence import ShokoTestifier

__all__ = ["JellyfinTestifier", "ShokoTestifier"]
