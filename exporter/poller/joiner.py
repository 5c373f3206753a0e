"""Turn ledgers into views, touching only what changed.

A view that comes out equal to the former one stays the same object, so that renderers can tell by
identity what to render again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from types import MappingProxyType
from typing import override

from exporter.join.carrier import Download
from exporter.join.classify import Trail, Word
from exporter.join.downloads import (
    ProgressMark,
    assemble,
    download_changes_at,
    download_view,
    index_torrents,
    mark_progress,
)
from exporter.join.pack import FilesByEpisode, PackQuestion, answer_pack, pack_question
from exporter.join.rejoin import rejoin_series
from exporter.join.series import (
    JoinedSeries,
    SeriesInputs,
    StageClock,
    clocks_of,
    join_series,
)
from exporter.model.download import HistoryRecord, QueueRow, SearchCommand, Torrent
from exporter.model.ids import (
    DownloadId,
    EpisodeKey,
    InfoHash,
    SeriesKey,
    SonarrEpisodeId,
    SonarrSeriesId,
)
from exporter.model.library import Episode, Series
from exporter.model.sameness import are_same
from exporter.model.stage import Stage
from exporter.model.view import DownloadView, SeriesView
from exporter.poller.clients import ClientLedger, FileList
from exporter.poller.lost import LostGrabs
from exporter.poller.sonarr import SonarrLedger

type NumberClocks = Mapping[tuple[int, int], StageClock]

type Step = Callable[[], object] | None
"""Between two pieces of work: None to let others run, or work that is better done in a thread."""

FILES_AT_ONCE = 8
"""A torrent of more files is matched in a thread: a thousand would hold the loop for a second."""
EPISODES_AT_ONCE = 300
"""A series of more episodes is joined in a thread for the same reason."""
ANIME = "anime"
"""Sonarr's type of the series that Shoko is asked about."""


