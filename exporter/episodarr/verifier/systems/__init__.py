"""The upstream clients as witnesses: which requests make up one check, or one inventory.

sonarr       list of series, files of one; root folders as identity where nothing else compares
jellyfin     items by id with a control; entries are matched to files as for the stages
shoko        series and file records with a control; import folders as identity
jellyseerr   the list of requests
qbittorrent  the torrents of all clients

Clients are protocols of the few methods that are needed, so that a test can pass others.
"""

from episodarr.systems.jellyfin.evidence import JellyfinTestifier
from episodarr.systems.shoko.evidence import ShokoTestifier
from episodarr.verifier.systems.jellyseerr import JellyseerrTestifier
from episodarr.verifier.systems.qbittorrent import QbittorrentTestifier
from episodarr.verifier.systems.sonarr import SonarrTestifier

__all__ = [
    "JellyfinTestifier",
    "JellyseerrTestifier",
    "QbittorrentTestifier",
    "ShokoTestifier",
    "SonarrTestifier",
]
