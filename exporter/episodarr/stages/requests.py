"""Join Seerr's requests to Sonarr's series, and count the stages of the requested episodes.

Reads: requests, Sonarr's series, and their views as they are shown elsewhere.
Gives: one RequestView per request. Law: no request is lost, whether its series is in a Sonarr or not,
and the buckets of a tally add up to the episodes of the requested seasons.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec.structs import replace

from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.library import Series
from episodarr.model.request import MediaRequest, RequestStatus
from episodarr.model.seerr_servers import NO_SERVERS, SeerrServers, SeerrSonarr, is_named_for_4k
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import EpisodeView, RequestView, SeasonView, SeriesView, Tally
from episodarr.stages.tally import sum_of, tally_of

_OVER = frozenset({RequestStatus.DECLINED, RequestStatus.COMPLETED})
_LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRequest:
    """A request, and the series of a Sonarr that it is for."""

    request: MediaRequest
    series: Series | None
    """None: in no Sonarr, as far as they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedSeasons:
    """The seasons of one series that were requested."""

    seasons: frozenset[int] = frozenset()
    """In a request that was not declined."""
    unfinished_seasons: frozenset[int] = frozenset()
    """In a request that is not over."""


def named_servers(
    servers: Iterable[SeerrSonarr],
    url_by_name: Mapping[SonarrName, str],
    requests: Iterable[MediaRequest] = (),
    library: Iterable[Series] = (),
) -> SeerrServers:
    """Seerr's Sonarr servers with our names for them; only those that are certain.

    The same address is the same server. Seerr's host name of it may differ from ours: then the
    requests decide, if their series ids and TVDB ids fit one Sonarr and no other.
    """
    name_by_place: dict[tuple[str, int, str], SonarrName] = {}
    for name, url in url_by_name.items():
        name_by_place.setdefault(_place(url), name)
    listed = tuple(servers)
    named = {s.server_id: n for s in listed if (n := name_by_place.get(_place(s.url)))}
    owners: dict[tuple[int, int], set[SonarrName]] = {}
    for series in library:
        identity = (int(series.sonarr_id), int(series.key.tvdb_id))
        owners.setdefault(identity, set()).add(series.key.sonarr)
    votes: dict[int, Counter[SonarrName]] = {}
    for request in requests:
        if request.server_id is None or request.server_id in named:
            continue
        fitting = owners.get((request.sonarr_series_id or 0, request.tvdb_id or 0), set())
        if len(fitting) == 1:
            votes.setdefault(request.server_id, Counter()).update(fitting)
    for server_id, counts in votes.items():
        if len(counts) == 1:
            named[server_id] = next(iter(counts))
    return SeerrServers(servers=listed, name_by_server=MappingProxyType(named))


def _place(url: str) -> tuple[str, int, str]:
    """Host, port and base path; of a text that is no URL the text itself, which equals no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    except ValueError:
        return (url, 0, "")
    return (_host(parts.hostname or ""), port, parts.path.strip("/"))


def _host(name: str) -> str:
    """The host in lower case; all names of this very machine are one."""
    host = name.lower().rstrip(".")
    if host == "localhost":
        return _LOOPBACK
    try:
        return _LOOPBACK if ip_address(host).is_loopback else host
    except ValueError:
        return host


def place_requests(
    requests: Iterable[MediaRequest],
    library: Iterable[Series],
    servers: SeerrServers = NO_SERVERS,
) -> tuple[PlacedRequest, ...]:
    """Each request with its series, in the order of their ids.

    By TVDB id, which is what a request means; Sonarr's own series id only decides between several
    Sonarrs, or where Seerr never learned the TVDB id, for it changes when a series is added again.
    """
    index = _SeriesIndex(library)
    return tuple(
        PlacedRequest(request=request, series=index.find(request, servers))
        for request in sorted(requests, key=lambda r: r.request_id)
    )


class _SeriesIndex:
    """Sonarr's series by each id that a request may have of them."""

    def __init__(self, library: Iterable[Series]) -> None:
        self._by_tvdb: dict[int, list[Series]] = {}
        self._by_tmdb: dict[int, list[Series]] = {}
        self._by_own_id: dict[tuple[SonarrName, int], Series] = {}
        for series in sorted(library, key=lambda s: s.key):
            self._by_tvdb.setdefault(series.key.tvdb_id, []).append(series)
            if series.tmdb_id:
                self._by_tmdb.setdefault(series.tmdb_id, []).append(series)
            self._by_own_id[series.key.sonarr, series.sonarr_id] = series

    def find(self, request: MediaRequest, servers: SeerrServers) -> Series | None:
        """The series of a request; None where no Sonarr has it that the request is for."""
        name = servers.name_of(request)
        if request.tvdb_id is not None:
            candidates = self._by_tvdb.get(request.tvdb_id, [])
        elif name is not None and request.sonarr_series_id is not None:
            own = self._by_own_id.get((name, request.sonarr_series_id))
            candidates = [own] if own is not None else []
        else:
            candidates = self._by_tmdb.get(request.tmdb_id or 0, [])
        fitting = (
            series
            for series in candidates
            if servers.may_be_for(request, series.key.sonarr, series.sonarr_id)
        )
        return min(fitting, key=lambda series: _misfit(series, request), default=None)


def _misfit(series: Series, request: MediaRequest) -> tuple[bool, bool, str]:
    """How badly a series fits: the Sonarr that knows it by this id, then one for 4K, or not."""
    return (
        series.sonarr_id != request.sonarr_series_id,
        is_named_for_4k(series.key.sonarr) != request.is_4k,
        series.key.sonarr,
    )


