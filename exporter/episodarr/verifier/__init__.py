"""Runs verification: makes due checks, evaluates them, stores and shows the deletions.

witnesses  protocols: the requests that verification makes of each system
looking    the due checks of one pass, shared between deletions where one answer serves all
rescans    the two rescans, in the background, with their guards
taking     one series' inventory, from every witness
ledger     deletions and inventories in memory, and which of them are not written yet
verifier   the interface for the rest of the program
"""

from episodarr.verifier.verifier import AnnouncementReport, Verifier
from episodarr.verifier.witnesses import (
    DiskWitness,
    JellyfinWitness,
    JellyseerrWitness,
    QbittorrentWitness,
    ShokoWitness,
    SonarrWitness,
    Witnesses,
)

__all__ = [
    "AnnouncementReport",
    "DiskWitness",
    "JellyfinWitness",
    "JellyseerrWitness",
    "QbittorrentWitness",
    "ShokoWitness",
    "SonarrWitness",
    "Verifier",
    "Witnesses",
]
