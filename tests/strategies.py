"""Hypothesis strategies for the records that decide an episode's stage."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from episodarr.model.download import (
    HistoryEvent,
    HistoryRecord,
    QueueRow,
    QueueStatus,
    SearchCommand,
    Torrent,
    TorrentFile,
    TorrentState,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.ids import (
    DownloadId,
    EpisodeFileId,
    InfoHash,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, Series
from episodarr.stages.classify import Availability, EpisodeFacts, EpisodeHistory
from episodarr.stages.downloads.episode import download_for_episode
from episodarr.stages.downloads.record import Download

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SERIES_ID = SonarrSeriesId(7)
KEY = SeriesKey(SonarrName("tv"), TvdbId(405920))

moments = st.timedeltas(timedelta(days=-40), timedelta(days=40)).map(lambda d: NOW + d)
ratios = st.floats(0, 1)
sizes = st.integers(0, 10**12)
availabilities = st.text(max_size=12)


@st.composite
def episodes(draw: st.DrawFn, season: int | None = None, number: int | None = None) -> Episode:
    season = draw(st.integers(0, 3)) if season is None else season
    number = draw(st.integers(1, 12)) if number is None else number
    return Episode(
        sonarr_id=SonarrEpisodeId(season * 100 + number),
        season=season,
        episode=number,
        title=draw(availabilities),
        is_monitored=draw(st.booleans()),
        file_id=draw(st.none() | st.integers(1, 99).map(EpisodeFileId)),
        absolute=draw(st.none() | st.integers(1, 99)),
        air_at=draw(st.none() | moments),
        last_search_at=draw(st.none() | moments),
    )


@st.composite
def queue_rows(draw: st.DrawFn, episode_id: SonarrEpisodeId, download_id: str | None) -> QueueRow:
    size = draw(sizes)
    return QueueRow(
        row_id=draw(st.integers(1, 10**6)),
        series_id=SERIES_ID,
        episode_id=episode_id,
        season=None,
        download_id=DownloadId(download_id) if download_id is not None else None,
        title=draw(availabilities),
        status=draw(st.sampled_from(QueueStatus)),
        tracked_state=draw(st.none() | st.sampled_from(TrackedState)),
        tracked_status=draw(st.none() | st.sampled_from(TrackedStatus)),
        size_bytes=size,
        remaining_bytes=draw(st.integers(0, size)),
        messages=draw(st.lists(availabilities, max_size=2).map(tuple)),
        protocol=draw(st.sampled_from(["torrent", "usenet", "unknown"])),
        added_at=draw(st.none() | moments),
        completes_at=draw(st.none() | moments),
    )


@st.composite
def torrents(draw: st.DrawFn, info_hash: str = "a" * 40) -> Torrent:
    size = draw(sizes)
    here = draw(st.integers(0, size))
    return Torrent(
        client="main",
        info_hash=InfoHash(info_hash),
        other_hashes=(),
        name=draw(availabilities),
        state=draw(st.sampled_from(TorrentState)),
        size_bytes=size,
        completed_bytes=here,
        remaining_bytes=size - here,
        progress_ratio=draw(ratios),
        received_bytes=draw(sizes),
        eta_seconds=draw(st.none() | st.integers(0, 10**6)),
        connected_seeds=draw(st.integers(0, 5)),
        swarm_seeds=draw(st.none() | st.integers(0, 5)),
        has_metadata=draw(st.booleans()),
        added_at=draw(st.none() | moments),
        completed_at=draw(st.none() | moments),
        last_activity_at=draw(st.none() | moments),
    )


@st.composite
def file_lists(draw: st.DrawFn) -> tuple[TorrentFile, ...]:
    count = draw(st.integers(0, 6))
    return tuple(
        TorrentFile(
            index=i,
            path=f"pack/{i}.mkv",
            size_bytes=draw(st.integers(0, 10**10)),
            progress_ratio=draw(ratios),
            is_wanted=draw(st.booleans()),
        )
        for i in range(count)
    )


@st.composite
def downloads(draw: st.DrawFn, of: tuple[Episode, ...], download_id: str = "a" * 40) -> Download:
    """A download with rows for some of the given episodes."""
    carried = draw(
        st.lists(st.sampled_from(of), min_size=1, max_size=6, unique_by=lambda e: e.sonarr_id)
    )
    is_pending = draw(st.integers(0, 5)) == 0
    row_id = None if is_pending else download_id
    files = draw(st.none() | file_lists())
    by_episode = None
    if files is not None and draw(st.booleans()):
        by_episode = {
            (e.season, e.episode): (f.index,) for e, f in zip(carried, files, strict=False)
        }
    return Download(
        download_id=DownloadId(row_id) if row_id is not None else None,
        rows=tuple(draw(queue_rows(e.sonarr_id, row_id)) for e in carried),
        torrent=draw(st.none() | torrents(download_id)),
        files=files,
        files_by_episode=by_episode,
        last_progress_at=draw(st.none() | moments),
        is_client_unavailable=draw(st.booleans()),
    )


@st.composite
def history_records(draw: st.DrawFn, episode_id: SonarrEpisodeId) -> HistoryRecord:
    return HistoryRecord(
        record_id=draw(st.integers(1, 10**6)),
        series_id=SERIES_ID,
        episode_id=episode_id,
        event=draw(st.sampled_from(HistoryEvent)),
        at=draw(moments),
        source_title=draw(availabilities),
        download_id=draw(st.none() | st.just(DownloadId("a" * 40))),
        message=draw(availabilities),
    )


@st.composite
def episode_histories(draw: st.DrawFn, episode_id: SonarrEpisodeId) -> EpisodeHistory:
    return EpisodeHistory(
        last=draw(history_records(episode_id)),
        last_grab=draw(st.none() | history_records(episode_id)),
        last_import_at=draw(st.none() | moments),
    )


def search_commands() -> st.SearchStrategy[SearchCommand]:
    return st.builds(
        SearchCommand,
        command_id=st.integers(1, 99),
        episode_ids=st.frozensets(st.integers(1, 320).map(SonarrEpisodeId), max_size=3),
        series_id=st.none() | st.just(SERIES_ID) | st.just(SonarrSeriesId(8)),
        season=st.none() | st.integers(0, 3),
        covers_library=st.booleans(),
        queued_at=st.none() | moments,
    )


def a_series(*, is_monitored: bool = True) -> Series:
    return Series(
        key=KEY,
        sonarr_id=SERIES_ID,
        title="SPY x FAMILY",
        title_slug="spy-x-family",
        series_type="anime",
        year=2022,
        is_monitored=is_monitored,
        path="/tv/SPY x FAMILY",
    )


sonarr_words = st.sampled_from(Availability)


@st.composite
def facts(draw: st.DrawFn) -> EpisodeFacts:
    """Anything that may be known of one episode."""
    episode = draw(episodes())
    episode_downloads = []
    for i in range(draw(st.integers(0, 3))):
        download = draw(downloads((episode,), download_id=f"{i}" * 40))
        outcome = download_for_episode(
            download, download.rows[0], (episode.season, episode.episode), NOW
        )
        if outcome is not None:
            episode_downloads.append(outcome)
    return EpisodeFacts(
        episode=episode,
        is_series_monitored=draw(st.booleans()),
        episode_downloads=tuple(episode_downloads),
        episode_history=draw(st.none() | episode_histories(episode.sonarr_id)),
        grab_counts_until=draw(st.none() | moments),
        is_import_unread=draw(st.booleans()),
        searched_since=draw(st.none() | moments),
        jellyfin=draw(sonarr_words),
        shoko=draw(sonarr_words),
        was_available=draw(st.booleans()),
        is_requested=draw(st.booleans()),
        file_added_at=draw(st.none() | moments),
    )