def requested_seasons(placed: Iterable[PlacedRequest]) -> Mapping[SeriesKey, frozenset[int]]:
    """The seasons in a request that was not declined, by series."""
    seasons: dict[SeriesKey, set[int]] = {}
    for one in placed:
        if one.series is not None and one.request.status is not RequestStatus.DECLINED:
            seasons.setdefault(one.series.key, set()).update(one.request.seasons)
    return MappingProxyType({key: frozenset(found) for key, found in seasons.items()})


def unfinished_seasons(
    placed: Iterable[PlacedRequest], view_by_key: Mapping[SeriesKey, SeriesView], now: datetime
) -> Mapping[SeriesKey, frozenset[int]]:
    """The seasons of unfinished requests, by series.

    Views of the cycle before are sufficient; a request without any is unfinished.
    """
    seasons: dict[SeriesKey, set[int]] = {}
    for one in placed:
        if one.series is None:
            continue
        tally = _tally(one, view_by_key, now)
        if not _is_finished(one, tally, view_by_key):
            seasons.setdefault(one.series.key, set()).update(one.request.seasons)
    return MappingProxyType({key: frozenset(found) for key, found in seasons.items()})


def next_airing(
    placed: Iterable[PlacedRequest], view_by_key: Mapping[SeriesKey, SeriesView], now: datetime
) -> datetime | None:
    """When a request's counts may change though no view does; None where they cannot."""
    moments = (
        episode.air_at
        for one in placed
        if one.series is not None and (view := view_by_key.get(one.series.key)) is not None
        for season in view.seasons
        if season.season in one.request.seasons
        and season.tally is not None
        and season.tally.count(Stage.UNMONITORED)
        for episode in season.episodes or ()
        if episode.stage is Stage.UNMONITORED
    )
    return min((at for at in moments if at is not None and at > now), default=None)


def view_requests(
    placed: Sequence[PlacedRequest], view_by_key: Mapping[SeriesKey, SeriesView], now: datetime
) -> tuple[RequestView, ...]:
    """The views of the requests, in their order."""
    return tuple(_view(one, view_by_key, now) for one in placed)


def _view(
    placed: PlacedRequest, view_by_key: Mapping[SeriesKey, SeriesView], now: datetime
) -> RequestView:
    request, series = placed.request, placed.series
    tally = _tally(placed, view_by_key, now)
    return RequestView(
        request_id=request.request_id,
        status=request.status,
        sonarr=series.key.sonarr if series is not None else None,
        tvdb_id=series.key.tvdb_id if series is not None else request.tvdb_id,
        series=_title(placed),
        is_4k=request.is_4k,
        seasons=request.seasons,
        created_at=request.created_at,
        tally=tally,
        requested_by=request.requested_by,
        is_finished=_is_finished(placed, tally, view_by_key),
    )


def wants_title(placed: PlacedRequest) -> bool:
    """Whether an open request is for a series whose title is not known yet."""
    is_over = placed.request.status in _OVER
    return placed.series is None and not is_over and not _words_of_slug(placed.request)


def _words_of_slug(request: MediaRequest) -> str:
    words = request.title_slug.replace("-", " ").strip()
    return "" if words.isdigit() else words


def _title(placed: PlacedRequest) -> str:
    """Sonarr's title, else the one fetched from Seerr, else the slug in words, else a number."""
    request = placed.request
    if placed.series is not None and placed.series.title:
        return placed.series.title
    if name := request.title or _words_of_slug(request):
        return name
    if request.tvdb_id is not None:
        return f"TVDB {request.tvdb_id}"
    return f"TMDB {request.tmdb_id}" if request.tmdb_id is not None else "unknown series"


def _tally(
    placed: PlacedRequest, view_by_key: Mapping[SeriesKey, SeriesView], now: datetime
) -> Tally | None:
    """Episodes of the requested seasons by stage; None as long as one of them was not read."""
    view = view_by_key.get(placed.series.key) if placed.series is not None else None
    if view is None:
        return None
    wanted = [season for season in view.seasons if season.season in placed.request.seasons]
    tallies = [_season_tally(season, now) for season in wanted]
    known = [tally for tally in tallies if tally is not None]
    return sum_of(known) if wanted and len(known) == len(tallies) else None


def _season_tally(season: SeasonView, now: datetime) -> Tally | None:
    """A requested season's episodes by stage; None as long as they were not read."""
    if season.episodes is None or season.tally is None:
        return None
    if not season.tally.count(Stage.UNMONITORED):
        return season.tally
    return tally_of(_asked_for(episode, now) for episode in season.episodes)


def _asked_for(episode: EpisodeView, now: datetime) -> EpisodeView:
    """An episode as a request counts it: one that is not monitored is queued or unaired."""
    if episode.stage is not Stage.UNMONITORED:
        return episode
    has_aired = episode.air_at is not None and episode.air_at <= now
    return replace(
        episode,
        stage=Stage.QUEUED if has_aired else Stage.UNAIRED,
        progress_ratio=0.0,
        hold=Hold.NOT_MONITORED,
    )


def _is_finished(
    placed: PlacedRequest, tally: Tally | None, view_by_key: Mapping[SeriesKey, SeriesView]
) -> bool:
    """Whether the request is over: declined, completed, or all of it available.

    A season that Sonarr does not have cannot be available.
    """
    if placed.request.status in _OVER:
        return True
    if tally is None or placed.series is None or not tally.tracked:
        return False
    known = {season.season for season in view_by_key[placed.series.key].seasons if season.episodes}
    return tally.available == tally.tracked and known.issuperset(placed.request.seasons)
