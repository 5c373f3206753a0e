"""The due checks of one pass. One list of series, requests or torrents serves all deletions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from episodarr.deletions.machine import Checks
from episodarr.deletions.questions.disk import disk_question
from episodarr.deletions.questions.ownership import FolderOthers
from episodarr.deletions.questions.servers import (
    ControlSource,
    expected_others,
    expected_requests,
    jellyfin_question,
    jellyfin_removals,
    shoko_question,
)
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.witnesses import Witnesses
from episodarr.errors import UpstreamError
from episodarr.model.check import Check, CheckFailed, JellyseerrSeen, SonarrCheck, SonarrSeen
from episodarr.model.deletion import ALL_SYSTEMS, DeletionId
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.health import System
from episodarr.model.ids import SonarrName
from episodarr.model.reading import FailureReason

LOG = logging.getLogger(__name__)

CHECKS_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """The inputs of all checks of a pass, and the lists that they share."""

    witnesses: Witnesses
    control_source: ControlSource
    folder_others: Mapping[DeletionId, FolderOthers]
    now: datetime
    libraries: Mapping[SonarrName, SonarrCheck]
    lists: Mapping[System, Check]


class _Witness[Q, S](Protocol):
    """A system that is checked for each deletion."""

    async def check(self, question: Q, now: datetime) -> S: ...


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
            at=now, method="", reason=error.reason, message=f"{system}: {error.message}"
        )
    except Exception:
        LOG.exception("The check of %s met an unexpected error. This is a bug: report it", system)
        return CheckFailed(
            at=now, method="", reason=FailureReason.BAD_PAYLOAD, message=f"{system}: internal error"
        )


def _nothing(now: datetime, message: str) -> CheckFailed:
    return CheckFailed(at=now, method="", reason=None, message=message)


def expect_removals(witnesses: Witnesses, records: Iterable[DeletionRecord]) -> None:
    """Tell Jellyfin's witness what these deletions will take from its list."""
    if witnesses.jellyfin is not None:
        for record in records:
            witnesses.jellyfin.expect_removal(*jellyfin_removals(record))


async def check_all(
    due: Mapping[DeletionId, frozenset[System]],
    records: Mapping[DeletionId, DeletionRecord],
    witnesses: Witnesses,
    control_source: ControlSource,
    now: datetime,
    folder_others: Mapping[DeletionId, FolderOthers] = MappingProxyType({}),
    bugs: Bugs | None = None,
) -> dict[DeletionId, Checks]:
    """The check results of every deletion in `due`, from the systems that are due for it."""
    sonarrs = {records[one].key.sonarr for one, systems in due.items() if System.SONARR in systems}
    wanted = frozenset().union(*due.values()) if due else frozenset[System]()
    inputs = _Pass(
        witnesses=witnesses,
        control_source=control_source,
        folder_others=folder_others,
        now=now,
        libraries=await _libraries(sonarrs, witnesses, control_source, now),
        lists={s: await LISTS[s](witnesses, control_source, now) for s in LISTS if s in wanted},
    )
    turns = asyncio.Semaphore(CHECKS_AT_ONCE)
    met = bugs or Bugs()
    for deletion_id, systems in due.items():
        if System.JELLYFIN in systems:
            with met.isolated(f"The check of deletion {deletion_id}"):
                expect_removals(witnesses, (records[deletion_id],))
    seen: dict[DeletionId, Checks] = {}

    async def check(deletion_id: DeletionId) -> None:
        async with turns:
            with met.isolated(f"The check of deletion {deletion_id}"):
                seen[deletion_id] = await _check_record(
                    records[deletion_id], due[deletion_id], inputs
                )

    await asyncio.gather(*(check(deletion_id) for deletion_id in due))
    return {deletion_id: seen.get(deletion_id, {}) for deletion_id in due}


async def _check_record(
    record: DeletionRecord, systems: frozenset[System], inputs: _Pass
) -> Checks:
    return {
        system: inputs.lists[system]
        if system in inputs.lists
        else await CHECKS[system](record, inputs)
        for system in ALL_SYSTEMS
        if system in systems
    }


