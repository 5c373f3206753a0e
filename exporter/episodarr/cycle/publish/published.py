"""The published state: filled by the poller, read by the server."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from episodarr.cycle.contract import DeletionReports, SonarrRecord
from episodarr.cycle.join.last_shown import NumberClocks
from episodarr.cycle.join.transitions import Transition
from episodarr.cycle.publish.clocks import ClockKeeper
from episodarr.cycle.publish.events import count_events
from episodarr.metrics.counters import Counters
from episodarr.metrics.rendering.bodies import Bodies, Body
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.metrics.rendering.negotiation import choose_body
from episodarr.model.health import UpstreamHealth
from episodarr.model.ids import SeriesKey
from episodarr.model.steps import with_pauses
from episodarr.model.view import Snapshot
from episodarr.runtime.clock import SteadyClock
from episodarr.views.matching import FoundQuestion, NoQuestion

log = logging.getLogger(__name__)

NAMED_LIMIT = 5


@dataclass
class PublishedState:
    """The latest snapshot in all its forms: what the server reads, and what the poller fills."""

    exposition: Exposition
    clock: Callable[[], datetime]
    log_upstreams: Callable[[Iterable[UpstreamHealth]], None]
    """Called with how all systems answer, after each publication."""
    keeper: ClockKeeper
    yield_to_responses: Callable[[], Awaitable[None]]
    deletions: DeletionReports
    on_clocks: Callable[[Mapping[SeriesKey, NumberClocks]], object]
    """Called with the stored clocks where they could be read only later."""
    match_question: Callable[[str], Coroutine[None, None, FoundQuestion | NoQuestion]]
    """What the matcher is asked about the download with this id, or with this in its name."""

    def __post_init__(self) -> None:
        self.snapshot = empty_snapshot(self.clock(), self.deletions)
        self.counters = Counters()
        self._is_clock_off = False
        self._bodies: Bodies = self.exposition.update(self.snapshot, self._all_counters())

    def _all_counters(self) -> Counters:
        """The counters of this process and those of the deletion log."""
        return self.counters.merged(self.deletions.totals())

    @property
    def is_ready(self) -> bool:
        """Whether there was one good cycle."""
        return self.snapshot.is_complete

    @property
    def health_lines(self) -> Sequence[str]:
        """Faults of the exporter itself, a sentence each; empty if there is none."""
        lines: list[str] = []
        if isinstance(self.clock, SteadyClock) and self.clock.trouble is not None:
            lines.append(self.clock.trouble)
        if self.keeper.trouble is not None:
            lines.append(
                f"The store cannot be used: {self.keeper.trouble}. Metrics go on without it."
            )
        reports = self.deletions
        if reports.unknown is not None:
            lines.append(
                f"Deletions are unknown: their log cannot be read: {reports.unknown}. "
                "It is read again until it can be; what happens meanwhile waits for it."
            )
        if reports.trouble is not None:
            lines.append(
                f"The deletion log cannot be written: {reports.trouble}. It is tried again. "
                "What is shown is right; a restart would lose it."
            )
        if reports.damaged:
            names = ", ".join(reports.damaged[:NAMED_LIMIT])
            lines.append(
                f"Damaged rows of the store were set aside, {len(reports.damaged)} in all: {names}."
            )
        return lines

    def metrics_response(self, accept: str, accept_encoding: str) -> tuple[str, str | None, Body]:
        """Content type, content encoding and prepared parts that fit the request's headers."""
        return choose_body(self._bodies, accept, accept_encoding)

    async def publish(
        self,
        snapshot: Snapshot,
        records: Sequence[SonarrRecord],
        transitions: Sequence[Transition],
    ) -> None:
        """Render the snapshot piece by piece, then show it in all surfaces at once."""
        self.counters = count_events(self.counters, records, transitions)
        await self._render(snapshot)
        self.snapshot = snapshot
        self.log_upstreams(snapshot.upstreams)
        if isinstance(self.clock, SteadyClock):
            self._tell_of_clock(self.clock.trouble)
        if not self.keeper.is_loaded:
            await self._load_clocks()
        await self.keeper.keep(snapshot.series_by_key, snapshot.at)

    async def _load_clocks(self) -> None:
        """Read the clocks if that failed at the start: before it the store is not overwritten."""
        found = await self.keeper.load_late()
        if found is not None:
            self.on_clocks(found)

    def _tell_of_clock(self, trouble: str | None) -> None:
        if trouble is not None and not self._is_clock_off:
            log.warning("%s", trouble)
        if trouble is None and self._is_clock_off:
            log.info("The times that are shown agree with the clock of this machine again.")
        self._is_clock_off = trouble is not None

    async def republish(self) -> None:
        """Show the last snapshot with the counters of this moment."""
        await self._render(self.snapshot)

    async def _render(self, snapshot: Snapshot) -> None:
        steps = self.exposition.update_steps(snapshot, self._all_counters())
        self._bodies = await with_pauses(steps, self.yield_to_responses)


def empty_snapshot(now: datetime, deletions: DeletionReports) -> Snapshot:
    """The snapshot before the first cycle: the deletion log, and nothing else yet."""
    nothing: MappingProxyType[object, int] = MappingProxyType({})
    return Snapshot(
        at=now,
        is_complete=False,
        series_by_key=MappingProxyType({}),
        downloads=(),
        requests=(),
        deletions=deletions.views(),
        deletions_unknown=deletions.unknown,
        upstreams=(),
        inventory_pending_by_sonarr=nothing,  # type: ignore[arg-type]  # empty, of any key
        held_disappearances_by_sonarr=MappingProxyType(dict(deletions.held())),
        unmatched_series_by_upstream=nothing,  # type: ignore[arg-type]  # empty, of any key
    )
