"""One series' inventory from every configured witness; a part that fails is missing, with why."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.inventory.due import mark_of
from episodarr.deletions.service.checks.checking import attempt
from episodarr.deletions.service.witnesses import DiskWitness, SonarrWitness, Witnesses
from episodarr.model.check import (
    CheckFailed,
    JellyseerrCheck,
    JellyseerrSeen,
    QbittorrentCheck,
    QbittorrentSeen,
)
from episodarr.model.inventory import (
    DiskHolding,
    HeldTorrent,
    JellyfinHolding,
    JellyseerrHolding,
    Part,
    PartMissing,
    PartNotConfigured,
    QbittorrentHolding,
    SeriesInventory,
    ShokoHolding,
    SonarrHolding,
    Taken,
)
from episodarr.model.library import Series
from episodarr.systems.jellyseerr.holding import holding_of


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
    held = await _part("Sonarr", sonarr, lambda one: one.holding(series, now), now)
    if not isinstance(held, Taken):
        return replace(inventory, sonarr=held)
    taking = _Taking(series, held.value, witnesses, lists, now, at_leisure)
    disk, shoko, torrents = await asyncio.gather(
        taking.disk(), taking.shoko(), taking.torrents(sonarr)
    )
    return replace(
        inventory,
        sonarr=held,
        disk=disk,
        shoko=shoko,
        jellyfin=await taking.jellyfin(shoko),
        jellyseerr=taking.requests(),
        qbittorrent=torrents,
    )


@dataclass(frozen=True, slots=True)
class _Taking:
    """The parts of one inventory that follow from Sonarr's files."""

    series: Series
    held: SonarrHolding
    witnesses: Witnesses
    lists: SharedLists
    now: datetime
    at_leisure: bool

    async def disk(self) -> Part[DiskHolding]:
        sizes = {file.path: file.size_bytes for file in self.held.files}

        async def take(disk: DiskWitness) -> Taken[DiskHolding]:
            holding = await disk.take(self.series.path, sizes, self.held.root_path)
            return Taken(value=holding, at=self.now)

        return await _part("The disk", self.witnesses.disk, take, self.now)

    async def shoko(self) -> Part[ShokoHolding]:
        return await _part(
            "Shoko",
            self.witnesses.shoko,
            lambda one: one.holding(self.series, self.held.files, self.now),
            self.now,
        )

    async def jellyfin(self, shoko: Part[ShokoHolding]) -> Part[JellyfinHolding]:
        in_shoko = shoko.value if isinstance(shoko, Taken) else None
        return await _part(
            "Jellyfin",
            self.witnesses.jellyfin,
            lambda one: one.holding(
                self.series, self.held.files, in_shoko, self.now, at_leisure=self.at_leisure
            ),
            self.now,
        )

    def requests(self) -> Part[JellyseerrHolding]:
        seen = self.lists.requests
        if not isinstance(seen, JellyseerrSeen):
            return _without(seen)
        return Taken(
            at=seen.at, is_complete=seen.is_unrestricted, value=holding_of(self.series, seen)
        )

    async def torrents(self, sonarr: SonarrWitness) -> Part[QbittorrentHolding]:
        seen = self.lists.torrents
        if not isinstance(seen, QbittorrentSeen):
            return _without(seen)
        hashes = await attempt("Sonarr", lambda: sonarr.torrents(self.series), self.now)
        if isinstance(hashes, CheckFailed):
            return _without(hashes)
        found = {
            one: seen.torrent_by_hash[one] for one in sorted(hashes) if one in seen.torrent_by_hash
        }
        by_torrent = {id(torrent): info_hash for info_hash, torrent in found.items()}
        held = tuple(
            HeldTorrent(info_hash=one, name=found[one].name, size_bytes=found[one].size_bytes)
            for one in by_torrent.values()
        )
        return Taken(value=QbittorrentHolding(torrents=held), at=seen.at)


async def _part[W, T](
    name: str, witness: W | None, take: Callable[[W], Awaitable[Taken[T]]], now: datetime
) -> Part[T]:
    """One system's holding, `PartNotConfigured`, or `PartMissing` without a good answer."""
    if witness is None:
        return PartNotConfigured()
    await asyncio.sleep(0)  # Most answer from a list that is there already.
    taken = await attempt(name, lambda: take(witness), now)
    return taken if isinstance(taken, Taken) else _without(taken)


def _without(failed: CheckFailed | None) -> PartMissing | PartNotConfigured:
    if failed is None:
        return PartNotConfigured()
    return PartMissing(reason=failed.reason, message=failed.message)
