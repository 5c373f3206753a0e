"""The JSON of the API: plain dictionaries built from a snapshot, with stable snake_case fields.

Times are RFC 3339 in UTC ("2026-01-31T18:00:00Z"), ratios 0 to 1, sizes bytes, durations seconds.
`null` means unknown or not applicable, never zero. Titles and messages are as the upstreams wrote
them: whoever draws them has to make them safe first.

counts      episodes_by_stage (every stage, adds up), tracked, available, available_ratio,
            progress_ratio; all but `available` are null until the episodes were read once
series      id ("tv:267440"), sonarr, tvdb_id, title, title_slug, series_type, year, stage,
            is_under_way, links, the counts (without specials unless configured), seasons
season      season, is_active, stage, the counts; in /api/v1/series/{id} and
            /api/v1/series?under_way=1 also episodes (null until they were read once)
episode     season, episode, code, title, stage, stage_code, hold, progress_ratio, eta_seconds,
            release, air_at, last_search_at, stage_entered_at, messages
request     request_id, status, series_id (null: in no Sonarr), sonarr, tvdb_id, series, is_4k,
            seasons, created_at, requested_by, is_finished, the counts over the requested seasons
download    release, download_id, client, state, size_bytes, remaining_bytes, connected_seeds,
            eta_seconds, added_at, last_progress_at, episode_codes, messages
deletion    see `exporter.views.deletion_documents`
upstream    name, system, is_up, last_success_at, version, failing_endpoint, reason, message, remedy

Every answer has `at`, the moment of the snapshot, and `is_complete`, false before the first good
look at everything.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypedDict

from exporter.model.health import UpstreamHealth
from exporter.model.ids import SeriesKey, SonarrName, TvdbId
from exporter.model.stage import UNDER_WAY_STAGES, Stage
from exporter.model.view import (
    DownloadView,
    EpisodeView,
    ReleaseView,
    RequestView,
    SeasonView,
    SeriesView,
    Snapshot,
    Tally,
)
from exporter.views.words import remedy, upstream_name


class Counts(TypedDict):
    """Episodes by stage and what follows from it."""

    episodes_by_stage: dict[str, int] | None
    tracked: int | None
    available: int | None
    available_ratio: float | None
    progress_ratio: float | None


class ReleaseDocument(TypedDict):
    """The one release that decides an episode's stage."""

    title: str
    quality: str
    release_group: str
    indexer: str
    protocol: str
    client: str
    download_id: str


class EpisodeDocument(TypedDict):
    """One episode."""

    season: int
    episode: int
    code: str
    title: str
    stage: str
    stage_code: int
    hold: str | None
    progress_ratio: float
    eta_seconds: int | None
    release: ReleaseDocument | None
    air_at: str | None
    last_search_at: str | None
    stage_entered_at: str | None
    messages: list[str]


class SeasonSummary(Counts):
    """One season in a list."""

    season: int
    is_active: bool
    stage: str | None


class SeasonDocument(SeasonSummary):
    """One season with its episodes."""

    episodes: list[EpisodeDocument] | None


class RequestDocument(Counts):
    """One request."""

    request_id: int
    status: str
    series_id: str | None
    sonarr: str | None
    tvdb_id: int | None
    series: str
    is_4k: bool
    seasons: list[int]
    created_at: str
    requested_by: str | None
    is_finished: bool


class DownloadDocument(TypedDict):
    """One download that Sonarr knows."""

    release: str
    download_id: str
    client: str
    state: str
    size_bytes: int | None
    remaining_bytes: int | None
    connected_seeds: int | None
    eta_seconds: int | None
    added_at: str | None
    last_progress_at: str | None
    episode_codes: list[str]
    messages: list[str]


class SeriesFields(Counts):
    """What a series has in every answer."""

    id: str
    sonarr: str
    tvdb_id: int
    title: str
    title_slug: str
    series_type: str
    year: int
    stage: str | None
    is_under_way: bool
    links: dict[str, str]


class SeriesSummary(SeriesFields):
    """One series in a list."""

    seasons: list[SeasonSummary]


class SeriesDocument(SeriesFields):
    """One series whole."""

    seasons: list[SeasonDocument]
    requests: list[RequestDocument]
    downloads: list[DownloadDocument]