async def _libraries(
    names: set[SonarrName], witnesses: Witnesses, control_source: ControlSource, now: datetime
) -> dict[SonarrName, SonarrCheck]:
    """Each Sonarr's list of series, with those that should be in it."""

    async def library(name: SonarrName) -> SonarrCheck:
        sonarr = witnesses.sonarr.get(name)
        if sonarr is None:
            return _nothing(now, f"the Sonarr named {name} is not configured any more")
        seen = await attempt("Sonarr", lambda: sonarr.library(now), now)
        if isinstance(seen, CheckFailed):
            return seen
        return replace(seen, expected_others=expected_others(control_source, name))

    ordered = sorted(names)
    found = await asyncio.gather(*map(library, ordered))
    return dict(zip(ordered, found, strict=True))


async def _requests(witnesses: Witnesses, control_source: ControlSource, now: datetime) -> Check:
    """All requests, with the ids of those that should be listed."""
    seerr = witnesses.jellyseerr
    if seerr is None:
        return _nothing(now, "Jellyseerr is not configured")
    seen = await attempt("Jellyseerr", lambda: seerr.check(now), now)
    if not isinstance(seen, JellyseerrSeen):
        return seen
    return replace(seen, expected_request_ids=expected_requests(control_source))


async def _torrents(witnesses: Witnesses, control_source: ControlSource, now: datetime) -> Check:
    del control_source
    client = witnesses.qbittorrent
    if client is None:
        return _nothing(now, "qBittorrent is not configured")
    return await attempt("qBittorrent", lambda: client.check(now), now)


async def _sonarr(record: DeletionRecord, inputs: _Pass) -> Check:
    """The list of series, with this one's files if it is listed."""
    library = inputs.libraries[record.key.sonarr]
    if not isinstance(library, SonarrSeen):
        return library
    sonarr_id = library.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
    if sonarr_id is None:
        return library
    sonarr = inputs.witnesses.sonarr[record.key.sonarr]
    files = await attempt("Sonarr", lambda: sonarr.files(sonarr_id), inputs.now)
    return files if isinstance(files, CheckFailed) else replace(library, files=files)


async def _disk(record: DeletionRecord, inputs: _Pass) -> Check:
    others = inputs.folder_others.get(record.deletion_id)
    question = disk_question(record, inputs.control_source, others)
    disk = inputs.witnesses.disk
    if question is not None and disk is None:
        return _nothing(inputs.now, "no path mapping is configured any more")
    return await _ask("The disk", disk, question, "path to check", inputs.now)


async def _shoko(record: DeletionRecord, inputs: _Pass) -> Check:
    question = shoko_question(record, inputs.control_source)
    return await _ask("Shoko", inputs.witnesses.shoko, question, "record to check", inputs.now)


async def _jellyfin(record: DeletionRecord, inputs: _Pass) -> Check:
    question = jellyfin_question(record, inputs.control_source)
    jellyfin = inputs.witnesses.jellyfin
    return await _ask("Jellyfin", jellyfin, question, "entry to check", inputs.now)


async def _ask[Q, S](
    name: str, witness: _Witness[Q, S] | None, question: Q | None, what: str, now: datetime
) -> S | CheckFailed:
    """The check's result; failed without a question, or where it is not configured."""
    if question is None:
        return _nothing(now, f"there is no {what}")
    if witness is None:
        return _nothing(now, f"{name} is not configured any more")
    return await attempt(name, lambda: witness.check(question, now), now)


CHECKS: Mapping[System, Callable[[DeletionRecord, _Pass], Awaitable[Check]]] = {
    System.SONARR: _sonarr,
    System.DISK: _disk,
    System.SHOKO: _shoko,
    System.JELLYFIN: _jellyfin,
}
"""How a system is checked for one deletion."""

LISTS: Mapping[System, Callable[[Witnesses, ControlSource, datetime], Awaitable[Check]]] = {
    System.JELLYSEERR: _requests,
    System.QBITTORRENT: _torrents,
}
"""How a system is checked once for all deletions of a pass."""
