"""Snapshot → the documents of the API; their fields are in `episodarr.views.shapes`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec.structs import asdict

from episodarr.model.health import UpstreamHealth
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.stage import Stage
from episodarr.model.view import (
    DownloadView,
    EpisodeView,
    RequestView,
    SeasonView,
    SeriesView,
    Snapshot,
    Tally,
)
from episodarr.views.shapes import (
    Counts,
    DownloadDocument,
    EpisodeDocument,
    ReleaseDocument,
    RequestDocument,
    RequestListDocument,
    SeasonDocument,
    SeasonSummary,
    SeriesDocument,
    SeriesFields,
    SeriesListHead,
    SeriesSummary,
    SnapshotHead,
    StuckDownloadDocument,
    UnmatchedDocument,
    UpstreamDocument,
)
from episodarr.views.words import hold_needs_attention, remedy, upstream_name


def series_id(key: SeriesKey) -> str:
    """The id of a series in addresses: "tv:267440"."""
    return f"{key.sonarr}:{key.tvdb_id}"


def _known_series(sonarr: SonarrName | None, tvdb_id: TvdbId | None) -> str | None:
    """The id of a series where both of its parts are known."""
    return None if sonarr is None or tvdb_id is None else series_id(SeriesKey(sonarr, tvdb_id))


def rfc3339(at: datetime) -> str:
    """The moment in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def rfc3339_or_none(at: datetime | None) -> str | None:
    """The same for a time that may be unknown."""
    return None if at is None else rfc3339(at)


def series_by_id(snapshot: Snapshot, wanted: str) -> SeriesView | None:
    """The series with this id, if the snapshot has it."""
    sonarr, _, number = wanted.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return None
    return snapshot.series_by_key.get(SeriesKey(SonarrName(sonarr), TvdbId(int(number))))


def downloads_by_series(
    downloads: Iterable[DownloadView],
) -> Mapping[SeriesKey, list[DownloadView]]:
    """The downloads that carry something of a series; those of no known series are left out."""
    found: dict[SeriesKey, list[DownloadView]] = {}
    for download in downloads:
        if download.tvdb_id is not None:
            found.setdefault(SeriesKey(download.sonarr, download.tvdb_id), []).append(download)
    return found


def snapshot_head(snapshot: Snapshot) -> SnapshotHead:
    """When the snapshot was made, and whether it knows everything."""
    return SnapshotHead(at=rfc3339(snapshot.at), is_complete=snapshot.is_complete)


def series_list_head(snapshot: Snapshot) -> SeriesListHead:
    """The fields of a list of series that precede the series."""
    return SeriesListHead(
        **asdict(snapshot_head(snapshot)),
        series_count=len(snapshot.series_by_key),
        upstreams=[upstream_document(health) for health in snapshot.upstreams],
        inventory_pending_by_sonarr=dict(snapshot.inventory_pending_by_sonarr),
        held_disappearances_by_sonarr=dict(snapshot.held_disappearances_by_sonarr),
        unmatched_series=[
            UnmatchedDocument(upstream=upstream, system=system, series_count=count)
            for (upstream, system), count in snapshot.unmatched_series_by_upstream.items()
        ],
        stuck_downloads=[_stuck_document(view) for view in stuck_downloads(snapshot)],
        left_out_series=[double.sentence for double in snapshot.double_series],
    )


def stuck_downloads(snapshot: Snapshot) -> list[DownloadView]:
    """Downloads that need attention and that no episode waits for, by series and release."""
    found = (
        view
        for view in snapshot.downloads
        if view.hold is not None and not view.is_awaited and hold_needs_attention(view.hold)
    )
    return sorted(found, key=lambda v: (v.series.casefold(), v.release, v.sonarr, v.download_id))


def _stuck_document(view: DownloadView) -> StuckDownloadDocument:
    return StuckDownloadDocument(
        **asdict(_download_document(view)),
        sonarr=view.sonarr,
        series_id=_known_series(view.sonarr, view.tvdb_id),
        series=view.series,
    )


def requests_by_series(requests: Iterable[RequestView]) -> Mapping[SeriesKey, list[RequestView]]:
    """Requests of series that are in a Sonarr, oldest first."""
    found: dict[SeriesKey, list[RequestView]] = {}
    for request in sorted(requests, key=lambda request: (request.created_at, request.request_id)):
        if request.sonarr is not None and request.tvdb_id is not None:
            found.setdefault(SeriesKey(request.sonarr, request.tvdb_id), []).append(request)
    return found


def is_under_way(view: SeriesView, requests: Iterable[RequestView]) -> bool:
    """Whether the series has unfinished requests, or episodes in a stage under way."""
    if any(not request.is_finished for request in requests):
        return True
    return any(season.tally is not None and season.tally.is_under_way for season in view.seasons)


def series_summary(view: SeriesView, requests: Iterable[RequestView]) -> SeriesSummary:
    """The series without its episodes."""
    return SeriesSummary(
        **asdict(_series_fields(view, requests)),
        seasons=[_season_summary(season) for season in view.seasons],
    )