class ViewClocks(Mapping[tuple[int, int], StageClock]):
    """The clocks of a view, read from it when somebody asks: most joins do without."""

    def __init__(self, view: SeriesView) -> None:
        self._view = view

    @cached_property
    def _clocks(self) -> NumberClocks:
        return clocks_of(self._view.seasons)

    @override
    def __getitem__(self, number: tuple[int, int]) -> StageClock:
        return self._clocks[number]

    @override
    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._clocks)

    @override
    def __len__(self) -> int:
        return len(self._clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One episode that was seen to leave one stage for another."""

    key: EpisodeKey
    left: Stage
    left_entered_at: datetime | None
    entered: Stage
    at: datetime
    grabbed_at: datetime | None = None
    """When the release it has now was grabbed, if history tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What requests say of one series."""

    seasons: frozenset[int] = frozenset()
    unfinished_seasons: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What Jellyfin and Shoko add, per (season, episode)."""

    jellyfin: Mapping[tuple[int, int], Word] = field(default_factory=dict)
    shoko: Mapping[tuple[int, int], Word] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What one assembled Download was made of; compared by identity where that is cheap."""

    rows: tuple[QueueRow, ...]
    torrent: Torrent | None
    file_list: FileList | None
    mark: ProgressMark
    series: Series | None
    episodes: tuple[Episode, ...] | None
    is_unavailable: bool
    grab_id: int | None

    def is_same(self, other: "_Evidence | None") -> bool:
        return (
            other is not None
            and self.torrent is other.torrent
            and self.file_list is other.file_list
            and self.mark is other.mark
            and self.series is other.series
            and self.episodes is other.episodes
            and self.is_unavailable == other.is_unavailable
            and self.grab_id == other.grab_id
            and self.rows == other.rows
        )


class _Joining:
    """The join of one series, worked out once by whoever asks first."""

    def __init__(self, inputs: SeriesInputs, now: datetime, last: JoinedSeries | None) -> None:
        self._asked = inputs, now, last
        self._joined: JoinedSeries | None = None

    def done(self) -> JoinedSeries:
        """What came out."""
        if self._joined is None:
            self._joined = _join(*self._asked)
        return self._joined


class SonarrJoiner:
    """The views of one Sonarr."""

    def __init__(
        self,
        ledger: SonarrLedger,
        *,
        keep: timedelta,
        counts_specials: bool,
        external_url: str | None,
        stored_clocks: Mapping[SeriesKey, NumberClocks] | None = None,
    ) -> None:
        self.ledger = ledger
        self.views: dict[SeriesKey, SeriesView] = {}
        self.active: set[SeriesKey] = set()
        """Series that have an active season."""
        self.downloads: dict[DownloadId, DownloadView] = {}
        self._published: dict[SeriesKey, SeriesView] = {}
        """What was shown last: time in stage counts from there, however often a cycle joins."""
        self._changed: dict[SeriesKey, Mapping[tuple[int, int], datetime]] = {}
        self._ids: dict[SeriesKey, SonarrSeriesId] = {}
        self._library: object = None
        """The list that the views were compared with last."""
        self._shown: dict[SeriesKey, JoinedSeries] = {}
        """How the published views came about."""
        self._joined: dict[SeriesKey, JoinedSeries] = {}
        """The same of what was joined since."""
        self._keep = keep
        self._counts_specials = counts_specials
        self._external_url = external_url
        self._stored_clocks = dict(stored_clocks or {})
        self._alarms: dict[SonarrSeriesId, datetime] = {}
        self._marks: dict[DownloadId, ProgressMark] = {}
        self._evidence: dict[DownloadId, _Evidence] = {}
        self._assembled: dict[DownloadId, Download] = {}
        self._packs: dict[DownloadId, tuple[PackQuestion, FilesByEpisode]] = {}
        self._pending: dict[SonarrSeriesId, tuple[Download, ...]] = {}
        self._lost = LostGrabs()
        self._assembled_from: tuple[object, ...] = ()
        self._by_series: Mapping[SonarrSeriesId, tuple[Download, ...]] = {}
        self._to_show: set[DownloadId] = set()
        self._downloads_due: dict[DownloadId, datetime] = {}
        self.is_known = False
        self.revision = 0
        """Another number whenever a view may be another one, or is gone."""
        self.asks_jellyfin = False
        self.asks_shoko = False
        """Whether these are configured; anime is what Shoko is asked about."""

    def touch(self, key: SeriesKey) -> None:
        """Join this series again, whatever the ledger says."""
        if key in self._ids:
            self.ledger.touched.add(self._ids[key])

    def sonarr_id_of(self, key: SeriesKey) -> SonarrSeriesId:
        """Sonarr's present number of a series that has a view."""
        return self._ids[key]

    def unavailable(self, key: SeriesKey) -> frozenset[tuple[int, int]]:
        """The episodes that were shown as not available last, by this process or the one before."""
        shown = self._published.get(key)
        if shown is None or all(s.episodes is None for s in shown.seasons):
            stored = self._stored_clocks.get(key, {})
            return frozenset(n for n, clock in stored.items() if clock.stage is not Stage.AVAILABLE)
        return frozenset(
            (e.key.season, e.key.episode)
            for season in shown.seasons
            for e in season.episodes or ()
            if e.stage is not Stage.AVAILABLE
        )

    def publish(self, now: datetime, found: list[Transition]) -> Iterator[Step]:
        """Take the views as shown; puts into `found` what changed stage since they were shown last."""
        for key, grabbed_at in self._changed.items():
            view = self.views.get(key)
            if view is not None:
                found.extend(transitions(self._published.get(key), view, now, grabbed_at))
                self._published[key] = view
                yield None
        self._changed = {}
        self._shown.update(self._joined)
        self._joined = {}

    def join(
        self,
        clients: "ClientView",
        words: Mapping[SeriesKey, Words],
        asked: Mapping[SeriesKey, Asked],
        now: datetime,
        left_out: frozenset[SonarrSeriesId] = frozenset(),
    ) -> Iterator[Step]:
        """Bring the views up to date; yields now and then, so that an event loop can breathe.

        Who does not do what is yielded has it done here, where it takes its time. The series in `left_out` stay as they are, for the next time.
        """
        ledger = self.ledger
        series = ledger.series.value(now, self._keep)
        commands = ledger.commands.value(now, self._keep)
        queue = ledger.queue.value(now, self._keep)
        history = ledger.history.value(now, self._keep)
        if series is None or commands is None or queue is None or history is None:
            self._forget()
            return
        if not self.is_known:
            ledger.touched.update(series)
            self.is_known = True
        known = self._known_of_downloads(series, clients, queue)
        if not are_same(known, self._assembled_from):
            yield from self._assemble(series, clients, now)
            self._take_pending(queue)
            self._by_series = self._downloads_by_series()
            self._assembled_from = known
        due = {i for i, at in self._alarms.items() if at <= now}
        touched, ledger.touched = (ledger.touched | due) - left_out, set(left_out)
        by_series = self._by_series
        gone: Collection[SeriesKey] = ()
        if series is not self._library:
            gone = self.views.keys() - {s.key for s in series.values()}
            self._library = series
        self.revision += bool(touched or gone)
        for key in gone:
            del self.views[key]
            self._published.pop(key, None)
            self._shown.pop(key, None)
            self._joined.pop(key, None)
            self._ids.pop(key, None)
            self.active.discard(key)
        for series_id in sorted(touched):
            record = series.get(series_id)
            if record is None:
                self._alarms.pop(series_id, None)
                continue
            downloads = by_series.get(series_id, ())
            yield from self._join_one(record, downloads, clients, commands, words, asked, now)
        ledger.is_in_doubt = bool(self._lost)
        yield from self._show_downloads(now)

    def _known_of_downloads(
        self, series: Mapping[SonarrSeriesId, Series], clients: "ClientView", queue: object
    ) -> tuple[object, ...]:
        """Other objects whenever anything changed that the downloads are assembled from."""
        ledger = self.ledger
        versions = (ledger.details_version, ledger.trails_version)
        return (queue, ledger.rows, *ledger.held.values(), series, *versions, *clients.known())

    def _forget(self) -> None:
        """The facts are too old to be shown; all are joined anew when they are back."""
        self.revision += 1
        self.is_known = False
        self.views = {}
        self.active = set()
        self.downloads = {}
        self._to_show = set(self._assembled)
        self._alarms = {}

    def _assemble(
        self, series: Mapping[SonarrSeriesId, Series], clients: "ClientView", now: datetime
    ) -> Iterator[Step]:
        ledger, held = self.ledger, self.ledger.held
        rows_by_id = {**ledger.rows, **{i: h.rows for i, h in held.items()}}
        for download_id in self._assembled.keys() - rows_by_id.keys():
            self._touch_rows(self._assembled.pop(download_id).rows)
            self._to_show.add(download_id)
            self._evidence.pop(download_id, None)
            self._marks.pop(download_id, None)
            self._packs.pop(download_id, None)
        for download_id, rows in rows_by_id.items():
            torrent = clients.torrent(download_id)
            record = _series_of(rows, series)
            mark = mark_progress(self._marks.get(download_id), rows, torrent, now)
            self._marks[download_id] = mark
            grab = self._grab_of(download_id, rows)
            detail = ledger.details.get(record.sonarr_id) if record is not None else None
            evidence = _Evidence(
                rows=rows,
                torrent=torrent,
                file_list=clients.file_list(torrent) if torrent is not None else None,
                mark=mark,
                series=record,
                episodes=detail.episodes if detail is not None else None,
                is_unavailable=download_id in held or clients.is_down(rows),
                grab_id=grab.record_id if grab is not None else None,
            )
            if evidence.is_same(self._evidence.get(download_id)):
                yield None
                continue
            question = self._question(evidence)
            if question is not None and self._is_long(download_id, question):
                yield partial(self._answer, download_id, question)
            self._evidence[download_id] = evidence
            by_episode = None if question is None else self._answer(download_id, question)
            self._assembled[download_id] = _put_together(download_id, evidence, by_episode, grab)
            self._to_show.add(download_id)
            self._touch_rows(rows)
            yield None

    def _question(self, evidence: _Evidence) -> PackQuestion | None:
        """What to ask the matcher about a torrent; None: there is nothing to tell apart."""
        torrent, listed = evidence.torrent, evidence.file_list
        known, series = evidence.episodes, evidence.series
        if torrent is None or listed is None or known is None or series is None:
            return None
        if len(listed.files) <= 1:
            return None
        wanted = {row.episode_id for row in evidence.rows}
        episodes = [e for e in known if e.sonarr_id in wanted]
        return pack_question(series, episodes, torrent.name, listed.files)

    def _is_long(self, download_id: DownloadId, question: PackQuestion) -> bool:
        known = self._packs.get(download_id)
        is_new = known is None or known[0] != question
        return is_new and len(question.files) > FILES_AT_ONCE

    def _answer(self, download_id: DownloadId, question: PackQuestion) -> FilesByEpisode:
        """The matcher's answer, worked out again only when its question changed."""
        known = self._packs.get(download_id)
        if known is None or known[0] != question:
            known = self._packs[download_id] = question, answer_pack(question)
        return known[1]

    def _grab_of(self, download_id: DownloadId, rows: Sequence[QueueRow]) -> HistoryRecord | None:
        for row in rows:
            trail = self.ledger.trails.get(row.episode_id) if row.episode_id is not None else None
            grab = trail.last_grab if trail is not None else None
            # A hybrid torrent's grab has another hash than its queue row, but the same title.
            if grab is not None and (
                grab.download_id == download_id or grab.source_title == row.title
            ):
                return grab
        return None

    def _touch_rows(self, rows: Sequence[QueueRow]) -> None:
        self.ledger.touched |= {r.series_id for r in rows if r.series_id is not None}

    def _take_pending(self, queue: Sequence[QueueRow]) -> None:
        pending: dict[SonarrSeriesId, list[Download]] = {}
        for row in sorted(queue, key=lambda r: (r.row_id, r.title)):
            if row.download_id is None and row.series_id is not None:
                pending.setdefault(row.series_id, []).append(
                    Download(download_id=None, rows=(row,))
                )
        frozen = {series_id: tuple(found) for series_id, found in pending.items()}
        for series_id in frozen.keys() | self._pending.keys():
            if frozen.get(series_id) != self._pending.get(series_id):
                self.ledger.touched.add(series_id)
        self._pending = frozen

    def _downloads_by_series(self) -> dict[SonarrSeriesId, tuple[Download, ...]]:
        found: dict[SonarrSeriesId, list[Download]] = {}
        for download in self._assembled.values():
            for series_id in {r.series_id for r in download.rows if r.series_id is not None}:
                found.setdefault(series_id, []).append(download)
        for series_id, pending in self._pending.items():
            found.setdefault(series_id, []).extend(pending)
        return {series_id: tuple(downloads) for series_id, downloads in found.items()}

    def _join_one(
        self,
        series: Series,
        downloads: tuple[Download, ...],
        clients: "ClientView",
        commands: Sequence[SearchCommand],
        words: Mapping[SeriesKey, Words],
        asked: Mapping[SeriesKey, Asked],
        now: datetime,
    ) -> Iterator[Step]:
        before, last = self._published.get(series.key), self._shown.get(series.key)
        detail = self.ledger.details.get(series.sonarr_id)
        episodes = detail.episodes if detail is not None else ()
        trails = {
            e.sonarr_id: trail
            for e in episodes
            if (trail := self.ledger.trails.get(e.sonarr_id)) is not None
        }
        clocks = self._clocks(series.key, before)
        is_watched = last is not None and last.inputs.detail is not None
        lost = self._lost_until(episodes, trails, None if is_watched else clocks, clients, now)
        until = {i: lost.get(i) or self.ledger.grab_counts_until(i, now) for i in trails}
        word = words.get(series.key, Words())
        request = asked.get(series.key, Asked())
        joining = _Joining(
            SeriesInputs(
                series=series,
                detail=detail,
                downloads=downloads,
                commands=commands,
                trails=trails,
                grab_counts_until={i: at for i, at in until.items() if at is not None},
                jellyfin=word.jellyfin,
                shoko=word.shoko,
                requested_seasons=request.seasons,
                unfinished_seasons=request.unfinished_seasons,
                lost_grabs=frozenset(lost),
                clocks=clocks,
                asks_jellyfin=self.asks_jellyfin,
                asks_shoko=self.asks_shoko and series.series_type == ANIME,
                counts_specials=self._counts_specials,
                links=self._links(series, word),
            ),
            now,
            last,
        )
        yield joining.done if len(episodes) > EPISODES_AT_ONCE else None
        joined = joining.done()
        self._joined[series.key] = joined
        if joined.changes_at is not None:
            self._alarms[series.sonarr_id] = joined.changes_at
        else:
            self._alarms.pop(series.sonarr_id, None)
        self._ids[series.key] = series.sonarr_id
        self._take_view(joined.view, before)
        self._changed[series.key] = (
            {
                (e.season, e.episode): trail.last_grab.at
                for e in episodes
                if (trail := trails.get(e.sonarr_id)) is not None and trail.last_grab is not None
            }
            if joined.view is not before
            else {}
        )

    def _lost_until(
        self,
        episodes: Sequence[Episode],
        trails: Mapping[SonarrEpisodeId, Trail],
        stored: NumberClocks | None,
        clients: "ClientView",
        now: datetime,
    ) -> dict[SonarrEpisodeId, datetime]:
        """Grabs that no queue row shows because of their client, and until when they count.

        `stored` are the clocks of a first look; None: the queue was watched up to now.
        """
        found: dict[SonarrEpisodeId, datetime] = {}
        for episode in episodes:
            trail = trails.get(episode.sonarr_id)
            grab = trail.last_grab if trail is not None else None
            if trail is None or grab is None or grab.download_id in self._assembled:
                continue
            until = self._lost.counts_until(
                episode.sonarr_id,
                trail,
                stored.get((episode.season, episode.episode)) if stored is not None else None,
                is_watched=stored is None,
                is_unreachable=clients.is_out_of_reach(grab)
                or self.ledger.is_client_out_of_reach(grab.client),
                now=now,
            )
            if until is not None:
                found[episode.sonarr_id] = until
        return found

    def _take_view(self, view: SeriesView, before: SeriesView | None) -> None:
        """Keep the object that is shown already where nothing differs."""
        key = view.key
        self.views[key] = before if before is not None and before == view else view
        if any(season.is_active for season in view.seasons):
            self.active.add(key)
            self.ledger.lively.add(self._ids[key])
        else:
            self.active.discard(key)
            self.ledger.lively.discard(self._ids[key])

    def _clocks(self, key: SeriesKey, before: SeriesView | None) -> NumberClocks:
        if before is None or all(s.episodes is None for s in before.seasons):
            return self._stored_clocks.get(key, {})
        return ViewClocks(before)

    def _links(self, series: Series, word: Words) -> Mapping[str, str]:
        if self._external_url is None:
            return word.links
        own = {"sonarr": f"{self._external_url}/series/{series.title_slug}"}
        return MappingProxyType({**own, **word.links})

    def _show_downloads(self, now: datetime) -> Iterator[Step]:
        """Look again at downloads that changed, and at those that change by time alone."""
        due = {i for i, at in self._downloads_due.items() if at <= now}
        if not self._to_show and not due:
            return
        shown = dict(self.downloads)
        for download_id in self._to_show | due:
            before = shown.pop(download_id, None)
            self._downloads_due.pop(download_id, None)
            download = self._assembled.get(download_id)
            if download is None:
                continue
            record = self._evidence[download_id].series
            episodes = self._episode_by_id(download, record)
            view = download_view(self.ledger.name, download, record, episodes, now)
            if view is not None:
                shown[download_id] = before if before == view else view
            changes_at = download_changes_at(download, now)
            if changes_at is not None:
                self._downloads_due[download_id] = changes_at
            yield None
        self.downloads = {i: shown[i] for i in self._assembled if i in shown}
        self._to_show = set()

    def _episode_by_id(self, download: Download, series: Series | None) -> Mapping[int, Episode]:
        detail = self.ledger.details.get(series.sonarr_id) if series is not None else None
        if detail is None:
            return {}
        wanted = {row.episode_id for row in download.rows}
        return {e.sonarr_id: e for e in detail.episodes if e.sonarr_id in wanted}


class TorrentIndex:
    """The torrents of all clients by every hash, kept until one of them changes."""

    def __init__(self) -> None:
        self._maps: Sequence[Mapping[InfoHash, Torrent] | None] = ()
        self._by_hash: Mapping[InfoHash, Torrent] = {}

    def of(self, maps: Sequence[Mapping[InfoHash, Torrent] | None]) -> Mapping[InfoHash, Torrent]:
        """Those of these clients; None: a client of which nothing is known."""
        if not are_same(maps, self._maps):
            self._by_hash = index_torrents(t for m in maps if m is not None for t in m.values())
            self._maps = maps
        return self._by_hash


class ClientView:
    """All download clients together, as of one moment."""

    def __init__(
        self,
        clients: Sequence[ClientLedger],
        *,
        keep: timedelta,
        now: datetime,
        index: "TorrentIndex | None" = None,
    ) -> None:
        """`index` is what the view before used; it is made again only where a torrent changed."""
        self._clients = clients
        maps = [c.torrents.value(now, keep) for c in clients]
        self._torrents = (index or TorrentIndex()).of(maps)
        self._lists = {c.name: c.file_lists for c in clients}

    def known(self) -> Iterator[object]:
        """Other objects whenever one of the other answers may be another one."""
        for client in self._clients:
            yield client.torrents.is_failing
            yield client.lists_version
        yield self._torrents

    def torrent(self, download_id: DownloadId) -> Torrent | None:
        """The torrent behind a download id, by any of its hashes."""
        return self._torrents.get(InfoHash(download_id))

    def file_list(self, torrent: Torrent) -> FileList | None:
        """The files of a torrent, if they were read."""
        return self._lists.get(torrent.client, {}).get(torrent.info_hash)

    def is_down(self, rows: Sequence[QueueRow]) -> bool:
        """The client that has this download did not answer its last look."""
        return is_client_down(self._clients, rows)

    def is_out_of_reach(self, grab: HistoryRecord) -> bool:
        """The client that was given this release did not answer its last look."""
        hashes = () if grab.download_id is None else (InfoHash(grab.download_id),)
        return _is_down(self._clients, hashes, is_torrent=grab.protocol == "torrent")


def is_client_down(clients: Sequence[ClientLedger], rows: Sequence[QueueRow]) -> bool:
    """Whether the client that holds these rows' download failed its last look.

    A download that no client ever showed counts for the only client there is, if it is a torrent.
    """
    hashes = {InfoHash(row.download_id) for row in rows if row.download_id is not None}
    return _is_down(clients, hashes, is_torrent=any(row.protocol == "torrent" for row in rows))


def _is_down(
    clients: Sequence[ClientLedger], hashes: Collection[InfoHash], *, is_torrent: bool
) -> bool:
    for client in clients:
        if any(h in (client.torrents.last or {}) for h in hashes):
            return client.torrents.is_failing
    return len(clients) == 1 and is_torrent and clients[0].torrents.is_failing


def _join(inputs: SeriesInputs, now: datetime, last: JoinedSeries | None) -> JoinedSeries:
    return join_series(inputs, now) if last is None else rejoin_series(inputs, now, last)


def _put_together(
    download_id: DownloadId,
    evidence: _Evidence,
    by_episode: FilesByEpisode | None,
    grab: HistoryRecord | None,
) -> Download:
    return assemble(
        download_id,
        evidence.rows,
        torrent=evidence.torrent,
        files=evidence.file_list.files if evidence.file_list is not None else None,
        files_by_episode=by_episode,
        mark=evidence.mark,
        grab=grab,
        is_client_unavailable=evidence.is_unavailable,
    )


def _series_of(rows: Sequence[QueueRow], series: Mapping[SonarrSeriesId, Series]) -> Series | None:
    for row in rows:
        if row.series_id is not None and row.series_id in series:
            return series[row.series_id]
    return None


def transitions(
    before: SeriesView | None,
    after: SeriesView,
    now: datetime,
    grabbed_at: Mapping[tuple[int, int], datetime],
) -> list[Transition]:
    """Episodes that are in another stage than in the former view."""
    if before is None:
        return []
    known = {id(season) for season in before.seasons}
    changed = [season for season in after.seasons if id(season) not in known]
    if not changed:
        return []
    numbers = {season.season for season in changed}
    known_seasons = tuple(season for season in before.seasons if season.season in numbers)
    clocks = clocks_of(known_seasons)
    return [
        Transition(
            key=e.key,
            left=clock.stage,
            left_entered_at=clock.entered_at,
            entered=e.stage,
            at=now,
            grabbed_at=grabbed_at.get((e.key.season, e.key.episode)),
        )
        for season in changed
        for e in season.episodes or ()
        if (clock := clocks.get((e.key.season, e.key.episode))) is not None
        and clock.stage is not e.stage
    ]
