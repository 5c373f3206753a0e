"""One row of the deletion log with its parts: the store keeps it, the machine advances it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.deletion import (
    CLOSED_STATUSES,
    Answer,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
    Verdict,
)
from episodarr.model.evidence import Evidence
from episodarr.model.health import System
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, SonarrSeriesId
from episodarr.model.inventory import SeriesInventory
from episodarr.model.packed_deletion import (
    PackedEvidence,
    PackedInventory,
    pack_evidence,
    seen_at,
)
from episodarr.model.request import RequestId


class RescanResult(StrEnum):
    """The result of a rescan; values of the label `result`."""

    STARTED = "started"
    """Requested; its end is not known yet."""
    FINISHED = "finished"
    FAILED = "failed"
    REFUSED_VERSION = "refused_version"
    """This version would also change MyList."""
    REFUSED_FOLDERS = "refused_folders"
    """A folder shows no accessible file: it may be unmounted."""


class RescanRun(Struct, frozen=True, kw_only=True, gc=False):
    """Start and end of a rescan that finished."""

    started_at: datetime
    finished_at: datetime


class Rescan(Struct, frozen=True, kw_only=True, gc=False):
    """The latest rescan of one system for one deletion."""

    started_at: datetime
    result: RescanResult
    finished_at: datetime | None = None
    before: RescanRun | None = None
    """The newest one before it that came to its end."""
    tries: int = 1
    message: str = ""

    @property
    def effective(self) -> RescanRun | None:
        """The newest run that finished, whether or not a later one is under way or failed."""
        if self.finished_at is None:
            return self.before
        return RescanRun(started_at=self.started_at, finished_at=self.finished_at)


class ExpectedEpisode(Struct, frozen=True, kw_only=True, gc=False):
    """One episode that had a file and should be gone."""

    number: EpisodeNumber
    file_id: EpisodeFileId | None
    """None: never inventoried, known from the deletion's own event only."""
    path: str
    """Sonarr's view; empty when unknown."""
    size_bytes: int
    noticed_at: datetime
    """Evidence from before this proves nothing."""
    evidence_by_system: Mapping[System, Evidence]
    verdict: Verdict = Verdict.PENDING
    answer_by_system: Mapping[System, Answer]
    """With deadlines and rescans taken into account."""
    record_id: int | None = None
    """The record of Sonarr's history that reported it; None: it went with its series."""


class FirstVerdict(Struct, frozen=True, kw_only=True, gc=False):
    """The first verdict on a deletion with its episodes, as the counters counted it."""

    at: datetime
    status: DeletionStatus
    expected: int
    deleted: int
    failed: int
    unverified: int


class DeletionRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One deletion, updated in place until it is purged."""

    deletion_id: DeletionId
    key: SeriesKey
    scope: DeletionScope
    noticed_by: NoticedBy
    status: DeletionStatus
    started_at: datetime
    """When it was noticed first."""
    detected_at: datetime
    """When its latest part was noticed: deadlines count from here."""
    held_inventory: SeriesInventory | PackedInventory
    """What the series had before; packed once the deletion is settled."""
    episodes: tuple[ExpectedEpisode, ...]
    """In order of season and episode."""
    evidence_by_system: Mapping[System, Evidence]
    """The deletion-level checks."""
    answer_by_system: Mapping[System, Answer]
    due_by_system: Mapping[System, datetime]
    """When each system is checked next; systems that are done are left out."""
    rescan_by_system: Mapping[System, Rescan]
    first_verdict: FirstVerdict | None = None
    partial_at: datetime | None = None
    """When it was counted as partial."""
    bad_at: datetime | None = None
    """When its status first was a bad one."""
    healed_at: datetime | None = None
    finished_at: datetime | None = None
    """When it got its first verdict."""
    closed_at: datetime | None = None
    """When it became complete, kept or superseded; None while it is open."""
    acknowledged_at: datetime | None = None
    held_group: str = ""
    """The mass disappearance it is part of."""
    lingering_bytes: int = 0
    newest_request_id: RequestId | None = None
    """The newest in Jellyseerr's first good list after the deletion: later ones are new."""
    notes: tuple[str, ...] = ()
    sonarr_id: SonarrSeriesId | None = None
    """Sonarr's number of the series that was deleted; one that is added again gets another."""
    lists_with_it: int = 0
    """Consecutive lists with the series under that number, although Sonarr reported it deleted."""

    @property
    def inventory(self) -> SeriesInventory:
        """What the series had before; of a settled deletion it is unpacked for it."""
        held = self.held_inventory
        return held.unpacked() if isinstance(held, PackedInventory) else held

    @property
    def seen_at(self) -> Mapping[str, str]:
        """Where its episodes' files were seen on the disk before: our view by Sonarr's path."""
        held, paths = self.held_inventory, {e.path for e in self.episodes}
        if isinstance(held, PackedInventory):
            return held.seen_at(paths)
        return seen_at(held, paths)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is checked any more, or only once at the last deadline.

        Held ones, and those whose files were kept, still say what of a folder is whose.
        """
        is_over = not self.is_open or not self.due_by_system
        return is_over and self.status not in {DeletionStatus.HELD, DeletionStatus.FILES_KEPT}

    def packed(self) -> "DeletionRecord":
        """An equal record that takes a fifth of the memory, if it is settled; else itself."""
        held, evidence = self.held_inventory, [e.evidence_by_system for e in self.episodes]
        is_packed = isinstance(held, PackedInventory) and all(
            isinstance(one, PackedEvidence) for one in evidence
        )
        if is_packed or not self.is_settled:
            return self
        if not isinstance(held, PackedInventory):
            held = PackedInventory(held, {e.path for e in self.episodes})
        shared: dict[tuple[tuple[System, Answer], ...], Mapping[System, Answer]] = {}
        return replace(
            self,
            held_inventory=held,
            episodes=tuple(
                replace(
                    episode,
                    evidence_by_system=packed,
                    answer_by_system=shared.setdefault(
                        tuple(episode.answer_by_system.items()), episode.answer_by_system
                    ),
                )
                for episode, packed in zip(self.episodes, pack_evidence(evidence), strict=True)
            ),
        )

    def unpacked(self) -> "DeletionRecord":
        """An equal record in which every time can be read and replaced."""
        return replace(
            self,
            held_inventory=self.inventory,
            episodes=tuple(
                replace(e, evidence_by_system=dict(e.evidence_by_system)) for e in self.episodes
            ),
        )

    @property
    def expected(self) -> tuple[ExpectedEpisode, ...]:
        """The episodes that count: superseded ones are no longer expected."""
        return tuple(e for e in self.episodes if e.verdict is not Verdict.SUPERSEDED)

    @property
    def is_open(self) -> bool:
        """Whether more than its last check may still change it."""
        return self.status not in CLOSED_STATUSES

    @property
    def next_check_at(self) -> datetime | None:
        """The earliest due time; None when nothing is due any more."""
        return min(self.due_by_system.values(), default=None)

    def count(self, verdict: Verdict) -> int:
        """Expected episodes with this verdict."""
        return sum(1 for episode in self.episodes if episode.verdict is verdict)


class Announcement(Struct, frozen=True, kw_only=True, gc=False):
    """An announcement, by a command or the API, that a series is about to be deleted."""

    key: SeriesKey
    announced_at: datetime
    expires_at: datetime


class DeletionReport(Struct, frozen=True, kw_only=True, gc=False):
    """A webhook of Sonarr reported a series as deleted, and no list has confirmed it yet."""

    key: SeriesKey
    title: str
    year: int
    sonarr_id: SonarrSeriesId | None
    has_deleted_files: bool
    was_listed: bool
    """Whether a list had the series before; one that no list ever had is none of ours."""
    lists_with_it: int = 0
    """Lists read since that still have the series under the same number."""


class ProcessedRecord(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A record of Sonarr's history that was processed for deletions."""

    record_id: int
    at: datetime
    """Sonarr's time: it distinguishes a record of another database with the same number."""


class Disappearance(Struct, frozen=True, kw_only=True, gc=False):
    """A series missing from one good poll: believed after the second."""

    key: SeriesKey
    missing_since: datetime


class Counters(Struct, frozen=True, kw_only=True, gc=False):
    """Totals that survive restarts; a deletion is counted once, at its first verdict."""

    deletions_by_status: Mapping[DeletionStatus, int]
    episodes_expected: int = 0
    episodes_deleted: int = 0
    episodes_failed: int = 0
    episodes_unverified: int = 0
    partial: int = 0
    healed: int = 0
    rescans_by_result: Mapping[str, int]
    """Keyed by "system/result"."""
