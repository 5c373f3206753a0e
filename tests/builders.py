"""Valid views with sensible values: a test names only what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from episodarr.model.deletion import (
    Answer,
    DeletedEpisodeView,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    DeletionView,
    EvidenceView,
    NoticedBy,
    Verdict,
)
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import DownloadId, EpisodeKey, SeriesKey, SonarrName, TvdbId
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestId, RequestStatus
from episodarr.model.stage import TELLING_ORDER, UNDER_WAY_STAGES, Hold, Stage
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

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
SPY_TVDB_ID = 405920
CHARLOTTE_TVDB_ID = 299963


def a_series_key(tvdb_id: int = SPY_TVDB_ID, sonarr: str = "tv") -> SeriesKey:
    return SeriesKey(SonarrName(sonarr), TvdbId(tvdb_id))


def a_release_view(title: str = "[Group] SPY x FAMILY S02E01 1080p") -> ReleaseView:
    return ReleaseView(
        title=title,
        quality="WEBDL-1080p",
        release_group="Group",
        indexer="Nyaa",
        protocol="torrent",
        client="main",
        download_id="a" * 40,
    )


def an_episode_view(
    season: int = 1,
    episode: int = 1,
    stage: Stage = Stage.AVAILABLE,
    *,
    series: SeriesKey | None = None,
    title: str | None = None,
    progress_ratio: float | None = None,
    hold: Hold | None = None,
    release: ReleaseView | None = None,
    eta_seconds: int | None = None,
    air_at: datetime | None = None,
    messages: Sequence[str] = (),
) -> EpisodeView:
    key = series or a_series_key()
    is_here = stage in {Stage.IMPORTING, Stage.AVAILABLE}
    return EpisodeView(
        key=EpisodeKey(key.sonarr, key.tvdb_id, season, episode),
        title=f"Part {episode}" if title is None else title,
        stage=stage,
        progress_ratio=float(is_here) if progress_ratio is None else progress_ratio,
        hold=hold,
        release=release,
        eta_seconds=eta_seconds,
        air_at=air_at or NOW - timedelta(days=30),
        stage_entered_at=NOW - timedelta(hours=2),
        messages=tuple(messages),
    )


def a_tally(episodes: Iterable[EpisodeView]) -> Tally:
    listed = tuple(episodes)
    by_stage: dict[Stage, int] = {}
    for episode in listed:
        by_stage[episode.stage] = by_stage.get(episode.stage, 0) + 1
    tracked = (e for e in listed if e.stage is not Stage.UNMONITORED)
    return Tally.of(by_stage, progress_sum=sum(e.progress_ratio for e in tracked))


def a_season_view(season: int, episodes: Sequence[EpisodeView] | None) -> SeasonView:
    """With `None`, a season whose episodes were not read yet."""
    if episodes is None:
        return SeasonView(
            season=season,
            is_active=False,
            stage=None,
            tally=None,
            available_from_statistics=7,
            episodes=None,
        )
    return SeasonView(
        season=season,
        is_active=any(episode.stage in UNDER_WAY_STAGES for episode in episodes),
        stage=_telling(episodes),
        tally=a_tally(episodes),
        available_from_statistics=sum(1 for e in episodes if e.stage is Stage.AVAILABLE),
        episodes=tuple(episodes),
    )


def a_series_view(
    title: str = "SPY x FAMILY",
    episodes: Sequence[EpisodeView] | None = None,
    *,
    key: SeriesKey | None = None,
    year: int = 2022,
    title_slug: str | None = None,
    links: Mapping[str, str] | None = None,
    unread_seasons: Sequence[int] = (),
) -> SeriesView:
    """Seasons follow from the episodes; without any, one season of three available ones."""
    own_key = key or a_series_key()
    if episodes is None:
        episodes = [an_episode_view(1, number, series=own_key) for number in (1, 2, 3)]
    numbers = sorted({episode.key.season for episode in episodes} | set(unread_seasons))
    counted = [episode for episode in episodes if episode.key.season > 0]
    return SeriesView(
        key=own_key,
        title=title,
        title_slug=title.lower().replace(" ", "-") if title_slug is None else title_slug,
        series_type="anime",
        year=year,
        stage=None if unread_seasons else _telling(counted),
        tally=None if unread_seasons else a_tally(counted),
        seasons=tuple(
            a_season_view(
                number,
                None
                if number in unread_seasons
                else [episode for episode in episodes if episode.key.season == number],
            )
            for number in numbers
        ),
        links=links or {},
    )


def spy_x_family(key: SeriesKey | None = None) -> SeriesView:
    """The first picture of the design."""
    own = key or a_series_key()
    second = "[Group] SPY x FAMILY S02E02 1080p"
    episodes = [an_episode_view(1, number, series=own) for number in range(1, 13)]
    episodes += [
        an_episode_view(
            2,
            1,
            Stage.DOWNLOADING,
            series=own,
            progress_ratio=0.45,
            release=a_release_view(),
            eta_seconds=725,
        ),
        an_episode_view(
            2,
            2,
            Stage.DOWNLOADING,
            series=own,
            progress_ratio=0.12,
            hold=Hold.NO_SEEDS,
            release=a_release_view(second),
        ),
        an_episode_view(2, 3, Stage.SEARCHING, series=own),
    ]
    episodes += [an_episode_view(2, number, Stage.QUEUED, series=own) for number in range(4, 13)]
    return a_series_view(episodes=episodes, key=own)


def a_request_view(
    request_id: int = 12,
    series: SeriesView | None = None,
    *,
    title: str = "SPY x FAMILY",
    seasons: Sequence[int] = (1, 2),
    status: RequestStatus = RequestStatus.APPROVED,
    created_at: datetime = NOW - timedelta(days=3, hours=1),
    requested_by: str | None = None,
    is_finished: bool = False,
    is_4k: bool = False,
) -> RequestView:
    """A request for seasons of `series`, or, without one, of a series in no Sonarr yet."""
    episodes: list[EpisodeView] = []
    if series is not None:
        asked = (season for season in series.seasons if season.season in seasons)
        episodes = [episode for season in asked for episode in season.episodes or ()]
    return RequestView(
        request_id=RequestId(request_id),
        status=status,
        sonarr=None if series is None else series.key.sonarr,
        tvdb_id=None if series is None else series.key.tvdb_id,
        series=title if series is None else series.title,
        is_4k=is_4k,
        seasons=tuple(seasons),
        created_at=created_at,
        tally=None if series is None else a_tally(episodes),
        requested_by=requested_by,
        is_finished=is_finished,
    )


def a_download_view(series: SeriesView | None = None, **changes: object) -> DownloadView:
    values: dict[str, object] = {
        "sonarr": SonarrName("tv"),
        "download_id": DownloadId("a" * 40),
        "tvdb_id": None if series is None else series.key.tvdb_id,
        "series": "" if series is None else series.title,
        "seasons": (2,),
        "release": "[Group] SPY x FAMILY S02E01 1080p",
        "client": "main",
        "state": "downloading",
        "size_bytes": 1_400_000_000,
        "remaining_bytes": 770_000_000,
        "connected_seeds": 4,
        "eta_seconds": 725,
        "received_bytes": 631_000_000,
        "added_at": NOW - timedelta(hours=2),
        "last_progress_at": NOW - timedelta(seconds=4),
        "episode_codes": ("S02E01",),
    }
    return DownloadView(**(values | changes))  # type: ignore[arg-type]  # a test names any field


def a_deleted_episode_view(
    season: int = 1,
    episode: int = 1,
    verdict: Verdict = Verdict.DELETED,
    answers: Mapping[System, Answer] | None = None,
    *,
    has_evidence: bool = True,
) -> DeletedEpisodeView:
    """Removed everywhere, unless other answers are given; Jellyseerr answers on no episode."""
    answer_by_system = dict.fromkeys(
        (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN), Answer.REMOVED
    ) | dict(answers or {})
    path = (
        f"/media/anime/Charlotte (2015)/Season {season}/Charlotte S{season:02d}E{episode:02d}.mkv"
    )
    evidence = tuple(
        EvidenceView(
            system=system,
            answer=answer,
            checked_at=NOW - timedelta(minutes=5),
            method=path if system is System.DISK else f"GET {system} episode {episode}",
            detail="not there; control seen",
        )
        for system, answer in answer_by_system.items()
    )
    return DeletedEpisodeView(
        season=season,
        episode=episode,
        verdict=verdict,
        answer_by_system=answer_by_system,
        disk_path=path if has_evidence else None,
        evidence=evidence if has_evidence else (),
    )


def a_deletion_view(
    deletion_id: str = "d1",
    episodes: Sequence[DeletedEpisodeView] | None = None,
    *,
    title: str = "Charlotte",
    year: int = 2015,
    status: DeletionStatus = DeletionStatus.COMPLETE,
    scope: DeletionScope = DeletionScope.SERIES,
    noticed_by: NoticedBy = NoticedBy.WEBHOOK,
    records: Mapping[System, Answer] | None = None,
    is_acknowledged: bool = False,
    started_at: datetime = NOW - timedelta(minutes=40),
    finished_at: datetime | None = NOW - timedelta(minutes=5),
    advice: Sequence[str] = (),
    notes: Sequence[str] = (),
    leftover_bytes: int = 0,
    lingering_bytes: int = 0,
    key: SeriesKey | None = None,
) -> DeletionView:
    """The second picture of the design, unless something else is asked for."""
    own = key or a_series_key(CHARLOTTE_TVDB_ID)
    if episodes is None:
        episodes = [a_deleted_episode_view(1, number) for number in range(1, 14)]
    systems = (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN, System.JELLYSEERR)
    return DeletionView(
        deletion_id=DeletionId(deletion_id),
        sonarr=own.sonarr,
        tvdb_id=own.tvdb_id,
        series=title,
        year=year,
        scope=scope,
        noticed_by=noticed_by,
        status=status,
        is_acknowledged=is_acknowledged,
        started_at=started_at,
        finished_at=finished_at,
        episodes=tuple(episodes),
        record_by_system=dict.fromkeys(systems, Answer.REMOVED) | dict(records or {}),
        advice=tuple(advice),
        leftover_bytes=leftover_bytes,
        lingering_bytes=lingering_bytes,
        notes=tuple(notes),
    )


def a_partial_deletion_view(deletion_id: str = "d2") -> DeletionView:
    """The bad one of the design: two of 25 could not be deleted."""
    episodes = [
        a_deleted_episode_view(season, number)
        for season, count in ((1, 13), (2, 10))
        for number in range(1, count + 1)
    ]
    episodes += [
        a_deleted_episode_view(2, 11, Verdict.FAILED, {System.DISK: Answer.REMAINING}),
        a_deleted_episode_view(
            2,
            12,
            Verdict.FAILED,
            {System.DISK: Answer.REMAINING, System.JELLYFIN: Answer.REMAINING},
        ),
    ]
    return a_deletion_view(
        deletion_id,
        episodes,
        title="Mushishi",
        year=2005,
        status=DeletionStatus.PARTIAL,
        records={System.DISK: Answer.REMAINING},
        key=a_series_key(79093),
        leftover_bytes=3_200_000_000,
        advice=("Delete the 2 files by hand: the disk refused because they are read-only.",),
    )


def an_upstream_health(
    name: str = "tv",
    system: System = System.SONARR,
    *,
    reason: FailureReason | None = None,
    message: str | None = None,
) -> UpstreamHealth:
    """Up, unless a reason is given."""
    return UpstreamHealth(
        name=name,
        system=system,
        is_up=reason is None,
        last_success_at=NOW - timedelta(seconds=9 if reason is None else 500),
        version="4.0.19.2979",
        failing_endpoint=None if reason is None else "/api/v3/queue/details",
        reason=reason,
        message=message,
    )


def a_snapshot(
    *series: SeriesView,
    downloads: Sequence[DownloadView] = (),
    requests: Sequence[RequestView] = (),
    deletions: Sequence[DeletionView] = (),
    upstreams: Sequence[UpstreamHealth] | None = None,
    at: datetime = NOW,
    is_complete: bool = True,
    inventory_pending: Mapping[SonarrName, int] | None = None,
    held_disappearances: Mapping[SonarrName, int] | None = None,
    unmatched_series: Mapping[tuple[str, str], int] | None = None,
) -> Snapshot:
    return Snapshot(
        at=at,
        is_complete=is_complete,
        series_by_key={view.key: view for view in series},
        downloads=tuple(downloads),
        requests=tuple(requests),
        deletions=tuple(deletions),
        upstreams=(an_upstream_health(),) if upstreams is None else tuple(upstreams),
        inventory_pending_by_sonarr=inventory_pending or {},
        held_disappearances_by_sonarr=held_disappearances or {},
        unmatched_series_by_upstream=unmatched_series or {},
    )


def _telling(episodes: Sequence[EpisodeView]) -> Stage:
    found = {episode.stage for episode in episodes}
    return next((stage for stage in TELLING_ORDER if stage in found), Stage.UNMONITORED)
