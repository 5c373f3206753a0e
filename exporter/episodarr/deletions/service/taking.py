"""One series' inventory from every configured witness; a part that fails is missing, with why."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.inventory import mark_of
from episodarr.deletions.service.checking import attempt
from episodarr.deletions.service.witnesses import SonarrWitness, Witnesses
from episodarr.model.check import (
    CheckFailed,
    JellyseerrCheck,
    JellyseerrSeen,
    QbittorrentCheck,
)
from episodarr.model.inventory import (
    DiskHolding,
    HeldRequest,
    HeldServer,
    HeldTorrent,
    JellyseerrHolding,
    Part,
    PartMissing,
    PartNotConfigured,
    QbittorrentHolding,
    SeriesInventory,
    SonarrHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.model.request import MediaRequest, MediaStatus
from episodarr.model.seerr_servers import SeerrServers

OTHER_REQUESTS_LIMIT = 10
"""Number of other titles' requests that an inventory keeps."""
_NOTHING_THERE = frozenset({MediaStatus.UNKNOWN, MediaStatus.DELETED, MediaStatus.OTHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLists:
    """Lists that are read once for a whole batch of inventories; None: not configured."""

    requests: JellyseerrCheck | None
    torrents: QbittorrentCheck | None


async def read_lists(witnesses: Witnesses, now: datetime) -> SharedLists:
    """All requests and torrents; a list that could not be read is a `CheckFailed`."""
    requests: JellyseerrCheck | None = None
    torrents: QbittorrentCheck | None = None
    seerr, client = witnesses.jellyseerr, witnesses.qbittorrent
    if seerr is not None:
        requests = await attempt("Jellyseerr", lambda: seerr.listed(now), now)
    if client is not None:
        torrents = await attempt("qBittorrent", lambda: client.check(now), now)
    return SharedLists(requests=requests, torrents=torrents)


async def take_inventory(
    series: Series,
    witnesses: Witnesses,
    lists: SharedLists,
    now: datetime,
    *,
    at_leisure: bool = False,
) -> SeriesInventory:
    """The inventory of one series now; all other parts depend on Sonarr's files.

    `at_leisure`: nothing happened to the series, and an older shared list suffices.
    """
    inventory = SeriesInventory(
        key=series.key,
        title=series.title,
        title_slug=series.title_slug,
        series_type=series.series_type,
        year=series.year,
        path=series.path,
        tmdb_id=series.tmdb_id,
        imdb_id=series.imdb_id,
        mark=mark_of(series),
    )
    sonarr = witnesses.sonarr.get(series.key.sonarr)
    if sonarr is None:
        return inventory
    held = await _part("Sonarr", lambda: sonarr.holding(series, now), now)
    if not isinstance(held, Taken):
        return replace(inventory, sonarr=held)
    return await _take_rest(
        inventory, series, held, sonarr, witnesses, lists, now, at_leisure=at_leisure
    )


async def _take_rest(
    inventory: SeriesInventory,
    series: Series,
    held: Taken[SonarrHolding],
    sonarr: SonarrWitness,
    witnesses: Witnesses,
    lists: SharedLists,
    now: datetime,
    *,
    at_leisure: bool,
) -> SeriesInventory:
    files = held.value.files
    jellyfin, shoko = witnesses.jellyfin, witnesses.shoko
    disk_part, shoko_part, torrents = await asyncio.gather(
        _disk(series, held.value, witnesses, now),
        _not_configured()
        if shoko is None
        else _part("Shoko", lambda: shoko.holding(series, files, now), now),
        _torrents(series, sonarr, lists, now),
    )
    in_shoko = shoko_part.value if isinstance(shoko_part, Taken) else None
    jellyfin_part = await (
        _not_configured()
        if jellyfin is None
        else _part(
            "Jellyfin",
            lambda: jellyfin.holding(series, files, in_shoko, now, at_leisure=at_leisure),
            now,
        )
    )
    return replace(
        inventory,
        sonarr=held,
        disk=disk_part,
        jellyfin=jellyfin_part,
        shoko=shoko_part,
        jellyseerr=_requests(series, lists),
        qbittorrent=torrents,
    )


async def _not_configured() -> PartNotConfigured:
    return PartNotConfigured()


async def _part[T](
    system: str, take: Callable[[], Awaitable[Taken[T]]], now: datetime
) -> Taken[T] | PartMissing:
    taken = await attempt(system, take, now)
    if isinstance(taken, CheckFailed):
        return PartMissing(reason=taken.reason, message=taken.message)
    return taken


async def _disk(
    series: Series, held: SonarrHolding, witnesses: Witnesses, now: datetime
) -> Part[DiskHolding]:
    disk = witnesses.disk
    if disk is None:
        return PartNotConfigured()
    sizes = {file.path: file.size_bytes for file in held.files}
    root = held.root_path
    holding = await attempt("The disk", lambda: disk.take(series.path, sizes, root), now)
    if isinstance(holding, CheckFailed):
        return PartMissing(reason=holding.reason, message=holding.message)
    return Taken(value=holding, at=now)


def _requests(series: Series, lists: SharedLists) -> Part[JellyseerrHolding]:
    seen = lists.requests
    if seen is None:
        return PartNotConfigured()
    if isinstance(seen, CheckFailed):
        return PartMissing(reason=seen.reason, message=seen.message)
    ours = [r for r in seen.requests if _is_for(series, r, seen.servers)]
    mine = {r.request_id for r in ours}
    others = [r.request_id for r in seen.requests if r.request_id not in mine]
    tmdb_id = next((r.tmdb_id for r in ours if r.tmdb_id), series.tmdb_id)
    return Taken(
        at=seen.at,
        is_complete=seen.is_unrestricted,
        value=JellyseerrHolding(
            server_id=seen.server_id,
            tmdb_id=tmdb_id,
            requests=tuple(
                HeldRequest(
                    request_id=r.request_id, status=r.status, seasons=r.seasons, is_4k=r.is_4k
                )
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


async def _torrents(
    series: Series, sonarr: SonarrWitness, lists: SharedLists, now: datetime
) -> Part[QbittorrentHolding]:
    seen = lists.torrents
    if seen is None:
        return PartNotConfigured()
    if isinstance(seen, CheckFailed):
        return PartMissing(reason=seen.reason, message=seen.message)
    hashes = await attempt("Sonarr", lambda: sonarr.torrents(series), now)
    if isinstance(hashes, CheckFailed):
        return PartMissing(reason=hashes.reason, message=hashes.message)
    found = {
        one: seen.torrent_by_hash[one] for one in sorted(hashes) if one in seen.torrent_by_hash
    }
    by_torrent = {id(torrent): info_hash for info_hash, torrent in found.items()}
    held = tuple(
        HeldTorrent(info_hash=one, name=found[one].name, size_bytes=found[one].size_bytes)
        for one in by_torrent.values()
    )
    return Taken(value=QbittorrentHolding(torrents=held), at=seen.at)
