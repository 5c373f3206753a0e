"""Per episode of one Sonarr: the state that follows from its history."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.download import HistoryEvent, HistoryRecord, QueueRow
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.memo import Memo
from episodarr.stages.classify import EpisodeHistory, follow

HISTORY_SPAN = timedelta(days=7)
"""How far back the first read of history goes: a failure counts for so long."""
HISTORY_OVERLAP = timedelta(seconds=60)
"""History times are whole seconds and rows may be written late."""
GRAB_COUNTS_SECONDS = 600.0
"""A grab without a queue row counts for this long of good queue answers."""
FORGET_EVERY = timedelta(minutes=1)

_FILE_EVENTS = frozenset(
    {
        HistoryEvent.IMPORTED,
        HistoryEvent.FOLDER_IMPORTED,
        HistoryEvent.FILE_DELETED,
        HistoryEvent.FILE_RENAMED,
    }
)
_ENDING_EVENTS = frozenset({HistoryEvent.IMPORTED, HistoryEvent.FAILED, HistoryEvent.IGNORED})


class GrabMark(Struct, frozen=True, kw_only=True, gc=False):
    """A grab, and how many seconds of good queue answers there had been when it happened."""

    record_id: int
    good_queue_seconds: float
    was_queued: bool = False
    """The queue showed a row of it: from then on the row alone shows whether it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecords:
    """The records of one answer that were not known before."""

    records: tuple[HistoryRecord, ...]
    """In order of time."""
    is_first: bool
    """They had happened before the first read."""

    @property
    def series(self) -> set[SonarrSeriesId]:
        """The series that they are about."""
        return {record.series_id for record in self.records}

    @property
    def with_other_files(self) -> Sequence[SonarrSeriesId]:
        """Series that got, lost or renamed a file while we watched, the earliest first."""
        return self._of(_FILE_EVENTS)

    @property
    def with_other_paths(self) -> Sequence[SonarrSeriesId]:
        """Series with a file that was renamed while we watched, the earliest first: its id stays."""
        return self._of({HistoryEvent.FILE_RENAMED})

    def _of(self, events: Collection[HistoryEvent]) -> Sequence[SonarrSeriesId]:
        watched = () if self.is_first else self.records
        return list(dict.fromkeys(r.series_id for r in watched if r.event in events))


