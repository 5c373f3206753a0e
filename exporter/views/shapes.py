"""The fields of the API's JSON: stable, snake_case, built by `exporter.views.documents`.

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
download    release, download_id, client, state, hold, size_bytes, remaining_bytes,
            connected_seeds, eta_seconds, added_at, last_progress_at, episode_codes, messages
deletion    see `exporter.views.deletion_documents`
upstream    name, system, is_up, last_success_at, version, failing_endpoint, reason, message, remedy

Every answer has `at`, the moment of the snapshot, and `is_complete`, false before the first good
look at everything. Lists of series also have series_count (of the whole library), upstreams,
inventory_pending_by_sonarr, held_disappearances_by_sonarr, unmatched_series and stuck_downloads:
those that want a look and that no episode waits for, each with sonarr, series_id (null: of no known
series) and series; and left_out_series, a sentence for each series that has the TVDB number of
another one of its Sonarr.
"""

from typing import TypedDict

from exporter.model.ids import SonarrName


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
    hold: str | None
    size_bytes: int | None
    remaining_bytes: int | None
    connected_seeds: int | None
    eta_seconds: int | None
    added_at: str | None
    last_progress_at: str | None
    episode_codes: list[str]
    messages: list[str]


class StuckDownloadDocument(DownloadDocument):
    """One that wants a look and that no episode waits for."""

    sonarr: str
    series_id: str | None
    """None: Sonarr does not know which series it is for."""
    series: str


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
    is_up: bool | None
    """Null before the first answer or failure."""
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
    stuck_downloads: list[StuckDownloadDocument]
    left_out_series: list[str]
    """A sentence for each series that another one of its Sonarr stands for."""


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
