"""What is shown: one frozen view per series, download, request and deletion.

Every surface (metrics, page, terminal, JSON) reads these and nothing else, so that they agree.
A view that did not change between two snapshots is the *same object* in both: renderers rely on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from episodarr.model.deletion import DeletionView
from episodarr.model.health import UpstreamHealth
from episodarr.model.ids import DownloadId, EpisodeKey, SeriesKey, SonarrName, TvdbId, episode_code
from episodarr.model.library import DoubleSeries
from episodarr.model.request import RequestId, RequestStatus
from episodarr.model.stage import UNDER_WAY_STAGES, Hold, Stage

NO_LINKS: Mapping[str, str] = MappingProxyType({})
_STAGES = tuple(Stage)
_PLACES = {stage: place for place, stage in enumerate(_STAGES)}


class ReleaseView(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """The one release that decides an episode's stage."""

    title: str
    quality: str
    release_group: str
    indexer: str
    protocol: str
    client: str
    download_id: str
    """Empty for a pending release."""


class EpisodeView(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One episode at one moment."""

    key: EpisodeKey
    title: str
    stage: Stage
    progress_ratio: float
    hold: Hold | None = None
    release: ReleaseView | None = None
    """From found to importing."""
    eta_seconds: int | None = None
    air_at: datetime | None = None
    last_search_at: datetime | None = None
    stage_entered_at: datetime | None = None
    messages: tuple[str, ...] = ()
    """Upstreams' own messages, for the page and the API."""

    @property
    def code(self) -> str:
        """S02E11."""
        return episode_code(self.key.season, self.key.episode)


class Tally(Struct, frozen=True, kw_only=True, gc=False):
    """Episodes by stage, and the totals that follow; the stages always add up to all."""

    counts: tuple[int, ...]
    """One for each stage, in the order of `Stage`: a mapping for each season would be what the
    garbage collector is busy with most."""
    progress_sum: float
    """Sum of progress over the tracked episodes."""

    @staticmethod
    def of(by_stage: Mapping[Stage, int], *, progress_sum: float) -> "Tally":
        """A tally of these counts; stages that are not named have none."""
        return _tally(tuple([by_stage.get(stage, 0) for stage in _STAGES]), progress_sum)

    @property
    def by_stage(self) -> Mapping[Stage, int]:
        """Only stages that occur."""
        return {stage: n for stage, n in zip(_STAGES, self.counts, strict=True) if n}

    def count(self, stage: Stage) -> int:
        """Episodes in this stage."""
        return self.counts[_PLACES[stage]]

    @property
    def tracked(self) -> int:
        """Everything but unmonitored: the 25 of 12/25."""
        return sum(self.counts) - self.count(Stage.UNMONITORED)

    @property
    def available(self) -> int:
        """The 12 of 12/25."""
        return self.count(Stage.AVAILABLE)

    @property
    def is_under_way(self) -> bool:
        """Whether an episode is in a stage under way."""
        return any(map(self.count, UNDER_WAY_STAGES))

    @property
    def available_ratio(self) -> float | None:
        """None where nothing is tracked."""
        return self.available / self.tracked if self.tracked else None

    @property
    def progress_ratio(self) -> float | None:
        """Mean progress of the tracked episodes, 0 to 1; None where nothing is tracked."""
        return min(1.0, self.progress_sum / self.tracked) if self.tracked else None


@lru_cache(maxsize=512)
def _tally(counts: tuple[int, ...], progress_sum: float) -> Tally:
    """The same object for the same counts: those of most seasons of a library are alike."""
    return Tally(counts=counts, progress_sum=progress_sum)


class SeasonView(Struct, frozen=True, kw_only=True, gc=False):
    """One season; `episodes` is None until they were read once."""

    season: int
    is_active: bool
    stage: Stage | None
    """None until its episodes were read once."""
    tally: Tally | None
    available_from_statistics: int
    """Sonarr's own count, for seasons whose episodes were not read yet."""
    episodes: Sequence[EpisodeView] | None
    """Packed where none is under way."""


class SeriesView(Struct, frozen=True, kw_only=True, gc=False):
    """One series with all its seasons, in order."""

    key: SeriesKey
    title: str
    title_slug: str
    series_type: str
    year: int
    stage: Stage | None
    tally: Tally | None
    """Without specials, unless they are configured in; None until every counted season was read."""
    seasons: tuple[SeasonView, ...]
    links: Mapping[str, str] = NO_LINKS
    """Where people may click: "sonarr", "jellyfin"; only for configured external URLs."""


class DownloadView(Struct, frozen=True, kw_only=True, gc=False):
    """One download that Sonarr knows."""

    sonarr: SonarrName
    download_id: DownloadId
    tvdb_id: TvdbId | None
    """None: Sonarr does not know which series it is for."""
    series: str
    seasons: tuple[int, ...]
    release: str
    client: str
    state: str
    """queued, metadata, checking, downloading, stalled, paused, seeding, complete, error, unknown."""
    size_bytes: int | None
    remaining_bytes: int | None
    connected_seeds: int | None
    eta_seconds: int | None
    received_bytes: int | None
    added_at: datetime | None
    last_progress_at: datetime | None
    episode_codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    hold: Hold | None = None
    is_awaited: bool = True
    """An episode without a file waits for it, as far as is known."""


class RequestView(Struct, frozen=True, kw_only=True, gc=False):
    """One request with its seasons."""

    request_id: RequestId
    status: RequestStatus
    sonarr: SonarrName | None
    """None: in no Sonarr yet."""
    tvdb_id: TvdbId | None
    series: str
    is_4k: bool
    seasons: tuple[int, ...]
    created_at: datetime
    tally: Tally | None
    """Over the requested seasons; None where they cannot be known."""
    requested_by: str | None = None
    is_finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that is shown of one moment."""

    at: datetime
    is_complete: bool
    """False until the first good cycle."""
    series_by_key: Mapping[SeriesKey, SeriesView]
    downloads: tuple[DownloadView, ...]
    requests: tuple[RequestView, ...]
    deletions: tuple[DeletionView, ...]
    upstreams: tuple[UpstreamHealth, ...]
    inventory_pending_by_sonarr: Mapping[SonarrName, int]
    """Series whose episodes were not read yet; a Sonarr whose library is unknown is left out."""
    held_disappearances_by_sonarr: Mapping[SonarrName, int]
    unmatched_series_by_upstream: Mapping[tuple[str, str], int]
    """Keyed by (upstream, system)."""
    unjoined_series: int = 0
    """Series that are left out because something went wrong with them that was not foreseen."""
    double_series: tuple[DoubleSeries, ...] = ()
    """Series that are left out, for another one of their Sonarr has the same TVDB number."""
    deletions_unknown: str | None = None
    """Why nothing is known of deletions; None where `deletions` is what there is."""
