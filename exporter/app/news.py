"""What one Sonarr's looks mean for deletions: notices, each once and in the order of events."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from exporter.deletion.detection import REPLACEMENTS
from exporter.deletion.inventory import Trigger
from exporter.deletion.notices import delete_reason, history_notice
from exporter.model.download import HistoryEvent, HistoryRecord
from exporter.model.ids import EpisodeNumber, SeriesKey, SonarrEpisodeId, SonarrSeriesId, TvdbId
from exporter.model.library import Series
from exporter.model.notice import EpisodesRead, LibraryPoll, Notice
from exporter.poller.sonarr import SonarrLedger

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


class LibraryNews:
    """Turns history, then episodes, then the list of series into notices.

    A list counts only as the answer to one good request; a look that failed leaves no notice. The
    first look at history tells of deletions while nobody watched.
    """

    def __init__(self, ledger: SonarrLedger) -> None:
        self._ledger = ledger
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
        """Whether nothing can have happened to the library that history has not told."""
        return (
            self._has_history
            and not self._ledger.history.is_failing
            and self._ledger.series.last is not None
        )

    @property
    def waiting_for(self) -> frozenset[SonarrSeriesId]:
        """Series of which something happened that could not be told yet."""
        return frozenset(record.series_id for record in self._waiting)

    def take(
        self,
        records: Sequence[HistoryRecord],
        followed: AbstractSet[SeriesKey],
        now: datetime,
    ) -> tuple[Notice, ...]:
        """The notices since the last time; `records` are new, `followed` have open deletions."""
        self._waiting += [r for r in (*self._first_records(), *records) if r.event in _FILES]
        del self._waiting[:-WAITING_LIMIT]
        return (*self._told(now), *self._episodes_read(followed), *self._poll())

    def _first_records(self) -> tuple[HistoryRecord, ...]:
        known = self._ledger.history.last
        if self._has_history or known is None:
            return ()
        self._has_history = True
        return tuple(r for r in known if r.event is HistoryEvent.FILE_DELETED)

    def _told(self, now: datetime) -> list[Notice]:
        """What history tells of series whose episodes are known; the rest waits.

        Sonarr forgets a series' history with the series: of those that are gone the poll tells.
        """
        library = self._ledger.series.last
        if library is None:
            return []
        waiting, self._waiting = self._waiting, []
        notices: list[Notice] = []
        numbers: dict[SonarrSeriesId, Mapping[SonarrEpisodeId, EpisodeNumber]] = {}
        for record in waiting:
            series = library.get(record.series_id)
            detail = self._ledger.details.get(record.series_id)
            if series is not None and detail is None:
                self._waiting.append(record)
            if series is None or detail is None:
                continue
            if record.series_id not in numbers:
                numbers[record.series_id] = {
                    e.sonarr_id: (e.season, e.episode) for e in detail.episodes
                }
            number = numbers[record.series_id].get(record.episode_id)
            notices += self._told_of(record, series, number, now)
        return notices

    def _told_of(
        self, record: HistoryRecord, series: Series, number: EpisodeNumber | None, now: datetime
    ) -> list[Notice]:
        self.triggers[series.key] = Trigger.EVENT
        if number is None:
            return []
        if _is_loss(record):
            self.gone_at[series.key] = now
        notice = history_notice(record, series.key, series.title, number)
        return [] if notice is None else [notice]

    def _episodes_read(self, followed: AbstractSet[SeriesKey]) -> list[Notice]:
        """The files that episodes have now, of series with a deletion that newer ones supersede."""
        ours = {key for key in followed if key.sonarr == self._ledger.name}
        self._read_at = {key: at for key, at in self._read_at.items() if key in ours}
        if not ours:
            return []
        notices: list[Notice] = []
        for series_id, series in (self._ledger.series.last or {}).items():
            detail = self._ledger.details.get(series_id)
            if series.key not in ours or detail is None:
                continue
            if self._read_at.get(series.key) == detail.read_at:
                continue
            self._read_at[series.key] = detail.read_at
            notices.append(
                EpisodesRead(
                    key=series.key,
                    at=detail.read_at,
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
        asked_at, library = self._ledger.library_asked_at, self._ledger.series.last
        if asked_at is None or library is None or asked_at == self._polled_at:
            return []
        self._polled_at = asked_at
        listed = {series.key.tvdb_id: series_id for series_id, series in library.items()}
        if self._listed - listed.keys():
            self._ledger.is_series_due = True
        self._listed = listed.keys()
        return [
            LibraryPoll(
                sonarr=self._ledger.name,
                at=asked_at,
                sonarr_id_by_tvdb_id=listed,
                unread_ids=self._ledger.unread_series,
                is_whole=self._ledger.is_library_whole,
            )
        ]


def _is_loss(record: HistoryRecord) -> bool:
    return (
        record.event is HistoryEvent.FILE_DELETED
        and delete_reason(record.reason) not in REPLACEMENTS
    )
