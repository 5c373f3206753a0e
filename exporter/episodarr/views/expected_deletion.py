"""The JSON of a deletion that is expected: what would go, and who could prove it."""

from collections.abc import Iterable
from datetime import datetime

from episodarr.deletions.inventory.witnessing import WitnessReport
from episodarr.deletions.systems import VERIFIED
from episodarr.model.deletion import EPISODE_SYSTEMS
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, episode_code
from episodarr.model.inventory import SeriesInventory
from episodarr.views.deletion_documents import (
    ExpectedDeletionDocument,
    InventoriedEpisodeDocument,
    WitnessDocument,
)
from episodarr.views.documents import series_id


def expected_deletion_document(
    inventory: SeriesInventory,
    reports: Iterable[WitnessReport],
    *,
    expires_at: datetime | None,
    is_dry_run: bool,
) -> ExpectedDeletionDocument:
    """The episodes that would go, which systems can testify, and what follows from that.

    `expires_at` is until when a deletion counts as announced; None for a dry run.
    """
    witnesses = [
        WitnessDocument(
            system=one.system.value,
            can_testify=one.is_witness,
            episodes_seen=one.held_count,
            sentence=one.sentence,
        )
        for one in reports
    ]
    notes = []
    if expires_at is not None:
        notes.append(f"It counts as announced until {expires_at:%Y-%m-%d %H:%M} UTC.")
    if not any(one.can_testify for one in witnesses if one.system != System.SONARR.value):
        notes.append("No system besides Sonarr could prove it gone: it would end unverified.")
    return ExpectedDeletionDocument(
        series_id=series_id(inventory.key),
        series=inventory.title,
        deletion_id=None,
        is_dry_run=is_dry_run,
        episodes=_episodes(inventory),
        witnesses=witnesses,
        notes=notes,
    )


def _episodes(inventory: SeriesInventory) -> list[InventoriedEpisodeDocument]:
    seen_by = _seen_by(inventory)
    pairs = ((number, file) for file in inventory.files for number in file.episodes)
    rows = sorted(pairs, key=lambda pair: pair[0])
    return [
        InventoriedEpisodeDocument(
            season=number[0],
            episode=number[1],
            code=episode_code(*number),
            path=file.path,
            size_bytes=file.size_bytes,
            seen_by=[system.value for system in seen_by.get(number, ())],
        )
        for number, file in rows
    ]


def _seen_by(inventory: SeriesInventory) -> dict[EpisodeNumber, list[System]]:
    """Which systems besides Sonarr showed each episode."""
    rows = (VERIFIED[system] for system in EPISODE_SYSTEMS if system is not System.SONARR)
    shown = [(row.system, row.episodes(inventory)) for row in rows if row.episodes is not None]
    every = {number for _, numbers in shown for number in numbers}
    return {n: [system for system, numbers in shown if n in numbers] for n in every}
