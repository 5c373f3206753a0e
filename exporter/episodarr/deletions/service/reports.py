"""The deletions as metrics, page and API show them; unknown while their log cannot be read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.shown.view import view_deletion
from episodarr.metrics.counters import Counters
from episodarr.metrics.health import DROPPED_OBJECTS, STORE_ROWS
from episodarr.model.deletion import DeletionId, DeletionView, is_shown
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.store.store import Store

_RESCAN_RESULTS = {
    "finished": "succeeded",
    "failed": "failed",
    "refused_version": "refused",
    "refused_folders": "refused",
}


class Reports:
    """Views and counters of the deletion log."""

    def __init__(
        self,
        store: Store,
        sonarrs: Collection[SonarrName],
        *,
        clock: Callable[[], datetime],
        bugs: Bugs,
    ) -> None:
        self.log: DeletionLog | None = None
        """None until it was read."""
        self.failure = ""
        """Why the last attempt to read it failed."""
        self._store = store
        self._sonarrs = sonarrs
        self._clock = clock
        self._bugs = bugs
        self._view_by_id: dict[DeletionId, tuple[DeletionRecord, DeletionView]] = {}

    @property
    def unknown(self) -> str | None:
        """Why the deletions are unknown: the log cannot be read; None once it was."""
        return None if self.log is not None else self.failure or "not read yet"

    @property
    def trouble(self) -> str | None:
        """Why the log is not written; None while it is."""
        return None if self.log is None else self.log.trouble

    @property
    def damaged(self) -> Sequence[str]:
        """The rows of the store that were damaged and set aside since the start."""
        return self._store.damaged_rows

    @property
    def bugs(self) -> int:
        """Unexpected errors since the start; each skipped one deletion or one step."""
        return self._bugs.count

    def views(self) -> tuple[DeletionView, ...]:
        """Views of all unfinished or bad deletions, and of good ones for a week; newest first.

        None while they are unknown. An unchanged view is the same object as before. If a bug
        prevents a view, the previous one stays.
        """
        now = self._clock()
        shown: dict[DeletionId, tuple[DeletionRecord, DeletionView]] = {}
        records = {} if self.log is None else self.log.records
        for deletion_id, record in records.items():
            old = self._view_by_id.get(deletion_id)
            if old is not None:
                shown[deletion_id] = old
            with self._bugs.isolated(f"Deletion {deletion_id}"):
                if not is_shown(record, now):
                    shown.pop(deletion_id, None)
                elif old is None or old[0] is not record:
                    shown[deletion_id] = (record, view_deletion(record))
        self._view_by_id = shown
        views = (view for _, view in shown.values())
        return tuple(sorted(views, key=lambda v: (v.started_at, v.deletion_id), reverse=True))

    def held(self) -> Mapping[SonarrName, int]:
        """Number of held deletions of each Sonarr, 0 included; empty while they are unknown."""
        if self.log is None:
            return {}
        return {**dict.fromkeys(self._sonarrs, 0), **self.log.held_by_sonarr()}

    def inventoried(self) -> Collection[SeriesKey]:
        """The series whose files are on record."""
        return () if self.log is None else self.log.inventoried

    def totals(self) -> Counters:
        """The counters of the log, which survive restarts; none while it cannot be read."""
        dropped: Mapping[tuple[str, ...], float] = {(STORE_ROWS,): len(self.damaged)}
        if self.log is None:
            return Counters(values={DROPPED_OBJECTS: dropped})
        counters = self.log.counters
        alone: dict[str, int] = {
            "episodarr_deletion_episodes_expected_total": counters.episodes_expected,
            "episodarr_deletion_episodes_deleted_total": counters.episodes_deleted,
            "episodarr_deletion_episodes_failed_total": counters.episodes_failed,
            "episodarr_deletion_episodes_unverified_total": counters.episodes_unverified,
            "episodarr_deletions_partial_total": counters.partial,
            "episodarr_deletions_healed_total": counters.healed,
        }
        by_status = {s.value: n for s, n in counters.deletions_by_status.items() if n}
        return Counters(
            values={
                "episodarr_deletions_total": {(status,): n for status, n in by_status.items()},
                "episodarr_rescans_total": _rescans(counters.rescans_by_result),
                "episodarr_webhook_contradictions_total": {
                    (name,): count for name, count in self.log.refuted.items()
                },
                DROPPED_OBJECTS: dropped,
                **{name: {(): count} for name, count in alone.items()},
            }
        )


def _rescans(count_by_name: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    """Rescans by system and label value; names are "system/result"."""
    rescans: dict[tuple[str, ...], float] = {}
    for name, count in count_by_name.items():
        system, _, result = name.partition("/")
        labels = (system, _RESCAN_RESULTS.get(result, "failed"))
        rescans[labels] = rescans.get(labels, 0) + count
    return rescans