def series_document(
    view: SeriesView,
    requests: Iterable[RequestView],
    downloads: Iterable[DownloadView],
) -> SeriesDocument:
    """The series with its episodes, requests and downloads; the latter two are its own only."""
    own_requests = tuple(requests)
    return SeriesDocument(
        **asdict(_series_fields(view, own_requests)),
        seasons=[_season_document(season) for season in view.seasons],
        requests=[request_document(request) for request in own_requests],
        downloads=[_download_document(download) for download in downloads],
    )


def request_document(view: RequestView) -> RequestDocument:
    """One request, joined to its series where that is known."""
    return RequestDocument(
        request_id=view.request_id,
        status=view.status.value,
        series_id=_known_series(view.sonarr, view.tvdb_id),
        sonarr=view.sonarr,
        tvdb_id=view.tvdb_id,
        series=view.series,
        is_4k=view.is_4k,
        seasons=list(view.seasons),
        created_at=rfc3339(view.created_at),
        requested_by=view.requested_by,
        is_finished=view.is_finished,
        **asdict(counts(view.tally)),
    )


def request_list_document(snapshot: Snapshot) -> RequestListDocument:
    """All requests, unfinished first, then the newest first."""
    ordered = sorted(
        snapshot.requests,
        key=lambda request: (request.is_finished, -request.created_at.timestamp()),
    )
    return RequestListDocument(
        **asdict(snapshot_head(snapshot)),
        requests=[request_document(request) for request in ordered],
    )


def upstream_document(health: UpstreamHealth) -> UpstreamDocument:
    """One upstream, with what to do where it fails."""
    shown = upstream_name(health.system, health.name)
    return UpstreamDocument(
        name=health.name,
        system=health.system.value,
        is_up=health.is_up,
        last_success_at=rfc3339_or_none(health.last_success_at),
        version=health.version,
        failing_endpoint=health.failing_endpoint,
        reason=None if health.reason is None else health.reason.value,
        message=health.message,
        remedy=_remedy(health, shown),
    )


def _remedy(health: UpstreamHealth, shown: str) -> str | None:
    """What to do about the failure; None if the message has it already, behind a semicolon."""
    if health.reason is None or "; " in (health.message or ""):
        return None
    return remedy(health.reason, shown)


def _series_fields(view: SeriesView, requests: Iterable[RequestView]) -> SeriesFields:
    return SeriesFields(
        id=series_id(view.key),
        sonarr=view.key.sonarr,
        tvdb_id=view.key.tvdb_id,
        title=view.title,
        title_slug=view.title_slug,
        series_type=view.series_type,
        year=view.year,
        stage=None if view.stage is None else view.stage.label,
        is_under_way=is_under_way(view, requests),
        links=dict(view.links),
        **asdict(counts(view.tally)),
    )


def _season_summary(view: SeasonView) -> SeasonSummary:
    return SeasonSummary(
        season=view.season,
        is_active=view.is_active,
        stage=None if view.stage is None else view.stage.label,
        **asdict(counts(view.tally, available_unread=view.available_from_statistics)),
    )


def _season_document(view: SeasonView) -> SeasonDocument:
    episodes = view.episodes
    return SeasonDocument(
        **asdict(_season_summary(view)),
        episodes=None if episodes is None else [_episode_document(e) for e in episodes],
    )


def counts(tally: Tally | None, *, available_unread: int | None = None) -> Counts:
    """The numbers of a tally; without one all null, except `available_unread` if given."""
    if tally is None:
        return Counts(
            episodes_by_stage=None,
            tracked=None,
            available=available_unread,
            available_ratio=None,
            progress_ratio=None,
        )
    return Counts(
        episodes_by_stage={stage.label: tally.count(stage) for stage in Stage},
        tracked=tally.tracked,
        available=tally.available,
        available_ratio=tally.available_ratio,
        progress_ratio=tally.progress_ratio,
    )


def _episode_document(view: EpisodeView) -> EpisodeDocument:
    return EpisodeDocument(
        season=view.key.season,
        episode=view.key.episode,
        code=view.code,
        title=view.title,
        stage=view.stage.label,
        stage_code=view.stage.value,
        hold=None if view.hold is None else view.hold.value,
        progress_ratio=view.progress_ratio,
        eta_seconds=view.eta_seconds,
        release=None if view.release is None else ReleaseDocument(**asdict(view.release)),
        air_at=rfc3339_or_none(view.air_at),
        last_search_at=rfc3339_or_none(view.last_search_at),
        stage_entered_at=rfc3339_or_none(view.stage_entered_at),
        messages=list(view.messages),
    )


def _download_document(view: DownloadView) -> DownloadDocument:
    return DownloadDocument(
        release=view.release,
        download_id=view.download_id,
        client=view.client,
        state=view.state,
        hold=view.hold,
        size_bytes=view.size_bytes,
        remaining_bytes=view.remaining_bytes,
        connected_seeds=view.connected_seeds,
        eta_seconds=view.eta_seconds,
        added_at=rfc3339_or_none(view.added_at),
        last_progress_at=rfc3339_or_none(view.last_progress_at),
        episode_codes=list(view.episode_codes),
        messages=list(view.messages),
    )
