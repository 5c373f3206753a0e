"""The JSON API's documents: built by `views.documents`, encoded and decoded by msgspec.

`/api/openapi.json` is generated from them, their docstrings included. Fields are stable and in the
order of the response; `null` means unknown or not applicable, never zero. Titles and messages are
as the systems wrote them: a caller that displays them has to escape them first.
"""

from typing import Annotated, Literal

import msgspec

from episodarr.model.ids import SonarrName

type Rfc3339 = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A moment in UTC, to the second."""
type Ratio = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 1})]


class Document(msgspec.Struct, frozen=True):
    """A JSON object; fields that this version does not know are ignored when one is read."""


class Counts(Document, frozen=True):
    """Episodes by stage (every stage, they add up) and what follows; null until they were read once.

    `available` is also known before, from the systems' own statistics.
    """

    episodes_by_stage: dict[str, int] | None
    tracked: int | None
    available: int | None
    available_ratio: Ratio | None
    progress_ratio: Ratio | None


class ReleaseDocument(Document, frozen=True):
    """The one release that decides an episode's stage."""

    title: str
    quality: str
    release_group: str
    indexer: str
    protocol: str
    client: str
    download_id: str


class EpisodeDocument(Document, frozen=True):
    """One episode."""

    season: int
    episode: int
    code: str
    title: str
    stage: str
    stage_code: int
    hold: str | None
    progress_ratio: Ratio
    eta_seconds: int | None
    release: ReleaseDocument | None
    air_at: Rfc3339 | None
    last_search_at: Rfc3339 | None
    stage_entered_at: Rfc3339 | None
    messages: list[str]


class SeasonSummary(Document, frozen=True):
    """One season in a list; its counts are null until its episodes were read once."""

    season: int
    is_active: bool
    stage: str | None
    episodes_by_stage: dict[str, int] | None
    tracked: int | None
    available: int | None
    available_ratio: Ratio | None
    progress_ratio: Ratio | None


class SeasonDocument(SeasonSummary, frozen=True):
    """One season with its episodes, which are null until they were read once."""

    episodes: list[EpisodeDocument] | None


class RequestDocument(Document, frozen=True):
    """One request with the counts over the requested seasons; `series_id` is null in no Sonarr."""

    request_id: int
    status: str
    series_id: str | None
    sonarr: str | None
    tvdb_id: int | None
    series: str
    is_4k: bool
    seasons: list[int]
    created_at: Rfc3339
    requested_by: str | None
    is_finished: bool
    episodes_by_stage: dict[str, int] | None
    tracked: int | None
    available: int | None
    available_ratio: Ratio | None
    progress_ratio: Ratio | None


class DownloadDocument(Document, frozen=True):
    """One download that Sonarr knows; sizes in bytes, times left in seconds."""

    release: str
    download_id: str
    client: str
    state: str
    hold: str | None
    size_bytes: int | None
    remaining_bytes: int | None
    connected_seeds: int | None
    eta_seconds: int | None
    added_at: Rfc3339 | None
    last_progress_at: Rfc3339 | None
    episode_codes: list[str]
    messages: list[str]


class StuckDownloadDocument(DownloadDocument, frozen=True):
    """One that needs attention and that no episode waits for."""

    sonarr: str
    series_id: str | None
    """None: Sonarr has no series for it."""
    series: str


class SeriesFields(Document, frozen=True):
    """What a series has in every answer; its counts are without specials unless configured so."""

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
    episodes_by_stage: dict[str, int] | None
    tracked: int | None
    available: int | None
    available_ratio: Ratio | None
    progress_ratio: Ratio | None


type Counted = Counts | SeasonSummary | SeriesFields | RequestDocument
"""What has the counts among its fields."""


class SeriesSummary(SeriesFields, frozen=True):
    """One series in a list."""

    seasons: list[SeasonSummary]


class SeriesDocument(SeriesFields, frozen=True):
    """One series with its episodes, requests and downloads."""

    seasons: list[SeasonDocument]
    requests: list[RequestDocument]
    downloads: list[DownloadDocument]


class UpstreamDocument(Document, frozen=True):
    """One upstream as of the last cycle."""

    name: str
    system: str
    is_up: bool | None
    """Null before the first answer or failure."""
    last_success_at: Rfc3339 | None
    version: str | None
    failing_endpoint: str | None
    reason: str | None
    message: str | None
    remedy: str | None


class UnmatchedDocument(Document, frozen=True):
    """How many series an upstream should have and cannot be matched to."""

    upstream: str
    system: str
    series_count: int


class SnapshotHead(Document, frozen=True):
    """The moment of the snapshot, and whether everything was read at least once before it."""

    at: Rfc3339
    is_complete: bool


class SeriesListHead(SnapshotHead, frozen=True):
    """The whole library: `series_count` counts all of it, whatever is listed."""

    series_count: int
    upstreams: list[UpstreamDocument]
    inventory_pending_by_sonarr: dict[SonarrName, int]
    held_disappearances_by_sonarr: dict[SonarrName, int]
    unmatched_series: list[UnmatchedDocument]
    stuck_downloads: list[StuckDownloadDocument]
    left_out_series: list[str]
    """A sentence for each series that another one of its Sonarr stands for."""


class ListedSeries[Series](SeriesListHead, frozen=True):
    """A list of series; each of them may be encoded already."""

    series: list[Series]


class SeriesListDocument(ListedSeries[SeriesSummary], frozen=True):
    """/api/v1/series."""


class UnderWayDocument(ListedSeries[SeriesDocument], frozen=True):
    """/api/v1/series?under_way=1."""


class OneSeriesDocument(SnapshotHead, frozen=True):
    """/api/v1/series/{id}."""

    series: SeriesDocument


class RequestListDocument(SnapshotHead, frozen=True):
    """/api/v1/requests."""

    requests: list[RequestDocument]


class DeletionActionDocument(Document, frozen=True):
    """The answer to /api/v1/deletions/{id}/ack and /recheck."""

    result: Literal["acknowledged", "recheck"]
    id: str


class WebhookDocument(Document, frozen=True):
    """The answer to a webhook."""

    result: Literal["accepted"]


class ErrorDocument(Document, frozen=True):
    """Why not, in a sentence for people; `suggestions` are series that could be meant."""

    error: str
    suggestions: list[str] | msgspec.UnsetType = msgspec.UNSET