class UpstreamDocument(TypedDict):
    """One upstream as of the last look."""

    name: str
    system: str
    is_up: bool
    last_success_at: str | None
    version: str | None
    failing_endpoint: str | None
    reason: str | None
    message: str | None
    remedy: str | None


class UnmatchedDocument(TypedDict):
    """How many series an upstream should have and cannot be matched to."""

    upstream: str
    system: str
    series_count: int


class SnapshotHead(TypedDict):
    """What every answer begins with."""

    at: str
    is_complete: bool


class SeriesListHead(SnapshotHead):
    """What is said of the whole library."""

    series_count: int
    upstreams: list[UpstreamDocument]
    inventory_pending_by_sonarr: dict[SonarrName, int]
    held_disappearances_by_sonarr: dict[SonarrName, int]
    unmatched_series: list[UnmatchedDocument]


class SeriesListDocument(SeriesListHead):
    """/api/v1/series."""

    series: list[SeriesSummary]


class UnderWayDocument(SeriesListHead):
    """/api/v1/series?under_way=1."""

    series: list[SeriesDocument]


class OneSeriesDocument(SnapshotHead):
    """/api/v1/series/{id}."""

    series: SeriesDocument


class RequestListDocument(SnapshotHead):
    """/api/v1/requests."""

    requests: list[RequestDocument]


def series_id(key: SeriesKey) -> str:
    """The id of a series in addresses: "tv:267440"."""
    return f"{key.sonarr}:{key.tvdb_id}"


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
    return {"at": rfc3339(snapshot.at), "is_complete": snapshot.is_complete}


def series_list_head(snapshot: Snapshot) -> SeriesListHead:
    """What a list of series says before the series."""
    return {
        **snapshot_head(snapshot),
        "series_count": len(snapshot.series_by_key),
        "upstreams": [upstream_document(health) for health in snapshot.upstreams],
        "inventory_pending_by_sonarr": dict(snapshot.inventory_pending_by_sonarr),
        "held_disappearances_by_sonarr": dict(snapshot.held_disappearances_by_sonarr),
        "unmatched_series": [
            {"upstream": upstream, "system": system, "series_count": count}
            for (upstream, system), count in snapshot.unmatched_series_by_upstream.items()
        ],
    }


def requests_by_series(requests: Iterable[RequestView]) -> Mapping[SeriesKey, list[RequestView]]:
    """Requests of series that are in a Sonarr, oldest first."""
    found: dict[SeriesKey, list[RequestView]] = {}
    for request in sorted(requests, key=lambda request: (request.created_at, request.request_id)):
        if request.sonarr is not None and request.tvdb_id is not None:
            found.setdefault(SeriesKey(request.sonarr, request.tvdb_id), []).append(request)
    return found


def is_under_way(view: SeriesView, requests: Iterable[RequestView]) -> bool:
    """Whether anything happens to the series, or somebody waits for it."""
    if any(not request.is_finished for request in requests):
        return True
    tallies = (season.tally for season in view.seasons)
    return any(
        tally is not None and any(tally.by_stage.get(stage) for stage in UNDER_WAY_STAGES)
        for tally in tallies
    )


def series_summary(view: SeriesView, requests: Iterable[RequestView]) -> SeriesSummary:
    """The series without its episodes."""
    return {
        **_series_fields(view, requests),
        "seasons": [_season_summary(season) for season in view.seasons],
    }


def series_document(
    view: SeriesView,
    requests: Iterable[RequestView],
    downloads: Iterable[DownloadView],
) -> SeriesDocument:
    """The series with its episodes, requests and downloads; the latter two are its own only."""
    own_requests = tuple(requests)
    return {
        **_series_fields(view, own_requests),
        "seasons": [_season_document(season) for season in view.seasons],
        "requests": [request_document(request) for request in own_requests],
        "downloads": [_download_document(download) for download in downloads],
    }


def request_document(view: RequestView) -> RequestDocument:
    """One request, joined to its series where that is known."""
    is_joined = view.sonarr is not None and view.tvdb_id is not None
    return {
        "request_id": view.request_id,
        "status": view.status.value,
        "series_id": f"{view.sonarr}:{view.tvdb_id}" if is_joined else None,
        "sonarr": view.sonarr,
        "tvdb_id": view.tvdb_id,
        "series": view.series,
        "is_4k": view.is_4k,
        "seasons": list(view.seasons),
        "created_at": rfc3339(view.created_at),
        "requested_by": view.requested_by,
        "is_finished": view.is_finished,
        **counts(view.tally),
    }