class EpisodeHistories:
    """Per episode that history of the last week names: its state by these records."""

    def __init__(self) -> None:
        self.by_episode: dict[SonarrEpisodeId, EpisodeHistory] = {}
        self.version = object()
        """Another object after each change."""
        self._grab_marks: dict[SonarrEpisodeId, GrabMark] = {}
        self._is_noted = Memo[None]()
        self._seen_records: dict[int, datetime] = {}
        self._newest: HistoryRecord | None = None
        """The one with the highest number."""
        self._since: datetime | None = None
        self._taken_at: datetime | None = None
        """When history was read well last."""
        self._forgot_at: datetime | None = None

    @property
    def is_unread(self) -> bool:
        """Whether history was never read."""
        return self._since is None

    def asks_since(self, now: datetime) -> datetime:
        """From when on history is to be requested."""
        return self._since or now - HISTORY_SPAN

    def take(
        self,
        records: Collection[HistoryRecord],
        *,
        asked_since: datetime,
        good_queue_seconds: float,
        now: datetime,
    ) -> NewRecords:
        """Follow what is new in a good answer; `good_queue_seconds` as in `grab_counts_until`."""
        # A database that was restored gives the same numbers to other records.
        fresh = [r for r in records if self._seen_records.get(r.record_id) != r.at]
        new = NewRecords(
            records=tuple(sorted(fresh, key=lambda r: (r.at, r.record_id))),
            is_first=self.is_unread,
        )
        if new.records:
            self.version = object()
        self._forget_undone(new.records)
        most = inf if self._taken_at is None else (now - self._taken_at).total_seconds()
        self._taken_at = now
        for record in new.records:
            self._seen_records[record.record_id] = record.at
            episode_history = follow(self.by_episode.get(record.episode_id), record, now)
            self.by_episode[record.episode_id] = episode_history
            if record.event is HistoryEvent.GRABBED:
                # It came after the read before, whatever Sonarr's clock shows.
                age = max(0.0, min((now - record.at).total_seconds(), most))
                self._grab_marks[record.episode_id] = GrabMark(
                    record_id=record.record_id, good_queue_seconds=good_queue_seconds - age
                )
        # Not beyond now: a Sonarr whose clock ran ahead for a while would give nothing more.
        newest = min(max((r.at for r in records), default=asked_since + HISTORY_OVERLAP), now)
        self._since = max(asked_since, newest - HISTORY_OVERLAP)
        return new

    def _forget_undone(self, fresh: Sequence[HistoryRecord]) -> None:
        """Forget what is undone where a number is given a second time, by a restored database.

        That shows in a record that is the newest and has a lower number than one before. Two that
        are written at a time may come in the other order.
        """
        newest = self._newest
        given_again = [
            r.record_id
            for r in fresh
            if newest is not None
            and r.record_id <= newest.record_id
            and r.at - newest.at > HISTORY_OVERLAP
        ]
        if given_again:
            first, newest = min(given_again), None
            self.forget([i for i, t in self.by_episode.items() if t.last.record_id >= first])
        known = fresh if newest is None else (newest, *fresh)
        self._newest = max(known, key=lambda record: record.record_id, default=None)

    def note_rows(self, rows_by_download: Mapping[DownloadId, Sequence[QueueRow]]) -> None:
        """Note which grabs the queue shows: one that it showed and shows no more is over."""
        inputs = (rows_by_download, self.version)
        if self._is_noted.holds(inputs):
            return
        for rows in rows_by_download.values():
            for row in rows:
                mark = self._grab_marks.get(row.episode_id) if row.episode_id is not None else None
                if row.episode_id is None or mark is None or mark.was_queued:
                    continue
                grab = self.by_episode[row.episode_id].last_grab
                if grab is not None and _is_row_of(grab, row):
                    self._grab_marks[row.episode_id] = replace(mark, was_queued=True)
        self._is_noted.put(inputs, None)

    def forget_old(self, queued: Iterable[SonarrEpisodeId | None], now: datetime) -> None:
        """Forget, now and then, what is too old to count; what is in the queue always counts."""
        if self._forgot_at is not None and now - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = now
        horizon = self.asks_since(now) - HISTORY_OVERLAP
        self._seen_records = {i: at for i, at in self._seen_records.items() if at >= horizon}
        counting, oldest = set(queued), now - HISTORY_SPAN
        stale = [i for i, t in self.by_episode.items() if t.last.at < oldest and i not in counting]
        self.forget(stale)

    def forget(self, episode_ids: Iterable[SonarrEpisodeId]) -> None:
        """Forget the history of these episodes: it is too old, or that of others now."""
        for episode_id in episode_ids:
            if self.by_episode.pop(episode_id, None) is not None:
                self.version = object()
            self._grab_marks.pop(episode_id, None)

    def open_grabs(self) -> list[HistoryRecord]:
        """Grabs that are the last record in history of their episode; at most one per episode."""
        return [
            episode_history.last
            for episode_history in self.by_episode.values()
            if episode_history.last.event is HistoryEvent.GRABBED
        ]

    def ended_downloads(self) -> frozenset[DownloadId]:
        """Downloads whose last record in history is their end."""
        return frozenset(
            episode_history.last.download_id
            for episode_history in self.by_episode.values()
            if episode_history.last.download_id is not None
            and episode_history.last.event in _ENDING_EVENTS
        )

    def grab_counts_until(
        self, episode_id: SonarrEpisodeId, *, good_queue_seconds: float, now: datetime
    ) -> datetime | None:
        """Until when a grab that no queue row shows still counts; None if it does not.

        `good_queue_seconds` is for how long, in all, the queue has been answered well.
        """
        mark, episode_history = self._grab_marks.get(episode_id), self.by_episode.get(episode_id)
        if (
            mark is None
            or episode_history is None
            or episode_history.last.record_id != mark.record_id
        ):
            return None
        if mark.was_queued:
            return None
        left = GRAB_COUNTS_SECONDS - (good_queue_seconds - mark.good_queue_seconds)
        return now + timedelta(seconds=left) if left > 0 else None


def _is_row_of(grab: HistoryRecord, row: QueueRow) -> bool:
    """Whether a row is of this grab.

    A hybrid torrent's row has another hash than its grab; Sonarr knows no grab of it, nor its time.
    """
    return row.download_id == grab.download_id or row.added_at is None
