"""The downloads of one Sonarr, joined from queue rows, torrents, files and grabs.

A download is assembled again only when something that it is made of changed, and a view of it that
comes out equal stays the same object.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct

from episodarr.cycle.join.client_view import ClientView
from episodarr.model.download import HistoryRecord, QueueRow, Torrent
from episodarr.model.ids import DownloadId, SonarrSeriesId
from episodarr.model.library import Episode, Series
from episodarr.model.matching import Candidate
from episodarr.model.memo import Memo, MemoByKey
from episodarr.model.view import DownloadView
from episodarr.stages.downloads.joining import ProgressMark, mark_progress
from episodarr.stages.downloads.record import Download
from episodarr.stages.downloads.view import download_changes_at, download_view
from episodarr.stages.pack import (
    PackAnswer,
    PackQuestion,
    answer_pack,
    candidates_of,
    pack_question,
)
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.systems.qbittorrent.state import FileList
from episodarr.systems.sonarr.state import SonarrState

type Step = Callable[[], object] | None
"""Between two pieces of work: None to let others run, or work that is better done in a thread."""

FILES_AT_ONCE = 8
"""A torrent of more files is matched in a thread: a thousand would hold the loop for a second."""


class _Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """The inputs of one assembled Download; compared by identity where that is cheap."""

    rows: tuple[QueueRow, ...]
    torrent: Torrent | None
    file_list: FileList | None
    mark: ProgressMark
    series: Series | None
    episodes: PackedEpisodes | None
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


class Downloads:
    """The downloads of one Sonarr, and how they are shown."""

    def __init__(self, state: SonarrState) -> None:
        self.views: dict[DownloadId, DownloadView] = {}
        self._state = state
        self._marks: dict[DownloadId, ProgressMark] = {}
        self._evidence: dict[DownloadId, _Evidence] = {}
        self._assembled: dict[DownloadId, Download] = {}
        self._is_assembled: Memo[None] = Memo()
        self._packs: dict[DownloadId, tuple[PackQuestion, PackAnswer]] = {}
        self._candidates: MemoByKey[SonarrSeriesId, tuple[Candidate, ...]] = MemoByKey()
        self._pending: dict[SonarrSeriesId, tuple[Download, ...]] = {}
        self._by_series: Mapping[SonarrSeriesId, tuple[Download, ...]] = {}
        self._to_show: set[DownloadId] = set()
        self._due: dict[DownloadId, datetime] = {}

    def __contains__(self, download_id: object) -> bool:
        """Whether a queue row, present or held, belongs to this download."""
        return download_id in self._assembled

    def of(self, series_id: SonarrSeriesId) -> tuple[Download, ...]:
        """The downloads that carry episodes of a series; empty where none does."""
        return self._by_series.get(series_id, ())

    def match_questions(self) -> dict[DownloadId, PackQuestion]:
        """The matcher's input for each torrent whose files are known, by download id."""
        return {download_id: question for download_id, (question, _) in self._packs.items()}

    def forget_views(self) -> None:
        """Forget all views; each is built again when it is next shown."""
        self.views = {}
        self._to_show = set(self._assembled)

    def update(
        self,
        series: Mapping[SonarrSeriesId, Series],
        queue: Sequence[QueueRow],
        clients: ClientView,
        now: datetime,
    ) -> Iterator[Step]:
        """Assemble what changed, and touch the series that it carries episodes of."""
        inputs = self._inputs(series, clients, queue)
        if self._is_assembled.holds(inputs):
            return
        self._is_assembled.forget()
        yield from self._assemble(series, clients, now)
        self._take_pending(queue)
        self._by_series = self._downloads_by_series()
        self._candidates.keep_only(self._by_series.keys())
        self._is_assembled.put(inputs, None)

    def _inputs(
        self, series: Mapping[SonarrSeriesId, Series], clients: ClientView, queue: object
    ) -> tuple[object, ...]:
        """Inputs for a `Memo`: other objects whenever an input of the downloads changed."""
        state = self._state
        versions = (
            state.details.version,
            state.episode_histories.version,
            state.queue.client_report,
        )
        return (
            queue,
            state.queue.rows,
            *state.queue.held.values(),
            series,
            *versions,
            *clients.known(),
        )

    def _assemble(
        self, series: Mapping[SonarrSeriesId, Series], clients: ClientView, now: datetime
    ) -> Iterator[Step]:
        state, held = self._state, self._state.queue.held
        rows_by_id = {**state.queue.rows, **{i: h.rows for i, h in held.items()}}
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
            detail = state.details.get(record.sonarr_id) if record is not None else None
            evidence = _Evidence(
                rows=rows,
                torrent=torrent,
                file_list=clients.file_list(torrent) if torrent is not None else None,
                mark=mark,
                series=record,
                episodes=detail.episodes if detail is not None else None,
                # A download that only Sonarr lost goes on by the client's own data.
                is_unavailable=clients.is_down(rows)
                or (torrent is None and state.queue.is_lost_by_client(rows)),
                grab_id=grab.record_id if grab is not None else None,
            )
            if evidence.is_same(self._evidence.get(download_id)):
                yield None
                continue
            question = self._question(evidence)
            if question is not None and self._is_long(download_id, question):
                yield partial(self._answer, download_id, question)
            self._evidence[download_id] = evidence
            answer = None if question is None else self._answer(download_id, question)
            self._assembled[download_id] = _put_together(download_id, evidence, answer, grab)
            self._to_show.add(download_id)
            self._touch_rows(rows)
            yield None

    def _question(self, evidence: _Evidence) -> PackQuestion | None:
        """The matcher's question about a torrent; None if its files need no matching."""
        torrent, listed = evidence.torrent, evidence.file_list
        known, series = evidence.episodes, evidence.series
        if torrent is None or listed is None or known is None or series is None:
            return None
        if len(listed.files) <= 1:
            return None
        wanted = {row.episode_id for row in evidence.rows}
        episodes = [e for e in known if e.sonarr_id in wanted]
        is_of_one_series = all(row.series_id == series.sonarr_id for row in evidence.rows)
        return pack_question(
            series,
            episodes,
            torrent.name,
            listed.files,
            self._candidates_of(series.sonarr_id, known) if is_of_one_series else (),
        )

    def _candidates_of(
        self, series_id: SonarrSeriesId, episodes: PackedEpisodes
    ) -> tuple[Candidate, ...]:
        """All episodes of a series as candidates; the same object while they are the same."""
        return self._candidates.of(series_id, (episodes,), lambda: candidates_of(episodes))

    def _is_long(self, download_id: DownloadId, question: PackQuestion) -> bool:
        known = self._packs.get(download_id)
        is_new = known is None or known[0] != question
        return is_new and len(question.files) > FILES_AT_ONCE

    def _answer(self, download_id: DownloadId, question: PackQuestion) -> PackAnswer:
        """The matcher's answer, computed again only when its question changed."""
        known = self._packs.get(download_id)
        if known is None or known[0] != question:
            known = self._packs[download_id] = question, answer_pack(question)
        return known[1]

    def _grab_of(self, download_id: DownloadId, rows: Sequence[QueueRow]) -> HistoryRecord | None:
        for row in rows:
            episode_history = (
                self._state.episode_histories.by_episode.get(row.episode_id)
                if row.episode_id is not None
                else None
            )
            grab = episode_history.last_grab if episode_history is not None else None
            # A hybrid torrent's grab has another hash than its queue row, but the same title.
            if grab is not None and (
                grab.download_id == download_id or grab.source_title == row.title
            ):
                return grab
        return None

    def _touch_rows(self, rows: Sequence[QueueRow]) -> None:
        self._state.touched |= {r.series_id for r in rows if r.series_id is not None}

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
                self._state.touched.add(series_id)
        self._pending = frozen

    def _downloads_by_series(self) -> dict[SonarrSeriesId, tuple[Download, ...]]:
        found: dict[SonarrSeriesId, list[Download]] = {}
        for download in self._assembled.values():
            for series_id in {r.series_id for r in download.rows if r.series_id is not None}:
                found.setdefault(series_id, []).append(download)
        for series_id, pending in self._pending.items():
            found.setdefault(series_id, []).extend(pending)
        return {series_id: tuple(downloads) for series_id, downloads in found.items()}

    def show(self, now: datetime) -> Iterator[Step]:
        """Assemble again the downloads that changed, and those that change by time alone."""
        due = {i for i, at in self._due.items() if at <= now}
        if not self._to_show and not due:
            return
        shown = dict(self.views)
        for download_id in sorted(self._to_show | due, key=self._place_by_series):
            before = shown.pop(download_id, None)
            self._due.pop(download_id, None)
            download = self._assembled.get(download_id)
            if download is None:
                continue
            record = self._evidence[download_id].series
            episodes = self._episode_by_id(download, record)
            view = download_view(self._state.name, download, record, episodes, now)
            if view is not None:
                shown[download_id] = before if before == view else view
            changes_at = download_changes_at(download, now)
            if changes_at is not None:
                self._due[download_id] = changes_at
            yield None
        self.views = {i: shown[i] for i in self._assembled if i in shown}
        self._to_show = set()

    def _place_by_series(self, download_id: DownloadId) -> int:
        """So that those of one series come after each other: its episodes are unpacked once."""
        evidence = self._evidence.get(download_id)
        return evidence.series.sonarr_id if evidence is not None and evidence.series else 0

    def _episode_by_id(self, download: Download, series: Series | None) -> Mapping[int, Episode]:
        detail = self._state.details.get(series.sonarr_id) if series is not None else None
        if detail is None:
            return {}
        wanted, further = {row.episode_id for row in download.rows}, set(download.further)
        return {
            e.sonarr_id: e
            for e in detail.episodes
            if e.sonarr_id in wanted or (e.season, e.episode) in further
        }


def _put_together(
    download_id: DownloadId,
    evidence: _Evidence,
    answer: PackAnswer | None,
    grab: HistoryRecord | None,
) -> Download:
    return Download(
        download_id=download_id,
        rows=evidence.rows,
        torrent=evidence.torrent,
        files=evidence.file_list.files if evidence.file_list is not None else None,
        files_by_episode=answer.files_by_episode if answer is not None else None,
        further=answer.further if answer is not None else (),
        last_progress_at=evidence.mark.at,
        is_client_unavailable=evidence.is_unavailable,
        grab=grab,
    )


def _series_of(rows: Sequence[QueueRow], series: Mapping[SonarrSeriesId, Series]) -> Series | None:
    for row in rows:
        if row.series_id is not None and row.series_id in series:
            return series[row.series_id]
    return None
