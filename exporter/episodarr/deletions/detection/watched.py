"""What detection compares a notice with: inventories, deletions, announcements, reports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from episodarr.deletions.policy import Policy
from episodarr.model.deletion import DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import Announcement, DeletionRecord, DeletionReport, Disappearance
from episodarr.model.ids import EpisodeNumber, SeriesKey
from episodarr.model.inventory import InventorySummary


@dataclass(frozen=True, kw_only=True)
class Watched:
    """All that detection compares a notice with."""

    known: Collection[SeriesKey]
    """Series with an inventory, of all Sonarrs; not those whose deletion took it over."""
    summaries: Mapping[SeriesKey, InventorySummary] = field(default_factory=dict)
    """What is kept in memory of these inventories."""
    records: tuple[DeletionRecord, ...] = ()
    announcements: Mapping[SeriesKey, Announcement] = field(default_factory=dict)
    missing: Mapping[SeriesKey, Disappearance] = field(default_factory=dict)
    """Series that were missing from the last good list of their Sonarr."""
    reports: Mapping[SeriesKey, DeletionReport] = field(default_factory=dict)
    """Series reported deleted by Sonarr's webhook, not yet confirmed or refuted by a list."""

    @cached_property
    def records_by_key(self) -> Mapping[SeriesKey, list[DeletionRecord]]:
        """The deletions of each series, oldest first."""
        by_key: dict[SeriesKey, list[DeletionRecord]] = {}
        for record in self.records:
            by_key.setdefault(record.key, []).append(record)
        return by_key

    def of(self, key: SeriesKey) -> list[DeletionRecord]:
        """All deletions of one series, oldest first."""
        return self.records_by_key.get(key, [])

    def whole(self, key: SeriesKey) -> DeletionRecord | None:
        """The open deletion of the whole series."""
        for record in self.of(key):
            if record.is_open and record.scope is DeletionScope.SERIES:
                return record
        return None

    def noticed_by(self, key: SeriesKey, otherwise: NoticedBy) -> NoticedBy:
        """`ANNOUNCED` where a deletion of the series is announced."""
        return NoticedBy.ANNOUNCED if key in self.announcements else otherwise

    def young(
        self, key: SeriesKey, now: datetime, policy: Policy, number: EpisodeNumber | None = None
    ) -> DeletionRecord | None:
        """The open deletion of this series that a further event is merged into; None if none.

        Not one that has this episode already: the same episode deleted again is another deletion.
        """
        for record in reversed(self.of(key)):
            is_young = record.is_open and now - record.detected_at <= policy.coalesce
            if not is_young or record.first_verdict is not None:
                continue
            has_it = any(e.number == number for e in record.episodes)
            if record.status is not DeletionStatus.HELD and not has_it:
                return record
        return None
