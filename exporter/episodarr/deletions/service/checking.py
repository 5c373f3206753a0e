"""The due checks of one pass. One list of series, requests or torrents serves all deletions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from episodarr.deletions.disk_question import disk_question
from episodarr.deletions.machine import Checks
from episodarr.deletions.ownership import FolderOthers
from episodarr.deletions.questions import (
    Neighbors,
    expected_others,
    expected_requests,
    jellyfin_question,
    shoko_question,
)
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import UpstreamError
from episodarr.model.check import (
    CheckFailed,
    DiskCheck,
    JellyfinCheck,
    JellyseerrCheck,
    JellyseerrSeen,
    QbittorrentCheck,
    ShokoCheck,
    SonarrCheck,
    SonarrSeen,
)
from episodarr.model.deletion import DeletionId
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.health import System
from episodarr.model.ids import SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.reading import FailureReason

LOG = logging.getLogger(__name__)

CHECKS_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Check results that all deletions of a pass share."""

    sonarr: Mapping[SonarrName, SonarrCheck]
    jellyseerr: JellyseerrCheck | None
    qbittorrent: QbittorrentCheck | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """The inputs of all checks of a pass."""

    witnesses: Witnesses
    neighbors: Neighbors
    others: Mapping[SonarrName, Mapping[TvdbId, SonarrSeriesId]]
    folder_others: Mapping[DeletionId, FolderOthers]
    now: datetime


async def attempt[T](
    system: str, check: Callable[[], Awaitable[T]], now: datetime
) -> T | CheckFailed:
    """The check's result, or a `CheckFailed` for any error; the only place that converts them.

    A bug in a client is logged with its traceback, and counts as a failed check like an outage.
    """
    try:
        return await check()
    except UpstreamError as error:
        return CheckFailed(
            at=now, method=error.endpoint, reason=error.reason, message=f"{system}: {error.message}"
        )
    except Exception:
        LOG.exception("A look at %s failed in a way that nobody foresaw", system)
        return CheckFailed(
            at=now, method="", reason=FailureReason.BAD_PAYLOAD, message=f"{system}: internal error"
        )


def _nothing(now: datetime, message: str) -> CheckFailed:
    return CheckFailed(at=now, method="", reason=None, message=message)


async def check_all(
    due: Mapping[DeletionId, frozenset[System]],
    records: Mapping[DeletionId, DeletionRecord],
    witnesses: Witnesses,
    neighbors: Neighbors,
    now: datetime,
    folder_others: Mapping[DeletionId, FolderOthers] = MappingProxyType({}),
    bugs: Bugs | None = None,
) -> dict[DeletionId, Checks]:
    """The check results of every deletion in `due`, from the systems that are due for it."""
    shared = await _check_shared(due, records, witnesses, now)
    turns = asyncio.Semaphore(CHECKS_AT_ONCE)
    met = bugs or Bugs()
    names = {records[deletion_id].key.sonarr for deletion_id in due}
    world = _World(
        witnesses=witnesses,
        neighbors=neighbors,
        others={name: expected_others(neighbors, name) for name in names},
        folder_others=folder_others,
        now=now,
    )

    seen: dict[DeletionId, Checks] = {}

    async def check(deletion_id: DeletionId) -> None:
        async with turns:
            with met.isolated(f"The look at deletion {deletion_id}"):
                seen[deletion_id] = await _check_record(
                    records[deletion_id], due[deletion_id], shared, world
                )

    await asyncio.gather(*(check(deletion_id) for deletion_id in due))
    nothing = Checks(expected_others={})
    return {deletion_id: seen.get(deletion_id, nothing) for deletion_id in due}


