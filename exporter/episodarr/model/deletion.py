"""Deletions and what the systems answer about them (DESIGN.md section 6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from msgspec import Struct

from episodarr.model.health import System
from episodarr.model.ids import SonarrName, TvdbId

DeletionId = NewType("DeletionId", str)
"""Short, unique, safe in URLs and labels."""

EPISODE_SYSTEMS = (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN)
"""Systems that are checked per episode, in the order of evaluation."""

ALL_SYSTEMS = (*EPISODE_SYSTEMS, System.JELLYSEERR, System.QBITTORRENT)
"""All systems in the order a deletion propagates and is shown; the advisory one last."""


class Answer(StrEnum):
    """The answer of one system about one thing that should be gone.

    None is ever made from an error: only a good check with a control gives REMOVED.
    """

    REMOVED = "removed"
    REMAINING = "remaining"
    STALE = "stale"
    """A record is left, but its file is verified gone."""
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    """Never seen there in a good answer, or the system is not configured."""


class DeletionStatus(StrEnum):
    """The state of a deletion as a whole."""

    VERIFYING = "verifying"
    PARTIAL = "partial"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    LEFTOVERS = "leftovers"
    COMPLETE = "complete"
    FILES_KEPT = "files_kept"
    SUPERSEDED = "superseded"
    HELD = "held"
    """Part of a mass disappearance that is not believed until it is acknowledged."""


class DeletionScope(StrEnum):
    """How much was deleted."""

    SERIES = "series"
    SEASON = "season"
    EPISODES = "episodes"


class NoticedBy(StrEnum):
    """Where a deletion was noticed first."""

    WEBHOOK = "webhook"
    POLL = "poll"
    HISTORY = "history"
    MISSING = "missing"
    """Sonarr found the file missing from disk."""
    ANNOUNCED = "announced"
    """By `expect-deletion` or the API."""


class Verdict(StrEnum):
    """The result of one episode's verification over all systems."""

    PENDING = "pending"
    DELETED = "deleted"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    SUPERSEDED = "superseded"
    """It got a newer file: no longer expected."""


BAD_STATUSES = frozenset(
    {DeletionStatus.PARTIAL, DeletionStatus.FAILED, DeletionStatus.UNVERIFIED, DeletionStatus.HELD}
)


CLOSED_STATUSES = frozenset(
    {DeletionStatus.COMPLETE, DeletionStatus.FILES_KEPT, DeletionStatus.SUPERSEDED}
)
"""Only one last check, at the last deadline, may change them."""


class EvidenceView(Struct, frozen=True, kw_only=True, gc=False):
    """The latest check of one system, for the page and the API."""

    system: System
    answer: Answer
    checked_at: datetime | None
    method: str
    """How it was checked: the request, or the path."""
    detail: str
    """What was seen, and which control."""


class DeletedEpisodeView(Struct, frozen=True, kw_only=True, gc=False):
    """One expected episode of a deletion."""

    season: int
    episode: int
    verdict: Verdict
    answer_by_system: Mapping[System, Answer]
    disk_path: str | None = None
    """Where the disk is checked for it, by which shared files are counted."""
    evidence: Iterable[EvidenceView] = ()
    """In the order of evaluation; made anew each time it is gone through."""

    @property
    def holders(self) -> tuple[System, ...]:
        """The systems that still hold it, if it failed."""
        if self.verdict is not Verdict.FAILED:
            return ()
        return tuple(s for s, a in self.answer_by_system.items() if a is Answer.REMAINING)


class DeletionView(Struct, frozen=True, kw_only=True, gc=False):
    """One deletion as it stands; superseded episodes are not among the expected."""

    deletion_id: DeletionId
    sonarr: SonarrName
    tvdb_id: TvdbId
    series: str
    year: int
    scope: DeletionScope
    noticed_by: NoticedBy
    status: DeletionStatus
    is_acknowledged: bool
    started_at: datetime
    finished_at: datetime | None
    """When it got its first verdict, whatever that was."""
    episodes: tuple[DeletedEpisodeView, ...]
    record_by_system: Mapping[System, Answer]
    """The deletion-level checks: series row, folder, shells, request."""
    advice: tuple[str, ...] = ()
    """For leftovers and bad ones: what to do, a sentence each."""
    leftover_bytes: int = 0
    lingering_bytes: int = 0
    """Torrents and other copies that are still there; advisory."""
    next_check_at: datetime | None = None
    notes: tuple[str, ...] = ()
    closed_at: datetime | None = None
    """When it became complete, kept or superseded; None while it is open."""
    healed_at: datetime | None = None
    """When a bad status first became a good one."""
    acknowledged_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether more than its last check may still change it."""
        return self.status not in CLOSED_STATUSES

    def count(self, verdict: Verdict) -> int:
        """Expected episodes with this verdict."""
        return sum(1 for episode in self.episodes if episode.verdict is verdict)

    @property
    def expected(self) -> int:
        """Episodes that had a file; deleted + failed + unverified + pending."""
        return sum(1 for e in self.episodes if e.verdict is not Verdict.SUPERSEDED)


SHOWN_FOR = timedelta(days=7)
"""How long what is settled stays in metrics, on pages and in lists; the log keeps it longer."""


class Settling(Protocol):
    """Times that show since when a deletion is settled: its row in the log, or its view."""

    @property
    def status(self) -> DeletionStatus:
        """The present status."""

    @property
    def finished_at(self) -> datetime | None:
        """When it got its first verdict."""

    @property
    def healed_at(self) -> datetime | None:
        """When a bad status first became a good one."""

    @property
    def closed_at(self) -> datetime | None:
        """When it became complete, kept or superseded."""

    @property
    def acknowledged_at(self) -> datetime | None:
        """When how it ended was acknowledged."""


def is_shown(deletion: Settling, now: datetime) -> bool:
    """Whether it is shown: while unfinished or bad; once good or acknowledged, for a week."""
    if deletion.status is DeletionStatus.VERIFYING:
        return True
    if deletion.status in BAD_STATUSES:
        settled_at = deletion.acknowledged_at
    else:
        settled_at = deletion.closed_at or deletion.healed_at or deletion.finished_at
    return settled_at is None or now - settled_at <= SHOWN_FOR
