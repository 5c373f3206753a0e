"""The two rescans: one request for all deletions that need one, in the background, with guards.

A rescan of Shoko can take minutes. Its end is noticed at the next pass, so `finished_at` is never
earlier than the end itself, and a check made after it is really newer.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from episodarr.deletions.interventions import note_rescan
from episodarr.deletions.policy import Policy
from episodarr.deletions.rescans import gone_episodes, next_try, shoko_refusal, wanted_rescan
from episodarr.deletions.service.bugs import Bugs
from episodarr.deletions.service.log import DeletionLog
from episodarr.deletions.service.witnesses import ShokoWitness, Witnesses
from episodarr.deletions.tally import count_rescan
from episodarr.errors import UpstreamError
from episodarr.model.deletion import DeletionId, DeletionScope
from episodarr.model.deletion_log import DeletionRecord, Rescan, RescanResult
from episodarr.model.evidence import RecordLeft
from episodarr.model.health import System
from episodarr.model.inventory import ShokoLocation, Taken
from episodarr.runtime.backpressure import next_turn

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a rescan ended."""

    result: RescanResult
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A rescan under way, and the deletions it was requested for."""

    task: asyncio.Task[_Outcome]
    started_at: datetime
    deletion_ids: tuple[DeletionId, ...]


class Rescans:
    """At most one rescan of each system at a time."""

    def __init__(
        self, witnesses: Witnesses, deletion_log: DeletionLog, policy: Policy, bugs: Bugs
    ) -> None:
        self._witnesses = witnesses
        self._log = deletion_log
        self._policy = policy
        self._bugs = bugs
        self._running: dict[System, _Running] = {}

    async def advance(self, now: datetime) -> None:
        """Record the rescans that ended, and start those that are needed."""
        self._collect(now)
        wanting: dict[System, list[DeletionRecord]] = {}
        for record in self._log.records.values():
            with self._bugs.isolated(f"The rescan for deletion {record.deletion_id}"):
                system = wanted_rescan(record, now, self._policy)
                if system is not None and system not in self._running:
                    wanting.setdefault(system, []).append(record)
        for system, records in wanting.items():
            await self._start(system, records, now)

    async def settled(self) -> None:
        """Wait until no rescan is under way; the next `advance` records their ends."""
        tasks = [running.task for running in self._running.values()]
        if tasks:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Cancel rescans under way; the deletion log keeps that they were requested."""
        for running in self._running.values():
            running.task.cancel()
        await self.settled()
        self._running.clear()

    def _collect(self, now: datetime) -> None:
        for system, running in list(self._running.items()):
            if not running.task.done():
                continue
            del self._running[system]
            outcome = running.task.result()
            LOG.warning(
                "Rescan of %s for %d deletions: %s %s",
                system.value,
                len(running.deletion_ids),
                outcome.result.value,
                outcome.message,
            )
            self._log.count(count_rescan(self._log.counters, system, outcome.result))
            for deletion_id in running.deletion_ids:
                self._note(deletion_id, system, running.started_at, outcome, now)

    def _note(
        self,
        deletion_id: DeletionId,
        system: System,
        started_at: datetime,
        outcome: _Outcome,
        now: datetime,
    ) -> None:
        record = self._log.records.get(deletion_id)
        if record is None or not record.is_open:
            return
        old = record.rescan_by_system.get(system)
        rescan = Rescan(
            started_at=started_at,
            result=outcome.result,
            finished_at=now if outcome.result is RescanResult.FINISHED else None,
            before=old.before if old is not None else None,
            tries=1 if old is None else old.tries,
            message=outcome.message,
        )
        self._log.apply(note_rescan(record, system, rescan, now))

    async def _start(self, system: System, records: list[DeletionRecord], now: datetime) -> None:
        """Write that the rescan is requested, then request it: a restart must not lose that."""
        for record in records:
            old = record.rescan_by_system.get(system)
            rescan = Rescan(
                started_at=now,
                result=RescanResult.STARTED,
                before=old.effective if old is not None else None,
                tries=next_try(old),
            )
            self._log.apply(note_rescan(record, system, rescan, now))
        await self._log.write(now)
        names = ", ".join(record.inventory.title for record in records[:5])
        LOG.warning("Asking %s to rescan for %d deletions: %s", system.value, len(records), names)
        task = asyncio.create_task(self._ask(system, tuple(records)))
        ids = tuple(record.deletion_id for record in records)
        self._running[system] = _Running(task=task, started_at=now, deletion_ids=ids)

    async def _ask(self, system: System, records: tuple[DeletionRecord, ...]) -> _Outcome:
        try:
            if system is System.SHOKO:
                return await self._ask_shoko(records)
            return await self._ask_jellyfin(records)
        except UpstreamError as error:
            return _Outcome(result=RescanResult.FAILED, message=str(error))
        except Exception:
            LOG.exception(
                "A rescan of %s met an unexpected error. This is a bug: report it", system.value
            )
            return _Outcome(result=RescanResult.FAILED, message="internal error")

    async def _ask_shoko(self, records: tuple[DeletionRecord, ...]) -> _Outcome:
        shoko = self._witnesses.shoko
        if shoko is None:
            return _Outcome(result=RescanResult.FAILED, message="Shoko is not configured")
        gone: set[ShokoLocation] = set()
        for record in tuple(self._log.records.values()):
            gone.update(_shoko_locations(record))
            await next_turn()  # Settled ones are unpacked for it, and there may be hundreds.
        refusal = await _refusal(shoko, frozenset(gone))
        if refusal is not None:
            return _Outcome(result=refusal)
        locations = (one for record in records for one in _shoko_locations(record))
        await shoko.rescan(tuple(dict.fromkeys(locations)))
        return _Outcome(result=RescanResult.FINISHED)

    async def _ask_jellyfin(self, records: tuple[DeletionRecord, ...]) -> _Outcome:
        jellyfin = self._witnesses.jellyfin
        if jellyfin is None:
            return _Outcome(result=RescanResult.FAILED, message="Jellyfin is not configured")
        paths = (path for record in records for path in _jellyfin_paths(record))
        await jellyfin.rescan(tuple(dict.fromkeys(paths)))
        return _Outcome(result=RescanResult.FINISHED)


async def _refusal(shoko: ShokoWitness, gone: frozenset[ShokoLocation]) -> RescanResult | None:
    version = await shoko.major_version()
    early = RescanResult.REFUSED_VERSION
    if shoko_refusal(version, ()) is early:
        return early
    return shoko_refusal(version, await shoko.folders(gone))


def _shoko_locations(record: DeletionRecord) -> Iterable[ShokoLocation]:
    """Shoko's locations of the files that the disk proved gone."""
    part = record.inventory.shoko
    if isinstance(part, Taken):
        numbers = {e.number for e in gone_episodes(record)}
        for file in part.value.files:
            if numbers.intersection(file.episodes):
                yield from file.locations


def _jellyfin_paths(record: DeletionRecord) -> Iterable[str]:
    """Jellyfin's paths of the entries it still has although the disk proved their files gone."""
    part = record.inventory.jellyfin
    if not isinstance(part, Taken):
        return
    left: Mapping[object, bool] = {
        e.number: isinstance(e.evidence_by_system[System.JELLYFIN].finding, RecordLeft)
        for e in gone_episodes(record)
    }
    for entry in part.value.entries:
        if any(left.get(number, False) for number in entry.episodes):
            yield from entry.paths
    if record.scope is DeletionScope.SERIES:
        yield from part.value.folder_paths
