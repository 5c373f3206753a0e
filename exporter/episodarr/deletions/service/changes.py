"""Turn the reads of one Sonarr into notices of deletions, each once and in the order of events."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from episodarr.deletions.inventory.due import Trigger
from episodarr.deletions.notices import IMPORTS, FileReport, history_notice
from episodarr.deletions.service.log import DeletionLog
from episodarr.model.deletion_log import ProcessedRecord
from episodarr.model.download import REPLACEMENTS, HistoryEvent, HistoryRecord
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrEpisodeId,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Series
from episodarr.model.notice import EpisodesRead, HistoryProcessed, LibraryPoll, Notice
from episodarr.systems.sonarr.state import SonarrState

WAITING_LIMIT = 20_000
"""Records whose episodes were not read yet; the oldest are dropped, and a poll notices the rest."""

_FILES = frozenset(
    {
        HistoryEvent.IMPORTED,
        HistoryEvent.FOLDER_IMPORTED,
        HistoryEvent.FILE_DELETED,
        HistoryEvent.FILE_RENAMED,
    }
)


REPORTS_LIMIT = 20_000
"""Webhooks about files that no record of history bore out; the oldest are dropped."""


class ChangeFeed:
    """Turns history, then episodes, then the list of series into notices.

    A list counts only as the answer to one good request; a failed read gives no notice. Each
    record of history gives notices once, however often the program starts. Records from before the
    first read of this Sonarr's history give no notice.
    """

    def __init__(self, state: SonarrState, deletion_log: Callable[[], DeletionLog | None]) -> None:
        self._state = state
        self._log = deletion_log
        """None while it cannot be read: no notice is given then, and everything waits."""
        self._past: tuple[HistoryRecord, ...] | None = None
        """The first read of history, until it is known which of its records are new."""
        self._backlog: set[int] = set()
        """Records from before this process began that wait to be processed."""
        self._file_by_episode: dict[SonarrEpisodeId, EpisodeFileId] = {}
        """The file that history last recorded for an episode, until a record of its deletion."""
        self._reports: dict[tuple[SeriesKey, EpisodeNumber], FileReport] = {}
        self._waiting: list[HistoryRecord] = []
        self._has_history = False
        self._polled_at: datetime | None = None
        self._listed: AbstractSet[TvdbId] = frozenset()
        self._read_at: dict[SeriesKey, datetime] = {}
        self.triggers: dict[SeriesKey, Trigger] = {}
        """Series whose inventory is due because of what happened; the caller empties it."""
        self.gone_at: dict[SeriesKey, datetime] = {}
        """When files of a series were last noticed to go."""

    @property
    def is_trustworthy(self) -> bool:
        """True if the history was read completely and its last request succeeded."""
        return (
            self._has_history
            and not self._state.history.is_failing
            and self._state.library.series.last is not None
        )

    @property
    def waiting_series(self) -> frozenset[SonarrSeriesId]:
        """Series with events that could not be processed yet."""
        return frozenset(record.series_id for record in self._waiting)

    def take(self, records: Sequence[HistoryRecord], now: datetime) -> tuple[Notice, ...]:
        """The notices since the last call; `records` are the records of history since then."""
        if not self._has_history and self._state.history.last is not None:
            self._has_history = True
            self._past = tuple(self._state.history.last)
        # By their numbers: Sonarr's clock may have gone back between two of them.
        fresh = sorted((r for r in records if r.event in _FILES), key=lambda r: r.record_id)
        self._waiting += fresh
        del self._waiting[:-WAITING_LIMIT]
        deletion_log = self._log()
        if deletion_log is None:
            return ()
        return (
            *self._take_past(deletion_log),
            *self._history(deletion_log, now),
            *self._episodes_read(deletion_log.followed),
            *self._poll(),
        )

    def report(self, reports: Iterable[FileReport], now: datetime) -> None:
        """Keep the files of a webhook until history records them."""
        for one in reports:
            self._reports.pop((one.key, one.number), None)
            self._reports[one.key, one.number] = one
            self.gone_at[one.key] = now
        while len(self._reports) > REPORTS_LIMIT:
            del self._reports[next(iter(self._reports))]

    def _take_past(self, deletion_log: DeletionLog) -> list[Notice]:
        """Once: the new records of the first read of history, though older than this process."""
        if self._past is None:
            return []
        past, self._past = self._past, None
        name = self._state.name
        records = sorted((r for r in past if r.event in _FILES), key=lambda r: r.record_id)
        if not deletion_log.is_followed(name):
            for record in records:
                self._follow_file(record)
            return [HistoryProcessed(sonarr=name, records=tuple(map(_processed, records)))]
        waiting: list[HistoryRecord] = []
        for record in records:
            if deletion_log.is_processed(name, _processed(record)):
                self._follow_file(record)
                continue
            waiting.append(record)
            self._backlog.add(record.record_id)
            if record.series_id in self._state.details:
                self._state.details.wanted.add((record.series_id,))
        self._waiting = waiting + self._waiting
        return []

    def _follow_file(self, record: HistoryRecord) -> EpisodeFileId | None:
        """The file that a record is about, where history names it; imports and losses, in order."""
        if record.event in IMPORTS and record.file_id is not None:
            self._file_by_episode[record.episode_id] = record.file_id
            return record.file_id
        if record.event is HistoryEvent.FILE_DELETED:
            return self._file_by_episode.pop(record.episode_id, None)
        return None

    def _history(self, deletion_log: DeletionLog, now: datetime) -> list[Notice]:
        """The notices from history for series whose episodes are known; the rest waits.

        Sonarr deletes a series' history with the series; a series that is gone is noticed by poll.
        """
        library = self._state.library.series.last
        if library is None:
            return []
        waiting, self._waiting = self._waiting, []
        notices: list[Notice] = []
        done: list[ProcessedRecord] = []
        numbers: dict[SonarrSeriesId, Mapping[SonarrEpisodeId, EpisodeNumber]] = {}
        for record in waiting:
            series = library.get(record.series_id)
            detail = self._state.details.get(record.series_id)
            if detail is None and (series is not None or self._may_be_listed(record.series_id)):
                self._waiting.append(record)
                continue
            if series is None or detail is None:
                done.append(_processed(record))
                continue
            if record.series_id not in numbers:
                numbers[record.series_id] = {
                    e.sonarr_id: (e.season, e.episode) for e in detail.episodes
                }
            number = numbers[record.series_id].get(record.episode_id)
            if number is None and record.series_id in self._state.details.wanted:
                self._waiting.append(record)  # Of an episode that came since these were read.
                continue
            done.append(_processed(record))
            notices += self._notices_of(record, series, number, deletion_log, now)
        if done:
            notices.append(HistoryProcessed(sonarr=self._state.name, records=tuple(done)))
        return notices

    def _may_be_listed(self, series_id: SonarrSeriesId) -> bool:
        """Whether a record of the list that could not be read may be this series."""
        return series_id in self._state.library.unread_ids or not self._state.library.is_whole

    def _notices_of(
        self,
        record: HistoryRecord,
        series: Series,
        number: EpisodeNumber | None,
        deletion_log: DeletionLog,
        now: datetime,
    ) -> list[Notice]:
        self.triggers[series.key] = Trigger.EVENT
        file_id = self._follow_file(record)
        is_past = record.record_id in self._backlog
        self._backlog.discard(record.record_id)
        if number is None or (is_past and series.key not in deletion_log.inventoried):
            return []
        report = None
        if _is_loss(record):
            self.gone_at[series.key] = now
            report = self._matching_report(series.key, number, record.source_title)
        notice = history_notice(
            record, series.key, series.title, number, file_id=file_id, report=report
        )
        return [] if notice is None else [notice]

    def _matching_report(
        self, key: SeriesKey, number: EpisodeNumber, path: str
    ) -> FileReport | None:
        report = self._reports.pop((key, number), None)
        is_same = report is not None and report.path in ("", path)
        return report if is_same else None

    def _episodes_read(self, followed: Mapping[SeriesKey, bool]) -> list[Notice]:
        """The files that episodes have now, of series with a deletion that others supersede.

        Only where they were read after the newest record of their history. While one of these
        deletions has no verdict, the episodes are read again every minute.
        """
        ours = {key for key in followed if key.sonarr == self._state.name}
        self._read_at = {key: at for key, at in self._read_at.items() if key in ours}
        self._state.details.followed = frozenset()
        if not ours:
            return []
        notices: list[Notice] = []
        waiting = self.waiting_series
        for series_id, series in (self._state.library.series.last or {}).items():
            detail = self._state.details.get(series_id)
            if series.key not in ours or detail is None:
                continue
            if followed[series.key]:
                self._state.details.followed |= {series_id}
            if self._read_at.get(series.key) == detail.read_at:
                continue
            if series_id in self._state.details.wanted or series_id in waiting:
                continue
            self._read_at[series.key] = detail.read_at
            notices.append(
                EpisodesRead(
                    key=series.key,
                    file_by_id=detail.file_by_id,
                    file_id_by_episode={
                        (e.season, e.episode): e.file_id
                        for e in detail.episodes
                        if e.file_id is not None
                    },
                )
            )
        return notices

    def _poll(self) -> list[Notice]:
        """The list of series, if a good one was read since the last time.

        Where something is missing from it, it is read again in the next cycle instead of minutes
        later: a second list has to agree before anything is believed.
        """
        asked_at, library = self._state.library.asked_at, self._state.library.series.last
        if asked_at is None or library is None or asked_at == self._polled_at:
            return []
        self._polled_at = asked_at
        listed = {series.key.tvdb_id: series_id for series_id, series in library.items()}
        if self._listed - listed.keys():
            self._state.library.is_due = True
        self._listed = listed.keys()
        return [
            LibraryPoll(
                sonarr=self._state.name,
                at=asked_at,
                sonarr_id_by_tvdb_id=listed,
                path_by_tvdb_id={s.key.tvdb_id: s.path for s in library.values()},
                unread_ids=self._state.library.unread_ids,
                is_whole=self._state.library.is_whole,
            )
        ]


def _processed(record: HistoryRecord) -> ProcessedRecord:
    return ProcessedRecord(record.record_id, record.at)


def _is_loss(record: HistoryRecord) -> bool:
    return record.event is HistoryEvent.FILE_DELETED and record.reason not in REPLACEMENTS