def request_list_document(snapshot: Snapshot) -> RequestListDocument:
    """All requests, unfinished first, then the newest first."""
    ordered = sorted(
        snapshot.requests,
        key=lambda request: (request.is_finished, -request.created_at.timestamp()),
    )
    return {
        **snapshot_head(snapshot),
        "requests": [request_document(request) for request in ordered],
    }


def upstream_document(health: UpstreamHealth) -> UpstreamDocument:
    """One upstream, with what to do where it fails."""
    shown = upstream_name(health.system, health.name)
    return {
        "name": health.name,
        "system": health.system.value,
        "is_up": health.is_up,
        "last_success_at": rfc3339_or_none(health.last_success_at),
        "version": health.version,
        "failing_endpoint": health.failing_endpoint,
        "reason": None if health.reason is None else health.reason.value,
        "message": health.message,
        "remedy": None if health.reason is None else remedy(health.reason, shown),
    }


def _series_fields(view: SeriesView, requests: Iterable[RequestView]) -> SeriesFields:
    return {
        "id": series_id(view.key),
        "sonarr": view.key.sonarr,
        "tvdb_id": view.key.tvdb_id,
        "title": view.title,
        "title_slug": view.title_slug,
        "series_type": view.series_type,
        "year": view.year,
        "stage": None if view.stage is None else view.stage.label,
        "is_under_way": is_under_way(view, requests),
        "links": dict(view.links),
        **counts(view.tally),
    }


def _season_summary(view: SeasonView) -> SeasonSummary:
    summary: SeasonSummary = {
        "season": view.season,
        "is_active": view.is_active,
        "stage": None if view.stage is None else view.stage.label,
        **counts(view.tally),
    }
    if view.tally is None:
        summary["available"] = view.available_from_statistics
    return summary


def _season_document(view: SeasonView) -> SeasonDocument:
    episodes = view.episodes
    return {
        **_season_summary(view),
        "episodes": None if episodes is None else [_episode_document(e) for e in episodes],
    }


def counts(tally: Tally | None) -> Counts:
    """The numbers of a tally; null where there is none."""
    if tally is None:
        return {
            "episodes_by_stage": None,
            "tracked": None,
            "available": None,
            "available_ratio": None,
            "progress_ratio": None,
        }
    return {
        "episodes_by_stage": {stage.label: tally.by_stage.get(stage, 0) for stage in Stage},
        "tracked": tally.tracked,
        "available": tally.available,
        "available_ratio": tally.available_ratio,
        "progress_ratio": tally.progress_ratio,
    }


def _episode_document(view: EpisodeView) -> EpisodeDocument:
    return {
        "season": view.key.season,
        "episode": view.key.episode,
        "code": view.code,
        "title": view.title,
        "stage": view.stage.label,
        "stage_code": view.stage.value,
        "hold": None if view.hold is None else view.hold.value,
        "progress_ratio": view.progress_ratio,
        "eta_seconds": view.eta_seconds,
        "release": None if view.release is None else _release_document(view.release),
        "air_at": rfc3339_or_none(view.air_at),
        "last_search_at": rfc3339_or_none(view.last_search_at),
        "stage_entered_at": rfc3339_or_none(view.stage_entered_at),
        "messages": list(view.messages),
    }


def _release_document(view: ReleaseView) -> ReleaseDocument:
    return {
        "title": view.title,
        "quality": view.quality,
        "release_group": view.release_group,
        "indexer": view.indexer,
        "protocol": view.protocol,
        "client": view.client,
        "download_id": view.download_id,
    }


def _download_document(view: DownloadView) -> DownloadDocument:
    return {
        "release": view.release,
        "download_id": view.download_id,
        "client": view.client,
        "state": view.state,
        "size_bytes": view.size_bytes,
        "remaining_bytes": view.remaining_bytes,
        "connected_seeds": view.connected_seeds,
        "eta_seconds": view.eta_seconds,
        "added_at": rfc3339_or_none(view.added_at),
        "last_progress_at": rfc3339_or_none(view.last_progress_at),
        "episode_codes": list(view.episode_codes),
        "messages": list(view.messages),
    }
