"""Verification run: due looks made, weighed by the pure machine, written down, shown.

witnesses  what is needed of each system, as protocols
looking    the due looks of one pass, shared between deletions where one answer serves all
rescans    the two rescans, in the background, with their guards
taking     one series' inventory, from every witness
ledger     what is known, and what of it is not written yet
verifier   what the rest of the program calls
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
