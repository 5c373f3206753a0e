"""Whole snapshots of hostile content, over few keys, so that things collide and come back."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from episodarr.metrics.labels import DOWNLOAD_STATES
from episodarr.model.deletion import (
    Answer,
    DeletedEpisodeView,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    DeletionView,
    NoticedBy,
    Verdict,
)
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import DownloadId, EpisodeKey, SeriesKey, SonarrName, TvdbId
from episodarr.model.packed import Packed, Packing
from episodarr.model.request import RequestId, RequestStatus
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import (
    DownloadView,
    EpisodeView,
    ReleaseView,
    RequestView,
    SeasonView,
    SeriesView,
    Snapshot,
    Tally,
)
from tests.replacing import replace

NOW = datetime(2026, 5, 4, 20, 15, tzinfo=UTC)

words = st.text(st.characters(), max_size=6)
"""Every code point: quotes, newlines, controls, lone surrogates."""
sonarrs = st.sampled_from(["tv", "anime", "t\x01", "t\x02"]).map(SonarrName)
"""The last two are written alike."""
tvdb_ids = st.integers(1, 4).map(TvdbId)
moments = st.timedeltas(timedelta(days=-30_000), timedelta(days=400)).map(lambda d: NOW + d)
numbers = st.floats(0, 1) | st.just(float("nan"))
counts = st.integers(0, 2**70)
maybe = st.none() | moments
download_ids = st.sampled_from(["aa", "bb", "c\x00", "c\x01"]).map(DownloadId)

releases = st.builds(
    ReleaseView,
    title=words,
    quality=words,
    release_group=words,
    indexer=words,
    protocol=words,
    client=words,
    download_id=words,
)
tallies = st.builds(
    Tally.of,
    by_stage=st.dictionaries(st.sampled_from(Stage), st.integers(0, 30), max_size=4),
    progress_sum=st.floats(0, 30),
)
episodes = st.builds(
    EpisodeView,
    key=st.builds(
        EpisodeKey, st.just(SonarrName("tv")), st.just(TvdbId(1)), st.just(1), st.integers(1, 5)
    ),
    title=words,
    stage=st.sampled_from(Stage),
    progress_ratio=numbers,
    hold=st.none() | st.sampled_from(Hold),
    release=st.none() | releases,
    air_at=maybe,
    last_search_at=maybe,
    stage_entered_at=maybe,
)


def _counted(season: SeasonView) -> SeasonView:
    """With a tally that counts its episodes, as every season has that was joined."""
    if season.episodes is None:
        return season
    by_stage = Counter(episode.stage for episode in season.episodes)
    progress_sum = 0.0 if season.tally is None else season.tally.progress_sum
    return replace(season, tally=Tally.of(by_stage, progress_sum=progress_sum))


_AT_REST = Packing(EpisodeView, kept=1)


def _packed(season: SeasonView) -> SeasonView:
    """At rest, as most are; what no system can have sent in JSON cannot be packed either."""
    try:
        episodes = None if season.episodes is None else Packed(season.episodes, _AT_REST)
    except UnicodeEncodeError:
        return season
    return replace(season, episodes=episodes)


unpacked_seasons = st.builds(
    SeasonView,
    season=st.integers(0, 2),
    is_active=st.booleans(),
    stage=st.none() | st.sampled_from(Stage),
    tally=st.none() | tallies,
    available_from_statistics=st.integers(0, 50),
    episodes=st.none() | st.lists(episodes, max_size=5).map(tuple),
).map(_counted)
seasons = unpacked_seasons | unpacked_seasons.map(_packed)
series = st.builds(
    SeriesView,
    key=st.builds(SeriesKey, sonarrs, tvdb_ids),
    title=words,
    title_slug=words,
    series_type=words,
    year=st.integers(0, 2100),
    stage=st.none() | st.sampled_from(Stage),
    tally=st.none() | tallies,
    seasons=st.lists(seasons, max_size=3).map(tuple),
)
downloads = st.builds(
    DownloadView,
    sonarr=sonarrs,
    download_id=download_ids,
    tvdb_id=st.none() | tvdb_ids,
    series=words,
    seasons=st.lists(st.integers(0, 9), max_size=4).map(tuple),
    release=words,
    client=words,
    state=st.sampled_from(DOWNLOAD_STATES) | words,
    hold=st.none() | st.sampled_from(Hold),
    size_bytes=st.none() | counts,
    remaining_bytes=st.none() | counts,
    connected_seeds=st.none() | counts,
    eta_seconds=st.none() | counts,
    received_bytes=st.none() | counts,
    added_at=maybe,
    last_progress_at=maybe,
)
requests = st.builds(
    RequestView,
    request_id=st.integers(1, 4).map(RequestId),
    status=st.sampled_from(RequestStatus),
    sonarr=st.none() | sonarrs,
    tvdb_id=st.none() | tvdb_ids,
    series=words,
    is_4k=st.booleans(),
    seasons=st.lists(st.integers(0, 3), max_size=4).map(tuple),
    created_at=moments,
    tally=st.none() | tallies,
    requested_by=st.none() | words,
    is_finished=st.booleans(),
)
answers = st.dictionaries(st.sampled_from(System), st.sampled_from(Answer), max_size=4)
deletions = st.builds(
    DeletionView,
    deletion_id=st.sampled_from(["d1", "d2", "d\x01", "d\x02"]).map(DeletionId),
    sonarr=sonarrs,
    tvdb_id=tvdb_ids,
    series=words,
    year=st.integers(0, 2100),
    scope=st.sampled_from(DeletionScope),
    noticed_by=st.sampled_from(NoticedBy),
    status=st.sampled_from(DeletionStatus),
    is_acknowledged=st.booleans(),
    started_at=moments,
    finished_at=maybe,
    episodes=st.lists(
        st.builds(
            DeletedEpisodeView,
            season=st.integers(0, 2),
            episode=st.integers(1, 3),
            verdict=st.sampled_from(Verdict),
            answer_by_system=answers,
        ),
        max_size=5,
    ).map(tuple),
    record_by_system=answers,
    leftover_bytes=counts,
    lingering_bytes=counts,
)
upstreams = st.builds(
    UpstreamHealth,
    name=sonarrs,
    system=st.sampled_from(System),
    is_up=st.booleans(),
    last_success_at=maybe,
    version=st.none() | words,
)
snapshots = st.builds(
    Snapshot,
    at=st.just(NOW),
    is_complete=st.booleans(),
    series_by_key=st.lists(series, max_size=4).map(lambda found: {s.key: s for s in found}),
    downloads=st.lists(downloads, max_size=4).map(tuple),
    requests=st.lists(requests, max_size=4).map(tuple),
    deletions=st.lists(deletions, max_size=4).map(tuple),
    upstreams=st.lists(upstreams, max_size=3).map(tuple),
    inventory_pending_by_sonarr=st.dictionaries(sonarrs, counts, max_size=2),
    held_disappearances_by_sonarr=st.dictionaries(sonarrs, counts, max_size=2),
    unmatched_series_by_upstream=st.dictionaries(st.tuples(words, words), counts, max_size=2),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Snapshot]:
    """Snapshots in a row that share most of their views, as a poller's do."""
    pools = [draw(snapshots) for _ in range(3)]
    shown = []
    for _ in range(draw(st.integers(1, 5))):
        one = draw(st.sampled_from(pools))
        known = [view for pool in pools for view in pool.series_by_key.values()]
        picked = draw(st.lists(st.sampled_from(known), unique_by=lambda v: v.key)) if known else []
        shown.append(
            Snapshot(
                at=NOW,
                is_complete=one.is_complete,
                series_by_key={view.key: view for view in picked},
                downloads=draw(st.sampled_from(pools)).downloads,
                requests=draw(st.sampled_from(pools)).requests,
                deletions=draw(st.sampled_from(pools)).deletions,
                upstreams=draw(st.sampled_from(pools)).upstreams,
                inventory_pending_by_sonarr=one.inventory_pending_by_sonarr,
                held_disappearances_by_sonarr=one.held_disappearances_by_sonarr,
                unmatched_series_by_upstream=one.unmatched_series_by_upstream,
            )
        )
    return shown
