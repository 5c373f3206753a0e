"""The upstream clients as witnesses: which of their answers make up one look, or one inventory.

sonarr       list of series, files of one; root folders as identity where nothing else compares
jellyfin     items by id beside a control; the join that stages use says which entry backs which file
shoko        series and file records beside a control; import folders as identity
jellyseerr   the list of requests
qbittorrent  the torrents of all clients

Clients are known here by the few methods that are needed, so that a test can hand in others.
"""

from episodarr.verifier.systems.jellyfin import JellyfinTestifier
from episodarr.verifier.systems.jellyseerr import JellyseerrTestifier
from episodarr.verifier.systems.qbittorrent import QbittorrentTestifier
from episodarr.verifier.systems.shoko import ShokoTestifier
from episodarr.verifier.systems.sonarr import SonarrTestifier

__all__ = [
    "JellyfinTestifier",
    "JellyseerrTestifier",
    "QbittorrentTestifier",
    "ShokoTestifier",
    "SonarrTestifier",
]
