"""Which of Seerr's requests and records are of one series (pure)."""

from episodarr.model.check import JellyseerrSeen
from episodarr.model.inventory import HeldRequest, HeldServer, JellyseerrHolding
from episodarr.model.library import Series
from episodarr.model.request import MediaRequest, MediaStatus
from episodarr.model.seerr_servers import SeerrServers

OTHER_REQUESTS_LIMIT = 10
"""Number of other titles' requests that an inventory keeps."""


_NOTHING_THERE = frozenset({MediaStatus.UNKNOWN, MediaStatus.DELETED, MediaStatus.OTHER})


def holding_of(series: Series, seen: JellyseerrSeen) -> JellyseerrHolding:
    """The requests for this series and its Sonarr, and Seerr's record of it."""
    ours = [r for r in seen.requests if _is_for(series, r, seen.servers)]
    mine = {r.request_id for r in ours}
    others = [r.request_id for r in seen.requests if r.request_id not in mine]
    tmdb_id = next((r.tmdb_id for r in ours if r.tmdb_id), series.tmdb_id)
    return JellyseerrHolding(
        server_id=seen.server_id,
        tmdb_id=tmdb_id,
        requests=tuple(
            HeldRequest(request_id=r.request_id, status=r.status, seasons=r.seasons, is_4k=r.is_4k)
            for r in ours
        ),
        other_request_ids=tuple(others[:OTHER_REQUESTS_LIMIT]),
        newest_request_id=max((r.request_id for r in seen.requests), default=None),
        media_id=_media_id(series, tmdb_id, seen),
        servers=tuple(
            HeldServer(server_id=server.server_id, is_4k=server.is_4k)
            for server in seen.servers.servers
            if seen.servers.name_by_server.get(server.server_id) == series.key.sonarr
        ),
    )


def _is_for(series: Series, request: MediaRequest, servers: SeerrServers) -> bool:
    """Whether it is for this series, by provider id or Sonarr's id and slug, and this Sonarr."""
    if not servers.may_be_for(request, series.key.sonarr, series.sonarr_id):
        return False
    if request.tvdb_id is not None:
        return request.tvdb_id == series.key.tvdb_id
    if request.tmdb_id is not None and series.tmdb_id:
        return request.tmdb_id == series.tmdb_id
    return (
        request.sonarr_series_id == series.sonarr_id
        and bool(series.title_slug)
        and request.title_slug == series.title_slug
    )


def _media_id(series: Series, tmdb_id: int | None, seen: JellyseerrSeen) -> int | None:
    """Id of Seerr's record of the series whose media exist, in HD or 4K; None if none."""
    return next(
        (
            media.media_id
            for media in seen.media or ()
            if media.is_of(tvdb_id=series.key.tvdb_id, tmdb_id=tmdb_id)
            and not {media.status, media.status_4k} <= _NOTHING_THERE
        ),
        None,
    )