async def _check_shared(
    due: Mapping[DeletionId, frozenset[System]],
    records: Mapping[DeletionId, DeletionRecord],
    witnesses: Witnesses,
    now: datetime,
) -> Shared:
    wanted = frozenset().union(*due.values()) if due else frozenset[System]()
    names = sorted(
        {records[one].key.sonarr for one, systems in due.items() if System.SONARR in systems}
    )
    libraries = await asyncio.gather(*(_library(name, witnesses, now) for name in names))
    jellyseerr: JellyseerrCheck | None = None
    if System.JELLYSEERR in wanted:
        seerr = witnesses.jellyseerr
        jellyseerr = (
            _nothing(now, "Jellyseerr is not configured")
            if seerr is None
            else await attempt("Jellyseerr", lambda: seerr.check(now), now)
        )
    qbittorrent: QbittorrentCheck | None = None
    if System.QBITTORRENT in wanted:
        client = witnesses.qbittorrent
        qbittorrent = (
            _nothing(now, "qBittorrent is not configured")
            if client is None
            else await attempt("qBittorrent", lambda: client.check(now), now)
        )
    return Shared(
        sonarr=dict(zip(names, libraries, strict=True)),
        jellyseerr=jellyseerr,
        qbittorrent=qbittorrent,
    )


async def _library(name: SonarrName, witnesses: Witnesses, now: datetime) -> SonarrCheck:
    sonarr = witnesses.sonarr.get(name)
    if sonarr is None:
        return _nothing(now, f"the Sonarr named {name} is not configured any more")
    return await attempt("Sonarr", lambda: sonarr.library(now), now)


async def _check_record(
    record: DeletionRecord,
    systems: frozenset[System],
    shared: Shared,
    world: _World,
) -> Checks:
    library = shared.sonarr[record.key.sonarr] if System.SONARR in systems else None
    return Checks(
        expected_others=world.others[record.key.sonarr],
        sonarr=None if library is None else await _with_files(record, library, world),
        disk=await _disk(record, world) if System.DISK in systems else None,
        shoko=await _shoko(record, world) if System.SHOKO in systems else None,
        jellyfin=await _jellyfin(record, world) if System.JELLYFIN in systems else None,
        jellyseerr=_requests(shared, world) if System.JELLYSEERR in systems else None,
        qbittorrent=shared.qbittorrent if System.QBITTORRENT in systems else None,
    )


def _requests(shared: Shared, world: _World) -> JellyseerrCheck | None:
    """The shared lists, with the ids of all requests that should be listed."""
    seen = shared.jellyseerr
    if not isinstance(seen, JellyseerrSeen):
        return seen
    return replace(seen, expected_request_ids=expected_requests(world.neighbors))


async def _with_files(record: DeletionRecord, library: SonarrCheck, world: _World) -> SonarrCheck:
    """The list of series, with this one's files if it is listed."""
    if not isinstance(library, SonarrSeen):
        return library
    sonarr_id = library.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
    if sonarr_id is None:
        return library
    sonarr = world.witnesses.sonarr[record.key.sonarr]
    files = await attempt("Sonarr", lambda: sonarr.files(sonarr_id), world.now)
    return files if isinstance(files, CheckFailed) else replace(library, files=files)


async def _disk(record: DeletionRecord, world: _World) -> DiskCheck:
    others = world.folder_others.get(record.deletion_id)
    question = disk_question(record, world.neighbors, others)
    disk = world.witnesses.disk
    if question is None:
        return _nothing(world.now, "there is no path to look at")
    if disk is None:
        return _nothing(world.now, "no path mapping is configured any more")
    return await attempt("The disk", lambda: disk.check(question, world.now), world.now)


async def _shoko(record: DeletionRecord, world: _World) -> ShokoCheck:
    question = shoko_question(record, world.neighbors)
    shoko = world.witnesses.shoko
    if question is None:
        return _nothing(world.now, "there is no record to look for")
    if shoko is None:
        return _nothing(world.now, "Shoko is not configured any more")
    return await attempt("Shoko", lambda: shoko.check(question, world.now), world.now)


async def _jellyfin(record: DeletionRecord, world: _World) -> JellyfinCheck:
    question = jellyfin_question(record, world.neighbors)
    jellyfin = world.witnesses.jellyfin
    if question is None:
        return _nothing(world.now, "there is no entry to look for")
    if jellyfin is None:
        return _nothing(world.now, "Jellyfin is not configured any more")
    return await attempt("Jellyfin", lambda: jellyfin.check(question, world.now), world.now)
